"""The way back of a plan: pins, repositories and environments as they were."""

import json
import subprocess
from pathlib import Path

import pytest
from conftest import Run
from planned_host import SITE, a_host, contents, paste


def test_rolling_back_restores_the_pins_that_were_there(run: Run, tmp_path: Path) -> None:
    root = a_host(tmp_path / "root", held="install")
    (root / "etc/apt/sources.list.d/neuron.list").write_text(f"deb https://{SITE} noble main\n")
    (root / "etc/apt/preferences.d").mkdir()
    pins = root / "etc/apt/preferences.d/00-neuron-pin.pref"
    asked = ("--sdk", "2.30.0", "--instance", "trn2", "--os", "ubuntu24.04", "-o", pins)
    assert run("lock", "--offline", *asked).code == 0
    before = contents(root)
    for start in ("host", "2.30.0"):
        words = ("plan", "--from", start, "--root", root, "--to", "2.32.0", "--framework", "none",
                 "--instance", "trn2", "--os", "ubuntu24.04", "--format", "json")  # fmt: skip
        plan = json.loads(run(*words).out)
        paste(run, [c for s in plan["steps"] if s["name"] == "save" for c in s["commands"]])
        (file,) = [f for s in plan["steps"] for f in s["files"] if f["path"] == str(pins)]
        pins.write_text(file["text"])
        paste(run, [command for command in plan["back"] if "sources" not in command])
        assert contents(root) == before, start


def test_the_archive_of_an_earlier_move_is_not_restored(run: Run, tmp_path: Path) -> None:
    """From 2.28.1 to 2.30.0, to 2.32.0, to 2.30.0: rolling that back restores what 2.32.0 had."""
    root = a_host(tmp_path / "root")
    (root / "etc/apt/sources.list.d/neuron.list").write_text(f"deb https://{SITE} noble main\n")
    (root / "etc/apt/preferences.d").mkdir()
    pins = root / "etc/apt/preferences.d/00-neuron-pin.pref"

    def move(start: str, to: str) -> list[str]:
        words = ("plan", "--from", start, "--root", root, "--to", to, "--framework", "none",
                 "--instance", "trn2", "--os", "ubuntu24.04", "--format", "json")  # fmt: skip
        plan = json.loads(run(*words).out)
        (save,) = [step for step in plan["steps"] if step["name"] == "save"]
        for _ in range(2):
            there = subprocess.run(["sh", "-c", save["unless"]], check=False)
            if there.returncode:
                paste(run, save["commands"])
            (file,) = [f for s in plan["steps"] for f in s["files"] if f["path"] == str(pins)]
            pins.write_text(file["text"])
        back: list[str] = plan["back"]
        return back

    asked = ("--sdk", "2.28.1", "--instance", "trn2", "--os", "ubuntu24.04", "-o", pins)
    assert run("lock", "--offline", *asked).code == 0
    for start in ("host", "2.32.0"):
        move(start, "2.30.0")
        move("2.30.0", "2.32.0")
        before = pins.read_bytes()
        back = move(start, "2.30.0")
        assert pins.read_bytes() != before
        paste(run, [command for command in back if "sources" not in command])
        assert pins.read_bytes() == before, start


def test_a_second_run_saves_no_pins_of_the_first(run: Run, tmp_path: Path) -> None:
    """Where there were none, rolling back leaves none, however often the steps were run."""
    root = a_host(tmp_path / "root")
    (root / "etc/apt/preferences.d").mkdir()
    pins = root / "etc/apt/preferences.d/00-neuron-pin.pref"
    words = ("plan", "--from", "2.30.0", "--root", root, "--to", "2.31.1", "--framework", "none",
             "--instance", "trn2", "--os", "ubuntu24.04", "--format", "json")  # fmt: skip
    plan = json.loads(run(*words).out)
    (save,) = [step for step in plan["steps"] if step["name"] == "save"]
    (file,) = [f for s in plan["steps"] for f in s["files"] if f["path"] == str(pins)]
    for _ in range(2):
        if subprocess.run(["sh", "-c", save["unless"]], check=False).returncode:
            paste(run, save["commands"])
        pins.write_text(file["text"])
    paste(run, [command for command in plan["back"] if "sources" not in command])
    assert not pins.exists()


@pytest.mark.parametrize("system", ["ubuntu24.04", "rocky9", "amzn2023"])
def test_rolling_back_to_a_release_installs_its_versions(run: Run, system: str) -> None:
    words = ("plan", "--from", "2.28.1", "--to", "2.31.1", "--instance", "trn1", "--os", system,
             "--framework", "none", "--as-of", "2026-08-20", "--format", "json")  # fmt: skip
    back = json.loads(run(*words).out)["back"]
    assert [line for line in back if "aws-neuronx-dkms" in line and "2.26.10.0" in line]
    assert not [line for line in back if " remove " in line]


@pytest.mark.parametrize("system", ["ubuntu24.04", "rocky9"])
def test_rolling_back_removes_a_repository_only_where_there_was_none(run: Run, system: str) -> None:
    words = ("plan", "--to", "2.31.1", "--instance", "trn1", "--os", system, "--framework", "none",
             "--as-of", "2026-08-20", "--format", "json")  # fmt: skip

    def removed(*more: str) -> list[str]:
        plan = json.loads(run(*words, *more).out)
        written = [
            f["path"] for s in plan["steps"] if s["part"] == "repository" for f in s["files"]
        ]
        assert written
        return [c for c in plan["back"] if "rm -f" in c and any(w in c for w in (*written, ".asc"))]

    assert removed()
    assert not removed("--from", "2.30.0")


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_rolling_back_removes_the_files_of_the_environment(run: Run, installer: str) -> None:
    words = ("plan", "--instance", "trn2", "--os", "ubuntu24.04", "--as-of", "2026-08-20")
    plan = json.loads(run(*words, "--installer", installer, "--format", "json").out)
    (install,) = [step for step in plan["steps"] if step["name"] == "install"]
    (file,) = install["files"]
    assert f"rm -f {file['path']}" in plan["back"]
