"""Coming changes as a calendar (RFC 5545), one all-day event each, and a lock's horizon.

Needs the ``calendar`` extra (icalendar).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta, timezone
from typing import TYPE_CHECKING

from neuron_pin import __version__
from neuron_pin.catalog import Catalog
from neuron_pin.catalog.status import Status
from neuron_pin.errors import WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.lockfile import LockDocument
from neuron_pin.policy import Event, EventType, Phase, events_in_force

from .timeline import make_timeline

if TYPE_CHECKING:
    from icalendar import Calendar

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
    calendar = _calendar()
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
        _add(calendar, catalog, day, f"{label}: {words}", "\n".join(lines), kind, phase.label)
    if lock is not None:
        support = make_timeline(statuses, catalog, as_of, lock).support
        if support is not None:
            text = f"{support.describe_first()}\ncatalog data of {support.facts_of}"
            summary = f"{lock.path}: the last day on which support of every part is guaranteed"
            _add(calendar, catalog, support.until, summary, text, "lock", str(lock.path))
    written: bytes = calendar.to_ical()
    return written.decode()


def _calendar() -> Calendar:
    try:
        from icalendar import Calendar
    except ImportError:
        raise WrongUsage("--format ics needs icalendar", hint=install_command("calendar")) from None
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//neuron-pin//lifecycle {__version__}//EN")
    calendar.add("x-wr-calname", "AWS Neuron lifecycle")
    return calendar


def _add(
    calendar: Calendar,
    catalog: Catalog,
    day: date,
    summary: str,
    description: str,
    *identity: str,
) -> None:
    from icalendar import Event as Entry

    entry = Entry()
    # The same change keeps its identifier when its day is moved, so that clients move it.
    named = "\n".join([*identity, summary])
    entry.add("uid", hashlib.sha256(named.encode()).hexdigest()[:32] + "@neuron-pin")
    # When the facts were made, not when the calendar was: the text does not change by itself.
    entry.add("dtstamp", datetime.combine(catalog.announced, time(), timezone.utc))
    entry.add("dtstart", day)
    entry.add("dtend", day + timedelta(days=1))
    entry.add("summary", summary)
    entry.add("description", description)
    entry.add("transp", "TRANSPARENT")
    calendar.add_component(entry)
