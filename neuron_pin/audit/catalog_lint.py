"""The catalog's facts checked against the policy: where the vendor's own publications break
it or contradict each other, and facts that cannot be true.

Source: maintenance policy; each check names the rule that it is of.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from neuron_pin.catalog import AvailabilityRange, Catalog, sdk_key
from neuron_pin.catalog.completion import complete_members
from neuron_pin.catalog.support import find_superseded_day
from neuron_pin.policy import (
    EDITIONS,
    Event,
    EventType,
    Phase,
    Rule,
    Subject,
    SubjectKind,
    edition_at,
    events_in_force,
    phase_at,
)
from neuron_pin.policy.calendar import add_months

from .finding import Finding, Severity
from .known_parts import lint_parts
from .model_lint import lint_model_classes
from .version_lint import lint_marks, lint_versions

TOLD_AT_ONCE_DAYS = 14
"""Notice of at most so many days is the release's own: its pages are dated that much earlier."""

_PROMISED = min(edition.in_force for edition in EDITIONS if edition.has_minimum)
"""Ends from before the policy promised a month and six months are not checked against it."""


def lint_facts(
    catalog: Catalog,
    *,
    events: Sequence[Event] | None = None,
    released: Mapping[str, date] | None = None,
) -> list[Finding]:
    """Every finding, by rule and subject; if new events are given, on those alone, with the
    dates of releases that the catalog does not have yet.

    Reads every release's file.
    """
    examination = _Lint(catalog, catalog.events if events is None else events)
    examination.dates |= released or {}
    findings = [
        *examination.impossible(),
        *lint_model_classes(catalog, events),
        *examination.phases(),
        *examination.notice(),
        *examination.contradictions(),
    ]
    if events is None:
        findings += [
            *examination.statements(),
            *lint_marks(catalog, examination.of, examination.warn),
            *examination.six_months(),
            *examination.manifest(),
            *lint_versions(catalog, examination.warn),
            *examination.replacements(),
            *examination.families(),
            *examination.completeness(),
            *lint_parts(catalog),
        ]
    return sorted(findings, key=lambda f: (f.rule.identifier, f.subject, f.reason))


class _Lint:
    def __init__(self, catalog: Catalog, events: Sequence[Event]) -> None:
        self.catalog = catalog
        self.events = events
        self.path = os.path.join(catalog.folder, "lifecycle.json")
        self.lines = _lines(self.path, catalog.events)
        self.dates = dict(catalog.dates)
        self.groups: dict[tuple[Subject, frozenset[str]], list[Event]] = {}
        # New events are judged together with what is known of their subjects.
        about = {event.subject for event in events}
        together = events if events is catalog.events else [*catalog.events, *events]
        for event in together:
            if event.subject in about:
                self.groups.setdefault((event.subject, event.instances), []).append(event)

    def finding(
        self, rule: Rule, severity: Severity, subject: str, reason: str, event: Event | None = None
    ) -> Finding:
        place = self.path
        if event is not None:
            line = self.lines.get(event, 0)
            place = f"{self.path}:{line}" if line else self.path
            reason = f"{reason} [{event.source}]"
        return Finding(rule, severity, subject, reason, place, "")

    def warn(self, rule: Rule, subject: str, reason: str, event: Event | None = None) -> Finding:
        return self.finding(rule, Severity.WARNING, subject, reason, event)

    # Single events -------------------------------------------------------------------

    def impossible(self) -> Iterator[Finding]:
        """NP708: releases, instance families and days that cannot be."""
        for event in self.events:
            label = event.subject.label
            problems = []
            released = self.dates.get(event.sdk)
            if event.sdk and released is None and event.effective is not None:
                problems.append(f"takes effect with {event.sdk}, which is not a release")
            elif event.sdk and released is None and event.effective is None:
                if self.dates and sdk_key(event.sdk) < max(map(sdk_key, self.dates)):
                    problems.append(f"names {event.sdk}, which was never released")
            elif released is not None and event.effective not in (None, released):
                problems.append(
                    f"takes effect on {event.effective}, and {event.sdk} is of {released}"
                )
            unknown = event.instances - set(self.catalog.instances)
            if unknown:
                problems.append(f"names unknown instances: {', '.join(sorted(unknown))}")
            if event.withdrawn and (
                event.withdrawn_on is None or event.withdrawn_on < event.announced
            ):
                problems.append("was withdrawn before it was announced, or without a date")
            for problem in problems:
                yield self.finding(Rule.BAD_FACT, Severity.ERROR, label, problem, event)

    def phases(self) -> Iterator[Finding]:
        """NP702: a phase that the policy of the day did not have for the kind."""
        for event in self.events:
            if event.phase is None:
                continue
            edition = edition_at(event.announced)
            if edition.has_minimum and event.phase not in edition.phases_of[event.kind]:
                reason = (
                    f"{event.phase.label} for a subject of kind {event.kind.value}, "
                    f"which edition {edition.name} of the policy does not have"
                )
                severity = Severity.ERROR
                yield self.finding(Rule.PHASE_OF_KIND, severity, event.subject.label, reason, event)

    # Announcements of one subject ----------------------------------------------------

    def notice(self) -> Iterator[Finding]:
        """NP701 and NP703: less than a month's notice, and hardly any."""
        for (subject, _), events in self.groups.items():
            for phase in (Phase.MAINTENANCE, Phase.EOS):
                final = [
                    e
                    for e in events_in_force(events, date.max)
                    if e.phase is phase and e.effective is not None and e.type is EventType.PHASE
                ]
                if not final:
                    continue
                effective = min(e.effective for e in final if e.effective is not None)
                # Of several of one day, the one that says when.
                first = min(
                    (e for e in events if e.phase is phase),
                    key=lambda e: (e.announced, e.effective != effective),
                )
                edition = edition_at(first.announced)
                if not edition.has_minimum:
                    continue
                months = edition.notice_months
                if add_months(first.announced, months) <= effective:
                    continue
                days = (effective - first.announced).days
                message = f"{phase.label} on {effective}, announced {first.announced}: "
                message += f"{days} day" + "s" * (days != 1)
                rule = Rule.SHORT_NOTICE
                if phase is Phase.EOS and days <= TOLD_AT_ONCE_DAYS:
                    rule = Rule.UNANNOUNCED
                yield self.warn(rule, subject.label, message, first)

    def contradictions(self) -> Iterator[Finding]:
        """NP707: withdrawn, moved, or into an earlier phase."""
        for (subject, _), events in self.groups.items():
            kept = events_in_force(events, date.max)
            for event in events:
                if event.withdrawn:
                    reason = f"withdrawn on {event.withdrawn_on}: {event.withdrawn}"
                    yield self.warn(Rule.EVENTS_DISAGREE, subject.label, reason, event)
                elif event not in kept and event.phase is not None and event.effective:
                    reason = f"{event.phase.label} on {event.effective} was moved later"
                    yield self.warn(Rule.EVENTS_DISAGREE, subject.label, reason, event)
            dated = [e for e in kept if e.phase is not None and e.effective is not None]
            for later in kept:
                for other in dated if later.sdk and later.effective is None else ():
                    is_same = later.phase is other.phase and later.type is other.type
                    if is_same and later.phase is not None and other.sdk != later.sdk:
                        label = later.phase.label
                        reason = f"{label} with {later.sdk}, which has no day yet, and {label} "
                        reason += f"from {other.effective} ({other.source})"
                        yield self.warn(Rule.EVENTS_DISAGREE, subject.label, reason, later)
            dated.sort(key=lambda e: (e.effective or date.max, e.announced))
            for before, after in pairwise(dated):
                assert before.phase is not None
                assert after.phase is not None
                if after.phase is not before.phase and after.effective == before.effective:
                    reason = (
                        f"{after.phase.label} and {before.phase.label} ({before.source}), both "
                        f"from {after.effective}"
                    )
                    yield self.warn(Rule.EVENTS_DISAGREE, subject.label, reason, after)
                elif after.phase < before.phase:
                    reason = (
                        f"{after.phase.label} from {after.effective}, after "
                        f"{before.phase.label} from {before.effective} ({before.source})"
                    )
                    yield self.warn(Rule.EVENTS_DISAGREE, subject.label, reason, after)

    def statements(self) -> Iterator[Finding]:
        """NP707: what an import met on a page and did not take, as the facts speak against it;
        a correction of the subject's phase settles it."""
        settled = {correction.subject for correction in self.catalog.corrections}
        for each in self.catalog.contradictions:
            if f"phase of {each.subject}" in settled:
                continue
            reason = (
                f"{each.says} [{each.source}], but {each.against} [{each.against_source}]; a "
                f"correction of 'phase of {each.subject}' settles it"
            )
            yield self.warn(Rule.EVENTS_DISAGREE, each.subject, reason)

    # Events and releases -------------------------------------------------------------

    def six_months(self) -> Iterator[Finding]:
        """NP704: an earlier framework version left within six months of a newer one."""
        for name, versions in self.catalog.spans.frameworks.items():
            for version, life in versions.items():
                newer = find_superseded_day(self.catalog, name, version, date.max)
                if newer is None:
                    continue
                left, event = self._left(name, version, life)
                if left is None:
                    continue
                # What was promised when it ended, or was announced to.
                edition = edition_at(event.announced if event is not None else left)
                promised = add_months(newer, edition.regular_months)
                if edition.has_minimum and left < promised:
                    how = "left stable" if event is not None else "was shipped no more"
                    last = promised - timedelta(days=1)
                    reason = (
                        f"{how} on {left}, {(left - newer).days} days after a newer version "
                        f"({newer}); regular updates were promised until {last}"
                    )
                    yield self.warn(Rule.SIX_MONTHS, f"{name} {version}", reason, event)

    def _left(
        self, name: str, version: str, life: AvailabilityRange
    ) -> tuple[date | None, Event | None]:
        """The day on which a framework version got its last regular update, and why."""
        ends = [
            e
            for e in events_in_force(self.of(name, version), date.max)
            if e.phase in (Phase.MAINTENANCE, Phase.EOS) and e.effective is not None
        ]
        event = min(ends, key=lambda e: e.effective or date.max, default=None)
        dropped = self._after(life.last)
        if event is not None and (dropped is None or (event.effective or date.max) <= dropped):
            return event.effective, event
        return dropped, None

    def manifest(self) -> Iterator[Finding]:
        """NP705: shipped after its end, or dropped without one."""
        spans = self.catalog.spans
        for name, life in spans.packages.items():
            package = self.catalog.packages.get(name)
            if package is None or not package.systems:
                continue
            yield from self._shipped_or_dropped(name, name, "", life)
            for version, of in spans.frameworks.get(name, {}).items():
                yield from self._shipped_or_dropped(f"{name} {version}", name, version, of)
        for version, life in spans.pythons.items():
            yield from self._shipped_or_dropped(f"python {version}", "python", version, life)

    def _shipped_or_dropped(
        self, label: str, name: str, version: str, life: AvailabilityRange
    ) -> Iterator[Finding]:
        events = self.of(name, version)
        ends = [
            e for e in events_in_force(events, date.max) if e.phase is Phase.EOS and e.effective
        ]
        # The end in force, whatever was said of more versions or later.
        fact = phase_at(events, name, version, None, date.max)
        for event in [fact.event] if fact.phase is Phase.EOS and fact.event else []:
            # A package whose framework version ended may go on with the others.
            if event.version and not version:
                continue
            sdk = life.last if not event.instances else self._last_for(name, version, event)
            if event.effective is not None and sdk and self.dates[sdk] >= event.effective:
                listed = "lists" if name == "python" else "ships"
                where = f" on {', '.join(sorted(event.instances))}" if event.instances else ""
                reason = (
                    f"out of support{where} from {event.effective}, and release {sdk} {listed} it"
                )
                yield self.warn(Rule.MANIFEST_DISAGREES, label, reason, event)
        dropped = self._after(life.last)
        if not ends and dropped is not None and dropped >= _PROMISED:
            reason = f"in no release after {life.last}, and no end of support was announced"
            yield self.warn(Rule.MANIFEST_DISAGREES, label, reason)

    def _last_for(self, name: str, version: str, event: Event) -> str:
        """The last release that ships a package for the instance families of an event."""
        for release in self.catalog.releases:
            for member in self.catalog.members(release.sdk) if release.listed else ():
                is_it = member.package == name and f"{member.version}.".startswith(
                    f"{version}." if version else ""
                )
                if is_it and member.instances & event.instances:
                    return release.sdk
        return ""

    def replacements(self) -> Iterator[Finding]:
        """NP708: replacements that lead back to where they began."""
        instead = {p.name: p.replaced_by for p in self.catalog.packages.values() if p.replaced_by}
        for name in instead:
            seen = [name]
            while (following := instead.get(seen[-1], "")) and following not in seen:
                seen.append(following)
            if following == name:
                reason = "replaced by itself, by way of others: " + " → ".join([*seen, name])
                yield self.finding(Rule.BAD_FACT, Severity.ERROR, name, reason)

    def families(self) -> Iterator[Finding]:
        """NP708: instance families that take the packages of an unknown one, or of one that
        no release lists."""
        path = os.path.join(self.catalog.folder, "systems.json")
        for name, family in self.catalog.instances.items():
            if family not in self.catalog.instances:
                problem = f"takes the packages of {family}, which is no instance family"
                yield Finding(Rule.BAD_FACT, Severity.ERROR, name, problem, path, "")
            elif family not in self.catalog.spans.instances:
                whose = "" if family == name else f" ({family})"
                problem = f"no release lists packages for it{whose}"
                yield Finding(Rule.BAD_FACT, Severity.WARNING, name, problem, path, "")

    def completeness(self) -> Iterator[Finding]:
        """NP708: releases that lack what evidence says they shipped, or what packages require
        that they list."""
        listed = {
            release.sdk: self.catalog.members(release.sdk)
            for release in self.catalog.releases
            if release.listed
        }
        _, additions = complete_members(listed, self.catalog.evidence, self.catalog.packages)
        for (what, why), count in additions.items():
            reason = f"in {count} release{'s' * (count > 1)} not {why}"
            yield Finding(Rule.BAD_FACT, Severity.WARNING, what, reason, self.catalog.folder, "")

    # Questions to the facts ----------------------------------------------------------

    def of(self, name: str, version: str) -> list[Event]:
        kinds = (SubjectKind.COMPONENT, SubjectKind.FRAMEWORK, SubjectKind.DEPENDENCY)
        if name == "python":
            kinds = (SubjectKind.PYTHON,) * 3
        return [
            e
            for e in self.catalog.events_by_name.get(name, ())
            if e.kind in kinds
            and e.type is not EventType.LAST_VERSION
            and (e.concerns(name, version, None) if version else not e.version)
        ]

    def _after(self, sdk: str) -> date | None:
        """The day of the first release after one, none for the newest."""
        later = [r for r in self.catalog.releases if sdk_key(r.sdk) > sdk_key(sdk) and r.listed]
        return min((r.date for r in later), default=None)


def _lines(path: str, events: Iterable[Event]) -> dict[Event, int]:
    """The line of each event, where the file has one event a line."""
    try:
        with open(path, encoding="utf-8") as stream:
            rows = [n for n, line in enumerate(stream, 1) if line.startswith('{"kind"')]
    except OSError:
        return {}
    found = list(events)
    return dict(zip(found, rows, strict=True)) if len(rows) == len(found) else {}
