"""The attacks of an index, each with what neuron-pin makes of it; script/attack shows pip and uv
beside it, and what each takes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from .clients import Attack, made_certificate
from .index_cases import CASES, Case
from .world import Verdict


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    return made_certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("case", CASES, ids=[f"{case.group}: {case.name}" for case in CASES])
def test_an_attack_is_not_accepted(certificate: Path, case: Case) -> None:
    with Attack(case, certificate) as attack:
        found = attack.neuron_pin("--timeout", "4")
    assert found.word == case.expected.value, found.said
    assert found.mebibytes <= 256


def test_what_is_no_attack_is_accepted_by_all(certificate: Path) -> None:
    """So that the others are refused for what they are."""
    good = Case("none", "good", lambda world: world.page(world.good()), Verdict.PASSED_OVER)
    with Attack(good, certificate) as attack:
        for client in (attack.neuron_pin, attack.pip, attack.uv):
            found = client()
            assert found.word == "passed over", found.said
            assert found.in_bounds


def test_evil_that_nobody_stops_is_seen(certificate: Path) -> None:
    evil = Case("none", "evil", lambda world: world.page(world.evil()), Verdict.PASSED_OVER)
    with Attack(evil, certificate) as attack:
        assert attack.neuron_pin().word == "ACCEPTED"
        assert attack.pip().word == "accepted"
        assert attack.uv().word == "accepted"
