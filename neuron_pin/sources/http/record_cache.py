"""Small records kept on disk between runs: what was made of a page or of a wheel.

Cheap to import and to read: a run that has everything it needs touches nothing else of
this room.  A record names its own key, so a digest need not be a strong one, and begins with
a checksum of the rest; a damaged or foreign record counts as absent.  Writing is whole or
not at all, and safe beside other processes: each writes a file of its own and renames it.
"""

from __future__ import annotations

import contextlib
import json
import os
from binascii import crc32
from collections.abc import Iterable, Iterator
from typing import Any

from neuron_pin.fs.atomic import put
from neuron_pin.record import NamedTuple

FORMAT = 5
"""Raised when the shape of any record changes; older ones then count as absent."""


MAX_FRESH = 86400
"""Seconds for which an answer may be taken without asking again, whatever a server says."""


def is_fresh(until: float, now: float) -> bool:
    """Whether a time is to come, and not so far off that a clock must have been wrong when it
    was set; both are seconds since the epoch."""
    return now < until <= now + MAX_FRESH


class Rows:
    """The rows of a table on record: each becomes values when it is first read, and is kept.

    A project has hundreds of versions, of which a lock looks at a few.
    """

    __slots__ = ("_at", "_data", "_made")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._made: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        number = 0
        while True:
            while number < len(self._made):
                yield self._made[number]
                number += 1
            if self._at >= len(self._data):
                return
            end = self._data.find(b"\n", self._at)
            end = len(self._data) if end < 0 else end
            self._made.append(json.loads(self._data[self._at : end].decode()))
            self._at = end + 1

    def __bool__(self) -> bool:
        return bool(self._data)


class RecordCache:
    """Records by kind and key, below one folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def load(self, kind: str, key: str) -> list[Any] | None:
        """The record's values, or none."""
        data = _read(self.path(kind, key))
        return _parse(data, key) if data is not None else None

    def load_table(self, kind: str, key: str) -> tuple[list[Any], Rows] | None:
        """The values of a record that `save_table` kept, and its rows; or none."""
        data = _read(self.path(kind, key))
        if data is None:
            return None
        head, _, rows = data.partition(b"\n")
        values = _parse(head, key)
        return (values, Rows(rows)) if values is not None else None

    def save(self, kind: str, key: str, values: list[Any]) -> None:
        """Keep a record.  A cache that cannot be written is none, and no error."""
        self.save_table(kind, key, values, ())

    def save_table(self, kind: str, key: str, values: list[Any], rows: Iterable[Any]) -> None:
        """Keep a record of values and of rows, each of which is read when it is asked for."""
        lines = [[FORMAT, key, *values], *rows]
        data = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines).encode()
        keep(self.path(kind, key), f"{crc32(data):08x}".encode() + data)

    def path(self, kind: str, key: str) -> str:
        """Where a record lies, or would."""
        data = key.encode()
        digest = f"{crc32(data):08x}{crc32(data[::-1]):08x}"
        return os.path.join(self.folder, kind, digest[:2], digest[2:] + ".json")


def _read(path: str) -> bytes | None:
    """What lies in a record's file behind its checksum; none where that is wrong."""
    try:
        # Not by `open`, which asks the system four times as much, of each of hundreds of files.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(file, os.fstat(file).st_size)
        finally:
            os.close(file)
        return data[8:] if int(data[:8], 16) == crc32(data[8:]) else None
    except (OSError, ValueError):
        return None


def _parse(data: bytes, key: str) -> list[Any] | None:
    """The values of a record under that key, none of another's or of another form."""
    try:
        document = json.loads(data)
    except ValueError:
        return None
    if (
        not isinstance(document, list)
        or len(document) < 2
        or document[0] != FORMAT
        or document[1] != key
    ):
        return None
    return document[2:]


def keep(path: str, data: bytes) -> None:
    """Put bytes into a cache's file, whole or not at all.  What a killed run left of the same
    file goes."""
    folder, name = os.path.split(path)
    with contextlib.suppress(OSError):
        os.makedirs(folder, exist_ok=True)
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            put(place, name, data)
        finally:
            os.close(place)


KINDS = (
    "core-metadata",
    "feeds",
    "files",
    "http",
    "locks",
    "metadata",
    "projects",
    "seen",
    "wheels",
)
MAX_AGE = 30 * 24 * 3600
"""Seconds after which a file that nobody wrote anew is stale."""


class Content(NamedTuple):
    """How many files, and how many bytes."""

    files: int
    size: int


def measure(folder: str) -> dict[str, Content]:
    """What a cache holds, by kind."""
    found = {}
    for kind in KINDS:
        sizes = [os.stat(path).st_size for path in _walk(os.path.join(folder, kind))]
        found[kind] = Content(len(sizes), sum(sizes))
    return found


def prune(folder: str) -> Content:
    """Remove what is older than `MAX_AGE`, and what an interrupted run left half-written."""
    import time

    before = time.time() - MAX_AGE
    return _remove(
        path
        for kind in KINDS
        for path in _walk(os.path.join(folder, kind))
        if os.path.basename(path).startswith(".") or os.stat(path).st_mtime < before
    )


def clear(folder: str) -> Content:
    """Remove everything that this program keeps; nothing else in the folder is touched."""
    return _remove(path for kind in KINDS for path in _walk(os.path.join(folder, kind)))


def _remove(paths: Iterable[str]) -> Content:
    files = size = 0
    for path in list(paths):
        with contextlib.suppress(FileNotFoundError):
            weight = os.stat(path).st_size
            os.unlink(path)
            files, size = files + 1, size + weight
    return Content(files, size)


def _walk(folder: str) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)
