"""What of a feed is kept, and where it goes: by the path that a file has in it.

The vendor's files lie as in the vendor's repository, or a mirror has them at its top; an archive
may have one folder around everything, as those of a forge do.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterable

from neuron_pin.catalog.facts_age import ANNOUNCEMENTS, MANIFEST, NOTES
from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple

MAX_PAGE = 1024 * 1024
MAX_MANIFEST = 16 * 1024 * 1024
"""Bytes of one announcement page, and of a release manifest or another file of facts."""

MAX_FILES = 10_000
MAX_KEPT = 64 * 1024 * 1024
"""Most files of a feed that are kept, and most bytes of all of them together."""

READ_AT_ONCE = 8
"""Files of a feed that are asked for at once."""

MANIFEST_NAME = os.path.basename(MANIFEST)
PAGES = os.path.basename(ANNOUNCEMENTS)
CHARTS = "helm-releases.json"
"""The releases of the vendor's Helm chart, as GitHub's API lists them."""

_AROUND = r"(?:(?!src/|about-neuron/|announcements/|release-notes/|neuron-runtime/)[^/]+/)?"
_MANIFEST = rf"{_AROUND}(?:{re.escape(os.path.dirname(MANIFEST))}/)?n2-manifest\.json"
_PAGE = rf"{_AROUND}(?:{re.escape(os.path.dirname(ANNOUNCEMENTS))}/)?{PAGES}/(.+\.rst)"
_NOTE = rf"{_AROUND}({'|'.join(n if n.endswith('.rst') else rf'{n}/.+[.]rst' for n in NOTES)})"
_CHARTS = rf"(?:[^/]+/)?{re.escape(CHARTS)}"
_FACTS = r"(?:[^/]+/)?((?:members/[0-9.]+|[a-z_]+)\.json|SHA256SUMS)"
"""Compiled when the first file is looked at: most runs find nothing newer."""


class Place(NamedTuple):
    """Where a file goes: below ``facts`` or ``vendor``, and how large it may be."""

    below: str
    path: str
    limit: int


def find_place(path: str) -> Place | None:
    """Where a file of a feed goes; none for one that nobody needs."""
    if re.fullmatch(_MANIFEST, path):
        return Place("vendor", MANIFEST_NAME, MAX_MANIFEST)
    page = re.fullmatch(_PAGE, path)
    if page is not None:
        return Place("vendor", f"{PAGES}/{page[1]}", MAX_PAGE)
    note = re.fullmatch(_NOTE, path)
    if note is not None:
        return Place("vendor", note[1], MAX_PAGE)
    if re.fullmatch(_CHARTS, path):
        return Place("vendor", CHARTS, MAX_MANIFEST)
    facts = re.fullmatch(_FACTS, path)
    return Place("facts", facts[1], MAX_MANIFEST) if facts is not None else None


def is_safe(path: str) -> bool:
    """Whether a path stays below the folder that it is in, on every system."""
    parts = path.split("/")
    return bool(path) and not {"", ".", ".."} & set(parts) and not set("\\\0") & set(path)


def is_known_page(path: str, known: Iterable[str]) -> bool:
    """Whether a page is one of those, by its name: that is how facts name their sources."""
    return path.endswith(".rst") and os.path.basename(path) in known


class Allowance:
    """The bytes that may still be taken of a feed, whichever thread reads them."""

    def __init__(self, url: str) -> None:
        self._url, self._left = url, MAX_KEPT
        self._lock = threading.Lock()

    def take(self, data: bytes) -> bytes:
        """The bytes themselves; raises `SourceFailed` where they are more than may be taken."""
        with self._lock:
            self._left -= len(data)
            if self._left < 0:
                raise SourceFailed(self._url, f"has more than {MAX_KEPT} bytes to take")
        return data
