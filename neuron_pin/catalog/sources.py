"""Where the pages behind the facts can be read.

Facts name their sources by a path below a folder of the vendor's public documentation
repository.  ``vendor_pages.json`` states the commit that the embedded facts were read at and the
pages that lie there; an address is given for these alone, never for a page of which only the
name is known.
"""

from __future__ import annotations

import functools
import os
import re
from typing import Any

from .catalog import sdk_key
from .files import read_object

_PAGE = re.compile(r"(?P<folder>announcements|release-notes)/[\w./-]+\.rst")
_OF_RELEASE = re.compile(r"release(?: manifest)?,? (\d+\.\d+\.\d+)")


def find_source_url(source: str) -> str | None:
    """The address of a source as facts, exclusions and events name it; `None` where it is not
    known to be there.

    Pages are those of one commit, so that an address shows tomorrow what the fact was read from.
    An index is its own address.
    """
    if source.startswith(("index https://", "index http://")):
        return source.removeprefix("index ")
    page = _PAGE.match(source)
    if page is not None and page[0] in _pages():
        known = _vendor_pages()
        folder = page["folder"]
        return f"{_at_commit()}/{known['folders'][folder]}{page[0][len(folder) :]}"
    release = _OF_RELEASE.fullmatch(source)
    if release is not None and sdk_key(release[1]) <= sdk_key(_vendor_pages()["newest_release"]):
        return f"{_at_commit()}/{_vendor_pages()['manifest']}"
    return None


def shorten_source(source: str) -> str:
    """A source in a few words: of a page only its name."""
    page = _PAGE.match(source)
    if page is None:
        return source
    return os.path.basename(page[0]).removesuffix(".rst") + source[page.end() :]


def _at_commit() -> str:
    known = _vendor_pages()
    return f"{known['repository']}/blob/{known['commit']}"


@functools.lru_cache(maxsize=1)
def _vendor_pages() -> dict[str, Any]:
    return read_object(os.path.join(os.path.dirname(__file__), "vendor_pages.json"))


@functools.lru_cache(maxsize=1)
def _pages() -> frozenset[str]:
    return frozenset(_vendor_pages()["pages"])
