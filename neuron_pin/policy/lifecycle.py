"""What phase a subject is in on a date, told from dated events.

Source: maintenance policy, "Neuron Software Life-cycle".  Pure: the date comes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import Enum
from typing import NamedTuple

from .phase import Phase, SubjectKind


class EventType(Enum):
    """What kind of fact an event is."""

    PHASE = "phase"
    """The subject enters a phase."""
    RENAMED = "renamed"
    """The subject goes on under another name, the replacement; the old name ends."""
    RETITLED = "retitled"
    """The subject is called otherwise in documents; packages keep their names."""
    TRANSITION = "transition"
    """Another technology takes its place; no phase was announced."""
    NO_RELEASES = "no-new-releases"
    """No further releases are planned; the phase stays."""
    LAST_VERSION = "last-version"
    """The version is the last one for the instance families named."""


WORKLOADS = ("training", "inference")
"""What the policy ties a model class to, beside a component."""


class Subject(NamedTuple):
    """Anything that has a life-cycle; ``version`` is empty where it has none.

    ``component`` and ``workload`` (one of `WORKLOADS`) are those of a model class, empty for
    any other kind.
    """

    kind: SubjectKind
    name: str
    version: str = ""
    component: str = ""
    workload: str = ""

    @property
    def label(self) -> str:
        """For people: ``torch-neuronx 2.8``, ``Neuron SDK 2.26.0``, ``Llama 3.1
        (neuronx-distributed-inference, inference)``."""
        label = f"{self.name} {self.version}".rstrip()
        tied = ", ".join(filter(None, (self.component, self.workload)))
        return f"{label} ({tied})" if tied else label


class Event(NamedTuple):
    """A dated fact: some software enters a phase, or something else befalls it.

    ``name`` is the subject: a package, a framework's package, ``python``, an OS.  ``version``
    is the version or framework version that it holds for, as a prefix (``2.8`` holds for
    2.8.0), empty for all of them.  ``phase`` is none where the type says nothing of one.
    ``announced`` and ``effective`` are dates; an event without ``effective`` has been
    announced for no date yet.  ``instances`` limits it to those families, empty for all.
    ``withdrawn`` is the reason why a later source took it back, on ``withdrawn_on``: from
    that day on it is shown and has no effect.  ``component`` and ``workload`` are those of a
    model class.
    """

    kind: SubjectKind
    name: str
    version: str
    phase: Phase | None
    announced: date
    effective: date | None
    sdk: str
    instances: frozenset[str]
    replacement: str
    source: str
    note: str = ""
    type: EventType = EventType.PHASE
    withdrawn: str = ""
    withdrawn_on: date | None = None
    component: str = ""
    workload: str = ""

    @property
    def subject(self) -> Subject:
        """What it is about."""
        return Subject(self.kind, self.name, self.version, self.component, self.workload)

    def concerns(self, name: str, version: str, instance: str | None) -> bool:
        """Whether it holds for that version of that subject on an instance family.

        A limited event holds for an unstated instance family too: nothing says otherwise.
        """
        if self.name != name:
            return False
        if self.instances and instance is not None and instance not in self.instances:
            return False
        return not self.version or f"{version}.".startswith(f"{self.version}.")

    def stands(self, as_of: date) -> bool:
        """Whether it is known on a day and has not been taken back by then."""
        if self.announced > as_of:
            return False
        return self.withdrawn_on is None or self.withdrawn_on > as_of


class PhaseFact(NamedTuple):
    """A phase, and the event that says so; no event means that nothing was announced."""

    phase: Phase
    event: Event | None

    @property
    def source(self) -> str:
        """The document behind the phase, or empty."""
        return self.event.source if self.event else ""


def phase_at(
    events: Iterable[Event], name: str, version: str, instance: str | None, as_of: date
) -> PhaseFact:
    """The phase that one version of a subject is in on a date, stable if nothing is known.

    Only what was announced by that date is known on it.  Of the events in force the one
    that took effect last decides, and of two on one day the later announcement.  On the
    day of an end of support the thing is out.
    """
    concerned = [event for event in events if event.concerns(name, version, instance)]
    last: Event | None = None
    for event in events_in_force(concerned, as_of):
        if event.phase is None or event.effective is None or event.effective > as_of:
            continue
        if last is None or _order(event) >= _order(last):
            last = event
    phase = last.phase if last is not None and last.phase is not None else Phase.STABLE
    return PhaseFact(phase, last)


class PhasePeriod(NamedTuple):
    """A phase, the day on which it began and the first day after it, none if it goes on.

    ``begin`` is none where the facts do not say."""

    phase: Phase
    begin: date | None
    end: date | None


def list_periods(
    events: Sequence[Event], as_of: date, entered: date | None, stable: date | None
) -> tuple[PhasePeriod, ...]:
    """The phases of a subject one after the other, announced ones that are to come included.

    ``entered`` is the day on which it first came, ``stable`` that on which it was no
    pre-release by its version any more, none for never or unknown.
    """
    steps: list[tuple[date | None, Phase]] = []
    if entered is not None and (stable is None or entered < stable):
        steps.append((entered, Phase.BETA))
    if stable is not None or entered is None:
        steps.append((stable, Phase.STABLE))
    dated = [e for e in events_in_force(events, as_of) if e.phase is not None and e.effective]
    for event in sorted(dated, key=_order):
        assert event.phase is not None
        steps = [
            s for s in steps if s[0] is None or event.effective is None or s[0] < event.effective
        ]
        if not steps or steps[-1][1] is not event.phase:
            steps.append((event.effective, event.phase))
    ends = [begin for begin, _ in steps[1:]]
    return tuple(
        PhasePeriod(phase, begin, end)
        for (begin, phase), end in zip(steps, [*ends, None], strict=True)
    )


def events_in_force(events: Sequence[Event], as_of: date) -> list[Event]:
    """The events that are known on a day and that no later one has taken back or moved.

    An announcement is moved by a later one of the same change of the same subject that is
    made before the earlier takes effect and names another day: the later source wins.
    """
    known = [event for event in events if event.stands(as_of)]
    if len(known) < 2:
        return known
    return [event for event in known if not any(_moves(later, event) for later in known)]


def _moves(later: Event, event: Event) -> bool:
    return (
        later.announced > event.announced
        and later.phase is event.phase
        and later.effective is not None
        and later.effective != event.effective
        and (event.effective is None or later.announced <= event.effective)
        and later.subject == event.subject
        and later.instances == event.instances
        and later.type is event.type
    )


def next_change(events: Sequence[Event], as_of: date) -> Event | None:
    """The next phase that has been announced of a subject and is not there yet.

    Dated ones come first; one without a date counts until a later event of its phase takes
    effect.
    """
    known = [event for event in events_in_force(events, as_of) if event.phase is not None]
    dated = [e for e in known if e.effective is not None and e.effective > as_of]
    if dated:
        return min(dated, key=_order)
    reached = {e.phase for e in known if e.effective is not None}
    undated = [e for e in known if e.effective is None and e.phase not in reached]
    return undated[-1] if undated else None


def _order(event: Event) -> tuple[date, date]:
    return event.effective or date.max, event.announced
