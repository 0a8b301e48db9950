"""Every check, in the order in which they are made."""

from __future__ import annotations

from collections.abc import Callable

from .index_checks import listed, neuron_indexes, used_files, whole_files
from .known import Found, Known
from .lock_checks import (
    compilers,
    credentials,
    duplicate_packages,
    excluded_versions,
    file_names,
    file_tags,
    hashes,
    names_and_versions,
    parents,
    pins,
    python_versions,
    releases,
    requests,
    systems,
)
from .need_checks import needed, parents_need, requirements
from .verdict import Gap, Problem

CHECKS: tuple[Callable[[Known], Found], ...] = (
    duplicate_packages,
    names_and_versions,
    python_versions,
    excluded_versions,
    pins,
    releases,
    compilers,
    systems,
    parents,
    requests,
    credentials,
    file_names,
    file_tags,
    hashes,
    requirements,
    needed,
    parents_need,
    listed,
    used_files,
    neuron_indexes,
    whole_files,
)
"""Each gives the problems that it finds, and what it could not verify."""


def find_all(known: Known) -> tuple[tuple[Problem, ...], tuple[Gap, ...]]:
    """Run every check; problems and gaps, each once."""
    problems: dict[Problem, None] = {}
    gaps: dict[Gap, None] = {}
    for check in CHECKS:
        for found in check(known):
            if isinstance(found, Problem):
                problems[found] = None
            else:
                gaps[found] = None
    return tuple(problems), tuple(gaps)
