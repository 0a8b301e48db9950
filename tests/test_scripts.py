"""The scripts of a fresh clone: what they say on a bare machine, what they install, what they write."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.policy import Ecosystem

PROJECT = Path(__file__).parent.parent
SCRIPTS = sorted(
    path
    for path in (PROJECT / "script").iterdir()
    if path.is_file() and (path.name == "environment" or path.read_bytes().startswith(b"#!/bin/sh"))
)
TOOLS = ("cat", "dirname", "fold", "grep", "mkdir", "rm", "sed", "sh", "tail")


class Bare:
    """A machine of a few programs that write down how they are called, and a clone on it."""

    def __init__(self, folder: Path) -> None:
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name in TOOLS:
            program = shutil.which(name)
            assert program is not None
            (self.programs / name).symlink_to(program)
        self.clone = folder / "clone"
        shutil.copytree(PROJECT / "script", self.clone / "script")
        self.calls = folder / "calls"
        self.os_release = folder / "os-release"
        self.lists = folder / "lists"
        self.lists.mkdir()

    def add(self, name: str, text: str = "", *, folder: Path | None = None) -> None:
        """A program that writes down its name and arguments, and then does what ``text`` says."""
        path = (folder or self.programs) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'#!/bin/sh\necho {name} "$@" >>"{self.calls}"\n{text}\n')
        path.chmod(0o755)

    def add_python(self, version: str, *, has_venv: bool) -> None:
        """Python, as far as the scripts ask it."""
        minor = int(version.partition(".")[2])
        self.add(
            "python3",
            'case "$2" in\n'
            f"*version_info*3,*) exit {0 if minor >= 10 else 1} ;;\n"
            f"*ensurepip*) exit {0 if has_venv else 1} ;;\n"
            f"*print*) echo {version} ;;\n"
            "esac",
        )

    def add_apt(self, *, user: int, lists: bool, installed: str = "") -> None:
        self.add("apt-get")
        self.add("apt-config", f"echo lists=\"'{self.lists}/'\"")
        self.add("id", f"echo {user}")
        self.add("dpkg-query", f'case " {installed} " in *" $3 "*) echo -n installed ;; esac')
        self.add(
            "apt-cache",
            "shift 2\nfor name; do\n    "
            '[ "$name" = netavark ] || printf "Package: %s\\n\\n" "$name"\ndone\n'
            'case " $* " in *" netavark "*) exit 100 ;; esac',
        )
        if lists:
            (self.lists / "deb.example_dists_trixie_main_binary-amd64_Packages").write_text("")

    def add_environment(self) -> None:
        """The environment that the scripts make, with this Python's neuron-pin."""
        folder = self.clone / ".venv/bin"
        self.add("python", 'case "$1" in -c) echo 3.12 ;; esac', folder=folder)
        self.add("zizmor", folder=folder)
        program = folder / "neuron-pin"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m neuron_pin "$@"\n')
        program.chmod(0o755)

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command on it; what was called before is forgotten."""
        self.calls.write_text("")
        return subprocess.run(
            words, cwd=self.clone, capture_output=True, text=True, check=False, timeout=120,
            env={"PATH": str(self.programs), "PYTHONPATH": os.pathsep.join([str(PROJECT), *sys.path]),
                 "PYTHONDONTWRITEBYTECODE": "1", "OS_RELEASE": str(self.os_release)},
        )  # fmt: skip

    @property
    def called(self) -> list[str]:
        return self.calls.read_text().splitlines()


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    return Bare(tmp_path)


HINTS = [
    # As root or not, with sudo, with package lists; what has to be installed then.
    (0, False, False, ["apt-get update", "apt-get install -y python3.13-venv"]),
    (0, True, True, ["apt-get install -y python3.13-venv"]),
    (1000, True, False, ["sudo apt-get update", "apt-get update",
                         "sudo apt-get install -y python3.13-venv",
                         "apt-get install -y python3.13-venv"]),
    (1000, True, True, ["sudo apt-get install -y python3.13-venv",
                        "apt-get install -y python3.13-venv"]),
    (1000, False, False, ["su -c apt-get update && apt-get install -y python3.13-venv",
                          "apt-get update", "apt-get install -y python3.13-venv"]),
    (1000, False, True, ["su -c apt-get install -y python3.13-venv",
                         "apt-get install -y python3.13-venv"]),
]  # fmt: skip


@pytest.mark.parametrize(("user", "sudo", "lists", "calls"), HINTS)
def test_the_line_to_paste_runs(
    bare: Bare, user: int, sudo: bool, lists: bool, calls: list[str]
) -> None:
    bare.add_apt(user=user, lists=lists)
    bare.add_python("3.13", has_venv=False)
    bare.add("su", 'sh -c "$2"')
    if sudo:
        bare.add("sudo", '"$@"')
    done = bare.call("script/lock")
    assert done.returncode == 2
    assert not (bare.clone / ".venv").exists()
    (line,) = (line.strip() for line in done.stderr.splitlines() if line.startswith("    "))
    assert bare.call("sh", "-c", line).returncode == 0
    assert bare.called == calls


@pytest.mark.parametrize(
    ("manager", "system", "version", "package"),
    [
        ("apt-get", "debian:13", "", "python3-venv"),
        ("dnf", "amzn:2023", "", "python3.11"),
        ("dnf", "rocky:9.5", "3.9", "python3.11"),
        ("dnf", "rhel:10.0", "", "python3"),
        ("dnf", "fedora:43", "", "python3"),
    ],
)
def test_without_a_python_that_will_do(
    bare: Bare, manager: str, system: str, version: str, package: str
) -> None:
    name, _, number = system.partition(":")
    bare.os_release.write_text(f'ID="{name}"\nVERSION_ID="{number}"\n')
    bare.add("id", "echo 0")
    bare.add(manager)
    (bare.lists / "x_Packages").write_text("")
    if manager == "apt-get":
        bare.add_apt(user=0, lists=True)
    if version:
        bare.add_python(version, has_venv=True)
    done = bare.call("script/test")
    assert done.returncode == 2
    assert f"    {manager} install -y {package}\n" in done.stderr


def test_a_system_without_a_known_package_manager(bare: Bare) -> None:
    done = bare.call("script/lock")
    assert done.returncode == 2
    assert "Python 3.10 or newer" in done.stderr


def test_uv_makes_the_environment_where_python_cannot(bare: Bare) -> None:
    bare.add_python("3.13", has_venv=False)
    bare.add("uv")
    done = bare.call("script/lock")
    assert done.returncode != 0, "nothing was made by this uv"
    assert "uv venv --quiet --seed --allow-existing --python python3 .venv" in bare.called


SYSTEMS = {system.name: system.ecosystem for system in Catalog(EMBEDDED).systems}
SYSTEM_FILE = {Ecosystem.APT: "neuron.pref", Ecosystem.RPM: "versionlock.list"}


# Known for a release that is known in part: no lock has its system packages yet.
WITHOUT_PACKAGES = {"ubuntu26.04"}


@pytest.mark.parametrize("system", sorted(SYSTEMS.keys() - WITHOUT_PACKAGES))
def test_lock_writes_what_the_system_reads(bare: Bare, system: str) -> None:
    """Every system of the catalog, those out of support on the last day that they were not."""
    bare.add_environment()
    day = {"ubuntu18.04": "2023-08-01", "ubuntu20.04": "2025-03-01", "amzn2": "2024-06-01"}
    words = ["--instance", "inf2", "--os", system, "--python", "3.10", "--as-of",
             day.get(system, "2026-08-21"), "--phase", "eos"]  # fmt: skip
    (bare.clone / "build").mkdir()
    for name in SYSTEM_FILE.values():
        (bare.clone / "build" / name).write_text("of an earlier run, for another system\n")
    done = bare.call("script/lock", *words)
    assert done.returncode == 0, done.stderr
    wanted = {"constraints.txt", "lock.json", SYSTEM_FILE[SYSTEMS[system]]}
    written = {path.name for path in (bare.clone / "build").iterdir()}
    assert written == wanted
    text = (bare.clone / "build" / SYSTEM_FILE[SYSTEMS[system]]).read_text()
    assert "aws-neuronx-dkms" in text
    # The command that the files name is the one that made them.
    assert (text.count("--instance"), text.count("--os")) == (1, 1)


def test_lock_of_python_packages_alone_writes_no_system_file(bare: Bare) -> None:
    bare.add_environment()
    done = bare.call("script/lock", "neuronx-cc")
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (bare.clone / "build").iterdir()} == {
        "constraints.txt", "lock.json",
    }  # fmt: skip


@pytest.mark.parametrize("script", ["lock", "test"])
def test_without_an_index_it_says_what_is_needed(bare: Bare, script: str) -> None:
    bare.add_environment()
    bare.add("python", 'case "$3" in install) exit 1 ;; esac', folder=bare.clone / ".venv/bin")
    done = bare.call(f"script/{script}")
    assert done.returncode == 2
    assert "PIP_INDEX_URL" in done.stderr
    assert not (bare.clone / "build").exists()


def test_lock_that_only_tries_writes_and_removes_nothing(bare: Bare) -> None:
    bare.add_environment()
    (bare.clone / "build").mkdir()
    (bare.clone / "build/versionlock.list").write_text("x")
    assert bare.call("script/lock", "--dry-run").returncode == 0
    assert [path.name for path in (bare.clone / "build").iterdir()] == ["versionlock.list"]


@pytest.mark.parametrize("words", [["--instanze", "trn2"], ["--os", "windows"], ["--sdk", "99.0"]])
def test_lock_refuses_as_neuron_pin_does(bare: Bare, words: list[str]) -> None:
    bare.add_environment()
    done = bare.call("script/lock", *words)
    assert done.returncode in (1, 2)
    assert done.stderr.count("error: ") == 1
    assert list((bare.clone / "build").iterdir()) == []


PACKAGES = [
    line
    for line in (PROJECT / "script/debian-packages").read_text().splitlines()
    if not line.startswith("#")
]


def test_root_is_told_what_is_installed_before_it_is(bare: Bare) -> None:
    bare.add_environment()
    bare.add_apt(user=0, lists=True, installed="dnf rpm")
    done = bare.call("script/test")
    assert done.returncode == 0, done.stderr
    missing = [name for name in PACKAGES if name not in ("dnf", "rpm", "netavark")]
    assert f"installing {len(missing)} Debian packages" in done.stdout
    told = done.stdout.split()
    assert set(missing) <= set(told)
    assert "netavark" in done.stderr
    options = "--no-install-recommends"
    assert f"apt-get install -qq {options} {' '.join(missing)}" in bare.called
    assert done.stdout.index("chromium") < done.stdout.index("linters and every test")


@pytest.mark.parametrize("words", [["--no-system-packages"], ["--quick"]])
def test_nothing_is_installed_into_the_system(bare: Bare, words: list[str]) -> None:
    bare.add_environment()
    bare.add_apt(user=0, lists=False)
    done = bare.call("script/test", *words)
    assert done.returncode == 0, done.stderr
    assert not [call for call in bare.called if call.startswith("apt-get")]
    assert [call for call in bare.called if call.startswith("python -m pytest")]


def test_a_user_is_told_what_is_missing(bare: Bare) -> None:
    bare.add_environment()
    bare.add_apt(user=1000, lists=True)
    bare.add("sudo", '"$@"')
    done = bare.call("script/test", "tests/cli")
    assert done.returncode == 0, done.stderr
    assert not [call for call in bare.called if call.startswith("apt-get")]
    (line,) = (line.strip() for line in done.stderr.splitlines() if line.startswith("    "))
    assert bare.call("sh", "-c", line).returncode == 0
    wanted = " ".join(name for name in PACKAGES if name != "netavark")
    assert bare.called[-1] == f"apt-get install -y --no-install-recommends {wanted}"


def test_other_arguments_are_those_of_pytest(bare: Bare) -> None:
    bare.add_environment()
    done = bare.call("script/test", "--no-system-packages", "tests/cli", "-k", "a or b")
    assert done.returncode == 0, done.stderr
    assert bare.called[-1] == "python -m pytest -n 2 --dist worksteal -rfEs tests/cli -k a or b"
    assert not [call for call in bare.called if "mypy" in call]
    assert bare.call("script/test", "tests/cli", "--quick").returncode == 2
    assert bare.called == []


def test_the_quick_tests_are_there(bare: Bare) -> None:
    bare.add_environment()
    assert bare.call("script/test", "--quick", "-x").returncode == 0
    words = bare.called[-1].split()
    assert words[-1] == "-x"
    paths = [word.removeprefix("--ignore=") for word in words if "tests/" in word]
    assert len(paths) > 3
    assert [path for path in paths if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize("script", ["fleet", "lock", "test"])
def test_help_says_how_and_does_nothing(bare: Bare, script: str) -> None:
    bare.add_environment()
    done = bare.call(f"script/{script}", "--help")
    assert done.returncode == 0
    assert f"script/{script}" in done.stdout
    assert not [call for call in bare.called if "pip install" in call]


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="needs shellcheck")
def test_scripts_are_posix_sh() -> None:
    options = ["-S", "warning", "--shell=sh", "-e", "SC1090,SC1091,SC2034,SC2046"]
    subprocess.run(["shellcheck", *options, *SCRIPTS], cwd=PROJECT, check=True)


def skip_reasons() -> list[tuple[str, str]]:
    """Every place of the tests that skips, and the reason, as far as it is written there."""
    found = []
    for path in sorted((PROJECT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr not in ("skip", "skipif") or "pytest" not in ast.unparse(node.func):
                continue
            reasons = [k.value for k in node.keywords if k.arg == "reason"] or node.args[:1]
            reason = ast.unparse(reasons[0]).removeprefix("f").strip("'\"")
            found.append((f"{path.relative_to(PROJECT)}:{node.lineno}", reason))
    return found


def test_a_skipped_test_says_what_it_needs() -> None:
    reasons = skip_reasons()
    assert len(reasons) > 40
    assert [(place, reason) for place, reason in reasons if not reason.startswith("needs ")] == []
