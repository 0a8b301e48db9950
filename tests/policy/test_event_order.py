"""Which of several events decides: fixtures/lifecycle/phases.json, and what always holds."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import FIXTURES
from hypothesis import given
from hypothesis import strategies as st

from neuron_pin.policy import Event, Phase, PhaseFact, Subject, SubjectKind, phase_at, support_floor
from neuron_pin.policy.calendar import add_months
from neuron_pin.policy.edition import EDITIONS, edition_at
from neuron_pin.policy.lifecycle import list_periods, next_change

NAME = "a-package"
CASES = json.loads((FIXTURES / "lifecycle/phases.json").read_text())["cases"]


def make_event(
    version: str, families: str, phase: Phase, announced: date, effective: date | None
) -> Event:
    return Event(
        kind=SubjectKind.FRAMEWORK,
        name=NAME,
        version=version,
        phase=phase,
        announced=announced,
        effective=effective,
        sdk="",
        instances=frozenset(families.split()),
        replacement="",
        source="a page",
    )


def read_events(case: dict[str, Any]) -> list[Event]:
    return [
        make_event(
            version,
            families,
            Phase.parse(phase),
            date.fromisoformat(announced),
            date.fromisoformat(effective) if effective else None,
        )
        for version, families, phase, announced, effective in case["events"]
    ]


def find_phase(case: dict[str, Any]) -> PhaseFact:
    day = date.fromisoformat(case["day"])
    return phase_at(read_events(case), NAME, case["version"], case["family"], day)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_phase_of_a_case(case: dict[str, Any]) -> None:
    fact = find_phase(case)
    assert fact.phase.label == case["phase"]
    assert (fact.early.label if fact.early is not None else None) == case["early"]
    if "since" in case:
        assert fact.event is not None
        assert str(fact.event.effective) == case["since"]


def read_concerned(case: dict[str, Any]) -> list[Event]:
    """The events that are about the version and the family of a case."""
    return [e for e in read_events(case) if e.concerns(NAME, case["version"], case["family"])]


HISTORIES = [
    case
    for case in CASES
    # A history has the events of every family.
    if not (case["family"] and any(event.instances for event in read_concerned(case)))
]


@pytest.mark.parametrize("case", HISTORIES, ids=lambda case: case["name"])
def test_the_history_of_a_case_agrees(case: dict[str, Any]) -> None:
    day = date.fromisoformat(case["day"])
    periods = list_periods(read_concerned(case), day, None, None)
    there = [p for p in periods if p.begin is None or p.begin <= day]
    assert there[-1].phase.label == case["phase"]


def test_what_changes_nothing_is_no_next_change() -> None:
    end = make_event("1.5", "", Phase.EOS, date(2023, 5, 1), date(2023, 6, 14))
    upkeep = make_event("", "", Phase.MAINTENANCE, date(2024, 6, 28), date(2024, 7, 3))
    assert next_change([end, upkeep], date(2024, 6, 30)) is None
    assert next_change([upkeep], date(2024, 6, 30)) == upkeep
    undated = upkeep._replace(effective=None)
    assert next_change([end, undated], date(2024, 6, 30)) is None
    assert next_change([undated], date(2024, 6, 30)) == undated


def test_an_end_that_stands_is_the_end_of_support() -> None:
    end = make_event("1.5", "", Phase.EOS, date(2025, 5, 1), date(2025, 6, 14))
    upkeep = make_event("", "", Phase.MAINTENANCE, date(2025, 6, 28), date(2025, 7, 3))
    day = date(2025, 7, 10)

    def floor(*events: Event) -> date | None:
        subject = Subject(SubjectKind.FRAMEWORK, NAME, "1.5")
        return support_floor(subject, events, as_of=day, facts_of=day, phase=Phase.EOS).announced

    assert floor(end, upkeep) == end.effective
    assert floor(end, upkeep._replace(version="1.5")) is None
    # Before it is supported again, the end is there.
    assert floor(end, upkeep._replace(version="1.5", effective=date(2025, 8, 1))) == end.effective


DAYS = st.dates(date(2025, 1, 1), date(2026, 1, 1))
VERSIONS = st.sampled_from(["", "1", "1.5", "1.5.1", "2"])
FAMILIES = st.sampled_from(["", "trn1", "trn1 trn2", "inf2"])
EVENTS = st.lists(
    st.builds(make_event, VERSIONS, FAMILIES, st.sampled_from(list(Phase)), DAYS, DAYS), max_size=6
)


@given(EVENTS, st.sampled_from(["trn1", "inf2", None]), DAYS)
def test_a_narrower_end_is_never_undone_by_a_more_general_event(
    events: list[Event], family: str | None, day: date
) -> None:
    version = "1.5.1"
    ends = [
        e
        for e in events
        if e.phase is Phase.EOS
        and e.concerns(NAME, version, family)
        and e.effective is not None
        and max(e.announced, e.effective) <= day
    ]
    for end in ends:
        more_general = [e for e in events if not e.is_within(end)]
        fact = phase_at([end, *more_general], NAME, version, family, day)
        assert fact.phase is Phase.EOS


@given(EVENTS, DAYS)
def test_the_order_of_the_list_decides_nothing_but_ties(events: list[Event], day: date) -> None:
    keys = [(e.effective, e.announced) for e in events]
    if len(set(keys)) == len(keys):
        found = phase_at(events, NAME, "1.5.1", "trn1", day)
        assert phase_at(events[::-1], NAME, "1.5.1", "trn1", day) == found


@given(EVENTS, DAYS)
def test_a_history_ends_with_the_phase_of_the_day(events: list[Event], day: date) -> None:
    concerned = [e._replace(instances=frozenset()) for e in events]
    concerned = [e for e in concerned if e.concerns(NAME, "1.5.1", None)]
    periods = [p for p in list_periods(concerned, day, None, None) if not p.begin or p.begin <= day]
    assert periods[-1].phase is phase_at(concerned, NAME, "1.5.1", None, day).phase


@given(EVENTS, DAYS, st.sampled_from([Phase.ALPHA, Phase.BETA, Phase.RC]))
def test_no_announcement_makes_a_marked_build_stable(
    events: list[Event], day: date, mark: Phase
) -> None:
    fact = phase_at(events, NAME, "1.5.1", "trn1", day).with_mark(mark)
    assert fact.phase.is_prerelease or fact.phase is Phase.EOS
    assert fact.early is not None
    assert not fact.is_in({Phase.STABLE, Phase.MAINTENANCE, Phase.EOS})


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 2000))
def test_editions_never_promise_less(day: date, later: int) -> None:
    before, after = edition_at(day), edition_at(day + timedelta(days=later))
    assert EDITIONS.index(before) <= EDITIONS.index(after)
    assert before.notice_months <= after.notice_months
    assert before.regular_months <= after.regular_months
    # The first text is another policy: it has Maintenance for Pythons and systems.
    for kind, phases in before.phases_of.items() if before.has_minimum else ():
        assert phases <= after.phases_of[kind]


@given(DAYS, st.integers(0, 120), st.integers(1, 90), st.integers(0, 200), st.integers(0, 200))
def test_floors_never_move_earlier_when_support_goes_on(
    announced: date, notice: int, again: int, first: int, later: int
) -> None:
    """An end announced in time, taken back by a later "supported again" that is in force."""
    effective = add_months(announced, 1) + timedelta(days=notice)
    back = announced + timedelta(days=again)
    events = [
        make_event("1.5", "", Phase.EOS, announced, effective),
        make_event("1.5", "", Phase.MAINTENANCE, back, max(back, effective)),
    ]
    subject = Subject(SubjectKind.FRAMEWORK, NAME, "1.5")
    day = announced - timedelta(days=30) + timedelta(days=first)

    def at(as_of: date) -> date:
        return support_floor(subject, events, as_of=as_of, facts_of=as_of).could_end_from

    assert at(day) <= at(day + timedelta(days=later))


# day, kind of fact: what was promised on it.  Source: the history of the policy's page; the text
# of 2024-02-13 has no minimum, that of 2024-09-16 a month and six months.
PROMISES = [
    (date(2023, 12, 1), None, date(2023, 12, 2), False),
    (date(2024, 9, 15), date(2024, 7, 1), date(2024, 9, 16), False),
    (date(2024, 9, 16), None, date(2024, 10, 17), True),
    (date(2024, 9, 16), date(2024, 7, 1), date(2025, 1, 1), True),
]


@pytest.mark.parametrize(("day", "superseded", "could_end", "has_minimum"), PROMISES)
def test_before_september_2024_nothing_is_promised(
    day: date, superseded: date | None, could_end: date, has_minimum: bool
) -> None:
    subject = Subject(SubjectKind.FRAMEWORK, NAME, "1.5")
    floor = support_floor(subject, (), as_of=day, facts_of=day, superseded=superseded)
    assert floor.could_end_from == could_end
    assert floor.edition.has_minimum is has_minimum


def test_an_end_is_judged_by_the_policy_that_it_was_announced_under() -> None:
    subject = Subject(SubjectKind.FRAMEWORK, NAME, "1.7")
    early = make_event("1.7", "", Phase.EOS, date(2022, 11, 22), date(2022, 12, 12))
    today = date(2026, 8, 20)
    floor = support_floor(
        subject, [early], as_of=today, facts_of=today, superseded=date(2022, 10, 10)
    )
    assert (floor.breaks_promise, floor.edition.name) == (False, "2022-10")
    late = make_event("1.7", "", Phase.EOS, date(2025, 6, 24), date(2025, 7, 31))
    floor = support_floor(
        subject, [late], as_of=today, facts_of=today, superseded=date(2025, 5, 20)
    )
    assert (floor.breaks_promise, floor.edition.name) == (True, "2025-05")
