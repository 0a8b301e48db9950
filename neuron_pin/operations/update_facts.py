"""Newer facts from a feed: fetched, verified, read, checked, and only then put in place.

Whatever is wrong with a feed, the catalog in use stays as it is, byte for byte, and the error
says which facts that are.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from neuron_pin import __version__
from neuron_pin.catalog import Catalog, load_catalog, sdk_key
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.importer.checksums import SUMS, NotAsStated, verify_facts
from neuron_pin.errors import CannotWrite, SourceFailed, UnreadableInput, WrongUsage
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.record import NamedTuple
from neuron_pin.sources.feed.address import FeedAddress
from neuron_pin.sources.feed.facts_head import FactsHead
from neuron_pin.sources.feed.layout import MAX_MANIFEST
from neuron_pin.sources.feed.reading import FeedFiles, FeedOffer, FeedReader
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.http.record_cache import RecordCache

from .feed_failures import FactsOf, FeedFailed, OlderFeed

if TYPE_CHECKING:
    from .import_facts import ImportedFacts

# What reads and writes facts is imported where it is needed: most runs find nothing newer.


class UpdateRequest(NamedTuple):
    """What to update: the feed, the folder of the catalog, the file of keys of which one must
    have signed, empty for none; ``only_check`` changes nothing."""

    feed: FeedAddress
    target: str
    signed_by: str = ""
    allow_older: bool = False
    only_check: bool = False


class UpdatedFacts(NamedTuple):
    """What an update found.

    ``is_newer``: the feed has facts that were not known.  ``is_older``: they are older than the
    known ones.  ``written`` is whether the folder was changed, ``in_use`` whether commands use
    what was written.  ``imported`` is what the vendor's files brought, none for the project's own
    facts and where nothing was read.  ``warnings`` are known facts that the new ones make wrong.
    """

    feed: str
    folder: str
    signer: str
    before: FactsOf
    after: FactsOf
    is_newer: bool
    is_older: bool = False
    written: bool = False
    in_use: bool = True
    imported: ImportedFacts | None = None
    warnings: tuple[str, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "feed": self.feed,
            "folder": self.folder,
            "signed_by": self.signer,
            "newer": self.is_newer,
            "older": self.is_older,
            "written": self.written,
            "in_use": self.in_use,
            "before": self.before.as_document(),
            "after": self.after.as_document(),
            "warnings": list(self.warnings),
            "import": self.imported.as_document() if self.imported is not None else None,
        }


def update_facts(request: UpdateRequest, known: Catalog, fetcher: Fetcher) -> UpdatedFacts:
    """Take what a feed has that is newer, or with ``only_check`` say whether it has.

    Raises `FeedFailed` for a feed that cannot be read, is not signed as it has to be, or has
    facts that cannot be right; `OlderFeed` for older facts, unless they are allowed or nothing
    was to be changed; `WrongUsage` and `CannotWrite`.
    """
    with scratch_folder() as scratch:
        update = _Update(request, known, fetcher, scratch)
        with update.failing():
            return update.run()


class _Update:
    def __init__(
        self, request: UpdateRequest, known: Catalog, fetcher: Fetcher, scratch: str
    ) -> None:
        self.request = request
        self.known = known
        self.url = request.feed.url
        self.before = _facts_of(known)
        self._cache = RecordCache(fetcher.folder)
        self._scratch = scratch
        self._reader = FeedReader(
            fetcher,
            scratch,
            signed_by=request.signed_by,
            find_known_pages=self._find_known_pages,
        )

    def run(self) -> UpdatedFacts:
        offer = self._reader.open(self.request.feed)
        if offer.head is not None:
            self._require_key()
            self._check_schema(offer.head.schema)
            if self._is_settled(offer.head):
                return self._found(
                    offer,
                    self._of_head(offer.head),
                    is_newer=offer.head.age > self.known.age,
                    is_older=offer.head.age < self.known.age,
                )
        elif offer.token and self._cache.load("feeds", self._key(self.known)) == [offer.token]:
            return self._found(offer, self.before)
        files = offer.fetch()
        found = self._take_own(offer, files) if files.facts else self._take_vendors(offer, files)
        if offer.token and not found.is_older and (found.written or not found.is_newer):
            known = Catalog(self.request.target) if found.written else self.known
            self._cache.save("feeds", self._key(known), [offer.token])
        return found

    def _find_known_pages(self) -> frozenset[str]:
        from neuron_pin.catalog.importer.announcements import find_read_pages

        return find_read_pages(self.known)

    # The project's own facts ---------------------------------------------------------------

    def _require_key(self) -> None:
        if not self.request.signed_by:
            raise WrongUsage(
                f"{self.url} has facts of neuron-pin's own form, which replace all that is known; "
                "they are taken only if a key that you trust has signed them",
                hint="name its file: --signed-by KEY, or the variable NEURON_PIN_SIGNED_BY",
            )

    def _check_schema(self, schema: int) -> None:
        own = Catalog(EMBEDDED).schema
        if schema != own:
            raise SourceFailed(
                self.url,
                f"has facts of schema {schema}, and this version of neuron-pin reads {own}",
                hint="install a newer version of neuron-pin" if schema > own else "",
            )

    def _is_settled(self, head: FactsHead) -> bool:
        """Whether the head alone says what comes of it."""
        if head.age < self.known.age:
            return not self._may_be_older(self._of_head(head))
        return head.age == self.known.age or self.request.only_check

    @staticmethod
    def _of_head(head: FactsHead) -> FactsOf:
        return FactsOf(head.version, head.day, head.announced)

    def _take_own(self, offer: FeedOffer, files: FeedFiles) -> UpdatedFacts:
        self._require_key()
        verify_facts(files.facts)
        fresh = Catalog(files.facts)
        self._check_schema(fresh.schema)
        after = _facts_of(fresh)
        head = offer.head
        if head is not None and (self._of_head(head), head.age) != (after, fresh.age):
            raise SourceFailed(self.url, "has other facts than its facts.json says")
        is_older = fresh.age < self.known.age
        if fresh.age == self.known.age or (is_older and not self._may_be_older(after)):
            return self._found(offer, after, is_older=is_older)
        texts = {}
        for place, _, names in os.walk(files.facts):
            for name in names:
                path = os.path.join(place, name)
                data = read_bounded(path, MAX_MANIFEST)
                try:
                    texts[os.path.relpath(path, files.facts)] = data.decode()
                except UnicodeDecodeError:
                    raise UnreadableInput(path, None, "not UTF-8 text") from None
        return self._install(offer, after, texts, None)

    # The vendor's files --------------------------------------------------------------------

    def _take_vendors(self, offer: FeedOffer, files: FeedFiles) -> UpdatedFacts:
        paths = [path for path in (files.manifest, *files.pages, files.charts) if path]
        if not paths:
            return self._found(offer, self.before)
        from .import_facts import read_facts

        imported, texts = read_facts(paths, self.known, f"{self.url} {offer.token[:12]}".strip())
        manifest = imported.manifest
        if manifest is not None:
            newest = max((r.sdk for r in self.known.releases if r.listed), key=sdk_key)
            if sdk_key(manifest.version) < sdk_key(newest):
                after = FactsOf(manifest.version, manifest.date, imported.facts_until)
                if not self._may_be_older(after):
                    return self._found(offer, after, imported, is_older=True)
        if not texts or not self._differs(texts):
            return self._found(offer, self.before, imported)
        head = json.loads(texts["catalog.json"])
        days = (date.fromisoformat(head[name]) for name in ("date", "announcements"))
        return self._install(offer, FactsOf(head["version"], *days), texts, imported)

    def _differs(self, texts: dict[str, str]) -> bool:
        """Whether files state anything else than those of the known catalog."""
        for name, text in texts.items():
            if name == SUMS:
                continue
            try:
                known = read_bounded(os.path.join(self.known.folder, name), MAX_MANIFEST)
            except UnreadableInput:
                return True
            if known != text.encode() and _facts_in(name, known) != _facts_in(name, text):
                return True
        return False

    # Both ----------------------------------------------------------------------------------

    def _may_be_older(self, offered: FactsOf) -> bool:
        """Whether older facts are to be taken; raises `OlderFeed` if they are refused."""
        if self.request.allow_older:
            return True
        if self.request.only_check:
            return False
        raise OlderFeed(
            self.url,
            f"has older facts than those in use: {offered}",
            self.before,
            hint="--allow-older takes them",
        )

    def _install(
        self,
        offer: FeedOffer,
        after: FactsOf,
        texts: dict[str, str],
        imported: ImportedFacts | None,
    ) -> UpdatedFacts:
        from neuron_pin.catalog.importer.writer import install_catalog

        target = self.request.target
        # Not in the scratch folder itself, which is locked, as the folder of a catalog is.
        trial = os.path.join(self._scratch, "trial", "checked")
        is_embedded = os.path.realpath(target) == os.path.realpath(EMBEDDED)
        warnings: list[str] = []

        def check(folder: str) -> None:
            warnings[:] = self._check_facts(folder, is_own=imported is None)

        if self.request.only_check or is_embedded:
            # Files of the embedded catalog are replaced one by one, and not tried before.
            install_catalog(texts, trial, check)
        if not self.request.only_check:
            install_catalog(texts, target, check)
        written = not self.request.only_check
        used = os.path.realpath(load_catalog().folder) if written else ""
        return self._found(offer, after, imported, is_newer=True)._replace(
            written=written,
            in_use=not written or os.path.realpath(target) == used,
            warnings=tuple(warnings),
        )

    def _check_facts(self, folder: str, *, is_own: bool) -> list[str]:
        """Raise `SourceFailed` for facts of the project that cannot be right.

        What the vendor publishes may turn a known announcement wrong: one of a release that was
        skipped, for example.  That is told and no reason to keep the newer facts out; what new
        announcements say was checked when they were read.
        """
        from neuron_pin.audit import Severity
        from neuron_pin.audit.catalog_lint import lint_facts

        wrong = [
            f"{finding.subject}: {finding.reason} ({finding.rule.identifier})"
            for finding in lint_facts(Catalog(folder))
            if finding.severity is Severity.ERROR
        ]
        if is_own and wrong:
            raise SourceFailed(self.url, f"has a fact that cannot be right: {wrong[0]}")
        return wrong

    def _found(
        self,
        offer: FeedOffer,
        after: FactsOf,
        imported: ImportedFacts | None = None,
        *,
        is_newer: bool = False,
        is_older: bool = False,
    ) -> UpdatedFacts:
        return UpdatedFacts(
            feed=self.url,
            folder=self.request.target,
            signer=offer.signer,
            before=self.before,
            after=after,
            is_newer=is_newer,
            is_older=is_older,
            imported=imported,
        )

    def _key(self, catalog: Catalog) -> str:
        """What a feed's token was seen for: the facts as they are, and who reads."""
        try:
            sums = read_bounded(os.path.join(catalog.folder, SUMS), MAX_MANIFEST)
        except UnreadableInput:
            sums = b""
        digest = hashlib.sha256(sums).hexdigest()
        return "\n".join((self.request.feed.url, catalog.folder, digest, __version__))

    @contextlib.contextmanager
    def failing(self) -> Iterator[None]:
        """Whatever is wrong with the feed becomes a `FeedFailed` with the feed's address."""
        try:
            yield
        except FeedFailed:
            raise
        except SourceFailed as error:
            # That of the HTTP room speaks of locks.
            hint = "" if "--offline answers" in error.hint else error.hint
            raise FeedFailed(error.url, error.problem, self.before, hint=hint) from None
        except UnreadableInput as error:
            if error.path == self.request.signed_by:
                raise
            where = f"{self._shorten(error.path)}: " if error.path else ""
            line = f"line {error.line}: " if error.line else ""
            problem = f"{where}{line}{error.problem}"
            raise FeedFailed(self.url, problem, self.before) from None
        except NotAsStated as error:
            problem = f"not what its {SUMS} states: {', '.join(error.differing[:5])}"
            raise FeedFailed(self.url, problem, self.before) from None
        except CannotWrite:
            raise
        except OSError as error:
            raise CannotWrite(self.request.target, error.strerror or str(error)) from None

    def _shorten(self, path: str) -> str:
        """A path below one of the folders of an update, or of the feed, without that folder."""
        folders = [os.path.join(self._scratch, name) for name in ("facts", "vendor", "trial")]
        folders += [self.request.feed.path, os.path.dirname(self.request.target)]
        for folder in filter(None, folders):
            if path.startswith(folder + os.sep):
                return os.path.relpath(path, folder)
        return os.path.basename(path)


def _facts_of(catalog: Catalog) -> FactsOf:
    return FactsOf(catalog.version, catalog.date, catalog.announced)


def _facts_in(name: str, text: str | bytes) -> object:
    """What a file states; of the catalog's head without what says who wrote it, and how often."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if name == "catalog.json" and isinstance(found, dict):
        return {key: value for key, value in found.items() if key not in ("source", "revision")}
    return found
