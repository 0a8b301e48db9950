"""The lock that a hook enforces, and whether it was made for the machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from neuron_pin.catalog import Catalog, OperatingSystem, Package, load_catalog
from neuron_pin.catalog.newness import judge_system, need_newer_facts
from neuron_pin.errors import InvalidVersion, WrongUsage
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.policy import Ecosystem, PackageKey, Phase, PinPrecision, derive_pin, parse_version
from neuron_pin.policy.calendar import add_months
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.target import Scope, make_target, parse_day
from neuron_pin.target.detection import detect

from .dnf import find_gaps
from .index_url import make_simple_url
from .location import HookKind, HookLocation, HookScope, OnError
from .managed_file import HookLock

MONTHS = 6
"""Months after which a lock should be reviewed: the time for which the policy promises an
earlier framework version regular updates."""


def load_hook_lock(path: str, catalog: Catalog, on_error: OnError, expires: str | None) -> HookLock:
    """A lock.json with the rest of its release, and the day of its review; raises
    `UnreadableInput` or `WrongUsage`."""
    resolution, command = read_resolution(path, catalog)
    if expires:
        day: date = parse_day(expires, "--expires")
    elif resolution.expires:
        day = date.fromisoformat(resolution.expires)
    else:
        day = add_months(resolution.target.as_of, MONTHS)
    whole = _with_release(resolution, catalog)
    whole = whole._replace(expires=day.isoformat())
    return HookLock(whole, command, on_error, is_expiry_chosen=bool(expires))


def describe_expiry(held: HookLock, today: date) -> str:
    """That the day of a lock's review has passed, and what to do; empty where it has not."""
    expires = held.resolution.expires
    if not expires or expires >= today.isoformat():
        return ""
    return (
        f"the lock was due for review by {expires}; it is enforced as it is. Make a new lock, or "
        "give this one a new day with --expires DATE"
    )


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
    """A lock with its release's other system packages: where they are installed they have to be
    of the release too, and apt should not choose what the hook would refuse."""
    target, ours = resolution.target, resolution.packages_of(resolution.target.system)
    if not resolution.sdk or not ours:
        return resolution
    locked = {package.key.name for package in ours}
    strength = _strength(ours)
    found = list(resolution.packages)
    for member in catalog.members(resolution.sdk):
        package = catalog.packages[member.package]
        is_listed = member.is_for(target.family)
        if member.package in locked or not is_listed or not _belongs(package, resolution):
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
    # On a host there may be a runtime library, too: what runs there has to be of the release.
    return package.place.is_of_container or resolution.target.scope is not Scope.CONTAINER


def _strength(packages: list[LockedPackage]) -> PinPrecision:
    """How precise the lock's pins are."""
    ranges = [package.pin.base.count(".") for package in packages if not package.pin.is_exact]
    if not ranges or len(ranges) * 2 < len(packages):
        return PinPrecision.EXACT
    return PinPrecision.MAJOR if min(ranges) == 0 else PinPrecision.MINOR


def check_operating_system(held: HookLock, place: HookLocation, *, allow_other: bool) -> None:
    """Raise `WrongUsage` where a hook of apt or dnf would enforce a lock for another operating
    system than the machine's, unless that is allowed: its system packages were never published
    for this one."""
    if place.kind not in (HookKind.APT, HookKind.DNF) or allow_other:
        return
    machine, target = detect(place.root), held.resolution.target
    mismatch = _find_other_system(target.os, machine.os)
    if not mismatch:
        return
    instance = f"--instance {target.instance} " if target.instance else ""
    catalog = load_catalog()
    judged = judge_system(catalog, machine.os)
    if judged.system is not None:
        way = f"make a lock for it: neuron-pin lock {instance}--os {machine.os} -o lock.json"
        way = need_newer_facts(catalog, judged.system) + way
    else:
        known = ", ".join(system.name for system in catalog.systems)
        way = f"no known release has packages for {machine.os}; known: {known}"
    raise WrongUsage(mismatch, hint=f"{way}; --allow-other-os installs this lock anyway")


def _find_other_system(locked: OperatingSystem | None, name: str | None) -> str:
    """That a machine runs another operating system than a lock is for; empty where it does not
    or one of the two is not known."""
    if locked is None or not name or locked.is_called(name):
        return ""
    return f"the lock is for {locked.name}, but this machine runs {name}"


def find_mismatches(held: HookLock, place: HookLocation) -> Iterator[str]:
    """Where the lock was made for something else than the machine, and the hook works anyway."""
    if place.scope is not HookScope.SYSTEM:
        return
    machine, target = detect(place.root), held.resolution.target
    mismatch = _find_other_system(target.os, machine.os)
    if mismatch:
        yield mismatch
    if place.kind is HookKind.DNF:
        yield from find_gaps(place)
    if place.kind is HookKind.APT:
        # Imported here: no other hook reads a machine's package lists.
        from neuron_pin.audit.other_archives import warn_of_other_archives

        yield from warn_of_other_archives(place.root, held.resolution.packages_of(Ecosystem.APT))
    if target.instance and machine.instance and machine.instance != target.instance:
        yield f"the lock is for {target.instance}, but this machine is {machine.instance}"
