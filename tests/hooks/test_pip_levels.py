"""Real pip under a hook, with other files and variables of pip's configuration beside it."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Run, publish, sample, wheel

GOOD, DECOY = "2.27.5334.0", "9.9.9"
NAME = "neuronx-cc"


class Machine(NamedTuple):
    """An environment, the folders of pip's files, an index of the policy's, and a decoy's."""

    venv: Path
    files: dict[str, Path]
    via: str
    theirs: str
    pip: Callable[..., str]


@pytest.fixture(scope="module")
def environment(tmp_path_factory, pip_environment) -> Path:
    folder: Path = tmp_path_factory.mktemp("levels") / ".venv"
    pip_environment(folder)
    return folder


@pytest.fixture
def machine(run: Run, serve, tmp_path: Path, environment: Path, monkeypatch) -> Iterator[Machine]:
    home = tmp_path / "home"
    for name, value in {
        "HOME": home, "XDG_CONFIG_HOME": home / "config", "XDG_DATA_HOME": home / "data",
        "XDG_CONFIG_DIRS": tmp_path / "xdg", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_CACHE_DIR": "1",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    policy, decoys = serve(), serve()
    publish(policy, {NAME: [(GOOD, ())]}, as_json=True)
    publish(decoys, {NAME: [(DECOY, ())]}, as_json=True)
    links = tmp_path / "links"
    links.mkdir()
    (links / f"neuronx_cc-{DECOY}-py3-none-any.whl").write_bytes(wheel(NAME, DECOY))

    def pip(*words: str) -> str:
        done = subprocess.run(
            [environment / "bin/python", "-m", "pip", "install", "--dry-run", "--quiet",
             "--ignore-installed", "--report", "-", *words, NAME],
            capture_output=True, text=True, check=False, timeout=120, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        (found,) = json.loads(done.stdout)["install"]
        return str(found["metadata"]["version"])

    files = {
        "machine": tmp_path / "xdg/pip/pip.conf",
        "legacy": home / ".pip/pip.conf",
        "user": home / "config/pip/pip.conf",
        "venv": environment / "pip.conf",
        "named": tmp_path / "named.conf",
    }
    theirs = f"extra-index-url = {decoys.url}/simple/\nfind-links = {links}\n"
    for file in files.values():
        file.parent.mkdir(parents=True, exist_ok=True)
    yield Machine(environment, files, policy.url, theirs, pip)
    files["venv"].unlink(missing_ok=True)


WEAKER = [
    ("machine", "global"), ("machine", "install"), ("legacy", "global"), ("user", "install"),
]  # fmt: skip


@pytest.mark.parametrize(("level", "section"), sample(WEAKER, 2))
def test_weaker_files_are_out_of_force(
    run: Run, machine: Machine, level: str, section: str
) -> None:
    machine.files[level].write_text(f"[{section}]\n{machine.theirs}")
    where = ("--venv", machine.venv)
    done = run("hook", "install", "pip", "--via", machine.via, *where)
    assert done.code == 0, done.err
    assert done.err.count(f"{machine.files[level]}: [{section}]") == 2
    assert machine.pip() == GOOD
    assert run("hook", "status", "pip", *where).code == 0
    # Without the hook the decoy wins, and the hook leaves nothing.
    before = machine.files[level].read_text()
    assert run("hook", "remove", "pip", *where).code == 0
    assert machine.files[level].read_text() == before
    assert not machine.files["venv"].exists()
    if (level, section) == WEAKER[0]:
        assert machine.pip("--index-url", f"{machine.via}/simple/") == DECOY


STRONGER = ["variable", "named", "venv", "venv-install"]


@pytest.mark.parametrize("what", sample(STRONGER, 2, 1))
def test_what_is_stronger_is_named_and_a_failing_status(
    run: Run, machine: Machine, monkeypatch, what: str
) -> None:
    where = ("--scope", "user")
    monkeypatch.setenv("VIRTUAL_ENV", str(machine.venv))
    assert run("hook", "install", "pip", "--via", machine.via, *where).code == 0
    assert run("hook", "status", "pip", *where).code == 0
    if what == "variable":
        url = machine.theirs.split()[2].replace("//", "//user:secret@")
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", url)
        place = "PIP_EXTRA_INDEX_URL"
    else:
        level, _, section = what.partition("-")
        file = machine.files[level]
        file.write_text(f"[{section or 'global'}]\n{machine.theirs}")
        place = str(file)
        if level == "named":
            monkeypatch.setenv("PIP_CONFIG_FILE", place)
    words = ("--index-url", f"{machine.via}/simple/") if what == "named" else ()
    assert machine.pip(*words) == DECOY
    status = run("hook", "status", "pip", *where, "--format", "json")
    assert status.code == 1
    (hook,) = json.loads(status.out)["hooks"]
    assert hook["state"] == "faulty"
    assert any(place in problem for problem in hook["problems"])
    again = run("hook", "install", "pip", "--via", machine.via, *where)
    assert again.code == 0
    assert place in again.err
    assert "secret" not in status.out + again.err


def test_a_command_section_that_appears_later_is_named(run: Run, machine: Machine) -> None:
    where = ("--venv", machine.venv)
    assert run("hook", "install", "pip", "--via", machine.via, *where).code == 0
    machine.files["user"].write_text(f"[install]\n{machine.theirs}")
    assert run("hook", "status", "pip", *where).code == 1
    # Installing again takes it out of force.
    assert run("hook", "install", "pip", "--via", machine.via, *where).code == 0
    assert run("hook", "status", "pip", *where).code == 0
    assert machine.pip() == GOOD


@pytest.mark.parametrize("text", ["[global\n", "[global]\na = 1\na = 2\n", "x\n"])
def test_a_file_that_pip_cannot_read_is_named(run: Run, machine: Machine, text: str) -> None:
    machine.files["user"].write_text(text)
    where = ("--venv", machine.venv)
    done = run("hook", "install", "pip", "--via", machine.via, *where)
    assert (done.code, str(machine.files["user"]) in done.err) == (0, True)
    assert run("hook", "status", "pip", *where).code == 1


def test_no_configuration_file_at_all(run: Run, machine: Machine, monkeypatch) -> None:
    where = ("--venv", machine.venv)
    assert run("hook", "install", "pip", "--via", machine.via, *where).code == 0
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert run("hook", "status", "pip", *where).code == 1


def test_another_constraint_in_a_stronger_place(
    run: Run, machine: Machine, tmp_path: Path, monkeypatch
) -> None:
    lock, mine = tmp_path / "lock.json", tmp_path / "mine.txt"
    mine.write_text("other==1\n")
    done = run("lock", NAME, "--offline", "--instance", "trn2", "--python", "3.11", "-o", lock)
    assert done.code == 0, done.err
    where = ("--scope", "user")
    assert run("hook", "install", "pip", "--lock", lock, *where).code == 0
    assert run("hook", "status", "pip", *where).code == 0
    monkeypatch.setenv("PIP_CONSTRAINT", str(mine))
    assert run("hook", "status", "pip", *where).code == 1
    ours = tmp_path / "home/config/neuron-pin/constraints.txt"
    monkeypatch.setenv("PIP_CONSTRAINT", f"{mine} {ours}")
    assert run("hook", "status", "pip", *where).code == 0
