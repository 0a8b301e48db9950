"""The simple repository protocol as types and pure functions; no HTTP here.

PEP 503 (HTML), PEP 691 (JSON), PEP 592 (yanked), PEP 629 (API version), PEP 658 and 714
(metadata files), PEP 700 (size, upload time), PEP 708 (the same project elsewhere), PEP 792
(status).  Bytes, a content type and
an address come in; both forms become the same types.
"""

from __future__ import annotations

import json
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.urls import resolve_url

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
)
"""What to ask for, JSON first (PEP 691, "Content negotiation")."""

MAX_PAGE_BYTES = 64 * 1024 * 1024
MAX_FILES = 200_000
MAX_NAME = 300
MAX_TRACKED = 20
MAX_TAG = 64 * 1024
"""Bounds on one project page; the largest real one has about 6 MB and 10,000 files."""


class ListedFile(NamedTuple):
    """One file of a project page.

    ``url`` is absolute, without fragment.  ``hashes`` are (algorithm, hex digest) pairs.
    ``yanked`` is the reason, none if not yanked.  ``metadata`` is none where no metadata
    file is served, else its hashes, possibly empty.  ``size`` is in bytes.
    """

    filename: str
    url: str
    hashes: tuple[tuple[str, str], ...]
    requires_python: str
    yanked: str | None
    metadata: tuple[tuple[str, str], ...] | None
    size: int | None
    uploaded: str = ""


class ProjectPage:
    """A project page.

    ``names`` are the names of its files.  A page has thousands, and few are looked at, so a
    file becomes a value when it is asked for.  ``status`` is PEP 792's: ``active``,
    ``archived``, ``quarantined`` or ``deprecated``, with the index's reason, if it gives one.
    ``tracked_indexes`` are the absolute addresses that the page tracks or names as alternate
    locations, ``alternates`` the latter alone (PEP 708).
    """

    def __init__(
        self,
        names: list[str],
        *,
        status: str = "active",
        reason: str = "",
        tracked_indexes: tuple[str, ...] = (),
        alternates: tuple[str, ...] = (),
    ) -> None:
        self.names = names
        self.status = status
        self.reason = reason
        self.tracked_indexes = tracked_indexes
        self.alternates = alternates

    def file(self, number: int) -> ListedFile:
        """The file of that number in ``names``."""
        raise NotImplementedError

    def yanked(self, number: int) -> str | None:
        """Why that file is yanked, none if it is not."""
        return self.file(number).yanked

    def uploaded(self, number: int) -> str:
        """When that file was uploaded."""
        return self.file(number).uploaded

    @property
    def files(self) -> list[ListedFile]:
        """All of them."""
        return [self.file(number) for number in range(len(self.names))]


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


class _HtmlProjectPage(ProjectPage):
    def __init__(self, files: list[ListedFile], **facts: Any) -> None:
        super().__init__([file.filename for file in files], **facts)
        self._files = files

    def file(self, number: int) -> ListedFile:
        return self._files[number]


def parse_page(data: bytes, content_type: str, address: str) -> ProjectPage:
    """A project page's files and status; raises `SourceFailed` for what is no such page.

    A page from the network does not point into this machine, nor one that came encrypted to
    an open connection: entries at ``file:``, and there at ``http:``, are none.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("+json") or kind == "application/json":
        return _parse_json(data, address)
    if kind in ("text/html", "application/xhtml+xml", "application/vnd.pypi.simple.v1+html"):
        return _parse_html(data, address)
    raise SourceFailed(address, f"is {kind[:60] or 'of no type'}, not a simple index page")


def _check_count(count: int, address: str) -> None:
    if count > MAX_FILES:
        raise SourceFailed(address, f"lists {count} files, more than {MAX_FILES}")


def _parse_json(data: bytes, address: str) -> ProjectPage:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceFailed(address, f"is not JSON: {error}") from None
    if not isinstance(document, dict) or not isinstance(document.get("files"), list):
        raise SourceFailed(address, "is JSON, but not a simple index page (PEP 691)")
    meta = document.get("meta")
    version = meta.get("api-version", "1.0") if isinstance(meta, dict) else "1.0"
    _check_api(str(version), address)
    _check_count(len(document["files"]), address)
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
        is_reachable = reachable.get(origin)
        if is_reachable is None:
            is_reachable = _is_reachable(url, address)
            if end > 0 and origin.startswith(("https://", "http://")):
                reachable[origin] = is_reachable
        if is_reachable:
            found.append(row)
    return found


def _is_reachable(url: str, address: str) -> bool:
    """Whether a page may point there: never to a lesser connection than its own."""
    if address.startswith("https://"):
        allowed: tuple[str, ...] = ("https://",)
    elif address.startswith("file:"):
        allowed = ("https://", "http://", "file:")
    else:
        allowed = ("https://", "http://")
    return resolve_url(address, url).startswith(allowed)


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


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: list[tuple[dict[str, str | None], list[str]]] = []
        self.base: str | None = None
        self.api = "1.0"
        self.status, self.reason = "active", ""
        self.tracked_indexes: list[str] = []
        self.alternates: list[str] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a" and values.get("href"):
            self.anchors.append((values, []))
            self._open = True
        elif tag == "base" and self.base is None and values.get("href"):
            self.base = values["href"]
        elif tag == "meta" and values.get("name") == "pypi:repository-version":
            self.api = values.get("content") or "1.0"
        elif tag == "meta" and values.get("name") == "pypi:project-status":
            self.status = values.get("content") or "active"
        elif tag == "meta" and values.get("name") == "pypi:project-status-reason":
            self.reason = values.get("content") or ""
        elif tag == "meta" and values.get("name") in ("pypi:tracks", "pypi:alternate-locations"):
            if len(self.tracked_indexes) < MAX_TRACKED:
                self.tracked_indexes.append(values.get("content") or "")
                if values.get("name") == "pypi:alternate-locations":
                    self.alternates.append(values.get("content") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = False

    def handle_data(self, data: str) -> None:
        if self._open and self.anchors:
            self.anchors[-1][1].append(data)


def _parse_html(data: bytes, address: str) -> ProjectPage:
    # The parser keeps what is not finished, and looks at all of it again with each letter.
    if any(len(piece) - piece.find(b"<") > MAX_TAG for piece in data.split(b">") if b"<" in piece):
        raise SourceFailed(address, f"has a tag of more than {MAX_TAG} bytes")
    text = data.decode("utf-8", errors="replace")
    if "<" not in text:
        raise SourceFailed(address, "is not HTML")
    parser = _Anchors()
    try:
        parser.feed(text)
        parser.close()
    except AssertionError:
        # So the library ends over marked sections of SGML that nobody knows.
        raise SourceFailed(address, "is not HTML that can be read") from None
    _check_api(parser.api, address)
    base = (resolve_url(address, parser.base) if parser.base else "") or address
    _check_count(len(parser.anchors), address)
    files = [
        file
        for values, _ in parser.anchors
        if (file := _anchor_file(values, base)) is not None and _is_reachable(file.url, address)
    ]
    return _HtmlProjectPage(
        files,
        status=parser.status,
        reason=parser.reason,
        tracked_indexes=tuple(resolve_url(base, url) for url in parser.tracked_indexes),
        alternates=tuple(resolve_url(base, url) for url in parser.alternates),
    )


def _anchor_file(values: dict[str, str | None], base: str) -> ListedFile | None:
    url, fragment = urldefrag(resolve_url(base, values["href"] or ""))
    # PEP 503: the text of the anchor is the file name; so is the last part of its path.
    filename = unquote(urlsplit(url).path.rpartition("/")[2])
    if not filename or len(filename) > MAX_NAME:
        return None
    algorithm, _, digest = fragment.partition("=")
    metadata = values.get("data-core-metadata", values.get("data-dist-info-metadata"))
    found: tuple[tuple[str, str], ...] | None = None
    if metadata is not None:
        name, _, value = metadata.partition("=")
        found = ((name, value),) if value else ()
    return ListedFile(
        filename,
        url,
        ((algorithm, digest),) if digest else (),
        values.get("data-requires-python") or "",
        (values["data-yanked"] or "") if "data-yanked" in values else None,
        found,
        None,
    )


def _check_api(version: str, address: str) -> None:
    # PEP 629: a client refuses a major version that it does not know.
    if version.partition(".")[0] != "1":
        raise SourceFailed(address, f"speaks version {version[:20]} of the simple API, not 1")


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
