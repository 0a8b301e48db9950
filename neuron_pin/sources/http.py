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
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

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


class Access(NamedTuple):
    """How hosts are reached: files of certificate authorities and of a client's certificate
    (PEM), a proxy's address, and names and passwords by host and port."""

    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    credentials: Mapping[str, tuple[str, str]] = {}


class Fetcher:
    """Reads addresses; one for a run.  Threads may share it."""

    def __init__(
        self,
        folder: str,
        *,
        offline: bool = False,
        refresh: bool = False,
        access: Access = Access(),  # noqa: B008 - a value, never changed
        now: float | None = None,
    ) -> None:
        self.folder = folder
        self.offline = offline
        self.refresh = refresh
        self.now = time.time() if now is None else now
        self._access = access
        # Never sent to another host, redirects included.
        self._credentials = dict(access.credentials)
        self._asked: set[str] = set()
        self._netrc: dict[str, tuple[str, str] | None] = {}
        self._proxies_of: dict[str, dict[str, str]] = {}
        self._session: requests.Session | None = None
        self._lock = threading.Lock()

    def close(self) -> None:
        """Drop the connections."""
        if self._session is not None:
            self._session.close()

    def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        limit: int,
        check: Callable[[Answer], None] = lambda answer: None,
    ) -> Answer:
        """The bytes at an address, at most ``limit``.

        ``check`` is called with the answer, once, before anything of it is kept, and raises
        `SourceFailed` for one that must not be.  Raises `NotFound`, or `SourceFailed` with
        the address and what went wrong.
        """
        answer, keep_it = self._obtain(url, accept, limit)
        check(answer)
        keep_it()
        return answer

    def _obtain(self, url: str, accept: str, limit: int) -> tuple[Answer, Callable[[], None]]:
        """An answer, and what puts it into the cache."""
        if url.startswith("file:"):
            return self._read_file(url, limit), _nothing
        _check_scheme(url)
        path = self._path(url, accept)
        kept = _read_kept(path)
        if kept is not None and (
            self.offline or (not self.refresh and kept[0]["until"] > self.now)
        ):
            return _answer(kept), _nothing
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
                head, data = {**kept[0], "until": until}, kept[1]
                return _answer((head, data)), lambda: self._keep(path, head, data)
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
            if "no-store" in response.headers.get("Cache-Control", ""):
                return _answer((head, data)), _nothing
            return _answer((head, data)), lambda: self._keep(path, head, data)

    def get_range(self, url: str, first: int | None, last: int) -> tuple[bytes, int] | None:
        """Bytes ``first`` to ``last`` and the whole length, or the last ``last`` bytes.

        None if the server does not serve ranges, or serves others than it was asked for.
        Not cached: what is made of it is.
        """
        _check_scheme(url)
        if self.offline:
            raise NotCached(redacted(url))
        import requests

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
            if not _is_wanted(first, last, start, end, length):
                return None
            data = b""
            with contextlib.suppress(requests.RequestException, SourceFailed):
                data = self._body(response, url, end - start + 1)
            return (data, length) if len(data) == end - start + 1 else None

    def download(self, url: str, target: Path, limit: int, *, sha256: str = "") -> None:
        """A whole file to the disk, at most ``limit`` bytes, with that digest if one is
        given; raises `SourceFailed`."""
        _check_scheme(url)
        if self.offline:
            raise NotCached(redacted(url))
        digest = hashlib.sha256()
        # Without this a file that is itself compressed might be unpacked on the way.
        headers = {"Accept-Encoding": "identity"}
        with self._request(url, headers) as response, target.open("wb") as stream:
            self._check(response, url)
            for chunk in self._chunks(response, url, limit):
                digest.update(chunk)
                stream.write(chunk)
        if sha256 and digest.hexdigest() != sha256.lower():
            raise SourceFailed(redacted(url), "does not have the hash that the index states")

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

                class Careful(requests.Session):
                    """Every step of a redirect stays as safe as the one before."""

                    def get_redirect_target(self, resp: requests.Response) -> str | None:
                        target = super().get_redirect_target(resp)
                        if target is not None and resp.url.startswith("https:"):
                            if not urljoin(resp.url, target).startswith("https:"):
                                problem = "redirects from https to an open connection"
                                raise SourceFailed(redacted(resp.url), problem)
                        return target

                    def rebuild_proxies(
                        self, prepared_request: requests.PreparedRequest, proxies: Any
                    ) -> dict[str, str]:
                        return fetcher._proxies(str(prepared_request.url))

                    def rebuild_auth(
                        self, prepared_request: requests.PreparedRequest, response: Any
                    ) -> None:
                        super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
                        found = fetcher._auth(str(prepared_request.url))
                        if found is not None:
                            prepared_request.prepare_auth(found)

                fetcher = self
                session = Careful()
                # What the environment says is read once a host, and not once a request.
                session.trust_env = False
                session.headers["User-Agent"] = f"neuron-pin/{__version__}"
                session.max_redirects = 10
                adapter = _adapter(self._access, max_retries=retry)
                session.mount("https://", adapter)
                session.mount("http://", adapter)
                self._session = session
            return self._session

    @contextlib.contextmanager
    def _request(self, url: str, headers: dict[str, str]) -> Iterator[requests.Response]:
        import requests

        try:
            with self._send(url, headers) as response:
                yield response
        except (requests.RequestException, OSError) as error:
            raise SourceFailed(
                redacted(url),
                _problem(error),
                hint="--offline answers from the catalogue and what is in the cache",
            ) from None

    def _send(self, url: str, headers: dict[str, str]) -> requests.Response:
        session, host = self._http(), urlsplit(url).netloc
        while True:
            response = session.get(
                url,
                headers=headers,
                stream=True,
                timeout=TIMEOUT,
                auth=self._auth(url),
                proxies=self._proxies(url),
            )
            if response.status_code != 401 or not self._ask_keyring(host, url):
                return response
            response.close()

    def _auth(self, url: str) -> tuple[str, str] | None:
        """Name and password for an address's host: as given, else of ``~/.netrc``."""
        host = urlsplit(url).netloc
        if host in self._credentials:
            return self._credentials[host]
        if host not in self._netrc:
            from requests.utils import get_netrc_auth

            self._netrc[host] = get_netrc_auth(url)
        return self._netrc[host]

    def _proxies(self, url: str) -> dict[str, str]:
        """The proxies for an address, by scheme: as given, else of the environment."""
        if self._access.proxy:
            return {"http": self._access.proxy, "https": self._access.proxy}
        host = urlsplit(url).netloc
        if host not in self._proxies_of:
            from requests.utils import get_environ_proxies

            self._proxies_of[host] = get_environ_proxies(url)
        return self._proxies_of[host]

    def _ask_keyring(self, host: str, url: str) -> bool:
        """Whether the user's keyring knows a name and password that were not tried yet."""
        with self._lock:
            if host in self._credentials or host in self._asked:
                return False
            self._asked.add(host)
        try:
            keyring = import_module("keyring")
        except ImportError:
            return False
        try:
            found = keyring.get_credential(f"https://{host}", None)
            found = found or keyring.get_credential(redacted(url), None)
        except Exception:  # noqa: BLE001 - each back end has errors of its own
            return False
        if found is None:
            return False
        self._credentials[host] = (str(found.username), str(found.password))
        return True

    @staticmethod
    def _check(response: requests.Response, url: str) -> None:
        status = response.status_code
        if status in (404, 410):
            raise NotFound(redacted(url))
        if status in (401, 403):
            raise SourceFailed(
                redacted(url),
                f"refuses access (HTTP {status})",
                hint="name and password: in ~/.netrc, in a keyring, or in the address",
            )
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


def _nothing() -> None:
    """Nothing is to be kept."""


def _is_wanted(first: int | None, last: int, start: int, end: int, length: int) -> bool:
    """Whether a range (RFC 9110, 14.4) is the one that was asked for."""
    if not 0 <= start <= end < length:
        return False
    if first is None:
        return end == length - 1 and start == max(0, length - last)
    return start == first and end == min(last, length - 1)


def _adapter(access: Access, *, max_retries: Retry) -> HTTPAdapter:
    """An adapter whose connections share one TLS context.

    Left alone, every new connection reads the certificate authorities again, which costs
    more than its handshake.
    """
    import ssl

    from requests.adapters import HTTPAdapter
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    bundle = access.cert or next(
        (os.environ[name] for name in _BUNDLES if os.environ.get(name)), DEFAULT_CA_BUNDLE_PATH
    )
    try:
        context = ssl.create_default_context(cafile=bundle)
    except (OSError, ssl.SSLError) as error:
        raise SourceFailed(bundle, f"holds no certificates: {error}") from None
    if access.client_cert:
        try:
            # An encrypted key must not stop a run to ask for its password.
            context.load_cert_chain(access.client_cert, password="")
        except (OSError, ssl.SSLError) as error:
            problem = f"holds no certificate and key of a client: {error}"
            raise SourceFailed(access.client_cert, problem) from None

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
