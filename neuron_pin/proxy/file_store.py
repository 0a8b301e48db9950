"""The metadata and the bytes of files, read from where an index has them, each once.

Metadata is taken out of a wheel by range requests, byte for byte (PEP 658).  A file that is
passed through is held to the hash that its index states.  Where an index states none, what
came first is remembered, and another content of the same address is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.parser import BytesHeaderParser
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.client import Fetcher, NotFound
from neuron_pin.sources.http.record_cache import RecordCache
from neuron_pin.sources.http.urls import redact_url
from neuron_pin.sources.index.core_metadata import check_identity, read_identity
from neuron_pin.sources.index.project_page import ListedFile
from neuron_pin.sources.index.simple import parse_wheel_name
from neuron_pin.sources.index.wheel_metadata import (
    MAX_WHEEL,
    read_metadata_file,
    read_wheel_metadata,
)

from .project_detail import ServedFile
from .shared_reads import SharedReads

HELD_BACK = 64 * 1024
"""Bytes at the end of a file that nobody gets before its hash is known to be right."""

RECHECK = 24 * 3600.0
"""Seconds after which metadata of a file without a stated hash is read again."""

FAILED_FOR = 60.0
MAX_FAILED = 10_000
LITTER_AGE = 3600.0
"""Seconds after which an unfinished download belongs to nobody."""


class Metadata(NamedTuple):
    """A metadata file, and its SHA-256."""

    data: bytes
    sha256: str


class Download:
    """A file on its way, or there.  ``length`` is none where the server does not state it."""

    def __init__(self, path: str, length: int | None = None, *, is_done: bool = False) -> None:
        self.path = path
        self.length = length
        self.started = threading.Event()
        self.is_done = is_done
        self.error: Exception | None = None
        self._moving = threading.Lock()
        self._written = 0
        if is_done:
            self.started.set()

    @property
    def available(self) -> int:
        """How many bytes may be handed on by now."""
        return self._written if self.is_done else max(0, self._written - HELD_BACK)

    def wrote(self, count: int) -> None:
        """More bytes are in the file."""
        self._written += count

    def open(self) -> BinaryIO:
        """What is in the file by now, and what comes; raises `OSError`."""
        with self._moving:
            return open(self.path, "rb")

    def move(self, path: str) -> None:
        """Give the file another name; raises `OSError`."""
        with self._moving:
            os.replace(self.path, path)
            self.path = path


class FileStore:
    """Reads metadata and files; threads may share it, and processes its folder."""

    def __init__(self, fetcher: Fetcher, size: int) -> None:
        """``size`` is how many bytes of files are kept; the least recently used go first."""
        self._fetcher = fetcher
        self._size = size
        self._records = RecordCache(fetcher.folder, fetcher.queue)
        # What came first must not be forgotten with a process that is killed.
        self._seen = RecordCache(fetcher.folder)
        self._folder = os.path.join(fetcher.folder, "wheels")
        self._failed: OrderedDict[str, tuple[float, SourceFailed]] = OrderedDict()
        self._reads = SharedReads()
        self._running: dict[str, Download] = {}
        self._verified: set[str] = set()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="file")
        self._sweep()

    def close(self) -> None:
        """Take on nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    # Metadata --------------------------------------------------------------------------

    def has_failed(self, url: str) -> bool:
        """Whether a file's metadata could not be had a moment ago."""
        with self._lock:
            return self._failed.get(url, (0.0, None))[0] > self._fetcher.now

    def metadata(self, name: str, entry: ServedFile, *, is_ahead: bool = False) -> Metadata:
        """A file's metadata; who comes second waits for the first.  Raises `SourceFailed`.

        ``is_ahead`` says that nobody has asked for it yet: where such a guess fails, or is slow,
        whoever waited for it reads it anew.
        """
        file = entry.file
        known = self._recorded(file)
        if known is not None and known[1] > self._fetcher.now:
            return known[0]
        return self._reads.get_or_compute(
            file.url, lambda: self._read_unless_failed(name, entry, is_ahead), is_ahead=is_ahead
        )

    def _read_unless_failed(self, name: str, entry: ServedFile, is_ahead: bool) -> Metadata:
        url = entry.file.url
        with self._lock:
            until, error = self._failed.get(url, (0.0, None))
        if error is not None and until > self._fetcher.now:
            # Another one: who raises an error again and again makes its traceback grow.
            raise SourceFailed(error.url, error.problem)
        try:
            return self._read(name, entry)
        except SourceFailed as failed:
            if not is_ahead:
                self._note_failed(url, failed)
            raise

    def _read(self, name: str, entry: ServedFile) -> Metadata:
        file, source = entry.file, redact_url(entry.file.url)
        wheel = parse_wheel_name(file.filename)
        before = self._recorded(file)
        try:
            if file.metadata is not None:
                stated = dict(file.metadata).get("sha256", "")
                # It is kept as a record, like that of wheels whose index serves none.
                data = read_metadata_file(self._fetcher, file.url, stated, keep=False)
            elif wheel is not None:
                data = read_wheel_metadata(self._fetcher, file.url, wheel, _sha256(file), file.size)
            else:
                raise SourceFailed(source, "is no wheel, and has no metadata file")
        except NotFound:
            raise SourceFailed(source, "is listed by the index, but not there") from None
        identity = read_identity(BytesHeaderParser().parsebytes(data), source)
        check_identity(identity, name, entry.version, source)
        digest = hashlib.sha256(data).hexdigest()
        if before is not None and before[0].sha256 != digest:
            raise SourceFailed(source, "has other metadata than before under the same address")
        until = self._fetcher.now + (RECHECK if not _sha256(file) else RECHECK * 365)
        text = data.decode("utf-8", "surrogateescape")
        self._records.save("core-metadata", _key(file), [text, digest, until])
        return Metadata(data, digest)

    def _recorded(self, file: ListedFile) -> tuple[Metadata, float] | None:
        record = self._records.load("core-metadata", _key(file))
        if record is None or len(record) != 3:
            return None
        text, digest, until = record
        return Metadata(text.encode("utf-8", "surrogateescape"), digest), until

    def _note_failed(self, url: str, error: SourceFailed) -> None:
        with self._lock:
            self._failed[url] = (self._fetcher.now + FAILED_FOR, error)
            self._failed.move_to_end(url)
            while len(self._failed) > MAX_FAILED:
                self._failed.popitem(last=False)

    # Files -----------------------------------------------------------------------------

    def known_digest(self, file: ListedFile) -> str:
        """The SHA-256 of a file: stated, or of what came first; empty if neither."""
        stated = _sha256(file)
        if stated:
            return stated
        record = self._seen.load("seen", file.url)
        return str(record[0]) if record else ""

    def file(self, entry: ServedFile) -> Download:
        """A file, from the folder or on its way.  What goes wrong shows in its ``error``."""
        file = entry.file
        if file.url.startswith("file:"):
            return _present(unquote(urlsplit(file.url).path))
        digest = self.known_digest(file)
        path = self._path(digest)
        if digest and os.path.isfile(path) and self._is_whole(path, digest):
            with contextlib.suppress(OSError):
                os.utime(path)
            return _present(path)
        with self._lock:
            running = self._running.get(file.url)
            if running is not None:
                return running
            os.makedirs(self._folder, exist_ok=True)
            part = os.path.join(self._folder, f".{os.urandom(8).hex()}.part")
            download = self._running[file.url] = Download(part)
        self._pool.submit(self._fetch, file, download)
        return download

    def _fetch(self, file: ListedFile, download: Download) -> None:
        try:
            digest = self._written(file, download)
            path = self._path(digest)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            download.move(path)
            self._verified.add(path)
            download.is_done = True
            self._prune(keep=path)
        except Exception as error:  # noqa: BLE001 - whoever waits for the file is told
            download.error = error
            with contextlib.suppress(OSError):
                os.unlink(download.path)
        finally:
            with self._lock:
                self._running.pop(file.url, None)
            download.started.set()

    def _written(self, file: ListedFile, download: Download) -> str:
        source, wanted = redact_url(file.url), self.known_digest(file)
        digest = hashlib.sha256()
        try:
            with (
                # PEP 700: a file is as long as its index says.
                self._fetcher.stream(file.url, MAX_WHEEL if file.size is None else file.size) as (
                    length,
                    chunks,
                ),
                open(download.path, "wb") as stream,
            ):
                _check_size(length, file, source)
                download.length = length
                download.started.set()
                for chunk in chunks:
                    digest.update(chunk)
                    stream.write(chunk)
                    stream.flush()
                    download.wrote(len(chunk))
                _check_size(stream.tell(), file, source)
        except NotFound:
            raise SourceFailed(source, "is listed by the index, but not there") from None
        found = digest.hexdigest()
        if wanted and found != wanted:
            origin = "its index states" if _sha256(file) else "it had when it was first fetched"
            raise SourceFailed(source, f"does not have the hash that {origin}")
        if not wanted:
            self._seen.save("seen", file.url, [found])
        return found

    def _path(self, digest: str) -> str:
        return os.path.join(self._folder, digest[:2], digest)

    def _is_whole(self, path: str, digest: str) -> bool:
        """Whether a kept file is what it was, looked at once a run; a damaged one goes."""
        if path in self._verified:
            return True
        found = hashlib.sha256()
        with open(path, "rb") as stream:
            while chunk := stream.read(1 << 20):
                found.update(chunk)
        if found.hexdigest() != digest:
            with contextlib.suppress(OSError):
                os.unlink(path)
            return False
        self._verified.add(path)
        return True

    def _prune(self, keep: str) -> None:
        """Drop the files that were not used for longest, until the rest fits."""
        files = []
        for path in self._kept():
            with contextlib.suppress(OSError):
                found = os.stat(path)
                files.append((found.st_mtime, found.st_size, path))
        total = sum(size for _, size, _ in files)
        for _, size, path in sorted(files):
            if total <= self._size:
                break
            if path != keep:
                with contextlib.suppress(OSError):
                    os.unlink(path)
                    self._verified.discard(path)
                    total -= size

    def _kept(self) -> Iterator[str]:
        for parent, _, names in os.walk(self._folder):
            yield from (os.path.join(parent, name) for name in names if not name.startswith("."))

    def _sweep(self) -> None:
        """Remove what a process that was killed has left half-written."""
        with contextlib.suppress(OSError), os.scandir(self._folder) as found:
            for item in found:
                if item.name.endswith(".part"):
                    if time.time() - item.stat().st_mtime > LITTER_AGE:
                        os.unlink(item.path)


def _present(path: str) -> Download:
    try:
        length = os.stat(path).st_size
    except OSError as error:
        failed = Download(path, is_done=True)
        failed.error = SourceFailed(path, f"cannot be read: {error.strerror}")
        return failed
    found = Download(path, length, is_done=True)
    found.wrote(length)
    return found


def _check_size(length: int | None, file: ListedFile, source: str) -> None:
    """Raises `SourceFailed` for a file of another length than its index states, in bytes."""
    if length is not None and file.size is not None and length != file.size:
        raise SourceFailed(source, f"has {length} bytes, and its index says {file.size}")


def _sha256(file: ListedFile) -> str:
    return dict(file.hashes).get("sha256", "")


def _key(file: ListedFile) -> str:
    return f"{file.url}\n{_sha256(file)}"
