"""Which kinds of subject may have which phases (maintenance policy, life-cycle)."""

import pytest

from neuron_pin.errors import UnknownName, WrongUsage
from neuron_pin.policy import Phase, SubjectKind, check_phase

REFUSED = {
    Phase.ALPHA: set(SubjectKind) - {SubjectKind.FEATURE, SubjectKind.API},
    Phase.RC: set(SubjectKind) - {SubjectKind.SDK, SubjectKind.COMPONENT, SubjectKind.FRAMEWORK},
    Phase.MAINTENANCE: {
        SubjectKind.PYTHON,
        SubjectKind.OS,
        SubjectKind.INSTANCE,
        SubjectKind.DEPENDENCY,
        SubjectKind.DLAMI,
        SubjectKind.DLC,
        SubjectKind.FEATURE,
        SubjectKind.API,
    },
}


@pytest.mark.parametrize("kind", SubjectKind)
@pytest.mark.parametrize("phase", Phase)
def test_the_policys_table_of_phases(kind: SubjectKind, phase: Phase) -> None:
    if kind in REFUSED.get(phase, set()):
        with pytest.raises(WrongUsage, match=phase.label):
            check_phase(kind, phase)
    else:
        check_phase(kind, phase)


def test_phases_are_ordered_as_software_passes_through_them() -> None:
    assert [p.label for p in sorted(Phase)] == [
        "alpha",
        "beta",
        "rc",
        "stable",
        "maintenance",
        "eos",
    ]


def test_the_policys_synonyms_are_one_phase() -> None:
    assert Phase.parse("GA") is Phase.parse("stable") is Phase.STABLE
    assert Phase.parse("developer-preview") is Phase.BETA


def test_an_unknown_phase_names_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        Phase.parse("maintenence")
    assert "maintenance" in caught.value.hint


def test_every_event_of_the_catalog_has_a_phase_that_its_kind_can_have(catalog) -> None:
    for event in catalog.events:
        if event.phase is not None:
            check_phase(event.kind, event.phase)


def test_what_is_possible_is_said() -> None:
    with pytest.raises(UnknownName) as caught:
        SubjectKind.parse("modle")
    known = "sdk, component, framework, python, os, instance, dependency, dlami, dlc, feature, "
    assert caught.value.hint.endswith(f"known: {known}api, model-class")
    assert SubjectKind.parse(" Model-Class ") is SubjectKind.MODEL_CLASS
    with pytest.raises(WrongUsage) as refused:
        check_phase(SubjectKind.OS, Phase.MAINTENANCE)
    assert refused.value.hint == "its phases are beta, stable, eos"
