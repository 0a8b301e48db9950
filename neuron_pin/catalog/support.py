"""Until when the parts of an environment are sure to be supported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from neuron_pin.errors import InvalidVersion
from neuron_pin.policy import (
    Event,
    Phase,
    PhaseFact,
    Subject,
    SubjectKind,
    SupportFloor,
    parse_version,
    phase_at,
    support_floor,
)
from neuron_pin.policy.lifecycle import list_periods
from neuron_pin.record import NamedTuple

from .catalog import Catalog
from .facts import (
    FrameworkRole,
    Member,
    OperatingSystem,
    public_version,
    same_public,
    version_numbers,
)
from .newness import Standing, judge_python


class Part(NamedTuple):
    """One part of an environment, the phase it is in, and until when it is sure of support.

    ``early`` is the Alpha, Beta or RC phase that it never left, none if it was stable once, and
    ``early_event`` the event that says so, none where the version does."""

    subject: Subject
    phase: Phase
    event: Event | None
    floor: SupportFloor
    early: Phase | None = None
    early_event: Event | None = None


def find_doubt(part: Part) -> tuple[str, str]:
    """Why support of a part may end, and on what source's word."""
    floor, subject = part.floor, part.subject
    if floor.announced is not None and floor.event is not None:
        return f"support of {subject.label} ends on {floor.announced}", floor.event.source
    reason = f"support of {subject.label} could end from {floor.could_end_from}: {floor.reason}"
    return reason, "maintenance policy"


def find_package_phase(
    catalog: Catalog, name: str, version: str, family: str | None, as_of: date
) -> PhaseFact:
    """The phase of one version of a package, by what was announced, by its own mark, and by when
    it was shipped.

    A version that marks itself Beta or RC is no more than that, whatever was announced of the
    package, and so is one that was shipped only before the release that is called stable; an end
    of support ends it as well.
    """
    public = public_version(version)
    events = catalog.events_by_name.get(name, ())
    concerned = [event for event in events if event.concerns(name, public, family)]
    fact = phase_at(concerned, name, public, family, as_of)
    return fact.with_mark(*_find_mark(catalog, name, public, concerned, family, as_of))


def _find_mark(
    catalog: Catalog,
    name: str,
    public: str,
    events: Sequence[Event],
    family: str | None,
    as_of: date,
) -> tuple[Phase, Event | None]:
    """What a version says of itself; of one that says nothing, Beta or RC if the package was no
    more than that when it was last shipped and a later release is called stable, with the event
    that says so."""
    try:
        mark = parse_version(public).phase if public else Phase.STABLE
    except InvalidVersion:
        mark = Phase.STABLE
    if mark.is_prerelease or not any(e.phase is not None and e.phase.is_prerelease for e in events):
        return mark, None
    last = _find_last_shipped(catalog, name, public, as_of)
    if last is None or not any(
        e.phase is Phase.STABLE and e.effective is not None and last < e.effective <= as_of
        for e in events
    ):
        return mark, None
    then = phase_at(events, name, public, family, last)
    return (then.phase, then.event) if then.phase.is_prerelease else (mark, None)


def _find_last_shipped(catalog: Catalog, name: str, public: str, as_of: date) -> date | None:
    """The day of the newest release, by a day, that ships a version; none for none."""
    newest = next((r for r in catalog.releases if r.listed and r.date <= as_of), None)
    # A lock of this release has read its members; all that was ever shipped is much more.
    if newest is not None and any(
        member.package == name and member.version == public
        for member in catalog.members(newest.sdk)
    ):
        return newest.date
    days = [catalog.dates[sdk] for sdk, _ in catalog.shipped(name).get(public, ())]
    return max((day for day in days if day <= as_of), default=None)


def find_first_day(
    catalog: Catalog, shipped: Mapping[str, Sequence[tuple[str, Member]]], version: str
) -> date | None:
    """The day of the first release that shipped a version, whatever its local part; none where no
    release has.  ``shipped`` is what `Catalog.shipped` gives of the package."""
    public = version.partition("+")[0]
    days = [
        catalog.dates[sdk]
        for listed, rows in shipped.items()
        if same_public(listed, public)
        for sdk, _ in rows
    ]
    return min(days) if days else None


def order_by_default(
    catalog: Catalog, name: str, versions: Sequence[str], family: str | None, as_of: date
) -> tuple[str, ...]:
    """The versions of a package that a release ships, highest first, with the default first: of
    several framework versions the newest that is stable on the day."""
    package = catalog.packages.get(name)
    if len(versions) < 2 or package is None or package.role is not FrameworkRole.LEADER:
        return tuple(versions)
    ranks = {
        version: find_package_phase(catalog, name, version, family, as_of).default_rank
        for version in versions
    }
    return tuple(sorted(versions, key=lambda version: ranks[version], reverse=True))


def package_part(
    catalog: Catalog, name: str, version: str, family: str | None, as_of: date
) -> Part:
    """One version of a package of Neuron's, on an instance family.

    What was announced for its framework version and for the package as a whole counts
    alike; six months are promised to a framework version that a newer one follows.
    """
    public = public_version(version)
    concerned, mark = _find_grounds(catalog, name, public, family, as_of)
    package = catalog.packages.get(name)
    subject = Subject(SubjectKind.COMPONENT, name)
    superseded = None
    if package is not None and package.role is FrameworkRole.LEADER:
        framework = ".".join(public.split(".")[:2])
        subject = Subject(SubjectKind.FRAMEWORK, name, framework)
        superseded = find_superseded_day(catalog, name, framework, as_of)
    return _part(catalog, subject, concerned, name, public, family, as_of, superseded, mark)


def find_part_phase(
    catalog: Catalog, name: str, version: str, family: str | None, as_of: date
) -> Phase:
    """The phase alone of what `package_part` gives."""
    public = public_version(version)
    concerned, mark = _find_grounds(catalog, name, public, family, as_of)
    return phase_at(concerned, name, public, family, as_of).with_mark(*mark).phase


def _find_grounds(
    catalog: Catalog, name: str, public: str, family: str | None, as_of: date
) -> tuple[list[Event], tuple[Phase, Event | None]]:
    """The events that concern a version, and what a component's version says of itself."""
    events = catalog.events_by_name.get(name, ())
    concerned = [event for event in events if event.concerns(name, public, family)]
    package = catalog.packages.get(name)
    if package is not None and not package.kind.is_component:
        return concerned, (Phase.STABLE, None)
    return concerned, _find_mark(catalog, name, public, concerned, family, as_of)


def find_target_parts(
    catalog: Catalog,
    *,
    python: str | None,
    system: OperatingSystem | None,
    instance: str | None,
    as_of: date,
) -> list[Part]:
    """Python, the operating system and the instance family of a target, where named."""
    parts = []
    events = catalog.events_by_name
    if python:
        of_python = [
            e
            for e in events.get("python", ())
            if e.kind is SubjectKind.PYTHON and e.concerns("python", python, instance)
        ]
        subject = Subject(SubjectKind.PYTHON, "python", python)
        # Of what is newer than the facts nothing is promised, and nothing has ended.
        if of_python or judge_python(catalog, python) is not Standing.NEWER:
            parts.append(_part(catalog, subject, of_python, "python", python, instance, as_of))
    if system is not None:
        of_system = find_system_events(catalog, system, as_of)
        subject = Subject(SubjectKind.OS, system.name)
        name, version = (of_system[0].name, of_system[0].version) if of_system else ("", "")
        if of_system or not system.is_newer:
            parts.append(_part(catalog, subject, of_system, name, version, instance, as_of))
    if instance is not None:
        of_family = [e for e in events.get(instance, ()) if e.kind is SubjectKind.INSTANCE]
        subject = Subject(SubjectKind.INSTANCE, instance)
        parts.append(_part(catalog, subject, of_family, instance, "", instance, as_of))
    return parts


def find_supported_pythons(catalog: Catalog, as_of: date) -> list[str]:
    """The Pythons that the newest release of a day lists and that have not ended, oldest
    first."""
    newest = catalog.newest_release(as_of)
    if newest is None:
        return []
    listed = {python for member in catalog.members(newest.sdk) for python in member.pythons}
    return [
        python
        for python in catalog.pythons
        if python in listed
        and not find_ended_parts(
            find_target_parts(catalog, python=python, system=None, instance=None, as_of=as_of)
        )
    ]


def find_ended_parts(parts: Iterable[Part]) -> list[Part]:
    """The parts whose support has ended."""
    return [part for part in parts if part.phase is Phase.EOS]


MAX_NAMED = 3
"""Parts that a sentence names."""


class Support(NamedTuple):
    """Until when every part of an environment is sure of support, by the catalog data of a day.

    ``until`` is the last such day; ``first`` names the parts that may end first, sorted, and
    ``reason`` says what that follows from.  ``is_announced`` says that an end was announced, and
    is not only what the policy would allow.
    """

    until: date
    first: tuple[str, ...]
    reason: str
    facts_of: date
    is_announced: bool = False

    def describe(self, as_of: date) -> str:
        """Until when, as a sentence; in the past tense once that day is over."""
        if self.until < min(as_of, self.facts_of):
            return f"Support is not guaranteed on {as_of}."
        if self.until < as_of:
            return (
                f"Support was guaranteed until {self.until}; the catalog data end on "
                f"{self.facts_of} and say nothing of {as_of}."
            )
        return f"Supported until at least {self.until} (catalog data of {self.facts_of})."

    def describe_limit(self, as_of: date) -> str:
        """Until when the guarantee is known, where the catalog data end before a day; without a
        tense, for it does not change from day to day.  Empty where they reach the day, or know
        that it is over."""
        if self.facts_of >= as_of or self.until < self.facts_of:
            return ""
        return f"guarantee of support: until {self.until}, by catalog data of {self.facts_of}"

    def describe_limit_on(self, as_of: date) -> str:
        """The same for the day itself: in the past tense once the guarantee is over."""
        if not self.describe_limit(as_of):
            return ""
        verb = "was" if self.until < as_of else "is"
        return f"support {verb} guaranteed until {self.until}, by catalog data of {self.facts_of}"

    def describe_first(self) -> str:
        """What may end first and why, as a sentence.  Where nothing was announced, it is most of
        the parts, and their names say nothing."""
        if not self.is_announced and len(self.first) > MAX_NAMED:
            return f"{self.reason[:1].upper()}{self.reason[1:]}."
        named = ", ".join(self.first[:MAX_NAMED])
        if len(self.first) > MAX_NAMED:
            named += f" and {len(self.first) - MAX_NAMED} more"
        return f"First to end: {named} ({self.reason})."


def whole_support(parts: Iterable[Part], facts_of: date) -> Support | None:
    """The support of an environment as a whole, none where it has no parts."""
    found = list(parts)
    if not found:
        return None
    least = min(part.floor.could_end_from for part in found)
    first = [part for part in found if part.floor.could_end_from == least]
    # What has been announced is worth more words than what could be.
    first.sort(key=lambda part: (part.floor.announced is None, part.subject.label))
    floor = first[0].floor
    reason = floor.reason
    if floor.announced is not None and floor.event is not None:
        reason = f"end of support on {floor.announced} ({floor.event.source})"
    named = tuple(dict.fromkeys(part.subject.label for part in first))
    is_announced = floor.announced is not None
    return Support(floor.guaranteed_until, named, reason, facts_of, is_announced)


def find_superseded_day(catalog: Catalog, package: str, version: str, as_of: date) -> date | None:
    """The day on which a newer framework version of a package became supported.

    That of the first release that ships one which is no pre-release, and not before the
    version's own; none as long as there is none.
    """
    versions = catalog.spans.frameworks.get(package, {})
    own = versions.get(version)
    if own is None:
        return None
    numbers = version_numbers(version)
    dates = [
        _find_supported_day(catalog, package, other, catalog.dates[life.first_stable], as_of)
        for other, life in versions.items()
        if life.first_stable and version_numbers(other) > numbers
    ]
    came = catalog.dates[own.first]
    return min((max(day, came) for day in dates if day and day <= as_of), default=None)


def _find_supported_day(
    catalog: Catalog, package: str, version: str, shipped: date, as_of: date
) -> date | None:
    """The day on which a framework version was no pre-release any more, by its versions, which
    shipped on a day, and by what was announced; none if it has not come."""
    events = [
        event
        for event in catalog.events_by_name.get(package, ())
        if event.concerns(package, version, None)
    ]
    if not any(event.phase is not None and event.phase.is_prerelease for event in events):
        return shipped
    periods = list_periods(events, as_of, shipped, shipped)
    supported = (Phase.STABLE, Phase.MAINTENANCE)
    # What goes from Beta to its end was never supported.
    return next((p.begin for p in periods if p.phase in supported), None)


def find_system_events(catalog: Catalog, system: OperatingSystem, as_of: date) -> list[Event]:
    """The events about an operating system: they name it and its version apart."""
    names = {system.name, *system.aliases}
    # By name, so that those of other subjects are not read.
    return [
        event
        for known in catalog.events_by_name
        if any(name.startswith(known) for name in names)
        for event in catalog.events_by_name[known]
        if event.kind is SubjectKind.OS
        and event.announced <= as_of
        and f"{event.name}{event.version}" in names
    ]


def subject_part(catalog: Catalog, subject: Subject, as_of: date) -> Part:
    """A feature, an API or another subject without versions as a part, by its name."""
    events = [e for e in catalog.events_by_name.get(subject.name, ()) if e.kind is subject.kind]
    return _part(catalog, subject, events, subject.name, "", None, as_of)


def _part(
    catalog: Catalog,
    subject: Subject,
    events: list[Event],
    name: str,
    version: str,
    family: str | None,
    as_of: date,
    superseded: date | None = None,
    mark: tuple[Phase, Event | None] = (Phase.STABLE, None),
) -> Part:
    fact = phase_at(events, name, version, family, as_of).with_mark(*mark)
    floor = support_floor(
        subject,
        events,
        as_of=as_of,
        facts_of=catalog.announced,
        phase=fact.phase,
        superseded=superseded,
        family=family,
        early=fact.early,
    )
    return Part(subject, fact.phase, fact.event, floor, fact.early, fact.early_event)
