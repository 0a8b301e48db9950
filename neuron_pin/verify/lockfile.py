"""Locks as frozen values, and how the values of a lock's document are read.

The parser that makes and reads locks elsewhere is `neuron_pin.lockfile`; this is a second one on
purpose, so that a mistake of the first is noticed.  What is not a lock is refused with its place:
the line of a syntax error, the JSON path of a value.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import UnreadableInput
from neuron_pin.record import NamedTuple

from .addresses import shown, without_credentials

MAX_PACKAGES = 20_000
MAX_FILES = 5_000
"""Files of one package; the largest projects have some hundred a version."""
MAX_BITS = 4096
"""Of a number; TOML may write more than Python prints."""
ECOSYSTEMS = ("pip", "apt", "rpm", "sdk")
OWN = "a lock: neuron-pin lock --instance trn2 -o lock.json"

T = TypeVar("T")


class InvalidLock(UnreadableInput):
    """A lock that cannot be read; ``place`` is a JSON path, empty where a line says more."""

    def __init__(
        self, path: str, place: str, problem: str, *, line: int | None = None, hint: str = OWN
    ) -> None:
        self.place = place
        text = without_credentials(f"{place}: {problem}" if place else problem)
        super().__init__(path, line, text, hint=hint)


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
    record it.  ``direct`` says that it comes from a folder, an archive or a repository, or from
    a file of this machine.
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

    place: str
    ecosystem: str
    name: str
    version: str
    source: str


class StatedCompiler(NamedTuple):
    """The compiler that a lock names; ``sdk`` is empty for no release."""

    place: str
    name: str
    version: str
    sdk: str


class Lock(NamedTuple):
    """A lock: ``python`` is its target's, ``3.11``; ``platforms`` are wheel platform tags, empty
    where the lock states none; ``command`` is what made it, empty where that is not known.

    ``requires_python`` and ``groups`` are what PEP 751 states for the whole: the versions of
    Python, and the dependency groups that are installed unless others are asked for.
    ``warnings`` name parts of the document that are not read.  ``compiler`` is the one that the
    lock names, `None` where it names none.
    """

    path: str
    form: str
    command: str
    sdk: str
    python: str
    machine: str
    platforms: tuple[str, ...]
    packages: tuple[LockedPackage, ...]
    exclusions: tuple[Excluded, ...]
    requires_python: str = ""
    groups: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    compiler: StatedCompiler | None = None


class Value(NamedTuple):
    """A value of a document and its place."""

    path: str
    place: str
    value: Any

    def wrong(self, problem: str) -> InvalidLock:
        """The error that says so of this value."""
        return InvalidLock(self.path, self.place, problem)

    def of(self, kind: type[T], called: str) -> T:
        """The value itself, which has to be of a type."""
        if not isinstance(self.value, kind) or isinstance(self.value, bool):
            raise self.wrong(f"is not {called}")
        return self.value

    def at(self, key: str) -> Value:
        """The value of a key that has to be there."""
        table = self.of(dict, "an object")
        if key not in table:
            raise self.wrong(f"has no {key!r}")
        return Value(self.path, f"{self.place}.{key}" if self.place else key, table[key])

    def text(self, key: str) -> str:
        """A string."""
        return self.at(key).of(str, "a string")

    def optional(self, key: str) -> str:
        """A string, empty for null or nothing."""
        table = self.of(dict, "an object")
        return "" if table.get(key) is None else self.text(key)

    def nullable(self, key: str) -> str:
        """A string or null of a key that has to be there, empty for null."""
        return "" if self.at(key).value is None else self.text(key)

    def one_of(self, key: str, words: Sequence[str]) -> str:
        """One of some words."""
        word = self.text(key)
        if word not in words:
            raise self.at(key).wrong(f"{word[:40]!r} is not one of {', '.join(words)}")
        return word

    def number(self, key: str) -> int | None:
        """A number that is not negative, none for null or nothing."""
        table = self.of(dict, "an object")
        if table.get(key) is None:
            return None
        found = self.at(key)
        number = found.of(int, "a number")
        if number < 0:
            raise found.wrong("is negative")
        if number.bit_length() > MAX_BITS:
            raise found.wrong("is larger than any file")
        return number

    def items(self, key: str, limit: int = sys.maxsize) -> Iterator[Value]:
        """The entries of an array."""
        found = self.at(key)
        rows = found.of(list, "an array")
        if len(rows) > limit:
            raise found.wrong(f"has more than {limit} entries")
        for number, value in enumerate(rows):
            yield Value(self.path, f"{found.place}[{number}]", value)

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of strings."""
        return tuple(item.of(str, "a string") for item in self.items(key))

    def hashes(self, key: str) -> tuple[tuple[str, str], ...]:
        """Algorithms and digests."""
        found = self.at(key)
        table = found.of(dict, "an object")
        return tuple((name, found.text(name)) for name in table)


def check_address(where: Value, url: str) -> None:
    """Raises `InvalidLock` for what is not an address of an index or a file."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in ("http", "https", "file"):
        raise where.wrong(f"{shown(url)!r} is not an address of http, https or file")
    if parts.scheme == "file" and parts.netloc not in ("", "localhost"):
        raise where.wrong("names another machine's file")
    if any(ord(character) < 33 or character == "\x7f" for character in url):
        raise where.wrong("contains a space or a control character")


def filename_of(where: Value, url: str) -> str:
    """The name of the file at an address; raises `InvalidLock` if there is none."""
    found = unquote(urlsplit(url).path.rpartition("/")[2])
    if re.search(r"[/\\\x00-\x1f\x7f]", found) or found in ("", ".", ".."):
        raise where.wrong("names no file")
    return found
