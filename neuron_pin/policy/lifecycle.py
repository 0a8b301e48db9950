"""What phase a subject is in on a date, told from dated events.

The order of events, and what a more general one does to a narrower one:

1. What takes effect later comes later; of two on one day, what was announced later.
2. An end of support holds, and so does Maintenance, until a later event of equal or narrower
   scope leads back to an earlier phase ("supported again").  A more general event does not.
3. A Beta of some versions holds until a later event about those versions, or fewer of them,
   makes them stable.  A more general event does not: what was called Beta by its version stays
   a Beta build.
4. Otherwise the latest phase decides, whoever says it.

The scope of an event is its version (a prefix; none is wider) and its instance families (none
is wider).  ``fixtures/lifecycle/phases.json`` is the rule as a table of cases.

Source: maintenance policy, "Neuron Software Life-cycle".  Pure: the date comes in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from neuron_pin.record import Enum, NamedTuple

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

    def is_within(self, other: Event) -> bool:
        """Whether its scope is equal to or narrower than another's, of the same name."""
        if other.instances and not (self.instances and self.instances <= other.instances):
            return False
        return self.names_within(other)

    def names_within(self, other: Event) -> bool:
        """Whether its versions are those of another event, or fewer of them."""
        return not other.version or f"{self.version}.".startswith(f"{other.version}.")

    def stands(self, as_of: date) -> bool:
        """Whether it is known on a day and has not been taken back by then."""
        if self.announced > as_of:
            return False
        return self.withdrawn_on is None or self.withdrawn_on > as_of


class PhaseFact(NamedTuple):
    """A phase, and the event that says so; no event means that nothing was announced.

    ``early`` is the Alpha, Beta or RC phase that the subject never left, none if it was stable
    once: what was Beta when its support ended is a Beta still.  ``early_event`` is the event
    that says so, none where the version does.
    """

    phase: Phase
    event: Event | None
    early: Phase | None = None
    early_event: Event | None = None

    @property
    def source(self) -> str:
        """The document behind the phase, or empty."""
        return self.event.source if self.event else ""

    def is_in(self, phases: Collection[Phase]) -> bool:
        """Whether those phases allow it: its own, and the early one that it never left."""
        return self.phase in phases and (self.early is None or self.early in phases)

    @property
    def default_rank(self) -> int:
        """What is greater comes first for the default framework version of a release: stable,
        then in maintenance, then ended, then what is or never left a pre-release."""
        return _DEFAULT_RANKS.index(self.phase if self.early is None else self.early)

    def with_mark(self, mark: Phase, event: Event | None = None) -> PhaseFact:
        """The fact of a version that was published as Alpha, Beta or RC: by its own mark, or by
        an event.

        No announcement makes such a build stable; an end of support ends it as well."""
        if not mark.is_prerelease:
            return self
        if self.phase is Phase.EOS:
            if self.early is not None:
                return self
            return self._replace(early=mark, early_event=event)
        if self.phase.is_prerelease:
            return self
        return PhaseFact(mark, event, mark, event)


_DEFAULT_RANKS = (
    Phase.ALPHA,
    Phase.BETA,
    Phase.RC,
    Phase.EOS,
    Phase.MAINTENANCE,
    Phase.STABLE,
)


def phase_at(
    events: Iterable[Event], name: str, version: str, instance: str | None, as_of: date
) -> PhaseFact:
    """The phase that one version of a subject is in on a date, stable if nothing is known.

    Only what was announced by that date is known on it.  Which of the events in force decides
    is the rule of this module.  On the day of an end of support the thing is out.
    """
    concerned = [event for event in events if event.concerns(name, version, instance)]
    return decide_phase(_in_effect(events_in_force(concerned, as_of, instance), as_of))


def _in_effect(events: Iterable[Event], day: date) -> list[Event]:
    """Those that say a phase and have taken effect by a day, in their order."""
    found = [e for e in events if e.phase is not None and e.effective and e.effective <= day]
    found.sort(key=_order)
    return found


def decide_phase(events: Sequence[Event]) -> PhaseFact:
    """What events say together, all of them in effect, in their order, about one thing."""
    if len(events) < 2:
        event = events[0] if events else None
        phase = event.phase if event is not None and event.phase is not None else Phase.STABLE
        early = phase if phase.is_prerelease else None
        return PhaseFact(phase, event, early, event if early is not None else None)
    phase, early_event = _find_phase(events)
    decisive = events[-1]
    # The run that it is in began with this event; of several on one day the last one says it.
    for index in range(len(events) - 1, -1, -1):
        before, _ = _find_phase(events[:index]) if index else (None, None)
        if before is not phase:
            began = events[index].effective
            same = [e for e in events[index:] if e.phase is phase and e.effective == began]
            decisive = same[-1] if same else events[index]
            break
    early = early_event.phase if early_event is not None else None
    if decisive.phase is not phase and early is phase:
        decisive = early_event or decisive
    return PhaseFact(phase, decisive, early, early_event)


def _find_phase(events: Sequence[Event]) -> tuple[Phase, Event | None]:
    """The phase, and the event of the early phase that was never left."""
    standing = [
        event
        for index, event in enumerate(events)
        if not any(_leads_back(later, event) for later in events[index + 1 :])
    ]
    latest = max(event.phase for event in standing if event.phase is not None)
    early = None
    for index, event in enumerate(events):
        if event in standing and not any(_leaves(later, event) for later in events[index + 1 :]):
            if event.phase is not None and event.phase.is_prerelease:
                early = event
    if early is not None and early.phase is not None and latest is not Phase.EOS:
        latest = early.phase
    return latest, early


def _leads_back(later: Event, event: Event) -> bool:
    """Whether a later event leads back from the phase of an earlier one."""
    assert event.phase is not None
    assert later.phase is not None
    return (
        later.phase < event.phase and later.announced >= event.announced and later.is_within(event)
    )


def _leaves(later: Event, event: Event) -> bool:
    """Whether a later event leads on from the early phase of an earlier one."""
    assert event.phase is not None
    assert later.phase is not None
    return event.phase < later.phase < Phase.EOS and later.names_within(event)


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
    dated = _in_effect(events_in_force(events, as_of), date.max)
    for day in sorted({e.effective for e in dated if e.effective is not None}):
        phase = decide_phase(_in_effect(dated, day)).phase
        steps = [s for s in steps if s[0] is None or s[0] < day]
        if not steps or steps[-1][1] is not phase:
            steps.append((day, phase))
    ends = [begin for begin, _ in steps[1:]]
    return tuple(
        PhasePeriod(phase, begin, end)
        for (begin, phase), end in zip(steps, [*ends, None], strict=True)
    )


def events_in_force(events: Sequence[Event], as_of: date, family: str | None = None) -> list[Event]:
    """The events that are known on a day and that no later one has taken back or moved.

    An announcement is moved by a later one of the same change that is made before the earlier
    takes effect and names another day: the later source wins.  ``events`` are about one thing,
    so that a later one about fewer versions moves a more general one; one for fewer instance
    families does so on a ``family`` that is named.  A more general one does not move a narrower
    one.
    """
    known = [event for event in events if event.stands(as_of)]
    if len(known) < 2:
        return known
    return [event for event in known if not any(_moves(e, event, family) for e in known)]


def _moves(later: Event, event: Event, family: str | None) -> bool:
    return (
        later.announced > event.announced
        and later.phase is event.phase
        and later.effective is not None
        and later.effective != event.effective
        and (event.effective is None or later.announced <= event.effective)
        and later.name == event.name
        and (later.kind is event.kind or {later.kind, event.kind} <= _OF_COMPONENTS)
        and later.type is event.type
        and later.is_within(event)
        and (family is not None or later.instances == event.instances)
    )


_OF_COMPONENTS = {SubjectKind.COMPONENT, SubjectKind.FRAMEWORK}


def next_change(events: Sequence[Event], as_of: date) -> Event | None:
    """The next change of phase that has been announced of one thing and is not there yet: the
    first of `list_coming`."""
    coming = list_coming(events, as_of)
    return coming[0] if coming else None


def list_coming(events: Sequence[Event], as_of: date) -> list[Event]:
    """The changes of phase that have been announced of one thing and are not there yet.

    Dated ones come first, in their order; one without a date counts until a later event of its
    phase takes effect.  What changes nothing, as a general Maintenance of what has ended, does
    not count.
    """
    known = [event for event in events_in_force(events, as_of) if event.phase is not None]
    past = _in_effect(known, as_of)
    now = decide_phase(past).phase if past else None
    dated = _in_effect(known, date.max)
    found = []
    before = now
    for event in dated[len(past) :]:
        assert event.effective is not None
        then = decide_phase(_in_effect(known, event.effective)).phase
        if then is not before and event.phase is then:
            found.append(event)
            before = then
    reached = {e.phase for e in dated}
    undated = [e for e in known if e.effective is None and e.phase not in reached]
    undated = [e for e in undated if not past or decide_phase([*past, e]).phase is not now]
    return [*found, *undated[-1:]]


def _order(event: Event) -> tuple[date, date]:
    return event.effective or date.max, event.announced
