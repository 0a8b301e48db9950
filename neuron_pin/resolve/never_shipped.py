"""Requirements that no release meets: what was shipped instead, and what is supported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    Member,
    public_version,
    sdk_key,
    version_numbers,
)
from neuron_pin.catalog.known_in_part import describe_parts, find_parts
from neuron_pin.catalog.newness import is_range_newer, list_known_versions
from neuron_pin.catalog.successors import find_advice, find_successor
from neuron_pin.catalog.support import find_package_phase
from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem, Phase, Pin, PinComparison, Rule, parse_version
from neuron_pin.policy.version import split_version
from neuron_pin.target import Target

from .release_candidates import make_package_key
from .suggestion import suggest_version

MAX_SERIES = 4
"""Series that a sentence names one by one."""

EXTENSION_SERIES = 4
"""Numbers of an extension's series: the framework's three and Neuron's major, which the policy's
own pin holds (``torch-neuronx==2.1.0.1.*``)."""

Shipped = Mapping[str, Sequence[tuple[str, Member]]]
"""By version the releases that ship it, newest first, with what each says of it."""


def describe_never_shipped(requirement: Requirement, catalog: Catalog, target: Target) -> str:
    """That no release by the target's day has a version that a requirement allows: what there is
    of the series that it names, and the newest version that is supported; or the day on which
    the first one came.  Empty where a release has one, or knows nothing of the package."""
    package = catalog.packages.get(requirement.name)
    if package is None or package.kind is ComponentKind.DEPENDENCY:
        return ""
    everything = catalog.shipped(requirement.name)
    shipped = _select_known(everything, catalog, target)
    if not shipped or any(requirement.admits(version) for version in shipped):
        return ""
    later = [sdk for v, rows in everything.items() if requirement.admits(v) for sdk, _ in rows]
    if later:
        first = min(later, key=sdk_key)
        line = f"{requirement.text} was first shipped by SDK {first} on {catalog.dates[first]}"
        return f"{line}, after {target.as_of}"
    parts = find_parts(catalog, requirement.name, requirement.admits, target.as_of)
    if parts:
        return f"{describe_parts(parts, catalog)} ({Rule.KNOWN_IN_PART.identifier})"
    line = f"no known SDK release has {requirement.text}"
    if is_range_newer(requirement.range, list_known_versions(catalog, requirement.name)):
        rule = Rule.NEWER_THAN_FACTS.identifier
        line += f", which is newer than the facts of {catalog.age[0]} ({rule})"
    without_build = next((v for v in shipped if _is_build_of(requirement, v)), None)
    if without_build is not None:
        key = make_package_key(package, target.system)
        pin = Pin(without_build, PinComparison.UPSTREAM)
        listed = f"{requirement.name}{pin.render(key.ecosystem)}"
        sdk = shipped[without_build][0][0]
        line = f"SDK {sdk} lists {requirement.text} without its build: ask for {listed}"
        if key.ecosystem is Ecosystem.PIP:
            return line
        option = f"--{key.ecosystem.value}-repo"
        return f"{line}, or name a repository that has that build ({option})"
    series = describe_series(requirement, catalog, target)
    line += f": {series}" if series else ""
    found = suggest_version(catalog, make_package_key(package, target.system), target)
    if found is not None:
        return f"{line}; the newest supported is {found.version} (SDK {found.sdk})"
    newest = max(shipped, key=version_numbers)
    return f"{line}; the newest is {newest} (SDK {shipped[newest][0][0]})"


def describe_ended(requirement: Requirement, catalog: Catalog, target: Target) -> str:
    """That the newest version that a requirement allows is out of support for the target, with
    what replaces it, although other rules exclude it, too; empty where it is not."""
    package = catalog.packages.get(requirement.name)
    if package is None or package.kind is ComponentKind.DEPENDENCY:
        return ""
    name = requirement.name
    shipped = _select_known(catalog.shipped(name), catalog, target)
    allowed = [version for version in shipped if requirement.admits(version)]
    if not allowed:
        return ""
    newest = max(allowed, key=version_numbers)
    fact = find_package_phase(catalog, name, newest, target.family, target.as_of)
    event = fact.event
    if fact.phase is not Phase.EOS or event is None:
        return ""
    where = f" for {target.family}" if target.family else ""
    line = f"{name} {newest} has been out of support{where} since {event.effective}"
    instead = find_advice(catalog, event, target.as_of, target.family)
    if not instead:
        successor = find_successor(catalog, name, target.as_of, target.family)
        instead = successor.label if successor is not None else ""
    line += f"; replaced by {instead}" if instead else ""
    return f"{line} ({Rule.END_OF_SUPPORT.identifier}) [{event.source}]"


def describe_apart(requirements: Sequence[Requirement], catalog: Catalog, target: Target) -> str:
    """That no release has what several requirements ask for: the releases of each, as far as
    they narrow them down.  Empty where a release lists all of it."""
    known = [release.sdk for release in catalog.releases if release.listed]
    asked: dict[str, set[str]] = {}
    for requirement in requirements:
        package = catalog.packages.get(requirement.name)
        if package is None or package.kind is ComponentKind.DEPENDENCY:
            continue
        shipped = _select_known(catalog.shipped(requirement.name), catalog, target)
        found = {sdk for v, rows in shipped.items() if requirement.admits(v) for sdk, _ in rows}
        asked[requirement.text] = asked.get(requirement.text, found) & found
    if len(asked) < 2 or set.intersection(*asked.values()):
        return ""
    named = []
    for text, releases in asked.items():
        order = [sdk for sdk in known if sdk in releases]
        if not order:
            return ""
        span = order[0] if len(order) == 1 else f"{order[-1]} to {order[0]}"
        named.append(f"{text} is in SDK {span}")
    return f"no SDK release has all of it: {', '.join(named)}"


def describe_series(requirement: Requirement, catalog: Catalog, target: Target) -> str:
    """``2.1 shipped as 2.1.1.2.* (Beta) and 2.1.2.2.* (out of support since 2025-04-03)``: what
    releases have of the longest beginning of a pin that any has, with phases on the target's day;
    empty for a requirement that is no pin, and where nothing begins alike."""
    package = catalog.packages.get(requirement.name)
    if requirement.pin is None or package is None:
        return ""
    shipped = _select_known(catalog.shipped(requirement.name), catalog, target)
    wanted = _split(requirement.pin.base)
    for length in range(len(wanted) - 1, 0, -1):
        alike = [version for version in shipped if _split(version)[:length] == wanted[:length]]
        if alike:
            break
    else:
        return ""
    depth = length + 1
    if package.kind is ComponentKind.EXTENSION:
        depth = max(depth, EXTENSION_SERIES)
    series: dict[tuple[str, ...], list[str]] = {}
    for version in sorted(alike, key=version_numbers):
        series.setdefault(_split(version)[:depth], []).append(version)
    rows = [_name_series(start, found) for start, found in series.items()]
    head = f"{'.'.join(wanted[:length])} shipped as "
    if len(rows) > MAX_SERIES:
        return f"{head}{rows[0]} to {rows[-1]}"
    marks = [_describe_phase(catalog, package.name, found, target) for found in series.values()]
    named = [f"{row} ({mark})" if mark else row for row, mark in zip(rows, marks, strict=True)]
    last = named.pop()
    return f"{head}{', '.join(named)} and {last}" if named else f"{head}{last}"


def _select_known(everything: Shipped, catalog: Catalog, target: Target) -> Shipped:
    """What releases had shipped by the target's day."""
    found = {
        version: [row for row in rows if catalog.dates[row[0]] <= target.as_of]
        for version, rows in everything.items()
        if version
    }
    return {version: rows for version, rows in found.items() if rows}


def _is_build_of(requirement: Requirement, version: str) -> bool:
    """Whether an exact requirement names a build of a version: some releases list versions
    without their last part, and none the revision of a system package."""
    pin = requirement.pin
    if pin is not None and pin.reach is PinComparison.FULL and "+" not in pin.base:
        epoch, public, _ = split_version(pin.base)
        return (epoch or "0", public) == ("0", version)
    return requirement.is_exact and requirement.range.lstrip("=").startswith(f"{version}.")


def _split(version: str) -> tuple[str, ...]:
    return tuple(public_version(version).split("."))


def _name_series(start: tuple[str, ...], versions: Sequence[str]) -> str:
    return versions[0] if len(versions) == 1 else f"{'.'.join(start)}.*"


def _describe_phase(catalog: Catalog, name: str, versions: Sequence[str], target: Target) -> str:
    """The phase of a series, which is that of its newest version; empty for stable.  What its
    mark calls a pre-release was never anything else."""
    marked = parse_version(versions[-1]).phase
    if marked.is_prerelease:
        return marked.label.capitalize()
    fact = find_package_phase(catalog, name, versions[-1], target.family, target.as_of)
    since = f" since {fact.event.effective}" if fact.event is not None else ""
    if fact.phase is Phase.STABLE:
        return ""
    if fact.phase is Phase.EOS:
        return f"out of support{since}"
    if fact.phase is Phase.MAINTENANCE:
        return f"in maintenance{since}"
    return f"{fact.phase.label.capitalize()}{since}"
