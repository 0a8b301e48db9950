"""All that the checks judge by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from neuron_pin.record import NamedTuple

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


def rows_of_target(known: Known) -> Iterator[Evidence]:
    """What is known of the rows that are for the target, or may be."""
    return (found for found in known.evidence if found.applies is not False)


def via_of_target(known: Known) -> dict[str, tuple[str, ...]]:
    """Who is said to need each name, by all of its rows that are for the target."""
    found: dict[str, tuple[str, ...]] = {}
    for one in rows_of_target(known):
        found[one.row.name] = found.get(one.row.name, ()) + (one.row.via or ())
    return found


def files_of(evidence: Iterable[Evidence]) -> Iterator[tuple[LockedPackage, LockedFile]]:
    """Every file with its package."""
    return ((found.row, file) for found in evidence for file in found.row.files)


def problem_of(check: Check, row: LockedPackage, place: str, message: str) -> Problem:
    """A problem of a package."""
    return Problem(check, subject_of(row), place, message)
