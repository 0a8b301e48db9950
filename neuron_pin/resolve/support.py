"""The target's own life-cycle, and until when a lock as a whole is sure of support."""

from __future__ import annotations

from collections.abc import Iterable

from neuron_pin.catalog import Catalog, Support
from neuron_pin.catalog.support import (
    Part,
    find_doubt,
    find_supported_pythons,
    find_target_parts,
    package_part,
    whole_support,
)
from neuron_pin.errors import NoSolution
from neuron_pin.policy import Ecosystem, Phase, Rule, SubjectKind
from neuron_pin.target import Scope, Target

from .request import Request
from .resolution import Resolution


def find_support(resolution: Resolution, catalog: Catalog) -> Support | None:
    """Until when every part is sure of support: Neuron's packages, and what they run on; none
    where one of them is newer than the facts."""
    target = resolution.target
    own = [package for package in resolution.packages if package.kind is not None]
    if not own or not all(package.is_known for package in own):
        return None
    parts = [package_part(catalog, p.key.name, p.version, target.family, target.as_of) for p in own]
    with_python = any(package.key.ecosystem is Ecosystem.PIP for package in own)
    if _go_on(target, (package.key.name for package in own)):
        target = target._replace(os=None)
    return whole_support([*parts, *_parts(catalog, target, with_python)], catalog.announced)


def refuse_target(request: Request, catalog: Catalog) -> None:
    """Raise `NoSolution` where Neuron's packages are asked for a target whose Python,
    operating system or instance family is out of support (NP110), or not sure of it for as
    long as was asked for (NP205)."""
    target = request.target
    asked = [catalog.packages[r.name] for r in request.requirements if r.name in catalog.packages]
    if asked and _go_on(target, (package.name for package in asked)):
        target = target._replace(os=None)
    with_python = not asked or any(Ecosystem.PIP in package.systems for package in asked)
    with_python = with_python and target.scope is not Scope.HOST
    for part in _parts(catalog, target, with_python):
        if part.phase is Phase.EOS and Phase.EOS not in target.phases:
            raise _make_ended_error(part, request, catalog)
        wanted = target.support_until
        if wanted is not None and part.floor.could_end_from <= wanted:
            reason, source = find_doubt(part)
            raise NoSolution(
                f"support of {part.subject.label} is not guaranteed until {wanted}",
                [f"{Rule.SUPPORT_UNTIL.identifier}: {reason} [{source}]"],
                hint="newer data may reach further; neuron-pin catalog update fetches them",
            )


def _go_on(target: Target, names: Iterable[str]) -> bool:
    """Whether all of some packages go on beyond the end of the operating system's support: what
    was announced of the system says nothing of them."""
    system = target.os
    return system is not None and all(name in system.excepted for name in names)


def _parts(catalog: Catalog, target: Target, with_python: bool) -> list[Part]:
    return find_target_parts(
        catalog,
        python=target.python if with_python else None,
        system=target.os,
        instance=target.family,
        as_of=target.as_of,
    )


def _make_ended_error(part: Part, request: Request, catalog: Catalog) -> NoSolution:
    event = part.event
    assert event is not None
    label = part.subject.label
    release = f" (SDK {event.sdk})" if event.sdk else ""
    causes = [
        f"{Rule.TARGET_ENDED.identifier}: {label} has been out of support since "
        f"{event.effective}{release} [{event.source}]"
    ]
    instead, subject = event.replacement, label
    if part.subject.kind is SubjectKind.PYTHON:
        # An announcement speaks of the release that it comes with, and not of the one asked for.
        pythons = _list_pythons(request, catalog)
        instead = f"Python {' or '.join(pythons)}" if pythons else ""
        system = request.target.os
        if system is not None and system.python == request.target.python:
            # Nobody may have named it.
            subject = f"Python {system.python}, the default of {system.name},"
    return NoSolution(
        f"{subject} is out of support on {request.target.as_of}",
        causes,
        hint=(f"use {instead} instead, or " if instead else "")
        + "lock for it anyway with --phase eos",
    )


def _list_pythons(request: Request, catalog: Catalog) -> list[str]:
    """The Pythons that the release asked for, or else the newest, lists for the target's family
    and that have not ended, oldest first."""
    target, sdk = request.target, request.sdk
    named = sdk.pin.base if sdk is not None and sdk.pin is not None and sdk.pin.is_exact else ""
    known = [release for release in catalog.releases if release.listed]
    wanted = next((r for r in known if r.sdk == named), None)
    wanted = wanted or next((r for r in known if r.date <= target.as_of), None)
    if wanted is None:
        return []
    listed = {
        python
        for member in catalog.members(wanted.sdk)
        if member.is_for(target.family)
        for python in member.pythons
    }
    supported = find_supported_pythons(catalog, target.as_of)
    return [python for python in supported if python in listed]
