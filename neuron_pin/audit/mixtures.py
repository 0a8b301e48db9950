"""Exact versions of one environment that no SDK release has shipped together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog, Member, public_version, version_numbers
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, Rule
from neuron_pin.target import Target

from .finding import Finding, Severity
from .remedy import lock_command

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
    remedy = lock_command((s.key for s in known), best, catalog, target)
    for statement, sdks in known.items():
        if best in sdks:
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
