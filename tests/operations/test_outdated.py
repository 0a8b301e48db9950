"""What is newer than a lock, an environment or a machine has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, failure

from neuron_pin.errors import UnreadableInput, WrongUsage

DAY = "2026-08-20"
TRN2 = ("--instance", "trn2", "--os", "ubuntu22.04", "--python", "3.11")
OLD = ("lock", "-q", "--offline", "--sdk", "2.28.1", "--as-of", "2026-04-01", *TRN2)


def outdated(run: Run, *words: str, day: str = DAY) -> dict[str, Any]:
    done = run("outdated", *words, "--as-of", day, "--format", "json")
    document: dict[str, Any] = json.loads(done.out)
    assert done.code == (0 if document["current"] else 1)
    return document


def package(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in document["packages"] if row["name"] == name)
    return found


def test_a_lock_is_compared_for_its_own_target(run: Run) -> None:
    assert run(*OLD, "neuronx-cc", "nki", "--phase", "beta", "-o", "lock.json").code == 0
    found = outdated(run)
    assert (found["sdk"], found["newest_sdk"], found["upgrade_sdk"]) == (
        "2.28.1",
        "2.32.0",
        "2.32.0",
    )
    assert found["target"] == {"instance": "trn2", "os": "ubuntu22.04", "python": "3.11"}
    compiler = package(found, "neuronx-cc")
    assert (compiler["sdk"], compiler["newest"], compiler["newest_sdk"]) == (
        "2.28.1", "2.27.5334.0", "2.32.0",
    )  # fmt: skip
    assert compiler["upgrade"] == compiler["newest"]
    assert compiler["outdated"]


def test_nothing_later_than_the_day_is_newer(run: Run) -> None:
    assert run(*OLD, "neuronx-cc", "-o", "lock.json").code == 0
    found = outdated(run, day="2026-04-01")
    assert (found["current"], found["newest_sdk"], found["facts_until"]) == (
        True,
        "2.28.1",
        "2026-08-21",
    )
    assert package(found, "neuronx-cc")["newest"] == package(found, "neuronx-cc")["current"]


def test_a_package_that_is_gone_holds_the_others_back(run: Run) -> None:
    assert run(*OLD, "neuronx-cc", "torch-neuronx", "-o", "lock.json").code == 0
    found = outdated(run)
    assert (found["upgrade_sdk"], found["held_back_by"]) == ("2.31.1", ["torch-neuronx"])
    compiler, torch = package(found, "neuronx-cc"), package(found, "torch-neuronx")
    assert (compiler["newest_sdk"], compiler["upgrade"] == compiler["newest"]) == ("2.32.0", False)
    assert (torch["last_sdk"], torch["replaced_by"]) == ("2.31.1", "TorchNeuron")


def test_what_has_ended_is_not_current_although_nothing_is_newer(run: Run) -> None:
    Path("c.txt").write_text("torch-neuronx==2.8.0.2.10.16998\n")
    found = outdated(run, "c.txt", "--instance", "trn2", "--python", "3.10", "--phase", "eos")
    row = package(found, "torch-neuronx")
    assert row["support"]["phase"] == "eos"
    assert row["support"]["source"]
    assert not found["current"]


def test_the_newest_is_one_that_the_policy_allows(run: Run) -> None:
    Path("c.txt").write_text("torch-neuronx==2.7.0.2.8.6734\n")
    for instance, python in (("trn2", "3.13"), ("trn1", "3.11"), ("inf2", "3.12")):
        target = ("--instance", instance, "--python", python, "--as-of", DAY)
        explained = json.loads(run("explain", "torch-neuronx", *target, "--format", "json").out)
        allowed = [v["version"] for v in explained["versions"] if v["chosen"]]
        newest = package(outdated(run, "c.txt", *target[:4]), "torch-neuronx")["newest"]
        assert [newest] == (allowed or [None])


def test_an_environment_tells_its_python(run: Run) -> None:
    place = Path("venv/lib/python3.12/site-packages")
    (place / "neuronx_cc-2.23.6484.0+abc.dist-info").mkdir(parents=True)
    (place / "requests-2.32.0.dist-info").mkdir()
    Path("venv/pyvenv.cfg").write_text("version = 3.12.4\n")
    found = outdated(run, "--venv", "venv", "--instance", "trn2")
    assert (found["target"]["python"], found["other_packages"], found["sdk"]) == (
        "3.12",
        1,
        "2.28.1",
    )
    assert package(found, "neuronx-cc")["outdated"]


@pytest.mark.parametrize(
    ("version", "newer"), [("2.28.23.0-1", True), ("2.32.28.0-1", False), ("9.9", False)]
)
def test_a_machine_is_compared(run: Run, version: str, newer: bool) -> None:
    Path("etc").mkdir()
    Path("etc/os-release").write_text("ID=ubuntu\nVERSION_ID=24.04\n")
    Path("var/lib/dpkg").mkdir(parents=True)
    Path("var/lib/dpkg/status").write_text(
        f"Package: aws-neuronx-tools\nStatus: install ok installed\nVersion: {version}\n\n"
    )
    found = outdated(run, "--root", ".")
    row = package(found, "aws-neuronx-tools")
    assert (row["ecosystem"], row["current"], row["outdated"]) == ("apt", version, newer)
    assert (row["sdk"] is None) == (version == "9.9")
    assert found["target"]["os"] == "ubuntu24.04"


def test_nothing_of_neuron_is_no_error(run: Run) -> None:
    Path("c.txt").write_text("requests==2.32.0\n")
    found = outdated(run, "c.txt", "--python", "3.9")
    assert (found["packages"], found["other_packages"], found["current"]) == ([], 1, True)


def test_exit_zero(run: Run) -> None:
    assert run(*OLD, "neuronx-cc", "-o", "lock.json").code == 0
    assert run("outdated", "--as-of", DAY).code == 1
    assert run("outdated", "--as-of", DAY, "--exit-zero").code == 0


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ((), WrongUsage),
        (("absent.txt",), WrongUsage),
        (("c.txt", "--host"), WrongUsage),
        (("--venv", "."), UnreadableInput),
        (("bad.json",), UnreadableInput),
        (("c.txt", "--as-of", "2015-01-01"), WrongUsage),
    ],
)
def test_what_cannot_be_compared_is_said(run: Run, words: tuple[str, ...], kind: type) -> None:
    Path("c.txt").write_text("neuronx-cc==2.23.6484.0\n")
    Path("bad.json").write_text("[]")
    done = run("outdated", *words)
    assert (done.code, type(done.error)) == (2, kind)


@pytest.mark.parametrize(
    ("place", "command"), [("host", "outdated --host"), ("2.28.1", "diff 2.28.1 latest")]
)
def test_what_is_no_lock_is_answered_with_its_command(run: Run, place: str, command: str) -> None:
    assert f"neuron-pin {command}" in failure(run("outdated", place), WrongUsage).hint


def test_a_python_that_holds_back_is_named(run: Run) -> None:
    Path("c.txt").write_text("neuronx-cc==2.23.6484.0\n")
    words = ("outdated", "c.txt", "--instance", "trn2", "--as-of", DAY)
    assert "try --python 3.11" in run(*words, "--python", "3.10").out
    for other in ((), ("--python", "3.11"), ("--python", "3.13")):
        assert "try --python" not in run(*words, *other).out


FORMS = ["constraints.txt", "pylock.toml"]


@pytest.mark.parametrize("name", FORMS)
def test_other_locks_are_compared_for_the_target_that_they_state(run: Run, name: str) -> None:
    label = "trn2, ubuntu24.04, Python 3.12"
    texts = {
        "constraints.txt": f"# target: {label}\nneuronx-cc==2.22.12471.0\n",
        "pylock.toml": 'lock-version = "1.0"\ncreated-by = "neuron-pin"\n[[packages]]\n'
        'name = "neuronx-cc"\nversion = "2.22.12471.0"\n[tool.neuron-pin]\n'
        f'target = "{label}"\n',
    }
    Path(name).write_text(texts[name])
    wanted = {"instance": "trn2", "os": "ubuntu24.04", "python": "3.12"}
    assert outdated(run, name)["target"] == wanted
    # What is asked for counts more.
    assert outdated(run, name, "--instance", "inf2")["target"] == {**wanted, "instance": "inf2"}
    Path(name).write_text(texts[name].replace("trn2", "trn9").replace("ubuntu24.04", "beos5"))
    found = outdated(run, name)["target"]
    assert (found["instance"], found["os"], found["python"]) == (None, None, "3.12")


def test_constraints_are_checked_for_the_target_that_they_state(run: Run) -> None:
    options = ("check", "c.txt", "--as-of", "2026-08-20", "--format", "json")
    rules = {}
    for python in ("3.9", "3.12"):
        Path("c.txt").write_text(
            f"# target: trn2, ubuntu24.04, Python {python}\nneuronx-cc==2.22.12471.0\n"
        )
        rules[python] = {row["rule"] for row in json.loads(run(*options).out)["findings"]}
    assert rules["3.9"] != rules["3.12"]


def test_what_a_new_lock_cannot_take_is_no_failure(run: Run) -> None:
    options = ("--instance", "inf2", "--python", "3.11", "--as-of", DAY)
    lock = ("lock", "-q", "--offline", "neuronx-cc", "torch-neuronx", *options, "-o", "lock.json")
    assert run(*lock).code == 0
    found = outdated(run)
    assert package(found, "neuronx-cc")["outdated"]
    assert (found["sdk"], found["upgrade_sdk"], found["current"]) == ("2.31.1", "2.31.1", True)


def test_what_a_release_known_in_part_ships_has_not_left(run: Run) -> None:
    """2.33.0 lists the compiler and is known in part; 2.33.1 is known by its date."""
    Path("c.txt").write_text("neuronx-cc==2.27.5334.0\ntorch-neuronx==2.9.0.2.15.32035\n")
    found = outdated(run, "c.txt", day="2026-11-28")
    assert package(found, "neuronx-cc")["last_sdk"] is None
    assert package(found, "torch-neuronx")["last_sdk"] == "2.31.1"
