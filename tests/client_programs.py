"""Other programs, found and run for tests/clients: what ``script/clients`` installs below
build/clients, the modules of this Python, and what the system has.  A pytest plugin, too.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).parents[1]
FOLDER = PROJECT / "build/clients"
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
GOOD = {"torch_neuronx": "2.9.0.2.13.24727", "libneuronxla": "2.2.16408.0",
        "neuronx_cc": "2.24.5133.0"}  # fmt: skip
"""What the pair of indexes has of Neuron's that is right; its public one has decoys."""
OWN = ("torch-neuronx", "libneuronxla", "neuronx-cc")


LIBRARIES = ("cyclonedx-python-lib", "icalendar", "packageurl-python")
"""Libraries of this Python, which a test calls by itself."""


class Program(NamedTuple):
    """A program: how it is called, and its version."""

    words: tuple[str, ...]
    version: str

    def __call__(
        self, *words: object, folder: Path, is_fine: bool = True, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*self.words, *(str(word) for word in words)], cwd=folder, text=True, check=False,
            timeout=300, env={**clean(folder), **variables}, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0 or not is_fine, done.stdout
        return done


def clean(folder: Path) -> dict[str, str]:
    """An environment in which nothing is configured."""
    prefixes = ("PIP_", "UV_", "PDM_", "POETRY_", "PIPENV_", "HATCH_", "XDG_", "NEURON_PIN_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(prefixes)}
    kept.pop("VIRTUAL_ENV", None)
    home = folder / ".home"
    return {
        **kept, "HOME": str(home), "XDG_CONFIG_DIRS": str(home / "none"), "CI": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1", "UV_PYTHON_DOWNLOADS": "never", "NO_COLOR": "1",
        "PDM_CHECK_UPDATE": "0", "POETRY_VIRTUALENVS_IN_PROJECT": "1",
        "POETRY_KEYRING_ENABLED": "0", "PIPENV_VENV_IN_PROJECT": "1", "PIPENV_IGNORE_VIRTUALENVS": "1",
        "UV_CACHE_DIR": str(home / "uv"), "PIP_NO_CACHE_DIR": "1",
    }  # fmt: skip


def first_version(words: tuple[str, ...]) -> str:
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL
    )
    found = re.search(r"\d+(?:\.\d+)+", done.stdout + done.stderr)
    return found[0] if done.returncode == 0 and found else ""


def find(name: str) -> Program | None:
    """A program: a module of this Python, one that script/clients installed, or the system's."""
    if name in ("poetry", "pdm") and not FOLDER.is_dir():
        # They are here, and take seconds each, which the whole suite does not spend.
        return None
    if name in ("pip", "uv", "poetry", "pdm"):
        words: tuple[str, ...] = (sys.executable, "-m", name)
    elif name == "packageurl-js":
        package = FOLDER / "node_modules/packageurl-js/package.json"
        if not package.is_file() or shutil.which("node") is None:
            return None
        return Program(("node",), str(json.loads(package.read_text())["version"]))
    elif name == "sarif-multitool":
        at = FOLDER / "node_modules/@microsoft/sarif-multitool-linux"
        if not (at / "Sarif.Multitool").is_file():
            return None
        version = json.loads((at / "package.json").read_text())["version"]
        return Program((str(at / "Sarif.Multitool"),), str(version))
    elif name in LIBRARIES:
        from importlib.metadata import PackageNotFoundError, version

        try:
            return Program((), version(name))
        except PackageNotFoundError:
            return None
    elif name in ("skopeo", "nginx", "umoci", "buildah"):
        words = (shutil.which(name) or "",)
        if not words[0]:
            return None
        flag = "-v" if name == "nginx" else "--version"
        return Program(words, first_version((*words, flag)))
    else:
        program = {"pypiserver": "pypi-server", "spdx-tools": "pyspdxtools"}.get(name, name)
        at = FOLDER / name / "bin"
        if not (at / program).is_file():
            return None
        code = f"from importlib.metadata import version; print(version({name!r}))"
        version = first_version((str(at / "python"), "-c", code))
        return Program((str(at / program),), version)
    version = first_version((*words, "--version"))
    return Program(words, version) if version else None


Use = Callable[[str, str, str], Program]


@pytest.fixture
def use(record_property: Callable[[str, object], None]) -> Use:
    """A program by its name; what it does with what is the row of the table."""

    def chosen(name: str, direction: str, what: str) -> Program:
        program = find(name)
        if program is None:
            pytest.skip(f"needs {name}: script/clients installs it")
        for key, value in (
            ("client", name), ("version", program.version), ("direction", direction),
            ("what", what),
        ):  # fmt: skip
            record_property(key, value)
        return program

    return chosen


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with an environment."""
    found = tmp_path / "project"
    venv.create(found / ".venv", symlinks=True)
    return found


def installed(environment: Path) -> dict[str, str]:
    site = next((environment / "lib").glob("python3*/site-packages"))
    found = [re.fullmatch(r"(.+)-([^-]+)\.dist-info", path.name) for path in site.iterdir()]
    versions = {m[1]: m[2].partition("+")[0] for m in found if m}
    return {name: version for name, version in versions.items() if name in GOOD}
