"""What a cache holds, and how it is emptied."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator

from neuron_pin.record import NamedTuple

from .record_cache import PACKED, PACKS
from .record_pack import merge_packs, open_packs

KINDS = (
    "core-metadata",
    "feeds",
    "files",
    "http",
    "locks",
    "metadata",
    "projects",
    "seen",
    "wheels",
)
MAX_AGE = 30 * 24 * 3600
"""Seconds after which a file that nobody wrote anew is stale."""


class Content(NamedTuple):
    """How many files, or records that share files, and how many bytes."""

    files: int
    size: int


def measure(folder: str) -> dict[str, Content]:
    """What a cache holds, by kind."""
    found = {}
    for kind in KINDS:
        sizes = [os.stat(path).st_size for path in _walk(os.path.join(folder, kind))]
        found[kind] = Content(len(sizes), sum(sizes))
    packs = open_packs(os.path.join(folder, PACKS))
    for entry in (entry for pack in packs for entry in pack.entries()):
        kind, size = PACKED[entry.kind], len(entry.hot) + len(entry.cold)
        found[kind] = Content(found[kind].files + 1, found[kind].size + size)
    return found


def prune(folder: str) -> Content:
    """Remove what is older than `MAX_AGE`, and what an interrupted run left half-written."""
    before = time.time() - MAX_AGE
    removed = _remove(
        path
        for kind in (*KINDS, PACKS)
        for path in _walk(os.path.join(folder, kind))
        if os.path.basename(path).startswith(".") or os.stat(path).st_mtime < before
    )
    place = os.path.join(folder, PACKS)
    size = sum(pack.size for pack in open_packs(place))
    records = 0
    with contextlib.suppress(OSError):
        records = merge_packs(place, since=int(before * 1e9), everything=True)
    left = sum(pack.size for pack in open_packs(place))
    return Content(removed.files + records, removed.size + max(size - left, 0))


def clear(folder: str) -> Content:
    """Remove everything that this program keeps; nothing else in the folder is touched."""
    return _remove(path for kind in (*KINDS, PACKS) for path in _walk(os.path.join(folder, kind)))


def _remove(paths: Iterable[str]) -> Content:
    files = size = 0
    for path in list(paths):
        with contextlib.suppress(FileNotFoundError):
            weight = os.stat(path).st_size
            os.unlink(path)
            files, size = files + 1, size + weight
    return Content(files, size)


def _walk(folder: str) -> Iterator[str]:
    for parent, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(parent, name)
