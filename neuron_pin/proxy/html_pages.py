"""Pages for people: what is served, of a project, what is withheld from whom, and errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from html import escape
from urllib.parse import quote

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import label_phase
from neuron_pin.catalog.sources import find_source_url, shorten_source
from neuron_pin.policy import UNKNOWN_PHASE, Ecosystem, Phase, Rule, phase_at
from neuron_pin.record import NamedTuple
from neuron_pin.report.frame import MAX_AGE, PHASE_NAMES, frame_page, read_asset

from .project_detail import NEWER, ProjectDetail
from .view import View
from .withheld import ClientRecord, WithheldVersion, list_withheld

MAX_ROWS = 2000
"""Rows of one table; a page is for people."""

TWO_YEARS = 730
"""Days after which what no release has had any more is folded away."""

WITHHELD = "Withheld files"

_STYLE = read_asset("index.css")


def render_project(
    listing: ProjectDetail, catalog: Catalog, depth: int, notes: Sequence[str], today: date
) -> str:
    """A project: every version with its phase, and what is not served of it and why.

    ``depth`` is how many parts the page lies below the root.
    """
    name, up = listing.name, "../" * depth
    package = catalog.packages.get(name)
    releases = catalog.shipped(name) if package is not None else {}
    body = [_navigation(up), f"<h1>{escape(name)}</h1>", f"<p>{escape(listing.view.label)}</p>"]
    if package is not None:
        body += _age(catalog, today)
    if package is None:
        body.append('<p class="soft">Not a Neuron package: served as its index has it.</p>')
    if listing.status != "active":
        reason = f": {listing.reason}" if listing.reason else ""
        body.append(f"<p><strong>{escape(listing.status + reason)}</strong></p>")
    body += [f'<p class="soft">{escape(note)}</p>' for note in notes]
    if listing.newer:
        body.append(
            f"<p>What is newer than the facts of <time>{listing.facts}</time> "
            f"({_rule(NEWER, up)}) is served as its index has it: its phase, its "
            "release and what goes with it are not known.</p>"
        )
    body += _table(
        f"{len(listing.entries)} files served",
        ("Version", "Phase", "Releases", "Files", "What an installer sees"),
        _version_rows(
            listing,
            {key.partition("+")[0]: rows for key, rows in releases.items()},
            up,
            is_neuron=package is not None,
        ),
    )
    withheld = [version for version in list_withheld(listing) if not version.yanked]
    if withheld:
        body.append("<h2>Not served</h2>")
        body += _table(
            f"{len(listing.withheld)} files withheld",
            ("Version", "Rule", "Reason", "Files"),
            [_withheld_cells(version, up) for version in withheld],
        )
    return frame_page(f"{name}: {listing.view.label}", body, style=_STYLE)


def _version_rows(
    listing: ProjectDetail,
    releases: Mapping[str, Sequence[tuple[str, object]]],
    up: str,
    *,
    is_neuron: bool,
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
        note = "served"
        if first.file.yanked is not None:
            note = f"yanked: {escape(first.file.yanked)}"
            if first.exclusion is not None:
                rule = first.exclusion.rule
                note = note.replace(f"{rule.identifier}:", f"{_rule(rule, up)}:")
        if first.is_newer:
            note += f"; {_rule(NEWER, up)}: newer than the facts"
        label = label_phase(first.phase, is_newer=first.is_newer)
        yield (
            _version(version),
            _phase(first.phase, label) if is_neuron else "",
            escape(shipped),
            str(len(files)),
            note,
        )


class Origin(NamedTuple):
    """Where a page was asked for: ``http://HOST``, and how many parts it lies below the root."""

    url: str
    depth: int


def render_overview(
    view: View, catalog: Catalog, state: Mapping[str, str], today: date, origin: Origin
) -> str:
    """What this server is, how to install from it, and Neuron's packages with their phases."""
    up = "../" * origin.depth
    current, old = _package_rows(view, catalog, today, up)
    heads = ("Package", "Phase", "Releases", "Announced")
    indexes = "".join(
        f"<dt><code>{escape(url)}</code></dt><dd>{escape(problem or 'answers')}</dd>"
        for url, problem in state.items()
    )
    simple = f"{origin.url}/{view.path}simple/"
    # With the view: without it the hook would send pip to everything that the server has.
    root = f"{origin.url}/{view.path}".rstrip("/")
    body = [
        _navigation(up),
        "<h1>neuron-pin index</h1>",
        f"<p>Packages for AWS Neuron, filtered by its maintenance policy: {escape(view.label)}. "
        f"Catalog data of {catalog.announced}. Not affiliated with AWS.</p>",
        *_age(catalog, today),
        "<h2>Install from here</h2>",
        _copy_box(f"python3 -m pip install --index-url {simple} torch-neuronx", origin.url),
        _copy_box(f"neuron-pin hook install pip uv --via {root}", origin.url),
        "<p>The second line makes this index the default of pip and uv. "
        f'<a href="{up}{view.path}simple/">All names</a> (a long page).</p>',
        "<h2>Other views</h2>",
        "<p>Put these in front of <code>simple/</code> to see less, or another day. They can be "
        "combined.</p>",
        f"<ul>{''.join(_view_links(catalog, up))}</ul>",
        "<h2>Neuron packages</h2>",
        *_table(f"{len(current)} packages", heads, current),
    ]
    if old:
        body += [
            f"<details><summary>{len(old)} packages that no release has had for two years"
            "</summary>",
            *_table(f"{len(old)} packages", heads, old),
            "</details>",
        ]
    body += ["<h2>Indexes behind this one</h2>", f"<dl>{indexes}</dl>"]
    return frame_page("neuron-pin index", body, style=_STYLE, script=read_asset("copy.js"))


def _view_links(catalog: Catalog, up: str) -> Iterator[str]:
    newest = next((release.sdk for release in catalog.releases if release.is_final), "latest")
    for path, words in (
        (f"sdk/{newest}/", "only what this SDK release contains"),
        (f"sdk/{newest}/trn2/", "only what it contains for this instance family"),
        ("instance/trn2/", "every release, for this instance family"),
        (f"as-of/{catalog.announced}/", "as it was on this day"),
        ("phase/beta/", "beta versions, too"),
    ):
        yield f'<li><a href="{up}{path}"><code>/{path}</code></a>: {words}</li>'


def _package_rows(
    view: View, catalog: Catalog, today: date, up: str
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Neuron's packages, those of the newest release first; and those that no release has had
    for two years."""
    day, family = view.as_of or today, view.instance or None
    dates = {sdk: released for sdk, released in catalog.dates.items() if released <= day}
    latest = catalog.newest_release(day)
    newest = latest.sdk if latest is not None else ""
    current: list[tuple[str, ...]] = []
    dropped: list[tuple[str, ...]] = []
    old: list[tuple[str, ...]] = []
    shown = _names_in(view, catalog, dates)
    for name, package in sorted(catalog.packages.items()):
        if Ecosystem.PIP not in package.systems or package.public_from == "0":
            continue
        if shown is not None and name not in shown:
            continue
        events = catalog.events_by_name.get(name, ())
        fact = phase_at(events, name, "", family, day)
        note = f"since {fact.event.effective}" if fact.event is not None else ""
        if fact.event is not None and fact.event.replacement:
            note += f"; replaced by {fact.event.replacement}"
        life = catalog.spans.packages.get(name)
        first = life.first if life is not None and life.first in dates else ""
        last = life.last if life is not None and life.last in dates else newest
        shipped, phase = "", _phase(fact.phase)
        if first:
            is_dropped = last != newest
            shipped = f"{first} to {last if is_dropped else 'now'}"
            if is_dropped and fact.phase is Phase.STABLE:
                phase = '<span class="soft">no longer shipped</span>'
        link = f'<a href="{up}{view.path}project/{quote(name)}/">{escape(name)}</a>'
        row = (link, phase, escape(shipped), escape(note))
        if first and last != newest:
            is_old = (day - dates[last]).days > TWO_YEARS
            (old if is_old else dropped).append(row)
        else:
            current.append(row)
    return [*current, *dropped], old


def _names_in(view: View, catalog: Catalog, dates: Mapping[str, date]) -> set[str] | None:
    """The packages that a view's releases list for its instance family, none where it is of
    every release and family."""
    if not view.sdk and not view.instance:
        return None
    releases = [view.sdk] if view.sdk else [r.sdk for r in catalog.releases if r.listed]
    return {
        member.package
        for sdk in releases
        if sdk in dates
        for member in catalog.members(sdk)
        if not view.instance or view.instance in member.instances
    }


def _age(catalog: Catalog, today: date) -> Iterator[str]:
    """A warning where the facts are old."""
    age = (today - catalog.announced).days
    if age > MAX_AGE:
        yield (
            f'<p class="warning">The catalog data is {age} days old '
            f"(<time>{catalog.announced}</time>). Releases and announcements since then are "
            "unknown here. To fetch newer data on this server: "
            "<code>neuron-pin catalog update</code>.</p>"
        )


def _copy_box(line: str, origin: str) -> str:
    """A line to copy: a click selects all of it, and with the script a button copies it."""
    return (
        f'<div class="copy" data-origin="{escape(origin)}"><code tabindex="0">{escape(line)}'
        "</code></div>"
    )


def render_withheld(rows: Sequence[ClientRecord], depth: int) -> str:
    """Which files were not served, to whom and why; the latest first."""
    up = "../" * depth
    cells = [
        (
            f"{escape(row.client)}<br><span class=soft>{escape(row.agent)}</span>"
            f"<br><span class=soft>{_times(row)}</span>",
            f'<a href="{up}{row.view.path}project/{quote(row.name)}/">{escape(row.name)}</a>'
            f"<br><span class=soft>{escape(row.view.label)}</span>",
            *_withheld_cells(version, up),
        )
        for row in rows
        for version in row.withheld
    ]
    heads = ("Asked by", "Project", "Version", "Rule", "Reason", "Files")
    body = [
        _navigation(up),
        f"<h1>{WITHHELD}</h1>",
        "<p>Since this server started. The same as JSON: "
        f'<a href="{up}withheld.json"><code>/withheld.json</code></a>.</p>',
    ]
    if cells:
        body += _table(f"{len(cells)} version{'s' * (len(cells) != 1)}", heads, cells)
    else:
        body.append("<p>Nothing was withheld yet.</p>")
    return frame_page(WITHHELD, body, style=_STYLE)


def _times(row: ClientRecord) -> str:
    """How often, and when last: to the minute."""
    day, _, clock = row.day.partition("T")
    shown = f'<time datetime="{escape(row.day)}">{escape(day)} {escape(clock[:5])} UTC</time>'
    times = "once" if row.requests == 1 else f"{row.requests} times"
    return f"{times}, last {shown}"


def render_rules(depth: int) -> str:
    """Every rule, each with an anchor that other pages link to."""
    from neuron_pin.policy.rule_pages import PAGES

    body = [_navigation("../" * depth), "<h1>Rules</h1>"]
    for rule in sorted(PAGES, key=lambda rule: rule.identifier):
        page = PAGES[rule]
        body.append(f'<h2 id="{rule.identifier}">{rule.identifier}: {escape(rule.title)}</h2>')
        body.append(f"<p>{escape(page.text)}</p>")
        if page.pip:
            body.append(f"<p>With pip: {escape(page.pip)}</p>")
        body.append(f'<p class="soft">Source: {escape(page.section)}</p>')
    return frame_page("Rules", body, style=_STYLE)


_TITLES = {
    400: "This address cannot be read",
    404: "There is no such page",
    406: "This page has no form that was asked for",
    502: "An index behind this server does not answer",
    503: "This server has too much to do",
}
_ADVICE = {
    502: "Installers are told the same and try again. If it lasts: neuron-pin serve --check on "
    "the server says which index fails and why.",
    503: "Try again in a few seconds.",
}


def render_error(status: int, lines: Sequence[str], depth: int) -> str:
    """What went wrong, for people."""
    title = _TITLES.get(status, "This went wrong")
    body = [
        _navigation("../" * depth),
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in lines if line),
    ]
    if status in _ADVICE:
        body.append(f'<p class="soft">{escape(_ADVICE[status])}</p>')
    body.append(f'<p class="soft">HTTP status {status}</p>')
    return frame_page(title, body, style=_STYLE)


def _navigation(up: str) -> str:
    home = up or "./"
    return (
        f'<nav aria-label="Pages"><a href="{home}">Packages</a> · '
        f'<a href="{up}withheld/">{WITHHELD}</a> · '
        f'<a href="{up}rules/">Rules</a> · '
        f'<a href="{up}metrics">Metrics</a></nav>'
    )


def _withheld_cells(version: WithheldVersion, up: str) -> tuple[str, ...]:
    return (
        _version(version.version or "unreadable"),
        _rule(version.rule, up) + (" yanked" if version.yanked else " withheld"),
        f"{escape(version.reason)} {_source(version.source)}".rstrip(),
        str(version.files),
    )


def _version(version: str) -> str:
    """A version; one of a usual length is not broken."""
    is_short = len(version) <= 32
    return f'<span class="version">{escape(version)}</span>' if is_short else escape(version)


def _rule(rule: Rule, up: str) -> str:
    return (
        f'<a href="{up}rules/#{rule.identifier}" title="{escape(rule.title)}">{rule.identifier}</a>'
    )


def _source(source: str) -> str:
    """A reason's source, small, as a link where it has an address."""
    url, short = find_source_url(source), escape(shorten_source(source))
    if url is None or source.startswith("index "):
        return f'<span class="soft">[{short}]</span>' if short else ""
    return f'<a href="{escape(url)}" rel="noreferrer">[{short}]</a>'


def _phase(phase: Phase, label: str = "") -> str:
    if label == UNKNOWN_PHASE:
        return f'<span class="soft">{UNKNOWN_PHASE}</span>'
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
