"""Locks as frozen values: lock.json, and pylock.toml (PEP 751).

The parser that makes and reads locks elsewhere is `neuron_pin.lockfile`; this one is a second
one on purpose, so that a mistake of the first is noticed.  What is not a lock is refused with its
place: the line of a syntax error, the JSON path of a value.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import UnreadableInput

SCHEMA_VERSION = 1
MAX_BYTES = 64 * 1024 * 1024
MAX_PACKAGES = 20_000
MAX_FILES = 5_000
"""Files of one package; the largest projects have some hundred a version."""
ECOSYSTEMS = ("pip", "apt", "rpm", "sdk")

T = TypeVar("T")


class InvalidLock(UnreadableInput):
    """A lock that cannot be read; ``place`` is a JSON path, empty where a line says more."""

    def __init__(self, path: str, place: str, problem: str, *, line: int | None = None) -> None:
        self.place = place
        text = f"{place}: {problem}" if place else problem
        super().__init__(path, line, text, hint="a lock: neuron-pin lock … -o lock.json")


class LockedFile(NamedTuple):
    """A file of a package: at an address, or at ``path``, a place on this machine."""

    place: str
    filename: str
    url: str
    path: str
    hashes: tuple[tuple[str, str], ...]
    size: int | None


class LockedPackage(NamedTuple):
    """A package; ``pin``, ``kind``, ``sdk`` and ``index`` are empty where nothing is stated.

    ``via`` names who needs it: packages, or where it was asked for; none where the lock does not
    record it.  ``direct`` says that it comes from a folder, an archive or a repository.
    """

    place: str
    ecosystem: str
    name: str
    version: str
    pin: str
    kind: str
    sdk: str
    index: str  # type: ignore[assignment]  # hides tuple.index, on purpose
    files: tuple[LockedFile, ...]
    via: tuple[str, ...] | None
    marker: str = ""
    requires_python: str = ""
    direct: bool = False


class Excluded(NamedTuple):
    """A version that the lock excludes; ``source`` is the announcement or index that says so."""

    ecosystem: str
    name: str
    version: str
    source: str


class Lock(NamedTuple):
    """A lock: ``python`` is its target's, ``3.11``; ``platforms`` are wheel platform tags, empty
    where the lock states none; ``command`` is what made it, empty where that is not known."""

    path: str
    form: str
    command: str
    sdk: str
    python: str
    machine: str
    platforms: tuple[str, ...]
    packages: tuple[LockedPackage, ...]
    exclusions: tuple[Excluded, ...]


def read_lock(path: str) -> Lock:
    """Read a lock of either form, told by the file's name; raises `InvalidLock`."""
    data = _read(path)
    return parse_pylock(data, path) if path.endswith(".toml") else parse_lock_json(data, path)


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidLock(path, "", f"cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise InvalidLock(path, "", f"larger than {MAX_BYTES} bytes")
    return data


class _Value(NamedTuple):
    """A value of a document and where it stands."""

    path: str
    place: str
    value: Any

    def wrong(self, problem: str) -> InvalidLock:
        return InvalidLock(self.path, self.place, problem)

    def _of(self, kind: type[T], called: str) -> T:
        if not isinstance(self.value, kind) or isinstance(self.value, bool):
            raise self.wrong(f"is not {called}")
        return self.value

    def at(self, key: str) -> _Value:
        """The value of a key that has to be there."""
        table = self._of(dict, "an object")
        if key not in table:
            raise self.wrong(f"has no {key!r}")
        return _Value(self.path, f"{self.place}.{key}" if self.place else key, table[key])

    def text(self, key: str) -> str:
        found = self.at(key)
        return found._of(str, "a string")

    def optional(self, key: str) -> str:
        """A string, empty for null or nothing."""
        table = self._of(dict, "an object")
        return "" if table.get(key) is None else self.text(key)

    def number(self, key: str) -> int | None:
        table = self._of(dict, "an object")
        if table.get(key) is None:
            return None
        found = self.at(key)
        number = found._of(int, "a number")
        if number < 0:
            raise found.wrong("is negative")
        return number

    def items(self, key: str, limit: int = sys.maxsize) -> Iterator[_Value]:
        found = self.at(key)
        rows = found._of(list, "an array")
        if len(rows) > limit:
            raise found.wrong(f"has more than {limit} entries")
        for number, value in enumerate(rows):
            yield _Value(self.path, f"{found.place}[{number}]", value)

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(item._of(str, "a string") for item in self.items(key))

    def hashes(self, key: str) -> tuple[tuple[str, str], ...]:
        found = self.at(key)
        table = found._of(dict, "an object")
        return tuple((name, found.text(name)) for name in table)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A reader that takes the first of two equal keys, and one that takes the last, would not
    read the same lock."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:60]!r} stands twice in one object")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def parse_lock_json(data: bytes, path: str) -> Lock:
    """A lock.json of ``neuron-pin lock``; raises `InvalidLock`."""
    try:
        document = json.loads(data.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InvalidLock(path, "", f"is not JSON: {error.msg}", line=error.lineno) from None
    except RecursionError:
        raise InvalidLock(path, "", "is nested too deeply") from None
    except ValueError as error:
        raise InvalidLock(path, "", f"is not JSON: {error}") from None
    top = _Value(path, "", document)
    version = top.at("schema_version")
    if version.value != SCHEMA_VERSION or isinstance(version.value, bool):
        raise version.wrong(f"is {str(version.value)[:40]!r}, and only {SCHEMA_VERSION} is known")
    target = top.at("target")
    python = target.text("python")
    if not re.fullmatch(r"3\.\d{1,3}", python):
        raise target.at("python").wrong(f"{python[:40]!r} is not a Python version")
    platforms = target.texts("platforms")
    packages = tuple(_package(row) for row in top.items("packages", MAX_PACKAGES))
    exclusions = tuple(
        Excluded(_ecosystem(row), row.text("name"), row.text("version"), row.optional("source"))
        for row in top.items("exclusions")
    )
    machine = "aarch64" if platforms and platforms[0].endswith("aarch64") else "x86_64"
    return Lock(
        path, "lock.json", top.optional("command"), top.optional("sdk"), python, machine,
        platforms, packages, exclusions,
    )  # fmt: skip


def _ecosystem(row: _Value) -> str:
    ecosystem = row.text("ecosystem")
    if ecosystem not in ECOSYSTEMS:
        raise row.at("ecosystem").wrong(f"{ecosystem[:40]!r} is not one of {', '.join(ECOSYSTEMS)}")
    return ecosystem


def _package(row: _Value) -> LockedPackage:
    index = row.optional("index")
    if index:
        _check_address(row.at("index"), index)
    files = tuple(_file(file, index) for file in row.items("files", MAX_FILES))
    return LockedPackage(
        row.place, _ecosystem(row), row.text("name"), row.text("version"), row.text("pin"),
        row.optional("kind"), row.optional("sdk"), index, files, row.texts("via"),
    )  # fmt: skip


def _file(row: _Value, index: str) -> LockedFile:
    where = row.at("url")
    url = row.text("url")
    _check_address(where, url)
    if url.startswith("file:"):
        if not index.startswith("file:"):
            raise where.wrong("is a file of this machine, and its index is not")
        if ".." in unquote(urlsplit(url).path).split("/"):
            raise where.wrong("leaves its folder")
    filename = _filename(where, url)
    return LockedFile(row.place, filename, url, "", row.hashes("hashes"), row.number("size"))


def _check_address(where: _Value, url: str) -> None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https", "file"):
        raise where.wrong(
            f"{without_credentials(url)[:80]!r} is not an address of http, https or file"
        )
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        raise where.wrong("names another machine's file")
    if any(ord(character) < 33 or character == "\x7f" for character in url):
        raise where.wrong("holds a space or a control character")


def _filename(where: _Value, url: str) -> str:
    found = unquote(urlsplit(url).path.rpartition("/")[2])
    if re.search(r"[/\\\x00-\x1f\x7f]", found) or found in ("", ".", ".."):
        raise where.wrong("names no file")
    return found


def without_credentials(url: str) -> str:
    """An address fit to be printed and asked: no name and password in it."""
    return re.sub(r"(\w://)[^/?#\s]*@", r"\1", url) if "@" in url else url


# pylock.toml -------------------------------------------------------------------------------


def parse_pylock(data: bytes, path: str) -> Lock:
    """A pylock.toml; raises `InvalidLock`.  ``packaging.pylock`` holds it to PEP 751."""
    from packaging.pylock import Pylock, PylockValidationError

    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        document = tomllib.loads(data.decode())
    except RecursionError:
        raise InvalidLock(path, "", "is nested too deeply") from None
    except ValueError as error:
        line = re.search(r"at line (\d+)", str(error))
        raise InvalidLock(
            path, "", f"is not TOML: {str(error)[:200]}", line=int(line[1]) if line else None
        ) from None
    try:
        found = Pylock.from_dict(document)
    except PylockValidationError as error:
        raise InvalidLock(path, error.context or "", error.message[:200]) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidLock(path, "", f"is not PEP 751: {str(error)[:200]}") from None
    top = _Value(path, "", document)
    python, machine = _environment(document)
    tool = document.get("tool", {}).get("neuron-pin", {})
    facts = tool if isinstance(tool, dict) else {}
    packages = []
    for row, package in zip(top.items("packages", MAX_PACKAGES), found.packages, strict=True):
        packages.append(_pylock_package(row, package.is_direct))
    command, sdk = facts.get("command", ""), facts.get("sdk", "")
    return Lock(
        path, "pylock.toml", command if isinstance(command, str) else "",
        sdk if isinstance(sdk, str) else "", python, machine, (), tuple(packages), (),
    )  # fmt: skip


def _environment(document: dict[str, Any]) -> tuple[str, str]:
    """The one minor version of Python, and the machine, that a lock is for; Python is empty
    where the lock is for several."""
    markers = document.get("environments", [])
    pythons = {m for text in markers for m in re.findall(r"python_version == [\"'](3\.\d+)", text)}
    machines = {m for text in markers for m in re.findall(r"platform_machine == [\"'](\w+)", text)}
    if len(pythons) != 1:
        wanted = document.get("requires-python", "")
        match = re.fullmatch(r"(?:>=(3\.\d+),<(3\.\d+)|<(3\.\d+),>=(3\.\d+))", wanted)
        low, high = (match[1] or match[4], match[2] or match[3]) if match else ("", "")
        one = low and int(low[2:]) + 1 == int(high[2:])
        pythons = {low} if one else set()
    return next(iter(pythons), ""), next(iter(machines)) if len(machines) == 1 else "x86_64"


def _pylock_package(row: _Value, direct: bool) -> LockedPackage:
    index = row.optional("index")
    if index:
        _check_address(row.at("index"), index)
    table = row.value
    rows = list(row.items("wheels", MAX_FILES)) if "wheels" in table else []
    rows += [row.at(key) for key in ("sdist", "archive") if key in table]
    files = tuple(_pylock_file(file) for file in rows)
    for key in ("directory", "vcs"):
        if key in table and row.at(key).optional("path"):
            _below(row.at(key).at("path"), row.at(key).text("path"))
    facts = table.get("tool", {}).get("neuron-pin", {})
    facts = facts if isinstance(facts, dict) else {}
    via = facts.get("via")
    known = isinstance(via, list) and all(isinstance(word, str) for word in via)
    return LockedPackage(
        row.place, "pip", row.text("name"), row.optional("version"), "",
        str(facts.get("kind", "")), str(facts.get("sdk", "")), index, files,
        tuple(via) if known and via is not None else None, row.optional("marker"),
        row.optional("requires-python"), direct,
    )  # fmt: skip


def _pylock_file(row: _Value) -> LockedFile:
    url, path = row.optional("url"), row.optional("path")
    if url:
        _check_address(row.at("url"), url)
        if url.startswith("file:"):
            raise row.at("url").wrong("is a file of this machine: a lock names it by 'path'")
    local = _below(row.at("path"), path) if path else ""
    named = row.optional("name")
    where = row.at("name" if named else "path" if path else "url")
    filename = named or (os.path.basename(local) if local else _filename(where, url))
    if re.search(r"[/\\\x00-\x1f\x7f]", filename):
        raise where.wrong("is not a file's name")
    hashes = row.hashes("hashes")
    return LockedFile(row.place, filename, url, local, hashes, row.number("size"))


def _below(where: _Value, path: str) -> str:
    """The place of a path, which PEP 751 has relative to the lock's folder; nothing outside of
    that folder is read."""
    folder = os.path.realpath(os.path.dirname(where.path) or ".")
    if os.path.isabs(path) or "\\" in path or "\x00" in path:
        raise where.wrong("is not a path relative to the lock")
    found = os.path.realpath(os.path.join(folder, path))
    if os.path.commonpath([folder, found]) != folder:
        raise where.wrong("leaves the lock's folder")
    return found
