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
    "text": ("table", "render_table"),
}
"""Format names, each with its module and its function ``(resolution, command) -> str``."""

_BY_SUFFIX = {".txt": "constraints", ".pref": "apt-preferences", ".json": "json"}


def renderer(name: str) -> Render:
    """The function of a format; raises `WrongUsage`."""
    if name not in FORMATS:
        raise WrongUsage(f"unknown format {name!r}", hint="known: " + ", ".join(FORMATS))
    module, function = FORMATS[name]
    render: Render = getattr(import_module(f"{__name__}.{module}"), function)
    return render


def format_of(path: str) -> str:
    """The format that a file name tells; raises `WrongUsage`."""
    found = _BY_SUFFIX.get(os.path.splitext(path)[1])
    if found is None:
        known = ", ".join(f"*{suffix} ({name})" for suffix, name in _BY_SUFFIX.items())
        raise WrongUsage(
            f"{path}: the name does not tell a format", hint=f"use --format, or one of {known}"
        )
    return found


__all__ = ["FORMATS", "Render", "format_of", "renderer"]
