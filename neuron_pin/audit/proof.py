"""Fixes proven before they are offered: what a file says after them can be locked."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from neuron_pin.errors import WrongUsage
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.inputs.requirements.requirement import Requirement, parse_requirement
from neuron_pin.policy import Ecosystem, PackageKey, Phase, Rule
from neuron_pin.target import Target

from .alternatives import group_members
from .finding import Finding

MAX_LOCKS = 24
"""Locks that are tried for one file; fixes that are not proven by then are not offered."""

Prove = Callable[[Sequence[Requirement], Target], bool]
"""Whether requirements can be locked for a target."""

Place = tuple[str, str]
"""The place of a statement, and its text there."""


def prove_fixes(
    findings: Sequence[Finding], stated: Sequence[DetectedPackage], target: Target, prove: Prove
) -> list[Finding]:
    """The findings with those fixes alone that can be locked together, in each environment that
    the file makes.  Where instance or Python are unknown nothing can be proven, and fixes only
    narrow what is written."""
    fixes = {_place_of(f): f.fix.new for f in findings if f.fix is not None}
    if not fixes or not target.instance:
        return list(findings)
    if any(finding.rule is Rule.PRE_RELEASE for finding in findings):
        # That it is one is told; whether a fix can be locked is another question.
        early = frozenset(phase for phase in Phase if phase.is_prerelease)
        target = target._replace(phases=target.phases | early)
    budget = [MAX_LOCKS]
    kept: set[Place] = set()
    groups = [(group, _own_target(group, target)) for group in group_members(stated)]
    groups = [
        (group, own)
        for group, own in groups
        if own.python and any(_key(member) in fixes for member in group)
    ]
    judged = {_key(member) for group, _ in groups for member in group}

    def is_sound(chosen: Iterable[Place]) -> bool:
        taken = {place: fixes[place] for place in chosen}
        return all(
            _can_lock(group, taken, own, prove, budget)
            for group, own in groups
            if any(_key(member) in taken for member in group)
        )

    wanted = [place for place in fixes if place in judged]
    if is_sound(wanted):
        return list(findings)
    for place in wanted:
        if is_sound([*kept, place]):
            kept.add(place)
    dropped = set(wanted) - kept
    return [
        _withdraw(f, target) if f.fix is not None and _place_of(f) in dropped else f
        for f in findings
    ]


def _place_of(finding: Finding) -> Place:
    return finding.place, finding.fix.old if finding.fix is not None else ""


def _key(member: DetectedPackage) -> Place:
    written = member.meant.text if member.meant is not None else member.install_spec
    return member.place, written


def _own_target(group: Sequence[DetectedPackage], target: Target) -> Target:
    python = next((member.python for member in group if member.python), "") or target.python
    return target._replace(python=python, python_full=target.python_full or f"{python}.0")


def _can_lock(
    group: Sequence[DetectedPackage],
    taken: Mapping[Place, str],
    target: Target,
    prove: Prove,
    budget: list[int],
) -> bool:
    """Whether an environment can be locked with these fixes; one that cannot without them either
    is broken for another reason, and the fixes are tried alone."""
    try:
        fixed = list(_requirements(group, taken, target))
    except WrongUsage:
        return False
    if not fixed or _lock(fixed, target, prove, budget):
        # Of system packages nothing can be locked without an operating system.
        return True
    if _lock(list(_requirements(group, {}, target)), target, prove, budget):
        return False
    alone = [member for member in group if _key(member) in taken]
    return _lock(list(_requirements(alone, taken, target)), target, prove, budget)


def _lock(
    requirements: Sequence[Requirement], target: Target, prove: Prove, budget: list[int]
) -> bool:
    if budget[0] <= 0:
        return False
    budget[0] -= 1
    return prove(requirements, target)


def _requirements(
    group: Iterable[DetectedPackage], taken: Mapping[Place, str], target: Target
) -> Iterator[Requirement]:
    """What a group asks for, fixed; what no lock for the target could have is left out."""
    for member in group:
        requirement = member.meant or member.requirement
        if requirement is None or member.key.ecosystem is Ecosystem.SDK:
            continue
        if member.key.ecosystem is not Ecosystem.PIP and target.os is None:
            continue
        new = taken.get(_key(member))
        if new is not None:
            requirement = _parse(new, requirement.origin, member.key)
        yield requirement._replace(ecosystem=member.key.ecosystem)


def _parse(text: str, origin: str, key: PackageKey) -> Requirement:
    """A fix as a requirement: quoted for the shell, as dnf writes it, or as a file has it."""
    if text.startswith(("'", '"')):
        try:
            text = " ".join(shlex.split(text))
        except ValueError:
            raise WrongUsage(f"{origin}: {text!r} is not quoted") from None
    if key.ecosystem is Ecosystem.RPM and text.startswith(f"{key.name}-"):
        text = f"{key.name}={text[len(key.name) + 1 :]}"
    return parse_requirement(text, origin)


def _withdraw(finding: Finding, target: Target) -> Finding:
    """A finding without its fix: why no version can be locked is to be explained."""
    words = ["neuron-pin", "explain", finding.subject, *target.list_options()]
    return finding._replace(fix=None, remedy=shlex.join(words))
