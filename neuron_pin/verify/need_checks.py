"""Whether everything that is needed is there, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .evidence import Evidence
from .graph import Edge, needs_of, parent_of, rows_for
from .known import Found, Known, problem_of, rows_of_target, via_of_target
from .verdict import Check, Gap, Problem, Reason
from .versions import admits


def requirements(known: Known) -> Found:
    """Every requirement is met by a package of the lock that is for the target."""
    rows = rows_for(known.evidence)
    elsewhere = {
        found.row.name
        for found in known.evidence
        if found.row.ecosystem == "pip" and found.applies is False
    }
    for edge in known.graph.edges:
        there = rows.get(edge.name, [])
        if there:
            yield from _met(edge, there)
            continue
        missing = "is locked for other targets alone" if edge.name in elsewhere else "is not locked"
        message = f"{edge.who} needs {edge.text}, which {missing}"
        if edge.certain:
            place = edge.parent.place if edge.parent else edge.place
            yield Problem(Check.MISSING_REQUIREMENT, edge.parent, place, message)
        elif edge.specifier is not None and edge.parent is not None:
            yield Gap(Reason.UNKNOWN_PYTHON, edge.parent, message)


def _met(edge: Edge, there: Sequence[Evidence]) -> Found:
    """One row that is for the target decides; of rows that may be, all together."""
    if edge.specifier is None:
        return
    sure = [found for found in there if found.applies]
    unmet = [found for found in sure or there if not admits(edge.specifier, found.row.version)]
    message = f"{edge.who} needs {edge.text}, locked is " + " or ".join(
        found.row.version or "no version" for found in unmet
    )
    is_unmet = bool(unmet) and (bool(sure) or len(unmet) == len(there))
    if is_unmet and any(found.row.direct and not found.row.version for found in unmet):
        # A folder's version is in none of what is read.
        yield Gap(Reason.DIRECT, unmet[0].subject, message)
    elif is_unmet and edge.certain:
        place = f"{unmet[0].row.place}.version"
        yield Problem(Check.UNMET_REQUIREMENT, unmet[0].subject, place, message)
    elif unmet and edge.parent is not None:
        yield Gap(Reason.UNKNOWN_PYTHON, edge.parent, message)
    elif not sure and edge.certain and edge.parent is not None:
        message = f"{edge.who} needs {edge.text}, whose rows all have a marker of the patch"
        yield Gap(Reason.UNKNOWN_PYTHON, edge.parent, message)


def needed(known: Known) -> Found:
    """Nothing is locked that nothing needs; what cannot be told is not said to be wrong."""
    graph = known.graph
    if graph.roots is None:
        return
    via = via_of_target(known)
    for found in known.evidence:
        row = found.row
        if row.ecosystem != "pip" or row.name in graph.reached or found.applies is False:
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
    """Who is said to need a package does, in one of its rows."""
    by_name = rows_for(known.evidence)
    for found in rows_of_target(known):
        row = found.row
        if row.ecosystem != "pip":
            continue
        for number, word in enumerate(row.via or ()):
            parent = parent_of(word)
            if parent is None or parent[0] not in by_name or parent[0] == row.name:
                continue
            needs = [needs_of(one, parent[1], known.environment) for one in by_name[parent[0]]]
            if all(names is not None and row.name not in names for names in needs):
                yield problem_of(
                    Check.WRONG_PARENT, row, f"{row.place}.via[{number}]",
                    f"{word} does not need {row.name}",
                )  # fmt: skip
