"""The phase of a subject on a date."""

from datetime import date, timedelta

import pytest

from neuron_pin.policy import Event, Phase, SubjectKind, phase_at

DAY = date(2026, 4, 9)


def event(phase: Phase, effective: date | None, **changes) -> Event:
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
