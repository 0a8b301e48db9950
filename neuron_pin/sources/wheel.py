"""A wheel's METADATA without the wheel: range requests into its central directory.

Source: PEP 427 (a wheel is a ZIP archive with ``NAME-VERSION.dist-info/METADATA``).  Where
a server does not serve ranges the wheel is fetched whole.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

from neuron_pin.catalog import normalized
from neuron_pin.errors import SourceFailed

from .http import Fetcher, redacted
from .simple import WheelName

TAIL = 64 * 1024
"""Bytes of a wheel's end that are asked for first; they hold the directory of most wheels,
and often METADATA itself."""

MAX_METADATA = 8 * 1024 * 1024
MAX_WHEEL = 4 * 1024 * 1024 * 1024
MAX_READ = 64 * 1024 * 1024
"""Bytes of METADATA, of a whole wheel, and read in ranges altogether."""


def read_wheel_metadata(fetcher: Fetcher, url: str, wheel: WheelName) -> bytes:
    """METADATA of the wheel at an address; raises `SourceFailed`.

    Costs two requests and some 10 kB for most wheels, whatever their size.
    """
    if url.startswith("file:"):
        path = Path(unquote(urlsplit(url).path))
        try:
            with path.open("rb") as stream:
                return _metadata(stream, url, wheel)
        except OSError as error:
            raise SourceFailed(url, f"cannot be read: {error.strerror}") from None
    tail = fetcher.get_range(url, None, TAIL)
    if tail is not None:
        with io.BufferedReader(_Ranges(fetcher, url, *tail), 8192) as stream:
            return _metadata(stream, redacted(url), wheel)
    with tempfile.TemporaryDirectory(prefix="neuron-pin-") as folder:
        whole = Path(folder) / "wheel"
        fetcher.download(url, whole, MAX_WHEEL)
        with whole.open("rb") as stream:
            return _metadata(stream, redacted(url), wheel)


class _Ranges(io.RawIOBase):
    """A remote file as a seekable one, read in ranges; its tail is there already."""

    def __init__(self, fetcher: Fetcher, url: str, tail: bytes, length: int) -> None:
        super().__init__()
        if len(tail) > length:
            raise SourceFailed(redacted(url), "states a length that is less than its end")
        self._fetcher, self._url, self._length = fetcher, url, length
        self._parts = [(length - len(tail), tail)]
        self._at = 0
        self._read = len(tail)

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
        data = self._bytes(self._at, size)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _bytes(self, start: int, size: int) -> bytes:
        for first, part in self._parts:
            if first <= start < first + len(part):
                return part[start - first : start - first + size]
        last = min(max(start + size, start + 16384), self._length) - 1
        self._read += last - start + 1
        if self._read > MAX_READ:
            raise SourceFailed(redacted(self._url), f"needs more than {MAX_READ} bytes read")
        answer = self._fetcher.get_range(self._url, start, last)
        if answer is None or answer[1] != self._length:
            raise SourceFailed(redacted(self._url), "changed while it was read")
        self._parts.append((start, answer[0]))
        return answer[0][:size]


def _metadata(stream: io.BufferedIOBase, url: str, wheel: WheelName) -> bytes:
    try:
        with zipfile.ZipFile(stream) as archive:
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
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, KeyError) as error:
        raise SourceFailed(url, f"is not a wheel: {error}") from None
    except Exception as error:  # zlib, lzma and bz2 each have errors of their own
        if isinstance(error, SourceFailed):
            raise
        raise SourceFailed(url, f"is a damaged wheel: {error}") from None
    if len(data) > MAX_METADATA:
        raise SourceFailed(url, f"has METADATA of more than {MAX_METADATA} bytes")
    return data
