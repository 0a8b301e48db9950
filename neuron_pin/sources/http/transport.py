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
from urllib.parse import urljoin, urlsplit

from neuron_pin.errors import SourceFailed, Unreachable
from neuron_pin.record import NamedTuple
from neuron_pin.reporter import SILENT, Reporter

from .deadlines import Deadline, Watch
from .environment import find_proxy, read_netrc
from .pools import make_context, make_manager
from .urls import redact_url, split_credentials

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3 import BaseHTTPResponse, PoolManager, Retry

RETRIES = 3
BACKOFF = 0.3
"""Seconds before the second retry; each later one waits twice as long."""
PATIENCE = 20.0
MAX_REDIRECTS = 10
MAX_UNREAD = 8 * 1024
"""Bytes of a body that nobody wants which are read, so that its connection can be used again: what
a connection's reader looks at in one go."""
GRACE = 0.05
"""Seconds in which these may come."""


class Access(NamedTuple):
    """How hosts are reached: files of certificate authorities and of a client's certificate
    (PEM), a proxy's address, and names and passwords by host and port."""

    cert: str | None = None
    client_cert: str | None = None
    proxy: str | None = None
    credentials: Mapping[str, tuple[str, str]] = {}


class Answer(NamedTuple):
    """What a host sent: status, headers, the address that gave it after redirects (quoted as RFC
    3986 has it), and a body that has not been read."""

    status: int
    headers: Mapping[str, str]
    url: str
    body: BaseHTTPResponse


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
        self._proxies: dict[tuple[str, str], str] = {}
        self._context: SSLContext | None = None
        self._retry: Retry | None = None
        self._managers: dict[str, PoolManager] = {}
        self._lock = threading.Lock()
        self._current = threading.local()
        self._deadlines = Watch()

    def prepare(self, urls: Iterable[str]) -> None:
        """Make ready for the first request to addresses; raises `SourceFailed`."""
        for url in urls:
            self._find_login(url)
            self._find_manager(url)

    def close(self) -> None:
        """Drop the connections."""
        for manager in self._managers.values():
            manager.clear()

    @contextlib.contextmanager
    def open(
        self, url: str, headers: dict[str, str], seconds: float | None = None
    ) -> Iterator[Answer]:
        """An answer whose body is read as it comes, whatever its status; raises
        `SourceFailed`, also for what goes wrong while it is read."""
        from urllib3.exceptions import DecodeError, HTTPError, InvalidHeader, ProtocolError

        self.check(url)
        self._reporter.requested(redact_url(url))
        limits = self.limits
        # Reading the certificates is no time that a server takes.
        self._find_manager(url)
        deadline = Deadline(
            limits.answer if seconds is None else seconds, limits.patience, self._deadlines
        )
        self._current.deadline = deadline
        has_begun = False
        try:
            with deadline:
                answer = self._send(url, headers)
                has_begun = True
                deadline.received = answer.body.tell
                try:
                    yield answer
                    if deadline.passed:
                        raise OSError
                finally:
                    _finish(answer.body)
        except (HTTPError, OSError, ValueError) as error:
            problem = deadline.problem or _problem(error)
            # A host that does answer is there, however badly.
            is_there = isinstance(error, (ValueError, InvalidHeader)) or (
                has_begun and isinstance(error, (DecodeError, ProtocolError))
            )
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

    def _send(self, url: str, headers: dict[str, str]) -> Answer:
        host = urlsplit(url).netloc
        while True:
            answer = self._follow(url, headers)
            if answer.status != 401 or not self._ask_keyring(host, url):
                return answer
            _finish(answer.body)

    def _follow(self, url: str, headers: dict[str, str]) -> Answer:
        """The answer that redirects lead to."""
        from urllib3.util import parse_url

        current = url
        for _ in range(MAX_REDIRECTS + 1):
            body = self._ask(current, headers)
            target = body.get_redirect_location()
            if not target:
                return Answer(body.status, body.headers, parse_url(current).url, body)
            _finish(body)
            # Servers write them in UTF-8 too, which a header is not read as.
            with contextlib.suppress(UnicodeError):
                target = target.encode("latin-1").decode()
            current = self._check_redirect(current, target)
        raise SourceFailed(redact_url(url), "redirects without end")

    def _ask(self, url: str, headers: dict[str, str]) -> BaseHTTPResponse:
        from urllib3 import Timeout, make_headers
        from urllib3.util.request import ACCEPT_ENCODING

        from neuron_pin import __version__

        sent = {
            "User-Agent": f"neuron-pin/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": ACCEPT_ENCODING,
        }
        login = self._find_login(url)
        if login is not None:
            sent["Authorization"] = make_headers(basic_auth=":".join(login))["authorization"]
        return self._find_manager(url).urlopen(
            "GET",
            redact_url(url),
            redirect=False,
            headers={**sent, **headers},
            preload_content=False,
            retries=self._retry,
            timeout=Timeout(connect=self.limits.connect, read=self.limits.patience + 1),
        )

    def _find_manager(self, url: str) -> PoolManager:
        """The connections by which an address is reached; raises `SourceFailed`."""
        proxy = self._access.proxy or self._find_proxy(url)
        with self._lock:
            if self._context is None:
                self._context = make_context(self._access.cert, self._access.client_cert)
                self._retry = self._make_retry()
            if proxy not in self._managers:
                self._managers[proxy] = make_manager(
                    proxy, self._context, self._access.cert, self._watch
                )
            return self._managers[proxy]

    def _make_retry(self) -> Retry:
        from urllib3 import Retry

        current = self._current

        class Bounded(Retry):
            """A server must not put us to sleep for longer than we wait for its answers."""

            def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
                wanted = super().get_retry_after(response)
                return None if wanted is None else min(wanted, current.deadline.left)

            def is_exhausted(self) -> bool:
                return current.deadline.left <= 0 or super().is_exhausted()

        return Bounded(
            total=self.limits.retries,
            backoff_factor=BACKOFF,
            status_forcelist=(429, 500, 502, 503, 504),
            allowed_methods=("GET",),
            respect_retry_after_header=True,
            raise_on_status=False,
        )

    def _watch(self, connection: socket.socket) -> None:
        deadline: Deadline = self._current.deadline
        deadline.watch(connection)
        if deadline.passed:
            raise TimeoutError

    def _find_login(self, url: str) -> tuple[str, str] | None:
        """Name and password for an address's host: as given, else in the address, else of
        ``~/.netrc``."""
        host = urlsplit(url).netloc
        if host in self._credentials:
            return self._credentials[host]
        if "@" in host:
            return split_credentials(url)[1]
        with self._lock:
            if host not in self._netrc:
                self._netrc[host] = read_netrc(urlsplit(url).hostname or "")
            return self._netrc[host]

    def _find_proxy(self, url: str) -> str:
        parts = urlsplit(url)
        key = (parts.scheme, parts.netloc)
        with self._lock:
            if key not in self._proxies:
                self._proxies[key] = find_proxy(url)
            return self._proxies[key]

    def _check_redirect(self, source: str, target: str) -> str:
        """Where a redirect leads; raises `SourceFailed` where that is less safe than what was
        asked, or may not be asked."""
        address = urljoin(source, target)
        if source.startswith("https:") and not address.startswith("https:"):
            raise SourceFailed(redact_url(source), "redirects from https to an open connection")
        try:
            self.check(address)
        except SourceFailed as error:
            where = redact_url(address)[:200]
            raise SourceFailed(
                redact_url(source), f"redirects to {where}, which {error.problem}"
            ) from None
        # A name and password in the address stay with its host.
        before, after = urlsplit(source), urlsplit(address)
        login, at, host = before.netloc.rpartition("@")
        if after.netloc == host:
            return after._replace(netloc=login + at + host).geturl()
        return address

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


def _finish(body: BaseHTTPResponse) -> None:
    """Leave an answer: one that nobody has read is read away, if it is short and there, so that
    its connection can be used again."""
    from urllib3.exceptions import HTTPError

    length = body.length_remaining
    if length is not None and length <= MAX_UNREAD and not body.tell():
        with contextlib.suppress(HTTPError, OSError):
            if not length or _has_come(body, length):
                body.read(decode_content=False)
    body.close()


def _has_come(body: Any, length: int) -> bool:
    """Whether so many bytes of a body are there, or come at once; raises `OSError`.

    By one look: read as usual, a body that drips would be waited for."""
    connection, reader = body.connection, getattr(body._original_response, "fp", None)
    if connection is None or connection.sock is None or reader is None:
        return False
    connection.sock.settimeout(GRACE)
    return len(reader.peek(length)) >= length


def _problem(error: Exception) -> str:
    """The reason inside the layers of an HTTP library's error."""
    while isinstance(reason := getattr(error, "reason", None), Exception):
        error = reason
    text = f"{type(error).__name__}: {error}"
    refused = re.search(r"Tunnel connection failed: (\d{3})", text)
    if refused:
        return f"the proxy answers HTTP {refused[1]}"
    for pattern, words in (
        (r"NameResolutionError|getaddrinfo|Name or service", "its host name cannot be resolved"),
        (r"Connection refused", "the connection was refused"),
        (r"CERTIFICATE_VERIFY_FAILED", "its certificate cannot be verified"),
        (r"timed out|Timeout", "it does not answer in time"),
        (r"RemoteDisconnected|Connection aborted|IncompleteRead|reset by peer", "it broke off"),
    ):
        if re.search(pattern, text):
            return words
    return text[:200]
