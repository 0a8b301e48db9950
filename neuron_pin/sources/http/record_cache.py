"""Small records kept on disk between runs: what was made of a page or of a wheel.

Cheap to import and to read: a run that has everything it needs touches nothing else of
this room.  What a lock reads hundreds of lies in packs (`record_pack`), one a run that kept
something, and is written when the run ends; any other record is a file of its own.  A record names
its own key, so a digest need not be a strong one, and begins with a checksum of the rest; a damaged
or foreign record counts as absent.  Writing is whole or not at all, and safe beside other
processes: each writes a file of its own and renames it.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from _thread import allocate_lock
from binascii import crc32
from collections.abc import Callable, Iterable, Iterator, Sequence

from neuron_pin.errors import SourceFailed
from neuron_pin.fs.atomic import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .record_pack import Entry, Pack
    from .write_queue import WriteQueue

FORMAT = 6
"""Raised when the shape of any record that is a file changes; older ones then count as absent.
That of packs is in their first line."""
PACKED = ("projects", "metadata", "files")
"""The kinds of records that lie in packs, by number."""
PACKS = "records"
"""The folder of the packs."""
MAX_PENDING = 4 << 20
"""Bytes of records that a run keeps in memory before it writes a pack."""
ROWS = 4
"""Rows of a table in its first block; each other has as many times as many as the one before it,
up to `MAX_ROWS`."""
MAX_ROWS = 256

MAX_FRESH = 86400
"""Seconds for which an answer may be taken without asking again, whatever a server says."""


def is_fresh(until: float, now: float) -> bool:
    """Whether a time is to come, and not so far off that a clock must have been wrong when it
    was set; both are seconds since the epoch."""
    return now < until <= now + MAX_FRESH


class Rows:
    """The rows of a table on record: each becomes values when it is first read, and is kept.

    A project has hundreds of versions, of which a lock looks at a few.  They are in blocks, each
    with a checksum; to come to a damaged one raises `SourceFailed`.  Threads may share them: what
    is fetched ahead is read by one beside the lock.
    """

    __slots__ = ("_at", "_blocks", "_lock", "_made", "_number", "_read")

    def __init__(
        self, blocks: Sequence[Sequence[int]], read: Callable[[int, int, int], bytes]
    ) -> None:
        """``blocks`` are sizes and checksums, ``read`` gives the bytes of a block from its number,
        its place behind the first and its size."""
        self._read = read
        self._blocks = blocks
        self._lock = allocate_lock()
        self._number = 0
        self._at = 0
        self._made: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        number = 0
        while True:
            while number < len(self._made):
                yield self._made[number]
                number += 1
            if not self._has(number):
                return

    def _has(self, number: int) -> bool:
        """Whether there is a row of that number; it is made by then."""
        with self._lock:
            if number >= len(self._made) and self._number < len(self._blocks):
                self._made += self._parse()
            return number < len(self._made)

    def _parse(self) -> list[Any]:
        """The rows of the next block."""
        size, checksum = self._blocks[self._number]
        data = self._read(self._number, self._at, size)
        rows = _decode(data) if crc32(data) == checksum else None
        if rows is None:
            raise SourceFailed(
                "the cache", "a record is damaged", hint="neuron-pin cache clear empties it"
            )
        self._at += size if self._number else 0
        self._number += 1
        return rows

    def __bool__(self) -> bool:
        return bool(self._blocks)


class RecordCache:
    """Records by kind and key, below one folder.  ``queue`` writes those that are files of their
    own; none for at once."""

    def __init__(self, folder: str, queue: WriteQueue | None = None) -> None:
        self.folder = folder
        self._queue = queue
        self._packs: list[Pack] | None = None
        self._pending: dict[int, Entry] = {}
        self._found: dict[int, Entry] = {}
        self._size = 0
        self._lock = allocate_lock()

    def load(self, kind: str, key: str) -> list[Any] | None:
        """The record's values, or none."""
        if kind in PACKED:
            found = self.load_table(kind, key)
            return found[0] if found is not None else None
        path = self.path(kind, key)
        queued = self._queue.get(path) if self._queue is not None else None
        data = _check(queued) if queued is not None else _read(path)
        return _parse(data, key) if data is not None else None

    def load_table(self, kind: str, key: str) -> tuple[list[Any], Rows] | None:
        """The values of a record that `save_table` kept, and its rows; or none."""
        entry = self._find(_digest(kind, key))
        if entry is None:
            return None
        hot, cold = entry.hot, entry.cold
        end = 8 + int.from_bytes(hot[:4], "little")
        data = bytes(hot[8:end])
        document = _decode(data) if crc32(data) == int.from_bytes(hot[4:8], "little") else None
        if document is None or document[0] != key:
            return None

        def read(number: int, at: int, size: int) -> bytes:
            return bytes(cold[at : at + size] if number else hot[end : end + size])

        return document[1], Rows(document[2], read)

    def mark(self, kind: str, key: str) -> tuple[int, int] | None:
        """A number for a record that lies in a pack, and one for what it says just now; none where
        it is absent."""
        digest = _digest(kind, key)
        entry = self._find(digest)
        return (digest, entry.stamp) if entry is not None else None

    def is_unchanged(self, digest: int, stamp: int) -> bool:
        """Whether a record still says what it said when it was marked."""
        entry = self._find(digest)
        return entry is not None and entry.stamp == stamp

    def _find(self, digest: int) -> Entry | None:
        pending = self._pending.get(digest) or self._found.get(digest)
        if pending is not None:
            return pending
        if self._packs is None:
            from .record_pack import open_packs

            self._packs = open_packs(os.path.join(self.folder, PACKS))
        newest, found = -1, None
        for pack in self._packs:
            number = pack.find(digest)
            if number is not None and pack.stamp(number) > newest:
                newest, found = pack.stamp(number), (pack, number)
        if found is None:
            return None
        entry = self._found[digest] = found[0].entry(found[1])
        return entry

    def save(self, kind: str, key: str, values: list[Any]) -> None:
        """Keep a record.  A cache that cannot be written is none, and no error."""
        if kind in PACKED:
            self.save_table(kind, key, values, ())
            return
        data = json.dumps([FORMAT, key, *values], separators=(",", ":")).encode()
        keep_it = keep if self._queue is None else self._queue.put
        keep_it(self.path(kind, key), f"{crc32(data):08x}".encode() + data)

    def save_table(self, kind: str, key: str, values: list[Any], rows: Iterable[Any]) -> None:
        """Keep a record of values and of rows, each of which is read when it is asked for.  Others
        have it from `close` on."""
        from .record_pack import Entry

        blocks = [_encode(block) for block in _divide(list(rows))]
        head = _encode([key, values, [[len(block), crc32(block)] for block in blocks]])
        hot = b"".join(
            (len(head).to_bytes(4, "little"), crc32(head).to_bytes(4, "little"), head, *blocks[:1])
        )
        digest, cold = _digest(kind, key), b"".join(blocks[1:])
        with self._lock:
            number = PACKED.index(kind)
            self._pending[digest] = Entry(digest, time.time_ns(), number, hot, cold)
            self._size += len(hot) + len(cold)
            if self._size > MAX_PENDING:
                self._write()

    def close(self) -> None:
        """Write what was kept, and where that makes many packs, put them together."""
        from .record_pack import MAX_PACKS, merge_packs

        with self._lock:
            self._write()
            if self._packs is not None and len(self._packs) > MAX_PACKS:
                with contextlib.suppress(OSError):
                    merge_packs(os.path.join(self.folder, PACKS))
                self._packs = None
                self._found = {}

    def _write(self) -> None:
        if not self._pending:
            return
        from .record_pack import open_packs, write_pack

        folder = os.path.join(self.folder, PACKS)
        with contextlib.suppress(OSError):
            write_pack(folder, self._pending.values())
            self._packs = open_packs(folder)
            self._pending = {}
            self._found = {}
        # What cannot be written stays in memory, and is not tried again for each record.
        self._size = 0

    def path(self, kind: str, key: str) -> str:
        """Where a record lies, or would."""
        data = key.encode()
        digest = f"{crc32(data):08x}{crc32(data[::-1]):08x}"
        return os.path.join(self.folder, kind, digest[:2], digest[2:] + ".json")


def _digest(kind: str, key: str) -> int:
    data = f"{kind}\n{key}".encode()
    return crc32(data) << 32 | crc32(data[::-1])


def _divide(rows: list[Any]) -> Iterator[list[Any]]:
    at, size = 0, ROWS
    while at < len(rows):
        yield rows[at : at + size]
        at, size = at + size, min(size * ROWS, MAX_ROWS)


def _encode(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


_decoder = json.JSONDecoder()


def _decode(data: bytes) -> list[Any] | None:
    """What `_encode` wrote, none for anything else.  Without `json.loads` around it, which looks at
    each of thousands of texts for encodings, objects and spaces that these do not have."""
    try:
        value, end = _decoder.raw_decode(data.decode("ascii"))
    except ValueError:
        return None
    return value if end == len(data) and isinstance(value, list) else None


def _read(path: str) -> bytes | None:
    """What lies in a record's file behind its checksum."""
    try:
        # Not by `open`, which asks the system four times as much.
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            data = os.read(file, os.fstat(file).st_size)
        finally:
            os.close(file)
    except OSError:
        return None
    return _check(data)


def _check(data: bytes) -> bytes | None:
    """What stands behind a record's checksum; none where that is wrong."""
    try:
        return data[8:] if int(data[:8], 16) == crc32(data[8:]) else None
    except ValueError:
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
