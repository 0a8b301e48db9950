"""Fetching bytes: over HTTP with a cache of validators, from the disk, or from the cache alone.

Every read is bounded in bytes and time.  An answer counts as fresh for as long as its
``Cache-Control`` says, ten minutes where it says nothing (what the public index itself
sends); then it is asked about with its validators (RFC 9111).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple
from neuron_pin.reporter import SILENT, Reporter

from .record_cache import MAX_FRESH, is_fresh
from .record_cache import keep as keep_bytes
from .transport import Access, Answer, Limits, Transport
from .urls import redact_url

if TYPE_CHECKING:
    from .write_queue import WriteQueue

DEFAULT_FRESH = 600
"""Seconds for which an answer without ``Cache-Control`` is fresh."""

BLOCK = 16 * 1024
"""Bytes that are read at once: so many may have come without being counted yet."""


class Response(NamedTuple):
    """What an address gave: bytes, their type, and where redirects ended."""

    data: bytes
    content_type: str
    url: str
    fresh_until: float


class NotFound(Exception):
    """The address says that there is nothing (404, 410, no such file)."""


class NotCached(SourceFailed):
    """Offline, and the cache has no answer for the address."""

    def __init__(self, url: str) -> None:
        super().__init__(
            url, "not in the cache, and --offline was given", hint="run it once online"
        )


def cannot_read(url: str, error: OSError | ValueError) -> SourceFailed:
    """What is said of a file on the disk that does not open; `ValueError` is of a name that no
    file can have."""
    return SourceFailed(url, f"cannot be read: {getattr(error, 'strerror', None) or error}")


class Fetcher:
    """Reads addresses; one for a run.  Threads may share it."""

    def __init__(
        self,
        folder: str,
        *,
        offline: bool = False,
        refresh: bool = False,
        access: Access = Access(),  # noqa: B008 - a value, never changed
        limits: Limits = Limits(),  # noqa: B008 - a value, never changed
        hosts: frozenset[str] | None = None,
        now: float | None = None,
        clock: Callable[[], float] = time.time,
        reporter: Reporter = SILENT,
        queue: WriteQueue | None = None,
    ) -> None:
        """``hosts`` are the only ones that may be asked, none for any.  ``now`` holds the clock
        still: one run sees one time.  ``queue`` writes what is kept; none for at once."""
        self.folder = folder
        self.offline = offline
        self.refresh = refresh
        self.queue = queue
        self._now, self._clock = now, clock
        self._transport = Transport(access, limits, hosts, reporter)

    @property
    def now(self) -> float:
        """The time by which answers are fresh, in seconds since the epoch."""
        return self._clock() if self._now is None else self._now

    def close(self) -> None:
        """Drop the connections, and write what is kept."""
        self._transport.close()
        if self.queue is not None:
            self.queue.close()

    def prepare(self, urls: Iterable[str]) -> None:
        """Read the certificates and what else the first request to addresses would wait for;
        raises `SourceFailed` for certificates that are none."""
        self._transport.prepare(urls)

    def check(self, url: str) -> None:
        """Raises `SourceFailed` for an address that may not be asked."""
        self._transport.check(url)

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        limit: int,
        check: Callable[[Response], None] = lambda answer: None,
        keep: bool = True,
    ) -> Response:
        """The bytes at an address, at most ``limit``; not kept for later without ``keep``.

        ``check`` is called with the answer, once, before anything of it is kept, and raises
        `SourceFailed` for one that must not be.  Raises `NotFound`, or `SourceFailed` with
        the address and what went wrong.
        """
        answer, keep_it = self._obtain(url, accept, limit)
        check(answer)
        if keep:
            keep_it()
        return answer

    def kept(self, url: str, *, accept: str = "*/*") -> Response | None:
        """What the cache has of an address, however old."""
        found = None if url.startswith("file:") else self._read_kept(self._path(url, accept))
        return _make_response(found) if found is not None else None

    def _obtain(self, url: str, accept: str, limit: int) -> tuple[Response, Callable[[], None]]:
        """An answer, and what puts it into the cache."""
        if url.startswith("file:"):
            return self._read_file(url, limit), _nothing
        self._transport.check(url)
        path = self._path(url, accept)
        kept = self._read_kept(path)
        if kept is not None and (
            self.offline or (not self.refresh and is_fresh(kept[0]["until"], self.now))
        ):
            return _make_response(kept), _nothing
        if self.offline:
            raise NotCached(redact_url(url))
        headers = {"Accept": accept}
        if kept is not None:
            if kept[0].get("etag"):
                headers["If-None-Match"] = kept[0]["etag"]
            if kept[0].get("modified"):
                headers["If-Modified-Since"] = kept[0]["modified"]
        with self._transport.open(url, headers) as response:
            until = self.now + _fresh_seconds(response.headers.get("Cache-Control", ""))
            is_asked = "If-None-Match" in headers or "If-Modified-Since" in headers
            if response.status == 304 and kept is not None and is_asked:
                head, data = {**kept[0], "until": until}, kept[1]
                return _make_response((head, data)), lambda: self._keep(path, head, data)
            self._check(response, url)
            data = self._body(response, url, limit)
            head = {
                "url": redact_url(response.url),
                "type": response.headers.get("Content-Type", ""),
                "etag": response.headers.get("ETag", ""),
                "modified": response.headers.get("Last-Modified", ""),
                "until": until,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            if "no-store" in response.headers.get("Cache-Control", ""):
                return _make_response((head, data)), _nothing
            return _make_response((head, data)), lambda: self._keep(path, head, data)

    def get_range(self, url: str, first: int | None, last: int) -> tuple[bytes, int] | None:
        """Bytes ``first`` to ``last`` and the whole length, or the last ``last`` bytes.

        None if the server does not serve ranges, or serves others than it was asked for.
        Not cached: what is made of it is.
        """
        self._transport.check(url)
        if self.offline:
            raise NotCached(redact_url(url))
        from urllib3.exceptions import HTTPError

        wanted = f"bytes={'' if first is None else first}-{last}"
        headers = {"Range": wanted, "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
        with self._transport.open(url, headers) as response:
            if response.status in (200, 416, 501):
                return None
            self._check(response, url)
            stated = re.fullmatch(
                r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", response.headers.get("Content-Range", "")
            )
            if response.status != 206 or stated is None:
                return None
            start, end, length = (int(number) for number in stated.groups())
            if not _is_wanted(first, last, start, end, length):
                return None
            data = b""
            with contextlib.suppress(HTTPError, SourceFailed):
                data = self._body(response, url, end - start + 1)
            return (data, length) if len(data) == end - start + 1 else None

    @contextlib.contextmanager
    def stream(self, url: str, limit: int) -> Iterator[tuple[int | None, Iterator[bytes]]]:
        """A whole file as it comes, at most ``limit`` bytes, and its length where the server
        states one; raises `NotFound` or `SourceFailed`, also while it is read."""
        self._transport.check(url)
        if self.offline:
            raise NotCached(redact_url(url))
        # Without this a file that is itself compressed might be unpacked on the way.
        headers = {"Accept-Encoding": "identity"}
        seconds = self._transport.limits.download
        with self._transport.open(url, headers, seconds) as response:
            self._check(response, url)
            stated = response.headers.get("Content-Length", "")
            length = int(stated) if re.fullmatch(r"[0-9]{1,18}", stated) else None
            if length is not None and length > limit:
                raise SourceFailed(redact_url(url), f"has {length} bytes, more than {limit}")
            yield length, self._chunks(response, url, limit)

    def download(self, url: str, target: Path, limit: int, *, sha256: str = "") -> None:
        """A whole file to the disk, at most ``limit`` bytes, with that digest if one is
        given; raises `SourceFailed`."""
        digest = hashlib.sha256()
        with self.stream(url, limit) as (_, chunks), target.open("wb") as stream:
            for chunk in chunks:
                digest.update(chunk)
                stream.write(chunk)
        if sha256 and digest.hexdigest() != sha256.lower():
            raise SourceFailed(redact_url(url), "does not have the hash that the index states")

    @staticmethod
    def _check(response: Answer, url: str) -> None:
        status = response.status
        if status in (404, 410):
            raise NotFound(redact_url(url))
        if status in (401, 403):
            raise SourceFailed(
                redact_url(url),
                f"refuses access (HTTP {status})",
                hint="name and password: in ~/.netrc, in a keyring, or in the address",
            )
        if status == 304:
            # What is kept without a validator may be of any age.
            raise SourceFailed(
                redact_url(url), "answers HTTP 304 (not modified) to a request without a validator"
            )
        if status not in (200, 206):
            raise SourceFailed(redact_url(url), f"answers HTTP {status}")

    def _body(self, response: Answer, url: str, limit: int) -> bytes:
        return b"".join(self._chunks(response, url, limit))

    @staticmethod
    def _chunks(response: Answer, url: str, limit: int) -> Iterator[bytes]:
        total = 0
        # Said so, since a chunked body is not unpacked otherwise.
        for chunk in response.body.stream(BLOCK, decode_content=True):
            total += len(chunk)
            if total > limit:
                raise SourceFailed(redact_url(url), f"sends more than {limit} bytes")
            yield chunk

    def _path(self, url: str, accept: str) -> str:
        digest = hashlib.sha256(f"{accept}\n{url}".encode()).hexdigest()
        return os.path.join(self.folder, "http", digest[:2], digest[2:])

    def _keep(self, path: str, head: dict[str, Any], data: bytes) -> None:
        keep_it = keep_bytes if self.queue is None else self.queue.put
        keep_it(path, json.dumps(head).encode() + b"\n" + data)

    def _read_kept(self, path: str) -> tuple[dict[str, Any], bytes] | None:
        """A kept answer, if it is whole; a damaged one counts as absent."""
        text = self.queue.get(path) if self.queue is not None else None
        if text is None:
            try:
                with open(path, "rb") as stream:
                    text = stream.read()
            except OSError:
                return None
        return _parse_kept(text)

    def _read_file(self, url: str, limit: int) -> Response:
        path = Path(unquote(urlsplit(url).path))
        try:
            if path.is_dir():
                page = path / "index.html"
                if not page.is_file():
                    return Response(_listing(path), "text/html", url.rstrip("/") + "/", 0.0)
                path, url = page, url.rstrip("/") + "/"
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
        except FileNotFoundError:
            raise NotFound(url) from None
        except (OSError, ValueError) as error:
            raise cannot_read(url, error) from None
        if len(data) > limit:
            raise SourceFailed(url, f"has more than {limit} bytes")
        kind = "application/json" if path.suffix == ".json" else "text/html"
        return Response(data, kind, url, 0.0)


def _nothing() -> None:
    """Nothing is to be kept."""


def _is_wanted(first: int | None, last: int, start: int, end: int, length: int) -> bool:
    """Whether a range (RFC 9110, 14.4) is the one that was asked for."""
    if not 0 <= start <= end < length:
        return False
    if first is None:
        return end == length - 1 and start == max(0, length - last)
    return start == first and end == min(last, length - 1)


def _listing(folder: Path) -> bytes:
    from html import escape
    from urllib.parse import quote

    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    return (
        "\n".join(f'<a href="{quote(name)}">{escape(name)}</a>' for name in names).encode()
        or b"<!-- -->"
    )


def _fresh_seconds(control: str) -> float:
    if "no-cache" in control or "no-store" in control:
        return 0.0
    match = re.search(r"max-age=(\d{1,9})", control)
    return float(min(int(match[1]), MAX_FRESH)) if match else float(DEFAULT_FRESH)


def _parse_kept(text: bytes) -> tuple[dict[str, Any], bytes] | None:
    head, _, data = text.partition(b"\n")
    try:
        values = json.loads(head)
    except (ValueError, RecursionError):
        return None
    if not isinstance(values, dict) or values.get("sha256") != hashlib.sha256(data).hexdigest():
        return None
    texts = (values.get(name) for name in ("url", "type", "etag", "modified"))
    if not all(isinstance(text, str) for text in texts):
        return None
    return (values, data) if isinstance(values.get("until"), (int, float)) else None


def _make_response(kept: tuple[dict[str, Any], bytes]) -> Response:
    head, data = kept
    return Response(data, head["type"], head["url"], head["until"])
