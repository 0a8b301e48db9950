"""The form of lock.json (docs/schemas/lock.schema.json): its one parser and its one writer.

What is read and what is written are the same frozen values, so that a field has one name.
`neuron_pin.verify.lockfile` is a second parser on purpose: what checks a lock shares no code with
what makes it.  The cache of answers (`operations.lock_cache`) is not a lock.json: it also keeps
what that leaves out, such as the names and the upload times of files.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from neuron_pin.errors import LaterFormat, UnreadableInput
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    Item = TypeVar("Item")

SCHEMA_VERSION = 1

_ECOSYSTEMS = {ecosystem.value: ecosystem for ecosystem in Ecosystem}


class LockedFile(NamedTuple):
    """A file of a package.  ``hashes`` are (algorithm, hex digest) pairs; ``size`` is in bytes,
    `None` where the index does not say."""

    url: str
    hashes: tuple[tuple[str, str], ...]
    size: int | None = None


class LockedVersion(NamedTuple):
    """One package.  What a lock does not state is `None`.

    ``kind`` is `None` for software that is not Neuron's.  ``via`` names who needs it: packages,
    or where it was asked for.
    """

    key: PackageKey
    version: str
    pin: str | None
    phase: str | None
    kind: str | None
    sdk: str | None
    source: str | None
    files: tuple[LockedFile, ...]
    via: tuple[str, ...]

    @property
    def is_neuron(self) -> bool:
        """Whether it is a component of a Neuron SDK release."""
        return self.kind is not None


class LockTarget(NamedTuple):
    """What a lock is for, in the words of the command line; `None` where it does not say.

    ``driver`` is the one that the host has and keeps.
    """

    instance: str | None
    os: str | None
    python: str | None
    platforms: tuple[str, ...] | None
    scope: str | None
    as_of: str | None
    phases: tuple[str, ...] | None
    driver: str | None = None


class LockSupport(NamedTuple):
    """Until when every part is sure of support; the days are ISO 8601."""

    guaranteed_until: str
    first_to_end: tuple[str, ...]
    reason: str
    facts_of: str


class LockPolicy(NamedTuple):
    """The edition of the maintenance policy that judged, and the first day it is known to be in
    force (ISO 8601)."""

    edition: str
    in_force: str


class LockNeff(NamedTuple):
    """The compiler of a lock, by name and version, and the release that it is of: what compiles
    the models (NEFF) that go with the lock."""

    compiler: str
    version: str
    sdk: str | None


class ExcludedVersion(NamedTuple):
    """A version that may not be installed, by which rule and why.  ``source_url`` is where the
    source can be read, `None` where that is not known."""

    ecosystem: str
    name: str
    version: str
    rule: str
    reason: str
    source: str
    source_url: str | None = None


class LockDocument(NamedTuple):
    """A lock.json.  ``policy``, ``support``, ``exclusions`` and ``warnings`` are for people and
    other programs: they are written and not read back.  ``path`` is where it was read, `None` for
    one that was made here.  ``expires`` is the day, in ISO 8601, by which it should be reviewed."""

    command: str | None
    sdk: str | None
    target: LockTarget
    packages: tuple[LockedVersion, ...]
    policy: LockPolicy | None = None
    support: LockSupport | None = None
    exclusions: tuple[ExcludedVersion, ...] = ()
    warnings: tuple[str, ...] = ()
    path: str | None = None
    expires: str | None = None


COMPILERS = ("neuronx-cc", "neuron-cc")
"""What compiles models; the second one for Inf1 alone."""


def find_lock_neff(lock: LockDocument) -> LockNeff | None:
    """The compiler among a lock's packages, `None` for a lock without one.  The field ``neff``
    of the file has the same: other programs find it there without a list of names, and this one
    does not read it back."""
    found = {package.key.name: package for package in lock.packages}
    compiler = next((found[name] for name in COMPILERS if name in found), None)
    if compiler is None:
        return None
    return LockNeff(compiler.key.name, compiler.version, compiler.sdk)


# Written ----------------------------------------------------------------------------------


def render_lock(lock: LockDocument) -> str:
    """The text: ASCII, two-space indent, keys in a fixed order, no time stamp."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "command": lock.command,
        "sdk": lock.sdk,
        "target": _target_row(lock.target),
        "policy": lock.policy._asdict() if lock.policy is not None else None,
        **({"expires": lock.expires} if lock.expires else {}),
        **({"neff": neff._asdict()} if (neff := find_lock_neff(lock)) is not None else {}),
        "support": lock.support._asdict() if lock.support is not None else None,
        "packages": [_package_row(package) for package in lock.packages],
        "exclusions": [exclusion._asdict() for exclusion in lock.exclusions],
        "warnings": lock.warnings,
    }
    return json.dumps(document, indent=2) + "\n"


def _target_row(target: LockTarget) -> dict[str, Any]:
    row = target._asdict()
    if target.driver is None:
        del row["driver"]
    return row


def _package_row(package: LockedVersion) -> dict[str, Any]:
    return {
        "ecosystem": package.key.ecosystem.value,
        "name": package.key.name,
        "version": package.version,
        "pin": package.pin,
        "phase": package.phase,
        "kind": package.kind,
        "sdk": package.sdk,
        "index": package.source,
        "files": [
            {"url": file.url, "hashes": dict(file.hashes)}
            | ({"size": file.size} if file.size is not None else {})
            for file in package.files
        ],
        "via": package.via,
    }


# Read -------------------------------------------------------------------------------------


def parse_lock(text: str | bytes, path: str) -> LockDocument:
    """The document of a text that ``neuron-pin lock -o lock.json`` wrote.

    A field may be missing where older versions did not write it, and is `None` then; one that
    is there has its type.  Raises `UnreadableInput`, which names ``path``.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise _invalid(path, line, "is not JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("packages"), list):
        raise _invalid(path, None, "is not a lock: it has no 'packages'")
    version = document.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION or isinstance(version, bool):
        problem = f"is a lock of schema_version {str(version)[:40]}; {SCHEMA_VERSION} is read"
        hint = "update neuron-pin, or make the lock anew"
        raise LaterFormat(path, None, problem, hint=hint)
    target = document.get("target")
    if not isinstance(target, dict):
        raise _invalid(path, None, "is not a lock: it has no 'target'")
    where = ""
    try:
        packages = []
        for number, row in enumerate(document["packages"]):
            where = f"package {number}: "
            packages.append(_parse_package(row))
        where = "target: "
        parsed_target = _parse_target(target)
        where = ""
        return LockDocument(
            command=_text_or_none(document, "command"),
            sdk=_text_or_none(document, "sdk"),
            target=parsed_target,
            packages=tuple(packages),
            path=path,
            expires=_text_or_none(document, "expires"),
        )
    except _Invalid as error:
        raise _invalid(path, None, f"{where}{error}") from None


class _Invalid(Exception):
    """A value that is not what its field says."""


def _parse_target(row: dict[str, Any]) -> LockTarget:
    return LockTarget(
        instance=_text_or_none(row, "instance"),
        os=_text_or_none(row, "os"),
        python=_text_or_none(row, "python"),
        platforms=_list_or_none(row, "platforms", _parse_text),
        scope=_text_or_none(row, "scope"),
        as_of=_text_or_none(row, "as_of"),
        phases=_list_or_none(row, "phases", _parse_text),
        driver=_text_or_none(row, "driver"),
    )


def _parse_package(row: Any) -> LockedVersion:
    if not isinstance(row, dict):
        raise _Invalid("is not an object")
    ecosystem = _ECOSYSTEMS.get(_text(row, "ecosystem"))
    if ecosystem is None:
        raise _Invalid(f"unknown ecosystem {row['ecosystem'][:40]!r}")
    return LockedVersion(
        key=PackageKey(ecosystem, _text(row, "name")),
        version=_text(row, "version"),
        pin=_text_or_none(row, "pin"),
        phase=_text_or_none(row, "phase"),
        kind=_text_or_none(row, "kind"),
        sdk=_text_or_none(row, "sdk"),
        source=_text_or_none(row, "index"),
        files=_list_or_none(row, "files", _parse_file) or (),
        via=_list_or_none(row, "via", _parse_text) or (),
    )


def _parse_file(row: Any) -> LockedFile:
    hashes = row.get("hashes") if isinstance(row, dict) else None
    if not isinstance(hashes, dict) or not all(isinstance(v, str) for v in hashes.values()):
        raise _Invalid("'files' is not a list of files with 'hashes'")
    size = row.get("size")
    if size is not None and type(size) is not int:
        raise _Invalid("'size' is not a number of bytes")
    return LockedFile(_text(row, "url"), tuple(hashes.items()), size)


def _parse_text(value: Any) -> str:
    if not isinstance(value, str):
        raise _Invalid("is not a list of strings")
    return value


def _list_or_none(
    row: dict[str, Any], name: str, parse: Callable[[Any], Item]
) -> tuple[Item, ...] | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, list):
            return tuple([parse(item) for item in value])
    except _Invalid as error:
        raise _Invalid(f"{name!r}: {error}") from None
    raise _Invalid(f"{name!r} is not a list")


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise _Invalid(f"{name!r} is not a string")
    return value


def _text_or_none(row: dict[str, Any], name: str) -> str | None:
    return None if row.get(name) is None else _text(row, name)


def _invalid(path: str, line: int | None, problem: str) -> UnreadableInput:
    return UnreadableInput(
        path, line, problem, hint="a lock: neuron-pin lock --instance trn2 -o lock.json"
    )
