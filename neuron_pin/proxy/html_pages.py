"""Pages for people: what is served, of a project, and what is kept from whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from urllib.parse import quote

from neuron_pin.catalog import Catalog
from neuron_pin.policy import Ecosystem, Phase, phase_at
from neuron_pin.report.frame import PHASE_NAMES, frame_page

from .project_detail import ProjectDetail
from .view import KEYS, View
from .withheld import ClientRecord, WithheldVersion, list_withheld

MAX_ROWS = 2000
"""Rows of one table; a page is for people."""

_STYLE = (
    "nav { margin: .25rem 0 .75rem; } a { color: var(--focus); } td .key { margin: 0; } "
    "code, td { overflow-wrap: anywhere; } abbr { overflow-wrap: normal; }"
)


def render_project(
    listing: ProjectDetail, catalog: Catalog, depth: int, notes: Sequence[str]
) -> str:
    """A project: every version with its phase, and what is not served of it and why.

    ``depth`` is how many parts the page lies below the root.
    """
    name, up = listing.name, "../" * depth
    package = catalog.packages.get(name)
    releases = catalog.shipped(name) if package is not None else {}
    body = [_navigation(up), f"<h1>{escape(name)}</h1>", f"<p>{escape(listing.view.label)}</p>"]
    if package is None:
        body.append(
            '<p class="soft">Not one of Neuron\'s packages: served as its index has it.</p>'
        )
    if listing.status != "active":
        reason = f": {listing.reason}" if listing.reason else ""
        body.append(f"<p><strong>{escape(listing.status + reason)}</strong></p>")
    body += [f'<p class="soft">{escape(note)}</p>' for note in notes]
    body += _table(
        f"{len(listing.entries)} files served",
        ("Version", "Phase", "Releases", "Files", "What an installer sees"),
        _version_rows(listing, {key.partition("+")[0]: rows for key, rows in releases.items()}),
    )
    withheld = [version for version in list_withheld(listing) if not version.yanked]
    if withheld:
        body.append("<h2>Not served</h2>")
        body += _table(
            f"{len(listing.withheld)} files withheld",
            ("Version", "Rule", "Reason", "Source", "Files"),
            [_withheld_cells(version) for version in withheld],
        )
    return frame_page(f"{name}: {listing.view.label}", body, style=_STYLE)


def _version_rows(
    listing: ProjectDetail, releases: Mapping[str, Sequence[tuple[str, object]]]
) -> Iterator[Sequence[str]]:
    order = {version: place for place, version in enumerate(reversed(listing.versions))}
    grouped: dict[str, list[int]] = {}
    for number, entry in enumerate(listing.entries):
        if entry.version:
            grouped.setdefault(entry.version, []).append(number)
    for version in sorted(grouped, key=lambda text: order.get(text, 0)):
        files = [listing.entries[number] for number in grouped[version]]
        first = files[0]
        rows = releases.get(version.partition("+")[0], ())
        shipped = f"{rows[-1][0]} to {rows[0][0]}" if len(rows) > 1 else "".join(r[0] for r in rows)
        note = f"yanked: {first.file.yanked}" if first.file.yanked is not None else "served"
        yield (
            escape(version),
            _phase(first.phase),
            escape(shipped),
            str(len(files)),
            escape(note),
        )


def render_overview(view: View, catalog: Catalog, state: Mapping[str, str], depth: int) -> str:
    """What this server is, and Neuron's packages with their phases."""
    up, family = "../" * depth, view.instance or None
    rows = []
    for name, package in sorted(catalog.packages.items()):
        if Ecosystem.PIP not in package.systems or package.public_from == "0":
            continue
        events = catalog.events_by_name.get(name, ())
        fact = phase_at(events, name, "", family, view.as_of or catalog.announced)
        note = f"since {fact.event.effective}" if fact.event is not None else ""
        if fact.event is not None and fact.event.replacement:
            note += f"; replaced by {fact.event.replacement}"
        life = catalog.spans.packages.get(name)
        shipped = f"{life.first} to {life.last or 'now'}" if life is not None else ""
        link = f'<a href="{up}{view.path}project/{quote(name)}/">{escape(name)}</a>'
        rows.append((link, _phase(fact.phase), escape(shipped), escape(note)))
    indexes = "".join(
        f"<dt><code>{escape(url)}</code></dt><dd>{escape(problem or 'answers')}</dd>"
        for url, problem in state.items()
    )
    views = "".join(
        f"<li><code>/{escape(example.partition(',')[0])}/simple/</code></li>"
        for example in KEYS.values()
    )
    body = [
        _navigation(up),
        "<h1>neuron-pin index</h1>",
        f"<p>{escape(view.label)}; facts of {catalog.announced}. Not affiliated with AWS.</p>",
        f'<p>Point installers at <code>/simple/</code>: <a href="{up}simple/">every name</a>. '
        "Parts before it narrow the view:</p>",
        f"<ul>{views}</ul>",
        f"<dl>{indexes}</dl>",
        *_table("Neuron's packages", ("Package", "Phase", "Releases", "Announced"), rows),
    ]
    return frame_page("neuron-pin index", body, style=_STYLE)


def render_withheld(rows: Sequence[ClientRecord], depth: int) -> str:
    """What was kept from whom, and why; the latest first."""
    cells = [
        (
            f"{escape(row.client)}<br><span class=soft>{escape(row.agent)}</span>",
            escape(row.name),
            escape(row.view.label),
            *_withheld_cells(version),
            f"{row.requests}, last {escape(row.day)}",
        )
        for row in rows
        for version in row.withheld
    ]
    heads = ("Client", "Project", "View", "Version", "Rule", "Reason", "Source", "Files", "Asked")
    body = [
        _navigation("../" * depth),
        "<h1>Kept from installers</h1>",
        "<p>Since this server started; as JSON at <code>/withheld.json</code>.</p>",
        *_table(f"{len(cells)} in all", heads, cells),
    ]
    return frame_page("Kept from installers", body, style=_STYLE)


def _navigation(up: str) -> str:
    home = up or "./"
    return (
        f'<nav aria-label="Pages"><a href="{home}">Packages</a> · '
        f'<a href="{up}withheld/">Kept from installers</a> · '
        f'<a href="{up}metrics">Metrics</a></nav>'
    )


def _withheld_cells(version: WithheldVersion) -> tuple[str, ...]:
    rule = version.rule.identifier
    return (
        escape(version.version or "unreadable"),
        f'<abbr title="{escape(version.rule.title)}">{rule}</abbr>'
        + (" yanked" if version.yanked else " withheld"),
        escape(version.reason),
        escape(version.source),
        str(version.files),
    )


def _phase(phase: Phase) -> str:
    return (
        f'<span class="key"><span><i class="{phase.label}" aria-hidden="true"></i>'
        f"{PHASE_NAMES[phase]}</span></span>"
    )


def _table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f'<table role="table"><caption>{escape(caption)}</caption><thead role="rowgroup">'
    cells = "".join(f'<th role="columnheader" scope="col">{escape(head)}</th>' for head in heads)
    yield f'<tr role="row">{cells}</tr></thead><tbody role="rowgroup">'
    for number, row in enumerate(rows):
        if number == MAX_ROWS:
            yield f'<tr role="row"><td role="cell" colspan="{len(heads)}">… and more</td></tr>'
            break
        yield (
            '<tr role="row">'
            + "".join(
                f'<td role="cell" data-head="{escape(head)}">{cell}</td>'
                for head, cell in zip(heads, row, strict=True)
            )
            + "</tr>"
        )
    yield "</tbody></table>"
