"""The sources of one run: which index is asked for which name, read once, several at once."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog, normalized
from neuron_pin.errors import SourceFailed, WrongUsage
from neuron_pin.settings import Settings, cache_folder
from neuron_pin.target import Target

from .http import CONNECTIONS, Fetcher, NotFound, keep, redacted, split_credentials
from .metadata import Dependency, Metadata, parse_metadata
from .project import Offer, Project, load_project, make_project, save_project, wheel_of
from .simple import ACCEPT, MAX_PAGE_BYTES, parse_page
from .wheel import MAX_METADATA, read_wheel_metadata

if TYPE_CHECKING:
    from neuron_pin.inputs.files import RequirementsFile

    from .apt import AptRepository, DebPackage

PYPI = "https://pypi.org/simple"
METADATA_FORMAT = 1


class Index(NamedTuple):
    """A simple index, its address without credentials; ``is_neuron`` says that it is the
    one for Neuron's names."""

    url: str
    is_neuron: bool


class Sources:
    """Reads indexes for one target, each page and each wheel's metadata once.

    Pages that are not in the cache are fetched several at once; `prefetch` starts that
    before they are needed.
    """

    def __init__(
        self,
        indexes: Sequence[Index],
        repositories: Sequence[AptRepository],
        fetcher: Fetcher,
        target: Target,
    ) -> None:
        self.indexes = tuple(indexes)
        self.repositories = tuple(repositories)
        self.target = target
        self._fetcher = fetcher
        facts = json.dumps([target.python, target.platforms])
        self._view = hashlib.sha256(facts.encode()).hexdigest()[:16]
        self._projects: dict[tuple[Index, str], Project | None] = {}
        self._metadata: dict[str, Metadata] = {}
        self._pending: dict[tuple[Index, str], Future[Project | None]] = {}
        self._pending_metadata: dict[str, Future[Metadata]] = {}
        self._pool: ThreadPoolExecutor | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Stop reading."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._fetcher.close()

    # Projects --------------------------------------------------------------------------

    def project(self, index: Index, name: str) -> Project | None:
        """What an index offers of a project, or none if it does not have it.

        Raises `SourceFailed`.  Reads the cache, or the network once.
        """
        key = (index, name)
        if key not in self._projects:
            pending = self._pending.pop(key, None)
            found = pending.result() if pending else self._cached(index, name)
            if found is None and pending is None:
                found = self._fetch(index, name)
            self._projects[key] = found
        return self._projects[key]

    def prefetch(self, wanted: Iterable[tuple[Index, str]]) -> None:
        """Start to read projects that will be asked for, where they are not at hand."""
        for index, name in wanted:
            key = (index, name)
            if key in self._projects or key in self._pending:
                continue
            cached = self._cached(index, name)
            if cached is not None:
                self._projects[key] = cached
            elif not self._fetcher.offline:
                self._pending[key] = self._threads().submit(self._fetch, index, name)

    def _record(self, index: Index, name: str) -> Path:
        digest = hashlib.sha256(f"{index.url}\n{name}\n{self._view}".encode()).hexdigest()
        return self._fetcher.folder / "projects-1" / digest[:2] / f"{digest[2:]}.json"

    def _cached(self, index: Index, name: str) -> Project | None:
        if self._fetcher.refresh or index.url.startswith("file:"):
            return None
        record = self._record(index, name)
        return load_project(record, self._fetcher.now, stale=self._fetcher.offline)

    def _fetch(self, index: Index, name: str) -> Project | None:
        address = f"{index.url.rstrip('/')}/{name}/"
        try:
            answer = self._fetcher.get(address, accept=ACCEPT, limit=MAX_PAGE_BYTES)
        except NotFound:
            return None
        files = parse_page(answer.data, answer.content_type, answer.url)
        if not answer.url.startswith("file:"):
            files = [file for file in files if file.url.startswith(("http://", "https://"))]
        project = make_project(files, name, self.target)
        if not answer.url.startswith("file:"):
            save_project(self._record(index, name), project, answer.fresh_until)
        return project

    # Metadata --------------------------------------------------------------------------

    def metadata(self, index: Index, name: str, offer: Offer) -> Metadata:
        """What an offer's wheel requires; raises `SourceFailed`.

        PEP 658's metadata file where one is served, else ranges of the wheel, else all of it.
        """
        if offer.url not in self._metadata:
            pending = self._pending_metadata.pop(offer.url, None)
            found = pending.result() if pending else self._read_metadata(index, name, offer)
            self._metadata[offer.url] = found
        return self._metadata[offer.url]

    def prefetch_metadata(self, index: Index, name: str, offer: Offer) -> None:
        """Start to read metadata that will be asked for."""
        if offer.url in self._metadata or offer.url in self._pending_metadata or not offer.url:
            return
        cached = self._kept_metadata(offer)
        if cached is not None:
            self._metadata[offer.url] = cached
        elif not self._fetcher.offline:
            task = self._threads().submit(self._read_metadata, index, name, offer)
            self._pending_metadata[offer.url] = task

    def _metadata_path(self, offer: Offer) -> Path:
        digest = hashlib.sha256(
            f"{offer.url}\n{offer.sha256}\n{offer.metadata_sha256}\n{self._view}".encode()
        ).hexdigest()
        return self._fetcher.folder / "metadata-1" / digest[:2] / f"{digest[2:]}.json"

    def _kept_metadata(self, offer: Offer) -> Metadata | None:
        # A file that an index gives no digest of may be another one tomorrow.
        if offer.url.startswith("file:") or not (offer.sha256 or offer.metadata_sha256):
            return None
        try:
            name, version, rows, repairs = json.loads(self._metadata_path(offer).read_bytes())
            rows = [Dependency(row[0], tuple(row[1]), row[2], row[3]) for row in rows]
        except (OSError, ValueError, TypeError, IndexError):
            return None
        return Metadata(name, version, tuple(rows), tuple(repairs))

    def _read_metadata(self, index: Index, name: str, offer: Offer) -> Metadata:
        kept = self._kept_metadata(offer)
        if kept is not None:
            return kept
        wheel = wheel_of(offer, index.url)
        data: bytes | None = None
        source = redacted(offer.url)
        if offer.metadata:
            try:
                answer = self._fetcher.get(f"{offer.url}.metadata", limit=MAX_METADATA)
                data = answer.data
            except NotFound:
                data = None
            if data is not None and offer.metadata_sha256:
                if hashlib.sha256(data).hexdigest() != offer.metadata_sha256.lower():
                    raise SourceFailed(f"{source}.metadata", "does not have the stated hash")
        if data is None:
            try:
                data = read_wheel_metadata(self._fetcher, offer.url, wheel)
            except NotFound:
                raise SourceFailed(source, "is listed by the index, but not there") from None
        metadata = parse_metadata(data, source, self.target)
        _check_identity(metadata, name, offer, source)
        if not offer.url.startswith("file:"):
            keep(self._metadata_path(offer), json.dumps(metadata).encode())
        return metadata

    # System packages -------------------------------------------------------------------

    def debs(self, names: frozenset[str]) -> list[tuple[str, DebPackage]]:
        """The wanted packages of every apt repository, each with the repository's address,
        newest first; raises `SourceFailed`."""
        from neuron_pin.policy.debversion import deb_key

        from .apt import read_packages

        found = [
            (repository.url, package)
            for repository in self.repositories
            for package in read_packages(self._fetcher, repository, names)
        ]
        found.sort(key=lambda pair: deb_key(pair[1].version), reverse=True)
        return found

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="fetch")
            return self._pool


def _check_identity(metadata: Metadata, name: str, offer: Offer, source: str) -> None:
    from packaging.version import InvalidVersion, Version

    if normalized(metadata.name) != name:
        raise SourceFailed(source, f"calls itself {metadata.name[:60]!r} in its METADATA")
    try:
        same = Version(metadata.version) == Version(offer.version)
    except InvalidVersion:
        same = False
    if not same:
        raise SourceFailed(
            source, f"calls itself version {metadata.version[:60]!r} in its METADATA"
        )


@contextmanager
def open_sources(
    settings: Settings,
    files: Sequence[RequirementsFile],
    catalog: Catalog,
    target: Target,
    environ: Mapping[str, str],
) -> Iterator[Sources]:
    """The indexes and repositories that the user named, in the order in which a name is
    looked up: extra indexes, then the main one (the first that has a name decides)."""
    main = settings.index_url
    extra = list(settings.extra_index_url)
    for file in files:
        main = main or file.index_url
        extra += file.extra_index_urls
    credentials: dict[str, tuple[str, str]] = {}
    neuron = settings.neuron_index_url or catalog.repositories.pip
    indexes = [Index(_index_url(neuron, credentials), True)]
    for url in [*extra, main or PYPI]:
        index = Index(_index_url(url, credentials), False)
        if all(index.url.rstrip("/") != known.url.rstrip("/") for known in indexes):
            indexes.append(index)
    repositories: list[AptRepository] = []
    if settings.apt_repo:
        from .apt import parse_repository

        repositories = [parse_repository(text) for text in settings.apt_repo]
    fetcher = Fetcher(
        Path(cache_folder(settings, environ)),
        offline=settings.offline,
        refresh=settings.refresh,
        cert=settings.cert,
        credentials=credentials,
    )
    sources = Sources(indexes, repositories, fetcher, target)
    try:
        yield sources
    finally:
        sources.close()


def _index_url(url: str, credentials: dict[str, tuple[str, str]]) -> str:
    """An index's address; a name and password in it go to ``credentials``."""
    if url.startswith(("http://", "https://", "file://")):
        bare, found = split_credentials(url)
        if found is not None:
            credentials[urlsplit(bare).netloc] = found
        return bare
    if "://" not in url and Path(url).is_dir():
        return Path(url).resolve().as_uri()
    raise WrongUsage(f"{redacted(url)!r} is no index address", hint="use https:// or file://")
