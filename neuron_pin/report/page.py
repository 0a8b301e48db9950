"""The time line as one self-contained page: no network, no fonts, one small script.

Without the script everything is shown; with it the rows can be filtered.  Whatever comes
from facts or from the user's lock is escaped, and the page's own policy (CSP) lets nothing
else run.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from neuron_pin.policy import Phase, SubjectKind

from .frame import PHASE_NAMES, frame_page, read_asset
from .lifecycle import (
    describe_event,
    describe_facts,
    describe_floor,
    describe_guarantee,
    describe_left_behind,
    is_left_behind,
)
from .timeline import Row, Timeline

_TITLES = {
    SubjectKind.FRAMEWORK: "Framework versions",
    SubjectKind.COMPONENT: "Components",
    SubjectKind.PYTHON: "Python",
    SubjectKind.OS: "Operating systems",
    SubjectKind.INSTANCE: "Instance families",
    SubjectKind.SDK: "SDK releases",
    SubjectKind.DEPENDENCY: "Dependencies",
    SubjectKind.DLAMI: "Machine images (DLAMI)",
    SubjectKind.DLC: "Container images (DLC)",
    SubjectKind.FEATURE: "Features",
    SubjectKind.API: "Interfaces (API)",
    SubjectKind.MODEL_CLASS: "Model classes",
}
TITLE = "AWS Neuron life-cycle"


def render_page(timeline: Timeline) -> str:
    """The page's HTML."""
    now = f"{timeline.place(timeline.as_of) * 100:.3f}%"
    body = [
        f"<h1>{TITLE}</h1>",
        *_introduction(timeline),
        _form(timeline),
        _key(),
        *_table(timeline),
    ]
    return frame_page(
        f"{TITLE}, as of {timeline.as_of}",
        body,
        style=f":root{{--now-at:{now}}}",
        script=read_asset("page.js"),
    )


def _introduction(timeline: Timeline) -> Iterable[str]:
    yield (
        f"<p>As of <strong>{timeline.as_of}</strong> (the upright line), by facts of "
        f"{timeline.facts_of}. Guaranteed is what the maintenance policy promises: an end is "
        "announced at least a month ahead; bars reach no further. Not affiliated with AWS.</p>"
    )
    note = describe_facts(timeline.as_of, timeline.facts_of)
    if note:
        yield f'<p class="soft">{escape(note[0].upper() + note[1:])}.</p>'
    lock, support = timeline.lock, timeline.support
    if lock is not None:
        asked = lock.target
        target = ", ".join(word for word in (asked.instance, asked.os, asked.python) if word)
        release = f"SDK {lock.sdk}" if lock.sdk else "no SDK release"
        line = f"Your lock {lock.path}: {release} for {target or 'any target'}."
        if support is not None:
            line += f" Support of every part is guaranteed until {support.until}. First to end: "
            line += ", ".join(support.first[:5]) + f" ({support.reason})."
        yield f"<p>{escape(line)}</p>"


def _form(timeline: Timeline) -> str:
    statuses = [row.status for row in timeline.rows]
    kinds = [(k.value, t) for k, t in _TITLES.items() if any(s.subject.kind is k for s in statuses)]
    phases = [(p.label, p.label) for p in Phase if any(s.phase is p for s in statuses)]
    instances = sorted({family for s in statuses for family in s.instances})
    frameworks = sorted({s.framework for s in statuses if s.framework})
    fields = [
        '<label>Name contains <input name="text" type="search" autocomplete="off"></label>',
        _select("kind", "Kind", kinds),
        _select("phase", "Phase", phases),
        _select("instance", "Instance", [(name, name) for name in instances]),
        _select("framework", "Framework", [(name, name) for name in frameworks]),
    ]
    if timeline.lock is not None:
        fields.append(
            '<label class="check"><input type="checkbox" name="locked"> In your lock</label>'
        )
    fields.append('<button type="button">Show all</button>')
    return f'<form hidden aria-label="Filter">{"".join(fields)}</form>'


def _select(name: str, title: str, choices: Iterable[tuple[str, str]]) -> str:
    options = "".join(
        f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in choices
    )
    return (
        f'<label>{title} <select name="{name}"><option value="">all</option>{options}'
        "</select></label>"
    )


def _key() -> str:
    items = "".join(
        f'<li><i class="{phase.label}" aria-hidden="true"></i>{PHASE_NAMES[phase]}</li>'
        for phase in Phase
    )
    return f'<ul class="key" aria-label="Colors">{items}</ul>'


def _table(timeline: Timeline) -> Iterable[str]:
    yield '<table role="table">'
    yield '<caption><span id="count" role="status"></span></caption>'
    yield '<colgroup><col class="subject"><col class="phase"><col><col class="sure"></colgroup>'
    years = "".join(
        f'<span style="left:{timeline.place(timeline.start.replace(year=year)) * 100:.2f}%">'
        f"{year}</span>"
        for year in timeline.years
    )
    yield (
        '<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">Subject</th>'
        '<th role="columnheader" scope="col">Phase</th>'
        f'<th role="columnheader" scope="col"><div class="years">{years}</div></th>'
        '<th role="columnheader" scope="col">Guaranteed until</th></tr></thead>'
    )
    for kind, title in _TITLES.items():
        rows = [row for row in timeline.rows if row.status.subject.kind is kind]
        if not rows:
            continue
        yield '<tbody role="rowgroup">'
        yield f'<tr role="row"><th role="rowheader" scope="rowgroup" colspan="4">{title}</th></tr>'
        for row in rows:
            yield _row(row, timeline)
        yield "</tbody>"
    yield "</table>"


def _row(row: Row, timeline: Timeline) -> str:
    status = row.status
    label = escape(status.subject.label)
    if row.locked:
        version = "" if row.locked == status.subject.version else f": {escape(row.locked)}"
        label += f" <strong>in your lock{version}</strong>"
    phase = PHASE_NAMES[status.phase]
    if is_left_behind(status):
        phase += f", {describe_left_behind(status)}"
    elif status.since:
        phase += f" since <time>{status.since}</time>"
    if status.change is not None and status.change.phase is not None:
        when = (
            f"<time>{status.change.effective}</time>" if status.change.effective else "no date yet"
        )
        phase += f"; {PHASE_NAMES[status.change.phase]} announced: {when}"
    facts = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in _facts(row))
    bars, words = [], []
    for bar in row.bars:
        left, right = timeline.place(bar.begin) * 100, timeline.place(bar.end) * 100
        bars.append(
            f'<i class="{bar.look}" style="left:{left:.2f}%;width:{right - left:.2f}%"></i>'
        )
        what = describe_left_behind(status) if bar.superseded else PHASE_NAMES[bar.phase]
        words.append(f"{what} from {bar.begin}")
    return (
        f'<tr role="row"{" class=locked" if row.locked else ""} '
        f'data-kind="{status.subject.kind.value}" '
        f'data-phase="{status.phase.label}" data-framework="{escape(status.framework)}" '
        f'data-instances="{" ".join(sorted(status.instances))}" '
        f'data-name="{escape(status.subject.label.lower())}">'
        f'<th role="rowheader" scope="row"><details><summary>{label}</summary>'
        f"<dl>{facts}</dl></details></th>"
        f'<td role="cell" data-head="Phase">{phase}</td>'
        f'<td role="cell"><div class="bar" role="img" aria-label="{escape("; ".join(words))}">'
        f"{''.join(bars)}</div></td>"
        f'<td role="cell" data-head="Guaranteed until">{describe_guarantee(status)}</td></tr>'
    )


def _facts(row: Row) -> Iterable[tuple[str, str]]:
    status = row.status
    if status.first_sdk and status.subject.kind is not SubjectKind.SDK:
        yield "In releases", f"{status.first_sdk} to {status.last_sdk or 'now'}"
    if status.note:
        yield "Note", status.note
    yield "Updates", status.updates.value
    for word, text in describe_floor(status):
        yield word.capitalize(), text
    if status.replacement:
        yield "Replacement", status.replacement
    for event in status.events:
        yield "Announcement", describe_event(event)
        if event.withdrawn:
            yield "Taken back", f"{event.withdrawn_on}: {event.withdrawn}"
