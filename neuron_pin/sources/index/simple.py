"""The simple repository protocol as types and pure functions; no HTTP here.

PEP 503 (HTML), PEP 691 (JSON), PEP 592 (yanked), PEP 629 (API version), PEP 658 and 714
(metadata files), PEP 700 (size, upload time), PEP 708 (the same project elsewhere), PEP 792
(status).  Bytes, a content type and
an address come in; both forms become the same types.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.urls import resolve_url

from .project_page import (
    MAX_NAME,
    MAX_TRACKED,
    ListedFile,
    ProjectPage,
    check_api,
    check_count,
    is_reachable,
)

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
)
"""What to ask for, JSON first (PEP 691, "Content negotiation")."""


class _JsonProjectPage(ProjectPage):
    def __init__(self, rows: list[dict[str, Any]], address: str, **facts: Any) -> None:
        super().__init__([row["filename"] for row in rows], **facts)
        self._rows, self._address = rows, address

    def file(self, number: int) -> ListedFile:
        return _json_file(self._rows[number], self._address)

    def yanked(self, number: int) -> str | None:
        return _yanked(self._rows[number])

    def uploaded(self, number: int) -> str:
        return _uploaded(self._rows[number])


def parse_page(data: bytes, content_type: str, address: str) -> ProjectPage:
    """A project page's files and status; raises `SourceFailed` for what is no such page.

    A page from the network does not point into this machine, nor one that came encrypted to
    an open connection: entries at ``file:``, and there at ``http:``, are none.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("+json") or kind == "application/json":
        return _parse_json(data, address)
    if kind in ("text/html", "application/xhtml+xml", "application/vnd.pypi.simple.v1+html"):
        # The library's parser takes as long to import as a small page to read, and most are JSON.
        from .simple_html import parse_html_page

        return parse_html_page(data, address)
    raise SourceFailed(address, f"is {kind[:60] or 'of no type'}, not a simple index page")


def _parse_json(data: bytes, address: str) -> ProjectPage:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceFailed(address, f"is not JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("files"), list):
        raise SourceFailed(address, "is JSON, but not a simple index page (PEP 691)")
    meta = document.get("meta")
    version = meta.get("api-version", "1.0") if isinstance(meta, dict) else "1.0"
    check_api(str(version), address)
    check_count(len(document["files"]), address)
    rows = _file_rows(document["files"], address)
    # PEP 708: where the project is elsewhere, and what it is here a copy of.
    tracks = meta.get("tracks") if isinstance(meta, dict) else None
    status = document.get("project-status")
    status = status if isinstance(status, dict) else {}
    alternates = _addresses(document.get("alternate-locations"), address)
    return _JsonProjectPage(
        rows,
        address,
        status=_text(status.get("status")) or "active",
        reason=_text(status.get("reason")),
        tracked_indexes=alternates + _addresses(tracks, address),
        alternates=alternates,
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _file_rows(rows: list[Any], address: str) -> list[dict[str, Any]]:
    """Those that are files to which a page may point."""
    # A page has thousands of files on one host or two, and whether an absolute address can be
    # taken apart, and may be reached, is decided before its path begins.
    reachable: dict[str, bool] = {}
    found = []
    for row in rows:
        if type(row) is not dict:
            continue
        filename, url = row.get("filename"), row.get("url")
        if type(filename) is not str or type(url) is not str or len(filename) > MAX_NAME:
            continue
        end = url.find("/", 8)
        origin = url[:end]
        allowed = reachable.get(origin)
        if allowed is None:
            allowed = is_reachable(url, address)
            if end > 0 and origin.startswith(("https://", "http://")):
                reachable[origin] = allowed
        if allowed:
            found.append(row)
    return found


def _addresses(value: Any, base: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(resolve_url(base, url) for url in value[:MAX_TRACKED] if isinstance(url, str))


def _json_file(row: dict[str, Any], address: str) -> ListedFile:
    # PEP 714: core-metadata, and the older name beside it for as long as indexes send it.
    metadata = row.get("core-metadata", row.get("dist-info-metadata", False))
    size, python = row.get("size"), row.get("requires-python")
    return ListedFile(
        row["filename"],
        resolve_url(address, row["url"]),
        _hashes(row.get("hashes")),
        python if isinstance(python, str) else "",
        _yanked(row),
        (_hashes(metadata) if metadata else None),
        size if isinstance(size, int) and size >= 0 else None,
        _uploaded(row),
    )


def _yanked(row: dict[str, Any]) -> str | None:
    yanked = row.get("yanked", False)
    return yanked if isinstance(yanked, str) else ("" if yanked is True else None)


def _uploaded(row: dict[str, Any]) -> str:
    uploaded = row.get("upload-time")
    return uploaded if isinstance(uploaded, str) and len(uploaded) < 40 else ""


def _hashes(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    if len(value) == 1 and isinstance(digest := value.get("sha256"), str):
        return (("sha256", digest),)
    return tuple(
        sorted((k, v) for k, v in value.items() if isinstance(k, str) and isinstance(v, str))
    )


class WheelName(NamedTuple):
    """A wheel's file name, taken apart (PEP 427); ``tags`` is its last part."""

    name: str
    version: str
    tags: str


def is_file_name(text: str) -> bool:
    """Whether a distribution's file may be called so (PEP 427, 503, 440): no space, no letter
    that another looks like, nothing that leads to another folder."""
    return text.isascii() and text.isprintable() and not ("/" in text or " " in text)


# All wheels of a page begin with one name, in one or two spellings.
_normalized = lru_cache(maxsize=64)(canonicalize_name)


def wheel_parts(filename: str) -> tuple[str, str, str] | None:
    """A wheel file name's normalized project, version and tags, or none if it is none."""
    if not filename.endswith(".whl") or not is_file_name(filename):
        return None
    parts = filename[:-4].split("-")
    count = len(parts)
    if count == 5:
        name, version, python, abi, platform = parts
    elif count == 6 and parts[2]:
        name, version, _, python, abi, platform = parts
    else:
        return None
    if not (name and version and python and abi and platform):
        return None
    if "_" in version:
        version = version.replace("_", "-")
    return _normalized(name), version, f"{python}-{abi}-{platform}"


def parse_wheel_name(filename: str) -> WheelName | None:
    """A wheel file name's parts, or none if it is no wheel's name."""
    parts = wheel_parts(filename)
    return WheelName(*parts) if parts else None


def parse_sdist_name(filename: str, project: str) -> str | None:
    """The version in a source distribution's file name, or none."""
    if not is_file_name(filename):
        return None
    for suffix in (".tar.gz", ".zip"):
        if filename.endswith(suffix):
            name, dash, version = filename[: -len(suffix)].rpartition("-")
            if dash and _normalized(name) == project:
                return version
    return None
