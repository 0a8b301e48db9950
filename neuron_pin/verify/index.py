"""What indexes say: pages, metadata and files, from the network or from this machine."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from neuron_pin.record import NamedTuple

from .addresses import is_of_machine, without_credentials
from .metadata import BLOCK, Metadata, Remote, Unreadable, metadata_of_wheel, parse_metadata
from .pages import ACCEPT, MAX_PAGE, ListedFile, NotAPage, Page, parse_page
from .transport import (
    MAX_DOWNLOAD_SECONDS,
    Absent,
    Access,
    Transport,
    Unreachable,
    local_path,
    open_regular,
    read_local,
)

MAX_METADATA = 16 * 1024 * 1024
MAX_WHOLE = 64 * 1024 * 1024
"""Bytes of a wheel that is fetched whole because its host serves no ranges and its index no
metadata."""
MAX_FILE = 16 * 1024 * 1024 * 1024
MAX_LINKS = 4 * 1024 * 1024
"""Bytes of a page of links; the list of all projects of an index is larger, and is not one."""
MAX_RANGES = 64
MAX_LISTED = 100_000

LENGTHS = {
    "md5": 32,
    "sha1": 40,
    "sha224": 56,
    "sha256": 64,
    "sha384": 96,
    "sha512": 128,
    "sha3_256": 64,
    "sha3_384": 96,
    "sha3_512": 128,
    "blake2b": 128,
    "blake2s": 64,
}
"""Hexadecimal digits of the algorithms that indexes state (hashlib's guaranteed ones)."""


class Measured(NamedTuple):
    """A whole file: its size, its hashes, and its METADATA if it is a wheel that can be read;
    ``problem`` says why it cannot."""

    size: int
    hashes: dict[str, str]
    metadata: Metadata | None
    problem: str


class TooLarge(Exception):
    """A file larger than it is stated to be."""


class Indexes:
    """Reads indexes; threads may share it.  ``asked`` are those whose pages were read."""

    def __init__(self, access: Access) -> None:
        self._transport = Transport(access)
        self.asked: set[str] = set()

    def page(self, index: str, name: str) -> Page:
        """The page of a project; raises `Absent` or `Unreachable`.

        An index that has no such page may itself be a page of links, pip's ``--find-links``;
        then it has the project if it has a file of it.
        """
        self.asked.add(without_credentials(index))
        if is_of_machine(index):
            return _local_page(local_path(index), name)
        address = f"{index.rstrip('/')}/{name}/"
        try:
            return self._page(address)
        except Absent:
            try:
                found = self._page(index, MAX_LINKS)
            except (Absent, Unreachable):
                found = Page(())
            files = tuple(file for file in found.files if _may_be_of(file.filename, name))
            if not files:
                raise
            return Page(files)

    def _page(self, address: str, limit: int = MAX_PAGE) -> Page:
        with self._transport.open(address, {"Accept": ACCEPT}) as answer:
            data = answer.whole(limit)
        try:
            return parse_page(data, without_credentials(address))
        except NotAPage as error:
            raise Unreachable(str(error)) from None

    def metadata(self, file: ListedFile) -> Metadata:
        """What a listed wheel requires; raises `Unreadable`, `Absent` or `Unreachable`."""
        data = self._served_metadata(file) if file.metadata is not None else None
        if data is None and is_of_machine(file.url):
            data = _local_metadata(local_path(file.url), file.filename)
        if data is None:
            data = self._metadata_by_range(file)
        return parse_metadata(data, file.filename)

    def _served_metadata(self, file: ListedFile) -> bytes | None:
        """PEP 658; none where the index states it, and it is not there."""
        try:
            if is_of_machine(file.url):
                data = read_local(local_path(file.url) + ".metadata", MAX_METADATA)
            else:
                with self._transport.open(f"{file.url}.metadata") as answer:
                    data = answer.whole(MAX_METADATA)
        except Absent:
            return None
        for algorithm, stated in file.metadata or ():
            if algorithm in LENGTHS and hashlib.new(algorithm, data).hexdigest() != stated:
                raise Unreadable(f"{file.filename}: its served METADATA has another {algorithm}")
        return data

    def _metadata_by_range(self, file: ListedFile) -> bytes:
        asked = 0

        def fetch(first: int, last: int) -> bytes:
            nonlocal asked
            asked += 1
            if asked > MAX_RANGES:
                raise Unreadable(f"{file.filename}: needs more than {MAX_RANGES} ranges")
            headers = {"Range": f"bytes={first}-{last}"}
            with self._transport.open(file.url, headers) as answer:
                if answer.status != 206:
                    raise Unreachable(f"{file.url}: stopped serving ranges")
                return answer.whole(last - first + 1)

        # The end of a wheel has its directory, and nearly always its METADATA.
        with self._transport.open(file.url, {"Range": f"bytes=-{BLOCK}"}) as answer:
            stated = answer.headers.get("Content-Range", "")
            place = re.fullmatch(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", stated, re.ASCII)
            if answer.status != 206 or place is None:
                return metadata_of_wheel(io.BytesIO(answer.whole(MAX_WHOLE)), file.filename)
            tail = answer.whole(BLOCK)
        if int(place[1]) + len(tail) != int(place[3]):
            raise Unreachable(f"{file.url}: serves another range than was asked for")
        remote = Remote(fetch, int(place[3]), tail)
        return metadata_of_wheel(remote, file.filename)  # type: ignore[arg-type]

    def measure(
        self, url: str, path: str, filename: str, algorithms: Iterable[str], limit: int | None
    ) -> Measured:
        """Read a whole file, at an address or on this machine.

        Raises `TooLarge` for more than ``limit`` bytes, `Absent` or `Unreachable`.
        """
        bound = MAX_FILE if limit is None else min(MAX_FILE, limit)
        digests = {name: hashlib.new(name) for name in algorithms if name in LENGTHS}
        size = 0
        with tempfile.TemporaryFile(prefix="neuron-pin-") as copy:
            for data in self._chunks(url, path):
                size += len(data)
                if size > bound:
                    raise TooLarge
                copy.write(data)
                for digest in digests.values():
                    digest.update(data)
            metadata, problem = None, ""
            if filename.endswith(".whl"):
                copy.seek(0)
                try:
                    metadata = parse_metadata(metadata_of_wheel(copy, filename), filename)
                except Unreadable as error:
                    problem = str(error)
        hashes = {name: digest.hexdigest() for name, digest in digests.items()}
        return Measured(size, hashes, metadata, problem)

    def _chunks(self, url: str, path: str) -> Iterator[bytes]:
        local = path or (local_path(url) if is_of_machine(url) else "")
        if local:
            yield from _local_chunks(local)
            return
        with self._transport.open(url, seconds=MAX_DOWNLOAD_SECONDS) as answer:
            yield from answer.chunks()


def _may_be_of(filename: str, name: str) -> bool:
    written = re.sub(r"[-_.]+", "-", filename).lower()
    return written.startswith(f"{name}-")


def _local_page(folder: str, name: str) -> Page:
    """A folder with a page for each project, or with files (pip's ``--find-links``)."""
    project = os.path.join(folder, name)
    for place in (os.path.join(project, "index.html"), os.path.join(project, "index.json")):
        if os.path.isfile(place):
            data = read_local(place, MAX_PAGE)
            try:
                return parse_page(data, _address(project) + "/")
            except NotAPage as error:
                raise Unreachable(str(error)) from None
    place = project if os.path.isdir(project) else folder
    try:
        names = sorted(os.listdir(place))
    except FileNotFoundError:
        raise Absent(place) from None
    except OSError as error:
        raise Unreachable(f"{place}: {error.strerror}") from None
    if len(names) > MAX_LISTED:
        raise Unreachable(f"{place}: has more than {MAX_LISTED} entries")
    files = tuple(
        ListedFile(found, _address(os.path.join(place, found)), (), None, "", None, None)
        for found in names
        if _may_be_of(found, name)
    )
    if not files:
        raise Absent(f"{place}: {name}")
    return Page(files)


def _address(path: str) -> str:
    return Path(os.path.abspath(path)).as_uri()


def _local_metadata(path: str, filename: str) -> bytes:
    with open_regular(path) as stream:
        return metadata_of_wheel(stream, filename)


def _local_chunks(path: str) -> Iterator[bytes]:
    with open_regular(path) as stream:
        while data := stream.read(1 << 20):
            yield data
