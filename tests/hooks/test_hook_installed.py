"""apt's hook put on a machine, looked at, and taken away again."""

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from apt_machine import (
    RELEASE_OF_2_29,
    TOOLS,
    Machine,
    has_apt,
)
from conftest import Run, failure

from neuron_pin.cli import main
from neuron_pin.errors import CannotWrite, WrongUsage

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(not has_apt, reason="needs apt, dpkg and apt-utils"),
]


def tree(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def test_installing_is_idempotent_shown_before_and_leaves_no_trace(
    run, plain: Machine, archives, lock_file
) -> None:
    lock = lock_file("--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04", "--python",
                     "3.10", "--phase", "eos", "--as-of", "2026-04-01", index=archives.neuron)  # fmt: skip
    words = ("hook", "install", "apt", "--lock", lock, "--root", plain.root)
    before = tree(plain.root)
    shown = run(*words, "--dry-run")
    assert shown.code == 0, shown.err
    assert tree(plain.root) == before
    assert "+DPkg::Pre-Install-Pkgs" in shown.out
    assert len(shown.err.splitlines()) == 8
    # What nobody edits is listed with its size, and shown when asked for.
    assert "def judge(" not in shown.out
    assert re.search(r"verdict\.py: would be written, [\d,]+ bytes", shown.err)
    assert "+def judge(" in run(*words, "--dry-run", "-v").out
    first = run(*words)
    assert first.code == 0, first.err
    after = tree(plain.root)
    assert run(*words).code == 0
    assert tree(plain.root) == after
    for line in re.findall(r"^\+(.+)$", shown.out, re.M):
        assert any(line.encode() in (data or b"") for data in after.values()) or "++" in line
    assert os.access(plain.root / "usr/lib/neuron-pin/apt-hook", os.X_OK)
    dry = run("hook", "remove", "apt", "--root", plain.root, "--dry-run")
    assert "-DPkg::Pre-Install-Pkgs" in dry.out
    assert tree(plain.root) == after
    plain.point_hook_here()
    assert plain.apt("install", f"{TOOLS}=3.*").returncode == 100
    log = plain.root / "var/log/neuron-pin.log"
    record = log.read_text()
    # Moved for the test: an edit by hand.
    kept = run("hook", "remove", "apt", "--root", plain.root)
    assert failure(kept, CannotWrite).path.endswith("90neuron-pin")
    gone = run("hook", "remove", "apt", "--root", plain.root, "--overwrite")
    assert gone.code == 0, gone.err
    # The record of refusals stays, and where it is is told.
    assert log.read_text() == record
    assert f"{log}: kept" in gone.err
    log.unlink()
    # What was edited by hand is kept.
    (copy,) = (plain.root / "var/lib/neuron-pin/backup").iterdir()
    own = after["etc/apt/apt.conf.d/90neuron-pin"]
    assert own is not None
    moved = f"{plain.root}/usr/lib/neuron-pin".encode()
    assert copy.read_bytes() == own.replace(b"/usr/lib/neuron-pin", moved)
    shutil.rmtree(plain.root / "var/lib/neuron-pin")
    apts_own = ("var/cache", "var/log/apt")
    left = {k: v for k, v in tree(plain.root).items() if not k.startswith(apts_own)}
    assert left == {k: v for k, v in before.items() if not k.startswith(apts_own)}
    assert plain.apt("install", f"{TOOLS}=3.*").returncode == 0
    last = tree(plain.root)
    assert run("hook", "remove", "apt", "--root", plain.root).code == 0
    assert tree(plain.root) == last


def test_what_is_replaced_is_kept_and_comes_back(run, plain: Machine, archives, lock_file) -> None:
    lock = lock_file(*("--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04", "--python",
                       "3.10", "--phase", "eos", "--as-of", "2026-04-01"), index=archives.neuron)  # fmt: skip
    theirs = plain.root / "etc/apt/preferences.d/00-neuron-pin.pref"
    theirs.write_text("Package: harmless\nPin: version 1.*\nPin-Priority: 990\n")
    before = tree(plain.root)
    words = ("hook", "install", "apt", "--lock", lock, "--root", plain.root)
    refused = run(*words)
    assert failure(refused, CannotWrite).path == str(theirs)
    assert tree(plain.root) == before
    assert run(*words, "--overwrite").code == 0
    assert theirs.read_text().startswith("# managed by neuron-pin")
    assert run(*words).code == 0
    assert run("hook", "remove", "apt", "--root", plain.root).code == 0
    assert tree(plain.root) == before


def test_what_the_hook_was_told_outlives_another_lock(
    run, plain: Machine, archives, lock_file
) -> None:
    lock = lock_file(TOOLS, *RELEASE_OF_2_29, index=archives.neuron)
    words = ("hook", "install", "apt", "--lock", lock, "--root", plain.root)

    def settings() -> tuple[str, str]:
        told = run("hook", "status", "apt", "--root", plain.root, "--format", "json")
        (status,) = json.loads(told.out)["hooks"]
        return status["on_error"], status["expires"]

    assert run(*words).code == 0
    on_error, default = settings()
    assert on_error == "allow"
    assert run(*words, "--on-error", "refuse", "--expires", "2099-01-01").code == 0
    again = run(*words)
    assert again.code == 0
    assert settings() == ("refuse", "2099-01-01")
    assert {"refuse", "2099-01-01"} <= set(re.findall(r"[\w-]+", again.err))
    # Where the state is damaged, the configuration still says both.
    (plain.root / "var/lib/neuron-pin/apt.state").write_text("")
    assert run(*words).code == 0
    assert settings() == ("refuse", "2099-01-01")
    assert run(*words, "--on-error", "allow", "--expires", "2001-01-01").code == 0
    assert settings() == ("allow", "2001-01-01")
    # Whoever installs a lock after its day has reviewed it.
    assert run(*words).code == 0
    assert settings() == ("allow", default)


def test_a_lock_after_its_day_of_review_is_said_to_be_one(
    run: Run, plain: Machine, archives: Any, lock_file: Any
) -> None:
    made = lock_file(TOOLS, *RELEASE_OF_2_29, index=archives.neuron)
    document = json.loads(Path(made).read_text())
    lock = "late.json"
    words = ("hook", "install", "apt", "--lock", lock, "--root", plain.root, "--dry-run")
    days = ((None, False), ("2026-01-01", True), ("2090-01-01", False))
    for day, is_late in days:
        Path(lock).write_text(json.dumps(document | ({"expires": day} if day else {})))
        done = run(*words)
        assert done.code == 0
        assert ("2026-01-01" in done.err) is is_late
        chosen = run(*words, "--expires", "2099-01-01")
        assert "to be reviewed by" not in chosen.err
    Path(lock).write_text(json.dumps(document | {"expires": "soon"}))
    assert run(*words).code == 2


def hook_status(run: Run, machine: Machine) -> dict[str, Any]:
    """What ``hook status`` says of apt's hook, where something is wrong with it."""
    done = run("hook", "status", "apt", "--root", machine.root, "--format", "json")
    assert done.code == 1
    (status,) = json.loads(done.out)["hooks"]
    return status


def test_lock_writes_the_state_alone(run, held, tmp_path: Path) -> None:
    machine = held("exact")
    state = machine.root / "var/lib/neuron-pin/apt.state"
    done = run("lock", "--offline", "--sdk", "2.29.1", *RELEASE_OF_2_29, "-o", state)
    assert done.code == 0, done.err
    assert machine.apt("install", f"{TOOLS}=2.29.*").returncode == 0
    # The preferences are still those of the earlier lock, and status says so.
    problems = hook_status(run, machine)["problems"]
    assert any(TOOLS in problem for problem in problems)


def test_status_names_what_is_moot_and_what_is_wrong(run, held) -> None:
    machine = held("exact", "--expires", "2026-06-01")
    machine.has(f"{TOOLS}=3.0.5.0-ccc1")
    status = hook_status(run, machine)
    # A lock after its day of review is enforced as before.
    assert (status["expires"], status["overdue"]) == ("2026-06-01", True)
    assert not any("2026-06-01" in pin["reason"] for pin in status["moot"])
    edited = [file["path"] for file in status["files"] if file["state"] == "edited"]
    assert [path.rpartition("/")[2] for path in edited] == ["90neuron-pin"]
    machine = held("exact", "--overwrite")
    theirs = machine.root / "etc/apt/preferences"
    theirs.write_text(f"Package: {TOOLS}\nPin: version 3.*\nPin-Priority: 990\n")
    moot = {pin["name"]: pin["reason"] for pin in hook_status(run, machine)["moot"]}
    assert f"{theirs}:1" in moot[TOOLS]
    assert {"aws-neuronx-oci-hook", "aws-neuronx-k8-plugin"} <= set(moot)
    assert moot["aws-neuronx-oci-hook"] != moot["aws-neuronx-k8-plugin"]
    (machine.root / "usr/lib/neuron-pin/apt-hook").write_text("#!/bin/sh\n")
    (machine.root / "var/lib/neuron-pin/apt.state").write_text("neuron-pin hook st")
    problems = hook_status(run, machine)["problems"]
    for name in ("apt-hook", "apt.state"):
        assert any(name in problem for problem in problems)


@pytest.mark.parametrize(
    "broken", ["usr/lib/neuron-pin/verdict.py", "var/lib/neuron-pin/apt.state"]
)
def test_doctor_reports_a_hook_that_does_not_work(
    run, plain: Machine, lock_file, archives, broken: str
) -> None:
    def findings() -> list[dict[str, str]]:
        told = run("doctor", "--root", plain.root, "--format", "json")
        return [f for f in json.loads(told.out)["findings"] if f["rule"] == "NP612"]

    assert findings() == []
    lock = lock_file(TOOLS, *RELEASE_OF_2_29, index=archives.neuron)
    words = ("hook", "install", "apt", "-q", "--lock", lock, "--root", plain.root)
    assert run(*words).code == 0
    assert findings() == []
    path = plain.root / broken
    path.write_text("garbage")
    (finding,) = findings()
    assert str(path) in finding["reason"]
    assert f"hook install apt --lock lock.json --root {plain.root}" in finding["remedy"]
    assert run("doctor", "--root", plain.root).code == 1
    assert run(*words).code == 0
    assert findings() == []


# what was damaged of a hook, by its path and the text in its place, None for no file
DAMAGED = [
    ("var/lib/neuron-pin/apt.state", "garbage"),
    ("var/lib/neuron-pin/apt.state", None),
    ("etc/apt/apt.conf.d/90neuron-pin", "garbage"),
    ("etc/apt/apt.conf.d/90neuron-pin", None),
    ("usr/lib/neuron-pin/verdict.py", "garbage"),
]


@pytest.mark.parametrize(("damaged", "text"), DAMAGED)
def test_a_repair_keeps_what_the_hook_was_told(
    run, plain: Machine, lock_file, archives, damaged: str, text: str | None
) -> None:
    lock = lock_file(TOOLS, *RELEASE_OF_2_29, index=archives.neuron)
    words = ("hook", "install", "apt", "-q", "--lock", lock, "--root", plain.root)
    assert run(*words, "--on-error", "refuse", "--expires", "2098-07-06").code == 0
    path = plain.root / damaged
    path.unlink() if text is None else path.write_text(text)
    told = json.loads(run("doctor", "--root", plain.root, "--format", "json").out)["findings"]
    remedies = {f["remedy"] for f in told if f["rule"] == "NP612"}
    assert remedies
    for remedy in remedies:
        assert "--on-error refuse --expires 2098-07-06" in remedy
    # Whoever does not copy the whole command loses nothing either.
    assert run(*words, "--overwrite").code == 0
    done = run("hook", "status", "apt", "--root", plain.root, "--format", "json")
    (status,) = json.loads(done.out)["hooks"]
    assert (status["on_error"], status["expires"]) == ("refuse", "2098-07-06")


def test_commands_of_root_name_a_program_that_root_does_not_find(
    run, plain: Machine, lock_file, archives, monkeypatch, tmp_path: Path
) -> None:
    program = tmp_path / "venv/bin/neuron-pin"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    monkeypatch.setattr(sys, "argv", [str(program), "hook", "install"])
    lock = lock_file(TOOLS, *RELEASE_OF_2_29, index=archives.neuron)
    code = main(["hook", "install", "apt", "-q", "--lock", str(lock), "--root", str(plain.root)])
    assert code == 0
    plain.point_hook_here()
    configuration = (plain.root / "etc/apt/apt.conf.d/90neuron-pin").read_text()
    assert f"sudo {program} hook remove apt" in configuration
    assert f"{program} hook install apt" in plain.apt("install", f"{TOOLS}=3.*").stderr
    state = plain.root / "var/lib/neuron-pin/apt.state"
    state.write_text(state.read_text()[:-9])
    assert f"sudo {program} hook install apt" in plain.apt("install", f"{TOOLS}=3.*").stderr


def test_pins_that_match_nothing_are_one_line(run, held) -> None:
    machine = held("exact")
    text = run("hook", "status", "apt", "--root", machine.root).out
    (line,) = [row for row in text.splitlines() if "neither installed nor" in row]
    assert re.search(r"no effect: \d pins \(.*\): are neither", line), text
    (machine.root / "etc/apt/preferences.d/00-neuron-pin.pref").unlink()
    # What is missing as a whole is one problem; the configuration was moved for the test.
    (problem,) = [p for p in hook_status(run, machine)["problems"] if "90neuron" not in p]
    assert "00-neuron-pin.pref is missing" in problem
    told = run("hook", "status", "apt", "--root", machine.root, "--format", "json")
    (status,) = json.loads(told.out)["hooks"]
    assert {"aws-neuronx-k8-plugin"} <= {pin["name"] for pin in status["moot"]}


def test_a_lock_for_another_system_is_refused_unless_asked_for(
    run, plain: Machine, archives, lock_file
) -> None:
    lock = lock_file(TOOLS, *RELEASE_OF_2_29, index=archives.neuron)
    (plain.root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    before = tree(plain.root)
    words = ("hook", "install", "apt", "--lock", lock, "--root", plain.root)
    assert "debian12" in failure(run(*words), WrongUsage).message
    assert tree(plain.root) == before
    (plain.root / "etc/os-release").write_text('ID=debian\nVERSION_ID="13"\n')
    # For a system that is newer than the facts a lock can be made.
    assert "--os debian13" in failure(run(*words), WrongUsage).hint
    (plain.root / "etc/os-release").write_text('ID=debian\nVERSION_ID="11"\n')
    hint = failure(run(*words), WrongUsage).hint
    # No command is proposed that cannot work there.
    assert "--os debian11" not in hint
    assert {"debian11", "debian12", "ubuntu24.04"} <= set(re.findall(r"[a-z]+[\d.]*\d", hint))
    (plain.root / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    done = run(*words, "--allow-other-os")
    assert done.code == 0
    assert "debian12" in done.err
    assert run("hook", "remove", "apt", "--root", plain.root).code == 0


def test_absent_hooks_are_no_fault(run, plain: Machine) -> None:
    told = run("hook", "status", "apt", "--root", plain.root)
    assert (told.code, told.out) == (0, f"apt, system ({plain.root}): absent\n")


# the locked version of the tools, whether it is newer than the facts of the lock
LOCKED = [("2.99.1.0", True), ("2.29.22.0", False), ("2.28.99.0", False)]


@pytest.mark.parametrize(("version", "is_newer"), LOCKED)
def test_a_locked_version_newer_than_the_facts_is_told(
    run, plain: Machine, lock_file, archives, tmp_path: Path, version: str, is_newer: bool
) -> None:
    lock = json.loads(lock_file(TOOLS, *RELEASE_OF_2_29, index=archives.neuron).read_text())
    for package in lock["packages"]:
        if package["name"] == TOOLS:
            package["pin"] = package["pin"].replace(package["version"], version)
            package["version"] = version
    path = tmp_path / "lock.json"
    path.write_text(json.dumps(lock))
    done = run("hook", "install", "apt", "-q", "--lock", path, "--root", plain.root)
    assert done.code == 0, done.err
    words = ("hook", "status", "apt", "--root", plain.root)
    (status,) = json.loads(run(*words, "--format", "json").out)["hooks"]
    rows = [{"name": TOOLS, "version": version}] if is_newer else []
    assert (status["facts"], status["newer"]) == ("2026-08-21", rows)
    assert ("NP510" in run(*words).out) == is_newer
