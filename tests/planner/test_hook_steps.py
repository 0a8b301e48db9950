"""``plan`` on a machine with a hook: when its lock moves, and how the way back passes it."""

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest
from conftest import Run
from planned_host import SITE, a_host, contents, paste

from neuron_pin.catalog import load_catalog
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.planner import Part
from neuron_pin.planner.planning import PlanOptions, plan
from neuron_pin.settings import Settings


def test_the_hook_is_moved_after_the_checks_and_moved_back(run: Run, tmp_path: Path) -> None:
    root = a_host(tmp_path / "root", held="install")
    (root / "etc/apt/sources.list.d/neuron.list").write_text(f"deb https://{SITE} noble main\n")
    asked = ("--sdk", "2.30.0", "--instance", "trn2", "--os", "ubuntu24.04", "-o", "old.json")
    assert run("lock", "--offline", *asked).code == 0
    assert run("hook", "install", "apt", "--lock", "old.json", "--root", root).code == 0
    before = contents(root)
    words = ("plan", "--from", "host", "--root", root, "--to", "2.32.0", "--format", "json")
    plan = json.loads(run(*words).out)
    moving = [step for step in plan["steps"] if step["part"] == "lock"]
    # A machine that fails a check keeps its hook; then the hook moves before all else.
    others = [step["part"] for step in plan["steps"] if step["part"] != "checks"]
    checks = len(plan["steps"]) - len(others)
    assert checks > 0
    assert all(step["part"] == "checks" for step in plan["steps"][:checks])
    assert others[: len(moving)] == ["lock"] * len(moving)
    assert [step["name"] for step in moving] == ["lock", "save", "hook"]
    # The hook has the pins: no other step writes them.
    assert not any(file["path"].endswith(".pref") for s in plan["steps"] for file in s["files"])
    paste(run, [command for step in moving for command in step["commands"]])
    status = json.loads(run("hook", "status", "apt", "--root", root, "--format", "json").out)
    assert "2.32.0" in status["hooks"][0]["lock"]
    assert status["hooks"][0]["problems"] == []
    assert contents(root) != before
    # A second run of the script saves nothing over what was saved.
    assert all(
        subprocess.run(["sh", "-c", step["unless"]], check=False).returncode == 0
        for step in moving
        if step["name"] == "save"
    )
    paste(run, plan["back"])
    assert contents(root) == before


def test_a_rollback_passes_the_hook(run: Run, tmp_path: Path) -> None:
    root = a_host(tmp_path / "root", held="install")
    (root / "etc/apt/sources.list.d/neuron.list").write_text(f"deb https://{SITE} noble main\n")

    def roll_back(sdk: str) -> tuple[list[str], int]:
        asked = ("--sdk", sdk, "--instance", "trn2", "--os", "ubuntu24.04", "-o", f"{sdk}.json")
        assert run("lock", "--offline", *asked).code == 0
        done = run("hook", "install", "apt", "--lock", f"{sdk}.json", "--root", root)
        assert done.code == 0, done.err
        words = ("plan", "--from", "host", "--root", root, "--to", "2.32.0", "--format", "json")
        back: list[str] = json.loads(run(*words).out)["back"]
        (at,) = [n for n, line in enumerate(back) if "apt-get install -y --allow-down" in line]
        return back, at

    # The hook was moved by hand before: its old lock has to come first.
    back, at = roll_back("2.32.0")
    assert back[at].startswith("sudo apt-get install")
    assert "hook install apt --lock OLD.json" in back[at - 1]
    assert all(line.startswith("#") for line in back[at - 2 : at])
    # What is installed was so by an override.
    status = root / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace("2.30.10.0-39feaa591", "2.99.1.0-new"))
    back, at = roll_back("2.30.0")
    assert back[at].startswith("sudo env NEURON_PIN_ALLOW=NP306 apt-get install")


def test_root_is_told_where_the_program_is(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = a_host(tmp_path / "root", held="install")
    asked = ("--sdk", "2.30.0", "--instance", "trn2", "--os", "ubuntu24.04", "-o", "old.json")
    assert run("lock", "--offline", *asked).code == 0
    assert run("hook", "install", "apt", "--lock", "old.json", "--root", root).code == 0
    program = tmp_path / "venv/bin/neuron-pin"
    program.parent.mkdir(parents=True)
    program.write_text("")
    words = ("plan", "--from", "host", "--root", root, "--to", "2.32.0")
    assert "sudo neuron-pin hook install apt" in run(*words).out
    monkeypatch.setattr("sys.argv", [str(program)])
    # sudo does not search an environment.
    assert f"sudo {program} hook install apt" in run(*words).out.replace(" \\\n       ", "")


def test_a_host_that_is_held_by_a_hook_is_told_what_comes_first(run: Run, tmp_path: Path) -> None:
    root = a_host(tmp_path / "root", held="install")
    (root / "etc/apt/sources.list.d/neuron.list").write_text(f"deb https://{SITE} noble main\n")
    words = ("plan", "--from", "host", "--root", root, "--to", "2.32.0")
    assert "hook" not in run(*words).out
    for sdk in ("2.30.0", "2.32.0"):
        asked = ("--sdk", sdk, "--instance", "trn2", "--os", "ubuntu24.04", "-o", f"{sdk}.json")
        assert run("lock", "--offline", *asked).code == 0
        done = run("hook", "install", "apt", "--lock", f"{sdk}.json", "--root", root)
        assert done.code == 0, done.err
        told = run(*words)
        # Rolling back names a lock, too.
        is_told = "sudo neuron-pin hook install apt --lock neuron-" in told.out
        assert is_told == (sdk == "2.30.0"), told.out


def test_a_hook_that_is_yet_to_come_is_planned_for(tmp_path: Path) -> None:
    root, catalog = a_host(tmp_path / "root"), load_catalog()
    settings = Settings(
        instance="trn2", os="ubuntu24.04", python="3.12", as_of="2026-08-21", offline=True
    )
    request = make_lock_request(
        settings, catalog, today=date(2026, 8, 21), this_python="3.12", environ={}
    )

    def list_parts(is_hooked: bool) -> list[Part]:
        found = plan(
            request, start="host", to="2.32.0", named=(), framework=None, framework_version="",
            category=(), ami="non-dlami",
            options=PlanOptions("", "", str(root), "neuron-pin", is_hooked=is_hooked),
        )  # fmt: skip
        return [step.part for step in found.steps if step.pins or step.part is Part.PINS]

    assert list_parts(False).count(Part.RUNTIME) == 1 and Part.PINS in list_parts(False)
    # It refuses a driver without its runtime library, and has the pins.
    assert list_parts(True) == [Part.DRIVER]
