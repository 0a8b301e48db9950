"""How long the policy holds its hand over something: the support floor.

Source: maintenance policy, "End of Support Announcement" (at least a month before) and
"Neuron Extension Components Updates" (regular updates for an earlier framework version for
at least six months after a newer one is supported, then possibly Maintenance).

A floor is what the policy promises, never a forecast: what was not announced by the day of
the facts could be announced on the day after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from .calendar import add_days, add_months
from .edition import edition_at
from .lifecycle import Event, Subject, events_in_force
from .phase import Phase, SubjectKind


class SupportFloor(NamedTuple):
    """Until when support is sure.

    ``announced`` is the day on which support ends or ended by announcement, none if none was
    made.  ``promised`` is the first day on which the policy would let it end, whatever was
    announced.  ``regular_until`` is the last day on which regular updates of a framework
    version are sure, none for other subjects.  ``event`` is the announcement, ``reason``
    says what ``promised`` follows from.
    """

    announced: date | None
    promised: date
    regular_until: date | None
    event: Event | None
    reason: str

    @property
    def could_end_from(self) -> date:
        """The first day on which support may be gone: the announced one, else the policy's."""
        return self.announced if self.announced is not None else self.promised

    @property
    def guaranteed_until(self) -> date:
        """The last day on which support is sure."""
        return add_days(self.could_end_from, -1)

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
) -> SupportFloor:
    """The floor of a subject that is in a phase on a day.

    ``events`` are those that concern it; ``facts_of`` is the day up to which announcements
    are known, ``superseded`` the day on which a newer framework version became supported, as
    far as known on ``as_of``.  Floors never move to an earlier day while facts are added that
    keep to the policy.
    """
    known_until = min(as_of, facts_of)
    edition = edition_at(known_until)
    ends = [e for e in events_in_force(events, known_until) if e.phase is Phase.EOS]
    ends = [e for e in ends if not _supported_again(e, events, known_until)]
    # The first announcement of an end starts the month, the last one says when it ends.
    first = min(ends, key=lambda e: e.announced, default=None)
    dated = [e for e in ends if e.effective is not None]
    last = max(dated, key=lambda e: e.announced, default=None)
    tomorrow = add_days(known_until, 1)
    if first is None:
        promised = add_months(tomorrow, edition.notice_months)
        reason = (
            f"no end of support had been announced by {known_until}; notice is at least one month"
        )
    else:
        promised = add_months(first.announced, edition.notice_months)
        reason = f"an end was announced on {first.announced}; notice is at least one month"
        if last is None:
            promised = max(promised, tomorrow)
    if phase < Phase.RC:
        promised, superseded = known_until, None
        reason = f"{phase.label} software is not supported, and nothing is promised"
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
    announced = last.effective if last is not None else None
    return SupportFloor(announced, promised, regular_until, last or first, reason)


def _supported_again(end: Event, events: Sequence[Event], as_of: date) -> bool:
    """Whether a later announcement puts a subject into an earlier phase than the end did."""
    return any(
        later.phase is not None
        and later.phase < Phase.EOS
        and later.stands(as_of)
        and later.announced > end.announced
        and later.effective is not None
        and (end.effective is None or later.effective >= end.effective)
        for later in events
    )
