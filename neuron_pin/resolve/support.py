"""The target's own life-cycle, and until when a lock as a whole is sure of support."""

from __future__ import annotations

from neuron_pin.catalog import Catalog, Support
from neuron_pin.catalog.support import Part, find_target_parts, package_part, whole_support
from neuron_pin.errors import NoSolution
from neuron_pin.policy import Ecosystem, Phase, Rule
from neuron_pin.target import Target

from .request import Request
from .resolution import Resolution
from .rules import unsure


def find_support(resolution: Resolution, catalog: Catalog) -> Support | None:
    """Until when every part is sure of support: Neuron's packages, and what they run on."""
    target = resolution.target
    own = [package for package in resolution.packages if package.kind is not None]
    if not own:
        return None
    parts = [package_part(catalog, p.key.name, p.version, target.family, target.as_of) for p in own]
    with_python = any(package.key.ecosystem is Ecosystem.PIP for package in own)
    return whole_support([*parts, *_parts(catalog, target, with_python)], catalog.announced)


def refuse_target(request: Request, catalog: Catalog) -> None:
    """Raise `NoSolution` where Neuron's packages are asked for a target whose Python,
    operating system or instance family is out of support (NP110), or not sure of it for as
    long as was asked for (NP205)."""
    target = request.target
    asked = [catalog.packages[r.name] for r in request.requirements if r.name in catalog.packages]
    system = target.os
    if system is not None and asked and all(p.name in system.excepted for p in asked):
        # Packages that go on beyond the end of the system's support.
        return
    with_python = not asked or any(Ecosystem.PIP in package.systems for package in asked)
    for part in _parts(catalog, target, with_python):
        if part.phase is Phase.EOS and Phase.EOS not in target.phases:
            raise _make_ended_error(part, target)
        wanted = target.support_until
        if wanted is not None and part.floor.could_end_from <= wanted:
            reason, source = unsure(part)
            raise NoSolution(
                f"{part.subject.label} is not sure of support until {wanted}",
                [f"{Rule.SUPPORT_UNTIL.identifier}: {reason} [{source}]"],
                hint="newer facts reach further: neuron-pin catalog import",
            )


def _parts(catalog: Catalog, target: Target, with_python: bool) -> list[Part]:
    return find_target_parts(
        catalog,
        python=target.python if with_python else None,
        system=target.os,
        instance=target.family,
        as_of=target.as_of,
    )


def _make_ended_error(part: Part, target: Target) -> NoSolution:
    event = part.event
    assert event is not None
    label = part.subject.label
    release = f" (release {event.sdk})" if event.sdk else ""
    causes = [
        f"{Rule.TARGET_ENDED.identifier}: {label} is out of support since {event.effective}"
        f"{release} [{event.source}]"
    ]
    instead = f"use {event.replacement} instead, or " if event.replacement else ""
    return NoSolution(
        f"{label} is out of support on {target.as_of}",
        causes,
        hint=f"{instead}lock for it all the same with --phase eos",
    )
