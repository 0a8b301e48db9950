"""What is missing is named by a command that installs it into the Python that runs this."""

from __future__ import annotations

import importlib.util
import shlex
import sys
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from neuron_pin.extras import install_command

STATED = [
    "packaging>=26.1",
    "tomli>=2; python_version < '3'",
    'icalendar>=6; extra == "calendar"',
    "starlette>=0.40; extra == 'serve'",
    "uvicorn>=0.30; extra == 'serve'",
    "old; python_version < '3' and extra == 'serve'",
]


def test_the_libraries_of_an_extra_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: STATED)
    words = shlex.split(install_command("serve"))
    assert words[0] == sys.executable
    assert words[1:] == ["-m", "pip", "install", "starlette>=0.40", "uvicorn>=0.30"]
    assert Requirement(shlex.split(install_command("calendar"))[-1]).name == "icalendar"


def test_where_there_is_no_pip_uv_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: STATED)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    words = shlex.split(install_command("calendar"))
    assert words == ["uv", "pip", "install", "--python", sys.executable, "icalendar>=6"]


def test_without_metadata_it_is_the_source_that_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", absent)
    assert shlex.split(install_command("rpm"))[-1] == ".[rpm]"
