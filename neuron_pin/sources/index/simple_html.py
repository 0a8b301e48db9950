"""Project pages in HTML (PEP 503), as Neuron's index has them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.http.urls import resolve_url

from .project_page import (
    MAX_NAME,
    MAX_TAG,
    MAX_TRACKED,
    ListedFile,
    ProjectPage,
    check_api,
    check_count,
    is_reachable,
)


class _HtmlProjectPage(ProjectPage):
    def __init__(self, files: list[ListedFile], **facts: Any) -> None:
        super().__init__([file.filename for file in files], **facts)
        self._files = files

    def file(self, number: int) -> ListedFile:
        return self._files[number]


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


def parse_html_page(data: bytes, address: str) -> ProjectPage:
    """A page's files and status; raises `SourceFailed` for what is no such page."""
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
    check_api(parser.api, address)
    base = (resolve_url(address, parser.base) if parser.base else "") or address
    check_count(len(parser.anchors), address)
    files = [
        file
        for values, _ in parser.anchors
        if (file := _anchor_file(values, base)) is not None and is_reachable(file.url, address)
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
