"""A wheel's METADATA without the wheel: range requests into its central directory.

Source: PEP 427 (a wheel is a ZIP archive with ``NAME-VERSION.dist-info/METADATA``).  Where
a server does not serve ranges, or not those that it is asked for, the wheel is fetched whole.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from neuron_pin.catalog import normalized
from neuron_pin.errors import SourceFailed

from .http import Fetcher, redacted
from .simple import WheelName

TAIL = 16 * 1024
"""Bytes of a wheel's end that are asked for first; they hold the directory of most wheels,
and often METADATA itself."""

MAX_METADATA = 8 * 1024 * 1024
MAX_WHEEL = 4 * 1024 * 1024 * 1024
MAX_READ = 24 * 1024 * 1024
"""Bytes of METADATA, of a whole wheel, and read of one altogether: its directory and METADATA.
The largest directories known have 2 MB."""


class _Unreliable(Exception):
    """The server does not serve the ranges that it is asked for."""


def read_wheel_metadata(fetcher: Fetcher, url: str, wheel: WheelName, sha256: str = "") -> bytes:
    """METADATA of the wheel at an address; raises `SourceFailed`.

    Costs two requests and some 20 kB for most wheels, whatever their size.  A wheel that is
    fetched whole is held to ``sha256``, if that is known.
    """
    if url.startswith("file:"):
        try:
            with Path(unquote(urlsplit(url).path)).open("rb") as stream:
                return _metadata(_Local(stream, url), url, wheel)
        except OSError as error:
            raise SourceFailed(url, f"cannot be read: {error.strerror}") from None
    tail = fetcher.get_range(url, None, TAIL)
    if tail is not None:
        try:
            return _metadata(_Remote(fetcher, url, *tail), redacted(url), wheel)
        except _Unreliable:
            pass
    with tempfile.TemporaryDirectory(prefix="neuron-pin-") as folder:
        whole = Path(folder) / "wheel"
        fetcher.download(url, whole, MAX_WHEEL, sha256=sha256)
        with whole.open("rb") as stream:
            return _metadata(_Local(stream, redacted(url)), redacted(url), wheel)


class _Bounded(io.RawIOBase):
    """A seekable file of which no more than `MAX_READ` bytes are read."""

    def __init__(self, url: str, length: int) -> None:
        super().__init__()
        self._url, self._length = url, length
        self._at = self._read = 0

    def bytes_at(self, start: int, size: int) -> bytes:
        """At most ``size`` bytes from ``start`` on, at least one."""
        raise NotImplementedError

    def count(self, size: int) -> None:
        """Take note that bytes have been read."""
        self._read += size
        if self._read > MAX_READ:
            raise SourceFailed(redacted(self._url), f"needs more than {MAX_READ} bytes read")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        size = min(len(view), self._length - self._at)
        if size <= 0:
            return 0
        data = self.bytes_at(self._at, size)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


class _Local(_Bounded):
    def __init__(self, stream: BinaryIO, url: str) -> None:
        super().__init__(url, stream.seek(0, io.SEEK_END))
        self._stream = stream

    def bytes_at(self, start: int, size: int) -> bytes:
        self.count(size)
        self._stream.seek(start)
        return self._stream.read(size)


class _Remote(_Bounded):
    """A remote file, read in ranges; its tail is there already."""

    def __init__(self, fetcher: Fetcher, url: str, tail: bytes, length: int) -> None:
        super().__init__(url, length)
        self._fetcher = fetcher
        self._parts = [(length - len(tail), tail)]
        self.count(len(tail))

    def bytes_at(self, start: int, size: int) -> bytes:
        for first, part in self._parts:
            if first <= start < first + len(part):
                return part[start - first : start - first + size]
        last = min(max(start + size, start + 16384), self._length) - 1
        self.count(last - start + 1)
        answer = self._fetcher.get_range(self._url, start, last)
        if answer is None or answer[1] != self._length:
            raise _Unreliable
        self._parts.append((start, answer[0]))
        return answer[0][:size]


_END = struct.Struct("<4s4H2LH")
MAX_COMMENT = 1024


def _check_directory(stream: io.BufferedReader[Any]) -> None:
    """Whether the archive's own directory lies where it says (APPNOTE.TXT, 4.3.16); raises
    ``BadZipFile``.

    Readers of archives differ in what they make of one that does not, so that each could be
    shown another METADATA.  With ZIP64 the standard library checks it.
    """
    start = stream.seek(max(0, stream.seek(0, io.SEEK_END) - _END.size - MAX_COMMENT))
    data = stream.read(_END.size + MAX_COMMENT)
    at = data.rfind(b"PK\5\6")
    if at < 0 or len(data) - at < _END.size:
        raise zipfile.BadZipFile("it does not end with the directory of an archive")
    *_, size, offset, comment = _END.unpack_from(data, at)
    if at + _END.size + comment != len(data):
        raise zipfile.BadZipFile("something follows its directory")
    if 0xFFFFFFFF not in (size, offset) and offset + size != start + at:
        raise zipfile.BadZipFile("its directory is not where it says")


def _metadata(raw: _Bounded, url: str, wheel: WheelName) -> bytes:
    try:
        with io.BufferedReader(raw, 8192) as stream, zipfile.ZipFile(stream) as archive:
            _check_directory(stream)
            names = [
                name
                for name in archive.namelist()
                if name.endswith(".dist-info/METADATA") and name.count("/") == 1
            ]
            named = [n for n in names if normalized(n.split("-")[0]) == wheel.name]
            if len(named) != 1:
                raise SourceFailed(url, f"holds {len(named)} METADATA files of its own")
            info = archive.getinfo(named[0])
            if info.file_size > MAX_METADATA:
                raise SourceFailed(url, f"has METADATA of {info.file_size} bytes")
            with archive.open(info) as member:
                data = member.read(MAX_METADATA + 1)
    except (SourceFailed, _Unreliable):
        raise
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, KeyError) as error:
        if isinstance(raw, _Remote):
            # Either no wheel, or ranges that are not what they say they are.
            raise _Unreliable from None
        raise SourceFailed(url, f"is not a wheel: {error}") from None
    except Exception as error:  # noqa: BLE001 - zlib, lzma, bz2 and zstd have errors of their own
        raise SourceFailed(url, f"is a damaged wheel: {error}") from None
    if len(data) > MAX_METADATA:
        raise SourceFailed(url, f"has METADATA of more than {MAX_METADATA} bytes")
    return data
