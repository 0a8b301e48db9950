"""Alternatives judged each for itself: of what a file states, only what one environment has is
installed together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice, product

from neuron_pin.catalog import Catalog, version_numbers
from neuron_pin.catalog.newness import Standing, judge_python
from neuron_pin.catalog.support import find_supported_pythons
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.inputs.requirements.alternatives import (
    Environment,
    World,
    describe_environments,
)
from neuron_pin.record import NamedTuple
from neuron_pin.target import Target
from neuron_pin.target.tags import marker_environment

from .finding import Finding

MAX_VARIANTS = 64

CheckTogether = Callable[[Sequence[DetectedPackage], Target], Iterable[Finding]]
"""Judges what is installed together, for a target."""


def make_worlds(catalog: Catalog, target: Target) -> tuple[World, ...]:
    """The Pythons that the markers of a file are evaluated for: the target's, or where it is
    unknown every one that the facts know."""
    if target.python:
        return (World(target.python, marker_environment(target.python_full, target.platforms)),)
    return tuple(
        World(python, marker_environment(f"{python}.0", target.platforms))
        for python in catalog.pythons
    )


def with_python(target: Target, python: str, catalog: Catalog) -> Target:
    """A target with this Python."""
    return target._replace(
        python=python,
        python_full=python,
        python_is_newer=judge_python(catalog, python) is Standing.NEWER,
    )


class _Group(NamedTuple):
    """What is installed together, and the environments of its file in which it is so."""

    members: tuple[DetectedPackage, ...]
    environments: frozenset[Environment]


def check_alternatives(
    stated: Iterable[DetectedPackage], catalog: Catalog, target: Target, check: CheckTogether
) -> list[Finding]:
    """The findings on each environment that the files make; one that not all of a file's
    environments have says which have it."""
    findings: list[Finding] = []
    for members in _group_by_place(stated):
        groups = list(_split(members))
        among = frozenset(e for group in groups for e in group.environments)
        found: dict[Finding, frozenset[Environment]] = {}
        for group in groups:
            own = _narrow(target, group.environments, catalog)
            for finding in _check_variants(group.members, own, check):
                found[finding] = found.get(finding, frozenset()) | group.environments
        findings += _name(found, among)
    return findings


def group_members(
    stated: Iterable[DetectedPackage],
) -> Iterator[tuple[DetectedPackage, ...]]:
    """What is installed together, for each environment that the files make."""
    for members in _group_by_place(stated):
        for group in _split(members):
            yield group.members


def _group_by_place(stated: Iterable[DetectedPackage]) -> list[list[DetectedPackage]]:
    groups: dict[str, list[DetectedPackage]] = {}
    for statement in stated:
        place = statement.place.rpartition(":")
        where = place[0] if place[2].isdigit() else statement.place
        groups.setdefault(statement.group or where, []).append(statement)
    return list(groups.values())


def _split(members: Sequence[DetectedPackage]) -> Iterator[_Group]:
    """The environments of a file, those with the same members as one; what everybody gets
    comes first."""
    among = frozenset(e for s in members for e in s.environments or ())
    if not among:
        yield _Group(tuple(s for s in members if s.environments is None), among)
        return
    by_members: dict[tuple[int, ...], set[Environment]] = {}
    for environment in sorted(among):
        own = tuple(
            number
            for number, s in enumerate(members)
            if s.environments is None or environment in s.environments
        )
        by_members.setdefault(own, set()).add(environment)
    for own, environments in by_members.items():
        yield _Group(tuple(members[number] for number in own), frozenset(environments))


def _narrow(target: Target, environments: frozenset[Environment], catalog: Catalog) -> Target:
    """The target with the newest Python of the environments, one that is supported if there is
    any, where that is open and they do not have all."""
    pythons = {e.python for e in environments}
    if target.python or not pythons or pythons >= set(catalog.pythons):
        return target
    supported = pythons.intersection(find_supported_pythons(catalog, target.as_of))
    return with_python(target, max(supported or pythons, key=version_numbers), catalog)


def _check_variants(
    members: Sequence[DetectedPackage], target: Target, check: CheckTogether
) -> list[Finding]:
    """The findings on an environment.  A lock may have several versions of a package and not tell
    which goes where: then there are findings only where every choice has some."""
    rows: dict[tuple[object, ...], list[DetectedPackage]] = {}
    for number, member in enumerate(members):
        is_locked = member.version and member.requirement is None and ":" in member.place
        key = (member.key,) if is_locked else (member.key, number)
        rows.setdefault(key, []).append(member)
    if all(len(choices) == 1 for choices in rows.values()):
        return list(check(members, target))
    first: list[Finding] = []
    for chosen in islice(product(*rows.values()), MAX_VARIANTS):
        found = list(check(chosen, target))
        if not found:
            return []
        first = first or found
    return first


def _name(
    found: dict[Finding, frozenset[Environment]], among: frozenset[Environment]
) -> Iterator[Finding]:
    """Findings with the environments that have them; what everybody has is not told again for
    an extra that adds to it."""
    common: dict[tuple[object, ...], set[str]] = {}
    for finding, environments in found.items():
        key = (finding.rule, finding.subject, finding.place)
        pythons = {e.python for e in environments if not e.part}
        seen = common.setdefault(key, set())
        if environments and {e.python for e in environments} <= seen:
            continue
        seen |= pythons
        label = describe_environments(environments, among)
        yield finding._replace(reason=f"with {label}, {finding.reason}") if label else finding
