"""A lock.json as the answer that it was written from, so that it can be written in other forms
on the machine that it was made for."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from neuron_pin.catalog import Catalog, ComponentKind
from neuron_pin.errors import NeuronPinError, UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.locks.lock_json import MAX_BYTES, read_lock_json
from neuron_pin.policy import Ecosystem, PackageKey, Phase, Pin, PinComparison, parse_pin
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.sources.candidate import File
from neuron_pin.target import Scope, make_target

MAX_FIELD = 4096


def read_resolution(path: str, catalog: Catalog) -> tuple[Resolution, str]:
    """What ``neuron-pin lock -o lock.json`` answered, and the command that asked.

    Without exclusions and warnings, which concern whoever chose.  Raises `UnreadableInput`
    for a file that is no such lock, and for one that this version cannot hold to.
    """
    read_lock_json(path)
    document = json.loads(read_bounded(path, MAX_BYTES))
    where = "target"
    try:
        target = document["target"]
        made = make_target(
            catalog,
            instance=target["instance"],
            system=target["os"],
            python=target["python"],
            platforms=tuple(target["platforms"]),
            scope=Scope(target["scope"]).value,
            as_of=date.fromisoformat(target["as_of"]),
            phases=tuple(target["phases"]),
            this_python=target["python"],
        )
        packages = []
        for number, row in enumerate(document["packages"]):
            where = f"package {number}"
            packages.append(_package(row))
        where = "command"
        command = _text(document["command"])
        where = "sdk"
        sdk = _text(document["sdk"]) if document.get("sdk") else ""
    except NeuronPinError as error:
        raise _unreadable(path, where, error.message) from None
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _unreadable(path, where, f"{type(error).__name__} {error}") from None
    return Resolution(sdk, made, tuple(packages), (), ()), command


def _unreadable(path: str, where: str, problem: str) -> UnreadableInput:
    return UnreadableInput(
        path, 0, f"{where}: {problem[:200]}", hint="make it anew: neuron-pin lock … -o lock.json"
    )


def _package(row: dict[str, Any]) -> LockedPackage:
    key = PackageKey(Ecosystem(row["ecosystem"]), _name(row["name"]))
    kind = ComponentKind(row["kind"]) if row["kind"] else None
    files = tuple(
        File("", _text(file["url"]), tuple((_text(n), _text(v)) for n, v in file["hashes"].items()))
        for file in row["files"]
    )
    return LockedPackage(
        key,
        _text(row["version"]),
        _pin(_text(row["pin"]), key.ecosystem, is_neuron=kind is not None),
        Phase.parse(row["phase"]),
        kind,
        _text(row["sdk"] or ""),
        _text(row["index"] or ""),
        files,
        tuple(_text(word) for word in row["via"]),
    )


def _pin(text: str, ecosystem: Ecosystem, *, is_neuron: bool) -> Pin:
    if is_neuron or ecosystem is not Ecosystem.PIP:
        return parse_pin(text, ecosystem)
    # Others have all of PEP 440's versions, and are always exact.
    from packaging.version import Version

    version = text.removeprefix("==")
    Version(version)
    return Pin(version, PinComparison.FULL if "+" in version else PinComparison.UPSTREAM)


def _text(value: Any) -> str:
    """A value of a file that becomes a line of another one: nothing in it may end a line."""
    if not isinstance(value, str) or len(value) > MAX_FIELD or not value.isprintable():
        raise ValueError(f"{str(value)[:80]!r} is no line of text")
    return value


def _name(value: Any) -> str:
    name = _text(value)
    if not name or not name.isascii() or not all(c.isalnum() or c in "._+-" for c in name):
        raise ValueError(f"{name[:80]!r} is no name of a package")
    return name
