"""The time line that the page and the drawing share: rows, phases in days, one axis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import Catalog, Support
from neuron_pin.catalog.facts import version_numbers
from neuron_pin.catalog.newness import get_system
from neuron_pin.catalog.status import Status
from neuron_pin.catalog.support import find_target_parts, package_part, whole_support
from neuron_pin.lockfile import LockDocument
from neuron_pin.operations.lifecycle import read_inventory
from neuron_pin.policy import EventType, Phase, SubjectKind
from neuron_pin.policy.calendar import add_days
from neuron_pin.policy.lifecycle import list_periods
from neuron_pin.policy.update import Updates
from neuron_pin.record import NamedTuple


class Bar(NamedTuple):
    """A stretch of one phase: days, the end exclusive; ``planned`` if it has not begun,
    ``superseded`` if newer releases have left the subject behind, ``unknown`` after the day of
    the facts.  A phase whose end is not known reaches as far as it is guaranteed."""

    phase: Phase
    begin: date
    end: date
    planned: bool = False
    superseded: bool = False
    unknown: bool = False

    @property
    def look(self) -> str:
        """The classes that the bar is drawn with."""
        marks = [
            self.phase.label,
            "planned" * self.planned,
            "superseded" * self.superseded,
            "unknown" * self.unknown,
        ]
        return " ".join(mark for mark in marks if mark)


class Row(NamedTuple):
    """One subject's line; ``locked`` is its version in the user's lock, empty for none."""

    status: Status
    bars: tuple[Bar, ...]
    locked: str

    @property
    def is_supported(self) -> bool:
        """Whether it gets any updates on the day."""
        return self.status.updates is not Updates.NONE


class Timeline(NamedTuple):
    """Rows on an axis from ``start``, the first of a year, to ``end`` (exclusive), the first of a
    half of one."""

    rows: tuple[Row, ...]
    start: date
    end: date
    as_of: date
    facts_of: date
    lock: LockDocument | None
    support: Support | None

    def place(self, day: date) -> float:
        """Where a day lies on the axis, from 0 to 1."""
        whole = (self.end - self.start).days
        return min(max((day - self.start).days / whole, 0.0), 1.0)

    @property
    def years(self) -> list[int]:
        """The years of the axis."""
        last = self.end.year if self.end > date(self.end.year, 1, 1) else self.end.year - 1
        return list(range(self.start.year, last + 1))


def make_timeline(
    statuses: Sequence[Status], catalog: Catalog, as_of: date, lock: LockDocument | None
) -> Timeline:
    """The time line of some subjects, with a user's lock on it."""
    begins = [as_of]
    for status in statuses:
        begins += [e.announced for e in status.events if status.entered is None]
        begins += [status.entered] if status.entered is not None else []
    ends = [as_of]
    for status in statuses:
        ends += [e.effective for e in status.events if e.effective is not None]
        if status.updates is not Updates.NONE:
            ends.append(status.floor.could_end_from)
    start = date(min(begins).year, 1, 1)
    end = _start_next_half(max(ends))
    inventory = read_inventory(lock) if lock is not None else None
    rows = []
    for status in _sort(statuses):
        in_lock = inventory.find(status.subject) if inventory is not None else ""
        bars = _fade(_bars(status, as_of, start, end), as_of, catalog.announced)
        rows.append(Row(status, bars, in_lock))
    return Timeline(
        rows=tuple(rows),
        start=start,
        end=end,
        as_of=as_of,
        facts_of=catalog.announced,
        lock=lock,
        support=_support(catalog, lock, as_of) if lock is not None else None,
    )


def _bars(status: Status, as_of: date, start: date, end: date) -> tuple[Bar, ...]:
    events = [e for e in status.events if e.type is not EventType.LAST_VERSION]
    known_since = min((e.announced for e in events), default=start)
    bars = []
    # Beyond what is guaranteed nothing is drawn: that would be a guess.
    sure = add_days(as_of, 1)
    if status.updates is not Updates.NONE:
        sure = max(sure, status.floor.could_end_from)
    for stay in list_periods(events, as_of, status.entered, status.stable):
        begin = stay.begin or status.entered or known_since
        open_end = end if stay.phase is Phase.EOS else sure
        stop = min(stay.end or open_end, end)
        if begin < stop:
            bars.append(Bar(stay.phase, max(begin, start), stop, planned=begin > as_of))
    day = status.superseded if status.subject.kind is SubjectKind.SDK else status.dropped
    if day is None or status.phase is not Phase.STABLE or not bars:
        return tuple(bars)
    return tuple(part for bar in bars for part in _split(bar, day))


def _start_next_half(day: date) -> date:
    """The first of January or July after a day: a last year has room for its number."""
    if day.month < 7:
        return date(day.year, 7, 1)
    return date(day.year + 1, 1, 1) if day.year < date.max.year else date.max


def _sort(statuses: Sequence[Status]) -> list[Status]:
    """The order of kinds and names as it is; of one name the newest version first."""
    place: dict[tuple[SubjectKind, str], int] = {}
    for status in statuses:
        place.setdefault((status.subject.kind, status.subject.name), len(place))

    def find_place(status: Status) -> tuple[int, bool]:
        subject = status.subject
        return place[subject.kind, subject.name], bool(subject.version)

    newest_first = sorted(
        statuses, key=lambda status: version_numbers(status.subject.version), reverse=True
    )
    return sorted(newest_first, key=find_place)


def _fade(bars: Sequence[Bar], as_of: date, facts_of: date) -> tuple[Bar, ...]:
    """Bars of which the part after the day of the facts is unknown, where the time line goes
    on beyond that day.  What has ended stays so, and what was announced is known."""
    if as_of <= facts_of:
        return tuple(bars)
    after = add_days(facts_of, 1)
    faded: list[Bar] = []
    for bar in bars:
        if bar.phase is Phase.EOS or bar.planned or bar.end <= after:
            faded.append(bar)
        elif bar.begin >= after:
            faded.append(bar._replace(unknown=True))
        else:
            faded += [bar._replace(end=after), bar._replace(begin=after, unknown=True)]
    return tuple(faded)


def _split(bar: Bar, day: date) -> list[Bar]:
    """A bar before and after the day from which on it gets no updates any more."""
    if bar.planned or bar.end <= day:
        return [bar]
    after = bar._replace(begin=max(day, bar.begin), superseded=True)
    return [bar._replace(end=day), after] if bar.begin < day else [after]


def _support(catalog: Catalog, lock: LockDocument, as_of: date) -> Support | None:
    """Until when the lock is sure of support; raises `UnknownName` for its target."""
    family = (
        catalog.instances[catalog.instance(lock.target.instance)] if lock.target.instance else None
    )
    parts = [
        package_part(catalog, p.key.name, p.version, family, as_of)
        for p in lock.packages
        if p.is_neuron
    ]
    parts += find_target_parts(
        catalog,
        python=lock.target.python,
        system=get_system(catalog, lock.target.os) if lock.target.os else None,
        instance=family,
        as_of=as_of,
    )
    return whole_support(parts, catalog.announced)
