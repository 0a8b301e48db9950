"""Reading indexes and repositories for real: pages, metadata, Packages files.

Everything heavy of this room is imported from here, so that a run which the records
answer never loads it.
"""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import SourceFailed
from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.sources.http.client import DEFAULT_FRESH, Fetcher, NotFound
from neuron_pin.sources.http.urls import redact_url
from neuron_pin.sources.index.core_metadata import check_identity, parse_metadata
from neuron_pin.sources.index.dependencies import Metadata
from neuron_pin.sources.index.evaluator import find_other_wheel, fitting_files, make_project
from neuron_pin.sources.index.project_page import MAX_PAGE_BYTES, ListedFile, ProjectPage
from neuron_pin.sources.index.project_record import IndexVersion, ProjectRecord
from neuron_pin.sources.index.sdist_metadata import read_sdist_metadata
from neuron_pin.sources.index.simple import ACCEPT, parse_page, parse_wheel_name
from neuron_pin.sources.index.wheel_metadata import (
    MAX_WHEEL,
    read_metadata_file,
    read_wheel_metadata,
)
from neuron_pin.target import Target

from .candidate import File
from .once import OnceMap
from .system_package import parse_sha256

Result = TypeVar("Result")

READERS = 32
"""Pages and wheels that are read at once."""

_ALGORITHMS = ("md5", "sha1", "sha224", "sha384", "sha512", "blake2b")
"""Those besides SHA-256 that an index may state (PEP 503, 691)."""


class Reader:
    """Reads for one target, several at once."""

    def __init__(self, fetcher: Fetcher, target: Target) -> None:
        self.fetcher = fetcher
        self._target = target
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()
        self._once = OnceMap(keeps=True)
        self._closed = False

    def close(self) -> None:
        """Stop reading, and drop the connections."""
        with self._lock:
            self._closed = True
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self.fetcher.close()

    def submit(self, function: Callable[[], None]) -> None:
        """Start to read ahead, unless this reader has been closed meanwhile."""
        with self._lock:
            if self._closed:
                return
            if self._pool is None:
                self._pool = ThreadPoolExecutor(READERS, thread_name_prefix="fetch")
            self._pool.submit(function)

    def once(self, key: tuple[str, ...], make: Callable[[], Result]) -> Result:
        """What ``make`` gives, made once for a key; who comes second waits for the first."""
        return self._once.get_or_compute(key, make)

    def project(self, address: str, name: str) -> tuple[ProjectRecord | None, float]:
        """A project's page as a record, none if there is none, and until when that is fresh.
        Raises `SourceFailed`."""
        found = self._page(address)
        if found is None:
            return None, self.fetcher.now + DEFAULT_FRESH
        page, fresh_until = found
        return make_project(page, name, self._target), fresh_until

    def _page(self, address: str) -> tuple[ProjectPage, float] | None:
        """A page, parsed before anything of it is kept."""
        pages: list[ProjectPage] = []
        try:
            answer = self.fetcher.get(
                address,
                accept=ACCEPT,
                limit=MAX_PAGE_BYTES,
                check=lambda answer: pages.append(
                    parse_page(answer.data, answer.content_type, answer.url)
                ),
            )
        except NotFound:
            return None
        return pages[0], answer.fresh_until

    def files(self, address: str, name: str, version: str) -> list[File]:
        """Every wheel of a version that fits the target, best first, each with its SHA-256;
        its source distributions where no wheel does.

        Reads the project's page again (from the cache, as a rule).  A file whose digest
        the index does not state is fetched whole.  Raises `SourceFailed`.
        """
        read = self._page(address)
        if read is None:
            return []
        found = []
        for file in fitting_files(read[0], name, version, self._target):
            digest = dict(file.hashes).get("sha256") or self._digest(file)
            hashes = (("sha256", parse_sha256(digest, redact_url(file.url))),)
            found.append(File(file.filename, file.url, hashes, file.size, file.uploaded))
        return found

    def _digest(self, file: ListedFile) -> str:
        """The SHA-256 of a file that has what other hashes the index states."""
        url = file.url
        digests = {name: hashlib.new(name) for name, _ in file.hashes if name in _ALGORITHMS}
        digests["sha256"] = hashlib.sha256()
        with scratch_folder() as folder:
            whole = Path(folder) / "wheel"
            if url.startswith("file:"):
                whole = Path(unquote(urlsplit(url).path))
            else:
                self.fetcher.download(url, whole, MAX_WHEEL)
            with whole.open("rb") as stream:
                while chunk := stream.read(1 << 20):
                    for digest in digests.values():
                        digest.update(chunk)
        for name, stated in file.hashes:
            if name in digests and digests[name].hexdigest() != stated.lower():
                raise SourceFailed(
                    redact_url(url), f"does not have the {name} that the index states"
                )
        return digests["sha256"].hexdigest()

    def metadata(
        self, name: str, offer: IndexVersion, address: str, build_index: str = ""
    ) -> Metadata:
        """What an offer's file requires; raises `SourceFailed`.

        PEP 658's metadata file where one is served, else ranges of the wheel, else all of it.
        Of a source distribution what it states of itself; else, if ``build_index`` names the index
        that its build may take its requirements from, what a wheel of that version for another
        target requires, which the project's page at ``address`` lists, else what that build
        tells; else raises `NotStatic`.
        """
        source = redact_url(offer.url)
        if offer.sha256:
            parse_sha256(offer.sha256, source)
        data, note = self._metadata_file(offer) if offer.metadata else None, ""
        try:
            if offer.is_sdist:
                data, note = read_sdist_metadata(
                    self.fetcher,
                    offer.url,
                    offer.filename,
                    offer.sha256,
                    data,
                    build_index,
                    lambda: self._other_metadata(address, name, offer.version),
                )
            elif data is None:
                data = self._wheel_metadata(offer.filename, offer.url, offer.sha256, offer.size)
        except NotFound:
            raise SourceFailed(source, "is listed by the index, but not there") from None
        return self._parse(data, name, offer, note)

    def _parse(self, data: bytes, name: str, offer: IndexVersion, note: str = "") -> Metadata:
        source = redact_url(offer.url)
        metadata = parse_metadata(data, source, self._target)
        if note:
            metadata = metadata._replace(repairs=(*metadata.repairs, note))
        check_identity((metadata.name, metadata.version), name, offer.version, source)
        return metadata

    def metadata_without_build(
        self, name: str, offer: IndexVersion, address: str, stated: str
    ) -> tuple[Metadata, bool] | None:
        """What a source distribution requires that leaves this to a build, as far as it is known
        without one, and whether it is certain: what a wheel of that version for another target
        requires is what `metadata` takes instead of a build, ``stated`` what the archive itself
        says.  None where neither tells; raises `SourceFailed`."""
        found = None
        with contextlib.suppress(NotFound):
            found = self._other_metadata(address, name, offer.version) if offer.has_wheel else None
        if found is not None:
            return self._parse(found[0], name, offer, found[1]), True
        # Nobody takes it for more than a hint.
        with contextlib.suppress(SourceFailed):
            return self._parse(stated.encode(), name, offer), False
        return None

    def _other_metadata(self, address: str, name: str, version: str) -> tuple[bytes, str] | None:
        """What a wheel of a version for another target requires, with a note; none without one."""
        read = self._page(address)
        if read is None:
            return None
        file = find_other_wheel(read[0], name, version, self._target.machine)
        if file is None:
            return None
        digest = dict(file.hashes).get("sha256", "")
        data = None
        if file.metadata is not None:
            with contextlib.suppress(NotFound):
                stated = dict(file.metadata).get("sha256", "")
                data = read_metadata_file(self.fetcher, file.url, stated)
        if data is None:
            data = self._wheel_metadata(file.filename, file.url, digest, file.size)
        note = f"what it requires was read from its wheel {file.filename}, for another target"
        return data, f"{note}; it is to be built where it is installed"

    def _wheel_metadata(self, filename: str, url: str, sha256: str, size: int | None) -> bytes:
        wheel = parse_wheel_name(filename)
        if wheel is None:
            raise SourceFailed(redact_url(url), "is no wheel")
        return read_wheel_metadata(self.fetcher, url, wheel, sha256, size)

    def _metadata_file(self, offer: IndexVersion) -> bytes | None:
        try:
            return read_metadata_file(self.fetcher, offer.url, offer.metadata_sha256)
        except NotFound:
            return None
