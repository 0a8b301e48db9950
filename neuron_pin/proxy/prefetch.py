"""Reading ahead: what an installer that asked for a package of Neuron's will ask for next.

Installers ask step by step, each step one way to an index and back.  The pages and the metadata
that a package leads to are read while the installer is still at the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Lock

from packaging.version import Version

from neuron_pin.catalog import Catalog
from neuron_pin.errors import SourceFailed
from neuron_pin.inputs import admits
from neuron_pin.sources.index.core_metadata import parse_metadata
from neuron_pin.sources.index.dependencies import Dependency
from neuron_pin.sources.index.simple import parse_wheel_name

from .file_store import FileStore
from .files import Files
from .project_detail import ProjectDetail, ServedFile
from .view import View

MAX_DEPTH = 6
MAX_AT_ONCE = 300
"""Projects that are being followed, all clients together."""

Warmer = Callable[[str], None]
"""Makes a project's page, by its name, and keeps it warm."""


class Prefetcher:
    """Reads ahead; threads may share it."""

    def __init__(self, catalog: Catalog, files: Files, wheels: FileStore) -> None:
        self._catalog = catalog
        self._files = files
        self._wheels = wheels
        self._running: set[tuple[str, str, View]] = set()
        self._lock = Lock()
        self._pool = ThreadPoolExecutor(8, thread_name_prefix="ahead")

    def close(self) -> None:
        """Read nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def should_prefetch(self, name: str) -> bool:
        """Whether a name is worth it: one of Neuron's own."""
        package = self._catalog.packages.get(name)
        return package is not None and package.public_from != "0"

    def prefetch(self, name: str, view: View, today: date, warm: Warmer) -> None:
        """Start to read what a project leads to."""
        self._submit(name, "", view, today, warm, 0)

    def _submit(
        self, name: str, specifier: str, view: View, today: date, warm: Warmer, depth: int
    ) -> None:
        key = (name, specifier, view)
        with self._lock:
            if depth > MAX_DEPTH or key in self._running or len(self._running) >= MAX_AT_ONCE:
                return
            self._running.add(key)
        try:
            self._pool.submit(self._read, key, today, warm, depth)
        except RuntimeError:
            # Closed meanwhile.
            return

    def _read(self, key: tuple[str, str, View], today: date, warm: Warmer, depth: int) -> None:
        name, specifier, view = key
        try:
            listing = self._files.project(name, view, today).listing
            for entry in _probable(listing, specifier):
                for dependency in self._dependencies(name, entry, view, today):
                    warm(dependency.name)
                    self._submit(
                        dependency.name, dependency.specifier, view, today, warm, depth + 1
                    )
        except SourceFailed:
            # Whoever asks for it will be told.
            return
        finally:
            with self._lock:
                self._running.discard(key)

    def _dependencies(
        self, name: str, entry: ServedFile, view: View, today: date
    ) -> Iterator[Dependency]:
        metadata = self._wheels.metadata(name, entry)
        target = view.target(self._catalog, today)
        found = parse_metadata(metadata.data, entry.file.url, target)
        return (dependency for dependency in found.dependencies if not dependency.extra)


def _probable(listing: ProjectDetail, specifier: str) -> Iterator[ServedFile]:
    """A wheel of the newest version that an installer takes by itself."""
    best: tuple[Version, ServedFile] | None = None
    for entry in listing.entries:
        if not entry.version or entry.file.yanked is not None:
            continue
        version = Version(entry.version)
        if version.is_prerelease or parse_wheel_name(entry.file.filename) is None:
            continue
        if best is not None and version <= best[0]:
            continue
        if not specifier or admits(specifier, entry.version):
            best = (version, entry)
    if best is not None:
        yield best[1]
