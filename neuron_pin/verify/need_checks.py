"""Whether everything that is needed is there, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from .evidence import rows_in_force
from .graph import needs_of, parent_of
from .known import Found, Known, problem_of
from .verdict import Check, Gap, Problem, Reason


def requirements(known: Known) -> Found:
    """Every requirement is met by a package of the lock."""
    rows = rows_in_force(known.evidence)
    for edge in known.graph.edges:
        place = edge.parent.place if edge.parent else edge.place
        found = rows.get(edge.name)
        if found is None:
            message = f"{edge.who} needs {edge.text}, which is not locked"
            if edge.certain:
                yield Problem(Check.MISSING_REQUIREMENT, edge.parent, place, message)
            elif edge.specifier is not None and edge.parent is not None:
                yield Gap(Reason.UNKNOWN_PYTHON, edge.parent, message)
        elif edge.specifier is not None and not _meets(found.row.version, edge.specifier):
            message = f"{edge.who} needs {edge.text}, locked is {found.row.version}"
            if edge.certain:
                yield Problem(
                    Check.UNMET_REQUIREMENT, found.subject, f"{found.row.place}.version", message
                )
            elif edge.parent is not None:
                yield Gap(Reason.UNKNOWN_PYTHON, edge.parent, message)


def _meets(version: str, specifier: SpecifierSet) -> bool:
    try:
        return specifier.contains(Version(version), prereleases=True)
    except (InvalidVersion, ValueError):
        return False


def needed(known: Known) -> Found:
    """Nothing is locked that nothing needs; what cannot be told is not said to be wrong."""
    graph = known.graph
    if graph.roots is None:
        return
    rows = rows_in_force(known.evidence)
    via = {name: found.row.via or () for name, found in rows.items()}
    for found in rows.values():
        row = found.row
        if row.name in graph.reached:
            continue
        if _from_unknown(row.name, via, graph.unknown):
            yield Gap(Reason.UNKNOWN_NEED, found.subject, "")
        else:
            yield problem_of(Check.NOT_NEEDED, row, row.place, f"nothing needs {row.name}")


def _from_unknown(name: str, via: Mapping[str, Sequence[str]], unknown: frozenset[str]) -> bool:
    waiting, seen = [name], {name}
    while waiting:
        for word in via.get(waiting.pop(), ()):
            parent = parent_of(word)
            if parent is None or parent[0] in seen:
                continue
            if parent[0] in unknown:
                return True
            seen.add(parent[0])
            waiting.append(parent[0])
    return False


def parents_need(known: Known) -> Found:
    """Who is said to need a package does."""
    by_name = rows_in_force(known.evidence)
    for row in (found.row for found in by_name.values()):
        for number, word in enumerate(row.via or ()):
            parent = parent_of(word)
            if parent is None or parent[0] not in by_name or parent[0] == row.name:
                continue
            needs = needs_of(by_name[parent[0]], parent[1], known.environment)
            if needs is not None and row.name not in needs:
                yield problem_of(
                    Check.WRONG_PARENT, row, f"{row.place}.via[{number}]",
                    f"{word} does not need {row.name}",
                )  # fmt: skip
