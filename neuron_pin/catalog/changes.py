"""What lies between two SDK releases: entered, left, changed, and what the policy says of it.

Source: maintenance policy, "Neuron Software Release Types".
"""

from __future__ import annotations

from neuron_pin.policy import parse_version
from neuron_pin.policy.update import Update, classify_update
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple

from .catalog import Catalog
from .facts import OperatingSystem, Release
from .version_range import sdk_key


class PackageChange(NamedTuple):
    """One package in two releases: its versions, highest first, and the class of the change
    between the highest ones, none where it entered or left."""

    package: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    update: Update | None


class Changes(NamedTuple):
    """What release ``new`` has that ``old`` has not, and the other way round."""

    old: str
    new: str
    update: Update
    packages: tuple[PackageChange, ...]
    pythons: tuple[tuple[str, ...], tuple[str, ...]]
    systems: tuple[tuple[str, ...], tuple[str, ...]]
    instances: tuple[tuple[str, ...], tuple[str, ...]]

    @property
    def is_backwards(self) -> bool:
        """Whether the new release is the earlier one."""
        return sdk_key(self.new) < sdk_key(self.old)

    @property
    def entered(self) -> list[PackageChange]:
        """The packages that the new release has and the old one has not."""
        return [change for change in self.packages if not change.old]

    @property
    def left(self) -> list[PackageChange]:
        """The packages that the new release has no more."""
        return [change for change in self.packages if not change.new]


class Contents(NamedTuple):
    """What a release holds and is for: versions by package, highest first, and what it is
    listed or supported for."""

    versions: dict[str, tuple[str, ...]]
    pythons: frozenset[str]
    systems: frozenset[str]
    instances: frozenset[str]


def read_contents(catalog: Catalog, sdk: str, family: str | None = None) -> Contents:
    """The contents of a release, its packages and Pythons only for an instance family if one is
    given; raises `UnknownName`."""
    release = catalog.release(sdk)
    members = catalog.members(sdk) if release.listed else ()
    own = [m for m in members if m.is_for(family)]
    versions: dict[str, set[str]] = {}
    for member in own:
        versions.setdefault(member.package, set()).add(member.version)
    return Contents(
        {
            name: tuple(sorted(found, key=lambda v: (version_order(v), v), reverse=True))
            for name, found in sorted(versions.items())
        },
        frozenset(python for member in own for python in member.pythons),
        frozenset(s.name for s in catalog.systems if supports(s, sdk)),
        frozenset(instance for member in members for instance in member.instances),
    )


def supports(system: OperatingSystem, sdk: str) -> bool:
    """Whether a release's system packages, or some of them, are for an operating system."""
    if system.first_sdk and sdk_key(sdk) < sdk_key(system.first_sdk):
        return False
    return not system.first_sdk_without or sdk_key(sdk) < sdk_key(system.first_sdk_without)


def find_changes(catalog: Catalog, old: str, new: str, family: str | None = None) -> Changes:
    """What lies between two releases, for an instance family or for all; raises `UnknownName`.
    Reads both releases' files."""
    before, after = read_contents(catalog, old, family), read_contents(catalog, new, family)
    families = frozenset(catalog.instances.values()) if family is None else {family}
    packages = []
    for name in sorted({*before.versions, *after.versions}):
        was, now = before.versions.get(name, ()), after.versions.get(name, ())
        if was == now:
            continue
        update = None
        if was and now and was[0] and now[0]:
            package = catalog.packages[name]
            update = classify_update(package.parse(was[0]), package.parse(now[0]))
        packages.append(PackageChange(name, was, now, update))
    return Changes(
        old,
        new,
        classify_update(parse_version(old), parse_version(new)),
        tuple(packages),
        gained_and_lost(before.pythons, after.pythons),
        gained_and_lost(before.systems, after.systems),
        gained_and_lost(before.instances & families, after.instances & families),
    )


def find_release_before(catalog: Catalog, release: Release) -> Release | None:
    """The release before one whose packages are known, none for the first."""
    older = [r for r in catalog.releases if r.listed and sdk_key(r.sdk) < sdk_key(release.sdk)]
    return older[0] if older else None


def gained_and_lost(
    old: frozenset[str], new: frozenset[str]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names that only the new set has, and those that only the old one has, each sorted."""

    def sort(names: frozenset[str]) -> tuple[str, ...]:
        return tuple(sorted(names, key=lambda name: (sdk_key(name), name)))

    return sort(new - old), sort(old - new)
