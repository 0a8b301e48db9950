"""Reading the vendor's announcement pages: reStructuredText with a date and a title.  Release
notes that lie beside them are handed on to `release_notes`.

The pages are prose.  What can be told of them for sure becomes an event: a change of phase, a
subject that the catalog has a name for, the release it comes with.  Everything else is
listed with the reason why it was not read; nothing is guessed.  Needs the ``announcements``
extra (docutils).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from neuron_pin.catalog.catalog import Catalog
from neuron_pin.catalog.facts import Contradiction, Member, TestedConfiguration
from neuron_pin.catalog.names import canonicalize_name
from neuron_pin.catalog.version_range import sdk_key
from neuron_pin.errors import UnreadableInput
from neuron_pin.policy import Event, EventType, Phase, SubjectKind

from .announcement_page import Page, UnparsedPage, parse_page, parse_post, read_page
from .component_table import compare_components
from .release_notes import READ_BY_IMPORT, StatedDay, find_release_days, read_release_notes
from .release_page import Passage, is_of_release, read_passages
from .tables import refuse_html
from .tested_table import TestedTables
from .title_subjects import find_title_subjects

GUESSED_DAY = "the date of the manifest that brought it"
"""The note of a release of which no page has stated the day."""

MAX_PAGES = 5_000
MAX_DEPTH = 8
"""Most pages, and folders inside each other, that are read."""


FOLDERS = ("about-neuron", "announcements", "neuron-runtime", "release-notes")
"""Folders of the vendor's repository whose names belong to the source of a release note."""


@dataclass(frozen=True, slots=True)
class Announcements:
    """What folders of pages hold: new events, pages known already, pages not read, and the day
    of the newest announcement, none if no page has one.

    ``confirmed`` counts statements of release notes that the facts hold already,
    ``contradictions`` are those that the facts speak against.  ``release_days`` are those that
    pages state of releases which had only the day of the manifest.  ``tested`` are operating
    systems with kernels and C libraries that were not known.
    """

    events: tuple[Event, ...]
    known: tuple[str, ...]
    unread: tuple[UnparsedPage, ...]
    newest: date | None
    confirmed: int = 0
    contradictions: tuple[Contradiction, ...] = ()
    release_days: Mapping[str, StatedDay] = field(default_factory=dict)
    tested: tuple[TestedConfiguration, ...] = ()


def read_announcements(
    folders: str | Sequence[str],
    catalog: Catalog,
    dates: dict[str, date] | None = None,
    packages: Sequence[str] = (),
    members: Mapping[str, Sequence[Member]] | None = None,
) -> Announcements:
    """Read every ``.rst`` page below one or more folders, and pages that are named themselves,
    against what is known already: announcements, and release notes beside them.

    An announcement that an event of the catalog names as its source is known and not read
    again.  ``dates`` are releases besides the catalog's, each with the day of its manifest, which
    the day that a page states replaces; ``packages`` are names besides its own, ``members`` what
    releases besides them list.  Raises `UnreadableInput` for a folder without pages, a page that is
    no text or HTML, a table that lacks a column, and one page too many; `WrongUsage` without
    docutils.
    """
    folders = [folders] if isinstance(folders, str) else list(dict.fromkeys(folders))
    paths = []
    for folder in folders:
        if not os.path.isdir(folder):
            paths.append((os.path.dirname(os.path.abspath(folder)), folder))
            continue
        found_paths = _pages(folder)
        if not found_paths:
            raise UnreadableInput(folder, None, "has no .rst page")
        paths += [(folder, path) for path in found_paths]
    days, unread = _find_release_days(paths, catalog, dates or {})
    released = catalog.dates | (dates or {}) | {sdk: stated.day for sdk, stated in days.items()}
    read_before = find_read_pages(catalog)
    events: list[Event] = []
    known: list[str] = []
    newest: date | None = None
    notes: list[tuple[str, list[Passage]]] = []
    tested = TestedTables()
    differing: list[Contradiction] = []
    for folder, path in paths:
        source = os.path.relpath(path, folder)
        text = read_page(path)
        refuse_html(path, text)
        posted = parse_post(text)
        if posted is not None and (newest is None or posted > newest):
            newest = posted
        if os.path.basename(path) in read_before:
            known.append(source)
            continue
        if ".. post::" not in text:
            passages, name = read_passages(text), _name_note(folder, source)
            tested.read(name, path, text, passages, catalog, released)
            differing += compare_components(
                name, path, text, catalog, lambda sdk: _find_members(sdk, catalog, members or {})
            )
            if is_of_release(passages):
                notes.append((name, passages))
                continue
            if name in tested.pages:
                continue
        page = parse_page(source, text, posted)
        if isinstance(page, UnparsedPage):
            unread.append(page)
            continue
        found, passed = _events(page, catalog, released)
        events += found
        if passed:
            unread.append(UnparsedPage(source, page.title, passed))
    stated = read_release_notes(notes, catalog, released, events, packages)
    return Announcements(
        (*events, *stated.events),
        tuple(known),
        (*unread, *stated.unread, *tested.unread),
        newest,
        stated.confirmed + tested.confirmed,
        (*stated.contradictions, *differing),
        days,
        tuple(tested.rows),
    )


def _find_members(
    sdk: str, catalog: Catalog, members: Mapping[str, Sequence[Member]]
) -> Sequence[Member]:
    """What a release lists: in a manifest that is read, else in the catalog."""
    if sdk in members:
        return members[sdk]
    is_listed = any(release.sdk == sdk and release.listed for release in catalog.releases)
    return catalog.members(sdk) if is_listed else ()


def _name_note(folder: str, source: str) -> str:
    """A release note as sources of events name it."""
    name = os.path.basename(os.path.abspath(folder))
    return f"{name}/{source}" if name in FOLDERS else source


def _find_release_days(
    paths: Sequence[tuple[str, str]], catalog: Catalog, dates: Mapping[str, date]
) -> tuple[dict[str, StatedDay], list[UnparsedPage]]:
    """What pages state of releases that have the day of their manifest alone."""
    guessed = {release.sdk for release in catalog.releases if release.note == GUESSED_DAY}
    guessed |= set(dates)
    if not guessed:
        return {}, []
    notes = []
    for folder, path in paths:
        text = read_page(path)
        if ".. post::" not in text and any(sdk in text for sdk in guessed):
            notes.append((_name_note(folder, os.path.relpath(path, folder)), read_passages(text)))
    days, several = find_release_days(notes, guessed)
    # A day that is known already is no news.
    return {s: d for s, d in days.items() if s in dates or catalog.dates[s] != d.day}, several


def find_read_pages(catalog: Catalog) -> frozenset[str]:
    """The names of the pages that a catalog's facts are from: they are not read again."""
    sources = [event.source for event in catalog.events]
    sources += [left.source for left in catalog.left_out]
    return frozenset(os.path.basename(source) for source in sources)


def _pages(folder: str) -> list[str]:
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        folders.sort()
        if os.path.relpath(place, folder).count(os.sep) >= MAX_DEPTH:
            folders.clear()
        for name in sorted(files):
            if name.endswith(".rst"):
                found.append(os.path.join(place, name))
        if len(found) > MAX_PAGES:
            raise UnreadableInput(folder, None, f"holds more than {MAX_PAGES} pages")
    return found


# What it says --------------------------------------------------------------------------

_RELEASE = (
    r"(?:AWS )?Neuron(?: SDK)?(?: [Rr]elease| [Vv]ersion)?(?: version)? v?(\d+\.\d+(?:\.\d+)?)"
)
_ENDS = re.compile(
    r"end[- ]of[- ]support|no longer (?:support|include|publish)|deprecation of|"
    r"replaces? neuron profiler|migration of .* examples",
    re.I,
)
_MAINTENANCE = re.compile(r"maintenance mode|enter(?:s|ing) maintenance", re.I)
_ADDS = re.compile(r"\bnow supports?\b", re.I)
_LAST = re.compile(rf"{_RELEASE}(?: \([^)]*\))? (?:will be|is|was) the last", re.I)
_STARTS = re.compile(rf"start(?:s|ing)? (?:with|from|in)(?: the release of| the)? {_RELEASE}", re.I)
_STARTS_OTHERWISE = re.compile(
    r"starting with (?!the release of|Neuron|AWS Neuron|this|next|the next)", re.I
)
_PLANNED = re.compile(r"planned for v?(\d+\.\d+(?:\.\d+)?)", re.I)
_IN_TITLE = re.compile(rf"\bin {_RELEASE}", re.I)
_ALREADY = re.compile(rf"{_RELEASE} no longer", re.I)
_VAGUE = re.compile(r"in a (?:future|coming) release|in future releases?|a future release", re.I)


def _events(page: Page, catalog: Catalog, released: dict[str, date]) -> tuple[list[Event], str]:
    """The events of a page, and what of it was not read, empty for nothing."""
    if page.renames:
        return _parse_renaming(page, released), ""
    phase = _phase(page)
    if phase is None:
        return [], "its title tells no change of phase"
    subjects, passed = find_title_subjects(page.title, catalog)
    if not subjects:
        return [], passed or "its title names no subject that the catalog knows"
    sdk = _release(page, released)
    if not sdk and not _VAGUE.search(f"{page.title} {page.text}"):
        return [], "no release is named with which it takes effect"
    if sdk and sdk_key(sdk) < min(map(sdk_key, released), default=()):
        return [], f"it takes effect with {sdk}, before the first release that is known"
    # A family that is not known yet is kept: the event is not one of every family.
    instances = frozenset(re.findall(r"\b(?:inf|trn)\d[a-z]?\b", page.title.lower()))
    events = [
        Event(
            kind=subject.kind,
            name=subject.name,
            version=subject.version,
            phase=phase,
            announced=page.announced,
            effective=released.get(sdk),
            sdk=sdk,
            instances=instances,
            replacement="",
            source=page.path,
            note=READ_BY_IMPORT,
            component=subject.component,
            workload=subject.workload,
        )
        for subject in subjects
    ]
    return events, passed


def _parse_renaming(page: Page, released: dict[str, date]) -> list[Event]:
    """The end of each old name of a table of renames."""
    sdk = _release(page, released)
    return [
        Event(
            kind=SubjectKind.COMPONENT,
            name=canonicalize_name(old),
            version="",
            phase=Phase.EOS,
            announced=page.announced,
            effective=released.get(sdk),
            sdk=sdk,
            instances=frozenset(),
            replacement=canonicalize_name(new),
            source=page.path,
            note=READ_BY_IMPORT,
            type=EventType.RENAMED,
        )
        for old, new in page.renames
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", old)
        and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", new)
    ]


def _phase(page: Page) -> Phase | None:
    if _MAINTENANCE.search(page.title):
        return Phase.MAINTENANCE
    if _ENDS.search(page.title):
        return Phase.EOS
    return Phase.STABLE if _ADDS.search(page.title) else None


def _release(page: Page, released: dict[str, date]) -> str:
    """The release with which the change takes effect, empty where none is named."""
    starts = _STARTS.search(page.title)
    if starts is not None:
        return _whole(starts[1])
    if _STARTS_OTHERWISE.search(page.title):
        return ""
    last = _LAST.search(page.text)
    if last is not None:
        return _after(last[1], released)
    for pattern, text in (
        (_STARTS, page.text),
        (_IN_TITLE, page.title),
        (_PLANNED, page.text),
        (_ALREADY, page.text),
    ):
        match = pattern.search(text)
        if match is not None:
            return _whole(match[1])
    return ""


def _whole(version: str) -> str:
    return version if version.count(".") == 2 else f"{version}.0"


def _after(version: str, released: dict[str, date]) -> str:
    """The first release of the minor version after one."""
    line = (*sdk_key(version), 0, 0)[:2]
    later = [sdk for sdk in released if sdk_key(sdk)[:2] > line]
    if later:
        return min(later, key=sdk_key)
    major, minor = line
    return f"{major}.{minor + 1}.0"
