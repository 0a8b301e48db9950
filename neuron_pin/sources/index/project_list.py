"""The list of an index's projects (PEP 503 and 691): names, and nothing else."""

from __future__ import annotations

import json
import re
from html import unescape
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.http.urls import is_address

MAX_NAMES = 3_000_000
"""More than four times what the public index has."""

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
"""PEP 508's names, and no longer ones than the public index has."""

_ANCHOR = re.compile(rb"<a\s[^>]{0,2000}?href\s*=\s*[\"']([^\"'>]{1,1000})[\"']", re.IGNORECASE)


def is_name(text: str) -> bool:
    """Whether a text can be a project's name (PEP 508)."""
    return _NAME.fullmatch(text) is not None


def parse_names(data: bytes, content_type: str, address: str) -> list[str]:
    """The projects that an index lists, as it writes them; what is no name is passed over.

    Raises `SourceFailed` for what is no such list.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.endswith("+json") or kind == "application/json":
        found = _json_names(data, address)
    elif kind in ("text/html", "application/xhtml+xml", "application/vnd.pypi.simple.v1+html"):
        hrefs = (unescape(href.decode("utf-8", "replace")) for href in _ANCHOR.findall(data))
        paths = (urlsplit(href).path.rstrip("/") for href in hrefs if is_address(href))
        found = [unquote(path.rpartition("/")[2]) for path in paths]
    else:
        raise SourceFailed(address, f"is {kind[:60] or 'of no type'}, not a list of projects")
    if len(found) > MAX_NAMES:
        raise SourceFailed(address, f"lists {len(found)} projects, more than {MAX_NAMES}")
    return [name for name in found if is_name(name)]


def _json_names(data: bytes, address: str) -> list[str]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise SourceFailed(address, f"is not JSON: {error}") from None
    rows = document.get("projects") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise SourceFailed(address, "is JSON, but not a list of projects (PEP 691)")
    found = (row.get("name") for row in rows if isinstance(row, dict))
    return [name for name in found if isinstance(name, str)]
