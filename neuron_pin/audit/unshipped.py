"""Versions and ranges that no release has shipped: of a release known in part, newer than the
facts, or unknown (NP508, NP510, NP512)."""

from __future__ import annotations

from neuron_pin.catalog import Catalog, same_public, version_numbers
from neuron_pin.catalog.newness import (
    Standing,
    compare_with_known,
    is_range_newer,
    list_known_versions,
    name_newest,
)
from neuron_pin.inputs.requirements.requirement import Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.resolve.never_shipped import describe_series
from neuron_pin.resolve.suggestion import suggest_version
from neuron_pin.target import Target

from .finding import Finding, Severity
from .known_parts import find_in_part
from .newer import report_newer_range, report_newer_version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .mixtures import Shipped
    from .part import MakeFinding


def report_unshipped_version(
    version: str,
    key: PackageKey,
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
    shipped: Shipped,
) -> Finding:
    """A version that no release has shipped, with what was meant where that shows; or that it is
    newer than all that the facts know."""
    name = key.name
    in_part = find_in_part(
        name, lambda listed: same_public(listed, version), catalog, target, finding
    )
    if in_part is not None:
        return in_part
    known = sorted((v for n, v in shipped if n == name and v), key=version_numbers)
    meant = [v for v in known if v.startswith(f"{version}.")]
    if meant and key.ecosystem is Ecosystem.PIP:
        reason = f"no SDK release has shipped a version {version}; pip compares all of its numbers"
        remedy = f"write {name}=={version}.*, of which the newest is {meant[-1]}"
        return finding(Rule.UNKNOWN_VERSION, Severity.ERROR, reason, remedy)
    if compare_with_known(version, known) is Standing.NEWER:
        every = list_known_versions(catalog, name)
        is_above = compare_with_known(version, every) is Standing.NEWER
        return report_newer_version(name_newest(every if is_above else known), catalog, finding)
    reason = "no SDK release has shipped this version"
    return finding(Rule.UNKNOWN_VERSION, Severity.ERROR, reason, _remedy(key, catalog, target))


def report_unshipped_range(
    requirement: Requirement,
    key: PackageKey,
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
    shipped: Shipped,
) -> Finding:
    """A range that admits no version of those that releases have shipped."""
    name = key.name
    in_part = find_in_part(name, requirement.admits, catalog, target, finding)
    if in_part is not None:
        return in_part
    known = [v for n, v in shipped if n == name and v]
    if is_range_newer(requirement.range, known):
        every = list_known_versions(catalog, name)
        is_above = is_range_newer(requirement.range, every)
        return report_newer_range(name_newest(every if is_above else known), catalog, finding)
    reason = f"no SDK release has shipped a version that {requirement.text} allows"
    series = describe_series(requirement, catalog, target)
    reason += f": {series}" if series else ""
    return finding(Rule.UNKNOWN_VERSION, Severity.ERROR, reason, _remedy(key, catalog, target))


def _remedy(key: PackageKey, catalog: Catalog, target: Target) -> str:
    """The version that the target can use, else the command that lists them."""
    found = suggest_version(catalog, key, target)
    return f"use {found.label}" if found is not None else f"neuron-pin explain {key.name}"
