"""Who may do what: a user without rights is told what to run, and may look at everything."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import copy_program, failure

from neuron_pin.cli import main
from neuron_pin.errors import CannotWrite

PYTHON = "/usr/bin/python3"
NOBODY = 65534
AsNobody = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def as_nobody(machine: Path) -> AsNobody:
    """Runs a command as a user without rights, who cannot read what is below root's home."""
    place = copy_program(machine.parent / "program")

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PYTHON, "-m", "neuron_pin", *(str(word) for word in words)], user=NOBODY, group=NOBODY,
            extra_groups=[], capture_output=True, text=True, check=False, cwd="/",
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": place, "HOME": "/nonexistent",
                 "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip

    return call


@pytest.fixture
def machine(tmp_path_factory) -> Path:
    """A machine below a folder of root's, and a lock that everybody may read."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to become another user")
    if not os.path.exists(PYTHON):
        pytest.skip(f"needs {PYTHON}, which every user may run")
    folder = tmp_path_factory.mktemp("users") / "machine"
    folder.mkdir()
    for part in [folder, *folder.parents][:-2]:
        part.chmod(0o755)
    for place in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "var/lib", "usr/lib"):
        (folder / place).mkdir(parents=True)
    lock = folder / "lock.json"
    asked = ["--instance", "trn2", "--os", "ubuntu24.04"]
    assert main(["lock", "--offline", "-q", *asked, "-o", str(lock)]) == 0
    return folder


def test_a_user_without_rights_is_told_the_line_to_run(machine: Path, as_nobody: AsNobody) -> None:
    before = sorted(machine.rglob("*"))
    words = ("hook", "install", "apt", "--lock", machine / "lock.json", "--root", machine)
    done = as_nobody(*words)
    assert done.returncode == 2, done.stderr
    assert "only root can write here" in done.stderr
    line = f"hook install apt --lock {machine}/lock.json --root {machine}"
    assert f"hint: run: sudo {PYTHON}" in done.stderr or "hint: run: sudo " in done.stderr
    assert line in done.stderr
    assert sorted(machine.rglob("*")) == before
    shown = as_nobody(*words, "--dry-run")
    assert shown.returncode == 0, shown.stderr
    assert "+DPkg::Pre-Install-Pkgs" in shown.stdout
    assert as_nobody("hook", "status", "apt", "--root", machine).returncode == 0
    assert main([str(word) for word in words]) == 0
    told = as_nobody("hook", "status", "apt", "--root", machine)
    assert "Neuron SDK" in told.stdout, told.stderr
    gone = as_nobody("hook", "remove", "apt", "--root", machine)
    assert gone.returncode == 2
    assert f"hook remove apt --root {machine}" in gone.stderr
    system = as_nobody(
        "hook", "install", "pip", "--scope", "system", "--lock", machine / "lock.json"
    )
    assert system.returncode == 2
    assert "sudo" in system.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("hook", "install"), "missing KIND"),
        (("hook", "install", "rpm"), "unknown hook 'rpm'"),
        (("hook", "instal", "apt"), "unknown action"),
        (("hook", "install", "apt", "--scope", "user"), "apt has only the scope"),
        (("hook", "install", "pip", "--scope", "venv"), "no environment is active"),
        (("hook", "install", "pip", "--venv", "."), "is not a virtual environment"),
        (("hook", "install", "pip", "--scope", "user", "--root", "/"), "--root is for --scope system"),
        (("hook", "install", "apt", "--root", "."), "lock.json: there is no such file"),
        (("hook", "install", "apt", "--root", ".", "--lock", "bad.json"), "is not a lock"),
        (("hook", "install", "apt", "--root", ".", "--lock", "evil.json"), "evil.json: package 0"),
        (("hook", "install", "apt", "--root", ".", "--lock", "good.json", "--expires", "soon"), "is not a date"),
        (("hook", "install", "apt", "--lock", "rpm.json", "--root", "."), "no apt packages"),
        (("exec", "--lock", "nowhere.json", "--", "true"), "there is no such file"),
    ],
)  # fmt: skip
def test_wrong_usage_says_what_to_do(run, monkeypatch, words, told: str) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    Path("bad.json").write_text('{"packages": 1}')
    for name, system in (("good", "ubuntu24.04"), ("rpm", "amzn2023")):
        assert run("lock", "--offline", "--instance", "trn2", "--os", system, "--python", "3.12",
                   "-o", f"{name}.json").code == 0  # fmt: skip
    good = Path("good.json").read_text()
    Path("evil.json").write_text(
        good.replace('"name": "aws-neuronx-', '"name": "a\\nPin: release *')
    )
    done = run(*words)
    assert done.code == 2, done.err
    assert told in done.err


def test_main_program_is_what_root_is_told_to_run(run, monkeypatch, tmp_path: Path) -> None:
    """The line that is printed is the one that was typed."""
    assert (
        run("lock", "--offline", "--instance", "trn2", "--python", "3.12", "-o", "l.json").code == 0
    )
    monkeypatch.setattr("os.access", lambda *_: False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["/usr/bin/neuron-pin"])
    (tmp_path / "a b").mkdir()
    done = run("hook", "install", "pip", "--lock", "l.json", "--root", tmp_path / "a b")
    assert done.code == 2
    assert (
        f"sudo /usr/bin/neuron-pin hook install pip --lock l.json --root '{tmp_path}/a b'"
        in done.err
    )


def test_folders_that_cannot_be_made_are_an_error_of_their_own(run, tmp_path: Path) -> None:
    assert run("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "-o",
               "lock.json").code == 0  # fmt: skip
    (tmp_path / "file").write_text("")
    done = run("exec", "--lock", "lock.json", "--cache-dir", tmp_path / "file", "--", "true")
    assert done.code == 2
    assert "--cache-dir" in done.err
    (tmp_path / "root").mkdir()
    (tmp_path / "root/usr").write_text("")
    done = run("hook", "install", "apt", "--lock", "lock.json", "--root", tmp_path / "root")
    assert failure(done, CannotWrite).path.startswith(str(tmp_path / "root/usr"))
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["usr"]


def test_what_exec_wrote_long_ago_goes(run, tmp_path: Path, monkeypatch) -> None:
    assert run("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "-o",
               "lock.json").code == 0  # fmt: skip
    old = tmp_path / "cache/exec/0.preferences.d"
    old.mkdir(parents=True)
    (old / "00-neuron-pin.pref").write_text("")
    (tmp_path / "cache/exec/1.txt").write_text("")
    for path in (old, tmp_path / "cache/exec/1.txt"):
        os.utime(path, (1, 1))
    program = [sys.executable, "-m", "neuron_pin", "exec", "--lock", "lock.json", "--cache-dir",
               str(tmp_path / "cache"), "--", "true"]  # fmt: skip
    for _ in range(2):
        assert subprocess.run(program, check=False).returncode == 0
    left = sorted(path.name.partition(".")[2] for path in (tmp_path / "cache/exec").iterdir())
    # Constraints, and those of builds.
    assert left == ["apt.conf", "preferences.d", "state", "txt", "txt"]


def list_contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() if path.is_file() else b"" for path in folder.rglob("*")}


@pytest.fixture
def environment(machine: Path) -> Path:
    """An environment of root's, with a pip.conf, and a uv.toml."""
    found = machine / "env"
    (found / "bin").mkdir(parents=True)
    (found / "bin/python").symlink_to(PYTHON)
    (found / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.0\n")
    (found / "pip.conf").write_text("[global]\ntimeout = 5\n")
    (found / "uv.toml").write_text("offline = false\n")
    asked = ["--instance", "trn2", "--python", "3.11"]
    assert main(["lock", "--offline", "-q", *asked, "-o", str(machine / "pip.json")]) == 0
    return found


@pytest.mark.parametrize("how", [("--lock", "pip.json"), ("--via", "http://127.0.0.1:9/simple/")])
def test_a_pip_conf_of_another_user_is_told_and_kept(
    machine: Path, environment: Path, as_nobody: AsNobody, how: tuple[str, str]
) -> None:
    option, value = how
    words = (option, machine / value if option == "--lock" else value)
    before = list_contents(environment)
    done = as_nobody("hook", "install", "pip", *words, "--venv", environment)
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith("error: ")
    assert str(environment) in done.stderr, done.stderr
    assert list_contents(environment) == before
    # It is not removed by half, either.
    assert main(["hook", "install", "pip", *map(str, words), "--venv", str(environment)]) == 0
    installed = list_contents(environment)
    gone = as_nobody("hook", "remove", "pip", "--venv", environment)
    assert gone.returncode == 2
    assert str(environment) in gone.stderr
    assert list_contents(environment) == installed
    assert main(["hook", "remove", "pip", "--venv", str(environment)]) == 0
    assert list_contents(environment) == before


@pytest.mark.parametrize("what", ["folder", "link", "fifo"])
@pytest.mark.parametrize("how", [("--lock", "pip.json"), ("--via", "http://127.0.0.1:9/simple/")])
def test_what_is_no_file_in_place_of_pip_conf_is_told_and_kept(
    run, machine: Path, environment: Path, what: str, how: tuple[str, str]
) -> None:
    option, value = how
    place = environment / "pip.conf"
    place.rename(environment / "other.conf")
    if what == "folder":
        place.mkdir()
    elif what == "link":
        place.symlink_to("other.conf")
    else:
        os.mkfifo(place)
    before = list_contents(environment)
    done = run(
        "hook", "install", "pip", option, machine / value if option == "--lock" else value,
        "--venv", environment,
    )  # fmt: skip
    assert done.code == 2, done.out
    assert f"error: {place}: " in done.err
    assert list_contents(environment) == before
