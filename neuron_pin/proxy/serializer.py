"""Listings as the simple repository protocol has them: JSON and HTML; pure.

PEP 503 and 691, with 592 (yanked), 629 (API version), 658 and 714 (metadata files), 700 (sizes,
upload times, versions), 708 (where the project is tracked from), 792 (status).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import quote

from neuron_pin.record import Enum
from neuron_pin.sources.index.project_page import ListedFile

from .project_detail import NEWER, ProjectDetail, ServedFile

FULL_API = "1.4"
BARE_API = "1.0"
"""From 1.1 on every file must state its size (PEP 700), which Neuron's index does not; the
newer keys are sent all the same, since PEP 691 has clients pass over what they do not know."""


class MediaType(Enum):
    """The forms of a page, by their media types."""

    JSON = "application/vnd.pypi.simple.v1+json"
    HTML = "application/vnd.pypi.simple.v1+html"
    PLAIN_HTML = "text/html"


_ALIASES = {
    "application/vnd.pypi.simple.latest+json": MediaType.JSON,
    "application/vnd.pypi.simple.latest+html": MediaType.HTML,
    "application/json": MediaType.JSON,
    "application/xhtml+xml": MediaType.PLAIN_HTML,
    **{form.value: form for form in MediaType},
}
MAX_ACCEPT = 2048
"""Characters of an Accept header that are looked at."""


@lru_cache(maxsize=256)
def negotiate(accept: str) -> MediaType | None:
    """The form that an Accept header asks for, none if it takes none of ours.

    Source: PEP 691, "Version + Format Selection"; RFC 9110, 12.5.1.  Without a header, and
    for whoever takes anything, plain HTML: so do the public index and PEP 503.
    """
    if not accept.strip():
        return MediaType.PLAIN_HTML
    best: tuple[float, int] | None = None
    found: MediaType | None = None
    for place, item in enumerate(accept[:MAX_ACCEPT].split(",")):
        kind, *parameters = (part.strip().lower() for part in item.split(";"))
        form = _ALIASES.get(kind)
        if form is None and kind in ("*/*", "text/*"):
            form = MediaType.PLAIN_HTML
        if form is None and kind == "application/*":
            form = MediaType.JSON
        weight = _weight(parameters)
        if form is not None and weight > 0 and (best is None or weight > best[0]):
            best, found = (weight, place), form
    return found


def _weight(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                weight = float(parameter[2:6])
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0


class FileUrls:
    """Where files are, as seen from a page that lies ``depth`` parts below the root.

    Addresses are relative, so that they hold behind whatever is put before the server.
    """

    def __init__(self, depth: int, passes: frozenset[str], has_metadata: frozenset[str]) -> None:
        """``passes`` are the names of files that are asked of us, ``has_metadata`` of those
        whose metadata we make."""
        self._up = "../" * depth
        self._passes = passes
        self._has_metadata = has_metadata

    def url(self, name: str, file: ListedFile) -> str:
        """Where a file is had."""
        if file.filename not in self._passes:
            return file.url
        # A plus is allowed in a path (RFC 3986), and simple-repository escapes escapes again.
        return f"{self._up}files/{name}/{quote(file.filename, safe='+')}"

    def metadata(self, file: ListedFile) -> dict[str, str] | bool | None:
        """PEP 714's value: hashes of the metadata file, whether there is one, none for no."""
        if file.metadata is not None:
            return dict(file.metadata) or True
        return True if file.filename in self._has_metadata else None


def render_json(listing: ProjectDetail, links: FileUrls) -> bytes:
    """A project's page as JSON."""
    document: dict[str, Any] = {
        "meta": {"api-version": _api(listing.entries)},
        "name": listing.name,
        "versions": listing.versions,
        "files": [_row(listing.name, entry.file, links) for entry in listing.entries],
    }
    if listing.tracks:
        document["meta"]["tracks"] = list(listing.tracks)
    if listing.alternates:
        document["alternate-locations"] = list(listing.alternates)
    if listing.status != "active":
        document["project-status"] = {"status": listing.status}
        if listing.reason:
            document["project-status"]["reason"] = listing.reason
    if listing.newer:
        # PEP 691: keys with an underscore are the server's own.
        document["_newer-than-facts"] = {
            "rule": NEWER.identifier,
            "facts": str(listing.facts),
            "versions": list(listing.newer),
        }
    return json.dumps(document, separators=(",", ":")).encode()


def _api(entries: Sequence[ServedFile]) -> str:
    return FULL_API if all(entry.file.size is not None for entry in entries) else BARE_API


def _row(name: str, file: ListedFile, links: FileUrls) -> dict[str, Any]:
    row: dict[str, Any] = {
        "filename": file.filename,
        "url": links.url(name, file),
        "hashes": dict(file.hashes),
    }
    if file.requires_python:
        row["requires-python"] = file.requires_python
    if file.size is not None:
        row["size"] = file.size
    if file.uploaded:
        row["upload-time"] = file.uploaded
    if file.yanked is not None:
        row["yanked"] = file.yanked or True
    metadata = links.metadata(file)
    if metadata is not None:
        # PEP 714: not by the older name, on which pip 22.3 to 23.0 breaks off.
        row["core-metadata"] = metadata
    return row


_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'"


def render_html(listing: ProjectDetail, links: FileUrls) -> bytes:
    """A project's page as HTML."""
    name = escape(listing.name)
    metas = [("pypi:repository-version", _api(listing.entries))]
    metas += [("pypi:tracks", address) for address in listing.tracks]
    metas += [("pypi:alternate-locations", address) for address in listing.alternates]
    if listing.status != "active":
        metas.append(("pypi:project-status", listing.status))
        if listing.reason:
            metas.append(("pypi:project-status-reason", listing.reason))
    rows = [_anchor(listing.name, entry.file, links) for entry in listing.entries]
    return _html(f"Links for {name}", metas, [f"<h1>Links for {name}</h1>", *rows])


def _anchor(name: str, file: ListedFile, links: FileUrls) -> str:
    url = links.url(name, file)
    digest = dict(file.hashes).get("sha256", "")
    algorithm = "sha256"
    if not digest and file.hashes:
        algorithm, digest = file.hashes[0]
    if digest:
        url += f"#{algorithm}={digest}"
    attributes = {"href": url}
    if file.requires_python:
        attributes["data-requires-python"] = file.requires_python
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    metadata = links.metadata(file)
    if metadata is not None:
        stated = metadata.get("sha256") if isinstance(metadata, dict) else None
        value = f"sha256={stated}" if stated else "true"
        attributes["data-core-metadata"] = attributes["data-dist-info-metadata"] = value
    written = " ".join(f'{key}="{escape(value)}"' for key, value in attributes.items())
    return f"<a {written}>{escape(file.filename)}</a><br>"


def render_names_json(names: Sequence[str]) -> bytes:
    """The list of projects as JSON."""
    document = {
        "meta": {"api-version": FULL_API},
        "projects": [{"name": name} for name in names],
    }
    return json.dumps(document, separators=(",", ":")).encode()


def render_names_html(names: Sequence[str]) -> bytes:
    """The list of projects as HTML."""
    rows = [f'<a href="{quote(name)}/">{escape(name)}</a><br>' for name in names]
    return _html("Simple index", [("pypi:repository-version", FULL_API)], rows)


def _html(title: str, metas: Sequence[tuple[str, str]], rows: Sequence[str]) -> bytes:
    lines = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        *(f'<meta name="{key}" content="{escape(value)}">' for key, value in metas),
        f"<title>{title}</title>",
        "</head>",
        "<body>",
        *rows,
        "</body>",
        "</html>",
        "",
    ]
    return "\n".join(lines).encode()
