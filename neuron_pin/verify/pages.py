"""Project pages of a simple index: PEP 503 (HTML), PEP 691 (JSON), 592, 700, 714 and 792."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from neuron_pin.record import NamedTuple

from .addresses import without_credentials

MAX_PAGE = 64 * 1024 * 1024
MAX_FILES = 200_000
MAX_TAG = 8192
"""Characters of one tag that are read, and how many of its attributes."""
MAX_ATTRIBUTES = 20

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"


LINKS = {"https": ("https",), "http": ("https", "http"), "file": ("https", "http", "file")}
"""Where a page may lead, by its own connection: to no lesser one, and to a file of this machine
only from one."""


class NotAPage(Exception):
    """Bytes that are not a project page."""


class ListedFile(NamedTuple):
    """A file of a page; ``metadata`` says that its METADATA is served beside it, with the hashes
    stated for that.  ``yanked`` is none if it is not, else the reason."""

    filename: str
    url: str
    hashes: tuple[tuple[str, str], ...]
    size: int | None
    requires_python: str
    yanked: str | None
    metadata: tuple[tuple[str, str], ...] | None


class Page(NamedTuple):
    """A project's files and status (PEP 792), ``active`` where the index states none."""

    files: tuple[ListedFile, ...]
    status: str = "active"


def parse_page(data: bytes, url: str) -> Page:
    """Read the page of ``url``; raises `NotAPage`.

    What it lists over a lesser connection than its own is passed over.
    """
    if data.lstrip()[:1] != b"{":
        text = data.decode("utf-8", "replace")
        return Page(_safe(_anchors(text, url), url), _status(text))
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise NotAPage(f"{url}: is neither JSON nor HTML") from None
    rows = document.get("files")
    meta = document.get("meta")
    version = meta.get("api-version", "1.0") if isinstance(meta, dict) else "1.0"
    if not isinstance(rows, list) or not str(version).startswith("1."):
        raise NotAPage(f"{url}: is not a project page of version 1 (PEP 691)")
    if len(rows) > MAX_FILES:
        raise NotAPage(f"{url}: lists more than {MAX_FILES} files")
    status = document.get("project-status")
    word = status.get("status", "active") if isinstance(status, dict) else "active"
    files = (_row(row, url) for row in rows)
    return Page(_safe((file for file in files if file is not None), url), str(word))


def _safe(files: Iterable[ListedFile], url: str) -> tuple[ListedFile, ...]:
    allowed = LINKS.get(urlsplit(url).scheme, ())
    return tuple(file for file in files if urlsplit(file.url).scheme in allowed)


def _row(row: Any, base: str) -> ListedFile | None:
    """A file; none for a row that is not one."""
    if not isinstance(row, dict):
        return None
    filename, url = row.get("filename"), row.get("url")
    if not isinstance(filename, str) or not isinstance(url, str):
        return None
    size, yanked = row.get("size"), row.get("yanked", False)
    wanted = row.get("requires-python")
    metadata = row.get("core-metadata", row.get("dist-info-metadata"))
    return ListedFile(
        filename,
        _joined(base, url),
        _hashes(row.get("hashes")),
        size if isinstance(size, int) and not isinstance(size, bool) else None,
        wanted if isinstance(wanted, str) else "",
        None if yanked is False or yanked is None else yanked if isinstance(yanked, str) else "",
        _hashes(metadata) if metadata else None,
    )


def _hashes(value: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        return ()
    return tuple((n, d.lower()) for n, d in value.items() if isinstance(d, str))


def _joined(base: str, url: str) -> str:
    try:
        found = urljoin(base, url)
        urlsplit(found)
    except ValueError:
        return ""
    return without_credentials(found.partition("#")[0])


_ATTRIBUTE = re.compile(r"""[\s/]*([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]*)))?""")


def _tags(text: str, name: str) -> Iterator[dict[str, str]]:
    """The attributes of every start tag of that name, in time linear in the text."""
    for match in re.finditer(rf"<{name}[\s/]", text, re.IGNORECASE):
        place, end = match.end(), match.end() + MAX_TAG
        found: dict[str, str] = {}
        while len(found) < MAX_ATTRIBUTES:
            attribute = _ATTRIBUTE.match(text, place, end)
            if attribute is None:
                break
            value = next((group for group in attribute.groups()[1:] if group is not None), "")
            found.setdefault(attribute[1].lower(), unescape(value))
            place = attribute.end()
        yield found


def _anchors(text: str, base: str) -> Iterator[ListedFile]:
    for tag in _tags(text, "base"):
        base = _joined(base, tag.get("href", "")) or base
        break
    count = 0
    for tag in _tags(text, "a"):
        if "href" not in tag:
            continue
        count += 1
        if count > MAX_FILES:
            raise NotAPage(f"{base}: lists more than {MAX_FILES} files")
        url = _joined(base, tag["href"])
        stated = re.fullmatch(r"(\w+)=([0-9A-Fa-f]+)", tag["href"].partition("#")[2])
        metadata = tag.get("data-core-metadata", tag.get("data-dist-info-metadata"))
        served = re.fullmatch(r"(\w+)=([0-9A-Fa-f]+)", metadata or "")
        hashes = ((served[1], served[2].lower()),) if served else ()
        yield ListedFile(
            unquote(url.partition("?")[0].rpartition("/")[2]),
            url,
            ((stated[1], stated[2].lower()),) if stated else (),
            None,
            tag.get("data-requires-python", ""),
            tag.get("data-yanked"),
            hashes if metadata and metadata != "false" else None,
        )


def _status(text: str) -> str:
    for tag in _tags(text, "meta"):
        if tag.get("name") == "pypi:project-status":
            return tag.get("content", "active")
    return "active"
