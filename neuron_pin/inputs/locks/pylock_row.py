"""The versions that a pylock.toml states: its own, and that of a row, as it says, else as the names
of its files do.

Source: PEP 751, ``lock-version``; ``packages.version`` may be left out; PEP 427 and 625, how
archives are called.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import LaterFormat

_VERSION = re.compile(r"[^-/]+-(?P<version>\d[^-/]*?)(?:-.+\.whl|\.tar\.gz|\.zip)")


def check_lock_version(document: Mapping[str, Any], path: str) -> None:
    """Raises `LaterFormat` for a format that is not known."""
    version = document.get("lock-version")
    if not isinstance(version, str) or not re.match(r"1(?:\.|$)", version):
        problem = f"pylock of version {str(version)[:40]!r}; 1 is read"
        hint = "update neuron-pin, or make the lock anew"
        raise LaterFormat(path, None, problem, hint=hint)


def find_row_version(row: Mapping[str, Any]) -> str:
    """The version, empty where nothing says it, or where files are of several versions."""
    stated = row.get("version")
    if isinstance(stated, str) and stated:
        return stated
    wheels = row.get("wheels")
    files = list(wheels) if isinstance(wheels, list) else []
    files += [row[key] for key in ("sdist", "archive") if key in row]
    found = {_read_version(file) for file in files if isinstance(file, dict)} - {""}
    return found.pop() if len(found) == 1 else ""


def _read_version(file: Mapping[str, Any]) -> str:
    for key in ("name", "path", "url"):
        text = file.get(key)
        if not isinstance(text, str) or not text:
            continue
        try:
            path = unquote(urlsplit(text).path) if key == "url" else text
        except ValueError:
            return ""
        match = _VERSION.fullmatch(path.replace("\\", "/").rpartition("/")[2])
        return match["version"] if match is not None else ""
    return ""


_PYPI_FILES = "https://files.pythonhosted.org/"


def find_row_address(row: Mapping[str, Any]) -> str:
    """Where a row without an index is from: a repository, an archive, or the public index, as the
    addresses of its files tell; a mirror may keep its files on any host.  Empty for unknown."""
    for key in ("vcs", "archive"):
        if url := _read_address(row.get(key)):
            return url
    wheels = row.get("wheels")
    files = [*(wheels if isinstance(wheels, list) else []), row.get("sdist")]
    return next((u for u in map(_read_address, files) if u.startswith(_PYPI_FILES)), "")


def _read_address(file: object) -> str:
    url = file.get("url") if isinstance(file, Mapping) else None
    return url if isinstance(url, str) else ""
