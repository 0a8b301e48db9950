"""The indexes behind the server: which one is asked for a name, and what it last said.

Only hosts of configured indexes are ever asked, redirects included.  Where an index does not
answer, its last page is used, and said to be old.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog, canonicalize_name
from neuron_pin.errors import SourceFailed, Unreachable
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.client import Fetcher, NotFound, Response
from neuron_pin.sources.http.record_cache import is_fresh
from neuron_pin.sources.http.transport import Limits
from neuron_pin.sources.index.locations import Index, Indexes
from neuron_pin.sources.index.project_list import parse_names
from neuron_pin.sources.index.project_page import MAX_PAGE_BYTES, ProjectPage
from neuron_pin.sources.index.simple import ACCEPT, parse_page

THREADS = 16
"""Indexes that are asked, and answers that are made, at once."""

THREADS_AHEAD = 40
"""Projects that are read ahead at once; they take no thread from those that are asked for."""

MAX_PAGE_AHEAD = 8 * 1024 * 1024
"""Bytes of a page that is read ahead; so many have the largest pages of the public index."""

LIMITS = Limits(connect=4.0, patience=8.0, answer=12.0, retries=1)
"""Installers give up after fifteen seconds; somebody waits for every answer here."""

PAUSE = 10.0
"""Seconds for which an index that did not answer is not asked again."""

ABSENT = 60.0
"""Seconds for which a project that an index does not have is taken to be still absent."""

FILE_HOSTS = {"pypi.org": ("files.pythonhosted.org",)}
"""Hosts on which public indexes keep their files."""


class UpstreamPage(NamedTuple):
    """What an index has of a project; ``page`` is none where it does not have it.

    ``until`` is when it should be asked again (seconds since the epoch).  ``problem`` says why
    this is an old page, empty for a fresh one.
    """

    origin: Index
    page: ProjectPage | None
    until: float
    problem: str = ""


class UpstreamPages(NamedTuple):
    """What the indexes have of a project: pages in the order in which they count."""

    pages: tuple[tuple[Index, ProjectPage], ...]
    until: float
    problems: tuple[str, ...] = ()


def list_hosts(indexes: Indexes, named: Iterable[str] = ()) -> frozenset[str]:
    """The hosts (and ports) that may be asked: of the indexes, of their files where these are
    known to be elsewhere, and those that the user names."""
    urls = [*(i.url for i in indexes.all), *(i.url for i in indexes.bindings.values())]
    found = {urlsplit(url).netloc.lower() for url in urls} - {""}
    for host in list(found):
        found.update(FILE_HOSTS.get(host, ()))
    return frozenset(found | {host.strip().lower() for host in named})


class Upstream:
    """Reads projects; threads may share it."""

    def __init__(self, fetcher: Fetcher, indexes: Indexes, catalog: Catalog) -> None:
        self.indexes = indexes
        self.fetcher = fetcher
        self._catalog = catalog
        # Called with an index's address each time that it does not give an answer.
        self.failed: Callable[[str], None] = lambda url: None
        self._unavailable: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(THREADS + THREADS_AHEAD, thread_name_prefix="index")

    def prepare(self) -> None:
        """Read what the first page would wait for; raises `SourceFailed` for certificates that
        are none."""
        urls = [index.url for index in (*self.indexes.all, *self.indexes.bindings.values())]
        self.fetcher.prepare(urls)
        # The parser of HTML is read in with the first page of it.
        parse_page(b"<html></html>", "text/html", urls[0])

    def close(self) -> None:
        """Stop reading, and drop the connections."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.fetcher.close()

    def bound(self, name: str) -> Index | None:
        """The index that the user has bound a name to."""
        return self.indexes.bindings.get(name)

    def project(self, name: str, *, is_ahead: bool = False) -> UpstreamPages:
        """What the indexes that decide about a name have of it; raises `SourceFailed`.

        An index from which nothing of the name would be taken anyhow is asked so that its
        decoys are seen, and not missed where it does not answer.  ``is_ahead`` says that
        nobody has asked for it yet.
        """
        order = self.indexes.of(name)
        package, bound = self._catalog.packages.get(name), self.bound(name)
        if bound is None and (package is None or package.public_from == "0"):
            return self._first(name, order, is_ahead)
        # One of them is read in this thread, which would wait for another to start.
        futures = [self._pool.submit(self.read, index, name, is_ahead) for index in order[1:]]
        found: list[UpstreamPage] = []
        for number, index in enumerate(order):
            try:
                found.append(
                    futures[number - 1].result() if number else self.read(index, name, is_ahead)
                )
            except SourceFailed:
                is_needed = index == bound or (
                    package is not None and (index.is_trusted or bool(package.public_from))
                )
                if is_needed:
                    raise
        return _join(found)

    def _first(self, name: str, order: Sequence[Index], is_ahead: bool) -> UpstreamPages:
        """The first index that has a name decides, with those that it says are the same."""
        found: list[UpstreamPage] = []
        for index in order:
            reading = self.read(index, name, is_ahead)
            found.append(reading)
            if reading.page is not None:
                for other in self.indexes.find_tracked(index, name, reading.page.tracked_indexes):
                    found.append(self.read(other, name, is_ahead))
                break
        return _join(found)

    def read(self, index: Index, name: str, is_ahead: bool = False) -> UpstreamPage:
        """An index's page of a project; raises `SourceFailed` if there is not even an old one.

        A guess that fails says nothing of the index: it may be one too many.
        """
        address = index.page(name)
        pages: list[ProjectPage] = []

        def parse(answer: Response) -> None:
            pages.append(parse_page(answer.data, answer.content_type, answer.url))

        limit = min(MAX_PAGE_AHEAD, MAX_PAGE_BYTES) if is_ahead else MAX_PAGE_BYTES
        try:
            self._check_up(index)
            answer = self.fetcher.get(address, accept=ACCEPT, limit=limit, check=parse)
        except NotFound:
            return UpstreamPage(index, None, self.fetcher.now + ABSENT)
        except SourceFailed as error:
            if is_ahead:
                raise
            self._note_down(index, error)
            kept = self.fetcher.kept(address, accept=ACCEPT)
            if kept is None:
                raise
            parse(kept)
            return UpstreamPage(index, pages[0], self.fetcher.now + PAUSE, error.message)
        # An index that calls every answer old is not asked for each request of ours.
        return UpstreamPage(index, pages[0], max(answer.fresh_until, self.fetcher.now + PAUSE))

    def names(self) -> tuple[list[str], float, tuple[str, ...]]:
        """Every name of every index, until when that is so, and which index did not answer.

        Neuron's own are there in any case.
        """
        packages = self._catalog.packages.values()
        found = {package.name for package in packages if Ecosystem.PIP in package.systems}
        until, problems = self.fetcher.now + 600, []
        for index in self.indexes.all:
            try:
                self._check_up(index)
                address = f"{index.url.rstrip('/')}/"
                answer = self.fetcher.get(address, accept=ACCEPT, limit=MAX_PAGE_BYTES)
                names = parse_names(answer.data, answer.content_type, answer.url)
                found.update(canonicalize_name(name) for name in names)
                until = min(until, max(answer.fresh_until, self.fetcher.now + PAUSE))
            except NotFound:
                # An index need not have a list of its projects.
                continue
            except SourceFailed as error:
                problems.append(error.message)
                until = self.fetcher.now + PAUSE
        return sorted(found), until, tuple(problems)

    def unavailable(self) -> dict[str, str]:
        """The indexes that do not answer just now, each with what went wrong."""
        now = self.fetcher.now
        with self._lock:
            unavailable = self._unavailable.items()
            return {url: problem for url, (until, problem) in unavailable if is_fresh(until, now)}

    def _check_up(self, index: Index) -> None:
        with self._lock:
            until, problem = self._unavailable.get(index.url, (0.0, ""))
        if is_fresh(until, self.fetcher.now):
            raise SourceFailed(index.url, f"did not answer a moment ago ({problem})")

    def _note_down(self, index: Index, error: SourceFailed) -> None:
        self.failed(index.url)
        # One bad page says nothing of the others.
        if not isinstance(error, Unreachable):
            return
        with self._lock:
            self._unavailable[index.url] = (self.fetcher.now + PAUSE, error.problem)


def _join(found: Sequence[UpstreamPage]) -> UpstreamPages:
    pages = tuple((r.origin, r.page) for r in found if r.page is not None)
    until = min((r.until for r in found), default=0.0)
    return UpstreamPages(pages, until, tuple(r.problem for r in found if r.problem))
