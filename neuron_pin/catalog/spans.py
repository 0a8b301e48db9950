"""When packages, framework versions, Pythons and instance families came and went; and which
releases shipped which version.

Derived from the releases' members whenever a catalog is written, so that a question about
one name does not read every release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from neuron_pin.policy import parse_version

from .facts import Availability, AvailabilityRange, FrameworkRole, Member, Package


def derive_spans(
    members: Iterable[tuple[str, Iterable[Member]]], packages: Mapping[str, Package]
) -> Availability:
    """The spans of releases given oldest first, each with its members."""
    found: dict[str, dict[str, AvailabilityRange]] = {
        "packages": {},
        "pythons": {},
        "instances": {},
    }
    frameworks: dict[str, dict[str, AvailabilityRange]] = {}
    for sdk, rows in members:
        for member in rows:
            stable = not member.version or not parse_version(member.version).phase.is_prerelease
            _extend(found["packages"], member.package, sdk, stable, member.instances)
            for python in member.pythons:
                _extend(found["pythons"], python, sdk, True, member.instances)
            for instance in member.instances:
                _extend(found["instances"], instance, sdk, True, {instance})
            package = packages.get(member.package)
            if package is not None and package.role is FrameworkRole.LEADER and member.version:
                of = frameworks.setdefault(member.package, {})
                framework = ".".join(member.version.split(".")[:2])
                _extend(of, framework, sdk, stable, member.instances)
    return Availability(found["packages"], frameworks, found["pythons"], found["instances"])


def _extend(
    lives: dict[str, AvailabilityRange],
    name: str,
    sdk: str,
    stable: bool,
    instances: Collection[str],
) -> None:
    known = lives.get(name, AvailabilityRange(sdk, sdk, "", ""))
    first_stable = known.first_stable or (sdk if stable else "")
    families = " ".join(sorted({*known.instances.split(), *instances}))
    lives[name] = AvailabilityRange(known.first, sdk, first_stable, families)


def derive_shipped(
    members: Iterable[tuple[str, Iterable[Member]]],
) -> dict[str, dict[str, list[tuple[str, Member]]]]:
    """By package and version the releases that ship it, newest first, of releases given
    oldest first."""
    found: dict[str, dict[str, list[tuple[str, Member]]]] = {}
    for sdk, rows in members:
        for member in rows:
            of = found.setdefault(member.package, {})
            of.setdefault(member.version, []).insert(0, (sdk, member))
    return found
