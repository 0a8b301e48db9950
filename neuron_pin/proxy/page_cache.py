"""Answers that are kept warm, bounded in bytes; the least recently used go first."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict

from neuron_pin.record import NamedTuple

from .view import View
from .withheld import WithheldVersion

DEFAULT_BYTES = 256 * 1024 * 1024
OVERHEAD = 1024
"""Bytes that an answer takes beside its body."""

COMPRESSED_FROM = 1024
"""Bytes from which on it is worth while to compress."""


class CachedPage(NamedTuple):
    """A whole answer.

    ``packed`` is the body compressed (gzip), empty where that is not worth while.  ``until``
    is when it has to be made again (seconds since the epoch).  ``problem`` says why it is an
    old one, empty for a fresh one.  ``kind`` is the label of its metrics.  ``name``, ``view``
    and ``withheld`` are set for a project's page: those were kept from whoever was given it.
    ``newer`` are the versions on it that are newer than the facts, and ``note`` is what the log
    says of them.  ``max_age`` is for how many seconds a client may keep it, 0 for as long as it
    is fresh.
    """

    status: int
    media_type: bytes
    body: bytes
    packed: bytes
    etag: bytes
    until: float
    problem: str = ""
    kind: str = "other"
    name: str = ""
    view: View | None = None
    withheld: tuple[WithheldVersion, ...] = ()
    newer: tuple[str, ...] = ()
    note: str = ""
    max_age: int = 0


def cache_page(
    body: str | bytes,
    media_type: str,
    until: float,
    *,
    status: int = 200,
    problem: str = "",
    kind: str = "other",
    name: str = "",
    view: View | None = None,
    withheld: tuple[WithheldVersion, ...] = (),
    newer: tuple[str, ...] = (),
    note: str = "",
) -> CachedPage:
    """An answer made of its body."""
    data = body.encode() if isinstance(body, str) else body
    # Without a date in it the same page has the same bytes.
    packed = gzip.compress(data, 6, mtime=0) if len(data) >= COMPRESSED_FROM else b""
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'.encode()
    media = media_type.encode()
    return CachedPage(
        status, media, data, packed, etag, until, problem, kind, name, view, withheld, newer, note
    )


class PageCache:
    """Answers by key; for one thread."""

    def __init__(self, limit: int = DEFAULT_BYTES) -> None:
        self._limit = limit
        self._size = 0
        self._kept: OrderedDict[object, CachedPage] = OrderedDict()

    def get(self, key: object) -> CachedPage | None:
        """The answer of that key, however old."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: object, answer: CachedPage) -> None:
        """Keep an answer, unless it alone takes more than a quarter of the shelf."""
        before = self._kept.pop(key, None)
        if before is not None:
            self._size -= _size(before)
        size = _size(answer)
        if size > self._limit // 4:
            return
        self._kept[key] = answer
        self._size += size
        while self._size > self._limit:
            _, dropped = self._kept.popitem(last=False)
            self._size -= _size(dropped)

    @property
    def size(self) -> int:
        """Bytes that are taken."""
        return self._size

    def __len__(self) -> int:
        return len(self._kept)


def _size(answer: CachedPage) -> int:
    return len(answer.body) + len(answer.packed) + OVERHEAD
