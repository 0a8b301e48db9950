"""What a new release lacks: packages that are installed now, or expected, and not in it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from neuron_pin.catalog import Catalog, FrameworkRole, sdk_key
from neuron_pin.inputs import Requirement
from neuron_pin.operations.lock_request import LockRequest
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.record import NamedTuple

from .destination import COMPILERS, TargetState, Wanted

MAX_NAMED = 5


class Swap(NamedTuple):
    """A framework package that the new release does not ship, and the one that is installed in
    its place; ``old`` is the version that is there, empty for none, ``last`` the newest release
    that ships it for the target.  ``lost`` are other packages that are gone with it."""

    name: str
    old: str
    instead: str
    new: str
    sdk: str
    last: str
    lost: tuple[str, ...]

    def describe(self) -> str:
        """The swap in sentences, with the way around it."""
        old = f"{self.name} {self.old}".rstrip()
        text = f"SDK {self.sdk} does not ship {old}, {self.instead} {self.new} takes its place"
        module = self.name.replace("-", "_")
        text += f": import {module} fails in the new environment"
        if self.lost:
            named = ", ".join(self.lost[:MAX_NAMED])
            more = len(self.lost) - MAX_NAMED
            text += f"; not in this release either: {named}" + (f" and {more} more" * (more > 0))
        if self.last:
            text += f". The last release with {self.name} is SDK {self.last}: --to {self.last}"
        return text


def find_swap(
    start: Mapping[PackageKey, tuple[str, ...]],
    destination: TargetState,
    framework: str,
    asked: Collection[str],
    catalog: Catalog,
) -> Swap | None:
    """The framework package that a plan swaps for another, none where it does not.

    ``start`` is what is installed; where it has no package of the framework, it is the one
    that earlier releases shipped for the target.  ``asked`` are packages that the user named:
    whoever asks for another does not expect it.
    """
    target, sdk = destination.resolution.target, destination.sdk
    family = target.family
    leaders = {
        name
        for name, package in catalog.packages.items()
        if package.role is FrameworkRole.LEADER
        and re.fullmatch(rf"{framework}[\d.]*", package.framework)
    }
    chosen = next((root for root in destination.roots if root.key.name in leaders), None)
    if chosen is None or leaders.intersection(asked):
        return None
    shipped = {member.package for member in catalog.members(sdk) if member.is_for(family)}
    there = {
        key.name: versions for key, versions in start.items() if key.ecosystem is Ecosystem.PIP
    }
    candidates = [name for name in sorted(leaders - shipped) if _last(name, sdk, catalog, family)]
    gone = [name for name in candidates if name in there] or (
        candidates if not there.keys() & leaders else []
    )
    if not gone:
        return None
    name = max(gone, key=lambda each: sdk_key(_last(each, sdk, catalog, family)))
    lost = tuple(
        sorted(
            other
            for other in there
            if other not in shipped
            and other != name
            and other in catalog.packages
            and catalog.packages[other].kind.is_component
        )
    )
    old = there.get(name, ("",))[0]
    last = _last(name, sdk, catalog, family)
    return Swap(name, old, chosen.key.name, chosen.version, sdk, last, lost)


def _last(name: str, before: str, catalog: Catalog, family: str | None) -> str:
    """The newest release before another that ships a package for a family, empty for none."""
    found = [
        sdk
        for rows in catalog.shipped(name).values()
        for sdk, member in rows
        if member.is_for(family) and sdk_key(sdk) < sdk_key(before)
    ]
    return max(found, key=sdk_key, default="")


def leave_out(request: LockRequest, wanted: Wanted) -> Wanted:
    """What is wanted less the packages that no release asked for has for the family.

    A framework package and a compiler stay: without them it is not an upgrade of the same.
    """
    catalog, instance = request.catalog, request.target_options.instance
    if instance is None:
        return wanted
    family = catalog.instances[catalog.instance(instance)]
    left = tuple(each for each in wanted.named if _is_left(each, request, family))
    named = tuple(each for each in wanted.named if each not in left)
    return wanted._replace(named=named, left=(*wanted.left, *left))


def _is_left(requirement: Requirement, request: LockRequest, family: str) -> bool:
    catalog, name = request.catalog, requirement.name
    package = catalog.packages.get(name)
    if package is None or not package.kind.is_component or name in COMPILERS or request.sdk is None:
        return False
    if package.role is FrameworkRole.LEADER:
        return False
    return not any(
        request.sdk.admits(sdk) and family in member.instances
        for rows in catalog.shipped(name).values()
        for sdk, member in rows
    )


def describe_left(names: Collection[str], destination: TargetState, catalog: Catalog) -> str:
    """Packages that are installed and not in the new release, each with the last that has it;
    empty for none."""
    family = destination.resolution.target.family
    last = {name: _last(name, destination.sdk, catalog, family) for name in sorted(names)}
    told = ", ".join(f"{name} (last: SDK {sdk})" if sdk else name for name, sdk in last.items())
    return f"SDK {destination.sdk} does not ship {told}" if told else ""


def list_left(
    start: Mapping[PackageKey, tuple[str, ...]], destination: TargetState, catalog: Catalog
) -> list[str]:
    """The Neuron packages of pip that a release had and the new one does not have; not those of
    frameworks, of which one is chosen."""
    family = destination.resolution.target.family
    shipped = {
        member.package for member in catalog.members(destination.sdk) if member.is_for(family)
    }
    return [
        key.name
        for key in start
        if key.ecosystem is Ecosystem.PIP
        and key.name not in shipped
        and key.name in catalog.packages
        and catalog.packages[key.name].kind.is_component
        and catalog.packages[key.name].role is not FrameworkRole.LEADER
    ]
