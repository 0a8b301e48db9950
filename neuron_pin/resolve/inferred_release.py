"""What sources have beyond the newest known release, taken together: an inferred release.

No page says which of these versions were published together.  What is known of earlier releases
says it for most: a release has of each package the versions that come after those of the release
before, and what it does not change it carries over.  `infer_release` gives a release of that
kind, shown as ``2.32.0+``.  What goes with what is then decided as for every release: by the
requirements of wheels, the relations of system packages and the windows of the catalog.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    Member,
    Package,
    Release,
    public_version,
    same_public,
    sdk_key,
)
from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple

from .newer_versions import OWN, NewerVersions

PACED_RELEASES = 4
"""Minor SDK releases in a row in which a package's minor has to go up by one with each, so that
the next minor is taken for one of the next release."""


class InferredRelease(NamedTuple):
    """A release beyond the newest known one, and the catalog that has it as its newest."""

    release: Release
    catalog: Catalog


def infer_release(
    catalog: Catalog,
    newest: Release,
    list_versions: Callable[[str], Sequence[str] | None],
    demands: Sequence[Requirement] = (),
) -> InferredRelease | None:
    """The release beyond the newest known one, of what sources have; none where they have
    nothing newer.

    ``list_versions`` gives the versions that the sources have of a package, none where no source
    has packages of its kind: the catalog's word is then all there is.  Of a package a release
    beyond has every newer version, and what the newest known release has of it and the sources
    still have.  Where ``demands`` leave no more than an earlier minor of a package whose minor
    goes up with each SDK release, nothing of a later release is in it.
    """
    newer = NewerVersions(catalog, newest)
    members: list[Member] = []
    beyond: set[tuple[str, str]] = set()
    third_party: list[Member] = []
    has_index = False
    for name, package in catalog.packages.items():
        versions = list_versions(name) if package.kind.is_component and package.systems else None
        if versions is None:
            known = [m for m in catalog.members(newest.sdk) if m.package == name]
            (third_party if package.kind is ComponentKind.DEPENDENCY else members).extend(known)
            continue
        has_index = has_index or Ecosystem.PIP in package.systems
        base = newer.find_base(name)
        found, carried = _select(newer, package, base, list(dict.fromkeys(versions)))
        members += [newer.follow(name, version) for version in found] + carried
        beyond.update((name, public_version(version)) for version in found)
    if not beyond:
        return None
    # Which third-party versions go with newer packages, their own requirements say.
    members += [] if has_index else third_party
    ceiling = _find_ceiling(catalog, newest, beyond, demands)
    if ceiling:
        kept = {m for m in members if not _is_above(m.package, m.version, ceiling)}
        # Of what was asked for in a later version, the requirement itself decides.
        asked = {d.name for d in demands if not any(d.name == m.package and d.admits(m.version)
                                                    for m in kept)}  # fmt: skip
        later = {row for row in beyond if row[0] not in asked and _is_above(*row, ceiling)}
        members = [m for m in members if (m.package, m.version) not in later]
        beyond -= later
    members.sort(key=lambda m: (m.package, m.version))
    release = newest._replace(
        sdk=f"{newest.sdk}+", source=f"versions newer than those of SDK {newest.sdk}"
    )
    reasons = {row: newer.describe_new_major(*row) for row in beyond}
    return InferredRelease(release, catalog.with_inferred(release, members, reasons))


def _select(
    newer: NewerVersions, package: Package, base: list[Member], versions: list[str]
) -> tuple[list[str], list[Member]]:
    """The versions beyond the facts, and what of known releases goes on beside them."""
    found = [version for version in versions if newer.is_newer(package.name, version)]
    if not newer.is_current(package.name):
        return found, []
    carried = [m for m in base if any(same_public(m.version, version) for version in versions)]
    if package.kind is ComponentKind.EXTENSION:
        carried += newer.list_siblings(package.name, versions)
    if found or carried or not versions:
        return found, carried
    # The sources no longer have what the newest release has.  What they have instead was published
    # for something: a version that nobody knows before one that an earlier release has.
    unknown = [version for version in versions if not newer.is_known(package.name, version)]
    if unknown:
        return [max(unknown, key=version_order)], []
    return [], [newer.find_row(package.name, max(versions, key=version_order))]


def _find_ceiling(
    catalog: Catalog, newest: Release, beyond: set[tuple[str, str]], demands: Iterable[Requirement]
) -> dict[str, int]:
    """By package the highest minor that goes with what is demanded; empty for no bound."""
    paces = _find_paces(catalog, newest)
    bounds = []
    for demand in demands:
        mine = [version for name, version in beyond if name == demand.name]
        allowed = [_find_minor(v) for v in mine if demand.admits(v)]
        if demand.name in paces and allowed and max(allowed) < max(map(_find_minor, mine)):
            bounds.append(max(allowed) - paces[demand.name])
    if not bounds:
        return {}
    return {name: min(bounds) + pace for name, pace in paces.items()}


def _is_above(name: str, version: str, ceiling: Mapping[str, int]) -> bool:
    return name in ceiling and _find_minor(version) > ceiling[name]


def _find_paces(catalog: Catalog, newest: Release) -> dict[str, int]:
    """The packages whose minor goes up by one with each minor release of the SDK, each with what
    its minor is ahead by: 2 for 2.34.10.0 in SDK 2.32.

    Learned from the last few releases: components of one build share it, as the runtime library
    and the collectives do.
    """
    minors: dict[int, dict[str, set[int]]] = {}
    for release in catalog.releases:
        minor = _find_minor(release.sdk)
        if not release.is_final or sdk_key(release.sdk) > sdk_key(newest.sdk) or minor in minors:
            continue
        if len(minors) == PACED_RELEASES:
            break
        ahead = minors.setdefault(minor, {})
        for member in catalog.members(release.sdk):
            if member.version and catalog.packages[member.package].kind.is_component:
                ahead.setdefault(member.package, set()).add(_find_minor(member.version) - minor)
    current, *earlier = minors.values()
    return {
        name: next(iter(ahead))
        for name, ahead in current.items()
        if len(ahead) == 1 and all(of.get(name) == ahead for of in earlier)
    }


def _find_minor(version: str) -> int:
    """The own minor of a component's version, or a release's."""
    order = version_order(version)
    return next(iter(order[OWN + 1 :] if len(order) > OWN + 2 else order[1:]), 0)
