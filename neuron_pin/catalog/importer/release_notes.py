"""Phases from release notes, component tables and what's-new pages, compared with the facts.

What is sure and new becomes an event.  What the facts say already is passed over, what
contradicts them is listed with both sources, and everything else that speaks of a phase is listed
with page and line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from neuron_pin.catalog.catalog import Catalog
from neuron_pin.catalog.facts import Contradiction
from neuron_pin.catalog.version_range import sdk_key
from neuron_pin.policy import Event, Phase, Subject, edition_at
from neuron_pin.record import NamedTuple

from .announcement_page import UnparsedPage
from .phase_statements import PhaseReader, Statement, find_odd_marks, speaks_of_phases
from .release_page import Passage

READ_BY_IMPORT = "read by catalog import"


@dataclass(slots=True)
class ReleaseNotes:
    """What pages of release notes state: new events, contradictions, how many statements the
    facts hold already, and what was not understood."""

    events: list[Event] = field(default_factory=list)
    contradictions: list[Contradiction] = field(default_factory=list)
    confirmed: int = 0
    unread: list[UnparsedPage] = field(default_factory=list)


class StatedDay(NamedTuple):
    """The day of a release as a page states it, and where."""

    day: date
    source: str


@dataclass(frozen=True, slots=True)
class _Dated:
    """A statement with its day: when it was made, and from when on it holds, none for a release
    that has no day yet."""

    statement: Statement
    page: str
    announced: date
    effective: date | None
    sdk: str

    @property
    def source(self) -> str:
        where = self.sdk or self.announced.isoformat()
        return f"{self.page}, {where}, line {self.statement.line}"


def read_release_notes(
    pages: Iterable[tuple[str, Sequence[Passage]]],
    catalog: Catalog,
    released: Mapping[str, date],
    announced: Sequence[Event] = (),
    packages: Sequence[str] = (),
) -> ReleaseNotes:
    """What pages state, each given by its path and its passages.

    ``released`` are the days of the releases, ``announced`` events besides the catalog's, and
    ``packages`` names of packages besides its own.
    """
    reader = PhaseReader(catalog, packages)
    found = ReleaseNotes()
    dated: list[_Dated] = []
    for path, passages in pages:
        dated += _agreeing(path, _statements(path, passages, reader, released, found), found)
    dated.sort(key=lambda d: (d.effective or date.max, d.announced, d.page, d.statement.line))
    known: dict[str, list[Event]] = {}
    for event in (*catalog.events, *announced):
        known.setdefault(event.name, []).append(event)
    settled = {c.subject for c in catalog.corrections}
    for each in dated:
        _compare(each, known, settled, found)
    found.unread.sort(key=lambda page: (page.path, page.line))
    return found


def find_release_days(
    pages: Iterable[tuple[str, Sequence[Passage]]], sdks: Collection[str]
) -> tuple[dict[str, StatedDay], list[UnparsedPage]]:
    """The days that pages state of some releases: that of a section which names the release and
    has a date of its own.  A release of which pages state several days is listed, and has none.
    """
    stated: dict[str, dict[date, StatedDay]] = {}
    titles: dict[str, str] = {}
    for path, passages in pages:
        for section in (passage.section for passage in passages):
            if section.sdk in sdks and section.day is not None:
                source = f"{path}, line {section.line}"
                days = stated.setdefault(section.sdk, {})
                days.setdefault(section.day, StatedDay(section.day, source))
                titles.setdefault(section.sdk, section.title)
    unread = []
    for sdk, days in stated.items():
        if len(days) > 1:
            each = " and ".join(f"{day} [{days[day].source}]" for day in sorted(days))
            unread.append(UnparsedPage(sdk, titles[sdk], f"its pages state several days: {each}"))
    found = {sdk: next(iter(days.values())) for sdk, days in stated.items() if len(days) == 1}
    return found, unread


def _statements(
    path: str,
    passages: Sequence[Passage],
    reader: PhaseReader,
    released: Mapping[str, date],
    found: ReleaseNotes,
) -> list[_Dated]:
    """The statements of a page that have a day; the others are listed as not understood."""
    dated: list[_Dated] = []
    for passage in passages:
        title = passage.section.title
        for line, version, mark in find_odd_marks(passage):
            reason = f"the mark {mark!r} of version {version} is neither b nor rc"
            found.unread.append(UnparsedPage(path, title, reason, line))
        statements = reader.read(passage)
        if not statements and (line := speaks_of_phases(passage)):
            reason = "it speaks of a phase, and of no whole subject that the catalog knows"
            found.unread.append(UnparsedPage(path, title, reason, line))
        for statement in statements:
            each = _date(statement, path, passage, released)
            if isinstance(each, str):
                found.unread.append(UnparsedPage(path, title, each, statement.line))
            else:
                dated.append(each)
    return dated


def _date(
    statement: Statement, path: str, passage: Passage, released: Mapping[str, date]
) -> _Dated | str:
    """The statement with its day, or why it has none."""
    label = f"{statement.subject.label}: {statement.phase.label}"
    if statement.words:
        return f"{label}, on a day that was not understood: {statement.words!r}"
    section = passage.section
    words, line = section.find_stated()
    if words and not statement.sdk:
        return f"{label}, on a day that was not understood: {words!r} (line {line})"
    named = section.find_sdk()
    sdk = statement.sdk or named
    posted = released.get(named) or section.find_day()
    if statement.is_after:
        sdk = _find_next(sdk, released)
    effective = released.get(sdk) if sdk else section.find_day()
    if sdk and effective is None and sdk_key(sdk) < max(map(sdk_key, released), default=()):
        return f"{label}, with {sdk}, which is no release that is known"
    made = posted or effective
    if made is None:
        return f"{label}, and no release or day is named"
    edition = edition_at(made)
    # Texts of before the present phases call things otherwise, and some things not at all.
    if edition.has_minimum and statement.phase not in edition.phases_of[statement.subject.kind]:
        kind = statement.subject.kind.value
        return f"{label}, which edition {edition.name} of the policy does not have for a {kind}"
    return _Dated(statement, path, min(made, effective or made), effective, sdk)


def _find_next(sdk: str, released: Mapping[str, date]) -> str:
    """The first release of the minor version after one."""
    major, minor = (*sdk_key(sdk), 0, 0)[:2]
    later = [known for known in released if sdk_key(known)[:2] > (major, minor)]
    return min(later, key=sdk_key) if later else f"{major}.{minor + 1}.0"


def _agreeing(path: str, dated: list[_Dated], found: ReleaseNotes) -> list[_Dated]:
    """The statements of a page without those that give one subject two phases on one day."""
    phases: dict[tuple[Subject, date | None], dict[Phase, int]] = {}
    for each in dated:
        said = phases.setdefault((each.statement.subject, each.effective), {})
        said.setdefault(each.statement.phase, each.statement.line)
    for (subject, day), said in phases.items():
        if len(said) > 1:
            stated = " and ".join(f"{phase.label} (line {said[phase]})" for phase in sorted(said))
            when = f"on {day}" if day is not None else "with a release that has no day yet"
            reason = f"{subject.label}: two phases {when}: {stated}"
            found.unread.append(UnparsedPage(path, "", reason, min(said.values())))
    return [e for e in dated if len(phases[e.statement.subject, e.effective]) == 1]


def _compare(
    each: _Dated, known: dict[str, list[Event]], settled: set[str], found: ReleaseNotes
) -> None:
    """Take a statement as an event, or pass it over, or list the contradiction."""
    subject, phase = each.statement.subject, each.statement.phase
    day = each.effective or date.max
    about = [
        e
        for e in known.get(subject.name, ())
        if e.kind is subject.kind
        and e.phase is not None
        and not e.withdrawn
        and (e.concerns(subject.name, subject.version, None) if subject.version else not e.version)
    ]
    about.sort(key=lambda e: (e.effective or date.max, e.announced))
    before = [e for e in about if (e.effective or date.max) <= day]
    if before and before[-1].phase is phase:
        found.confirmed += 1
        return
    later = [e for e in about if e not in before and e.phase is phase and e.effective is not None]
    against = later[0] if later and not phase.is_prerelease else None
    last = before[-1] if before else None
    if last is not None and last.phase is not None:
        if phase < last.phase or last.effective == each.effective:
            against = last
    if against is None:
        event = Event(
            kind=subject.kind,
            name=subject.name,
            version=subject.version,
            phase=phase,
            announced=each.announced,
            effective=each.effective,
            sdk=each.sdk,
            instances=frozenset(),
            replacement="",
            source=each.source,
            note=READ_BY_IMPORT,
        )
        known.setdefault(subject.name, []).append(event)
        found.events.append(event)
        return
    if f"phase of {subject.label}" in settled:
        found.confirmed += 1
        return
    assert against.phase is not None
    found.contradictions.append(
        Contradiction(
            subject.label,
            f"{phase.label} from {each.effective or 'no date yet'}",
            each.source,
            f"{against.phase.label} from {against.effective or 'no date yet'}",
            against.source,
        )
    )
