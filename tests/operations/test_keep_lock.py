"""What a new lock keeps of an existing one, and what moves with what is upgraded."""

from pathlib import Path

import pytest
from conftest import Run, failure, publish

from neuron_pin import NeuronPinError, Target, WrongUsage, lock

BASE = ("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "--python", "3.12",
        "--as-of", "2026-08-20", "-o", "lock.json")  # fmt: skip
TARGET = Target(instance="trn2", os="ubuntu24.04", python="3.12", as_of="2026-08-20")


def moved(text: str) -> dict[str, str]:
    """The reason of each package that a run says has moved, too."""
    rows = [line.partition(", too: ") for line in text.splitlines() if ", too: " in line]
    return {head.split()[0]: reason for head, _, reason in rows}


def test_companions_of_an_upgraded_package_are_named(run: Run) -> None:
    assert run(*BASE, "neuronx-cc", "nki", "--sdk", "2.31.1").code == 0
    assert moved(run(*BASE, "neuronx-cc", "nki").err) == {}
    done = run(*BASE, "neuronx-cc", "nki", "-P", "neuronx-cc")
    assert done.code == 0, done.err
    assert moved(done.err) == {"nki": "of the same release, SDK 2.31.1 -> 2.32.0"}
    # What was asked for says nothing, nor does a lock that stays.
    assert moved(run(*BASE, "neuronx-cc", "nki", "-P", "neuronx-cc", "-P", "nki").err) == {}


def test_a_third_party_companion_is_named_with_what_requires_it(run: Run, serve) -> None:
    index = serve()
    publish(index, {"first": [("1.0", ("second==1.0",))], "second": [("1.0", ()), ("2.0", ())]},
            as_json=True)  # fmt: skip
    words = ("lock", "first", "--index-url", f"{index.url}/simple", "--python", "3.12",
             "--as-of", "2026-08-20", "-o", "constraints.txt")  # fmt: skip
    assert run(*words).code == 0
    publish(index, {"first": [("1.0", ("second==1.0",)), ("2.0", ("second==2.0",))],
                    "second": [("1.0", ()), ("2.0", ())]}, as_json=True)  # fmt: skip
    done = run(*words, "-P", "first", "--refresh")
    assert done.code == 0, done.err
    assert moved(done.err) == {"second": "required by first"}


@pytest.mark.parametrize("name", ["lock.json", "constraints.txt"])
def test_a_call_keeps_a_lock_as_the_command_does(run: Run, name: str) -> None:
    words = (*BASE[:-1], name, "neuronx-cc")
    assert run(*words, "--sdk", "2.31.1").code == 0
    kept = lock(["neuronx-cc"], target=TARGET, offline=True, keep=[Path(name)])
    assert kept.sdk == "2.31.1"
    newer = lock(
        ["neuronx-cc"], target=TARGET, offline=True, keep=[name], upgrade_package=["Neuronx_CC"]
    )
    assert newer.sdk == "2.32.0"


def test_a_file_that_holds_no_versions_is_not_kept(run: Run) -> None:
    assert failure(run("lock", "nki", "-o", "x.unknown"), WrongUsage)
    for name in ("notes", "neuron.pref"):
        with pytest.raises(NeuronPinError):
            lock(["neuronx-cc"], target=TARGET, offline=True, keep=[name])
