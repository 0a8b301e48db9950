"""Every change of one subject that has a day, or was announced for none yet: what was announced,
where the policy's promise ends, and what releases did.

Pure: from a `Status` to `DatedChange` values.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.policy import (
    Event,
    EventType,
    Phase,
    Subject,
    SubjectKind,
    events_in_force,
    list_coming,
    phase_at,
)
from neuron_pin.policy.calendar import add_days, add_months
from neuron_pin.policy.edition import edition_at
from neuron_pin.record import Enum, NamedTuple

from .catalog import Catalog
from .names import DRIVER
from .status import Status
from .windows import find_tested_kernels


class ChangeKind(Enum):
    """What changes."""

    END = "end-of-support"
    MAINTENANCE = "maintenance"
    EARLIER_PHASE = "phase"
    """Alpha, Beta, RC or Stable begins."""
    UPDATES_END = "end-of-updates"
    """The six months of regular updates of an earlier framework version are over."""
    NO_RELEASES = "no-new-releases"
    TRANSITION = "transition"
    LAST_VERSION = "last-version"
    SUPERSEDED = "superseded"
    NOT_SHIPPED = "not-shipped"
    KERNEL = "kernel-not-tested"

    @property
    def is_deadline(self) -> bool:
        """Whether something is over on its day, so that whoever has it has to act."""
        return self in (ChangeKind.END, ChangeKind.MAINTENANCE, ChangeKind.UPDATES_END)


class Basis(Enum):
    """What a change follows from."""

    ANNOUNCED = "announced"
    POLICY = "policy"
    """Computed: the policy promises nothing from that day on, and nobody announced an end."""
    RELEASES = "releases"
    """What releases ship, and were tested on."""


class DatedChange(NamedTuple):
    """One change.  ``day`` is the first on which it holds, none where none was announced yet.

    ``announced`` is the day of the announcement, none for what follows from the policy or from
    releases; ``sdk`` the release that it comes with, empty for none; ``instances`` the families
    that it is for, empty for all; ``reason`` what it was computed from.
    """

    subject: Subject
    kind: ChangeKind
    phase: Phase | None
    day: date | None
    basis: Basis
    announced: date | None
    sdk: str
    instances: frozenset[str]
    replacement: str
    source: str
    reason: str = ""

    @property
    def act_by(self) -> date | None:
        """The last day before it, none for what is no deadline."""
        if self.day is None or not self.kind.is_deadline:
            return None
        return add_days(self.day, -1)


_KINDS = {Phase.EOS: ChangeKind.END, Phase.MAINTENANCE: ChangeKind.MAINTENANCE}
_OTHERS = {
    EventType.NO_RELEASES: ChangeKind.NO_RELEASES,
    EventType.TRANSITION: ChangeKind.TRANSITION,
    EventType.LAST_VERSION: ChangeKind.LAST_VERSION,
}


def list_changes(status: Status, catalog: Catalog, as_of: date) -> list[DatedChange]:
    """The changes of a subject: the phase that it is in now, if it is Maintenance or the end;
    those that were announced and are to come; where the policy's promise ends; and how
    releases left it behind.  A phase that it has left again is none."""
    events = [e for e in status.events if e.type in (EventType.PHASE, EventType.RENAMED)]
    found: dict[Event, DatedChange] = {}
    # What is for some instance families only is judged with what is for all of them.
    for families in sorted({e.instances for e in events} | {frozenset()}, key=sorted):
        own = [e for e in events if not e.instances or families <= e.instances]
        for event in _list_decisive(own, status, as_of):
            found.setdefault(event, _announced(event, status, as_of))
    changes = list(found.values())
    for event in status.events:
        if event.type in _OTHERS and event.stands(as_of):
            changes.append(_announced(event, status, as_of)._replace(kind=_OTHERS[event.type]))
    changes += _list_computed(status, changes)
    if status.subject.kind is not SubjectKind.MODEL_CLASS:
        changes += _list_left_behind(status, catalog, as_of)
    return changes


def _list_decisive(events: Sequence[Event], status: Status, as_of: date) -> list[Event]:
    """The event behind the phase of the day, if that is Maintenance or the end, and those that
    are to come."""
    if not events:
        return []
    in_force = events_in_force(events, as_of)
    name, version = events[0].name, status.subject.version or events[0].version
    now = phase_at(in_force, name, version, None, as_of)
    is_late = now.event is not None and now.phase >= Phase.MAINTENANCE
    return [*([now.event] if is_late and now.event else []), *list_coming(in_force, as_of)]


def _announced(event: Event, status: Status, as_of: date) -> DatedChange:
    phase = event.phase
    months = edition_at(event.announced).notice_months
    notice = add_months(event.announced, months)
    is_open = event.effective is None and phase is Phase.EOS and months and notice <= as_of
    is_of_package = event.kind in (SubjectKind.COMPONENT, SubjectKind.FRAMEWORK)
    return DatedChange(
        subject=event.subject if is_of_package else status.subject,
        kind=_KINDS.get(phase, ChangeKind.EARLIER_PHASE) if phase else ChangeKind.EARLIER_PHASE,
        phase=phase,
        day=event.effective,
        basis=Basis.ANNOUNCED,
        announced=event.announced,
        sdk=event.sdk,
        instances=event.instances,
        replacement=event.replacement or status.replacement,
        source=event.source,
        reason=f"on any day: its notice was over on {notice}" if is_open else "",
    )


def _list_computed(status: Status, announced: Sequence[DatedChange]) -> list[DatedChange]:
    """The end of the six months of an earlier framework version, unless it is over, or was
    announced to be, by then."""
    floor = status.floor
    if floor.regular_until is None or status.phase is not Phase.STABLE:
        return []
    day = add_days(floor.regular_until, 1)
    ends = [change.day for change in announced if change.kind.is_deadline]
    if any(end is not None and end <= day for end in ends):
        return []
    return [
        DatedChange(
            subject=status.subject,
            kind=ChangeKind.UPDATES_END,
            phase=None,
            day=day,
            basis=Basis.POLICY,
            announced=None,
            sdk="",
            instances=frozenset(),
            replacement=status.replacement,
            source=f"maintenance policy, edition {floor.edition.name}",
            reason=f"a newer version has been supported since {status.superseded}",
        )
    ]


def _list_left_behind(status: Status, catalog: Catalog, as_of: date) -> list[DatedChange]:
    """That a newer release came, or that releases ship it no more; not of what has ended."""
    is_sdk = status.subject.kind is SubjectKind.SDK
    day = status.superseded if is_sdk else status.dropped
    if day is None or status.phase is Phase.EOS:
        return []
    came = [r for r in catalog.releases if r.date == day and r.phase >= Phase.STABLE]
    return [
        DatedChange(
            subject=status.subject,
            kind=ChangeKind.SUPERSEDED if is_sdk else ChangeKind.NOT_SHIPPED,
            phase=None,
            day=day,
            basis=Basis.RELEASES,
            announced=None,
            sdk=came[0].sdk if came else "",
            instances=frozenset(),
            replacement=status.replacement,
            source=came[0].source if came else "",
            reason="" if is_sdk else f"last in {status.last_sdk}",
        )
    ]


def find_kernel_change(
    catalog: Catalog, system: str, series: str, as_of: date
) -> DatedChange | None:
    """That drivers are not tested on a kernel's series (``6.8``) any more with an operating
    system, none where the newest tested one is, or none ever was."""
    tested = []
    # Newest first.
    for release in catalog.releases:
        if release.listed and release.date <= as_of:
            kernels, source = find_tested_kernels(catalog, [release.sdk], system)
            if kernels:
                tested.append((release, kernels, source))
    place = next((i for i, (_, kernels, _) in enumerate(tested) if series in kernels), 0)
    if not place:
        return None
    release, _, source = tested[place - 1]
    return DatedChange(
        subject=Subject(SubjectKind.COMPONENT, DRIVER),
        kind=ChangeKind.KERNEL,
        phase=None,
        day=release.date,
        basis=Basis.RELEASES,
        announced=None,
        sdk=release.sdk,
        instances=frozenset(),
        replacement="",
        source=source,
        reason=f"kernel {series} of {system}, last with {tested[place][0].sdk}",
    )
