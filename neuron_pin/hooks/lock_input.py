"""The lock that a hook is to hold, and whether it is meant for the place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from neuron_pin.catalog import Catalog, Package
from neuron_pin.errors import InvalidVersion
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.policy import Ecosystem, PackageKey, Phase, PinPrecision, derive_pin, parse_version
from neuron_pin.policy.calendar import add_months
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.target import Scope, make_target, parse_day
from neuron_pin.target.detection import detect

from .dnf import has_versionlock, plugin_folders
from .index_url import make_simple_url
from .location import HookKind, HookLocation, HookScope, OnError
from .managed_file import HookLock

MONTHS = 6
"""How long a lock is held before somebody should look at it again: the time for which the
policy promises an earlier framework version regular updates."""


def load_hook_lock(path: str, catalog: Catalog, on_error: OnError, expires: str | None) -> HookLock:
    """A lock.json with the rest of its release, and the day on which to look at it again;
    raises `UnreadableInput` or `WrongUsage`."""
    resolution, command = read_resolution(path, catalog)
    if expires:
        day: date = parse_day(expires, "--expires")
    else:
        day = add_months(resolution.target.as_of, MONTHS)
    whole = _with_release(resolution, catalog)
    return HookLock(whole._replace(expires=day.isoformat()), command, on_error)


def load_index_redirect(via: str, path: str | None, catalog: Catalog, today: date) -> HookLock:
    """One index for everything, with a lock beside it if there is one; raises
    `UnreadableInput` or `WrongUsage`."""
    address = make_simple_url(via)
    if path is not None:
        resolution, command = read_resolution(path, catalog)
        return HookLock(resolution, command, OnError.ALLOW, address)
    target = make_target(
        catalog, instance=None, system=None, python=None, as_of=today, this_python="3.12"
    )
    return HookLock(Resolution(None, target, (), (), ()), "", OnError.ALLOW, address)


def _with_release(resolution: Resolution, catalog: Catalog) -> Resolution:
    """A lock with its release's other system packages: what is installed of them, or comes to
    be, has to be of the release too, and apt should not choose what the hook would refuse."""
    target, ours = resolution.target, resolution.packages_of(resolution.target.system)
    if not resolution.sdk or not ours:
        return resolution
    locked = {package.key.name for package in ours}
    strength = _strength(ours)
    found = list(resolution.packages)
    for member in catalog.members(resolution.sdk):
        package = catalog.packages[member.package]
        is_for_it = target.family is None or target.family in member.instances
        if member.package in locked or not is_for_it or not _belongs(package, resolution):
            continue
        try:
            version = parse_version(member.version, standalone=True)
        except InvalidVersion:
            continue
        found.append(
            LockedPackage(
                PackageKey(target.system, member.package),
                member.version,
                derive_pin(version, strength),
                Phase.STABLE,
                package.kind,
                resolution.sdk,
                ours[0].source,
                (),
                ("neuron-sdk",),
            )
        )
        locked.add(member.package)
    return resolution._replace(packages=tuple(sorted(found, key=lambda p: str(p.key))))


def _belongs(package: Package, resolution: Resolution) -> bool:
    if resolution.target.system not in package.systems:
        return False
    return not (package.on_host and resolution.target.scope is Scope.CONTAINER)


def _strength(packages: list[LockedPackage]) -> PinPrecision:
    """How much of a version the lock's pins hold."""
    ranges = [package.pin.base.count(".") for package in packages if not package.pin.is_exact]
    if not ranges or len(ranges) * 2 < len(packages):
        return PinPrecision.EXACT
    return PinPrecision.MAJOR if min(ranges) == 0 else PinPrecision.MINOR


def find_mismatches(held: HookLock, place: HookLocation) -> Iterator[str]:
    """What the lock was made for and the machine is not."""
    if place.scope is not HookScope.SYSTEM:
        return
    machine, target = detect(place.root), held.resolution.target
    if target.os is not None and machine.os:
        if machine.os not in (target.os.name, *target.os.aliases):
            yield f"the lock is for {target.os.name}, and {place.root} has {machine.os}"
    if place.kind is HookKind.DNF and plugin_folders(place) and not has_versionlock(place):
        yield (
            "dnf's own versionlock plugin is not installed: other versions are refused, and not "
            "hidden; dnf install python3-dnf-plugin-versionlock, then hook install dnf again"
        )
    if target.instance and machine.instance and machine.instance != target.instance:
        yield f"the lock is for {target.instance}, and this machine is {machine.instance}"


def has_ranges(held: HookLock, system: Ecosystem) -> list[str]:
    """The packages of an ecosystem that are held to a range, and not to one version."""
    packages = held.resolution.packages_of(system)
    return [package.key.name for package in packages if not package.pin.is_exact]
