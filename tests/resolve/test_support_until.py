"""Until when a lock is sure of support, and locks that ask for it."""

import json

import pytest
from conftest import failure, wheel

from neuron_pin.errors import NoSolution

TARGET = ("--offline", "--instance", "trn1", "--python", "3.11")


def test_a_lock_states_its_horizon_and_what_ends_first(run) -> None:
    done = run("lock", "torch-neuronx==2.8.*", *TARGET, "--as-of", "2026-03-01", "--format", "json")
    support = json.loads(done.out)["support"]
    # Python and the instance family may go sooner than the framework that is announced to.
    assert support["guaranteed_until"] == "2026-04-01"
    assert support["first_to_end"] == ["python 3.11", "trn1"]
    assert support["facts_of"] == "2026-08-21"
    done = run("lock", "torch-neuronx==2.8.*", *TARGET, "--as-of", "2026-03-20", "--format", "json")
    support = json.loads(done.out)["support"]
    assert support["guaranteed_until"] == "2026-04-08"
    assert support["first_to_end"] == ["torch-neuronx 2.8"]
    assert "2026-04-09 (announcements/" in support["reason"]
    text = run("lock", "torch-neuronx==2.8.*", *TARGET, "--as-of", "2026-03-20", "--format", "text")
    assert "2026-04-08" in text.out
    assert "torch-neuronx 2.8" in text.out


def test_without_neuron_packages_nothing_is_said(run, tmp_path) -> None:
    (tmp_path / "plain-1.0-py3-none-any.whl").write_bytes(wheel("plain", "1.0"))
    done = run("lock", "plain", "--no-index", "-f", tmp_path, "--python", "3.8", "--format", "json")
    assert done.code == 0, done.err
    assert json.loads(done.out)["support"] is None


def test_a_candidate_with_an_earlier_floor_is_excluded(run) -> None:
    day = ("--as-of", "2026-03-15", "--require-support-until", "2026-04-14", "--format", "json")
    done = run("lock", "torch-neuronx", *TARGET, *day)
    document = json.loads(done.out)
    (chosen,) = document["packages"]
    assert chosen["version"].startswith("2.9.")
    old = [e for e in document["exclusions"] if e["rule"] == "NP205"]
    assert {e["version"].split(".")[1] for e in old} == {"7", "8"}
    assert "torch-neuronx 2.7" in old[0]["reason"]
    assert "2026-04-09" in old[0]["reason"]
    assert "announce" in old[0]["source"]
    refused = run("lock", "torch-neuronx==2.8.*", *TARGET, *day)
    error = failure(refused, NoSolution)
    assert any("NP205" in cause for cause in error.causes)
    nearest = "--require-support-until 2026-04-08"
    assert any(str(each).startswith(nearest) for each in error.relaxations)


def test_what_reaches_further_than_the_facts_is_refused(run) -> None:
    done = run("lock", "neuronx-cc", *TARGET, "--require-support-until", "2030-01-01",
               "--as-of", "2026-12-24")  # fmt: skip
    error = failure(done, NoSolution)
    assert "python 3.11" in error.message
    assert "2030-01-01" in error.message
    assert any(cause.startswith("NP205") and "2026-08-21" in cause for cause in error.causes)
    nearest = "--require-support-until 2026-09-21"
    assert any(str(each).startswith(nearest) for each in error.relaxations)
    assert "neuron-pin catalog update" in error.hint


def test_the_date_may_come_from_the_project(run) -> None:
    with open("pyproject.toml", "w", encoding="utf-8") as stream:
        stream.write('[tool.neuron-pin]\nrequire-support-until = "2030-01-01"\n')
    assert run("lock", "neuronx-cc", *TARGET).code == 1
    assert run("lock", "neuronx-cc", *TARGET, "--require-support-until", "soon").code == 2


# what is asked for, exit code, what the error says
ENDED = [
    (("neuronx-cc", "--python", "3.9"), 1, "2025-12-19"),
    (("neuronx-cc", "--python", "3.9"), 1, "Python 3.11 or 3.12 or 3.13"),
    (("aws-neuronx-tools", "--python", "3.9"), 0, ""),
    (("neuronx-cc", "--python", "3.9", "--as-of", "2025-12-18"), 0, ""),
    (("neuronx-cc", "--python", "3.9", "--as-of", "2025-12-19"), 1, "NP110"),
    (("neuronx-cc", "--python", "3.9", "--phase", "eos"), 0, ""),
    (("neuronx-cc", "--python", "3.11", "--os", "ubuntu20.04"), 1, "NP110: ubuntu20.04"),
    (("neuronx-cc", "--os", "ubuntu22.04"), 1, "--python 3.11"),
]


@pytest.mark.parametrize(("asked", "code", "told"), ENDED)
def test_a_target_that_is_out_of_support(run, asked, code: int, told: str) -> None:
    day = () if "--as-of" in asked else ("--as-of", "2026-08-20")
    done = run("lock", "--offline", "--instance", "trn1", *asked, *day)
    assert (done.code, told in done.err) == (code, True), done.err


def test_explain_shows_both_the_versions_and_the_refusal(run) -> None:
    done = run("explain", "neuronx-cc", "--instance", "trn1", "--python", "3.9")
    assert done.code == 1
    assert any("NP110" in cause for cause in failure(done, NoSolution).causes)
    assert "2.21.33363.0" in done.out
