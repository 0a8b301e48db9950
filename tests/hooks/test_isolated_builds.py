"""Isolated builds, which constraints do not reach: real pip and uv build a project that needs a
Neuron package, under a hook and below ``exec``."""

import io
import os
import subprocess
import sys
import tarfile
import venv
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Run, publish, sample

LOCKED, DECOY = "2.27.5334.0", "999.0"
BACKEND = """
import importlib.metadata, os, zipfile

def build_wheel(folder, settings=None, metadata=None):
    name = "built-1.0-py3-none-any.whl"
    info = "built-1.0.dist-info"
    files = {
        "built.py": "BY = %r" % importlib.metadata.version("neuronx-cc"),
        info + "/METADATA": "Metadata-Version: 2.1\\nName: built\\nVersion: 1.0\\n",
        info + "/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        info + "/RECORD": "",
    }
    with zipfile.ZipFile(os.path.join(folder, name), "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return name
"""
PROJECT = """
[build-system]
requires = ["neuronx-cc"]
build-backend = "backend"
backend-path = ["."]

[project]
name = "built"
version = "1.0"
"""


class World(NamedTuple):
    lock: Path
    source: Path
    public: str


@pytest.fixture
def world(run: Run, serve, tmp_path: Path, monkeypatch) -> World:
    """A lock, and the source of a project that needs a Neuron package to be built."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_CONFIG_DIRS": str(tmp_path / "none"), "PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_PYTHON_DOWNLOADS": "never",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    neuron, public = serve(), serve()
    publish(neuron, {"neuronx-cc": [(LOCKED, ())]}, as_json=False)
    publish(public, {"neuronx-cc": [(DECOY, ())]}, as_json=True)
    lock = tmp_path / "lock.json"
    done = run(
        "lock", "neuronx-cc", "--instance", "trn2", "--python", "3.12", "--sdk", "2.32.0",
        "--as-of", "2026-09-01", "--index-url", f"{public.url}/simple/",
        "--neuron-index-url", f"{neuron.url}/simple/", "-o", lock,
    )  # fmt: skip
    assert done.code == 0, done.err
    source = tmp_path / "built-1.0.tar.gz"
    with tarfile.open(source, "w:gz") as archive:
        for name, text in (
            ("PKG-INFO", "Metadata-Version: 2.1\nName: built\nVersion: 1.0\n"),
            ("pyproject.toml", PROJECT),
            ("backend.py", BACKEND),
        ):
            member = tarfile.TarInfo(f"built-1.0/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return World(lock, source, f"{public.url}/simple/")


def call(words: list, folder: Path) -> str:
    """Run what builds and installs, and give the version that the build had."""
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (built,) = (folder / ".venv").glob("lib/python3*/site-packages/built.py")
    return built.read_text().partition("'")[2].rstrip("'")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    venv.create(folder / ".venv", with_pip=False)
    return folder


PIP = [sys.executable, "-m", "pip", "--python", ".venv/bin/python", "install", "--force-reinstall"]
UV = [sys.executable, "-m", "uv", "pip", "install", "--python", ".venv", "--reinstall"]


@pytest.mark.parametrize("tool", sample(["pip", "uv"], 2, 1))
def test_a_hook_reaches_builds(run: Run, world: World, project: Path, tool: str) -> None:
    words = [*(PIP if tool == "pip" else UV), "--index-url", world.public, world.source]
    assert call(words, project) == DECOY
    # The newest pip acts on the environment with the user's settings.
    where = ("--scope", "user") if tool == "pip" else ("--venv", project / ".venv")
    assert run("hook", "install", tool, "--lock", world.lock, *where).code == 0
    assert call(words, project) == LOCKED
    assert "installed" in run("hook", "status", tool, *where).out
    assert run("hook", "remove", tool, *where).code == 0
    assert not list(project.parent.rglob("*build-constraints*"))


def test_a_hook_reaches_builds_of_uv_projects(run: Run, world: World, project: Path) -> None:
    file = project / "pyproject.toml"
    text = (
        '[project]\nname = "p"\nversion = "1"\nrequires-python = ">=3.10"\n'
        f'dependencies = ["built @ {world.source.as_uri()}"]\n'
        f'[[tool.uv.index]]\nurl = "{world.public}"\ndefault = true\n'
    )
    file.write_text(text)
    sync = [sys.executable, "-m", "uv", "sync", "--reinstall"]
    assert call(sync, project) == DECOY
    where = ("--venv", project / ".venv")
    assert run("hook", "install", "uv", "--lock", world.lock, *where).code == 0
    assert call(sync, project) == LOCKED
    assert run("hook", "remove", "uv", *where).code == 0
    assert file.read_text() == text


@pytest.mark.parametrize("tool", sample(["pip", "uv"], 2))
def test_exec_reaches_builds(world: World, project: Path, tool: str) -> None:
    words = [*(PIP if tool == "pip" else UV), "--index-url", world.public, world.source]
    pin = [sys.executable, "-m", "neuron_pin", "exec", "--lock", world.lock, "--"]
    assert call([*pin, *words], project) == LOCKED
