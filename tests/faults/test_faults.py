"""The short form of script/faults: a sample of the calls by which a run writes, a few rounds of
two processes at once, and the network cut at a few requests."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import sample

from . import together
from .faults import FAULTS, MISSED, Trial, applies
from .scenarios import SCENARIOS, Place, Scenario
from .tracing import can_trace


@pytest.mark.skipif(not can_trace(), reason="needs strace, and leave to trace")
@pytest.mark.parametrize(
    ("scenario", "faults"),
    [
        case
        for number, scenario in enumerate(SCENARIOS)
        for case in sample([(scenario, "even"), (scenario, "odd")], 2, number % 2)
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_fault_tears_nothing_and_leaves_nothing(
    scenario: Scenario, faults: str, tmp_path: Path
) -> None:
    """Every other fault in the short form, the others in the next scenario."""
    with Trial(scenario, tmp_path) as trial:
        for number, fault in [*enumerate(FAULTS)][("even", "odd").index(faults) :: 2]:
            # One call for each fault, the next fault further on in the run.
            wanted = [boundary for boundary in trial.boundaries if applies(fault, boundary)]
            boundary = wanted[len(wanted) * number // len(FAULTS)]
            problem = trial.wrong(boundary, fault)
            if trial.place.server is None or problem != MISSED:
                assert problem == "", (fault, boundary)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "place")
    made.forget()
    return made


def test_two_processes_write_the_same_files(place: Place) -> None:
    assert together.same_files(place, 3) == []


def test_two_processes_fill_the_same_cache(place: Place) -> None:
    assert together.same_cache(place, 2) == []


def test_the_network_breaks_at_a_request(place: Place) -> None:
    asked, problems = together.cut_network(place, ["closed"], every=4)
    assert asked >= 8
    assert problems == []


@pytest.mark.skipif(together.FAKETIME is None, reason="needs faketime")
@pytest.mark.parametrize("jump", together.JUMPS)
def test_the_clock_jumps_at_a_request(place: Place, jump: str) -> None:
    asked, problems = together.clock_jumps(place, [jump], every=8)
    assert asked >= 8
    assert problems == []
