"""How long the policy holds its hand over something: the support floor.

Source: maintenance policy, "End of Support Announcement" (at least a month before) and
"Neuron Extension Components Updates" (regular updates for an earlier framework version for
at least six months after a newer one is supported, then possibly Maintenance).

A floor is what the policy promises, never a forecast: what was not announced by the day of
the facts could be announced on the day after.  An end is judged by the edition of the policy
that was in force when it was announced, everything else by that of the day: the texts before
September 2024 promised no minimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.record import NamedTuple

from .calendar import add_days, add_months
from .edition import PolicyEdition, edition_at
from .lifecycle import Event, Subject, events_in_force
from .phase import Phase, SubjectKind


class SupportFloor(NamedTuple):
    """Until when support is sure.

    ``announced`` is the day on which support ends or ended by announcement, none if none was
    made.  ``promised`` is the first day on which the policy would let it end, whatever was
    announced; where it promised nothing, the day of the end, or the first on which it could
    come.  ``regular_until`` is the last day on which regular updates of a framework version are
    sure, none for other subjects.  ``event`` is the announcement, ``reason`` says what
    ``promised`` follows from, ``edition`` by which text of the policy.
    """

    announced: date | None
    promised: date
    regular_until: date | None
    event: Event | None
    reason: str
    edition: PolicyEdition

    @property
    def could_end_from(self) -> date:
        """The first day on which support may be gone: the announced one, else the policy's."""
        return self.announced if self.announced is not None else self.promised

    @property
    def guaranteed_until(self) -> date:
        """The last day on which support is sure."""
        return add_days(self.could_end_from, -1)

    @property
    def could_come_any_day(self) -> bool:
        """Whether an end was announced for no date and its notice is over: the thing is supported
        on the day, and nothing is promised for the next one."""
        return (
            self.announced is None
            and self.event is not None
            and add_months(self.event.announced, 1) < self.promised
            and (self.regular_until is None or self.regular_until < self.guaranteed_until)
        )

    @property
    def breaks_promise(self) -> bool:
        """Whether the announced end comes earlier than the policy allows."""
        return self.announced is not None and self.announced < self.promised


def support_floor(
    subject: Subject,
    events: Sequence[Event],
    *,
    as_of: date,
    facts_of: date,
    phase: Phase = Phase.STABLE,
    superseded: date | None = None,
    family: str | None = None,
    early: Phase | None = None,
) -> SupportFloor:
    """The floor of a subject that is in a phase on a day.

    ``events`` are those that concern it; ``facts_of`` is the day up to which announcements
    are known, ``superseded`` the day on which a newer framework version became supported, as
    far as known on ``as_of``, ``family`` the instance family that is asked about, ``early`` the
    pre-release phase that it never left (`PhaseFact`).  Floors never move to an earlier day
    while facts are added that keep to the policy.
    """
    known_until = min(as_of, facts_of)
    in_force = events_in_force(events, known_until, family)
    every = [e for e in in_force if e.phase is Phase.EOS]
    ends = [e for e in every if not _supported_again(e, in_force, known_until)]
    # The first announcement of an end starts the month; the first day that one names is the end.
    first = min(ends, key=lambda e: e.announced, default=None)
    dated = [(e.effective, e) for e in ends if e.effective is not None]
    announced = min((day for day, _ in dated), default=None)
    last = max((e for day, e in dated if day == announced), key=lambda e: e.announced, default=None)
    tomorrow = add_days(known_until, 1)
    edition = edition_at(first.announced if first is not None and dated else known_until)
    if not edition.has_minimum:
        promised, superseded = announced or tomorrow, None
        reason = "the policy of that day promised no minimum"
    elif first is None:
        promised = add_months(tomorrow, edition.notice_months)
        reason = (
            f"no end of support had been announced by {known_until}; notice is at least one month"
        )
    else:
        promised = add_months(first.announced, edition.notice_months)
        reason = f"an end was announced on {first.announced}; notice is at least one month"
        if last is None:
            if promised < tomorrow:
                # Known to be supported on the day, and not promised for any later one.
                reason = f"an end was announced on {first.announced} without a date, and a month's "
                reason += "notice is over: it could come on any day"
            promised = max(promised, tomorrow)
    # Who took an end back does not mean an earlier one.
    taken_back = [e.effective for e in every if e not in ends and e.effective is not None]
    if first is None and taken_back and max(taken_back) > promised:
        promised = max(taken_back)
        reason = f"an end on {promised} was taken back"
    level = phase if early is None else early
    if level < Phase.RC:
        promised, superseded = min(known_until, announced or known_until), None
        reason = f"{level.label} software is not supported, and nothing is promised"
    regular_until = None
    if subject.kind is SubjectKind.FRAMEWORK and superseded is not None:
        regular = add_months(superseded, edition.regular_months)
        regular_until = add_days(regular, -1)
        if regular > promised:
            promised = regular
            reason = (
                f"a newer version has been supported since {superseded}; an earlier one gets "
                "updates for six more months"
            )
    return SupportFloor(announced, promised, regular_until, last or first, reason, edition)


def _supported_again(end: Event, events: Sequence[Event], as_of: date) -> bool:
    """Whether a later announcement of equal or narrower scope puts what has ended, or would,
    into an earlier phase.  An end that is over stays so until that takes effect."""
    return any(
        later.phase is not None
        and later.phase < Phase.EOS
        and later.effective is not None
        and later.is_within(end)
        and (
            later.announced > end.announced
            if end.effective is None
            else (later.effective, later.announced) > (end.effective, end.announced)
            and later.announced >= end.announced
            and later.effective <= max(as_of, end.effective)
        )
        for later in events
    )
