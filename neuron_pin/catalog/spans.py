"""When packages, framework versions, Pythons and instance families came and went.

Derived from the releases' members whenever a catalogue is written, so that a question about
one name does not read every release.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neuron_pin.policy import parse_version

from .facts import FrameworkRole, Life, Member, Package, Spans


def derive_spans(
    members: Iterable[tuple[str, Iterable[Member]]], packages: Mapping[str, Package]
) -> Spans:
    """The spans of releases given oldest first, each with its members."""
    found: dict[str, dict[str, Life]] = {"packages": {}, "pythons": {}, "instances": {}}
    frameworks: dict[str, dict[str, Life]] = {}
    for sdk, rows in members:
        for member in rows:
            stable = not member.version or not parse_version(member.version).phase.is_prerelease
            _extend(found["packages"], member.package, sdk, stable)
            for python in member.pythons:
                _extend(found["pythons"], python, sdk, True)
            for instance in member.instances:
                _extend(found["instances"], instance, sdk, True)
            package = packages.get(member.package)
            if package is not None and package.role is FrameworkRole.LEADER and member.version:
                of = frameworks.setdefault(member.package, {})
                _extend(of, ".".join(member.version.split(".")[:2]), sdk, stable)
    return Spans(found["packages"], frameworks, found["pythons"], found["instances"])


def _extend(lives: dict[str, Life], name: str, sdk: str, stable: bool) -> None:
    known = lives.get(name, Life(sdk, sdk, ""))
    first_stable = known.first_stable or (sdk if stable else "")
    lives[name] = Life(known.first, sdk, first_stable)
