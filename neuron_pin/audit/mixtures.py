"""Exact versions of one environment that no SDK release has shipped together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from neuron_pin.catalog import Catalog, Member, public_version, version_numbers
from neuron_pin.catalog.support import package_part
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, PackageKey, Phase, Rule
from neuron_pin.target import Target

from .finding import Finding, Severity
from .remedy import lock_command, suggest_replacement

Shipped = dict[tuple[str, str], list[tuple[str, Member]]]
"""The releases that ship a version, newest first, by package and version."""


def check_mixtures(
    group: Sequence[DetectedPackage], shipped: Shipped, catalog: Catalog, target: Target
) -> Iterator[Finding]:
    """NP507: exact versions in one environment that no release has shipped together."""
    releases = {s: _releases(s, shipped) for s in group if s.version}
    known = {s: sdks for s, sdks in releases.items() if sdks}
    if len(known) < 2 or set.intersection(*known.values()):
        return
    # What left belongs to no later release: it goes with them, or nothing does.
    left = {s: sdk for s, sdks in known.items() if (sdk := _find_last(s, sdks, catalog, target))}
    keys = [s.key for s in known]
    known = {s: sdks for s, sdks in known.items() if s not in left} or known
    # The release that ships most of them; of several the image's, then the newest.
    bases = {s.version for s in known if s.key.ecosystem is Ecosystem.SDK}
    best = max(
        {sdk for sdks in known.values() for sdk in sdks},
        key=lambda sdk: (
            sum(sdk in sdks for sdks in known.values()),
            sdk in bases,
            version_numbers(sdk),
        ),
    )
    for statement, sdk in left.items():
        if version_numbers(best) > version_numbers(sdk):
            yield from _left(statement, sdk, best, keys, catalog, target)
    if set.intersection(*known.values()):
        return
    remedy = lock_command((s.key for s in known), best, catalog, target)
    for statement, sdks in known.items():
        if best in sdks or statement in left:
            continue
        if statement.key.ecosystem is Ecosystem.SDK:
            yield _replaced_image(statement, best)
            continue
        newest = max(sdks, key=version_numbers)
        reason = f"is of SDK {newest}, but most of the others are of {best}"
        yield Finding(
            Rule.MIXED_RELEASES,
            Severity.ERROR,
            f"{statement.key.name} {statement.version}",
            reason,
            statement.place,
            remedy,
        )


def _find_last(
    stated: DetectedPackage, releases: Collection[str], catalog: Catalog, target: Target
) -> str:
    """The release with which a package left the SDK, where this is its last version and the day
    knows a later release; empty for what did not leave."""
    name, own = stated.key.name, max(releases, key=version_numbers)
    if stated.key.ecosystem is Ecosystem.SDK:
        return ""
    later = {r.sdk for r in catalog.releases if r.listed and r.date <= target.as_of}
    later = {sdk for sdk in later if version_numbers(sdk) > version_numbers(own)}
    ships = {sdk for rows in catalog.shipped(name).values() for sdk, _ in rows}
    # One that came back, or is known to come, did not leave.
    is_gone = not later & ships and not any(part.package == name for part in catalog.parts)
    return own if later and is_gone else ""


def _left(
    stated: DetectedPackage,
    last: str,
    best: str,
    keys: Sequence[PackageKey],
    catalog: Catalog,
    target: Target,
) -> Iterator[Finding]:
    """NP507: a package that no later release has, beside what is of a later one."""
    name, version = stated.key.name, public_version(stated.version)
    part = package_part(catalog, name, version, target.family, target.as_of)
    if part.phase is Phase.EOS:
        # That it is out of support says more, and what to use instead.
        return
    remedy = suggest_replacement(catalog, stated.key, target)
    together = lock_command(keys, last, catalog, target)
    if not remedy and f"--sdk {last} " in together and f" {name} " in together:
        remedy = together
    yield Finding(
        Rule.MIXED_RELEASES,
        Severity.WARNING,
        f"{name} {stated.version}",
        f"left with SDK {last}: no later release has it, and most of the others are of {best}",
        stated.place,
        remedy,
    )


def _replaced_image(image: DetectedPackage, release: str) -> Finding:
    """NP507: an image of which another release was installed over its own."""
    return Finding(
        Rule.MIXED_RELEASES,
        Severity.ERROR,
        f"{image.key.name} {image.version}",
        f"the image is of SDK {image.version}, and most of what is installed over it is of "
        f"{release}",
        image.place,
        f"begin with the image of SDK {release} (sdk{release} in its tag), or keep the versions of "
        f"SDK {image.version}",
    )


def _releases(stated: DetectedPackage, shipped: Shipped) -> set[str]:
    """The releases that a version is of."""
    if stated.key.ecosystem is Ecosystem.SDK:
        return {stated.version}
    return {sdk for sdk, _ in shipped.get((stated.key.name, public_version(stated.version)), [])}
