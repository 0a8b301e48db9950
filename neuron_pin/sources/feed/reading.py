"""Reading a feed: first what it offers, which is little to read, then its files.

Nothing is written outside of the scratch folder, and nothing of a feed is read before the
signature that was asked for is verified.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
from collections.abc import Callable
from urllib.parse import quote

from neuron_pin.catalog.facts_age import ANNOUNCEMENTS, MANIFEST, NOTES
from neuron_pin.catalog.importer.checksums import SUMS, read_sums, verify_facts
from neuron_pin.errors import SourceFailed, UnreadableInput
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.client import Fetcher, NotFound, Response
from neuron_pin.sources.http.record_cache import RecordCache

from .address import FeedAddress, FeedKind
from .facts_head import ARCHIVE, HEAD, MAX_HEAD, FactsHead, parse_head
from .layout import (
    CHARTS,
    MANIFEST_NAME,
    MAX_FILES,
    PAGES,
    READ_AT_ONCE,
    Allowance,
    Place,
    find_place,
    is_known_page,
    is_safe,
)

MAX_SUMS = 4 * 1024 * 1024
MAX_SIGNATURE = 64 * 1024
"""Bytes of a list of checksums, and of a signature."""


class FeedFiles(NamedTuple):
    """Files of a feed on the disk: a catalog's folder, or the vendor's manifest, the folders of
    pages, or single ones, and the list of charts; each empty where the feed has none of it."""

    facts: str = ""
    manifest: str = ""
    pages: tuple[str, ...] = ()
    charts: str = ""


class FeedOffer(NamedTuple):
    """What a feed offers.

    ``token`` is another one whenever the feed's content is; empty where it cannot be told without
    reading all of it.  ``head`` is that of the project's own facts, none where a feed does not
    say it.  ``signer`` is the fingerprint of the key that signed, empty where none was asked for.
    ``fetch`` reads the files; it raises `SourceFailed`.
    """

    token: str
    head: FactsHead | None
    signer: str
    fetch: Callable[[], FeedFiles]


class FeedReader:
    """Reads feeds into one scratch folder.

    ``signed_by`` is a file of public keys, empty for feeds that need no signature.
    ``find_known_pages`` gives the names of announcement pages that need not be read again.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        folder: str,
        *,
        signed_by: str = "",
        find_known_pages: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self._fetcher = fetcher
        self._folder = folder
        self._signed_by = signed_by
        self._find_known = find_known_pages

    def open(self, feed: FeedAddress) -> FeedOffer:
        """What a feed offers; raises `SourceFailed`."""
        if feed.kind is FeedKind.REPOSITORY:
            return self._open_repository(feed)
        if feed.kind is FeedKind.ARCHIVE:
            return self._open_archive(feed)
        return self._open_folder(feed)

    # The vendor's repository -------------------------------------------------------------

    def _open_repository(self, feed: FeedAddress) -> FeedOffer:
        from .repository import fetch_charts, fetch_files, find_commit

        if self._signed_by:
            raise SourceFailed(feed.url, "is not signed, and a signature was asked for")
        commit = find_commit(feed.url, self._fetcher)

        def fetch() -> FeedFiles:
            cache = RecordCache(self._fetcher.folder)
            found = fetch_files(feed.url, commit, self._fetcher, self._find_known(), cache)
            charts = fetch_charts(feed.url, self._fetcher)
            for path, data in (found | charts).items():
                self._write("vendor", path, data)
            return self._files(feed)

        return FeedOffer(commit, None, "", fetch)

    # An archive --------------------------------------------------------------------------

    def _open_archive(self, feed: FeedAddress) -> FeedOffer:
        from .archive import FETCHED

        if feed.path and not self._signed_by:
            return FeedOffer("", None, "", lambda: self._unpack_local(feed))
        data = self._get(feed.url, FETCHED.packed)
        signer = self._verify(feed.url, data)
        token = hashlib.sha256(data).hexdigest()
        return FeedOffer(token, None, signer, lambda: self._unpack(feed, data))

    def _unpack(self, feed: FeedAddress, data: bytes) -> FeedFiles:
        from .archive import FETCHED, unpack_feed

        unpack_feed(io.BytesIO(data), feed.url, self._folder, FETCHED)
        return self._files(feed)

    def _unpack_local(self, feed: FeedAddress) -> FeedFiles:
        from .archive import LOCAL, unpack_feed

        try:
            with open(feed.path, "rb") as stream:
                if os.fstat(stream.fileno()).st_size > LOCAL.packed:
                    raise SourceFailed(feed.url, f"has more than {LOCAL.packed} bytes")
                unpack_feed(stream, feed.url, self._folder, LOCAL)
        except OSError as error:
            raise SourceFailed(feed.url, f"cannot be read: {error.strerror}") from None
        return self._files(feed)

    # A folder ----------------------------------------------------------------------------

    def _open_folder(self, feed: FeedAddress) -> FeedOffer:
        url = f"{feed.url.rstrip('/')}/{SUMS}"
        try:
            data = self._fetcher.get(url, limit=MAX_SUMS).data
        except NotFound:
            if feed.path and not self._signed_by:
                return FeedOffer("", None, "", lambda: self._list_local(feed))
            raise SourceFailed(
                feed.url,
                f"has no {SUMS}",
                hint="" if feed.path else "a folder is read by its list of files and checksums",
            ) from None
        signer = self._verify(url, data)
        stated = _read_sums(url, data)
        token = hashlib.sha256(data).hexdigest()
        if HEAD not in stated:
            return FeedOffer(token, None, signer, lambda: self._fetch_listed(feed, stated))
        head = parse_head(self._get_stated(feed, HEAD, stated, MAX_HEAD), f"{feed.url}/{HEAD}")

        def fetch() -> FeedFiles:
            from .archive import FETCHED

            if ARCHIVE not in stated:
                raise SourceFailed(url, f"does not list {ARCHIVE}")
            return self._unpack(feed, self._get_stated(feed, ARCHIVE, stated, FETCHED.packed))

        return FeedOffer(token, head, signer, fetch)

    def _fetch_listed(self, feed: FeedAddress, stated: dict[str, str]) -> FeedFiles:
        """The vendor's files that a mirror lists, without the pages that are known."""
        known = self._find_known()
        places: set[str] = set()
        wanted: list[tuple[str, Place]] = []
        for name in sorted(stated):
            place = find_place(name)
            if place is None or place.below != "vendor" or is_known_page(name, known):
                continue
            if place.path in places:
                raise SourceFailed(feed.url, f"lists {place.path!r} twice")
            places.add(place.path)
            wanted.append((name, place))
        if len(wanted) > MAX_FILES:
            raise SourceFailed(feed.url, f"lists more than {MAX_FILES} pages")
        # Most runs find nothing newer, and come to nothing of this.
        from concurrent.futures import ThreadPoolExecutor

        allowance = Allowance(feed.url)

        def fetch(named: tuple[str, Place]) -> bytes:
            return allowance.take(self._get_stated(feed, named[0], stated, named[1].limit))

        with ThreadPoolExecutor(READ_AT_ONCE) as pool:
            texts = pool.map(fetch, wanted)
            for (_, place), data in zip(wanted, texts, strict=True):
                self._write("vendor", place.path, data)
        if not places and not any(name.endswith(".rst") for name in stated):
            raise _nothing_in(feed)
        return self._files(feed)

    def _list_local(self, feed: FeedAddress) -> FeedFiles:
        """The vendor's files in a folder of this machine, as a clone or a mirror has them."""
        manifests = (os.path.join(feed.path, name) for name in (MANIFEST, MANIFEST_NAME))
        folders = (os.path.join(feed.path, name) for name in (ANNOUNCEMENTS, PAGES))
        pages = list(filter(os.path.isdir, folders))
        found = FeedFiles(
            manifest=next(filter(os.path.isfile, manifests), ""),
            pages=(*pages[:1], *_find_notes(feed.path)),
            charts=_find_charts(feed.path),
        )
        if not any(found):
            problem = "is not there" if not os.path.lexists(feed.path) else ""
            raise SourceFailed(feed.url, problem) if problem else _nothing_in(feed)
        return found

    # Files -------------------------------------------------------------------------------

    def fetch_file(self, url: str, name: str, limit: int) -> str:
        """A file at an address, verified, into the scratch folder: its path."""
        data = self._get(url, limit)
        self._verify(url, data)
        return self._write("files", name, data)

    def _files(self, feed: FeedAddress) -> FeedFiles:
        """What was written, by kind; raises `SourceFailed` for nothing, and for both kinds."""
        facts, vendor = (os.path.join(self._folder, below) for below in ("facts", "vendor"))
        manifest, pages = os.path.join(vendor, MANIFEST_NAME), os.path.join(vendor, PAGES)
        if os.path.exists(os.path.join(facts, "catalog.json")):
            return FeedFiles(facts=facts)
        found = FeedFiles(
            manifest=manifest if os.path.exists(manifest) else "",
            pages=(*((pages,) if os.path.exists(pages) else ()), *_find_notes(vendor)),
            charts=_find_charts(vendor),
        )
        if not any(found) and feed.kind is FeedKind.ARCHIVE:
            raise _nothing_in(feed)
        return found

    def _write(self, below: str, path: str, data: bytes) -> str:
        target = os.path.join(self._folder, below, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as stream:
            stream.write(data)
        return target

    def _get_stated(
        self, feed: FeedAddress, name: str, stated: dict[str, str], limit: int
    ) -> bytes:
        """A file of a folder, if it is the one that the folder's list states."""
        if not is_safe(name):
            raise SourceFailed(feed.url, f"lists {name[:100]!r}, which is not a plain path")
        url = f"{feed.url.rstrip('/')}/{quote(name)}"
        kept = self._fetcher.kept(url)
        if kept is not None and hashlib.sha256(kept.data).hexdigest() == stated[name]:
            return kept.data

        def check(answer: Response) -> None:
            if hashlib.sha256(answer.data).hexdigest() != stated[name]:
                raise SourceFailed(url, f"is not the file that {SUMS} states")

        # Nothing else is kept: the server would confirm it the next time.
        return self._get(url, limit, check)

    def _get(
        self, url: str, limit: int, check: Callable[[Response], None] = lambda answer: None
    ) -> bytes:
        try:
            return self._fetcher.get(url, limit=limit, check=check).data
        except NotFound:
            raise SourceFailed(url, "is not there") from None

    def _verify(self, url: str, data: bytes) -> str:
        """The fingerprint of the key that signed what is at an address, empty where no signature
        was asked for; raises `SourceFailed`."""
        if not self._signed_by:
            return ""
        path = self._write("signed", "file", data)
        kept = self._fetcher.kept(f"{url}.asc")
        if kept is not None:
            # Of what has not changed the signature has not, either.
            self._write("signed", "file.asc", kept.data)
            with contextlib.suppress(SourceFailed):
                return verify_facts(path, self._signed_by).fingerprint
        try:
            signature = self._fetcher.get(f"{url}.asc", limit=MAX_SIGNATURE).data
        except NotFound:
            raise SourceFailed(url, "is not signed: it has no .asc beside it") from None
        self._write("signed", "file.asc", signature)
        try:
            return verify_facts(path, self._signed_by).fingerprint
        except SourceFailed as error:
            raise SourceFailed(url, error.problem) from None


def _read_sums(url: str, data: bytes) -> dict[str, str]:
    """Digests by path; ``./`` before a path is what find(1) writes."""
    try:
        stated = read_sums(url, data)
    except UnreadableInput as error:
        raise SourceFailed(url, f"line {error.line} {error.problem}") from None
    return {re.sub(r"^(?:\./)+", "", name): digest for name, digest in stated.items()}


def _nothing_in(feed: FeedAddress) -> SourceFailed:
    return SourceFailed(
        feed.url,
        "has neither facts of neuron-pin nor a release manifest nor announcement pages",
    )


def _find_charts(folder: str) -> str:
    path = os.path.join(folder, CHARTS)
    return path if os.path.isfile(path) else ""


def _find_notes(folder: str) -> list[str]:
    """The release notes below a folder that has the vendor's layout."""
    return [path for name in NOTES if os.path.exists(path := os.path.join(folder, name))]
