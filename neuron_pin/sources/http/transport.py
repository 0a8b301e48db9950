"""Reaching hosts: connections, certificates, names and passwords, proxies; and no patience
without end.

Redirects are followed as safely as the first request was made: never from TLS to an open
connection, and only to the hosts that may be asked, where those are named.
"""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urljoin, urlsplit

from neuron_pin.errors import SourceFailed, Unreachable
from neuron_pin.record import NamedTuple
from neuron_pin.reporter import SILENT, Reporter

from .deadlines import Deadline, Watch, make_adapter
from .urls import redact_url

if TYPE_CHECKING:
    import requests

RETRIES = 3
BACKOFF = 0.3
"""Seconds before the second retry; each later one waits twice as long."""
PATIENCE = 20.0
MAX_REDIRECT = 64 * 1024


def split_credentials(url: str) -> tuple[str, tuple[str, str] | None]:
    """An address without its user name and password, and those two (RFC 3986, 3.2.1)."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url, None
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    return redact_url(url), (unquote(user), unquote(password))


class Access(NamedTuple):
    """How hosts are reached: files of certificate authorities and of a client's certificate
    (PEM), a proxy's address, and names and passwords by host and port."""

    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    credentials: Mapping[str, tuple[str, str]] = {}


class Limits(NamedTuple):
    """How long is waited, in seconds: to connect, for an answer to begin and then to bring
    less than `MIN_RATE` bytes a second, for one answer with its redirects and retries, for one
    whole file; and how often it is tried again."""

    connect: float = 8.0
    patience: float = PATIENCE
    answer: float = 900.0
    download: float = 3600.0
    retries: int = RETRIES


class Transport:
    """Opens addresses; threads may share it.

    ``hosts`` are the only ones (host and port, as addresses have them) that may be asked,
    redirects included; none for any.  ``reporter`` hears of each before it is opened.
    """

    def __init__(
        self,
        access: Access,
        limits: Limits = Limits(),  # noqa: B008 - a value, never changed
        hosts: frozenset[str] | None = None,
        reporter: Reporter = SILENT,
    ) -> None:
        self._access = access
        self.limits = limits
        self._hosts = hosts
        self._reporter = reporter
        # Never sent to another host, redirects included.
        self._credentials = dict(access.credentials)
        self._asked: set[str] = set()
        self._netrc: dict[str, tuple[str, str] | None] = {}
        self._proxies_of: dict[str, dict[str, str]] = {}
        self._session: requests.Session | None = None
        self._lock = threading.Lock()
        self._current = threading.local()
        self._deadlines = Watch()

    def prepare(self, urls: Iterable[str]) -> None:
        """Make ready for the first request to addresses; raises `SourceFailed`."""
        self._http()
        for url in urls:
            self._auth(url)
            self._proxies(url)

    def close(self) -> None:
        """Drop the connections."""
        if self._session is not None:
            self._session.close()

    @contextlib.contextmanager
    def open(
        self, url: str, headers: dict[str, str], seconds: float | None = None
    ) -> Iterator[requests.Response]:
        """An answer whose body is read as it comes, whatever its status; raises
        `SourceFailed`, also for what goes wrong while it is read."""
        import requests
        from urllib3.exceptions import HTTPError

        self.check(url)
        self._reporter.requested(redact_url(url))
        limits = self.limits
        # Reading the certificates is no time that a server takes.
        self._http()
        deadline = Deadline(
            limits.answer if seconds is None else seconds, limits.patience, self._deadlines
        )
        self._current.deadline = deadline
        try:
            with deadline, self._send(url, headers) as response:
                deadline.received = response.raw.tell
                yield response
                if deadline.passed:
                    raise OSError
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            problem = deadline.problem or _problem(error)
            broke = (requests.ConnectionError, requests.Timeout)
            is_there = isinstance(error, requests.RequestException) and not isinstance(error, broke)
            kind = SourceFailed if is_there and not deadline.passed else Unreachable
            raise kind(
                redact_url(url),
                problem,
                hint="--timeout N waits longer"
                if deadline.passed
                else "--offline answers from the catalog and what is in the cache",
            ) from None

    def check(self, url: str) -> None:
        """Raises `SourceFailed` for an address that may not be asked."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https"):
            raise SourceFailed(redact_url(url), "is neither http, https nor file")
        if self._hosts is not None and parts.netloc.rpartition("@")[2].lower() not in self._hosts:
            raise SourceFailed(redact_url(url), "is on a host that no index of ours is on")

    def _send(self, url: str, headers: dict[str, str]) -> requests.Response:
        import requests

        session, host = self._http(), urlsplit(url).netloc
        while True:
            # Not `Session.get`: what it merges is the same for each request, and takes a sixth of
            # the time of a small answer.
            request = requests.PreparedRequest()
            request.prepare(
                "GET",
                url,
                headers={**session.headers, **headers},
                auth=self._auth(url),
                cookies=session.cookies,
            )
            response = session.send(
                request,
                stream=True,
                timeout=(self.limits.connect, self.limits.patience + 1),
                proxies=self._proxies(url),
            )
            if response.status_code != 401 or not self._ask_keyring(host, url):
                return response
            response.close()

    def _http(self) -> requests.Session:
        with self._lock:
            if self._session is None:
                self._session = self._made_session()
            return self._session

    def _made_session(self) -> requests.Session:
        import requests
        from urllib3.response import BaseHTTPResponse
        from urllib3.util import Retry

        from neuron_pin import __version__

        current = self._current

        class Bounded(Retry):
            """A server must not put us to sleep for longer than we wait for its answers."""

            def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
                wanted = super().get_retry_after(response)
                return None if wanted is None else min(wanted, current.deadline.left)

            def is_exhausted(self) -> bool:
                return current.deadline.left <= 0 or super().is_exhausted()

        retry = Bounded(
            total=self.limits.retries,
            backoff_factor=BACKOFF,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods=("GET",),
            respect_retry_after_header=True,
            raise_on_status=False,
        )
        transport = self

        class Careful(requests.Session):
            """Every step of a redirect stays as safe as the one before."""

            def get_redirect_target(self, resp: requests.Response) -> str | None:
                target = super().get_redirect_target(resp)
                if target is not None:
                    _check_redirect(resp.url, target, transport)
                    _pass_over_body(resp)
                return target

            def rebuild_proxies(
                self, prepared_request: requests.PreparedRequest, proxies: Any
            ) -> dict[str, str]:
                return transport._proxies(str(prepared_request.url))

            def rebuild_auth(
                self, prepared_request: requests.PreparedRequest, response: Any
            ) -> None:
                super().rebuild_auth(prepared_request, response)  # type: ignore[no-untyped-call]
                found = transport._auth(str(prepared_request.url))
                if found is not None:
                    prepared_request.prepare_auth(found)

        session = Careful()
        # What the environment says is read once a host, and not once a request.
        session.trust_env = False
        session.headers["User-Agent"] = f"neuron-pin/{__version__}"
        session.max_redirects = 10
        adapter = make_adapter(
            self._access.cert, self._access.client_cert, self._watch, max_retries=retry
        )
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _watch(self, connection: socket.socket) -> None:
        deadline: Deadline = self._current.deadline
        deadline.watch(connection)
        if deadline.passed:
            raise TimeoutError

    def _auth(self, url: str) -> tuple[str, str] | None:
        """Name and password for an address's host: as given, else of ``~/.netrc``."""
        host = urlsplit(url).netloc
        if host in self._credentials:
            return self._credentials[host]
        with self._lock:
            if host not in self._netrc:
                from requests.utils import get_netrc_auth

                self._netrc[host] = get_netrc_auth(url)
            return self._netrc[host]

    def _proxies(self, url: str) -> dict[str, str]:
        """The proxies for an address, by scheme: as given, else of the environment."""
        if self._access.proxy:
            return {"http": self._access.proxy, "https": self._access.proxy}
        host = urlsplit(url).netloc
        with self._lock:
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
            found = found or keyring.get_credential(redact_url(url), None)
        except Exception:  # noqa: BLE001 - each back end has errors of its own
            return False
        if found is None:
            return False
        self._credentials[host] = (str(found.username), str(found.password))
        return True


def _pass_over_body(response: requests.Response) -> None:
    """Left alone, requests reads the body of a redirect whole, however long.  A short one is
    read, so that the connection can be used again."""
    if len(response.raw.read(MAX_REDIRECT + 1)) > MAX_REDIRECT:
        response.raw.close()
    response._content = b""


def _check_redirect(source: str, target: str, transport: Transport) -> None:
    address = urljoin(source, target)
    if source.startswith("https:") and not address.startswith("https:"):
        raise SourceFailed(redact_url(source), "redirects from https to an open connection")
    try:
        transport.check(address)
    except SourceFailed as error:
        where = redact_url(address)[:200]
        raise SourceFailed(
            redact_url(source), f"redirects to {where}, which {error.problem}"
        ) from None


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
