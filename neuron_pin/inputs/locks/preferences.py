"""Existing locks, read for what they have: an unchanged lock stays as it is.

Read here: what this program writes (constraints, lock.json, pylock.toml, PEP 751).
"""

from __future__ import annotations

import os
import re

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import LaterFormat, UnreadableInput
from neuron_pin.inputs.requirements.direct import read_direct

MAX_BYTES = 64 * 1024 * 1024


def read_locked(path: str, form: str) -> tuple[str, dict[str, str]]:
    """The release and the exact versions of an existing lock, by name.

    Empty where there is no file, or its form holds no versions.  Raises `UnreadableInput`
    for a file that is no such lock: it would be overwritten.
    """
    if form not in READERS or not os.path.isfile(path):
        return "", {}
    try:
        with open(path, encoding="utf-8") as stream:
            text = stream.read(MAX_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableInput(path, None, f"cannot be read: {error}") from None
    if not text.strip():
        return "", {}
    try:
        return READERS[form](text, path)
    except LaterFormat:
        raise
    except (UnreadableInput, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UnreadableInput(
            path,
            None,
            "exists, but is not a lock whose versions can be kept",
            hint="--upgrade ignores and replaces it",
        ) from None


PIN = r"([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s*;\\]+)\s*(?:[;\\#].*)?"
"""A line with an exact version, as pip reads it: a marker, a hash in the next line or a comment may
follow."""


def _constraints(text: str, path: str) -> tuple[str, dict[str, str]]:
    sdk = re.search(r"^# Neuron SDK (\d+\.\d+\.\d+)$", text, re.M)
    pins = re.findall(rf"^[ \t]*{PIN}$", text, re.M)
    found = {canonicalize_name(name): version for name, version in pins}
    # As pip freeze and the hook of pip write what is bound to a file.
    for line in re.findall(r"^[ \t]*([^\s#-].*(?:://|\.whl).*)$", text, re.M):
        reference = read_direct(line)
        if reference is not None and reference.version:
            found[reference.name] = reference.version
    return (sdk[1] if sdk else ""), found


def _json(text: str, path: str) -> tuple[str, dict[str, str]]:
    from neuron_pin.lockfile import parse_lock

    lock = parse_lock(text, path)
    return lock.sdk or "", {package.key.name: package.version for package in lock.packages}


def _pylock(text: str, path: str) -> tuple[str, dict[str, str]]:
    from neuron_pin.fs.toml import parse_toml

    from .pylock_row import check_lock_version, find_row_version

    document = parse_toml(text)
    if "lock-version" in document:
        check_lock_version(document, path)
    versions = {
        canonicalize_name(package["name"]): find_row_version(package)
        for package in document["packages"]
    }
    packages = {name: version for name, version in versions.items() if version}
    tool = document.get("tool", {}).get("neuron-pin", {})
    return str(tool.get("sdk", "")), packages


READERS = {"constraints": _constraints, "json": _json, "pylock": _pylock}
"""By the name of an output format: each that can be read back (`outputs.Format.is_kept`)."""
