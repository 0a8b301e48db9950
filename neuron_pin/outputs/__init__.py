"""From a `Resolution` to text: one module a format, one line a format in `FORMATS`.

Modules are imported when their format is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from neuron_pin.errors import WrongUsage

if TYPE_CHECKING:
    from neuron_pin.resolve import Resolution

Render = Callable[["Resolution", str], str]

FORMATS = {
    "constraints": ("constraints", "render_constraints"),
    "apt-preferences": ("apt_preferences", "render_apt_preferences"),
    "json": ("lock_json", "render_lock_json"),
    "pylock": ("pylock", "render_pylock"),
    "uv": ("uv", "render_uv_toml"),
    "uv-project": ("uv", "render_uv_project"),
    "pip-conf": ("pip_conf", "render_pip_conf"),
    "versionlock": ("versionlock", "render_versionlock_list"),
    "versionlock-toml": ("versionlock", "render_versionlock_toml"),
    "apt-source": ("repositories", "render_sources"),
    "rpm-repository": ("repositories", "render_repo"),
    "hook-state": ("hook_state", "render_hook_state"),
    "text": ("table", "render_table"),
}
"""Format names, each with its module and its function ``(resolution, command) -> str``."""

_BY_NAME = {
    "uv.toml": "uv",
    "pip.conf": "pip-conf",
    "versionlock.list": "versionlock",
    "versionlock.toml": "versionlock-toml",
}
_BY_SUFFIX = {
    ".txt": "constraints",
    ".pref": "apt-preferences",
    ".json": "json",
    ".sources": "apt-source",
    ".repo": "rpm-repository",
    ".state": "hook-state",
}
_SECTIONS = {"versionlock": "", "versionlock-toml": 'version = "1.0"\n\n'}


def names_files(name: str) -> bool:
    """Whether a format names every file of a package, with its hashes."""
    return name == "pylock"


def is_section(name: str) -> bool:
    """Whether a format is a part of a file that others write to as well."""
    return name in _SECTIONS


def is_system_file(name: str) -> bool:
    """Whether a format is a file of a machine's configuration that is ours alone."""
    return name in ("apt-preferences", "apt-source", "rpm-repository")


def file_head(name: str) -> str:
    """What a new file of such a format begins with."""
    return _SECTIONS.get(name, "")


def renderer(name: str) -> Render:
    """The function of a format; raises `WrongUsage`."""
    if name not in FORMATS:
        raise WrongUsage(f"unknown format {name!r}", hint="known: " + ", ".join(FORMATS))
    module, function = FORMATS[name]
    render: Render = getattr(import_module(f"{__name__}.{module}"), function)
    return render


def format_of(path: str) -> str:
    """The format that a file name tells; raises `WrongUsage`."""
    name = os.path.basename(path)
    found = _BY_NAME.get(name) or _BY_SUFFIX.get(os.path.splitext(name)[1])
    # PEP 751: pylock.toml, or pylock.NAME.toml.
    if name.startswith("pylock.") and name.endswith(".toml"):
        found = "pylock"
    if found is None:
        known = ", ".join((*(f"*{s}" for s in _BY_SUFFIX), "pylock.toml", *_BY_NAME))
        raise WrongUsage(
            f"{path}: the name does not tell a format", hint=f"use --format, or one of {known}"
        )
    return found


__all__ = [
    "FORMATS",
    "Render",
    "file_head",
    "format_of",
    "is_section",
    "names_files",
    "renderer",
]
