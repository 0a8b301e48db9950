"""The vendor's repository on GitHub: which commit is the newest, which files it has, and those of
them that are needed.

The commit's name is an answer of a few bytes with an ETag, so that looking costs next to nothing.
Each file is compared with the digest that git knows it by.  Source: GitHub's REST API, "Get a
commit" with the media type ``application/vnd.github.sha``, and "Get a tree".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from urllib.parse import quote

from neuron_pin.catalog.facts_age import PUBLISHED
from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.client import Fetcher, NotFound
from neuron_pin.sources.http.record_cache import RecordCache

from .layout import (
    CHARTS,
    MAX_FILES,
    READ_AT_ONCE,
    Allowance,
    Place,
    find_place,
    is_known_page,
    is_safe,
)

API = "https://api.github.com/repos"
RAW = "https://raw.githubusercontent.com"
MAX_TREE = 32 * 1024 * 1024
MAX_CHARTS = 4 * 1024 * 1024
"""Bytes of a list of files, of which GitHub itself ends one at 7 MB, and of one of releases."""


class _File(NamedTuple):
    path: str
    digest: str
    place: Place


def find_commit(repository: str, fetcher: Fetcher) -> str:
    """The newest commit of the default branch, in hexadecimal; raises `SourceFailed`."""
    url = f"{API}/{_name(repository)}/commits/HEAD"
    answer = _get(fetcher, url, 200, accept="application/vnd.github.sha")
    text = answer.decode("ascii", "replace").strip()
    if not re.fullmatch(r"[0-9a-f]{40}(?:[0-9a-f]{24})?", text):
        raise SourceFailed(url, "does not name a commit")
    return text


def fetch_files(
    repository: str,
    commit: str,
    fetcher: Fetcher,
    known_pages: Collection[str],
    cache: RecordCache,
) -> dict[str, bytes]:
    """The manifest and the pages of a commit that are not known, by where they go below
    ``vendor``; raises `SourceFailed`."""
    from concurrent.futures import ThreadPoolExecutor

    wanted = _list_files(repository, commit, fetcher, known_pages)
    allowance = Allowance(repository)

    def fetch(file: _File) -> bytes:
        return allowance.take(_fetch(repository, commit, file, fetcher, cache))

    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        texts = pool.map(fetch, wanted)
        return {file.place.path: text for file, text in zip(wanted, texts, strict=True)}


def fetch_charts(repository: str, fetcher: Fetcher) -> dict[str, bytes]:
    """The releases of the Helm chart, which has a repository of its own beside the vendor's other
    one; nothing where there is none.  Raises `SourceFailed`."""
    owner = _name(repository).partition("/")[0]
    url = f"{API}/{owner}/neuron-helm-charts/releases?per_page=100"
    try:
        answer = fetcher.get(url, accept="application/vnd.github+json", limit=MAX_CHARTS)
    except NotFound:
        return {}
    return {CHARTS: answer.data}


def _list_files(
    repository: str, commit: str, fetcher: Fetcher, known_pages: Collection[str]
) -> list[_File]:
    url = f"{API}/{_name(repository)}/git/trees/{commit}?recursive=1"
    data = _get(fetcher, url, MAX_TREE, accept="application/vnd.github+json")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise SourceFailed(url, "is not JSON") from None
    rows = document.get("tree") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise SourceFailed(url, "is not a list of files")
    if document.get("truncated"):
        raise SourceFailed(
            url, "is not the whole list", hint="fetch an archive, and name it as feed: file://…"
        )
    found = []
    for row in rows:
        path = row.get("path") if isinstance(row, dict) else None
        if not isinstance(path, str) or not path.startswith(PUBLISHED):
            continue
        place = find_place(path)
        if place is None or is_known_page(path, known_pages):
            continue
        digest = row.get("sha")
        is_file = row.get("type") == "blob" and str(row.get("mode")).startswith("100")
        if not is_safe(path) or not is_file or not isinstance(digest, str):
            raise SourceFailed(url, f"lists {path[:100]!r}, which is not a regular file")
        found.append(_File(path, digest, place))
    if len(found) > MAX_FILES:
        raise SourceFailed(url, f"lists more than {MAX_FILES} pages")
    return found


def _fetch(
    repository: str, commit: str, file: _File, fetcher: Fetcher, cache: RecordCache
) -> bytes:
    """A file, from the cache where it was fetched for an earlier commit."""
    kept = cache.load("feeds", file.digest)
    if kept and isinstance(kept[0], str):
        data = kept[0].encode()
        if _git_digest(data, file.digest) == file.digest:
            return data
    url = f"{RAW}/{_name(repository)}/{commit}/{quote(file.path)}"
    data = _get(fetcher, url, file.place.limit, keep=False)
    if _git_digest(data, file.digest) != file.digest:
        raise SourceFailed(url, "is not the file that the repository's list states")
    if file.path.endswith(".rst"):
        cache.save("feeds", file.digest, [data.decode("utf-8", "replace")])
    return data


def _git_digest(data: bytes, like: str) -> str:
    """git's name of a file with that content, by the algorithm of a name that is known."""
    whole = b"blob %d\0" % len(data) + data
    if len(like) == 64:
        return hashlib.sha256(whole).hexdigest()
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()


def _get(
    fetcher: Fetcher, url: str, limit: int, *, accept: str = "*/*", keep: bool = True
) -> bytes:
    try:
        return fetcher.get(url, accept=accept, limit=limit, keep=keep).data
    except NotFound:
        raise SourceFailed(url, "is not there") from None


def _name(repository: str) -> str:
    return "/".join(repository.rsplit("/", 2)[1:])
