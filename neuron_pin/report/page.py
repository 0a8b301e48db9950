"""The time line as one self-contained page: no network, no fonts, one small script.

Without the script everything is shown; with it the rows can be filtered.  Whatever comes
from facts or from the user's lock is escaped, and the page's own policy (CSP) lets nothing
else run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from neuron_pin.catalog.sources import find_source_url, shorten_source
from neuron_pin.policy import Phase, SubjectKind

from .frame import MAX_AGE, PHASE_NAMES, frame_page, read_asset
from .lifecycle import (
    describe_end,
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
TITLE = "AWS Neuron lifecycle"


def render_page(timeline: Timeline) -> str:
    """The page's HTML."""
    now = f"{timeline.place(timeline.as_of) * 100:.3f}%"
    body = [
        f"<h1>{TITLE}</h1>",
        *_introduction(timeline),
        _form(timeline),
        _key(timeline),
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
        f"<p>As of <strong>{timeline.as_of}</strong> (the vertical line), from catalog data of "
        f"{timeline.facts_of}. “Guaranteed until” follows from the maintenance policy, which "
        "promises notice of at least one month. Not affiliated with AWS.</p>"
    )
    note = describe_facts(timeline.as_of, timeline.facts_of)
    if note:
        age = (timeline.as_of - timeline.facts_of).days
        look = "warning" if age > MAX_AGE else "soft"
        yield f'<p class="{look}">{escape(note[0].upper() + note[1:])}.</p>'
    lock, support = timeline.lock, timeline.support
    if lock is not None:
        asked = lock.target
        python = f"Python {asked.python}" if asked.python else None
        target = ", ".join(word for word in (asked.instance, asked.os, python) if word)
        release = f"SDK {lock.sdk}" if lock.sdk else "no SDK release"
        line = f"Your lock, {lock.path}: {release} for {target or 'any target'}."
        if support is not None:
            line += f" {support.describe(timeline.as_of)} {support.describe_first()}"
        yield f"<p>{_keep_dates(_link_sources(line))}</p>"


def _form(timeline: Timeline) -> str:
    statuses = [row.status for row in timeline.rows]
    kinds = [(k.value, t) for k, t in _TITLES.items() if any(s.subject.kind is k for s in statuses)]
    phases = [(p.label, p.label) for p in Phase if any(s.phase is p for s in statuses)]
    instances = sorted({family for s in statuses for family in s.instances})
    frameworks = sorted({s.framework for s in statuses if s.framework})
    shown = [("supported", "what is supported"), ("", "everything")]
    if timeline.lock is not None:
        shown.insert(0, ("locked", "what is in your lock"))
    fields = [
        _select("show", "Show", shown, everything=False),
        '<label>Name contains <input name="text" type="search" autocomplete="off"></label>',
        _select("kind", "Kind", kinds),
        _select("phase", "Phase", phases),
        _select("instance", "Instance", [(name, name) for name in instances]),
        _select("framework", "Framework", [(name, name) for name in frameworks]),
    ]
    fields.append('<button type="button">Show all</button>')
    return f'<form hidden aria-label="Filter">{"".join(fields)}</form>'


def _select(
    name: str, title: str, choices: Iterable[tuple[str, str]], *, everything: bool = True
) -> str:
    options = "".join(
        f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in choices
    )
    first = '<option value="">all</option>' if everything else ""
    return f'<label>{title} <select name="{name}">{first}{options}</select></label>'


def _key(timeline: Timeline) -> str:
    bars = [bar for row in timeline.rows for bar in row.bars]
    looks = [(p.label, PHASE_NAMES[p]) for p in Phase if any(bar.phase is p for bar in bars)]
    if any(bar.superseded for bar in bars):
        looks.append(("stable superseded", "no longer in the newest release"))
    if any(bar.unknown for bar in bars):
        looks.append(("stable unknown", f"unknown: after the catalog data of {timeline.facts_of}"))
    if any(bar.planned for bar in bars):
        looks.append(("eos planned", "announced, still to come"))
    looks.append(("now", f"{timeline.as_of}"))
    items = "".join(
        f'<li><i class="{look}" aria-hidden="true"></i>{escape(text)}</li>' for look, text in looks
    )
    return f'<ul class="key" aria-label="What the bars mean">{items}</ul>'


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
    phase, end = PHASE_NAMES[status.phase], _keep_dates(escape(describe_end(status)))
    if is_left_behind(status):
        phase = end
    elif status.since:
        phase += f" since <time>{status.since}</time>"
    if end and end != phase:
        phase += f"; {end}"
    if status.change is not None and status.change.phase is not None:
        when = (
            f"<time>{status.change.effective}</time>" if status.change.effective else "no date yet"
        )
        phase += f"; {PHASE_NAMES[status.change.phase]} announced: {when}"
    facts = "".join(f"<dt>{escape(k)}</dt><dd>{v}</dd>" for k, v in _facts(row, timeline))
    bars, words = [], []
    for bar in row.bars:
        left, right = timeline.place(bar.begin) * 100, timeline.place(bar.end) * 100
        bars.append(
            f'<i class="{bar.look}" style="left:{left:.2f}%;width:{right - left:.2f}%"></i>'
        )
        what = describe_left_behind(status) if bar.superseded else PHASE_NAMES[bar.phase]
        if bar.unknown:
            words.append(f"unknown after {timeline.facts_of}")
        else:
            words.append(f"{what} from {bar.begin}")
    return (
        f'<tr role="row"{" class=locked" if row.locked else ""} '
        f'data-kind="{status.subject.kind.value}"{" data-supported" if row.is_supported else ""} '
        f'data-phase="{status.phase.label}" data-framework="{escape(status.framework)}" '
        f'data-instances="{" ".join(sorted(status.instances))}" '
        f'data-name="{escape(status.subject.label.lower())}">'
        f'<th role="rowheader" scope="row"><details><summary>{label}</summary>'
        f"<dl>{facts}</dl></details></th>"
        f'<td role="cell" data-head="Phase">{phase}</td>'
        f'<td role="cell"><div class="bar" role="img" aria-label="{escape("; ".join(words))}">'
        f"{''.join(bars)}</div></td>"
        f'<td role="cell" data-head="Guaranteed until">{_guarantee(row, timeline)}</td></tr>'
    )


def _guarantee(row: Row, timeline: Timeline) -> str:
    text = describe_guarantee(row.status, timeline.as_of).removesuffix(" (over)")
    if row.is_supported and row.status.floor.guaranteed_until < timeline.as_of:
        return f'<span class="soft"><time>{text}</time> (passed)</span>'
    return text


def _facts(row: Row, timeline: Timeline) -> Iterable[tuple[str, str]]:
    """What is known of a row: a word, and markup whose texts are escaped."""
    status = row.status
    if status.first_sdk and status.subject.kind is not SubjectKind.SDK:
        yield "In releases", escape(f"{status.first_sdk} to {status.last_sdk or 'now'}")
    if status.note:
        yield "Note", escape(status.note)
    ended = next((bar for bar in row.bars[:-1] if bar.phase is Phase.EOS), None)
    if ended is not None:
        yield (
            "Note",
            f"Its support had ended on {ended.begin}. A later announcement, for all of "
            f"{escape(status.subject.name)}, names another phase, and the later one counts.",
        )
    yield "Updates", status.updates.value
    for word, text in describe_floor(status, timeline.as_of, timeline.facts_of):
        yield word.capitalize(), _link_sources(text)
    if status.replacement:
        yield "Replacement", escape(status.replacement)
    for event in status.events:
        yield "Announcement", _link_sources(describe_event(event))
        if event.withdrawn:
            yield "Withdrawn", escape(f"{event.withdrawn_on}: {event.withdrawn}")


def _keep_dates(markup: str) -> str:
    """Markup whose dates are not broken over two lines."""
    return re.sub(r"\b\d{4}-\d{2}-\d{2}\b", r"<time>\g<0></time>", markup)


_SOURCE = (
    r"\[?((?:about-neuron|announcements|release-notes)/[\w./-]+\.rst"
    r"(?:, \d+\.\d+\.\d+)?(?:, line \d+)?)\]?"
)


def _link_sources(text: str) -> str:
    """A text as markup: the sources in it are links where they have an address."""
    parts = re.split(_SOURCE, text)
    markup = [escape(parts[0])]
    for source, after in zip(parts[1::2], parts[2::2], strict=True):
        url, short = find_source_url(source), escape(shorten_source(source))
        shown = f'<a href="{escape(url)}" rel="noreferrer">{short}</a>' if url else short
        markup += [shown, escape(after)]
    return "".join(markup)
