"""Reading an archive of a feed, a tar file packed with gzip, within bounds.

A member's name decides only which of our own places it goes to: nothing is written outside of
the folder, and no link, device or second file of a name is taken.
"""

from __future__ import annotations

import gzip
import os
import tarfile
from typing import IO

from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple

from .layout import MAX_FILES, MAX_KEPT, find_place, is_safe

MAX_MEMBERS = 50_000
"""Most members of an archive, whether they are kept or not."""


class Bounds(NamedTuple):
    """Most bytes of an archive, packed and unpacked."""

    packed: int
    unpacked: int


FETCHED = Bounds(32 * 1024 * 1024, 128 * 1024 * 1024)
LOCAL = Bounds(1024 * 1024 * 1024, 4 * 1024 * 1024 * 1024)
"""Bounds of archives that are fetched, which lie in memory, and of those on this machine, which may
be a whole repository's."""


class _TooMuch(Exception):
    """An archive unpacks to more than it may."""


class _Bounded:
    """A stream that ends with `_TooMuch` after so many bytes."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._stream, self._left = stream, limit

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise _TooMuch
        return data


def unpack_feed(archive: IO[bytes], url: str, folder: str, bounds: Bounds) -> None:
    """Write the files of an archive that are kept below ``facts`` and ``vendor`` in a folder.

    Raises `SourceFailed` for what is not an archive or ends too soon, holds more than the
    bounds allow, or has a name, a link or a second file that it must not have.
    """
    try:
        with gzip.GzipFile(fileobj=archive) as stream:
            bounded = _Bounded(stream, bounds.unpacked)  # type: ignore[arg-type]  # it reads
            with tarfile.open(fileobj=bounded, mode="r|") as members:  # type: ignore[call-overload]
                _unpack(members, url, folder)
            # Up to the end, so that gzip compares its checksum.
            while bounded.read(1024 * 1024):
                pass
    except SourceFailed:
        raise
    except _TooMuch:
        raise SourceFailed(url, f"unpacks to more than {bounds.unpacked} bytes") from None
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError) as error:
        problem = f"is not a whole archive (tar, gzip): {error or type(error).__name__}"
        raise SourceFailed(url, problem) from None


def _unpack(members: tarfile.TarFile, url: str, folder: str) -> None:
    count = kept = size = 0
    for member in members:
        count += 1
        if count > MAX_MEMBERS:
            raise SourceFailed(url, f"holds more than {MAX_MEMBERS} files")
        name = member.name.removeprefix("./")
        place = find_place(name)
        if place is None or member.isdir():
            continue
        shown = name[:100]
        if not is_safe(name):
            raise SourceFailed(url, f"holds {shown!r}, which leads out of its folder")
        if not member.isreg() or member.issparse():
            raise SourceFailed(url, f"holds {shown!r}, which is not a regular file")
        kept, size = kept + 1, size + member.size
        if kept > MAX_FILES or size > MAX_KEPT or member.size > place.limit:
            raise SourceFailed(url, f"holds {shown!r}, which exceeds the limits of a feed")
        stream = members.extractfile(member)
        assert stream is not None
        data = stream.read(place.limit + 1)
        if len(data) != member.size:
            raise EOFError(f"{shown!r} is cut off")
        target = os.path.join(folder, place.below, place.path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        try:
            with open(target, "xb") as output:
                output.write(data)
        except FileExistsError:
            raise SourceFailed(url, f"holds {place.path!r} twice") from None
