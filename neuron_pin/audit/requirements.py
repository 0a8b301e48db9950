"""What somebody stated or installed, held against the policy on a date, for a target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Protocol

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    Member,
    Package,
    public_version,
    version_numbers,
)
from neuron_pin.catalog.support import Part, package_part
from neuron_pin.errors import InvalidVersion
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.inputs.requirements.requirement import Requirement
from neuron_pin.policy import (
    Ecosystem,
    NeuronVersion,
    Phase,
    PinPrecision,
    Rule,
    derive_pin,
    installable,
    parse_version,
    phase_at,
)
from neuron_pin.policy.calendar import add_days
from neuron_pin.target import Target

from .finding import Finding, Fix, Severity


class MakeFinding(Protocol):
    """Makes a finding on what is being looked at."""

    def __call__(
        self, rule: Rule, severity: Severity, reason: str, remedy: str = ""
    ) -> Finding: ...


def check_packages(
    stated: Sequence[DetectedPackage], catalog: Catalog, target: Target, within_days: int
) -> list[Finding]:
    """Findings on Neuron's packages among what is stated, by place; other packages are not
    judged."""
    ours = [
        statement
        for statement in stated
        if statement.key.ecosystem is Ecosystem.SDK
        or is_neuron(catalog.packages.get(statement.key.name))
    ]
    if not ours:
        return []
    shipped = _list_shipped(catalog, {s.key.name for s in ours})
    findings: list[Finding] = []
    for statement in ours:
        # A release stands there for what else is in its image.
        if statement.key.ecosystem is not Ecosystem.SDK:
            findings += _one(statement, catalog, target, within_days, shipped)
    findings += _together([s for s in ours if s.version], shipped)
    return findings


def is_neuron(package: Package | None) -> bool:
    """Whether a package is Neuron's own, and installed by a package manager."""
    return package is not None and package.kind not in (
        ComponentKind.DEPENDENCY,
        ComponentKind.NO_PACKAGE,
    )


Shipped = dict[tuple[str, str], list[tuple[str, Member]]]
"""The releases that ship a version, newest first, by package and version."""


def _list_shipped(catalog: Catalog, names: set[str]) -> Shipped:
    return {
        (name, version): rows for name in names for version, rows in catalog.shipped(name).items()
    }


def _one(
    stated: DetectedPackage, catalog: Catalog, target: Target, within_days: int, shipped: Shipped
) -> Iterator[Finding]:
    name = stated.key.name
    label = f"{name} {stated.version}".rstrip()

    def finding(rule: Rule, severity: Severity, reason: str, remedy: str = "") -> Finding:
        return Finding(rule, severity, label, reason, stated.place, remedy)

    gone = _gone(stated, catalog, target)
    if gone is not None:
        yield finding(Rule.END_OF_SUPPORT, Severity.ERROR, *gone)
        return
    if not stated.version:
        yield from _range(stated, catalog, target, finding, shipped)
        return
    version = public_version(stated.version)
    part = package_part(catalog, name, version, target.family, target.as_of)
    yield from check_part(part, target.as_of, within_days, finding)
    rows = shipped.get((name, version), [])
    if not rows:
        known = [v for n, v in shipped if n == name and v]
        newest = max(known, key=version_numbers, default="")
        if newest and version_numbers(version) > version_numbers(newest):
            reason = f"newer than {newest}, the newest that the catalog knows"
            remedy = "neuron-pin catalog import, with a newer release manifest"
            yield finding(Rule.UNKNOWN_VERSION, Severity.WARNING, reason, remedy)
        else:
            remedy = f"neuron-pin explain {name}"
            reason = "no SDK release has shipped this version"
            yield finding(Rule.UNKNOWN_VERSION, Severity.ERROR, reason, remedy)
        return
    yield from _fits(rows, target, finding)


def _gone(stated: DetectedPackage, catalog: Catalog, target: Target) -> tuple[str, str] | None:
    """Why a name is gone altogether, and what to do."""
    name = stated.key.name
    events = catalog.events_by_name.get(name, ())
    fact = phase_at(events, name, "", target.family, target.as_of)
    package = catalog.packages[name]
    if fact.phase is not Phase.EOS or fact.event is None or stated.version:
        return None
    instead = fact.event.replacement or package.replaced_by
    reason = f"{name} is out of support since {fact.event.effective} [{fact.event.source}]"
    return reason, f"ask for {instead}" if instead else ""


def check_part(
    part: Part,
    as_of: date,
    within_days: int,
    finding: MakeFinding,
    ended: Rule = Rule.END_OF_SUPPORT,
    replacement: str = "",
) -> Iterator[Finding]:
    """Where a part of an environment stands on a day: ended, in maintenance, a pre-release, or
    ending within the days asked about.  ``replacement`` is what there is today instead, where
    that is known better than by the announcement."""
    event, subject = part.event, part.subject
    replacement = replacement or (event.replacement if event is not None else "")
    instead = f"move to {replacement}" if replacement else ""
    source = f" [{event.source}]" if event is not None else ""
    since = f" since {event.effective}" if event is not None else ""
    if part.phase is Phase.EOS:
        reason = f"{subject.label} is out of support{since}{source}"
        yield finding(ended, Severity.ERROR, reason, instead)
        return
    if part.phase is Phase.MAINTENANCE:
        reason = f"{subject.label} is in maintenance{since}{source}"
        yield finding(Rule.MAINTENANCE, Severity.WARNING, reason, instead)
    elif part.phase.is_prerelease:
        reason = f"{subject.label} is {part.phase.label}{since}, not for production{source}"
        yield finding(Rule.PRE_RELEASE, Severity.WARNING, reason)
    ends, announcement = part.floor.announced, part.floor.event
    if ends is not None and announcement is not None and ends <= add_days(as_of, within_days):
        days = (ends - as_of).days
        reason = (
            f"support of {subject.label} ends on {ends}, in {days} days [{announcement.source}]"
        )
        remedy = f"move to {announcement.replacement}" if announcement.replacement else instead
        yield finding(Rule.ENDING, Severity.WARNING, reason, remedy)


def _fits(
    rows: Sequence[tuple[str, Member]], target: Target, finding: MakeFinding
) -> Iterator[Finding]:
    """Whether any release lists the version for the target's instance family and Python."""
    members = [member for _, member in rows]
    source = f"release manifest, {rows[0][0]}"
    if target.family is not None and not any(target.family in m.instances for m in members):
        listed = ", ".join(sorted({i for m in members for i in m.instances}))
        reason = f"listed for {listed}, not for {target.instance} [{source}]"
        yield finding(Rule.INSTANCE, Severity.ERROR, reason)
    pythons = {p for m in members for p in m.pythons}
    if pythons and target.python not in pythons:
        listed = ", ".join(sorted(pythons, key=version_numbers))
        reason = f"listed for Python {listed}, not for {target.python} [{source}]"
        yield finding(Rule.PYTHON, Severity.ERROR, reason)


def _range(
    stated: DetectedPackage,
    catalog: Catalog,
    target: Target,
    finding: MakeFinding,
    shipped: Shipped,
) -> Iterator[Finding]:
    """Whether a range holds the major, and admits something that is supported."""
    requirement = stated.requirement
    if requirement is None:
        return
    name = stated.key.name
    versions = sorted(
        (v for n, v in shipped if n == name and v and requirement.admits(v)),
        key=version_numbers,
        reverse=True,
    )
    if not versions:
        reason = f"{requirement.text} admits no version that a release has shipped"
        yield finding(Rule.UNKNOWN_VERSION, Severity.ERROR, reason, f"neuron-pin explain {name}")
        return
    parts = [package_part(catalog, name, v, target.family, target.as_of) for v in versions]
    if all(part.phase is Phase.EOS for part in parts):
        yield from check_part(parts[0], target.as_of, 0, finding)
    newest = _parse_or_none(versions[0])
    if newest is not None and not stated.version and requirement.admits(_next_major(newest)):
        reason = f"{requirement.text} admits a new major version"
        written = _held_to_major(requirement, stated.key.ecosystem, newest)
        made = finding(Rule.UNPINNED, Severity.WARNING, reason, f"write {written}")
        yield made._replace(fix=Fix(stated.install_spec, written) if stated.install_spec else None)


def _held_to_major(requirement: Requirement, system: Ecosystem, newest: NeuronVersion) -> str:
    """The requirement as its ecosystem writes it, with the newest major instead of its range."""
    held = derive_pin(newest, PinPrecision.MAJOR)
    if system is not Ecosystem.PIP:
        return installable(requirement.name, held, system)
    pin = held.render(system)
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f"; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras}{pin}{marker}"


def _parse_or_none(version: str) -> NeuronVersion | None:
    try:
        return parse_version(version)
    except InvalidVersion:
        return None


def _next_major(version: NeuronVersion) -> str:
    """A version of the next major, as it would be called."""
    major = int(version.own[0]) if version.own[0].isdigit() else 0
    return ".".join([*version.framework, str(major + 1), *("0" for _ in version.own[1:])])


def _together(stated: Sequence[DetectedPackage], shipped: Shipped) -> Iterator[Finding]:
    """NP507: exact versions that no release has shipped together, by environment."""
    for group in _groups(stated):
        releases = {s: _releases(s, shipped) for s in group}
        known = {s: sdks for s, sdks in releases.items() if sdks}
        if len(known) < 2 or set.intersection(*known.values()):
            continue
        # The base's release; else the one that ships most of them, the newest of several.
        bases = {s.version for s in known if s.key.ecosystem is Ecosystem.SDK}
        everything = bases or {sdk for sdks in known.values() for sdk in sdks}
        best = max(
            everything,
            key=lambda sdk: (sum(sdk in sdks for sdks in known.values()), version_numbers(sdk)),
        )
        for statement, sdks in known.items():
            if best in sdks:
                continue
            newest = max(sdks, key=version_numbers)
            reason = f"of SDK {newest}, most of the others are of {best}"
            yield Finding(
                Rule.MIXED_RELEASES,
                Severity.ERROR,
                f"{statement.key.name} {statement.version}",
                reason,
                statement.place,
                f"neuron-pin lock --sdk {best} …",
            )


def _releases(stated: DetectedPackage, shipped: Shipped) -> set[str]:
    """The releases that a version is of."""
    if stated.key.ecosystem is Ecosystem.SDK:
        return {stated.version}
    return {sdk for sdk, _ in shipped.get((stated.key.name, public_version(stated.version)), [])}


def _groups(stated: Iterable[DetectedPackage]) -> list[list[DetectedPackage]]:
    """What belongs together: what one file or environment states."""
    groups: dict[str, list[DetectedPackage]] = {}
    for statement in stated:
        place = statement.place.rpartition(":")
        where = place[0] if place[2].isdigit() else statement.place
        groups.setdefault(statement.group or where, []).append(statement)
    return list(groups.values())


def parse_within(text: str) -> int:
    """Days of ``90d``, ``90`` or ``3m`` (thirty days each); -1 for what is neither."""
    number, unit = (text[:-1], text[-1]) if text[-1:] in "dm" else (text, "d")
    if not number.isdecimal() or len(number) > 4:
        return -1
    return int(number) * (30 if unit == "m" else 1)
