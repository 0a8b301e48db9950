"""Many records in one file, which is mapped and not read: a run touches what it asks for.

A pack is written whole and never changed.  Its records stand in the order in which they were kept,
what every reader wants of them in front (``hot``: the values, and the first rows of a table), the
rest of the tables behind it (``cold``).  At its end is an index of numbers, sorted by the digests
of the keys, with a checksum; what is damaged, or of another form, counts as absent.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import struct
import sys
import time
from binascii import crc32
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from neuron_pin.fs.atomic import is_free, put
from neuron_pin.record import NamedTuple

SUFFIX = ".pack"
MAGIC = f"neuron-pin records 6 {sys.byteorder}\n".encode()
"""The beginning and the end of a pack; another form has another one."""
COLUMNS = 7
MAX_PACKS = 8
"""Packs of one cache, beyond which small ones are put together."""
MAX_SIZE = 1 << 30
"""Bytes of the records that are put together; the oldest go."""
LARGE = 4
"""How many times as large as all others together the largest pack is, for it to stay as it is."""
TRIES = 3
_FOOTER = struct.Struct("=QQI")


class Entry(NamedTuple):
    """One record: the digest of its key, when it was kept (nanoseconds since the epoch), the number
    of its kind, and its two parts."""

    digest: int
    stamp: int
    kind: int
    hot: bytes | memoryview
    cold: bytes | memoryview


class Pack:
    """One pack.  Raises `ValueError` for a damaged one, `OSError` for one that cannot be read."""

    def __init__(self, path: str) -> None:
        self.path = path
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            self.size = os.fstat(descriptor).st_size
            data = memoryview(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
        finally:
            os.close(descriptor)
        end = self.size - len(MAGIC) - _FOOTER.size
        if end < len(MAGIC) or data[: len(MAGIC)] != MAGIC or data[-len(MAGIC) :] != MAGIC:
            raise ValueError("not a pack")
        count, at, checksum = _FOOTER.unpack(data[end : end + _FOOTER.size])
        index = data[at:end]
        if len(index) != count * COLUMNS * 8 or crc32(index) != checksum:
            raise ValueError("a pack with a damaged index")
        numbers = index.cast("Q")
        columns = [numbers[count * column : count * (column + 1)] for column in range(COLUMNS)]
        self._digests, self._stamps, self._kinds = columns[:3]
        self._places = columns[3:]
        self._data = data

    def __len__(self) -> int:
        return len(self._digests)

    def find(self, digest: int) -> int | None:
        """The number of a record, or none."""
        at = bisect_left(self._digests, digest)
        return at if at < len(self._digests) and self._digests[at] == digest else None

    def stamp(self, number: int) -> int:
        """When a record was kept."""
        return self._stamps[number]

    def entry(self, number: int) -> Entry:
        """A record; nothing of it is read by that."""
        hot, hot_size, cold, cold_size = (column[number] for column in self._places)
        return Entry(
            self._digests[number],
            self._stamps[number],
            self._kinds[number],
            self._data[hot : hot + hot_size],
            self._data[cold : cold + cold_size],
        )

    def entries(self) -> Iterator[Entry]:
        return map(self.entry, range(len(self)))


def open_packs(folder: str) -> list[Pack]:
    """The packs of a folder that are whole."""
    for _ in range(TRIES):
        try:
            with os.scandir(folder) as entries:
                paths = sorted(entry.path for entry in entries if entry.name.endswith(SUFFIX))
        except OSError:
            return []
        found = []
        try:
            for path in paths:
                with contextlib.suppress(ValueError):
                    found.append(Pack(path))
        except FileNotFoundError:
            # Somebody has put it together with others meanwhile.
            continue
        except OSError:
            return []
        return found
    return []


def write_pack(folder: str, entries: Iterable[Entry]) -> str:
    """Write records as a pack of their own; the path.  Raises `OSError`."""
    kept = list(entries)
    name = f"{time.time_ns():020d}-{os.urandom(4).hex()}{SUFFIX}"
    cold = len(MAGIC) + sum(len(entry.hot) for entry in kept)
    hot = len(MAGIC)
    rows = []
    for entry in kept:
        sizes = len(entry.hot), len(entry.cold)
        rows.append((*entry[:3], hot, sizes[0], cold, sizes[1]))
        hot, cold = hot + sizes[0], cold + sizes[1]
    rows.sort()
    numbers = [number for column in zip(*rows, strict=True) for number in column]
    index = struct.pack(f"={len(numbers)}Q", *numbers)
    footer = _FOOTER.pack(len(rows), cold, crc32(index))
    pieces = [
        MAGIC,
        *(entry.hot for entry in kept),
        *(entry.cold for entry in kept),
        index,
        footer,
        MAGIC,
    ]
    os.makedirs(folder, exist_ok=True)
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        put(place, name, pieces)
    finally:
        os.close(place)
    return os.path.join(folder, name)


def merge_packs(folder: str, *, since: int = 0, everything: bool = False) -> int:
    """Put small packs together, and of each record keep the newest.

    With ``everything`` large ones, too; what was kept before ``since`` goes, and what is more than
    `MAX_SIZE`.  Returns how many records went.  Does nothing where another process does it just
    now.  Raises `OSError`.
    """
    try:
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        if is_free(place) is False:
            return 0
        packs = sorted(open_packs(folder), key=lambda pack: pack.size)
        if packs and not everything and packs[-1].size > LARGE * sum(p.size for p in packs[:-1]):
            packs.pop()
        newest: dict[int, tuple[int, Pack, int]] = {}
        for pack in packs:
            for number, digest in enumerate(pack._digests):
                stamp = pack.stamp(number)
                if digest not in newest or newest[digest][0] < stamp:
                    newest[digest] = (stamp, pack, number)
        kept, size, gone = [], 0, 0
        for stamp, pack, number in sorted(newest.values(), key=lambda row: row[0], reverse=True):
            entry = pack.entry(number)
            size += len(entry.hot) + len(entry.cold)
            if stamp < since or size > MAX_SIZE:
                gone += 1
            else:
                kept.append(entry)
        if kept:
            write_pack(folder, reversed(kept))
        for pack in packs:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(pack.path)
        return gone
    finally:
        os.close(place)
