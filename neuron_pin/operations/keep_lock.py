"""What a new lock keeps of existing ones, and what moves although only another package was to be
upgraded."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from neuron_pin.catalog import Catalog, canonicalize_name, public_version, sdk_key
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs.locks.preferences import read_locked
from neuron_pin.outputs import infer_format
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import Preferences, Resolution


class Companion(NamedTuple):
    """A package that moved with an upgraded one, and why."""

    name: str
    old: str
    new: str
    reason: str


def read_preferences(locks: Iterable[tuple[str, str]]) -> Preferences:
    """The release, and the exact versions by name, of existing locks: paths with the names of
    their formats.  Raises `UnreadableInput` for a file that is no such lock."""
    found = [read_locked(path, form) for path, form in locks]
    versions = {name: version for _, pins in found for name, version in pins.items()}
    return Preferences(next((sdk for sdk, _ in found if sdk), ""), versions)


def read_named_preferences(paths: Iterable[str]) -> Preferences:
    """The same for files whose names tell their formats.  Raises `WrongUsage` for another, too."""
    locks = []
    for path in paths:
        form = infer_format(path)
        if form is None or not form.is_kept:
            raise WrongUsage(
                f"{path}: its versions cannot be kept",
                hint="name a lock.json, pylock.toml or constraints.txt",
            )
        locks.append((path, form.name))
    return read_preferences(locks)


def find_newer_release(resolution: Resolution, catalog: Catalog) -> str:
    """The newest release of the lock's day, where it is newer than the lock's own, was not tried,
    and could come of an upgrade; else empty."""
    sdk, newest = resolution.sdk, catalog.newest_release(resolution.target.as_of)
    if not sdk or newest is None or sdk_key(newest.sdk) <= sdk_key(sdk):
        return ""
    if any(
        e.key.ecosystem is Ecosystem.SDK and e.version == newest.sdk for e in resolution.exclusions
    ):
        return ""
    # Nothing newer comes of a package that no later release has.
    lives = [catalog.spans.packages.get(p.key.name) for p in resolution.packages if p.kind]
    if any(life is not None and sdk_key(life.last) <= sdk_key(sdk) for life in lives):
        return ""
    return newest.sdk


def find_companions(
    resolution: Resolution, kept: Preferences, upgraded: Collection[str]
) -> list[Companion]:
    """The packages of an existing lock that moved, and were not to be upgraded, by name."""
    asked = {canonicalize_name(name) for name in upgraded}
    has_moved = resolution.sdk is not None and kept.sdk not in ("", resolution.sdk)
    found = []
    for package in resolution.packages:
        name = package.key.name
        old = kept.versions.get(name, "")
        if name in asked or not old or public_version(old) == public_version(package.version):
            continue
        parents = [parent for parent in package.via if parent in asked]
        if package.sdk is not None and has_moved:
            reason = f"of the same release, SDK {kept.sdk} -> {resolution.sdk}"
        elif parents:
            reason = f"required by {', '.join(parents)}"
        else:
            reason = f"required by {', '.join(package.via)}" if package.via else "no longer held"
        found.append(Companion(name, old, package.version, reason))
    return sorted(found)
