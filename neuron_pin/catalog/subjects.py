"""Everything that has a lifecycle, and its phase on a date.

Subjects are what the facts know: releases, packages, framework versions, Pythons, operating
systems, instance families, and whatever else an event is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from neuron_pin.policy import (
    Event,
    EventType,
    Phase,
    Subject,
    SubjectKind,
    events_in_force,
    next_change,
    phase_at,
    support_floor,
)
from neuron_pin.policy.model_class import bind_events

from .catalog import Catalog
from .facts import (
    AvailabilityRange,
    ComponentKind,
    OperatingSystem,
    Package,
    Release,
    version_numbers,
)
from .facts_age import find_facts_age
from .model_classes import read_model_classes
from .status import Status
from .successors import find_successor
from .support import find_superseded_day, find_system_events
from .version_range import sdk_key

SDK_NAME = "neuron-sdk"
NEWEST_KNOWN = "newest known"
_TOLD_OTHERWISE = (
    SubjectKind.PYTHON,
    SubjectKind.OS,
    SubjectKind.INSTANCE,
    SubjectKind.MODEL_CLASS,
)
_OF_PACKAGES = frozenset({SubjectKind.COMPONENT, SubjectKind.FRAMEWORK, SubjectKind.DEPENDENCY})


class Subjects:
    """The subjects of a catalog as of a day, in the order of their kinds and names.

    With an instance family their phases are those on it: announcements for other families
    alone do not count.
    """

    def __init__(self, catalog: Catalog, as_of: date, family: str | None = None) -> None:
        self.catalog = catalog
        self.as_of = as_of
        self.family = family
        self.facts_of = catalog.announced
        self._dates = {sdk: day for sdk, day in catalog.dates.items() if day <= as_of}
        # The catalog has the newest first.
        final = {release.sdk for release in catalog.releases if release.phase >= Phase.STABLE}
        public = [sdk for sdk in self._dates if sdk in final]
        self._current = public[0] if public else ""
        # Of a release that is known in part, nobody can say what it does not ship.
        in_part = {release.sdk for release in catalog.releases if release.in_part}
        order = [sdk for sdk in public if sdk not in in_part]
        self._newest = order[0] if order else ""
        self._next = {sdk: self._dates[later] for later, sdk in pairwise(order)}
        self._known: dict[str, list[Event]] = {}
        for event in catalog.events:
            if self._concerns(event):
                self._known.setdefault(event.name, []).append(event)

    def _concerns(self, event: Event) -> bool:
        """Whether an event is known on the day and for the instance family."""
        is_for_it = self.family is None or not event.instances or self.family in event.instances
        return event.announced <= self.as_of and is_for_it

    def __iter__(self) -> Iterator[Status]:
        yield from self._releases()
        for name in sorted(self.catalog.packages):
            yield from self._package(self.catalog.packages[name])
        spans = self.catalog.spans
        for version in sorted(spans.pythons, key=sdk_key):
            yield from self._list_versions(
                SubjectKind.PYTHON, "python", version, spans.pythons[version]
            )
        for system in self.catalog.systems:
            yield from self._system(system)
        for name, family in sorted(self.catalog.instances.items()):
            life = spans.instances.get(family)
            if life is not None:
                yield from self._list_versions(SubjectKind.INSTANCE, name, "", life)
        yield from self._told_by_events()
        yield from self._model_classes()

    # One kind after the other --------------------------------------------------------

    def _releases(self) -> Iterator[Status]:
        newer: date | None = None
        # Newest first, so that the one before has just been seen.
        for release in self.catalog.releases:
            if release.sdk not in self._dates:
                continue
            subject = Subject(SubjectKind.SDK, SDK_NAME, release.sdk)
            if release.phase < Phase.STABLE:
                yield self._candidate(subject, release)
                continue
            line = release.sdk.rpartition(".")[0]
            if newer is None:
                # A newer one may have come since the facts end.
                is_old = find_facts_age(self.facts_of, self.as_of).is_old
                note = NEWEST_KNOWN if is_old else "current"
            elif line == self._current.rpartition(".")[0]:
                note = f"superseded in its patch line; fixes come with {self._current} and later"
            else:
                note = "superseded; no fix is applied to it"
            yield self._status(
                subject, f"Neuron SDK {release.sdk}", [], None, release.date, superseded=newer
            )._replace(note=note, first_sdk=release.sdk, last_sdk=release.sdk)
            newer = release.date

    def _candidate(self, subject: Subject, release: Release) -> Status:
        """A release that its version calls a pre-release: it supersedes nothing."""
        status = self._status(subject, f"Neuron SDK {release.sdk}", [], None, release.date)
        sdk, label = release.sdk, release.phase.label
        floor = support_floor(
            subject, (), as_of=self.as_of, facts_of=self.facts_of, phase=release.phase
        )
        status = status._replace(phase=release.phase, stable=None, floor=floor)
        return status._replace(note=f"a pre-release: --phase {label}", first_sdk=sdk, last_sdk=sdk)

    def _package(self, package: Package) -> Iterator[Status]:
        if package.kind is ComponentKind.NO_PACKAGE:
            return
        events = [e for e in self._known.get(package.name, ()) if e.kind in _OF_PACKAGES]
        life = self.catalog.spans.packages.get(package.name)
        first = self._dates.get(life.first) if life is not None else None
        if first is None and not events:
            return
        kind = SubjectKind.COMPONENT
        if package.kind is ComponentKind.DEPENDENCY:
            kind = SubjectKind.DEPENDENCY
        subject = Subject(kind, package.name)
        whole = [e for e in events if not e.version or e.type is EventType.LAST_VERSION]
        status = self._status(subject, package.title, whole, life, first)
        successor = find_successor(self.catalog, package.name, self.as_of, self.family)
        instead = successor.name if successor is not None else ""
        yield status._replace(framework=package.framework, replacement=instead)
        versions = dict(self.catalog.spans.frameworks.get(package.name, {}))
        # Versions that no release names so, as JAX 0.9.0 of jax-neuronx.
        told = {
            e.version
            for e in events
            if e.type is EventType.PHASE
            and e.version
            and kind is SubjectKind.COMPONENT
            and not any(f"{v}.".startswith(f"{e.version}.") for v in versions)
        }
        for version in sorted({*versions, *told}, key=version_numbers):
            if version in versions:
                yield from self._framework(package, version, versions, events)
            else:
                known = [e for e in events if e.version == version]
                subject = Subject(SubjectKind.FRAMEWORK, package.name, version)
                yield self._status(subject, package.title, known, None, None)._replace(
                    framework=package.framework
                )

    def _framework(
        self,
        package: Package,
        version: str,
        versions: dict[str, AvailabilityRange],
        events: Sequence[Event],
    ) -> Iterator[Status]:
        life = versions[version]
        first = self._dates.get(life.first)
        if first is None:
            return
        subject = Subject(SubjectKind.FRAMEWORK, package.name, version)
        known = [
            e
            for e in events
            if e.type is not EventType.LAST_VERSION and e.concerns(package.name, version, None)
        ]
        superseded = find_superseded_day(self.catalog, package.name, version, self.as_of)
        yield self._status(
            subject, package.title, known, life, first, superseded=superseded
        )._replace(framework=package.framework)

    def _list_versions(
        self, kind: SubjectKind, name: str, version: str, life: AvailabilityRange
    ) -> Iterator[Status]:
        first = self._dates.get(life.first)
        if first is None:
            return
        events = [e for e in self._known.get(name, ()) if e.kind is kind]
        events = [e for e in events if e.concerns(name, version, None)]
        yield self._status(Subject(kind, name, version), "", events, life, first)

    def _system(self, system: OperatingSystem) -> Iterator[Status]:
        first = self._dates.get(system.first_sdk) if system.first_sdk else None
        if (system.first_sdk and first is None) or not self._dates:
            return
        events = find_system_events(self.catalog, system, self.as_of)
        subject = Subject(SubjectKind.OS, system.name)
        yield self._status(subject, "", events, None, first)._replace(
            first_sdk=system.first_sdk,
            note=f"goes on for {', '.join(sorted(system.excepted))}" if system.excepted else "",
        )

    def _told_by_events(self) -> Iterator[Status]:
        """What is known by its announcements alone: images, features, interfaces."""
        groups: dict[Subject, list[Event]] = {}
        for events in self._known.values():
            for event in events:
                if event.kind in _TOLD_OTHERWISE:
                    continue
                if event.kind in _OF_PACKAGES and event.name in self.catalog.packages:
                    continue
                groups.setdefault(event.subject, []).append(event)
        order = list(SubjectKind)
        for subject in sorted(groups, key=lambda s: (order.index(s.kind), s.name, s.version)):
            yield self._status(subject, "", groups[subject], None, None)

    def _model_classes(self) -> Iterator[Status]:
        """What is tied to a component and a workload, and goes with its component."""
        groups: dict[Subject, list[Event]] = {}
        for event in read_model_classes(self.catalog):
            if self._concerns(event):
                groups.setdefault(event.subject, []).append(event)
        for subject in sorted(groups):
            own = groups[subject]
            tied = [
                event
                for event in self._known.get(subject.component, ())
                if event.kind in _OF_PACKAGES and not event.version
            ]
            events = bind_events(subject, self._of_every_family(own), tied, self.as_of)
            came = [e for e in own if e.phase is not None and e.phase < Phase.MAINTENANCE]
            entered = min((e.effective for e in came if e.effective is not None), default=None)
            package = self.catalog.packages.get(subject.component)
            status = self._status(
                subject, package.title if package is not None else "", events, None, entered
            )
            families = [event.instances for event in came]
            life = self.catalog.spans.packages.get(subject.component)
            last = self._last(life) if status.phase is not Phase.EOS and came else ""
            yield status._replace(
                stable=None,
                first_sdk=min(came, key=lambda e: e.announced).sdk if last else "",
                last_sdk=last,
                dropped=self._next.get(last),
                instances=frozenset[str]().union(*families) if all(families) else frozenset(),
                events=tuple(sorted((*own, *(e for e in events if e not in own)), key=_when)),
                note=f"{subject.component} is in no release after {last}"
                if last and last != self._newest
                else "",
            )

    def _of_every_family(self, events: Sequence[Event]) -> list[Event]:
        """Events without what ends on some instance families only, where no family is asked
        about."""
        if self.family is not None:
            return [*events]
        return [
            event
            for event in events
            if not event.instances or event.phase not in (Phase.MAINTENANCE, Phase.EOS)
        ]

    # One subject ---------------------------------------------------------------------

    def _status(
        self,
        subject: Subject,
        title: str,
        events: Sequence[Event],
        life: AvailabilityRange | None,
        entered: date | None,
        superseded: date | None = None,
    ) -> Status:
        name, version = (events[0].name, events[0].version) if events else ("", "")
        version = subject.version or version
        limits = [e for e in events if e.type is not EventType.LAST_VERSION]
        of_some: list[Event] = []
        if self.family is None and life is not None:
            whole = set(life.instances.split())
            of_some = [e for e in limits if _ends_on_some(e, whole)]
            limits = [e for e in limits if e not in of_some]
        fact = phase_at(limits, name or subject.name, version, None, self.as_of)
        phase, since = fact.phase, fact.event.effective if fact.event else entered
        early = fact.early
        if life is not None:
            stable = self._dates.get(life.first_stable)
            if stable is None and early is None:
                # Every version of it says so.
                early = Phase.BETA
            if fact.event is None or (stable is None and phase is not Phase.EOS):
                phase = early or Phase.STABLE
                since = since if fact.early is not None else stable or entered
        change = next_change(limits, self.as_of)
        announcements = sorted(events, key=lambda e: (e.announced, e.effective or date.max))
        last = self._last(life)
        left = [f"in no release after {last}"] if last and last != self._newest else []
        return Status(
            subject=subject,
            title=title,
            phase=phase,
            since=since,
            event=fact.event,
            change=change,
            replacement=_replacement([e for e in announcements if e not in of_some])
            or _replacement(announcements),
            floor=support_floor(
                subject,
                limits,
                as_of=self.as_of,
                facts_of=self.facts_of,
                phase=phase,
                superseded=superseded,
                family=self.family,
                early=early,
            ),
            entered=entered,
            first_sdk=life.first if life is not None else "",
            last_sdk=last,
            superseded=superseded,
            stable=self._dates.get(life.first_stable) if life is not None else entered,
            dropped=self._next.get(last),
            instances=frozenset(life.instances.split())
            if life is not None
            else frozenset[str]().union(*(e.instances for e in announcements)),
            framework="",
            events=tuple(announcements),
            note="; ".join([*_tell_ends(of_some, self.as_of), *left]),
        )

    def _last(self, life: AvailabilityRange | None) -> str:
        if life is None:
            return ""
        return life.last if life.last in self._dates else self._newest


def _ends_on_some(event: Event, families: set[str]) -> bool:
    """Whether it ends something on some of the families that it is for, and not on all."""
    is_end = event.phase is Phase.EOS
    return is_end and bool(event.instances) and not families <= event.instances


def _tell_ends(events: Sequence[Event], as_of: date) -> list[str]:
    """``eos on inf2 since 2026-04-09`` of each family's last change by a day."""
    last: dict[str, Event] = {}
    for event in sorted(events_in_force(events, as_of), key=_when):
        if event.effective is not None and event.effective <= as_of:
            last[", ".join(sorted(event.instances))] = event
    return [
        f"{event.phase.label} on {families} since {event.effective}"
        for families, event in last.items()
        if event.phase is not None
    ]


def _when(event: Event) -> tuple[date, date]:
    return event.announced, event.effective or date.max


def _replacement(events: Sequence[Event]) -> str:
    """What the latest announcement advises: one of a phase or a new name before others."""
    named = [e for e in events if e.replacement and e.type is not EventType.RETITLED]
    named.sort(key=lambda e: e.type is not EventType.TRANSITION)
    return named[-1].replacement if named else ""
