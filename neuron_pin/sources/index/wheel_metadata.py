"""A wheel's METADATA without the wheel: range requests into its central directory.

Source: PEP 427 (a wheel is a ZIP archive with ``NAME-VERSION.dist-info/METADATA``), ZIP's
APPNOTE.TXT.  The directory is walked here and not by ``zipfile``: that makes an object of each
of the thousands of entries of a big wheel, which costs more than a lock, and it reads archives
that say different things to different readers.  Where a server does not serve ranges, or not
those that it is asked for, the wheel is fetched whole.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import SourceFailed
from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.client import Fetcher, Response, cannot_read
from neuron_pin.sources.http.urls import redact_url

from .simple import WheelName

TAIL = 16 * 1024
"""Bytes of a wheel's end that are asked for first where its size is not known; they hold the
directory of most wheels, and often METADATA itself."""

TAILS = (
    (40_000, 8 * 1024),
    (100_000, 12 * 1024),
    (200_000, 20 * 1024),
    (3_000_000, 27 * 1024),
    (50_000_000, 16 * 1024),
)
"""The same for wheels of at most so many bytes; larger ones, whose directory is either short or
far longer, have `LARGE_TAIL`.  Of 399 wheels of the public index these ask for as many bytes as
`TAIL` alone, in fewer requests."""
LARGE_TAIL = 8 * 1024

MAX_METADATA = 8 * 1024 * 1024
MAX_DIRECTORY = 16 * 1024 * 1024
MAX_WHEEL = 4 * 1024 * 1024 * 1024
"""Bytes of METADATA, of an archive's directory, and of a whole wheel.  The largest directories
known have 2 MB."""


class _Damaged(Exception):
    """The bytes are no archive, or not one that says the same to every reader."""


class _Unreliable(Exception):
    """The server does not serve the ranges that it is asked for."""


def read_metadata_file(fetcher: Fetcher, url: str, sha256: str = "", *, keep: bool = True) -> bytes:
    """The metadata file beside the file at an address (PEP 658), held to its own SHA-256 if
    the index states one; raises `NotFound` or `SourceFailed`."""
    address, stated = f"{url}.metadata", sha256.lower()

    def check(answer: Response) -> None:
        if stated and hashlib.sha256(answer.data).hexdigest() != stated:
            raise SourceFailed(redact_url(address), "does not have the stated hash")

    return fetcher.get(address, limit=MAX_METADATA, check=check, keep=keep).data


def read_wheel_metadata(
    fetcher: Fetcher, url: str, wheel: WheelName, sha256: str = "", size: int | None = None
) -> bytes:
    """METADATA of the wheel at an address; raises `SourceFailed`.

    Costs two requests and some 20 kB for most wheels, whatever their size, which is ``size`` bytes
    if that is known.  A wheel that is fetched whole is held to ``sha256``, if that is known.
    """
    if url.startswith("file:"):
        try:
            with Path(unquote(urlsplit(url).path)).open("rb") as stream:
                return _whole(stream, url, wheel)
        except (OSError, ValueError) as error:
            raise cannot_read(url, error) from None
    tail = fetcher.get_range(url, None, _tail_for(size))
    if tail is not None:
        try:
            return _metadata(_Remote(fetcher, url, *tail), redact_url(url), wheel)
        except (_Unreliable, _Damaged):
            # Either no wheel, or ranges that are not what they say they are.
            pass
    with scratch_folder() as folder:
        whole = Path(folder) / "wheel"
        fetcher.download(url, whole, MAX_WHEEL, sha256=sha256)
        with whole.open("rb") as stream:
            return _whole(stream, redact_url(url), wheel)


def _tail_for(size: int | None) -> int:
    if size is None:
        return TAIL
    return next((tail for most, tail in TAILS if size <= most), LARGE_TAIL)


def _whole(stream: BinaryIO, url: str, wheel: WheelName) -> bytes:
    try:
        return _metadata(_Local(stream), url, wheel)
    except _Damaged as error:
        raise SourceFailed(url, f"is not a wheel: {error}") from None


class _Local:
    """A file on the disk."""

    def __init__(self, stream: BinaryIO) -> None:
        self.length = stream.seek(0, 2)
        self._stream = stream

    def read(self, start: int, size: int) -> bytes:
        """These bytes, fewer at the end."""
        if not 0 <= start < self.length or size <= 0:
            return b""
        self._stream.seek(start)
        return self._stream.read(size)


class _Remote:
    """A remote file, read in ranges; its tail is there already."""

    def __init__(self, fetcher: Fetcher, url: str, tail: bytes, length: int) -> None:
        self.length = length
        self._fetcher, self._url = fetcher, url
        self._first, self._tail = length - len(tail), tail
        self._coming: tuple[int, int, Future[bytes]] | None = None

    def read(self, start: int, size: int) -> bytes:
        """These bytes, fewer at the end; what is not in the tail is one request."""
        if start < 0 or size <= 0:
            return b""
        end = start + size
        if start >= self._first:
            return self._tail[start - self._first : end - self._first]
        if self._coming is not None and self._coming[:2] == (start, size):
            return self._coming[2].result()
        return self._fetch(start, end)

    def _fetch(self, start: int, end: int) -> bytes:
        last = min(end, self._first) - 1
        answer = self._fetcher.get_range(self._url, start, last)
        if answer is None or answer[1] != self.length:
            raise _Unreliable
        return answer[0] + self._tail[: max(0, end - self._first)]

    def expect(self, start: int, size: int) -> None:
        """Begin to read what will be asked for after the next."""
        if 0 <= start < self._first and size > 0:
            pool = ThreadPoolExecutor(1, thread_name_prefix="metadata")
            self._coming = (start, size, pool.submit(self._fetch, start, start + size))
            pool.shutdown(wait=False)

    def shown(self, start: int) -> bytes:
        """What the tail has from a place on, if that begins before it."""
        return self._tail if start < self._first else b""


class _Entry(NamedTuple):
    """One file of an archive, as its directory has it."""

    name: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def _metadata(file: _Local | _Remote, url: str, wheel: WheelName) -> bytes:
    start, length, count = _find_directory(file)
    if isinstance(file, _Remote):
        _expect_metadata(file, start, wheel)
    found = [
        entry for entry in _entries(file.read(start, length), count) if _is_of(entry.name, wheel)
    ]
    if len(found) != 1:
        raise SourceFailed(url, f"holds {len(found)} METADATA files of its own")
    entry = found[0]
    if max(entry.size, entry.packed) > MAX_METADATA:
        raise SourceFailed(url, f"has METADATA of {entry.size} bytes")
    return _unpack(file, entry, start)


def _is_of(path: bytes, wheel: WheelName) -> bool:
    return canonicalize_name(path.decode("utf-8", "replace").split("-")[0]) == wheel.name


def _expect_metadata(file: _Remote, start: int, wheel: WheelName) -> None:
    """Begin to read METADATA beside the directory, where the end of that tells where it lies.

    What the directory says as a whole decides all the same.
    """
    shown = file.shown(start)
    name_end = shown.rfind(_SUFFIX) + len(_SUFFIX)
    at = shown.rfind(b"PK\1\2", 0, name_end)
    if at < 0 or at + _CENTRAL.size > name_end:
        return
    name, extra, _ = _LENGTHS(shown, at + 28)
    path = shown[at + _CENTRAL.size : name_end]
    if len(path) == name and path.count(b"/") == 1 and _is_of(path, wheel):
        entry = _entry(shown, at, path, shown[name_end : name_end + extra])
        if entry.packed <= MAX_METADATA:
            file.expect(entry.offset, _span(entry, start))


_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_HEADER = struct.Struct("<4s5H3L2H")
_LENGTHS = struct.Struct("<3H").unpack_from
"""Of an entry's name, extra field and comment, from its 28th byte on."""
_SUFFIX = b".dist-info/METADATA"
_MANY = 0xFFFFFFFF
MAX_COMMENT = 1024


def _find_directory(file: _Local | _Remote) -> tuple[int, int, int]:
    """Where the central directory begins, its bytes, and how many entries it has (4.3.14 to 16)."""
    size = min(file.length, _END.size + MAX_COMMENT)
    end = file.read(file.length - size, size)
    at = end.rfind(b"PK\5\6")
    if at < 0 or len(end) - at < _END.size:
        raise _Damaged("it does not end with the directory of an archive")
    _, disk, first_disk, here, count, length, start, comment = _END.unpack_from(end, at)
    if at + _END.size + comment != len(end):
        raise _Damaged("something follows its directory")
    position = file.length - size + at
    if count == 0xFFFF or _MANY in (length, start):
        position -= _LOCATOR.size
        locator = file.read(max(0, position), _LOCATOR.size)
        if position < 0 or len(locator) < _LOCATOR.size or locator[:4] != b"PK\6\7":
            raise _Damaged("its directory is not where it says")
        at64 = _LOCATOR.unpack(locator)[2]
        if at64 != position - _END64.size:
            raise _Damaged("its directory is not where it says")
        position = at64
        fields = _END64.unpack(file.read(at64, _END64.size))
        if fields[0] != b"PK\6\6":
            raise _Damaged("its directory is not where it says")
        disk, first_disk, here, count, length, start = fields[4:]
    if disk or first_disk or here != count:
        raise _Damaged("it is one part of several")
    if start + length != position:
        raise _Damaged("its directory is not where it says")
    if length > MAX_DIRECTORY:
        raise _Damaged(f"its directory has {length} bytes")
    return start, length, count


def _entries(directory: bytes, count: int) -> Iterator[_Entry]:
    """The entries that are METADATA of a distribution, in its top folder."""
    at, seen, end = 0, 0, len(directory)
    while at < end:
        if directory[at : at + 4] != b"PK\1\2" or at + _CENTRAL.size > end:
            raise _Damaged("its directory is damaged")
        name, extra, comment = _LENGTHS(directory, at + 28)
        name_end = at + _CENTRAL.size + name
        after = name_end + extra + comment
        if after > end:
            raise _Damaged("its directory is damaged")
        if directory[name_end - len(_SUFFIX) : name_end] == _SUFFIX:
            path = directory[at + _CENTRAL.size : name_end]
            if path.count(b"/") == 1:
                yield _entry(directory, at, path, directory[name_end:after])
        at, seen = after, seen + 1
    if seen != count:
        raise _Damaged(f"its directory has {seen} entries, and says {count}")


def _entry(directory: bytes, at: int, name: bytes, extra: bytes) -> _Entry:
    fields = _CENTRAL.unpack_from(directory, at)
    flags, method, crc, packed, size, offset = *fields[3:5], *fields[7:10], fields[16]
    if _MANY in (packed, size, offset):
        wide = _zip64(extra)
        size, packed, offset = (
            next(wide, value) if value == _MANY else value for value in (size, packed, offset)
        )
    return _Entry(name, flags, method, crc, packed, size, offset)


def _zip64(extra: bytes) -> Iterator[int]:
    """The numbers of the ZIP64 extra field (4.5.3), in their order."""
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<2H", extra, at)
        if kind == 1:
            for place in range(at + 4, min(at + 4 + size, len(extra)) - 7, 8):
                yield struct.unpack_from("<Q", extra, place)[0]
            return
        at += 4 + size


def _span(entry: _Entry, end: int) -> int:
    """Bytes of an entry with its header, which may have another extra field than the directory's;
    ``end`` is where the files of the archive end."""
    return min(_HEADER.size + len(entry.name) + 64 + entry.packed, end - entry.offset)


def _unpack(file: _Local | _Remote, entry: _Entry, end: int) -> bytes:
    """An entry's content; ``end`` is where the files of the archive end."""
    data = file.read(entry.offset, _span(entry, end)) if 0 <= entry.offset < end else b""
    if len(data) < _HEADER.size or data[:4] != b"PK\3\4":
        raise _Damaged("METADATA is not where its directory says")
    length, extra = _HEADER.unpack_from(data)[9:]
    begin = _HEADER.size + length + extra
    if data[_HEADER.size : _HEADER.size + length] != entry.name:
        raise _Damaged("METADATA is not where its directory says")
    if entry.flags & 1:
        raise _Damaged("METADATA is encrypted")
    packed = data[begin : begin + entry.packed]
    if len(packed) < entry.packed:
        packed += file.read(entry.offset + begin + len(packed), entry.packed - len(packed))
    if entry.method == 8:
        try:
            packed = zlib.decompressobj(-15).decompress(packed, entry.size + 1)
        except zlib.error as error:
            raise _Damaged(f"METADATA cannot be unpacked: {error}") from None
    elif entry.method != 0:
        raise _Damaged(f"METADATA is packed by method {entry.method}")
    if len(packed) != entry.size or zlib.crc32(packed) != entry.crc:
        raise _Damaged("METADATA is not what its directory says")
    return packed
