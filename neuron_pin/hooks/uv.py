"""uv: the lock in uv.toml of a scope; for an environment in its project."""

from __future__ import annotations

import os

from .location import HookLocation, HookScope
from .managed_file import FileOwner, ManagedFile
from .uv_settings import edit_project, edit_uv_toml, remove_settings


def list_files(place: HookLocation) -> list[ManagedFile]:
    """The one file of uv's that the scope has."""
    path = settings_path(place)
    edit = edit_project if path.endswith("pyproject.toml") else edit_uv_toml
    return [
        ManagedFile(
            path,
            FileOwner.SHARED,
            lambda text, held: edit(path, text, held.resolution, held.via),
            lambda text: remove_settings(path, text),
        )
    ]


def settings_path(place: HookLocation) -> str:
    """uv.toml of the machine or the user; for an environment the pyproject.toml of the
    project that contains it, else a uv.toml there, which uv finds from below.

    Source: uv, "Configuration files".
    """
    if place.scope is HookScope.SYSTEM:
        return place.below("etc/uv/uv.toml")
    if place.scope is HookScope.USER:
        return os.path.join(place.config, "uv", "uv.toml")
    project = os.path.dirname(place.venv)
    named = os.path.join(project, "pyproject.toml")
    return named if os.path.isfile(named) else os.path.join(project, "uv.toml")


def list_covered_commands(place: HookLocation) -> str:
    """Which of uv's commands obey the scope's file."""
    if place.scope is HookScope.VENV:
        return "uv: the project's settings enforce the lock on uv add, uv lock, uv sync and uv pip"
    return (
        "uv: uv.toml enforces the lock on uv pip; for uv add, uv lock and uv sync install the hook "
        "into the project: neuron-pin hook install uv --venv .venv"
    )
