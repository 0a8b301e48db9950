"""The phases of a model class, which is tied to a component and a workload.

Source: maintenance policy, "Neuron Model Classes": a model class is tightly coupled with a
component and the workload type.  So it is never further than its component:

- A component in Beta has no Stable models, whatever a page calls them.
- A component in Maintenance has its Stable models in Maintenance.
- With the end of a component all of its models end.

What a page calls Beta stays Beta while the component becomes Stable, and nothing of it is
maintained.  Pure: the date comes in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from .lifecycle import Event, Subject, events_in_force
from .phase import Phase


def bind_phase(own: Phase, component: Phase) -> Phase:
    """The phase of a model class that a page puts into ``own``, with its component in one."""
    if Phase.EOS in (own, component):
        return Phase.EOS
    if own.is_prerelease or component.is_prerelease:
        return min(own, component)
    return max(own, component)


def bind_events(
    subject: Subject, own: Sequence[Event], component: Iterable[Event], as_of: date
) -> list[Event]:
    """What puts a model class into its phases by what is known on a day: those of its own events
    that its component allows, and the component's that overrule it, as events of its own.

    A phase that the component is in already when the model class comes begins on that day.
    """
    mine = _dated(own, as_of)
    if not mine:
        return [*own]
    tied = [event for event in component if event.phase is not None]
    its = _dated(tied, as_of)
    found = [event for event in own if event.effective is None]
    before: Phase | None = None
    for day in sorted({day for day, _ in (*mine, *its) if day >= mine[0][0]}):
        of_day = [event for since, event in mine if since == day]
        one, other = _last(mine, day), _last(its, day)
        stated = one.phase if one is not None and one.phase is not None else Phase.STABLE
        bound = other.phase if other is not None and other.phase is not None else Phase.STABLE
        phase = bind_phase(stated, bound)
        if phase is stated and of_day:
            found += of_day
        elif other is not None and (of_day or phase is not before):
            # It overrules the model class, or holds it back no more.
            found.append(_as_own(other, subject, day))
        before = phase
    undated = [event for event in events_in_force(tied, as_of) if event.effective is None]
    return [*found, *(_as_own(event, subject, None) for event in undated)]


def _dated(events: Iterable[Event], as_of: date) -> list[tuple[date, Event]]:
    """Events in force with the day on which they take effect, oldest first."""
    known = events_in_force([*events], as_of)
    found = [(event.effective, event) for event in known if event.effective is not None]
    return sorted(found, key=lambda pair: (pair[0], pair[1].announced))


def _last(events: Sequence[tuple[date, Event]], day: date) -> Event | None:
    """The event that decides on a day."""
    return next((event for since, event in reversed(events) if since <= day), None)


def _as_own(event: Event, subject: Subject, day: date | None) -> Event:
    """An event of the component, as one of the model class from a day on."""
    is_earlier = day is not None and event.effective is not None and event.effective < day
    return event._replace(
        kind=subject.kind,
        name=subject.name,
        version="",
        announced=max(event.announced, day) if is_earlier and day is not None else event.announced,
        effective=day,
        # The release is that of the component's own day.
        sdk="" if is_earlier else event.sdk,
        component=subject.component,
        workload=subject.workload,
        replacement="",
        note=f"with {subject.component}",
    )
