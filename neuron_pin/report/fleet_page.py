"""A fleet's report as one self-contained page, in the frame and the look of the lifecycle page.

Whatever comes from facts of hosts is escaped, and the page's own policy (CSP) lets nothing run but
its one script.  Without the script everything is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from html import escape

from neuron_pin.catalog.sources import find_source_url, shorten_source
from neuron_pin.fleet.fleet_report import FleetReport, ReportedEnd, ReportedHost, ReportedLock
from neuron_pin.fleet.lock_fit import Fit
from neuron_pin.policy import Phase
from neuron_pin.printable import make_printable

from .fleet import count_hosts, describe_change, describe_fleet, describe_lock, find_title
from .frame import PHASE_NAMES, frame_page, read_asset

TITLE = "AWS Neuron fleet"
MAX_ROWS = 2000
"""Rows of the table of hosts: more make a page that browsers are slow with."""
MAX_NAMES = 500
"""Hosts that one row names."""
_LOOKS = {
    Fit.HAS: "stable",
    Fit.CAN: "rc",
    Fit.BLOCKED: "maintenance",
    Fit.UNKNOWN: "rc unknown",
    Fit.OTHER: "eos",
}
_SHORT = ("Hosts", "Severity", "They are", "Ends", "Release")
"""Columns whose words are not broken."""
_STYLE = (
    "h2{font-size:1.1rem;margin:1.5rem 0 .25rem}.share::after{content:none}"
    ""
    "p,th,td,h2,nav,li{overflow-wrap:anywhere}label,select{max-width:100%}"
    "thead th,td.short{overflow-wrap:normal}"
    "@media (min-width:721px){.bar,.years{min-width:11rem}}"
    "nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem}"
)


def render_fleet_page(report: FleetReport) -> str:
    """The page's HTML."""
    first, last = _find_axis(report)
    now = (report.as_of - first).days / (last - first).days * 100
    body = [
        f"<h1>{TITLE}</h1>",
        *_introduce(report),
        *_classes(report),
        *_rules(report),
        *_ends(report, first, last),
        *(line for number, lock in enumerate(report.locks) for line in _lock(report, lock, number)),
        *_drift(report),
        *_unread(report),
        *_hosts(report),
    ]
    return frame_page(
        f"{TITLE}, as of {report.as_of}",
        body,
        style=f"{_STYLE}:root{{--now-at:{now:.3f}%}}",
        script=read_asset("fleet.js"),
    )


def _text(value: str) -> str:
    """A text of facts as markup."""
    return escape(make_printable(value))


def _introduce(report: FleetReport) -> Iterator[str]:
    yield (
        f"<p>{escape(describe_fleet(report))} Judged as of <strong>{report.as_of}</strong>, by "
        f"catalog data of {report.catalog}; findings are those of the hosts’ own checks. Not "
        "affiliated with AWS.</p>"
    )
    others = [(day, count) for day, count in report.catalogs if day != report.catalog.isoformat()]
    if others:
        words = ", ".join(f"{count_hosts(count)} by data of {day}" for day, count in others)
        yield f'<p class="soft">Checked by other catalog data: {escape(words)}.</p>'
    if report.unchecked:
        yield (
            f'<p class="warning">Facts without findings, since nobody checked: '
            f"{count_hosts(report.unchecked)}.</p>"
        )
    if report.unread:
        yield (
            f'<p class="warning">Facts that could not be read: {len(report.unread)}. '
            '<a href="#unread">Which, and why</a>.</p>'
        )
    links = [("classes", "Classes"), ("rules", "Findings"), ("ends", "End of support")]
    links += [(f"lock-{n}", lock.path) for n, lock in enumerate(report.locks)]
    links += [("drift", "Drift")] if report.drift is not None else []
    links.append(("hosts", "Hosts"))
    items = "".join(f'<a href="#{place}">{_text(words)}</a>' for place, words in links)
    yield f'<nav aria-label="Parts of this page">{items}</nav>'


def _heading(place: str, words: str) -> str:
    return f'<h2 id="{place}">{_text(words)}</h2>'


def _table(heads: Sequence[str], rows: Iterable[str]) -> Iterator[str]:
    cells = "".join(f'<th role="columnheader" scope="col">{head}</th>' for head in heads)
    yield '<table role="table">'
    yield f'<thead role="rowgroup"><tr role="row">{cells}</tr></thead><tbody role="rowgroup">'
    yield from rows
    yield "</tbody></table>"


def _row(head: str, cells: Iterable[tuple[str, str]], attributes: str = "") -> str:
    """A row: its head and its cells, all markup, each cell with its column's name."""
    parts = "".join(
        f'<td role="cell"{" class=short" * (name in _SHORT)} data-head="{name}">{markup}</td>'
        for name, markup in cells
    )
    return f'<tr role="row"{attributes}><th role="rowheader" scope="row">{head}</th>{parts}</tr>'


def _share(parts: Sequence[tuple[str, int, str]], whole: int) -> str:
    """Shares of the fleet as one bar: looks, numbers and words."""
    bars, left = [], 0.0
    for look, number, _ in parts:
        width = number / whole * 100 if whole else 0.0
        bars.append(f'<i class="{look}" style="left:{left:.2f}%;width:{width:.2f}%"></i>')
        left += width
    words = "; ".join(f"{words}: {number} of {whole}" for _, number, words in parts)
    return f'<div class="bar share" role="img" aria-label="{_text(words)}">{"".join(bars)}</div>'


def _details(summary: str, names: Sequence[str]) -> str:
    """Markup that opens on the names of hosts."""
    shown = ", ".join(names[:MAX_NAMES])
    more = f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else ""
    return f"<details><summary>{summary}</summary><p>{_text(shown)}{more}</p></details>"


def _classes(report: FleetReport) -> Iterator[str]:
    yield _heading("classes", "Hosts by class and release")
    whole = len(report.hosts)
    rows = []
    for found in report.classes:
        number = len(found.hosts)
        releases = ", ".join(f"{name}: {count}" for name, count in found.releases)
        bar = _share([("rc", number, "hosts")], whole)
        rows.append(
            _row(
                _details(_text(found.host_class.name), found.hosts),
                [("Hosts", str(number)), ("Share", bar), ("Releases", _text(releases))],
            )
        )
    yield from _table(("Class", "Hosts", "Share", "Releases"), rows)


def _rules(report: FleetReport) -> Iterator[str]:
    yield _heading("rules", "Findings by rule")
    if not report.rules:
        yield "<p>No findings.</p>"
        return
    whole = len(report.hosts)
    rows = []
    for rule in report.rules:
        look = "maintenance" if rule.severity == "error" else "rc"
        subjects = ", ".join(f"{name} ({count})" for name, count in rule.subjects[:20])
        if len(rule.subjects) > 20:
            subjects += f" and {len(rule.subjects) - 20} more"
        rows.append(
            _row(
                _details(f"{_text(rule.rule)} {_text(find_title(rule.rule))}", rule.hosts),
                [
                    ("Severity", rule.severity),
                    ("Hosts", str(len(rule.hosts))),
                    ("Share", _share([(look, len(rule.hosts), "hosts")], whole)),
                    ("About", _text(subjects)),
                ],
            )
        )
    yield from _table(("Rule", "Severity", "Hosts", "Share", "About"), rows)


def _find_axis(report: FleetReport) -> tuple[date, date]:
    """The years that the ends of support lie in, with the day of the report."""
    days = [each.end.day for each in report.ends if each.end.day is not None] + [report.as_of]
    last = max(days)
    return date(min(days).year, 1, 1), date(min(last.year + 1, date.max.year), 1, 1)


def _ends(report: FleetReport, first: date, last: date) -> Iterator[str]:
    yield _heading("ends", "End of support by date")
    if not report.ends:
        yield f"<p>Nothing is announced to end, by catalog data of {report.catalog}.</p>"
        return
    length = (last - first).days
    years = "".join(
        f'<span style="left:{(date(year, 1, 1) - first).days / length * 100:.2f}%">{year}</span>'
        for year in range(first.year, last.year)
    )
    heads = ("Subject", "Hosts", "Ends", f'<div class="years">{years}</div>', "Source")
    rows = [_end(each, report.as_of, first, length) for each in report.ends]
    yield from _table(heads, rows)


def _end(each: ReportedEnd, as_of: date, first: date, length: int) -> str:
    end = each.end
    phase = PHASE_NAMES[Phase.parse(end.phase)]
    when = f"<time>{end.day}</time>" if end.day is not None else "no day yet"
    bars = ""
    if end.day is not None:
        left = (end.day - first).days / length * 100
        look = "eos" if end.day <= as_of else "eos planned"
        bars = f'<i class="{look}" style="left:{left:.2f}%;width:{100 - left:.2f}%"></i>'
        if end.day > as_of:
            begin = (as_of - first).days / length * 100
            stay = f"left:{begin:.2f}%;width:{left - begin:.2f}%"
            bars = f'<i class="maintenance" style="{stay}"></i>{bars}'
    words = f"support ends on {end.day}" if end.day is not None else "announced for no day yet"
    url, short = find_source_url(end.source), _text(shorten_source(end.source))
    source = f'<a href="{escape(url)}" rel="noreferrer">{short}</a>' if url else short
    return _row(
        _details(_text(end.subject), each.hosts),
        [
            ("Hosts", str(len(each.hosts))),
            ("Ends", f"{when} ({phase})"),
            ("Time", f'<div class="bar" role="img" aria-label="{words}">{bars}</div>'),
            ("Source", source),
        ],
    )


def _lock(report: FleetReport, lock: ReportedLock, number: int) -> Iterator[str]:
    yield _heading(f"lock-{number}", f"Which hosts can take {lock.path}")
    support = lock.lock.support
    line = f"{describe_lock(lock)}. " + (support.describe(report.as_of) if support else "")
    yield f"<p>{_text(line)}</p>"
    whole = len(report.hosts)
    shares = [(_LOOKS[fit], len(names), fit.value) for fit, names in lock.hosts]
    key = "".join(
        f'<li><i class="{look}" aria-hidden="true"></i>{words}: {count}</li>'
        for look, count, words in shares
    )
    yield f'<ul class="key" aria-label="What the bar means">{key}</ul>{_share(shares, whole)}'
    if not lock.blockers:
        return
    rows = []
    for fit, blocker, names in lock.blockers:
        rule = f"{blocker.rule} {find_title(blocker.rule)}" if blocker.rule else "not known"
        rows.append(
            _row(
                _details(_text(blocker.fact), names),
                [("Hosts", str(len(names))), ("They are", fit.value), ("Rule", _text(rule))],
            )
        )
    yield from _table(("Fact", "Hosts", "They are", "Rule"), rows)


def _drift(report: FleetReport) -> Iterator[str]:
    drift = report.drift
    if drift is None:
        return
    yield _heading("drift", "Drift since the earlier facts")
    yield f"<p>{drift.same} of {count_hosts(drift.before)} with earlier facts are the same.</p>"
    rows = [
        _row(
            _details(_text(change.what), names),
            [
                ("Change", _text(describe_change(change.before, change.after))),
                ("Hosts", str(len(names))),
            ],
        )
        for change, names in drift.changes[:MAX_ROWS]
    ]
    if rows:
        yield from _table(("What", "Change", "Hosts"), rows)
    if len(drift.changes) > MAX_ROWS:
        yield f"<p>And {len(drift.changes) - MAX_ROWS} more; the JSON has all of them.</p>"


def _unread(report: FleetReport) -> Iterator[str]:
    if not report.unread:
        return
    yield _heading("unread", "Facts that could not be read")
    rows = [
        _row(_text(each.place), [("Problem", _text(each.problem))])
        for each in report.unread[:MAX_ROWS]
    ]
    yield from _table(("Place", "Problem"), rows)
    if len(report.unread) > MAX_ROWS:
        yield f"<p>And {len(report.unread) - MAX_ROWS} more; the JSON has all of them.</p>"


Group = tuple[str, str, tuple[str, ...], tuple[Fit, ...]]
"""What hosts of one row have in common: class, release, rules, and what each lock is to them."""


def _hosts(report: FleetReport) -> Iterator[str]:
    yield _heading("hosts", "Hosts")
    groups: dict[Group, list[str]] = {}
    keys: dict[int, Group] = {}
    for host in report.hosts:
        number = id(host.state)
        if number not in keys:
            keys[number] = _make_key(host)
        groups.setdefault(keys[number], []).append(host.name)
    ordered = sorted(groups.items(), key=lambda row: (row[0][:3], row[1]))
    yield _form(report, [group for group, _ in ordered])
    yield '<p class="soft" id="count" role="status"></p>'
    heads = ["Class", "Hosts", "Release", "Rules", *(_text(lock.path) for lock in report.locks)]
    yield from _table(heads, (_group(report, *each) for each in ordered[:MAX_ROWS]))
    if len(ordered) > MAX_ROWS:
        left = sum(len(names) for _, names in ordered[MAX_ROWS:])
        yield f"<p>And {count_hosts(left)} more; the JSON and the CSV have all of them.</p>"


def _make_key(host: ReportedHost) -> Group:
    rules = tuple(rule for rule, _ in host.state.rules or ())
    return host.state.host_class.name, host.release, rules, tuple(f.fit for f in host.fits)


def _form(report: FleetReport, groups: Sequence[Group]) -> str:
    fields = [
        '<label>Host contains <input name="text" type="search" autocomplete="off"></label>',
        _select("class", "Class", sorted({group[0] for group in groups})),
        _select("release", "Release", sorted({group[1] for group in groups})),
        _select("rule", "Rule", [rule.rule for rule in report.rules]),
    ]
    if report.locks:
        fits = {fit for group in groups for fit in group[3]}
        fields.append(_select("fit", "A lock is", [f.name.lower() for f in Fit if f in fits]))
    fields.append('<button type="button">Show all</button>')
    return f'<form hidden aria-label="Filter">{"".join(fields)}</form>'


def _select(name: str, title: str, choices: Iterable[str]) -> str:
    words = {fit.name.lower(): fit.value for fit in Fit}
    options = "".join(
        f'<option value="{_text(value)}">{_text(words.get(value, value))}</option>'
        for value in choices
    )
    every = f'<option value="">all</option>{options}'
    return f'<label>{title} <select name="{name}">{every}</select></label>'


def _group(report: FleetReport, group: Group, names: Sequence[str]) -> str:
    kind, release, rules, fits = group
    words = " ".join(fit.name.lower() for fit in fits)
    attributes = (
        f' data-hosts="{len(names)}" data-class="{_text(kind)}" data-release="{_text(release)}" '
        f'data-rules="{_text(" ".join(rules))}" data-fits="{words}" '
        f'data-names="{_text(" ".join(names).lower())}"'
    )
    cells = [
        ("Hosts", str(len(names))),
        ("Release", _text(release)),
        ("Rules", _text(" ".join(rules))),
        *((_text(lock.path), fit.value) for lock, fit in zip(report.locks, fits, strict=True)),
    ]
    return _row(_details(_text(kind), names), cells, attributes)
