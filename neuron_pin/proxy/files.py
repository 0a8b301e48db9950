"""What is served of a project: judged, and with the way that each of its files takes.

Wheels are asked of us, who have their metadata at hand, made from the wheel where its index
serves none; their bytes are where their index has them, unless they are passed through.  What
lies on hosts of which we were not told is linked to there.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.errors import SourceFailed
from neuron_pin.policy import Rule
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.sources.http.record_cache import is_fresh
from neuron_pin.sources.index.simple import parse_wheel_name

from .file_store import FileStore
from .project_detail import ProjectDetail, ServedFile, Withheld, evaluate_project
from .shared_reads import SharedReads
from .upstream import Upstream
from .view import View

MAX_FILES = 100_000
"""Files of projects that are kept as they were judged."""


class FileDelivery(Enum):
    """How installers get files."""

    REDIRECT = "redirect"
    """From their index, where a redirect sends them."""
    CACHE = "cache"
    """From us, who keep them."""


class ProjectFiles(NamedTuple):
    """A project in a view.

    ``passes`` are the names of files that are asked of us, ``has_metadata`` of those whose
    metadata we make.  ``until`` is when it has to be read again, ``problems`` why some of it is
    old, and ``is_known`` whether any index has it.
    """

    listing: ProjectDetail
    passes: frozenset[str]
    has_metadata: frozenset[str]
    until: float
    problems: tuple[str, ...]
    is_known: bool


class AskedFile(NamedTuple):
    """A file that is asked of us; ``until`` is when its project has to be read again."""

    entry: ServedFile
    until: float


class _Kept(NamedTuple):
    project: ProjectFiles
    by_name: dict[str, ServedFile]


class Files:
    """Projects and their files; threads may share it."""

    def __init__(
        self, catalog: Catalog, upstream: Upstream, wheels: FileStore, passing: FileDelivery
    ) -> None:
        self._catalog = catalog
        self._upstream = upstream
        self._wheels = wheels
        self._passing = passing
        self._kept: OrderedDict[tuple[str, View, date], _Kept] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()
        self._reads = SharedReads()

    def project(
        self, name: str, view: View, today: date, *, is_ahead: bool = False
    ) -> ProjectFiles:
        """A project as a view has it; raises `SourceFailed`.

        Who comes second waits for the first.  ``is_ahead`` says that nobody has asked for it
        yet: where such a guess fails, or is slow, whoever waited for it reads it anew.
        """
        return self._found(name, view, today, is_ahead).project

    def entry(self, name: str, filename: str, today: date) -> AskedFile | None:
        """A file that is asked of us, of any view: none if there is no such.

        Only what a project's own pages list is ever fetched.  Raises `SourceFailed`.
        """
        return _find_asked(self._found(name, View(), today), filename)

    def entry_at_hand(self, name: str, filename: str, today: date) -> AskedFile | None:
        """The same, as far as it is known without asking an index."""
        kept = self._get_fresh((name, View(), today))
        return _find_asked(kept, filename) if kept is not None else None

    def _found(self, name: str, view: View, today: date, is_ahead: bool = False) -> _Kept:
        key = (name, view, today)
        kept = self._get_fresh(key)
        if kept is not None:
            return kept
        return self._reads.get_or_compute(key, lambda: self._make(key, is_ahead), is_ahead=is_ahead)

    def _get_fresh(self, key: tuple[str, View, date]) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and is_fresh(kept.project.until, self._upstream.fetcher.now):
                self._kept.move_to_end(key)
                return kept
        return None

    def _make(self, key: tuple[str, View, date], is_ahead: bool) -> _Kept:
        project = self._made(*key, is_ahead)
        entries = project.listing.entries
        made = _Kept(project, {entry.file.filename: entry for entry in entries})
        if not entries:
            # Names that nobody has are endless.
            return made
        with self._lock:
            before = self._kept.pop(key, None)
            self._kept[key] = made
            self._count += len(made.by_name) - (len(before.by_name) if before else 0)
            while self._count > MAX_FILES and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._count -= len(dropped.by_name)
        return made

    def _made(self, name: str, view: View, today: date, is_ahead: bool) -> ProjectFiles:
        readings = self._upstream.project(name, is_ahead=is_ahead)
        bound = self._upstream.bound(name)
        listing = evaluate_project(name, readings.pages, view, self._catalog, today, bound)
        if self._passing is FileDelivery.CACHE:
            listing = self._reachable(listing)
        asked = [entry for entry in listing.entries if self._is_asked(entry)]
        made = [
            entry.file.filename
            for entry in asked
            if entry.file.metadata is None
            and _is_wheel(entry)
            and not self._wheels.has_failed(entry.file.url)
        ]
        return ProjectFiles(
            listing,
            frozenset(entry.file.filename for entry in asked),
            frozenset(made),
            readings.until,
            readings.problems,
            bool(readings.pages),
        )

    def is_passed(self, entry: ServedFile) -> bool:
        """Whether we hand on a file's bytes: where we keep them, where installers cannot reach
        them, and where a name and a password are needed that are ours."""
        parts = urlsplit(entry.file.url)
        return (
            self._passing is FileDelivery.CACHE
            or parts.scheme == "file"
            or parts.netloc in self._upstream.indexes.credentials
        )

    def _is_asked(self, entry: ServedFile) -> bool:
        return (_is_wheel(entry) or self.is_passed(entry)) and self._is_reachable(entry)

    def _is_reachable(self, entry: ServedFile) -> bool:
        url = entry.file.url
        if url.startswith("file:"):
            return entry.origin.url.startswith("file:")
        try:
            self._upstream.fetcher.check(url)
        except SourceFailed:
            return False
        return True

    def _reachable(self, listing: ProjectDetail) -> ProjectDetail:
        """A listing without what we may not fetch."""
        kept, withheld = [], list(listing.withheld)
        for entry in listing.entries:
            if self._is_reachable(entry):
                kept.append(entry)
                continue
            host = urlsplit(entry.file.url).netloc.rpartition("@")[2]
            withheld.append(
                Withheld(
                    entry.file.filename,
                    entry.version,
                    entry.origin.url,
                    Rule.FOREIGN_HOST,
                    f"it lies on {host[:200]!r}, of which serve was not told",
                    f"index {entry.origin.url}",
                )
            )
        return listing._replace(entries=tuple(kept), withheld=tuple(withheld))


def _find_asked(kept: _Kept, filename: str) -> AskedFile | None:
    entry = kept.by_name.get(filename)
    if entry is None or filename not in kept.project.passes:
        return None
    return AskedFile(entry, kept.project.until)


def _is_wheel(entry: ServedFile) -> bool:
    return parse_wheel_name(entry.file.filename) is not None
