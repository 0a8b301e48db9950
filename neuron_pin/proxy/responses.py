"""How an answer that is kept warm is given to a client: conditional, compressed, dated.

The way that nearly every request takes, so it works on what ASGI hands over and makes nothing
that is not sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from neuron_pin.record import NamedTuple
from neuron_pin.report.frame import digest_script, read_asset

from .page_cache import CachedPage
from .serializer import MediaType, negotiate

if TYPE_CHECKING:
    from starlette.types import Scope

TEXT = "text/plain; charset=utf-8"
PAGE = "text/html; charset=utf-8"
BYTES = "application/octet-stream"
DAY = 86400

MAX_AGE = 600
"""Seconds for which a client may keep a page, as those of the public index."""

MAX_HOST = 300
"""Bytes of a Host header that are looked at."""

SAFE = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    f"script-src '{digest_script(read_asset('copy.js'))}'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
}
"""Headers of every answer: what an index has put into it is never run as ours."""

_SAFE = [(name.encode(), value.encode()) for name, value in SAFE.items()]
_FORM = b"format="


class RequestHeaders(NamedTuple):
    """What of a request's head decides about a page."""

    accept: str
    takes_gzip: bool
    etags: bytes
    agent: str
    host: str


class RawResponse(NamedTuple):
    """An answer as ASGI sends it."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


def read_headers(scope: Scope) -> RequestHeaders:
    """The headers that count, read in one go; of several of a name all of them do."""
    accept, encoding, etags, agent, host = b"", b"", b"", b"", b""
    for name, value in scope["headers"]:
        if name == b"accept":
            accept = accept + b"," + value if accept else value
        elif name == b"accept-encoding":
            encoding += value
        elif name == b"if-none-match":
            etags += value
        elif name == b"user-agent":
            agent = value
        elif name == b"host":
            host = value
    return RequestHeaders(
        accept.decode("latin-1"),
        b"gzip" in encoding,
        etags,
        agent.decode("latin-1"),
        host[:MAX_HOST].decode("latin-1"),
    )


def is_host(text: str) -> bool:
    """Whether a Host header is a name or an address with perhaps a port, which a page may show."""
    return (
        re.fullmatch(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?", text) is not None
    )


def is_browser(accept: str) -> bool:
    """Whether a person waits for an answer: browsers take XHTML, and no installer does."""
    return "application/xhtml+xml" in accept and "vnd.pypi" not in accept


def choose_media_type(scope: Scope, accept: str) -> MediaType | None:
    """The form of a page that a client asks for, none if it takes none of ours."""
    query: bytes = scope["query_string"]
    if _FORM in query:
        # PEP 691, "URL Parameter": for those who cannot send a header.
        from urllib.parse import parse_qs

        given = parse_qs(query.decode("latin-1"), max_num_fields=20).get("format")
        if given:
            return negotiate(given[-1])
    return negotiate(accept)


def build_response(found: CachedPage, asked: RequestHeaders, now: float) -> RawResponse:
    """An answer for a client; ``now`` is in seconds since the epoch."""
    headers = [
        (b"etag", found.etag),
        (b"vary", b"Accept, Accept-Encoding"),
        *_SAFE,
        (b"cache-control", _cache_control(found, now)),
    ]
    if found.problem:
        # RFC 7234, 5.5.1: clients that know these warnings show them.
        message = found.problem.replace('"', "'").encode("ascii", "replace")[:300]
        headers.append((b"warning", b'110 neuron-pin "Response is stale: ' + message + b'"'))
    if found.status == 200 and found.etag in asked.etags:
        return RawResponse(304, headers, b"")
    body = found.body
    if found.packed and asked.takes_gzip:
        body = found.packed
        headers.append((b"content-encoding", b"gzip"))
    headers.append((b"content-type", found.media_type))
    headers.append((b"content-length", b"%d" % len(body)))
    return RawResponse(found.status, headers, body)


def _cache_control(found: CachedPage, now: float) -> bytes:
    if found.problem:
        return b"no-cache"
    return b"max-age=%d" % (found.max_age or max(0, min(MAX_AGE, int(found.until - now))))
