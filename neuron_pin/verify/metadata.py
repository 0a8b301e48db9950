"""METADATA: read out of a wheel, and what it says."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from email.parser import BytesHeaderParser
from typing import IO

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from neuron_pin.record import NamedTuple

MAX_METADATA = 16 * 1024 * 1024
MAX_ENTRIES = 500_000
MAX_REQUIREMENTS = 20_000
MAX_LINE = 8192
BLOCK = 1 << 16


class Unreadable(Exception):
    """A wheel or METADATA that cannot be read."""


class Needed(NamedTuple):
    """A line of Requires-Dist: ``name`` is normalized, empty where nothing could be told of it;
    ``requirement`` is none for what PEP 508 does not know, or what is not a version of an
    index."""

    name: str
    text: str
    requirement: Requirement | None


class Metadata(NamedTuple):
    """What METADATA says; ``extras`` are normalized."""

    name: str
    version: str
    extras: frozenset[str]
    needs: tuple[Needed, ...]


def parse_metadata(data: bytes, source: str) -> Metadata:
    """Read METADATA; raises `Unreadable`."""
    message = BytesHeaderParser().parsebytes(data)
    names, versions = message.get_all("Name", []), message.get_all("Version", [])
    if len(names) != 1 or len(versions) != 1:
        raise Unreadable(f"{source}: METADATA does not have one Name and one Version")
    lines = [" ".join(str(line).split()) for line in message.get_all("Requires-Dist", [])]
    if len(lines) > MAX_REQUIREMENTS:
        raise Unreadable(f"{source}: METADATA has more than {MAX_REQUIREMENTS} requirements")
    extras = message.get_all("Provides-Extra", [])
    return Metadata(
        str(names[0]).strip(),
        str(versions[0]).strip(),
        frozenset(canonicalize_name(str(extra)) for extra in extras),
        tuple(_needed(line) for line in lines),
    )


def _needed(line: str) -> Needed:
    name = re.match(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", line)
    normalized = canonicalize_name(name[0]) if name else ""
    if len(line) > MAX_LINE:
        return Needed(normalized, line[:200], None)
    try:
        found = Requirement(line)
    except (InvalidRequirement, ValueError, RecursionError):
        return Needed(normalized, line[:200], None)
    return Needed(normalized, line[:200], None if found.url else found)


def same_needs(one: Metadata, other: Metadata) -> bool:
    """Whether two METADATA require the same, as it is written: comparing the requirements
    themselves would read their versions."""

    def written(metadata: Metadata) -> list[tuple[str, str]]:
        return [(need.name, str(need.requirement or need.text)) for need in metadata.needs]

    return written(one) == written(other)


def metadata_of_wheel(stream: IO[bytes], filename: str) -> bytes:
    """METADATA of the wheel of that name; raises `Unreadable`.

    Reads the directory and that one entry.  Only what wheels are packed with is unpacked, and
    never more than `MAX_METADATA`.
    """
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise Unreadable(f"{filename}: has more than {MAX_ENTRIES} entries")
            entry = _entry(entries, filename)
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unreadable(f"{filename}: METADATA is packed as wheels are not")
            with archive.open(entry) as packed:
                data = packed.read(MAX_METADATA + 1)
    except (
        zipfile.BadZipFile, zlib.error, struct.error, OSError, ValueError, RuntimeError, EOFError,
        OverflowError,
    ) as error:  # fmt: skip
        raise Unreadable(f"{filename}: {str(error)[:200] or type(error).__name__}") from None
    if len(data) > MAX_METADATA:
        raise Unreadable(f"{filename}: METADATA is larger than {MAX_METADATA} bytes")
    return data


def _entry(entries: list[zipfile.ZipInfo], filename: str) -> zipfile.ZipInfo:
    wanted = _project(filename.removesuffix(".whl").split("-")[:2])
    found = []
    for entry in entries:
        match = re.fullmatch(r"([^/]+)\.dist-info/METADATA", entry.filename)
        if match and _project(match[1].split("-")) == wanted:
            found.append(entry)
    if len(found) != 1:
        raise Unreadable(f"{filename}: contains {len(found)} METADATA files of its own")
    return found[0]


def _project(parts: list[str]) -> tuple[str, str]:
    # Escaping of versions differs between builders; the digits are what counts.
    version = re.sub(r"[^a-z0-9]+", ".", "-".join(parts[1:]).lower())
    return canonicalize_name(parts[0]), version


class Remote(io.RawIOBase):
    """A file of which only what is read is fetched, by ``fetch(first, last)``, and at least
    `BLOCK` bytes at once.  ``tail`` are its last bytes."""

    def __init__(self, fetch: Callable[[int, int], bytes], length: int, tail: bytes) -> None:
        self._fetch, self.length, self._at = fetch, length, 0
        self._blocks = [(length - len(tail), tail)]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.length}[whence]
        self._at = max(0, start + offset)
        return self._at

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self.length if size is None or size < 0 else min(self.length, self._at + size)
        if end <= self._at:
            return b""
        if end - self._at > MAX_METADATA:
            raise OSError("its directory is too large")
        found = next((d[self._at - b : end - b] for b, d in self._blocks
                      if b <= self._at and end <= b + len(d)), None)  # fmt: skip
        if found is None:
            last = min(self.length, max(end, self._at + BLOCK)) - 1
            data = self._fetch(self._at, last)
            self._blocks.append((self._at, data))
            found = data[: end - self._at]
        self._at += len(found)
        return found
