"""A lock.json as the answer that it was written from, so that it can be written in other forms
on the machine that it was made for."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

from neuron_pin.catalog import Catalog, ComponentKind
from neuron_pin.errors import NeuronPinError, UnreadableInput
from neuron_pin.inputs.locks.lock_json import read_lock_json
from neuron_pin.lockfile import LockDocument, LockedVersion, LockTarget
from neuron_pin.policy import (
    UNKNOWN_PHASE,
    Ecosystem,
    PackageKey,
    Phase,
    Pin,
    PinComparison,
    parse_pin,
)
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.resolve.backends import find_needed_indexes
from neuron_pin.resolve.support import find_support
from neuron_pin.sources.candidate import File
from neuron_pin.target import Scope, Target, make_target

MAX_FIELD = 4096

Value = TypeVar("Value")


def read_resolution(path: str, catalog: Catalog) -> tuple[Resolution, str]:
    """What ``neuron-pin lock -o lock.json`` answered, and the command that asked.

    Without exclusions and warnings, which concern whoever chose.  Raises `UnreadableInput`
    for a file that is not such a lock, and for one that this version cannot follow.
    """
    return to_resolution(read_lock_json(path), catalog)


def to_resolution(lock: LockDocument, catalog: Catalog) -> tuple[Resolution, str]:
    """The resolution that a lock was written from, and the command that asked; raises
    `UnreadableInput` for one that this version cannot follow."""
    where = "target"
    try:
        target = _target(lock.target, catalog)
        packages = []
        for number, package in enumerate(lock.packages):
            where = f"package {number}"
            packages.append(_package(package))
        where = "command"
        command = _line(_stated(lock.command, "command"))
        where = "sdk"
        sdk = _line(lock.sdk) if lock.sdk else None
        where = "expires"
        expires = _day(lock.expires) if lock.expires else ""
    except NeuronPinError as error:
        raise _unreadable(lock, where, error.message) from None
    except ValueError as error:
        raise _unreadable(lock, where, str(error)) from None
    found = Resolution(sdk, target, tuple(packages), (), (), expires=expires)
    # By the catalog of today: what it knows of the lock's parts on the lock's day.
    needed = find_needed_indexes(found.packages, catalog)
    return found._replace(support=find_support(found, catalog), needed_indexes=needed), command


def _unreadable(lock: LockDocument, where: str, problem: str) -> UnreadableInput:
    return UnreadableInput(
        lock.path or "lock.json",
        None,
        f"{where}: {problem[:200]}",
        hint="make a new one: neuron-pin lock --instance trn2 -o lock.json",
    )


def _target(target: LockTarget, catalog: Catalog) -> Target:
    python = _stated(target.python, "python")
    return make_target(
        catalog,
        instance=target.instance,
        system=target.os,
        python=python,
        platforms=_stated(target.platforms, "platforms"),
        scope=Scope(_stated(target.scope, "scope")).value,
        as_of=date.fromisoformat(_stated(target.as_of, "as_of")),
        phases=_stated(target.phases, "phases"),
        this_python=python,
        driver=target.driver or "",
    )


def _package(package: LockedVersion) -> LockedPackage:
    ecosystem = package.key.ecosystem
    kind = ComponentKind(package.kind) if package.kind else None
    files = tuple(
        File("", _line(file.url), tuple((_line(n), _line(v)) for n, v in file.hashes))
        for file in package.files
    )
    phase = _stated(package.phase, "phase")
    is_known = phase != UNKNOWN_PHASE
    return LockedPackage(
        PackageKey(ecosystem, _name(package.key.name)),
        _line(package.version),
        _pin(_line(_stated(package.pin, "pin")), ecosystem, is_neuron=kind is not None),
        Phase.parse(phase) if is_known else Phase.STABLE,
        kind,
        _line(package.sdk) if package.sdk else None,
        _line(package.source or ""),
        files,
        tuple(_line(need) for need in package.via),
        is_known,
    )


def _pin(text: str, ecosystem: Ecosystem, *, is_neuron: bool) -> Pin:
    if is_neuron or ecosystem is not Ecosystem.PIP:
        return parse_pin(text, ecosystem)
    # Others have all of PEP 440's versions, and are always exact.
    from packaging.version import Version

    version = text.removeprefix("==")
    Version(version)
    return Pin(version, PinComparison.FULL if "+" in version else PinComparison.UPSTREAM)


def _day(text: str) -> str:
    """An ISO date, as one is written; raises `ValueError`."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"{text[:80]!r} is not a date") from None


def _stated(value: Value | None, name: str) -> Value:
    """A field that must be there; raises `ValueError` where it is not."""
    if value is None:
        raise ValueError(f"has no {name!r}")
    return value


def _line(text: str) -> str:
    """A value of a file that becomes a line of another one: nothing in it may end a line."""
    if len(text) > MAX_FIELD or not text.isprintable():
        raise ValueError(f"{text[:80]!r} is not a line of text")
    return text


def _name(text: str) -> str:
    name = _line(text)
    if not name or not name.isascii() or not all(c.isalnum() or c in "._+-" for c in name):
        raise ValueError(f"{name[:80]!r} is not the name of a package")
    return name
