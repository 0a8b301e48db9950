"""A model class goes no further than the component that it is tied to."""

from datetime import date

import pytest

from neuron_pin.policy import Event, Phase, Subject, SubjectKind, phase_at
from neuron_pin.policy.model_class import bind_events, bind_phase

A, B, S, M, E = Phase.ALPHA, Phase.BETA, Phase.STABLE, Phase.MAINTENANCE, Phase.EOS

# what a page says of the model class, the component's phase, what it comes to
BOUND = [
    (S, S, S), (B, S, B), (S, B, B), (A, B, A), (B, B, B),
    (S, M, M), (B, M, B), (S, E, E), (B, E, E), (E, S, E), (M, S, M), (E, M, E),
]  # fmt: skip


@pytest.mark.parametrize(("own", "component", "phase"), BOUND)
def test_what_it_comes_to(own: Phase, component: Phase, phase: Phase) -> None:
    assert bind_phase(own, component) is phase


MODEL = Subject(SubjectKind.MODEL_CLASS, "Llama 9", "", "lib", "inference")


def event(name: str, phase: Phase, day: str, announced: str = "") -> Event:
    kind = SubjectKind.MODEL_CLASS if name == MODEL.name else SubjectKind.COMPONENT
    when = date.fromisoformat(day)
    told = date.fromisoformat(announced) if announced else when
    tied = (MODEL.component, MODEL.workload) if name == MODEL.name else ("", "")
    return Event(
        kind, name, "", phase, told, when, "", frozenset(), "", f"{name} {phase.label}",
        component=tied[0], workload=tied[1],
    )  # fmt: skip


# events of the model class and of its component, and the phases by day
LIVES = [
    # It comes with a component in Beta, which becomes Stable, then Maintenance, then ends.
    ([(S, "2024-12-20")],
     [(B, "2024-09-16"), (S, "2025-05-20"), (M, "2026-05-21"), (E, "2026-08-17")],
     {"2024-12-20": B, "2025-05-19": B, "2025-05-20": S, "2026-05-20": S, "2026-05-21": M, "2026-08-17": E}),
    # It is Beta of its own, and stays so.
    ([(B, "2024-12-20")], [(B, "2024-09-16"), (S, "2025-05-20"), (M, "2026-05-21")],
     {"2024-12-20": B, "2025-05-20": B, "2026-05-21": B}),
    # It leaves Beta of its own.
    ([(B, "2024-12-20"), (S, "2025-06-24")], [(M, "2026-05-21")],
     {"2024-12-20": B, "2025-06-24": S, "2026-05-21": M}),
    # It comes to a component in Maintenance.
    ([(S, "2026-06-01")], [(M, "2026-05-21")], {"2026-06-01": M}),
    # It ends before its component does, and stays out.
    ([(S, "2024-12-20"), (E, "2025-05-20")], [(M, "2026-05-21")],
     {"2025-05-19": S, "2025-05-20": E, "2026-05-21": E}),
    # No fact about the component.
    ([(S, "2024-12-20")], [], {"2024-12-20": S, "2026-01-01": S}),
]  # fmt: skip


@pytest.mark.parametrize(("own", "component", "phases"), LIVES)
def test_a_life(own, component, phases: dict[str, Phase]) -> None:
    mine = [event(MODEL.name, *row) for row in own]
    its = [event("lib", *row) for row in component]
    for day, phase in phases.items():
        as_of = date.fromisoformat(day)
        known = [e for e in its if e.announced <= as_of]
        found = bind_events(MODEL, [e for e in mine if e.announced <= as_of], known, as_of)
        assert all(e.subject == MODEL for e in found)
        assert phase_at(found, MODEL.name, "", None, as_of).phase is phase, day


def test_an_end_of_the_component_that_was_announced_is_one_to_come() -> None:
    its = [event("lib", E, "2026-09-01", announced="2026-07-01")]
    found = bind_events(MODEL, [event(MODEL.name, S, "2024-12-20")], its, date(2026, 8, 1))
    assert phase_at(found, MODEL.name, "", None, date(2026, 8, 1)).phase is S
    (end,) = [e for e in found if e.phase is E]
    assert (end.effective, end.source) == (date(2026, 9, 1), "lib eos")
