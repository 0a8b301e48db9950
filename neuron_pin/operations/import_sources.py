"""What is imported from elsewhere: addresses become files on the disk, for as long as they are
read."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.importer.announcements import find_read_pages
from neuron_pin.errors import SourceFailed, UnreadableInput, WrongUsage
from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.record import NamedTuple
from neuron_pin.sources.feed.address import FeedKind, parse_feed
from neuron_pin.sources.feed.layout import MANIFEST_NAME, MAX_MANIFEST
from neuron_pin.sources.feed.reading import FeedReader
from neuron_pin.sources.http.client import Fetcher


class Sources(NamedTuple):
    """Paths to import, and those of them whose signature is verified already."""

    paths: tuple[str, ...]
    verified: tuple[str, ...]


@contextlib.contextmanager
def fetched_sources(
    named: Sequence[str], known: Catalog, fetcher: Fetcher, signed_by: str = ""
) -> Iterator[Sources]:
    """Files and folders as they are named; of addresses and archives what was fetched and
    unpacked.

    Raises `SourceFailed`, also in place of what goes wrong while those files are read, and
    `WrongUsage`.
    """
    with contextlib.ExitStack() as stack:
        scratch = ""
        paths: list[str] = []
        verified: list[str] = []
        places: dict[str, str] = {}
        for number, name in enumerate(named):
            is_address = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", name)
            if not is_address and not os.path.isfile(name):
                paths.append(name)
                continue
            feed = parse_feed(name)
            if feed.path and feed.kind is not FeedKind.ARCHIVE:
                paths.append(feed.path if is_address else name)
                continue
            scratch = scratch or stack.enter_context(scratch_folder())
            folder = os.path.join(scratch, str(number))
            places[folder] = feed.url
            reader = FeedReader(
                fetcher,
                folder,
                signed_by=signed_by,
                find_known_pages=lambda: find_read_pages(known),
            )
            if feed.kind is FeedKind.FOLDER and urlsplit(feed.url).path.endswith(".json"):
                found = [reader.fetch_file(feed.url, MANIFEST_NAME, MAX_MANIFEST)]
            else:
                files = reader.open(feed).fetch()
                if files.facts:
                    raise WrongUsage(
                        f"{feed.url} has facts of neuron-pin's own form, and nothing to import",
                        hint=f"neuron-pin catalog update --feed {feed.url} --signed-by KEY",
                    )
                found = [path for path in (files.manifest, *files.pages, files.charts) if path]
            paths += found
            verified += found
        try:
            yield Sources(tuple(paths), tuple(verified))
        except UnreadableInput as error:
            for folder, shown in places.items():
                if error.path.startswith(folder + os.sep):
                    where = os.path.relpath(error.path, folder).partition(os.sep)[2]
                    line = f"line {error.line}: " if error.line else ""
                    problem = f"{where}: {line}{error.problem}"
                    raise SourceFailed(shown, problem, hint=error.hint) from None
            raise
