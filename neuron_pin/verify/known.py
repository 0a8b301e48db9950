"""All that the checks judge by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from .environment import Environment
from .evidence import Evidence, subject_of
from .graph import Graph
from .lockfile import Lock, LockedFile, LockedPackage
from .verdict import Check, Gap, Problem


class Known(NamedTuple):
    """The lock, what the indexes say, who needs whom."""

    lock: Lock
    environment: Environment
    evidence: Sequence[Evidence]
    graph: Graph


Found = Iterator[Problem | Gap]


def python_rows(known: Known) -> Iterator[LockedPackage]:
    """The Python packages of the lock."""
    return (row for row in known.lock.packages if row.ecosystem == "pip")


def files_of(known: Known) -> Iterator[tuple[LockedPackage, LockedFile]]:
    """Every file with its package."""
    return ((row, file) for row in known.lock.packages for file in row.files)


def problem_of(check: Check, row: LockedPackage, place: str, message: str) -> Problem:
    """A problem of a package."""
    return Problem(check, subject_of(row), place, message)
