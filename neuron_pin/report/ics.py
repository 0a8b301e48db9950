"""Coming changes as a calendar (RFC 5545), one all-day event each, and a lock's horizon; or the
days by which to act, each with an alarm.

Needs the ``calendar`` extra (icalendar).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from neuron_pin import __version__
from neuron_pin.catalog import Catalog
from neuron_pin.catalog.sources import find_source_url
from neuron_pin.catalog.status import Status
from neuron_pin.errors import WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.lockfile import LockDocument
from neuron_pin.operations.upcoming import Outlook, Urgency
from neuron_pin.policy import Event, EventType, Phase, events_in_force
from neuron_pin.policy.calendar import add_days, add_months

from .timeline import make_timeline
from .upcoming import describe_basis, describe_change, describe_subject

if TYPE_CHECKING:
    from icalendar import Calendar
    from icalendar import Event as Entry

_FIRST_DAY = date(2020, 1, 1)

_PHASES = {
    Phase.EOS: "end of support",
    Phase.MAINTENANCE: "enters maintenance",
    Phase.STABLE: "becomes stable",
}


def render_ics(
    statuses: Sequence[Status], catalog: Catalog, as_of: date, lock: LockDocument | None
) -> str:
    """The calendar's text, lines ended by CR LF; the same for the same facts.

    A change that several subjects share, as a package and its framework versions do, stands
    once, and so does one that was announced more than once; a model class that goes with its
    component is not told apart from it.  Raises `WrongUsage` without
    icalendar.
    """
    calendar = _calendar("lifecycle")
    changes: dict[tuple[str, str, date, Phase], Event] = {}
    for status in statuses:
        events = [e for e in status.events if e.type in (EventType.PHASE, EventType.RENAMED)]
        for event in events_in_force(events, as_of):
            if event.phase is not None and event.effective is not None and event.effective > as_of:
                # The announcement that says most of it: the one with a replacement.
                key = (event.kind.value, event.subject.label, event.effective, event.phase)
                if key not in changes or (event.replacement and not changes[key].replacement):
                    changes[key] = event
    told = {(label, day, phase) for _, label, day, phase in changes}
    for (kind, label, day, phase), event in sorted(
        changes.items(), key=lambda item: (item[0][2], item[0][:2])
    ):
        if (event.component, day, phase) in told:
            continue
        words = _PHASES.get(phase, f"enters {phase.label}")
        lines = [f"announced {event.announced}: {event.source}"]
        if event.sdk:
            lines.append(f"with SDK {event.sdk}")
        if event.instances:
            lines.append(f"for {', '.join(sorted(event.instances))}")
        if event.replacement:
            lines.append(f"instead: {event.replacement}")
        summary = f"{label}: {words}"
        identity = _identify(kind, phase.label, summary)
        _add(calendar, catalog.announced, day, summary, "\n".join(lines), identity)
    if lock is not None:
        support = make_timeline(statuses, catalog, as_of, lock).support
        if support is not None:
            text = f"{support.describe_first()}\ncatalog data of {support.facts_of}"
            summary = f"{lock.path}: the last day on which support of every part is guaranteed"
            _add(
                calendar,
                catalog.announced,
                support.until,
                summary,
                text,
                _identify("lock", str(lock.path), summary),
            )
    written: bytes = calendar.to_ical()
    return written.decode()


def render_deadlines(outlook: Outlook) -> str:
    """The days by which to act as a calendar, lines ended by CR LF; the same for the same facts
    and places.

    What is over stays on its day.  An alarm comes a calendar month before, at nine in the
    morning.  Changes without a day, and what releases did, have no place in it.  Raises
    `WrongUsage` without icalendar.
    """
    calendar = _calendar("deadlines")
    for row in outlook.changes:
        change = row.change
        if change.act_by is None or row.urgency is Urgency.NOTICE:
            continue
        what = f"{describe_subject(change.subject)}: {describe_change(change)}"
        lines = [f"{what} on {change.day}", describe_basis(change)]
        lines += [change.reason] if change.reason else []
        lines += [f"with SDK {change.sdk}"] if change.sdk else []
        lines += [f"in {touched.place} {touched.version}".rstrip() for touched in row.touched]
        lines += [f"instead: {change.replacement}"] if change.replacement else []
        lines += [f"to do: {step}" for step in row.steps]
        lines += [find_source_url(change.source) or change.source]
        entry = _add(
            calendar,
            outlook.facts_of,
            change.act_by,
            f"Last day before: {what}",
            "\n".join(lines),
            # Neither the day nor the place: a change that is moved moves its entry.
            _identify(
                "deadline",
                change.subject.kind.value,
                change.subject.label,
                change.kind.value,
                *sorted(change.instances),
            ),
        )
        if row.days_left is not None and row.days_left >= 0:
            _add_alarm(entry, change.act_by, f"In a month: {what}")
    written: bytes = calendar.to_ical()
    return written.decode()


def _calendar(of: str) -> Calendar:
    try:
        from icalendar import Calendar
    except ImportError:
        raise WrongUsage("--format ics needs icalendar", hint=install_command("calendar")) from None
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//neuron-pin//{of} {__version__}//EN")
    calendar.add("x-wr-calname", f"AWS Neuron {of}")
    return calendar


def _identify(*words: str) -> str:
    """The UID of an entry: the same change keeps it when its day is moved, so that clients move
    the entry."""
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32] + "@neuron-pin"


def _add(
    calendar: Calendar, facts_of: date, day: date, summary: str, description: str, identity: str
) -> Entry:
    from icalendar import Event as Entry

    entry = Entry()
    entry.add("uid", identity)
    # When the facts were made, not when the calendar was: the text does not change by itself.
    entry.add("dtstamp", datetime.combine(facts_of, time(), timezone.utc))
    # Clients replace what they have by what has a higher number (RFC 5545, 3.8.7.4).
    entry.add("sequence", (facts_of - _FIRST_DAY).days)
    entry.add("dtstart", day)
    entry.add("dtend", add_days(day, 1))
    entry.add("summary", summary)
    entry.add("description", description)
    entry.add("transp", "TRANSPARENT")
    calendar.add_component(entry)
    return entry


def _add_alarm(entry: Entry, day: date, words: str) -> None:
    from icalendar import Alarm

    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", words)
    # An entry of a whole day begins at midnight.
    alarm.add("trigger", add_months(day, -1) - day + timedelta(hours=9))
    entry.add_component(alarm)
