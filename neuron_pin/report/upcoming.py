"""What changes when of what is locked or installed: for people, as JSON, and as Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from neuron_pin.catalog import find_facts_age
from neuron_pin.catalog.dated_changes import Basis, ChangeKind, DatedChange
from neuron_pin.catalog.sources import find_source_url, shorten_source
from neuron_pin.operations.places import Place, PlaceKind
from neuron_pin.operations.upcoming import PAST, Outlook, Upcoming, Urgency
from neuron_pin.policy import Subject, SubjectKind
from neuron_pin.printable import escape_markdown, make_printable
from neuron_pin.screen import PLAIN, Cell, Screen, columns

SCHEMA_VERSION = 1

HEAD = ("WHAT", "CHANGE", "BASIS", "INSTEAD", "SOURCE")
"""What each table has; before it, when."""

TITLE = "Dated changes of AWS Neuron software"
"""How reports begin (`operations.replaceable` knows them by it)."""

_TITLES = {
    Urgency.OVERDUE: "Overdue",
    Urgency.MONTH: "Within 30 days",
    Urgency.QUARTER: "Within 90 days",
    Urgency.LATER: "Later",
    Urgency.NO_DATE: "Announced, with no date yet",
    Urgency.NOTICE: "To know, without a deadline",
}
_WORDS = {
    ChangeKind.END: "end of support",
    ChangeKind.MAINTENANCE: "maintenance begins",
    ChangeKind.UPDATES_END: "six months of updates end",
    ChangeKind.NO_RELEASES: "no new releases",
    ChangeKind.TRANSITION: "a successor takes its place",
    ChangeKind.LAST_VERSION: "last version",
    ChangeKind.SUPERSEDED: "a newer release came",
    ChangeKind.NOT_SHIPPED: "no longer shipped",
    ChangeKind.KERNEL: "kernel no longer tested",
}
_BASES = {Basis.POLICY: "computed, by the policy", Basis.RELEASES: "by what releases have"}


def describe_subject(subject: Subject) -> str:
    """What changes, with its kind where the name alone does not say it: ``ubuntu 20.04 (dlami)``,
    ``models (torch-neuronx, training)``."""
    if subject.kind in (SubjectKind.DLAMI, SubjectKind.DLC):
        return f"{subject.label} ({subject.kind.value})"
    return subject.label


def describe_change(change: DatedChange) -> str:
    """What changes, in a few words: ``end of support``."""
    words = _WORDS.get(change.kind)
    if words is None:
        words = f"{change.phase.label} begins" if change.phase is not None else change.kind.value
    if change.instances:
        words += f" for {', '.join(sorted(change.instances))}"
    return words


def describe_basis(change: DatedChange) -> str:
    """What a change follows from: an announcement with its day, the policy, or releases."""
    if change.basis is Basis.ANNOUNCED:
        return f"announced {change.announced}"
    return _BASES[change.basis]


def render_upcoming(outlook: Outlook, screen: Screen = PLAIN) -> str:
    """A line on each place, a table for each urgency, what to do, and how far the facts reach."""
    lines = [f"{TITLE}, seen from {outlook.as_of}"]
    lines += [make_printable(line) for line in _describe_places(outlook)]
    for urgency, rows in _group(outlook):
        head, cells = _table(outlook, rows, screen)
        lines += ["", f"{_title(outlook, urgency)}:", *columns(head, cells, screen)]
    steps = list_steps(outlook)
    if steps:
        lines += ["", "What to do:"]
        lines += [f"    {make_printable(step)}" for step in steps]
    lines += ["", *map(make_printable, (summarize(outlook), *describe_horizon(outlook)))]
    return "\n".join(lines) + "\n"


def render_upcoming_markdown(outlook: Outlook) -> str:
    """The same for a ticket or the summary of a pipeline."""
    lines = [f"## {TITLE}, seen from {outlook.as_of}", ""]
    lines += [f"- {escape_markdown(line)}" for line in _describe_places(outlook)]
    for urgency, rows in _group(outlook):
        head, cells = _table(outlook, rows, PLAIN)
        lines += ["", f"### {_title(outlook, urgency)}", ""]
        lines += [f"| {' | '.join(word.lower() for word in head)} |", "|---" * len(head) + "|"]
        for row in cells:
            texts = [cell.text if isinstance(cell, Cell) else cell for cell in row]
            lines.append(f"| {' | '.join(map(escape_markdown, texts))} |")
    steps = list_steps(outlook)
    if steps:
        lines += ["", "### What to do", "", "```sh", *map(make_printable, steps), "```"]
    lines += ["", *map(escape_markdown, (summarize(outlook), *describe_horizon(outlook)))]
    return "\n".join(lines) + "\n"


def _group(outlook: Outlook) -> list[tuple[Urgency, list[Upcoming]]]:
    groups = groupby(outlook.changes, key=lambda upcoming: upcoming.urgency)
    return [(urgency, list(rows)) for urgency, rows in groups]


def _title(outlook: Outlook, urgency: Urgency) -> str:
    if urgency is Urgency.OVERDUE and not outlook.places:
        return f"In the {PAST} days before {outlook.as_of}"
    return _TITLES[urgency]


def _describe_places(outlook: Outlook) -> list[str]:
    if not outlook.places:
        return ["Everything that the facts know, of no lock and no machine"]
    return [_describe_place(place) for place in outlook.places]


def _describe_place(place: Place) -> str:
    inventory = place.inventory
    of = f"SDK {inventory.sdk}" if inventory.sdk else "no known SDK release"
    if place.unknown:
        return f"{place.label}: {place.unknown}: what is in it is not known"
    if not inventory.versions:
        return f"{place.label}: no Neuron package, for {place.target.label}"
    return f"{place.label}: {of}, for {place.target.label}"


def _table(
    outlook: Outlook, rows: Sequence[Upcoming], screen: Screen
) -> tuple[list[str], list[list[Cell | str]]]:
    """The head and the rows of one urgency."""
    several = len(outlook.places) > 1
    has_deadline = rows[0].days_left is not None
    has_day = rows[0].urgency is not Urgency.NO_DATE
    head = ["ACT BY", "LEFT"] if has_deadline else ["FROM"] if has_day else []
    head += [HEAD[0], *(["IN"] if several else []), *HEAD[1:]]
    cells: list[list[Cell | str]] = []
    for row in rows:
        change = row.change
        url = find_source_url(change.source) or ""
        when = [str(change.day or "-")] if has_day else []
        if has_deadline:
            when = [str(change.act_by), describe_left(row.days_left)]
        words = describe_change(change)
        words += f" on {change.day}" if has_deadline else ""
        words += f" ({_shorten(change.reason)})" if change.reason else ""
        where = ", ".join(dict.fromkeys(touched.place for touched in row.touched))
        source = url if screen.names_sources and url else shorten_source(change.source)
        cells.append(
            [
                *when,
                describe_subject(change.subject),
                *([where] if several else []),
                words,
                describe_basis(change),
                change.replacement or "-",
                Cell(source or "-", url=url),
            ]
        )
    return head, cells


MAX_NAMES = 4
"""Model classes that a table names."""


def _shorten(reason: str) -> str:
    """A reason with its first few names; the JSON document has all of them."""
    names = reason.split(", ")
    if len(names) <= MAX_NAMES + 1:
        return reason
    return f"{', '.join(names[:MAX_NAMES])} and {len(names) - MAX_NAMES} more"


def describe_left(days: int | None) -> str:
    """``in 12 days``, ``today``, ``12 days ago``; empty for no day."""
    if days is None:
        return ""
    if days == 0:
        return "today"
    count = f"{abs(days)} day" + "s" * (abs(days) != 1)
    return f"in {count}" if days > 0 else f"{count} ago"


def list_steps(outlook: Outlook) -> list[str]:
    """The commands that lead out of what has a deadline, each once."""
    rows = [row for row in outlook.changes if row.urgency is not Urgency.NOTICE]
    steps = dict.fromkeys(step for row in rows for step in row.steps)
    return [step for step in steps if not step.startswith("neuron-pin lifecycle ")]


def summarize(outlook: Outlook) -> str:
    """How many changes are how urgent, in a sentence."""
    counts = [
        f"{len(rows)} {_title(outlook, urgency)[:1].lower()}{_title(outlook, urgency)[1:]}"
        for urgency, rows in _group(outlook)
    ]
    if not counts:
        return "Nothing of it changes on a known day."
    total = f"{len(outlook.changes)} change" + "s" * (len(outlook.changes) != 1)
    due = sum(row.is_due for row in outlook.changes)
    fails = f" --fail-within counts {due}." if due else ""
    return f"{total}: {'; '.join(counts)}.{fails}"


def describe_horizon(outlook: Outlook) -> list[str]:
    """How far the facts reach, in a sentence or two."""
    known = f"Nothing that was announced after {outlook.known_until} is known."
    if outlook.unknown_from is None:
        return [known]
    first = outlook.unknown_from
    if first <= outlook.as_of:
        return [
            f"{known} The policy promises a month's notice, so ends since {first} may be missing."
        ]
    return [
        f"{known} The policy promises a month's notice, so an end on {first} or later may not be "
        "announced yet."
    ]


# JSON --------------------------------------------------------------------------------------


def upcoming_document(outlook: Outlook) -> str:
    """The JSON document, by docs/schemas/upcoming.schema.json."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "as_of": outlook.as_of.isoformat(),
        "facts_until": outlook.facts_of.isoformat(),
        "known_until": outlook.known_until.isoformat(),
        "unknown_from": outlook.unknown_from.isoformat() if outlook.unknown_from else None,
        **find_facts_age(outlook.facts_of, outlook.as_of).as_judged(),
        "places": [_place_document(place) for place in outlook.places],
        "is_due": outlook.is_due,
        "changes": [_change_document(row) for row in outlook.changes],
    }
    return json.dumps(document, indent=2) + "\n"


def _place_document(place: Place) -> dict[str, object]:
    target = place.target
    return {
        "kind": place.kind.value,
        "name": place.name if place.kind is not PlaceKind.HOST else place.label,
        "sdk": place.inventory.sdk or None,
        "instance": target.instance,
        "os": target.os.name if target.os else None,
        "python": place.inventory.python or None,
        "kernel": place.kernel or None,
        "neuron_packages": len(place.inventory.versions),
    }


def _change_document(row: Upcoming) -> dict[str, object]:
    change = row.change
    return {
        "act_by": change.act_by.isoformat() if change.act_by else None,
        "days_left": row.days_left,
        "urgency": row.urgency.value,
        "is_due": row.is_due,
        "subject": change.subject.label,
        "kind": change.subject.kind.value,
        "change": change.kind.value,
        "phase": change.phase.label if change.phase is not None else None,
        "day": change.day.isoformat() if change.day else None,
        "basis": change.basis.value,
        "announced": change.announced.isoformat() if change.announced else None,
        "sdk": change.sdk or None,
        "instances": sorted(change.instances),
        "replacement": change.replacement or None,
        "reason": change.reason or None,
        "source": change.source or None,
        "source_url": find_source_url(change.source),
        "where": [
            {"place": touched.place, "version": touched.version or None} for touched in row.touched
        ],
        "commands": list(row.steps),
    }
