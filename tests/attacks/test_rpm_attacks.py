"""The attacks of an rpm repository; script/attack shows real dnf beside them."""

from __future__ import annotations

import pytest
from conftest import Keys

from .clients import newest_upstream
from .rpm_cases import CASES, Fill, Repository, evil
from .rpm_clients import RpmAttack, has_real_dnf
from .system_clients import Case
from .world import Verdict


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_an_attack_is_not_accepted(keys: Keys, case: Case) -> None:
    with RpmAttack(case, keys, newest_upstream()) as attack:
        found = attack.neuron_pin("--timeout", "4")
    assert found.word == case.expected.value, found.said
    assert found.mebibytes <= 256


@pytest.mark.parametrize(
    ("fill", "word"),
    [(Repository.publish, "passed over"), (evil(), "ACCEPTED")],
    ids=["good", "evil"],
)
def test_what_is_well_signed_is_taken(keys: Keys, fill: Fill, word: str) -> None:
    with RpmAttack(Case("", fill, Verdict.PASSED_OVER), keys, newest_upstream()) as attack:
        found = attack.neuron_pin()
        assert found.word == word, found.said
        if has_real_dnf():
            found = attack.dnf()
            assert found.word == word.lower(), found.said
