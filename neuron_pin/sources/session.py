"""The sources of one run: which index is asked for which name, records before pages."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from neuron_pin.catalog import Catalog, normalized
from neuron_pin.errors import WrongUsage
from neuron_pin.settings import Settings, cache_folder
from neuron_pin.target import Target

from .cache import RecordCache
from .candidate import File
from .metadata import Dependency, Metadata
from .project import Offer, Project

if TYPE_CHECKING:
    from concurrent.futures import Future

    from neuron_pin.inputs.files import RequirementsFile

    from .apt import AptRepository, DebPackage
    from .online import Reader

PYPI = "https://pypi.org/simple"


class Index(NamedTuple):
    """A simple index, its address without credentials; ``is_neuron`` says that it is the
    one for Neuron's names."""

    url: str
    is_neuron: bool


class Sources:
    """Reads indexes for one target, each page and each wheel's metadata once.

    What is not in the records is read from the network, several at once; `prefetch` starts
    that before it is needed.
    """

    def __init__(
        self,
        settings: Settings,
        indexes: Sequence[Index],
        repositories: Sequence[AptRepository],
        bindings: Mapping[str, Index],
        target: Target,
        cache: RecordCache,
        credentials: Mapping[str, tuple[str, str]],
    ) -> None:
        self.indexes = tuple(indexes)
        self.repositories = tuple(repositories)
        self.bindings = dict(bindings)
        self.target = target
        self._settings = settings
        self._credentials = credentials
        self._cache = cache
        self._now = time.time()
        self._view = json.dumps([target.python, target.platforms[0], len(target.platforms)])
        self._projects: dict[tuple[Index, str], Project | None] = {}
        self._metadata: dict[str, Metadata] = {}
        self._pending: dict[tuple[Index, str], Future[Project | None]] = {}
        self._pending_metadata: dict[str, Future[Metadata]] = {}
        self._reader: Reader | None = None

    def close(self) -> None:
        """Stop reading."""
        if self._reader is not None:
            self._reader.close()

    @property
    def _online(self) -> Reader:
        if self._reader is None:
            from .http import Fetcher
            from .online import Reader

            settings = self._settings
            fetcher = Fetcher(
                self._cache.folder,
                offline=settings.offline,
                refresh=settings.refresh,
                cert=settings.cert,
                credentials=self._credentials,
                now=self._now,
            )
            self._reader = Reader(fetcher, self.target)
        return self._reader

    # Projects --------------------------------------------------------------------------

    def project(self, index: Index, name: str) -> Project | None:
        """What an index offers of a project, or none if it does not have it.

        Raises `SourceFailed`.  Reads a record, or the network once.
        """
        key = (index, name)
        if key not in self._projects:
            pending = self._pending.pop(key, None)
            if pending is not None:
                self._projects[key] = pending.result()
            else:
                found = self._recorded(index, name)
                self._projects[key] = found if found is not None else self._read(index, name)
        return self._projects[key]

    def known_project(self, index: Index, name: str) -> Project | None:
        """A project that has been looked at in this run, or none; reads nothing."""
        return self._projects.get((index, name))

    def prefetch(self, wanted: Iterable[tuple[Index, str]]) -> None:
        """Start to read projects that will be asked for, where they are not at hand."""
        for index, name in wanted:
            key = (index, name)
            if key in self._projects or key in self._pending:
                continue
            found = self._recorded(index, name)
            if found is not None:
                self._projects[key] = found
            elif not self._settings.offline:
                self._pending[key] = self._online.submit(lambda i=index, n=name: self._read(i, n))  # type: ignore[misc]

    def _key(self, index: Index, name: str) -> str:
        return f"{index.url}\n{name}\n{self._view}"

    def _recorded(self, index: Index, name: str) -> Project | None:
        if self._settings.refresh or index.url.startswith("file:"):
            return None
        record = self._cache.load("projects", self._key(index, name))
        if record is None or len(record) != 5:
            return None
        until, rows, invalid, status, reason = record
        if until <= self._now and not self._settings.offline:
            return None
        return Project(rows, invalid, status, reason)

    def _read(self, index: Index, name: str) -> Project | None:
        found = self._online.project(index.url, name)
        if found is None:
            return None
        project, until = found
        if not index.url.startswith("file:"):
            values = [until, project.rows, project.invalid, project.status, project.reason]
            self._cache.save("projects", self._key(index, name), values)
        return project

    def files(self, index: Index, name: str, offer: Offer) -> tuple[File, ...]:
        """Every wheel of a version that fits the target, best first, with hashes.

        Raises `SourceFailed`.  Reads a record, or the project's page once more.
        """
        key = f"{offer.url}\n{offer.sha256}\n{self._view}"
        record = self._cache.load("files", key) if offer.sha256 else None
        if record is None:
            found = self._online.files(index.url, name, offer.version)
            record = [list(file) for file in found]
            if offer.sha256 and not index.url.startswith("file:"):
                self._cache.save("files", key, record)
        return tuple(
            File(row[0], row[1], tuple((h[0], h[1]) for h in row[2]), row[3], row[4])
            for row in record
        )

    # Metadata --------------------------------------------------------------------------

    def metadata(self, index: Index, name: str, offer: Offer) -> Metadata:
        """What an offer's wheel requires; raises `SourceFailed`."""
        if offer.url not in self._metadata:
            pending = self._pending_metadata.pop(offer.url, None)
            if pending is not None:
                self._metadata[offer.url] = pending.result()
            else:
                found = self._recorded_metadata(offer)
                self._metadata[offer.url] = found or self._read_metadata(index, name, offer)
        return self._metadata[offer.url]

    def prefetch_metadata(self, index: Index, name: str, offer: Offer) -> None:
        """Start to read metadata that will be asked for."""
        if offer.url in self._metadata or offer.url in self._pending_metadata or not offer.url:
            return
        found = self._recorded_metadata(offer)
        if found is not None:
            self._metadata[offer.url] = found
        elif not self._settings.offline:
            self._pending_metadata[offer.url] = self._online.submit(
                lambda: self._read_metadata(index, name, offer)
            )

    def _metadata_key(self, offer: Offer) -> str:
        return f"{offer.url}\n{offer.sha256}\n{offer.metadata_sha256}\n{self._view}"

    def _recorded_metadata(self, offer: Offer) -> Metadata | None:
        # A file that an index gives no digest of may be another one tomorrow.
        if offer.url.startswith("file:") or not (offer.sha256 or offer.metadata_sha256):
            return None
        record = self._cache.load("metadata", self._metadata_key(offer))
        if record is None or len(record) != 4:
            return None
        name, version, rows, repairs = record
        dependencies = tuple(Dependency(row[0], tuple(row[1]), row[2], row[3]) for row in rows)
        return Metadata(name, version, dependencies, tuple(repairs))

    def _read_metadata(self, index: Index, name: str, offer: Offer) -> Metadata:
        metadata = self._online.metadata(index.url, name, offer)
        if not offer.url.startswith("file:"):
            self._cache.save("metadata", self._metadata_key(offer), list(metadata))
        return metadata

    # System packages -------------------------------------------------------------------

    def debs(self, names: frozenset[str]) -> list[tuple[str, DebPackage]]:
        """The wanted packages of every apt repository, each with the repository's address,
        newest first; raises `SourceFailed`."""
        return self._online.debs(self.repositories, names)


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
    bindings: dict[str, Index] = {}
    for text in settings.index:
        name, equals, url = text.partition("=")
        if not equals or not name.strip():
            raise WrongUsage(f"--index: {text!r} is not NAME=URL")
        bindings[normalized(name.strip())] = Index(_index_url(url.strip(), credentials), False)
    repositories: list[AptRepository] = []
    if settings.apt_repo:
        from .apt import parse_repository

        repositories = [parse_repository(text) for text in settings.apt_repo]
    cache = RecordCache(cache_folder(settings, environ))
    sources = Sources(settings, indexes, repositories, bindings, target, cache, credentials)
    try:
        yield sources
    finally:
        sources.close()


def _index_url(url: str, credentials: dict[str, tuple[str, str]]) -> str:
    """An index's address; a name and password in it go to ``credentials``."""
    if url.startswith(("http://", "https://", "file://")):
        if "@" not in url:
            return url
        from urllib.parse import urlsplit

        from .http import split_credentials

        bare, found = split_credentials(url)
        if found is not None:
            credentials[urlsplit(bare).netloc] = found
        return bare
    if "://" not in url and os.path.isdir(url):
        from pathlib import Path

        return Path(url).resolve().as_uri()
    raise WrongUsage(
        f"{url.rpartition('@')[2]!r} is no index address", hint="use https:// or file://"
    )
