"""What was released after the day that a check is for."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import PackageKey, Rule
from neuron_pin.resolve.suggestion import suggest_version
from neuron_pin.target import Target

from .finding import Finding, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .part import MakeFinding


def report_too_early(
    sdk: str,
    key: PackageKey,
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
    range_text: str = "",
) -> Finding:
    """NP204: a version of after the day that the check is for; ``sdk`` shipped it first, or the
    first that ``range_text`` allows."""
    release = catalog.release(sdk)
    what = f"all that {range_text} allows was " if range_text else ""
    reason = f"{what}first shipped by SDK {sdk} on {release.date}, after {target.as_of}"
    found = suggest_version(catalog, key, target)
    remedy = f"use {found.label}" if found is not None else f"check it --as-of {release.date}"
    return finding(Rule.NOT_RELEASED_YET, Severity.ERROR, f"{reason} [{release.source}]", remedy)


def check_release_day(
    stated: DetectedPackage, catalog: Catalog, target: Target
) -> Iterator[Finding]:
    """NP204: an SDK release, which an image's name states, of after the day."""
    if catalog.dates.get(stated.version, target.as_of) > target.as_of:
        release = catalog.release(stated.version)
        reason = f"released on {release.date}, after {target.as_of} [{release.source}]"
        yield Finding(
            Rule.NOT_RELEASED_YET,
            Severity.ERROR,
            f"{stated.key.name} {stated.version}",
            reason,
            stated.place,
            f"check it --as-of {release.date}",
        )
