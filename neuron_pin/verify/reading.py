"""Which form of lock a file has: by its name, and by its contents."""

from __future__ import annotations

import os
import re

from .lock_json import parse_lock_json
from .lockfile import InvalidLock, Lock
from .pylock import HINT, parse_pylock

MAX_BYTES = 64 * 1024 * 1024

OTHERS = {
    "uv.lock": ("uv", "uv export --format pylock.toml -o pylock.toml, and verify that"),
    "poetry.lock": ("poetry", HINT),
    "pdm.lock": ("pdm", HINT),
    "Pipfile.lock": ("pipenv", HINT),
}
"""Locks of tools, each with what is read instead."""


def read_lock(path: str) -> Lock:
    """Read a lock of either form; raises `InvalidLock`."""
    data = _read(path)
    name = os.path.basename(path)
    if name in OTHERS:
        tool, hint = OTHERS[name]
        raise InvalidLock(path, "", f"is a lock of {tool}, which verify does not read", hint=hint)
    if name.lower().endswith(".toml"):
        return parse_pylock(data, path)
    # JSON begins with a brace, which no TOML does.
    if re.match(rb"(?:\xef\xbb\xbf)?\s*(?:#|[A-Za-z_][\w.-]*\s*=|\[\[?[A-Za-z])", data):
        raise InvalidLock(
            path, "", "is not lock.json; a lock in TOML is read from a file called *.toml",
            hint=HINT,
        )  # fmt: skip
    return parse_lock_json(data, path)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidLock(path, "", f"cannot be read: {error.strerror}") from None
    except ValueError:
        raise InvalidLock(path[:80], "", "cannot be read: is not a path") from None
    if len(data) > MAX_BYTES:
        raise InvalidLock(path, "", f"larger than {MAX_BYTES} bytes")
    return data
