"""The attacks of an apt repository; script/attack shows real apt beside them."""

from __future__ import annotations

import pytest
from conftest import Keys

from .apt_cases import CASES, Repository
from .apt_clients import AptAttack, has_real_apt
from .clients import newest_upstream
from .system_clients import Case
from .world import Verdict


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_an_attack_is_not_accepted(keys: Keys, case: Case) -> None:
    with AptAttack(case, keys, newest_upstream()) as attack:
        found = attack.neuron_pin()
    assert found.word == case.expected.value, found.said
    assert found.mebibytes <= 256


def evil(repository: Repository) -> None:
    from .apt_cases import stanza

    repository.packages = stanza(repository.evil).encode()
    repository.publish()


@pytest.mark.parametrize(
    ("fill", "word"),
    [(Repository.publish, "passed over"), (evil, "ACCEPTED")],
    ids=["good", "evil"],
)
def test_what_is_well_signed_is_taken(keys: Keys, fill, word: str) -> None:
    with AptAttack(Case("", fill, Verdict.PASSED_OVER), keys, newest_upstream()) as attack:
        assert attack.neuron_pin().word == word
        if has_real_apt():
            assert attack.apt().word == word.lower()
