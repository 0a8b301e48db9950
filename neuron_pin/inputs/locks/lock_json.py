"""A lock.json read back: the release, the target and the versions that it states."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy import Ecosystem, PackageKey

MAX_BYTES = 64 * 1024 * 1024


class LockedVersion(NamedTuple):
    """One package of a lock; ``via`` names who needs it: packages, or where it was asked for."""

    key: PackageKey
    version: str
    is_neuron: bool
    via: tuple[str, ...]


class LockFile(NamedTuple):
    """What a lock.json says; empty where it leaves a part open."""

    path: str
    sdk: str
    instance: str
    os: str
    python: str
    packages: tuple[LockedVersion, ...]


def read_lock_json(path: str) -> LockFile:
    """Read a lock that ``neuron-pin lock -o lock.json`` wrote; raises `UnreadableInput`."""
    try:
        document = json.loads(read_bounded(path, MAX_BYTES, UnreadableInput))
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 0
        raise _no_lock(path, line, "is not JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("packages"), list):
        raise _no_lock(path, 0, "is no lock: it has no 'packages'")
    target = document.get("target")
    if not isinstance(target, dict):
        raise _no_lock(path, 0, "is no lock: it has no 'target'")
    packages = []
    for number, row in enumerate(document["packages"]):
        if not isinstance(row, dict):
            raise _no_lock(path, 0, f"package {number} is no object")
        ecosystem = _text(path, row, "ecosystem", number)
        if ecosystem not in [known.value for known in Ecosystem]:
            raise _no_lock(path, 0, f"package {number}: unknown ecosystem {ecosystem[:40]!r}")
        key = PackageKey(Ecosystem(ecosystem), _text(path, row, "name", number))
        version = _text(path, row, "version", number)
        via = row.get("via", [])
        if not isinstance(via, list) or not all(isinstance(word, str) for word in via):
            raise _no_lock(path, 0, f"package {number}: 'via' is not a list of strings")
        packages.append(LockedVersion(key, version, row.get("kind") is not None, tuple(via)))
    return LockFile(
        path=path,
        sdk=_optional(path, document, "sdk"),
        instance=_optional(path, target, "instance"),
        os=_optional(path, target, "os"),
        python=_optional(path, target, "python"),
        packages=tuple(packages),
    )


def _text(path: str, row: dict[str, Any], name: str, number: int) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise _no_lock(path, 0, f"package {number}: {name!r} is not a string")
    return value


def _optional(path: str, row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _no_lock(path, 0, f"{name!r} is not a string")
    return value


def _no_lock(path: str, line: int, problem: str) -> UnreadableInput:
    return UnreadableInput(path, line, problem, hint="a lock: neuron-pin lock … -o lock.json")
