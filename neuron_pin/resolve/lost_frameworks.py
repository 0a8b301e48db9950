"""Packages and frameworks that earlier releases had and a newer one lacks."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog, FrameworkRole, Package, Release, sdk_key
from neuron_pin.catalog.known_in_part import find_parts
from neuron_pin.catalog.successors import find_last_release, find_successor
from neuron_pin.policy import Phase, phase_at
from neuron_pin.record import NamedTuple
from neuron_pin.target import Target


class LostFramework(NamedTuple):
    """A framework that a release no longer has for a family: the last release that had it, the
    package there, its version and its phase on the target's day."""

    title: str
    sdk: str
    package: str
    version: str
    phase: Phase

    def describe(self, sdk: str, family: str) -> str:
        """In a sentence, with the option that gives it back."""
        marked = "" if self.phase is Phase.STABLE else f", in {self.phase.label}"
        return (
            f"SDK {sdk} has no {self.title} for {family}; the last release that has it is "
            f"{self.sdk} ({self.package} {self.version}{marked}): --sdk {self.sdk}"
        )


def find_lost_frameworks(
    catalog: Catalog, release: Release, target: Target
) -> Iterator[LostFramework]:
    """The frameworks that a release lists nothing of for the target's family, and that its own
    minor or the one before did, as far as they are not out of support.

    What went earlier is no news.  Reads the file of one earlier release for each such package.
    """
    family = target.family
    if family is None:
        return
    seen = {
        catalog.packages[member.package].framework
        for member in catalog.members(release.sdk)
        if family in member.instances and _leads(catalog.packages[member.package])
    }
    minors = dict.fromkeys(
        _minor(other.sdk)
        for other in catalog.releases
        if sdk_key(other.sdk) <= sdk_key(release.sdk)
    )
    recent = list(minors)[:2]
    gone = [
        (life.last, name)
        for name, life in catalog.spans.packages.items()
        if name in catalog.packages
        and _leads(catalog.packages[name])
        and family in life.instances.split()
        and sdk_key(life.last) < sdk_key(release.sdk)
        and _minor(life.last) in recent
    ]
    for last, name in sorted(gone, key=lambda row: (sdk_key(row[0]), row[1]), reverse=True):
        package = catalog.packages[name]
        if package.framework in seen:
            continue
        for member in catalog.members(last):
            if member.package != name or not member.is_for(family, target.listed_python):
                continue
            events = catalog.events_by_name.get(name, ())
            phase = phase_at(events, name, member.version, family, target.as_of).phase
            if phase is not Phase.EOS:
                seen.add(package.framework)
                yield LostFramework(package.title, last, name, member.version, phase)
                break


def describe_departure(catalog: Catalog, name: str, target: Target) -> str:
    """That the newest release of the target's day does not ship a package any more, and what it
    has in its place; empty for a package that it ships.

    Another package of its framework that is for the target counts before what was announced.
    """
    last = find_last_release(catalog, name, target.as_of)
    newest = catalog.newest_release(target.as_of)
    if not last or newest is None:
        return ""
    line = f"{name} is in no SDK release after {last}"
    later = next(
        (
            part
            for part in find_parts(catalog, name, lambda _: True, target.as_of)
            if target.family is None or target.family in part.instances
        ),
        None,
    )
    if later is not None:
        return f"{line} that is known in full; SDK {later.sdk}, known in part, has {later.version}"
    package = catalog.packages.get(name)
    heirs = {
        member.package
        for member in catalog.members(newest.sdk)
        if package is not None
        and _leads(package)
        and _leads(catalog.packages[member.package])
        and catalog.packages[member.package].framework == package.framework
        and target.family is not None
        and member.is_for(target.family, target.listed_python)
    }
    if heirs:
        instead = " and ".join(sorted(heirs))
        return (
            f"{line}; for {target.instance}, SDK {newest.sdk} has {instead} instead, and code that "
            f"imports {name.replace('-', '_')} stops working there"
        )
    successor = find_successor(catalog, name, target.as_of, target.family)
    if successor is not None:
        line += f"; replaced by {successor.label}"
        line += f" ({successor.source})" if successor.source else ""
    return line


def _minor(sdk: str) -> str:
    return sdk.rpartition(".")[0]


def _leads(package: Package) -> bool:
    return package.role is FrameworkRole.LEADER
