"""What ``deploy/`` has for fleets without Ansible."""

from __future__ import annotations

import hashlib
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Run

yaml = pytest.importorskip("yaml")

DEPLOY = Path(__file__).parents[2] / "deploy"
PROGRAM = b"the program\n"
LOCK = b"the lock\n"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "ssm-neuron-pin.yml").read_text())
    return found


def test_its_shape_is_that_of_command_documents(document: dict[str, Any]) -> None:
    """AWS Systems Manager, "Data elements and parameters", of schema 2.2."""
    assert document.keys() == {"schemaVersion", "description", "parameters", "mainSteps"}
    assert document["schemaVersion"] == "2.2"
    for name, parameter in document["parameters"].items():
        assert re.fullmatch(r"[A-Za-z0-9]{1,128}", name)
        assert parameter["type"] == "String"
        assert "allowedPattern" in parameter or "allowedValues" in parameter
        if parameter.get("default"):
            assert parameter["default"] in parameter["allowedValues"]
    (step,) = document["mainSteps"]
    assert step["action"] == "aws:runShellScript"
    assert re.fullmatch(r"[a-zA-Z0-9_]{3,128}", step["name"])
    assert step["precondition"] == {"StringEquals": ["platformType", "Linux"]}
    lines = step["inputs"]["runCommand"]
    assert all(isinstance(line, str) for line in lines)
    named = set(re.findall(r"\{\{ *(\w+) *\}\}", "\n".join(lines)))
    assert named == set(document["parameters"])


VALUES = ["'", '"', "$(id)", "`id`", ";", "|", "\n", " ", "\\", "&&", "$", "(", "<", ">", "{"]


@pytest.mark.parametrize("value", VALUES, ids=range(len(VALUES)))
def test_no_value_ends_its_quotes(document: dict[str, Any], value: str) -> None:
    for name in ("ProgramUrl", "ProgramSha256", "LockUrl", "LockSha256"):
        pattern = document["parameters"][name]["allowedPattern"]
        # A single quote would end the quotes; && is text inside of them.
        for text in (value, f"https://a/{value}", f"{'0' * 63}{value}"):
            assert value == "&&" or re.fullmatch(pattern.strip("^$"), text) is None


def run_script(document: dict[str, Any], folder: Path, **values: str) -> tuple[int, list[str]]:
    """The script on files instead of addresses; programs record how they are called."""
    calls = folder / "calls"
    calls.write_text("")
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("python3", "install"):
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {calls}\n')
        (tools / name).chmod(0o755)
    defaults = {name: row.get("default", "") for name, row in document["parameters"].items()}
    text = "\n".join(document["mainSteps"][0]["inputs"]["runCommand"])
    for name, value in {**defaults, **values}.items():
        text = text.replace(f"{{{{ {name} }}}}", value)
    text = text.replace("=https", "=https,file")
    path = f"{tools}:/usr/bin:/bin:/usr/sbin:/sbin"
    done = subprocess.run(["sh", "-c", text], env={"PATH": path}, check=False, capture_output=True)
    return done.returncode, re.sub(
        r"/var/tmp/neuron-pin\.\w+", "FOLDER", calls.read_text()
    ).splitlines()


def put(folder: Path, name: str, data: bytes) -> tuple[str, str]:
    (folder / name).write_bytes(data)
    return (folder / name).as_uri(), hashlib.sha256(data).hexdigest()


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_script_runs_what_was_verified(document: dict[str, Any], tmp_path: Path) -> None:
    url, digest = put(tmp_path, "neuron-pin.pyz", PROGRAM)
    program = {"ProgramUrl": url, "ProgramSha256": digest}
    assert run_script(document, tmp_path, **program) == (
        0, ["python3 -I FOLDER/neuron-pin.pyz fleet facts -q"],
    )  # fmt: skip
    code, calls = run_script(document, tmp_path, **{**program, "ProgramSha256": "0" * 64})
    assert (code, calls) == (3, [])
    lock_url, lock_digest = put(tmp_path, "lock.json", LOCK)
    lock = {"Action": "enforce", "LockUrl": lock_url, "LockSha256": lock_digest}
    code, calls = run_script(document, tmp_path, **program, **lock)
    assert code == 0
    assert re.fullmatch(r"python3 -I \S+ hook install (apt|dnf) --lock FOLDER/lock.json", calls[0])
    assert calls[-1] == "install -m 0644 FOLDER/lock.json /etc/neuron-pin/lock.json"
    code, calls = run_script(document, tmp_path, **program, **{**lock, "LockSha256": "1" * 64})
    assert (code, calls) == (3, [])


def test_the_user_data_installs_what_the_policy_allows(run: Run) -> None:
    target = ("--instance", "trn2", "--os", "ubuntu24.04", "--as-of", "2026-08-20")
    done = run("check", str(DEPLOY / "cloud-init.yml"), *target)
    assert done.code == 0, done.out
    assert "4 Neuron packages checked" in done.out
    scripts = yaml.safe_load((DEPLOY / "cloud-init.yml").read_text())["write_files"]
    checked = subprocess.run(["sh", "-n"], input=scripts[0]["content"], text=True, check=False)
    assert checked.returncode == 0


@pytest.mark.parametrize("fails", [True, False])
def test_no_package_is_installed_without_the_hook(tmp_path: Path, fails: bool) -> None:
    """cloud-init writes what runcmd has into one shell script, lists as quoted words."""
    rows = yaml.safe_load((DEPLOY / "cloud-init.yml").read_text())["runcmd"]
    text = "\n".join(row if isinstance(row, str) else shlex.join(row) for row in rows)
    for name in ("neuron-pin-bootstrap", "apt-get", "neuron-pin"):
        status = int(fails and name == "neuron-pin-bootstrap")
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@" >>log\nexit {status}\n')
        (tmp_path / name).chmod(0o755)
    script = text.replace("/usr/local/sbin/", f"{tmp_path}/")
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, check=False
    )
    assert (done.returncode != 0) is fails
    called = (tmp_path / "log").read_text().splitlines()
    assert called[0] == "neuron-pin-bootstrap"
    assert any("aws-neuronx-dkms" in line for line in called) is not fails
