"""Modules taken from one file: the same program, and never an older one than its sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

import neuron_pin

COMMAND = ("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04")
IMPORT = (
    "import sys, neuron_pin\n"
    "from neuron_pin.bytecode import take_modules\n"
    "modules = take_modules(neuron_pin)\n"
    "import neuron_pin.policy.version as module\n"
    "modules.keep()\n"
)
"""As the command line does it, with one module."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package by itself, without bytecode."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(neuron_pin.__file__).parent, tmp_path / "neuron_pin", ignore=ignored)
    return tmp_path


def run(folder: Path, *arguments: str, write: bool = True) -> subprocess.CompletedProcess[str]:
    unset = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONOPTIMIZE")
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    environment |= {"PYTHONPATH": str(folder)} | ({} if write else {"PYTHONDONTWRITEBYTECODE": "1"})
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True, text=True, env=environment, cwd=folder, check=False,
    )  # fmt: skip


def find_file(folder: Path) -> Path:
    tag = sys.implementation.cache_tag
    return folder / "neuron_pin" / "__pycache__" / f"all_modules.{tag}.pyc"


def where(folder: Path, *, write: bool = True) -> str:
    """Where the bytecode of a module is taken from."""
    said = run(folder, "-c", f"{IMPORT}print(module.__spec__.cached)", write=write)
    assert said.stderr == ""
    return Path(said.stdout.strip()).name.partition(".")[0]


def test_the_second_start_takes_modules_from_the_file(copy: Path) -> None:
    first = run(copy, "-m", "neuron_pin", *COMMAND)
    assert first.returncode == 0, first.stderr
    size = find_file(copy).stat().st_size
    # Of Python's own bytecode there is nothing left to take.
    for path in copy.rglob("*.pyc"):
        if path != find_file(copy):
            path.unlink()
    assert where(copy, write=False) == "all_modules"
    second = run(copy, "-m", "neuron_pin", *COMMAND)
    assert (second.returncode, second.stdout) == (0, first.stdout)
    # Nothing that a lock imports was missing.
    assert find_file(copy).stat().st_size == size
    another = run(copy, "-m", "neuron_pin", "releases")
    assert another.returncode == 0, another.stderr
    assert find_file(copy).stat().st_size > size
    assert where(copy) == "all_modules"


def test_an_edited_source_counts_at_once(copy: Path) -> None:
    assert [where(copy), where(copy)] == ["version", "all_modules"]
    source = copy / "neuron_pin" / "policy" / "version.py"
    source.write_text(source.read_text() + "\nEDITED = 1\n")
    said = run(copy, "-c", f"{IMPORT}print(module.EDITED)")
    assert said.stdout == "1\n", said.stderr
    assert where(copy) == "all_modules"
    source.unlink()
    assert "ModuleNotFoundError" in run(copy, "-c", IMPORT).stderr


def test_a_copy_takes_no_modules_of_what_it_was_copied_from(copy: Path, tmp_path: Path) -> None:
    assert [where(copy), where(copy)] == ["version", "all_modules"]
    moved = tmp_path / "moved"
    shutil.copytree(copy / "neuron_pin", moved / "neuron_pin")
    said = run(moved, "-c", f"{IMPORT}print(module.__file__)")
    assert said.stdout.strip() == str(moved / "neuron_pin" / "policy" / "version.py")


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:-100], id="cut in a module"),
        pytest.param(lambda data: data[:60], id="cut in the index"),
        pytest.param(lambda data: data.replace(b"modules 3", b"modules 0"), id="another form"),
        pytest.param(
            lambda data: data.replace(sys.version.encode(), b"4" + sys.version[1:].encode()),
            id="another Python",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_made_anew(copy: Path, spoil) -> None:
    assert where(copy) == "version"
    whole = find_file(copy).read_bytes()
    find_file(copy).write_bytes(spoil(whole))
    assert run(copy, "-m", "neuron_pin", *COMMAND).returncode == 0
    assert where(copy) == "all_modules"


def test_where_python_writes_no_bytecode_nothing_is_written(copy: Path) -> None:
    assert run(copy, "-m", "neuron_pin", *COMMAND, write=False).returncode == 0
    assert not find_file(copy).exists()
    # What is no folder takes no file either.
    (copy / "neuron_pin" / "__pycache__").write_text("")
    said = run(copy, "-m", "neuron_pin", *COMMAND)
    assert (said.returncode, "Traceback" in said.stderr) == (0, False)


def test_modules_are_as_python_makes_them(copy: Path) -> None:
    """Sources, data and traces are found from them."""
    assert where(copy) == "version"
    said = run(
        copy,
        "-c",
        f"{IMPORT}import inspect, importlib.resources, neuron_pin.catalog\n"
        "print(module.__file__, module.__package__, inspect.getsource(module.Form)[:10])\n"
        "print((importlib.resources.files('neuron_pin.catalog') / 'data').is_dir())\n"
        "module.split_version(None)",
    )
    source = copy / "neuron_pin" / "policy" / "version.py"
    assert said.stdout.splitlines()[0] == f"{source} neuron_pin.policy class Form"
    assert said.stdout.splitlines()[1] == "True"
    assert f'File "{source}", line ' in said.stderr


def test_modules_of_others_are_taken_where_they_were_found(copy: Path) -> None:
    """By a program of an environment alone, and no longer once Python looks elsewhere first."""
    venv.create(copy / "environment", symlinks=True, with_pip=False)
    program = copy / "environment" / "bin" / "program"
    code = IMPORT.replace("modules.keep()", "import json\nmodules.keep()")
    program.write_text(f"{code}print(json.__spec__.cached, json.__file__)\n")
    python = program.with_name("python")

    def start(*path: Path) -> list[str]:
        unset = ("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONOPTIMIZE")
        environment = {name: value for name, value in os.environ.items() if name not in unset}
        environment["PYTHONPATH"] = os.pathsep.join(map(str, (*path, copy)))
        command = [str(python), str(program)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        return done.stdout.split()

    (first, _), (second, source) = start(), start()
    # Python's own bytecode of the library may be where nobody may write it.
    assert Path(second) == find_file(copy) or not Path(first).exists()
    other = copy / "other"
    other.mkdir()
    (other / "json.py").write_text("")
    assert start(other)[1] == str(other / "json.py")
    assert start(other) == [str(find_file(copy)), str(other / "json.py")]
    (other / "json.py").unlink()
    assert start(other)[1] == source


def test_pip_removes_the_file_with_the_package(copy: Path, pip_environment) -> None:
    names = ("__init__", "all_modules", "bytecode", "record")
    info = "neuron_pin-0.1.0.dist-info"
    files = {f"neuron_pin/{name}.py": (copy / "neuron_pin" / f"{name}.py") for name in names}
    contents = {name: path.read_bytes() for name, path in files.items()} | {
        f"{info}/METADATA": b"Metadata-Version: 2.1\nName: neuron-pin\nVersion: 0.1.0\n",
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    contents[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in contents).encode()
    wheel = copy / "neuron_pin-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    environment = copy / "environment"
    pip_environment(environment)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "-q", "--no-index", "--no-deps", str(wheel)], check=True)
    code = IMPORT.replace("policy.version", "record")
    unset = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    subprocess.run([pip[0], "-c", code], check=True, env=unset, cwd=environment)
    (kept,) = environment.rglob("all_modules.*.pyc")
    assert kept.read_bytes().startswith(b"neuron-pin modules")
    subprocess.run([*pip, "uninstall", "-q", "-y", "neuron-pin"], check=True)
    assert not list(environment.rglob("*neuron_pin*"))
