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
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

from neuron_pin.errors import SourceFailed

from .cache import keep

if TYPE_CHECKING:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

DEFAULT_FRESH = 600
"""Seconds for which an answer without ``Cache-Control`` is fresh."""

TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two reads."""

MAX_SECONDS = 900.0
"""Seconds that one answer may take as a whole."""

RETRIES = 3
MAX_RETRY_AFTER = 30.0
CONNECTIONS = 16


class Answer(NamedTuple):
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


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """An address without its user name and password, and those two (RFC 3986, 3.2.1)."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, None
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    return redacted(url), (unquote(user), unquote(password))


def redacted(url: str) -> str:
    """An address without user name and password, fit to be printed."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class Fetcher:
    """Reads addresses; one for a run.  Threads may share it."""

    def __init__(
        self,
        folder: str,
        *,
        offline: bool = False,
        refresh: bool = False,
        cert: str | None = None,
        credentials: Mapping[str, tuple[str, str]] | None = None,
        now: float | None = None,
    ) -> None:
        self.folder = folder
        self.offline = offline
        self.refresh = refresh
        self.now = time.time() if now is None else now
        self._cert = cert
        # By host and port; never sent to another host, redirects included.
        self._credentials = dict(credentials or {})
        self._session: requests.Session | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Drop the connections."""
        if self._session is not None:
            self._session.close()

    def get(self, url: str, *, accept: str = "*/*", limit: int) -> Answer:
        """The bytes at an address, at most ``limit``.

        Raises `NotFound`, or `SourceFailed` with the address and what went wrong.
        """
        if url.startswith("file:"):
            return self._read_file(url, limit)
        _check_scheme(url)
        path = self._path(url, accept)
        kept = _read_kept(path)
        if kept is not None and (
            self.offline or (not self.refresh and kept[0]["until"] > self.now)
        ):
            return _answer(kept)
        if self.offline:
            raise NotCached(redacted(url))
        headers = {"Accept": accept}
        if kept is not None:
            if kept[0].get("etag"):
                headers["If-None-Match"] = kept[0]["etag"]
            if kept[0].get("modified"):
                headers["If-Modified-Since"] = kept[0]["modified"]
        with self._request(url, headers) as response:
            until = self.now + _fresh_seconds(response.headers.get("Cache-Control", ""))
            if response.status_code == 304 and kept is not None:
                head = {**kept[0], "until": until}
                self._keep(path, head, kept[1])
                return _answer((head, kept[1]))
            self._check(response, url)
            data = self._body(response, url, limit)
            head = {
                "url": redacted(response.url),
                "type": response.headers.get("Content-Type", ""),
                "etag": response.headers.get("ETag", ""),
                "modified": response.headers.get("Last-Modified", ""),
                "until": until,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            if "no-store" not in response.headers.get("Cache-Control", ""):
                self._keep(path, head, data)
            return _answer((head, data))

    def get_range(self, url: str, first: int | None, last: int) -> tuple[bytes, int] | None:
        """Bytes ``first`` to ``last`` and the whole length, or the last ``last`` bytes.

        None if the server does not serve ranges; nothing but headers is read then.  Not
        cached: what is made of it is.
        """
        _check_scheme(url)
        if self.offline:
            raise NotCached(redacted(url))
        wanted = f"bytes={'' if first is None else first}-{last}"
        headers = {"Range": wanted, "Accept-Encoding": "identity", "Cache-Control": "no-cache"}
        with self._request(url, headers) as response:
            if response.status_code in (200, 416, 501):
                return None
            self._check(response, url)
            stated = re.fullmatch(
                r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("Content-Range", "")
            )
            if response.status_code != 206 or stated is None:
                return None
            start, end, length = (int(number) for number in stated.groups())
            if first is not None and (start != first or end > last):
                raise SourceFailed(redacted(url), f"answers the range {wanted} with {stated[0]}")
            data = self._body(response, url, end - start + 1)
            if len(data) != end - start + 1:
                raise SourceFailed(redacted(url), "sends less than the range that it states")
            return data, length

    def download(self, url: str, target: Path, limit: int) -> None:
        """A whole file to the disk, at most ``limit`` bytes."""
        _check_scheme(url)
        if self.offline:
            raise NotCached(redacted(url))
        with self._request(url, {}) as response, target.open("wb") as stream:
            self._check(response, url)
            for chunk in self._chunks(response, url, limit):
                stream.write(chunk)

    # -----------------------------------------------------------------------------------

    def _http(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                import requests
                from urllib3.response import BaseHTTPResponse
                from urllib3.util import Retry

                from neuron_pin import __version__

                class Bounded(Retry):
                    """A hostile server must not put us to sleep."""

                    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
                        wanted = super().get_retry_after(response)
                        return None if wanted is None else min(wanted, MAX_RETRY_AFTER)

                retry = Bounded(
                    total=RETRIES,
                    backoff_factor=0.3,
                    status_forcelist=(429, 500, 502, 503, 504),
                    allowed_methods=("GET",),
                    respect_retry_after_header=True,
                    raise_on_status=False,
                )
                session = requests.Session()
                session.headers["User-Agent"] = f"neuron-pin/{__version__}"
                session.max_redirects = 10
                adapter = _adapter(self._cert, max_retries=retry)
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                self._session = session
            return self._session

    @contextlib.contextmanager
    def _request(self, url: str, headers: dict[str, str]) -> Iterator[requests.Response]:
        session = self._http()
        import requests

        try:
            with session.get(
                url,
                headers=headers,
                stream=True,
                timeout=TIMEOUT,
                auth=self._credentials.get(urlsplit(url).netloc),
            ) as response:
                if urlsplit(url).scheme == "https" and not response.url.startswith("https:"):
                    raise SourceFailed(redacted(url), "redirects from https to an open connection")
                yield response
        except (requests.RequestException, OSError) as error:
            raise SourceFailed(
                redacted(url),
                _problem(error),
                hint="--offline answers from the catalogue and what is in the cache",
            ) from None

    @staticmethod
    def _check(response: requests.Response, url: str) -> None:
        status = response.status_code
        if status in (404, 410):
            raise NotFound(redacted(url))
        if status in (401, 403):
            raise SourceFailed(redacted(url), f"refuses access (HTTP {status})")
        if status not in (200, 206):
            raise SourceFailed(redacted(url), f"answers HTTP {status}")

    def _body(self, response: requests.Response, url: str, limit: int) -> bytes:
        return b"".join(self._chunks(response, url, limit))

    @staticmethod
    def _chunks(response: requests.Response, url: str, limit: int) -> Iterator[bytes]:
        total, deadline = 0, time.monotonic() + MAX_SECONDS
        for chunk in response.iter_content(65536):
            total += len(chunk)
            if total > limit:
                raise SourceFailed(redacted(url), f"sends more than {limit} bytes")
            if time.monotonic() > deadline:
                raise SourceFailed(redacted(url), f"takes more than {MAX_SECONDS:.0f} s")
            yield chunk

    def _path(self, url: str, accept: str) -> str:
        digest = hashlib.sha256(f"{accept}\n{url}".encode()).hexdigest()
        return os.path.join(self.folder, "http", digest[:2], digest[2:])

    @staticmethod
    def _keep(path: str, head: dict[str, Any], data: bytes) -> None:
        keep(path, json.dumps(head).encode() + b"\n" + data)

    def _read_file(self, url: str, limit: int) -> Answer:
        path = Path(unquote(urlsplit(url).path))
        try:
            if path.is_dir():
                page = path / "index.html"
                if not page.is_file():
                    return Answer(_listing(path), "text/html", url.rstrip("/") + "/", 0.0)
                path, url = page, url.rstrip("/") + "/"
            with path.open("rb") as stream:
                data = stream.read(limit + 1)
        except FileNotFoundError:
            raise NotFound(url) from None
        except OSError as error:
            raise SourceFailed(url, f"cannot be read: {error.strerror}") from None
        if len(data) > limit:
            raise SourceFailed(url, f"has more than {limit} bytes")
        kind = "application/json" if path.suffix == ".json" else "text/html"
        return Answer(data, kind, url, 0.0)


def _adapter(cert: str | None, *, max_retries: Retry) -> HTTPAdapter:
    """An adapter whose connections share one TLS context.

    Left alone, every new connection reads the certificate authorities again, which costs
    more than its handshake.
    """
    import ssl

    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    bundle = cert or next(
        (os.environ[name] for name in _BUNDLES if os.environ.get(name)), DEFAULT_CA_BUNDLE_PATH
    )
    try:
        context = ssl.create_default_context(cafile=bundle)
    except (OSError, ssl.SSLError) as error:
        raise SourceFailed(bundle, f"holds no certificates: {error}") from None

    class Shared(HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, ssl_context=context, **options)

        def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
            return super().proxy_manager_for(*arguments, ssl_context=context, **options)

        def build_connection_pool_key_attributes(
            self, request: Any, verify: Any, cert: Any = None
        ) -> Any:
            host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
            pool.pop("ca_certs", None)
            pool.pop("ca_cert_dir", None)
            return host, pool

        def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]
            conn.ca_certs = conn.ca_cert_dir = None

    return Shared(pool_connections=CONNECTIONS, pool_maxsize=CONNECTIONS, max_retries=max_retries)


_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def _check_scheme(url: str) -> None:
    if urlsplit(url).scheme not in ("http", "https"):
        raise SourceFailed(redacted(url), "is neither http, https nor file")


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
    return float(min(int(match[1]), 86400)) if match else float(DEFAULT_FRESH)


def _read_kept(path: str) -> tuple[dict[str, Any], bytes] | None:
    """A kept answer, if it is whole; a damaged one counts as absent."""
    try:
        with open(path, "rb") as stream:
            text = stream.read()
        head, _, data = text.partition(b"\n")
        values = json.loads(head)
    except (OSError, ValueError):
        return None
    if not isinstance(values, dict) or values.get("sha256") != hashlib.sha256(data).hexdigest():
        return None
    return values, data


def _answer(kept: tuple[dict[str, Any], bytes]) -> Answer:
    head, data = kept
    return Answer(data, head["type"], head["url"], head["until"])


def _problem(error: Exception) -> str:
    """The reason inside the layers of an HTTP library's error."""
    text = str(error)
    for pattern, words in (
        (r"NameResolutionError|getaddrinfo|Name or service", "its host name cannot be resolved"),
        (r"Connection refused", "the connection was refused"),
        (r"CERTIFICATE_VERIFY_FAILED", "its certificate cannot be verified"),
        (r"timed out|Timeout", "it does not answer in time"),
        (r"too many redirects|Exceeded \d+ redirects", "it redirects without end"),
        (r"RemoteDisconnected|Connection aborted|IncompleteRead|reset by peer", "it broke off"),
        (r"No connection adapters", "it redirects to an address that is not HTTP"),
    ):
        if re.search(pattern, text):
            return words
    return f"{type(error).__name__}: {text[:200]}"
