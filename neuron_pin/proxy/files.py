"""What is served of a project: judged, and with the way that each of its files takes.

A file that installers can fetch from its index without loss is linked to there.  Others are
asked of us: wheels whose index serves no metadata, which we make, and whatever is passed
through.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import date
from enum import Enum
from typing import NamedTuple
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.errors import SourceFailed
from neuron_pin.policy import Rule
from neuron_pin.sources.simple import parse_wheel_name

from .listing import Entry, Listing, Withheld, make_listing
from .upstream import Upstream
from .view import View
from .wheels import Wheels

MAX_FILES = 100_000
"""Files whose addresses are remembered."""


class Passing(Enum):
    """How installers get files."""

    REDIRECT = "redirect"
    """From their index, where a redirect sends them."""
    CACHE = "cache"
    """From us, who keep them."""


class Project(NamedTuple):
    """A project in a view.

    ``passes`` are the names of files that are asked of us, ``has_metadata`` of those whose
    metadata we make.  ``until`` is when it has to be read again, ``problems`` why some of it is
    old, and ``is_known`` whether any index has it.
    """

    listing: Listing
    passes: frozenset[str]
    has_metadata: frozenset[str]
    until: float
    problems: tuple[str, ...]
    is_known: bool


class Files:
    """Projects and their files; threads may share it."""

    def __init__(
        self, catalog: Catalog, upstream: Upstream, wheels: Wheels, passing: Passing
    ) -> None:
        self._catalog = catalog
        self._upstream = upstream
        self._wheels = wheels
        self._passing = passing
        self._known: OrderedDict[str, tuple[float, dict[str, Entry]]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def project(self, name: str, view: View, today: date) -> Project:
        """A project as a view has it; raises `SourceFailed`."""
        readings = self._upstream.project(name)
        bound = self._upstream.bound(name)
        listing = make_listing(name, readings.pages, view, self._catalog, today, bound)
        if self._passing is Passing.CACHE:
            listing = self._reachable(listing)
        asked = [entry for entry in listing.entries if self._is_asked(entry)]
        made = [
            entry.file.filename
            for entry in asked
            if _needs_metadata(entry) and not self._wheels.has_failed(entry.file.url)
        ]
        return Project(
            listing,
            frozenset(entry.file.filename for entry in asked),
            frozenset(made),
            readings.until,
            readings.problems,
            bool(readings.pages),
        )

    def entry(self, name: str, filename: str, today: date) -> Entry | None:
        """A file that is asked of us, of any view: none if there is no such.

        Only what a project's own pages list is ever fetched.  Raises `SourceFailed`.
        """
        with self._lock:
            until, known = self._known.get(name, (0.0, {}))
            if until > self._upstream.fetcher.now and filename in known:
                self._known.move_to_end(name)
                return known[filename]
        project = self.project(name, View(), today)
        found = {
            entry.file.filename: entry
            for entry in project.listing.entries
            if entry.file.filename in project.passes
        }
        with self._lock:
            self._count += len(found) - len(self._known.pop(name, (0.0, {}))[1])
            self._known[name] = (project.until, found)
            while self._count > MAX_FILES and len(self._known) > 1:
                _, (_, dropped) = self._known.popitem(last=False)
                self._count -= len(dropped)
        return found.get(filename)

    def is_passed(self, entry: Entry) -> bool:
        """Whether we hand on a file's bytes: where we keep them, where installers cannot reach
        them, and where a name and a password are needed that are ours."""
        parts = urlsplit(entry.file.url)
        return (
            self._passing is Passing.CACHE
            or parts.scheme == "file"
            or parts.netloc in self._upstream.indexes.credentials
        )

    def _is_asked(self, entry: Entry) -> bool:
        return (_needs_metadata(entry) or self.is_passed(entry)) and self._is_reachable(entry)

    def _is_reachable(self, entry: Entry) -> bool:
        url = entry.file.url
        if url.startswith("file:"):
            return entry.origin.url.startswith("file:")
        try:
            self._upstream.fetcher.check(url)
        except SourceFailed:
            return False
        return True

    def _reachable(self, listing: Listing) -> Listing:
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


def _needs_metadata(entry: Entry) -> bool:
    """Whether its index serves no metadata file of it, and it has metadata to be made one of."""
    return entry.file.metadata is None and parse_wheel_name(entry.file.filename) is not None
