"""What changes when of what is locked or installed, and what to do by then."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.backends import find_backend
from neuron_pin.catalog.dated_changes import (
    ChangeKind,
    DatedChange,
    find_kernel_change,
    list_changes,
)
from neuron_pin.catalog.features import read_features
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.subjects import Subjects
from neuron_pin.catalog.version_range import sdk_key
from neuron_pin.catalog.windows import parse_kernel_series
from neuron_pin.policy import Subject, SubjectKind
from neuron_pin.policy.calendar import add_days, add_months
from neuron_pin.policy.edition import edition_at
from neuron_pin.policy.version import version_order
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.target import TargetOptions

from .lifecycle import Inventory
from .next_step import find_next_step
from .places import Place, PlaceKind

PAST = 90
"""Days for which a change that is over is told where nothing says whom it concerns."""

_USED_OR_NOT = (SubjectKind.FEATURE, SubjectKind.API, SubjectKind.MODEL_CLASS)
"""What a package has and its user may never use."""


class Urgency(Enum):
    """When to act, most urgent first."""

    OVERDUE = "overdue"
    MONTH = "within-30-days"
    QUARTER = "within-90-days"
    LATER = "later"
    NO_DATE = "no-date"
    NOTICE = "notice"
    """No deadline: what releases and announcements say beside the policy's phases."""


class Touched(NamedTuple):
    """Where something is, in which version; empty for what has none."""

    place: str
    version: str


class Upcoming(NamedTuple):
    """One change and what it concerns.

    ``days_left`` counts to the last day before it, negative once that is over, none where there
    is no day.  ``is_due`` says that it falls into the time that fails.  ``steps`` are commands.
    """

    change: DatedChange
    touched: tuple[Touched, ...]
    urgency: Urgency
    days_left: int | None
    is_due: bool
    steps: tuple[str, ...]


class Outlook(NamedTuple):
    """The changes of some places, or of everything that is known where there is no place.

    ``known_until`` is the last day of the announcements that count.  An end from ``unknown_from``
    on may not be announced by then, if the vendor gives notice as the policy promises; none
    where it promised none.
    """

    places: tuple[Place, ...]
    as_of: date
    facts_of: date
    known_until: date
    unknown_from: date | None
    changes: tuple[Upcoming, ...]

    @property
    def is_due(self) -> bool:
        """Whether anything falls into the time that fails."""
        return any(upcoming.is_due for upcoming in self.changes)


def find_upcoming(
    catalog: Catalog,
    options: TargetOptions,
    places: Sequence[Place],
    *,
    within: int | None = None,
    fail_within: int | None = None,
    ignored: Sequence[str] = (),
) -> Outlook:
    """What changes of some places, or of everything that is known if there is none.

    ``within`` and ``fail_within`` are days from that of the options on, none for no bound and for
    none that fails; ``ignored`` are names and labels of subjects, and kinds of changes.
    """
    as_of = options.as_of
    found: dict[tuple[object, ...], tuple[DatedChange, list[Touched], list[str]]] = {}
    for place in places or (_everything(catalog, options),):
        for change, version in _list_of_place(catalog, place, as_of, whole=not places):
            key = (change.subject.label, change.kind, change.day)
            change, touched, steps = found.setdefault(key, (change, [], []))
            if places:
                touched.append(Touched(place.label, version))
            steps.append(find_next_step(catalog, change, place))
    drop = {word.lower() for word in ignored}
    rows = [
        _judge(change, touched, steps, as_of, fail_within, whole=not places)
        for change, touched, steps in _drop_repeated(found.values())
        if not drop & _list_words(change)
    ]
    rows = [row for row in rows if _is_within(row.change, within, as_of, whole=not places)]
    order = list(Urgency)
    rows.sort(key=lambda row: (order.index(row.urgency), row.change.day or date.max,
                               row.change.subject.label, row.change.kind.value))  # fmt: skip
    known = min(as_of, catalog.announced)
    notice = edition_at(known).notice_months
    unknown_from = add_months(add_days(known, 1), notice) if notice else None
    return Outlook(tuple(places), as_of, catalog.announced, known, unknown_from, tuple(rows))


def _everything(catalog: Catalog, options: TargetOptions) -> Place:
    return Place(PlaceKind.NOTHING, "", Inventory("", {}, "", "", ""), options.make(catalog))


def _list_of_place(
    catalog: Catalog, place: Place, as_of: date, *, whole: bool
) -> Iterable[tuple[DatedChange, str]]:
    """The changes that concern a place, each with the version of what it is about."""
    features = {} if whole else read_features(catalog)
    for status in Subjects(catalog, as_of, place.target.family):
        version = ""
        if not whole:
            found = _touch(status.subject, place, features)
            if found is None:
                continue
            version = found
        for change in list_changes(status, catalog, as_of):
            if whole or not (
                _is_gone(change, catalog, place.inventory, version)
                or _is_of_others(change, catalog, version)
            ):
                yield change, version
    if place.kernel and place.target.os is not None and DRIVER in place.inventory.versions:
        series = ".".join(map(str, parse_kernel_series(place.kernel)))
        kernel = find_kernel_change(catalog, place.target.os.name, series, as_of)
        if kernel is not None:
            yield kernel, place.inventory.versions[DRIVER][0]


def _touch(
    subject: Subject, place: Place, features: Mapping[tuple[SubjectKind, str], Sequence[str]]
) -> str | None:
    """The version in which a place has a subject, empty for one that has none; `None` if it does
    not have it."""
    inventory = place.inventory
    if subject in place.lines:
        return ""
    if subject.kind is SubjectKind.MODEL_CLASS:
        return next(iter(inventory.versions.get(subject.component, ())), None)
    if subject.kind in _USED_OR_NOT:
        parts = features.get((subject.kind, subject.name), ())
        own = [name for name in parts if name in inventory.versions]
        return f"{own[0]} {inventory.versions[own[0]][0]}" if own else None
    return inventory.find(subject) or None


def _is_gone(change: DatedChange, catalog: Catalog, inventory: Inventory, version: str) -> bool:
    """Whether what ended is in no version as new as the package's: told by the versions that the
    release of its end shipped, else by the releases.  ``version`` is ``PACKAGE VERSION``."""
    if change.subject.kind not in _USED_OR_NOT or change.kind is not ChangeKind.END:
        return False
    name, _, own = version.partition(" ")
    shipped = [
        listed
        for listed, members in catalog.shipped(name).items()
        if listed and any(sdk == change.sdk for sdk, _ in members)
    ]
    if own and shipped:
        return version_order(own) >= max(map(version_order, shipped))
    if not change.sdk or not inventory.sdk:
        return False
    return sdk_key(change.sdk) <= sdk_key(inventory.sdk)


def _is_of_others(change: DatedChange, catalog: Catalog, version: str) -> bool:
    """Whether a change of a package is that of other versions of it: of the framework versions
    that the same page names, or of what the version's backend takes the place of.  ``version`` is
    that of the package, of a feature ``PACKAGE VERSION``."""
    subject = change.subject
    is_used_or_not = subject.kind in _USED_OR_NOT
    if subject.kind in (SubjectKind.FEATURE, SubjectKind.API):
        name, _, own = version.partition(" ")
    else:
        name, own = subject.component if is_used_or_not else subject.name, version
    package = catalog.packages.get(name)
    if package is None or not own:
        return False
    if is_used_or_not:
        named = [e for e in catalog.events if e.source == change.source and e.name == name]
        versions = [event.version for event in named if event.version]
        if versions and not any(f"{own}.".startswith(f"{of}.") for of in versions):
            return True
    backend = find_backend(package.backends, own)
    told = change.replacement
    return backend is not None and bool(told) and (told in backend.name or backend.name in told)


def _list_words(change: DatedChange) -> set[str]:
    """The words by which somebody leaves a change out, in lower case."""
    subject = change.subject
    words = (change.kind.value, subject.name, subject.label, subject.component)
    return {word.lower() for word in words if word}


_Row = tuple[DatedChange, list[Touched], list[str]]


def _drop_repeated(rows: Iterable[_Row]) -> list[_Row]:
    """Rows without what another one says: a package that is gone with its framework versions,
    and model classes that go with their component.  Those that one announcement ends are one
    row, whose reason names them."""
    found = list(rows)
    told = {(change.subject.name, change.day, change.kind) for change, _, _ in found}
    frameworks = {
        (change.subject.name, change.day)
        for change, _, _ in found
        if change.kind is ChangeKind.NOT_SHIPPED and change.subject.version
    }
    kept: list[_Row] = []
    models: dict[tuple[object, ...], list[_Row]] = {}
    for row in found:
        subject, change = row[0].subject, row[0]
        if subject.kind is SubjectKind.MODEL_CLASS:
            if (subject.component, change.day, change.kind) not in told:
                key = (subject.component, subject.workload, change.day, change.kind, change.source)
                models.setdefault(key, []).append(row)
        elif (
            change.kind is not ChangeKind.NOT_SHIPPED
            or subject.version
            or (subject.name, change.day) not in frameworks
        ):
            kept.append(row)
    return kept + [_merge_models(rows) for rows in models.values()]


def _merge_models(rows: Sequence[_Row]) -> _Row:
    change, touched, steps = rows[0]
    if len(rows) == 1:
        return rows[0]
    subject = change.subject
    names = ", ".join(sorted(row[0].subject.name for row in rows))
    merged = change._replace(subject=subject._replace(name="models"), reason=names)
    words = ["lifecycle", "--kind", "model-class", "--component", subject.component]
    step = shlex.join(["neuron-pin", *words, "--workload", subject.workload])
    return merged, touched, [step] if steps else []


def _judge(
    change: DatedChange,
    touched: Sequence[Touched],
    steps: Sequence[str],
    as_of: date,
    fail_within: int | None,
    *,
    whole: bool,
) -> Upcoming:
    act_by = change.act_by
    left = (act_by - as_of).days if act_by is not None else None
    urgency = _find_urgency(change, left)
    is_due = left is not None and fail_within is not None and left <= fail_within
    # What is over concerns those who have it; where nobody is named, nobody has to act.
    is_due = is_due and not (whole and urgency is Urgency.OVERDUE)
    return Upcoming(
        change,
        tuple(dict.fromkeys(touched)),
        urgency,
        left,
        is_due,
        tuple(dict.fromkeys(steps)),
    )


def _find_urgency(change: DatedChange, left: int | None) -> Urgency:
    if not change.kind.is_deadline:
        return Urgency.NOTICE
    if left is None:
        return Urgency.NO_DATE
    if left < 0:
        return Urgency.OVERDUE
    if left <= 30:
        return Urgency.MONTH
    return Urgency.QUARTER if left <= 90 else Urgency.LATER


def _is_within(change: DatedChange, within: int | None, as_of: date, *, whole: bool) -> bool:
    """Whether a change is told: what is over, where nothing is named, only for some time."""
    day = change.act_by or change.day
    if day is None:
        return True
    left = (day - as_of).days
    if whole and left < -PAST:
        return False
    return within is None or left <= within
