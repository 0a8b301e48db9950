"""Real installers in front of the served index: what they take, and what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import sample
from proxy_world import put_neuron

ENDED = "2.8.0.2.10.16998"
LOCAL = "+e9bf8a50"
NEWEST = "2.9.0.2.13.24727"
UV = str(Path(sys.executable).parent / "uv")
REASON = "out of support since 2026-04-09"


def clean(tmp_path: Path, **more: str) -> dict[str, str]:
    """An environment in which nothing is configured."""
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PIP_", "UV_", "PDM_", "POETRY_"))
    }
    kept.pop("VIRTUAL_ENV", None)
    return {
        **kept, "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_CONFIG_DIRS": str(tmp_path / "none"), "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_PYTHON_DOWNLOADS": "never", "COLUMNS": "1000", **more,
    }  # fmt: skip


class Client:
    """An installer with a project and an environment of its own."""

    def __init__(
        self, tmp_path: Path, index: str, make_pip_environment: Callable[[Path], None]
    ) -> None:
        self.folder = tmp_path / "project"
        self.folder.mkdir()
        self.environment = self.folder / ".venv"
        self.index = f"{index}/simple/"
        self.variables = clean(tmp_path)
        if self.needs_pip:
            make_pip_environment(self.environment)
        else:
            venv.create(self.environment, symlinks=True)
        self.set_up()

    needs_pip = False
    tells_of_what_it_takes = True
    """Whether it says why a version is yanked that it installs, and not only why it passes one
    over."""
    local = ""
    """What an exact pin needs beyond the public version: uv takes a yanked version only for a
    pin that has its local part, too."""

    def set_up(self) -> None:
        """Before the first install."""

    def call(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, cwd=self.folder, env=self.variables, text=True, check=False, timeout=180,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def install(self, requirement: str) -> subprocess.CompletedProcess[str]:
        raise NotImplementedError

    @property
    def installed(self) -> dict[str, str]:
        site = next((self.environment / "lib").glob("python3*/site-packages"))
        found = [re.fullmatch(r"(.+)-([^-]+)\.dist-info", path.name) for path in site.iterdir()]
        return {m[1]: m[2].partition("+")[0] for m in found if m}


class BundledPip(Client):
    needs_pip = True

    def install(self, requirement: str):
        python = str(self.environment / "bin/python")
        return self.call(python, "-m", "pip", "install", "-i", self.index, requirement)


class NewestPip(Client):
    def install(self, requirement: str):
        python = str(self.environment / "bin/python")
        return self.call(
            sys.executable,
            "-m",
            "pip",
            "--python",
            python,
            "install",
            "-i",
            self.index,
            requirement,
        )


class Uv(Client):
    local = LOCAL

    def install(self, requirement: str):
        return self.call(UV, "pip", "install", "--default-index", self.index, requirement)


class Project(Client):
    source = ""

    def write(self, requirement: str) -> None:
        version = ".".join(map(str, sys.version_info[:2]))
        (self.folder / "pyproject.toml").write_text(
            f'[project]\nname = "job"\nversion = "1"\nrequires-python = "=={version}.*"\n'
            f"dependencies = ['{requirement}']\n" + self.source.replace("INDEX", self.index)
        )


class UvProject(Project):
    local = LOCAL
    source = '[[tool.uv.index]]\nurl = "INDEX"\ndefault = true\n'

    def install(self, requirement: str):
        self.write(requirement)
        return self.call(UV, "sync", "--no-install-project")


class Poetry(Project):
    source = (
        "[tool.poetry]\npackage-mode = false\n"
        '[[tool.poetry.source]]\nname = "served"\nurl = "INDEX"\npriority = "primary"\n'
    )

    def install(self, requirement: str):
        self.write(requirement)
        self.variables |= {"POETRY_VIRTUALENVS_IN_PROJECT": "1", "POETRY_KEYRING_ENABLED": "0"}
        poetry = [sys.executable, "-m", "poetry", "--no-interaction", "--no-ansi"]
        done = self.call(*poetry, "lock")
        if done.returncode:
            return done
        synced = self.call(*poetry, "install", "--no-root")
        synced.stdout = done.stdout + synced.stdout
        return synced


class Pdm(Project):
    tells_of_what_it_takes = False

    source = '[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\nname = "pypi"\nurl = "INDEX"\n'

    def install(self, requirement: str):
        self.write(requirement)
        self.variables |= {"PDM_CHECK_UPDATE": "0"}
        return self.call(sys.executable, "-m", "pdm", "install", "--no-self", "-vv")


CLIENTS = [BundledPip, NewestPip, Uv, UvProject, Poetry, Pdm]
"""Each is asked for what is allowed; each second one for the rest, and all in the long form."""


@pytest.mark.parametrize("kind", sample(CLIENTS, 2), ids=lambda kind: kind.__name__)
def test_what_the_policy_allows_is_installed(
    kind, tmp_path: Path, pair, process, pip_environment
) -> None:
    client = kind(tmp_path, process(*pair.options).url, pip_environment)
    done = client.install("torch-neuronx")
    assert done.returncode == 0, done.stdout
    found = client.installed
    assert found["torch_neuronx"] == NEWEST
    # Not the public decoys, which have higher numbers.
    assert found["libneuronxla"] == "2.2.16408.0"
    assert found["neuronx_cc"] == "2.24.5133.0"
    assert found["torch"] == "2.9.1"
    if client.tells_of_what_it_takes:
        assert REASON not in done.stdout


@pytest.mark.parametrize("kind", sample(CLIENTS, 2, 1), ids=lambda kind: kind.__name__)
def test_what_has_ended_is_reached_by_its_version_and_said_to_have(
    kind,
    tmp_path: Path,
    pair,
    process,
    pip_environment,
) -> None:
    client = kind(tmp_path, process(*pair.options).url, pip_environment)
    done = client.install(f"torch-neuronx=={ENDED}{client.local}")
    assert done.returncode == 0, done.stdout
    assert client.installed["torch_neuronx"] == ENDED
    assert client.installed["torch"] == "2.8.0"
    if client.tells_of_what_it_takes:
        assert REASON in done.stdout


@pytest.mark.parametrize("kind", sample(CLIENTS, 3, 2), ids=lambda kind: kind.__name__)
def test_a_range_does_not_reach_what_has_ended(
    kind, tmp_path: Path, pair, process, pip_environment
) -> None:
    client = kind(tmp_path, process(*pair.options).url, pip_environment)
    done = client.install("torch-neuronx<2.9,>=2.8")
    print(done.stdout)
    assert done.returncode != 0
    assert "torch_neuronx" not in client.installed
    if not client.tells_of_what_it_takes:
        assert REASON in done.stdout
    # Where that is wanted, a part of the path says so once.
    client.index = client.index.replace("/simple/", "/phase/eos/simple/")
    assert client.install("torch-neuronx<2.9,>=2.8").returncode == 0
    assert client.installed["torch_neuronx"] == ENDED


@pytest.mark.parametrize("kind", sample(CLIENTS, 3, 1), ids=lambda kind: kind.__name__)
def test_what_is_newer_than_the_facts_is_installed(
    kind, tmp_path: Path, pair, process, pip_environment
) -> None:
    """The page says so in keys of the server's own, which no client may stumble over."""
    put_neuron(pair.neuron, "neuronx-cc", [("2.24.5133.0+58f8de22", ()), ("2.99.1.0", ())])
    client = kind(tmp_path, process(*pair.options).url, pip_environment)
    done = client.install("neuronx-cc>=2.24")
    assert done.returncode == 0, done.stdout
    assert client.installed["neuronx_cc"] == "2.99.1.0"
