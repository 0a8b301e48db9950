"""The phase of a subject on a date."""

from datetime import date, timedelta

import pytest

from neuron_pin.policy import Event, EventType, Phase, PhaseFact, SubjectKind, phase_at
from neuron_pin.policy.lifecycle import PhasePeriod, events_in_force, list_periods, next_change

DAY = date(2026, 4, 9)


def event(phase: Phase | None, effective: date | None, **changes) -> Event:
    base = Event(
        kind=SubjectKind.FRAMEWORK,
        name="torch-neuronx",
        version="2.8",
        phase=phase,
        announced=date(2026, 2, 26),
        effective=effective,
        sdk="2.29.0",
        instances=frozenset(),
        replacement="",
        source="an announcement",
    )
    return base._replace(**changes)


def test_on_the_day_of_its_end_of_support_a_thing_is_out_and_the_day_before_it_is_in() -> None:
    events = [event(Phase.EOS, DAY)]
    version = "2.8.0.2.10.16998"
    assert phase_at(events, "torch-neuronx", version, "trn1", DAY).phase is Phase.EOS
    before = phase_at(events, "torch-neuronx", version, "trn1", DAY - timedelta(days=1))
    assert before.phase is Phase.STABLE


# version, whether an event for 2.8 concerns it
CONCERNED = [("2.8.0.2.10.1", True), ("2.8", True), ("2.80.0.1.1.1", False), ("2.9.0.1.1.1", False)]


@pytest.mark.parametrize(("version", "expected"), CONCERNED)
def test_a_framework_version_is_a_prefix_of_whole_numbers(version: str, expected: bool) -> None:
    assert event(Phase.EOS, DAY).concerns("torch-neuronx", version, None) is expected


def test_a_limited_event_leaves_other_instance_families_alone() -> None:
    events = [event(Phase.EOS, DAY, instances=frozenset({"trn1"}))]
    assert phase_at(events, "torch-neuronx", "2.8.0", "inf1", DAY).phase is Phase.STABLE
    assert phase_at(events, "torch-neuronx", "2.8.0", "trn1", DAY).phase is Phase.EOS


def test_an_announcement_without_a_date_has_no_effect_yet() -> None:
    assert phase_at([event(Phase.EOS, None)], "torch-neuronx", "2.8", None, DAY).event is None


def test_nothing_is_known_before_it_was_announced() -> None:
    events = [event(Phase.EOS, DAY, announced=DAY + timedelta(days=5))]
    assert phase_at(events, "torch-neuronx", "2.8", None, DAY).phase is Phase.STABLE


def test_of_two_events_the_one_that_took_effect_last_decides() -> None:
    events = [event(Phase.EOS, DAY), event(Phase.MAINTENANCE, DAY + timedelta(days=30))]
    later = DAY + timedelta(days=31)
    assert phase_at(events, "torch-neuronx", "2.8", None, later).phase is Phase.MAINTENANCE
    assert phase_at(events[::-1], "torch-neuronx", "2.8", None, DAY).phase is Phase.EOS


def test_a_withdrawn_event_has_no_effect() -> None:
    later = DAY + timedelta(days=10)
    events = [event(Phase.EOS, DAY, withdrawn="a later notice", withdrawn_on=later)]
    assert phase_at(events, "torch-neuronx", "2.8", None, later).phase is Phase.STABLE
    # Nobody could know it on the day before.
    before = later - timedelta(days=1)
    assert phase_at(events, "torch-neuronx", "2.8", None, before).phase is Phase.EOS


def test_a_history_is_one_stay_after_the_other() -> None:
    begun, stable = date(2024, 1, 1), date(2024, 6, 1)
    upkeep = event(Phase.MAINTENANCE, date(2026, 3, 1))
    events = [event(Phase.EOS, DAY), upkeep]
    assert list_periods(events, DAY, begun, stable) == (
        PhasePeriod(Phase.BETA, begun, stable),
        PhasePeriod(Phase.STABLE, stable, date(2026, 3, 1)),
        PhasePeriod(Phase.MAINTENANCE, date(2026, 3, 1), DAY),
        PhasePeriod(Phase.EOS, DAY, None),
    )
    # Its parts, where the facts do not say more.
    assert list_periods([], DAY, None, None) == (PhasePeriod(Phase.STABLE, None, None),)
    assert list_periods([], DAY, begun, None) == (PhasePeriod(Phase.BETA, begun, None),)
    assert list_periods([], DAY, begun, begun) == (PhasePeriod(Phase.STABLE, begun, None),)
    assert list_periods([], DAY, None, stable) == (PhasePeriod(Phase.STABLE, stable, None),)
    # A phase that was there already is no new stay, and one on the same day replaces another.
    again = event(Phase.STABLE, date(2025, 1, 1))
    assert list_periods([again], DAY, begun, stable)[1:] == (
        PhasePeriod(Phase.STABLE, stable, None),
    )
    same = event(Phase.EOS, stable, announced=date(2024, 1, 2))
    assert list_periods([same], DAY, begun, stable)[1:] == (PhasePeriod(Phase.EOS, stable, None),)
    # What has no day, or is not known yet, is no part of it.
    unknown = [event(Phase.EOS, None), event(Phase.EOS, DAY, announced=DAY + timedelta(days=1))]
    assert list_periods(unknown, DAY, None, stable) == (PhasePeriod(Phase.STABLE, stable, None),)


def test_a_history_goes_by_days_and_not_by_phases() -> None:
    first, second = date(2026, 4, 1), date(2026, 5, 1)
    events = [event(Phase.MAINTENANCE, second), event(Phase.EOS, first)]
    assert list_periods(events, DAY, None, None) == (
        PhasePeriod(Phase.STABLE, None, first),
        PhasePeriod(Phase.EOS, first, second),
        PhasePeriod(Phase.MAINTENANCE, second, None),
    )
    assert next_change(events, date(2026, 3, 1)) == events[1]


def test_the_next_change_is_the_first_that_is_still_to_come() -> None:
    first, second = date(2026, 5, 1), date(2026, 6, 1)
    upkeep, end = event(Phase.MAINTENANCE, first), event(Phase.EOS, second)
    some_day = event(Phase.EOS, None)
    assert next_change([end, upkeep], DAY) == upkeep
    assert next_change([end, upkeep], first) == end
    assert next_change([end, upkeep], second) is None
    assert next_change([some_day, upkeep], DAY) == upkeep
    assert next_change([upkeep, some_day], first) == some_day
    assert next_change([end, some_day], second) is None
    assert next_change([], DAY) is None
    assert next_change([event(None, first)], DAY) is None


def test_a_later_announcement_moves_an_earlier_one() -> None:
    said, moved = date(2026, 2, 26), date(2026, 3, 10)
    first = event(Phase.EOS, DAY, announced=said)
    later = event(Phase.EOS, date(2026, 9, 1), announced=moved)
    assert events_in_force([first, later], DAY) == [later]
    assert events_in_force([later, first], DAY) == [later]
    # Both of one day, and one that came after the first had taken effect, stand.
    assert len(events_in_force([first, later._replace(announced=said)], DAY)) == 2
    assert len(events_in_force([first, later._replace(announced=DAY)], DAY)) == 1
    late = later._replace(announced=DAY + timedelta(days=1))
    assert len(events_in_force([first, late], late.announced)) == 2
    for changes in ({"phase": Phase.MAINTENANCE}, {"name": "x"}, {"instances": frozenset({"trn1"})},
                    {"effective": DAY}, {"effective": None}, {"type": EventType.LAST_VERSION}):  # fmt: skip
        assert len(events_in_force([first, later._replace(**changes)], DAY)) == 2, changes
    undated = first._replace(effective=None)
    assert events_in_force([undated, later], DAY) == [later]


def test_of_two_events_of_one_day_the_later_announcement_decides() -> None:
    early = event(Phase.MAINTENANCE, DAY, announced=date(2026, 1, 1))
    late = event(Phase.EOS, DAY, announced=date(2026, 2, 1))
    for events in ([early, late], [late, early]):
        assert phase_at(events, "torch-neuronx", "2.8", None, DAY) == PhaseFact(Phase.EOS, late)
    twice = [early, late._replace(announced=early.announced)]
    assert phase_at(twice, "torch-neuronx", "2.8", None, DAY).phase is Phase.EOS
    assert phase_at(twice[::-1], "torch-neuronx", "2.8", None, DAY).phase is Phase.MAINTENANCE
    assert not early.concerns("other", "2.8", None)
