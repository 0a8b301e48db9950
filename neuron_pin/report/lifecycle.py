"""Phases and dates as text: one line a subject, or everything known of a few."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import find_facts_age
from neuron_pin.catalog.status import Status
from neuron_pin.policy import Event, EventType, Phase, SubjectKind
from neuron_pin.policy.update import Updates
from neuron_pin.printable import make_printable
from neuron_pin.screen import PLAIN, Screen, columns, fold

HEAD = ("KIND", "SUBJECT", "PHASE", "SINCE", "NEXT CHANGE", "GUARANTEED UNTIL", "REPLACEMENT")


def render_table(
    statuses: Sequence[Status], as_of: date, facts_of: date, screen: Screen = PLAIN
) -> str:
    """One line a subject: phase, since when, what has been announced, until when support is
    sure by the policy."""
    del facts_of
    rows = [
        (
            status.subject.kind.value,
            status.subject.label,
            status.phase.label + (f", {describe_left_behind(status)}" * is_left_behind(status)),
            str(status.since or "-"),
            describe_change(status.change),
            describe_guarantee(status, as_of),
            status.replacement or "-",
        )
        for status in statuses
    ]
    return "\n".join(columns(HEAD, rows, screen)) + "\n"


def describe_guarantee(status: Status, as_of: date) -> str:
    """The last day on which support is sure, said to be over where it is; ``-`` where it gets
    no updates anyway, and where its end may come on any day."""
    if status.updates is Updates.NONE or status.floor.could_come_any_day:
        return "-"
    until = status.floor.guaranteed_until
    return f"{until} (over)" if until < as_of else str(until)


def is_left_behind(status: Status) -> bool:
    """Whether it is stable by what was announced, and gets no updates anyway."""
    return status.phase is Phase.STABLE and status.updates is Updates.NONE


def describe_left_behind(status: Status) -> str:
    """How it was: a release by a newer one, anything else by the releases."""
    return "superseded" if status.subject.kind is SubjectKind.SDK else "not shipped"


def describe_end(status: Status) -> str:
    """How it was left behind, in full: ``superseded on 2026-04-09``, ``no longer shipped; last in
    2.31.1``; for what still gets updates, ``last in 2.31.1``; empty for what is shipped, and for
    what is out of support."""
    if status.subject.kind is SubjectKind.SDK:
        day = status.superseded
        return f"superseded on {day}" if day is not None and is_left_behind(status) else ""
    last = f"last in {status.last_sdk}" if status.dropped is not None and status.last_sdk else ""
    if is_left_behind(status):
        return f"no longer shipped; {last}" if last else "no longer shipped"
    return last if status.phase is not Phase.EOS else ""


def describe_change(event: Event | None) -> str:
    """``eos on 2026-04-09 (2.29.0)``, or with no date yet; ``-`` for none."""
    if event is None or event.phase is None:
        return "-"
    when = f"on {event.effective}" if event.effective else "no date yet"
    return f"{event.phase.label} {when}" + (f" ({event.sdk})" if event.sdk else "")


def render_details(
    statuses: Sequence[Status], as_of: date, facts_of: date, screen: Screen = PLAIN
) -> str:
    """Everything known of each subject, with the announcement behind each fact: its name, or
    where the screen names sources its address."""
    text = "\n".join("\n".join(_details(status, as_of, facts_of)) + "\n" for status in statuses)
    return _cite_sources(text, screen)


def _cite_sources(text: str, screen: Screen) -> str:
    """A text whose ``[sources]`` are short, or whole, or links."""
    import re

    from neuron_pin.catalog.sources import find_source_url, shorten_source

    urls: dict[str, str] = {}

    def cite(found: re.Match[str]) -> str:
        url, short = find_source_url(found[1]), shorten_source(found[1])
        if screen.names_sources:
            return f"[{url or found[1]}]"
        urls[short] = url or ""
        return f"[{short}]"

    text = re.sub(r"\[((?:about-neuron|announcements|release-notes)/[^\]]+)\]", cite, text)
    if screen.has_links:
        # Wrapped first: an address takes no room.
        text = fold(text, screen.width)
        for short, url in urls.items():
            text = text.replace(f"[{short}]", f"[{screen.link(url, short)}]")
    return text


def _details(status: Status, as_of: date, facts_of: date) -> list[str]:
    subject = status.subject
    title = f" ({status.title})" if status.title and status.title not in subject.label else ""
    lines = [f"{subject.label}{title}, {subject.kind.value}"]

    def say(word: str, text: str) -> None:
        lines.append(f"  {word:17} {make_printable(text)}")

    since = f" since {status.since}" if status.since else ""
    source = f" [{status.event.source}]" if status.event else ""
    phase, end = f"{status.phase.label}{since}{source}", describe_end(status)
    if end:
        phase = f"{end}; {phase}" if is_left_behind(status) else f"{phase}; {end}"
    say("phase", phase)
    if status.first_sdk and subject.kind is not SubjectKind.SDK:
        say("in releases", f"{status.first_sdk} to {status.last_sdk or 'now'}")
    if status.note:
        say("note", status.note)
    say("updates", status.updates.value)
    if status.superseded:
        say("newer version", f"since {status.superseded}")
    if status.change is not None:
        announced = f"announced {status.change.announced} [{status.change.source}]"
        say("next change", f"{describe_change(status.change)}, {announced}")
    for word, text in describe_floor(status, as_of, facts_of):
        say(word, text)
    if status.replacement:
        say("replacement", status.replacement)
    for number, event in enumerate(status.events):
        say("announcements" if number == 0 else "", describe_event(event))
        if event.withdrawn:
            say("", f"  taken back on {event.withdrawn_on}: {event.withdrawn}")
    return lines


def describe_floor(status: Status, as_of: date, facts_of: date) -> list[tuple[str, str]]:
    """The support floor: what was announced, what is guaranteed, what could come."""
    floor = status.floor
    words = []
    if floor.announced is not None and floor.event is not None:
        words.append(("announced", f"end of support on {floor.announced} [{floor.event.source}]"))
    if status.phase < Phase.RC:
        words.append(("guaranteed", floor.reason))
    elif floor.could_come_any_day and status.updates is not Updates.NONE:
        words.append(("not guaranteed", floor.reason))
    elif status.updates is not Updates.NONE:
        if floor.guaranteed_until < as_of:
            ended = f"until {floor.guaranteed_until}; the catalog data end on {facts_of}"
            words.append(("was guaranteed", ended))
        else:
            words.append(("guaranteed until", str(floor.guaranteed_until)))
        why = "as announced" if floor.announced is not None else floor.reason
        if floor.guaranteed_until < as_of:
            words.append(("could have ended", f"from {floor.could_end_from}: {why}"))
        else:
            words.append(("could end from", f"{floor.could_end_from}: {why}"))
        if floor.regular_until is not None:
            words.append(("regular updates", f"until {floor.regular_until}"))
    if floor.breaks_promise:
        words.append(("by the policy", f"not before {floor.promised}: {floor.reason}"))
    return words


_OTHERWISE = {
    EventType.RENAMED: "renamed",
    EventType.RETITLED: "called otherwise",
    EventType.TRANSITION: "transition",
    EventType.NO_RELEASES: "no new releases",
    EventType.LAST_VERSION: "last version",
}


def describe_event(event: Event) -> str:
    """One announcement in a line."""
    what = _OTHERWISE.get(event.type) or (event.phase.label if event.phase else "")
    words = f"{event.announced}  {what}"
    if event.version:
        words += f" {event.version}"
    if event.effective:
        words += f" from {event.effective}"
    if event.sdk:
        words += f" ({event.sdk})"
    if event.instances:
        words += f", for {', '.join(sorted(event.instances))}"
    if event.replacement:
        words += f", instead: {event.replacement}"
    if event.note:
        words += f"; {event.note}"
    return f"{words} [{event.source}]"


def describe_facts(as_of: date, facts_of: date) -> str:
    """That the facts are old on the day asked about; empty if they are not."""
    return find_facts_age(facts_of, as_of).warning
