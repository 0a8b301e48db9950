"""Support floors: what the policy promises, and that promises are never taken back."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.policy import (
    Event,
    Phase,
    Subject,
    SubjectKind,
    SupportFloor,
    phase_at,
    support_floor,
)
from neuron_pin.policy.calendar import add_months

SUBJECT = Subject(SubjectKind.FRAMEWORK, "torch-neuronx", "2.8")
TODAY = date(2026, 3, 1)


def event(phase: Phase, announced: date, effective: date | None) -> Event:
    return Event(
        kind=SUBJECT.kind,
        name=SUBJECT.name,
        version=SUBJECT.version,
        phase=phase,
        announced=announced,
        effective=effective,
        sdk="",
        instances=frozenset(),
        replacement="",
        source="a page",
    )


def floor(*events: Event, as_of: date = TODAY, facts_of: date = date.max, **more) -> SupportFloor:
    return support_floor(SUBJECT, events, as_of=as_of, facts_of=facts_of, **more)


def test_what_was_not_announced_could_be_announced_tomorrow() -> None:
    found = floor()
    assert (found.announced, found.could_end_from) == (None, date(2026, 4, 2))
    assert found.guaranteed_until == date(2026, 4, 1)


def test_beyond_its_facts_nothing_is_promised() -> None:
    found = floor(facts_of=date(2026, 1, 15))
    assert found.could_end_from == date(2026, 2, 16)


def test_an_earlier_framework_version_has_six_months_from_the_newer_one() -> None:
    found = floor(superseded=date(2025, 12, 19))
    assert (found.could_end_from, found.regular_until) == (date(2026, 6, 19), date(2026, 6, 18))


def test_six_months_that_have_passed_promise_no_more_than_the_month() -> None:
    found = floor(superseded=date(2025, 1, 1))
    assert found.could_end_from == date(2026, 4, 2)


def test_an_announcement_beats_the_promise_and_both_are_told() -> None:
    end = event(Phase.EOS, date(2026, 2, 26), date(2026, 4, 9))
    found = floor(end, superseded=date(2025, 12, 19))
    assert (found.announced, found.promised) == (date(2026, 4, 9), date(2026, 6, 19))
    assert (found.could_end_from, found.breaks_promise) == (date(2026, 4, 9), True)


def test_an_announcement_of_no_date_still_starts_the_month() -> None:
    found = floor(event(Phase.EOS, date(2026, 2, 26), None))
    assert (found.announced, found.could_end_from) == (None, date(2026, 3, 26))
    later = floor(event(Phase.EOS, date(2026, 1, 1), None))
    assert later.could_end_from == TODAY + timedelta(days=1)


@pytest.mark.parametrize(
    ("announced", "more", "is_open"),
    [
        (date(2025, 12, 1), {}, True),
        # The month of notice is not over.
        (date(2026, 2, 20), {}, False),
        # The six months of a framework version are not.
        (date(2025, 12, 1), {"superseded": date(2026, 2, 1)}, False),
    ],
)
def test_after_the_notice_of_an_end_of_no_date_nothing_is_promised(
    announced: date, more: dict[str, date], is_open: bool
) -> None:
    assert floor(event(Phase.EOS, announced, None), **more).could_come_any_day is is_open
    assert not floor(event(Phase.EOS, announced, date(2027, 1, 1)), **more).could_come_any_day
    assert not floor(**more).could_come_any_day


def test_an_end_that_was_moved_counts_on_its_new_day() -> None:
    moved = [
        event(Phase.EOS, date(2025, 12, 16), date(2026, 4, 9)),
        event(Phase.EOS, date(2026, 2, 20), date(2026, 5, 21)),
    ]
    assert floor(*moved).announced == date(2026, 5, 21)
    # Not known on the day before.
    assert floor(*moved, as_of=date(2026, 2, 19)).announced == date(2026, 4, 9)


def test_an_end_after_which_support_went_on_is_none() -> None:
    events = [
        event(Phase.EOS, date(2025, 1, 1), date(2025, 3, 1)),
        event(Phase.MAINTENANCE, date(2025, 6, 1), date(2025, 6, 2)),
    ]
    assert floor(*events).announced is None


@pytest.mark.parametrize("phase", [Phase.ALPHA, Phase.BETA])
def test_of_what_is_not_supported_nothing_is_promised(phase: Phase) -> None:
    assert floor(phase=phase, superseded=date(2026, 2, 28)).could_end_from <= TODAY


@st.composite
def faithful(draw) -> list[Event]:
    """Announcements of one end, each at least a month ahead: announced, moved to a later day."""
    announced = draw(st.dates(date(2024, 10, 1), date(2027, 1, 1)))
    events: list[Event] = []
    effective = None
    for _ in range(draw(st.integers(0, 3))):
        least = add_months(announced, 1)
        if effective is not None:
            if announced > effective:
                break
            least = max(least, effective)
        day = least + timedelta(days=draw(st.integers(0, 120)))
        undated = effective is None and draw(st.booleans())
        events.append(event(Phase.EOS, announced, None if undated else day))
        effective = effective if undated else day
        announced += timedelta(days=draw(st.integers(1, 60)))
    return events


@given(
    faithful(),
    st.dates(date(2024, 10, 1), date(2027, 6, 1)),
    st.integers(0, 200),
    st.none() | st.dates(date(2024, 10, 1), date(2026, 1, 1)),
)
def test_floors_never_move_to_an_earlier_day(
    events: list[Event], day: date, later: int, newer: date | None
) -> None:
    """While the vendor keeps to the policy, what was guaranteed once stays guaranteed."""
    after = day + timedelta(days=later)
    if newer is not None:
        # The six months are kept, too.
        kept = add_months(newer, 6)
        events = [e for e in events if e.effective is None or e.effective >= kept]

    def at(as_of: date) -> SupportFloor:
        known = newer if newer is not None and newer <= as_of else None
        return support_floor(SUBJECT, events, as_of=as_of, facts_of=as_of, superseded=known)

    assert at(day).could_end_from <= at(after).could_end_from


EVENTS = st.lists(
    st.builds(
        event,
        st.sampled_from([Phase.BETA, Phase.STABLE, Phase.MAINTENANCE, Phase.EOS]),
        st.dates(date(2025, 1, 1), date(2026, 1, 1)),
        st.none() | st.dates(date(2025, 1, 1), date(2026, 1, 1)),
    ),
    max_size=5,
)


@given(EVENTS, EVENTS, st.dates(date(2025, 1, 1), date(2026, 1, 1)))
def test_nothing_announced_later_is_known(
    events: list[Event], others: list[Event], day: date
) -> None:
    future = [e._replace(announced=e.announced + timedelta(days=400)) for e in others]
    assert floor(*events, as_of=day) == floor(*events, *future, as_of=day)
    name = SUBJECT.name
    now = phase_at(events, name, "2.8.0.1", None, day)
    assert now == phase_at([*events, *future], name, "2.8.0.1", None, day)


@given(st.lists(st.sampled_from(list(Phase)), max_size=5), st.data())
def test_phases_only_advance_where_announcements_do(phases: list[Phase], data) -> None:
    """Monotone in the day, as long as no announcement leads back."""
    day = date(2025, 1, 1)
    events = []
    for phase in sorted(phases):
        day += timedelta(days=data.draw(st.integers(1, 90)))
        events.append(event(phase, day, day + timedelta(days=data.draw(st.integers(0, 5)))))
    events = [e for e in events if e.phase is not None and e.phase >= Phase.STABLE]
    days = sorted(data.draw(st.lists(st.dates(date(2025, 1, 1), date(2026, 12, 31)), max_size=6)))
    seen = [phase_at(events, SUBJECT.name, "2.8", None, d).phase for d in days]
    assert seen == sorted(seen)
