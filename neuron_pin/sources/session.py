"""The sources of one run: which index is asked for which name, records before pages."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from neuron_pin.catalog import Catalog, canonicalize_name
from neuron_pin.errors import SourceFailed
from neuron_pin.inputs import admits, admits_python
from neuron_pin.policy import Ecosystem
from neuron_pin.reporter import SILENT, Reporter
from neuron_pin.sources.http.record_cache import RecordCache, is_fresh
from neuron_pin.sources.index.dependencies import Dependency, Metadata
from neuron_pin.sources.index.locations import PYPI, Index, Indexes, read_indexes
from neuron_pin.sources.index.project_record import IndexVersion, ProjectRecord
from neuron_pin.target import Target
from neuron_pin.target.tags import find_architecture

from .candidate import File, NotStatic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .options import Network, SourceLocations
    from .reader import Reader
    from .system_package import SystemPackage, SystemRepository


_Recorded = tuple[ProjectRecord | None]
"""What a record says of a project: none if the index does not have it."""


class Sources:
    """Reads indexes for one target, each page and each wheel's metadata once.

    What is not in the records is read from the network, several at once; `expect` starts
    that before it is needed.
    """

    def __init__(
        self,
        options: SourceLocations,
        network: Network,
        indexes: Indexes,
        target: Target,
        cache: RecordCache,
        reporter: Reporter = SILENT,
    ) -> None:
        self.indexes = indexes
        self.repositories = options.repositories
        self.target = target
        self._build = options.build
        self._network = network
        self._reporter = reporter
        self._cache = cache
        self._now = time.time()
        self._view = json.dumps([target.python_full, target.platforms[0], len(target.platforms)])
        self._projects: dict[tuple[Index, str], ProjectRecord | None] = {}
        self._metadata: dict[str, Metadata] = {}
        self._ahead: set[str] = set()
        self._expected: dict[tuple[Index, str], list[tuple[str, tuple[str, ...]]]] = {}
        self._until: dict[tuple[Index, str], float] = {}
        self._reader: Reader | None = None
        self._packages: dict[
            tuple[Ecosystem, frozenset[str]], list[tuple[SystemRepository, SystemPackage]]
        ] = {}

    def close(self) -> None:
        """Stop reading."""
        if self._reader is not None:
            self._reader.close()
        self._cache.close()

    @property
    def _online(self) -> Reader:
        if self._reader is None:
            from neuron_pin.sources.http.client import Fetcher
            from neuron_pin.sources.http.transport import PATIENCE, Access, Limits

            from .reader import Reader

            network = self._network
            fetcher = Fetcher(
                self._cache.folder,
                offline=network.offline,
                refresh=network.refresh,
                access=Access(
                    network.cert, network.client_cert, network.proxy, self.indexes.credentials
                ),
                limits=Limits(patience=network.patience or PATIENCE),
                now=self._now,
                reporter=self._reporter,
            )
            self._reader = Reader(fetcher, self.target)
        return self._reader

    @property
    def reads_ahead(self) -> bool:
        """Whether `expect` does anything."""
        return not self._network.offline

    # Projects --------------------------------------------------------------------------

    def project(self, index: Index, name: str) -> ProjectRecord | None:
        """What an index offers of a project, or none if it does not have it.

        Raises `SourceFailed`.  Reads a record, or the network once.
        """
        key = (index, name)
        if key not in self._projects:
            # With a reader somebody may be reading it just now, or have read it.
            recorded = self._recorded(index, name) if self._reader is None else None
            self._projects[key] = (
                recorded[0] if recorded is not None else self._read_once(index, name)
            )
        return self._projects[key]

    def known_project(self, index: Index, name: str) -> ProjectRecord | None:
        """A project that has been looked at in this run, or none; reads nothing."""
        return self._projects.get((index, name))

    def evidence(self) -> tuple[list[tuple[int, int]], float] | None:
        """Marks of the records that this run's answers were made of, and when the first of them is
        stale; none if some of it is not on record, or may change without notice."""
        if self.repositories or any(index.url.startswith("file:") for index in self.indexes.all):
            return None
        marks, until = [], 0.0
        for index, name in self._projects:
            known = self._until.get((index, name))
            mark = self._cache.mark("projects", self._key(index, name))
            if known is None or mark is None:
                return None
            marks.append(mark)
            until = min(until, known) if until else known
        return marks, until

    def expect(self, index: Index, name: str, specifier: str, extras: Iterable[str]) -> None:
        """Read ahead: a project that will be asked for, the metadata of the version that
        will probably be taken, and what that one requires in turn.

        Nothing is read ahead that the records have; an error shows when the thing itself is
        asked for.
        """
        if not self.reads_ahead:
            return
        key, wanted = (index, name), tuple(extras)
        ranges = self._expected.setdefault(key, [])
        if (specifier, wanted) in ranges:
            return
        ranges.append((specifier, wanted))
        recorded = self._recorded(index, name) if key not in self._projects else None
        if recorded is not None:
            self._projects[key] = recorded[0]
        if key in self._projects:
            known = self._projects[key]
            if known is None:
                return
            offer = self._probable(index, name, known)
            if offer is None or offer.url in self._metadata:
                return
            if self._recorded_metadata(offer) is not None:
                return
        self._online.submit(lambda: self._read_ahead(index, name, wanted))

    def expect_pages(self, names: Iterable[str]) -> None:
        """Read ahead the pages that Neuron's index has of projects, and no metadata."""
        wanted = [] if self._network.offline else list(names)
        for index in self.indexes.all:
            for name in wanted if index.is_neuron else ():
                if (index, name) not in self._projects and self._recorded(index, name) is None:
                    self._online.submit(partial(self._read_page, index, name))

    def _read_page(self, index: Index, name: str) -> None:
        try:
            self._read_once(index, name)
        except SourceFailed:
            return

    def _read_ahead(self, index: Index, name: str, extras: tuple[str, ...]) -> None:
        try:
            project = self._read_once(index, name)
            offer = self._probable(index, name, project) if project is not None else None
            if offer is None:
                return
            metadata = self._metadata_once(index, name, offer)
        except (SourceFailed, NotStatic):
            return
        current = self._probable(index, name, project) if project is not None else None
        if current is None or current.url != offer.url:
            # A range that came meanwhile leaves it out, and what it requires is not needed; another
            # version is read for that range.
            return
        for dependency in metadata.dependencies:
            if not dependency.extra or dependency.extra in extras:
                for following in self.indexes.likely(dependency.name):
                    self.expect(following, dependency.name, dependency.specifier, dependency.extras)

    @property
    def is_reading(self) -> bool:
        """Whether something was not in the records, and `expect_metadata` does anything."""
        return self._reader is not None and self.reads_ahead

    def expect_metadata(self, index: Index, name: str, offer: IndexVersion) -> None:
        """Read ahead what a version requires, which will probably be asked for."""
        if self._reader is None or offer.url in self._metadata or offer.url in self._ahead:
            return
        self._ahead.add(offer.url)
        self._reader.submit(partial(self._read_metadata_ahead, index, name, offer))

    def _read_metadata_ahead(self, index: Index, name: str, offer: IndexVersion) -> None:
        try:
            self._metadata_once(index, name, offer)
        except (SourceFailed, NotStatic):
            return

    def _probable(self, index: Index, name: str, project: ProjectRecord) -> IndexVersion | None:
        """The version that will probably be taken: the newest that every range admits of
        which is known by now."""
        ranges = {specifier for specifier, _ in self._expected.get((index, name), ()) if specifier}
        python = self.target.python_full
        for offer in project.offers():
            if offer.fits and offer.yanked is None and not offer.prerelease:
                if all(admits(specifier, offer.version) for specifier in ranges):
                    if not offer.requires_python or admits_python(offer.requires_python, python):
                        return offer
        return None

    def _key(self, index: Index, name: str) -> str:
        return f"{index.url}\n{name}\n{self._view}"

    def _recorded(self, index: Index, name: str) -> _Recorded | None:
        if self._network.refresh or index.url.startswith("file:"):
            return None
        record = self._cache.load_table("projects", self._key(index, name))
        if record is None or len(record[0]) not in (1, 5):
            return None
        (until, *values), rows = record
        if not self._network.offline and not is_fresh(until, self._now):
            return None
        self._until[index, name] = until
        return (ProjectRecord(rows, *values) if values else None,)

    def _read_once(self, index: Index, name: str) -> ProjectRecord | None:
        key = ("project", index.url, name)
        return self._online.once(key, lambda: self._record_or_read(index, name))

    def _record_or_read(self, index: Index, name: str) -> ProjectRecord | None:
        recorded = self._recorded(index, name)
        return recorded[0] if recorded is not None else self._read(index, name)

    def _read(self, index: Index, name: str) -> ProjectRecord | None:
        project, until = self._online.project(index.page(name), name)
        if not index.url.startswith("file:"):
            # That an index does not have a name is an answer like any other.
            values = project.record() if project is not None else []
            rows = project.rows if project is not None else ()
            self._cache.save_table("projects", self._key(index, name), [until, *values], rows)
            self._until[index, name] = until
        return project

    def files(self, index: Index, name: str, offer: IndexVersion) -> tuple[File, ...]:
        """Every wheel of a version that fits the target, best first, with hashes.

        Raises `SourceFailed`.  Reads a record, or the project's page once more.
        """
        key = f"{offer.url}\n{offer.sha256}\n{self._view}"
        record = self._cache.load("files", key) if offer.sha256 else None
        if record is None:
            found = self._online.files(index.page(name), name, offer.version)
            record = [list(file) for file in found]
            if offer.sha256 and not index.url.startswith("file:"):
                self._cache.save("files", key, record)
        return tuple(
            File(row[0], row[1], tuple((h[0], h[1]) for h in row[2]), row[3], row[4])
            for row in record
        )

    # Metadata --------------------------------------------------------------------------

    def metadata(self, index: Index, name: str, offer: IndexVersion) -> Metadata:
        """What an offer's file requires; raises `SourceFailed`, or `NotStatic` for a source
        distribution that leaves it to a build which was not allowed."""
        if offer.url not in self._metadata:
            found = self._recorded_metadata(offer) if self._reader is None else None
            self._metadata[offer.url] = found or self._metadata_once(index, name, offer)
        return self._metadata[offer.url]

    def _metadata_key(self, offer: IndexVersion) -> str:
        key = f"{offer.url}\n{offer.sha256}\n{offer.metadata_sha256}\n{self._view}"
        return f"{key}\nbuilt" if offer.is_sdist and self._may_build(offer) else key

    def _left_open_key(self, offer: IndexVersion) -> str:
        """What a file leaves open it leaves open for every target."""
        return f"{offer.url}\n{offer.sha256}\nleft to a build, and what it states"

    def _may_build(self, offer: IndexVersion) -> bool:
        name = canonicalize_name(offer.filename.rpartition("-")[0])
        return name in self._build

    def _recorded_metadata(self, offer: IndexVersion) -> Metadata | None:
        if offer.url.startswith("file:"):
            return None
        # A file that an index gives no digest of may be another one tomorrow.
        if not (offer.sha256 or offer.metadata_sha256 or self._network.offline):
            return None
        if offer.is_sdist and not self._may_build(offer):
            left_open = self._cache.load("metadata", self._left_open_key(offer))
            if left_open:
                raise NotStatic(*left_open[:2])
        record = self._cache.load("metadata", self._metadata_key(offer))
        if record is None or len(record) != 4:
            return None
        name, version, rows, repairs = record
        dependencies = tuple(Dependency(row[0], tuple(row[1]), row[2], row[3]) for row in rows)
        return Metadata(name, version, dependencies, tuple(repairs))

    def _metadata_once(self, index: Index, name: str, offer: IndexVersion) -> Metadata:
        key = ("metadata", offer.url)
        return self._online.once(
            key,
            lambda: self._recorded_metadata(offer) or self._read_metadata(index, name, offer),
        )

    def _read_metadata(self, index: Index, name: str, offer: IndexVersion) -> Metadata:
        build_index = ""
        if offer.is_sdist and self._may_build(offer):
            build_index = next((i.url for i in reversed(self.indexes.all) if not i.is_neuron), PYPI)
        try:
            metadata = self._online.metadata(name, offer, index.page(name), build_index)
        except NotStatic as error:
            if not offer.url.startswith("file:"):
                record = [str(error), error.stated]
                self._cache.save("metadata", self._left_open_key(offer), record)
            raise
        if not offer.url.startswith("file:"):
            self._cache.save("metadata", self._metadata_key(offer), list(metadata))
        return metadata

    def metadata_without_build(
        self, index: Index, name: str, offer: IndexVersion, stated: str
    ) -> tuple[Metadata, bool] | None:
        """What a source distribution requires of which `metadata` raised `NotStatic` with what is
        ``stated``, as far as that is known without a build, and whether it is certain; else none.

        Raises `SourceFailed`.  Reads the project's page once more, and a wheel's metadata."""
        return self._online.metadata_without_build(name, offer, index.page(name), stated)

    # System packages -------------------------------------------------------------------

    @property
    def unread(self) -> frozenset[Ecosystem]:
        """The ecosystems whose packages no source is named for."""
        read = {repository.ecosystem for repository in self.repositories}
        return frozenset(Ecosystem) - read - {Ecosystem.PIP}

    def repositories_of(self, ecosystem: Ecosystem) -> list[SystemRepository]:
        """The repositories of one ecosystem, in their order."""
        return [r for r in self.repositories if r.ecosystem is ecosystem]

    def system_packages(
        self, ecosystem: Ecosystem, names: frozenset[str]
    ) -> list[tuple[SystemRepository, SystemPackage]]:
        """The wanted packages of every repository of an ecosystem, each with its repository,
        in the order of the repositories and their indexes; raises `SourceFailed`."""
        known = self._packages.get((ecosystem, names))
        if known is not None:
            return known
        # Imported here: most runs name no repository.
        from .repositories import read_packages

        found: list[tuple[SystemRepository, SystemPackage]] = []
        architecture = find_architecture(self.target.platforms)
        for repository in self.repositories_of(ecosystem):
            packages = read_packages(repository, names, architecture, lambda: self._online.fetcher)
            found += [(repository, package) for package in packages]
        self._packages[ecosystem, names] = found
        return found


@contextmanager
def open_sources(
    options: SourceLocations,
    network: Network,
    catalog: Catalog,
    target: Target,
    cache: RecordCache,
    reporter: Reporter = SILENT,
) -> Iterator[Sources]:
    """The indexes and repositories that the user named; raises `WrongUsage`."""
    indexes = read_indexes(options.indexes, catalog)
    sources = Sources(options, network, indexes, target, cache, reporter)
    try:
        yield sources
    finally:
        sources.close()
