"""Addresses read with the standard library: bounded in size, time, rate and redirects.

An address is asked over TLS, or over http:// on this machine and on hosts that the user trusts;
a redirect never goes to less than that.  Names and passwords go to the host that they were
given for, or that ``~/.netrc`` names.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
import netrc
import os
import socket
import ssl
import stat
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

from neuron_pin.record import NamedTuple

from .addresses import without_credentials

TIMEOUT = 20.0
"""Seconds for an answer to begin."""
MAX_SECONDS = 300.0
"""Seconds for one page or metadata file, redirects included."""
MAX_DOWNLOAD_SECONDS = 3600.0
MIN_RATE = 500
"""Bytes a second that an answer brings once it has begun."""
MAX_REDIRECTS = 5
CHUNK = 1 << 16


class Unreachable(Exception):
    """A source that does not tell now; the text says what and why, without credentials."""


class Absent(Exception):
    """A source that answers, and does not have what was asked for."""


class Access(NamedTuple):
    """How hosts are reached.

    ``trusted`` are hosts, with or without a port, that may be asked over http://;
    ``credentials`` are names and passwords by host and port; ``cert`` and ``client_cert`` are
    files of certificate authorities and of a client's certificate with its key (PEM); ``proxy``
    is an address, empty for what the environment says.
    """

    agent: str = "neuron-pin-verify"
    timeout: float = TIMEOUT
    trusted: frozenset[str] = frozenset()
    credentials: Mapping[str, tuple[str, str]] = {}
    cert: str = ""
    client_cert: str = ""
    proxy: str = ""


class Answer:
    """The body of an answer: ``read`` gives at most so many bytes and nothing at its end."""

    def __init__(self, response: Any, deadline: _Deadline, url: str) -> None:
        self._response, self._deadline, self._url = response, deadline, url
        self.headers: Mapping[str, str] = response.headers
        self.status: int = response.status

    def chunks(self) -> Iterator[bytes]:
        """The body as it comes; raises `Unreachable` if it breaks off or takes too long."""
        # Counted here: until 3.13 read1 leaves the response's own count as it was.
        stated = self.headers.get("Content-Length", "")
        left = int(stated) if _is_number(stated) and len(stated) < 19 else None
        while left != 0:
            try:
                # One read of the socket: a server that drips does not hold us past the deadline.
                data: bytes = self._response.read1(CHUNK)
            except (OSError, ValueError, http.client.HTTPException) as error:
                if self._deadline.passed:
                    break
                raise _failed(self._url, error) from None
            if not data or self._deadline.passed:
                break
            left = None if left is None else left - len(data)
            self._deadline.received += len(data)
            yield data
        if self._deadline.passed:
            raise Unreachable(f"{self._url}: {self._deadline.problem}")
        if left:
            raise Unreachable(f"{self._url}: broke off")

    def whole(self, limit: int) -> bytes:
        """All of it; raises `Unreachable` for more than ``limit`` bytes."""
        stated = self.headers.get("Content-Length", "")
        if _is_number(stated) and (len(stated) > 18 or int(stated) > limit):
            raise Unreachable(f"{self._url}: larger than {limit} bytes")
        found = bytearray()
        for data in self.chunks():
            found += data
            if len(found) > limit:
                raise Unreachable(f"{self._url}: larger than {limit} bytes")
        return bytes(found)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()


class _Deadline:
    """An end for one answer: the socket is shut when the time is over.

    After ``patience`` seconds the answer has begun, and has until now brought `MIN_RATE` bytes
    for every further second; after ``seconds`` it is whole.
    """

    def __init__(self, seconds: float, patience: float) -> None:
        self.received = 0
        self._seconds, self._patience = seconds, min(seconds, patience)
        self._begun = time.monotonic()
        self._sockets: list[socket.socket] = []
        self._ended = threading.Event()
        self._timer = self._next(self._patience)

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._timer.cancel()

    @property
    def passed(self) -> bool:
        return time.monotonic() - self._begun >= self._allowed

    @property
    def problem(self) -> str:
        """What is too slow."""
        if self._allowed >= self._seconds:
            return f"took more than {self._seconds:g} s"
        if self.received:
            return f"brought {self.received} bytes in {time.monotonic() - self._begun:.0f} s"
        return f"did not answer in {self._patience:g} s"

    def watch(self, found: socket.socket) -> None:
        self._sockets.append(found)

    @property
    def _allowed(self) -> float:
        return min(self._seconds, self._patience + self.received / MIN_RATE)

    def _next(self, seconds: float) -> threading.Timer:
        timer = threading.Timer(seconds, self._look)
        timer.daemon = True
        return timer

    def _look(self) -> None:
        left = self._allowed - (time.monotonic() - self._begun)
        if left > 0:
            if not self._ended.is_set():
                self._timer = self._next(left)
                self._timer.start()
            return
        for found in self._sockets:
            with contextlib.suppress(OSError):
                found.shutdown(socket.SHUT_RDWR)


_CURRENT = threading.local()


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _CURRENT.deadline.watch(self.sock)


class _Secure(http.client.HTTPSConnection):
    """Watches the handshake, too."""

    secure: ssl.SSLContext

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        name = getattr(self, "_tunnel_host", None) or self.host
        found = self.secure.wrap_socket(
            self.sock, server_hostname=name, do_handshake_on_connect=False
        )
        _CURRENT.deadline.watch(found)
        self.sock = found
        found.do_handshake()


class _PlainHandler(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_Plain, req)


class _SecureHandler(urllib.request.HTTPSHandler):
    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(context=context)

        class Connection(_Secure):
            secure = context

        self._connection = Connection

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(self._connection, req)


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = MAX_REDIRECTS
    max_repeats = 2

    def __init__(self, check: Callable[[str], None], sign: Callable[[Any], None]) -> None:
        self._check, self._sign = check, sign

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        self._check(newurl)
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise Unreachable(f"{without_credentials(newurl)}: a redirect from https to http")
        found = super().redirect_request(req, fp, code, msg, headers, newurl)
        if found is not None:
            # Never to another host: each host gets its own.
            found.headers.pop("Authorization", None)
            found.unredirected_hdrs.pop("Authorization", None)
            self._sign(found)
        return found


class Transport:
    """Opens addresses; threads may share it.  Raises `Unreachable` for certificates that cannot
    be read."""

    def __init__(self, access: Access) -> None:
        self._access = access
        try:
            context = ssl.create_default_context(cafile=access.cert or None)
            if access.client_cert:
                context.load_cert_chain(access.client_cert, password="")
        except (OSError, ValueError) as error:
            name = access.client_cert or access.cert
            raise Unreachable(f"{name}: contains no certificates: {error}") from None
        self._netrc = _netrc()
        proxies = {"http": access.proxy, "https": access.proxy} if access.proxy else None
        # Made by hand: what build_opener adds would also read files, FTP and data: addresses.
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(proxies),
            _PlainHandler(),
            _SecureHandler(context),
            urllib.request.HTTPDefaultErrorHandler(),
            _Redirects(self.check, self._sign),
            urllib.request.HTTPErrorProcessor(),
        ):
            self._opener.add_handler(handler)
        self._opener.addheaders = []

    def check(self, url: str) -> None:
        """Raises `Unreachable` for an address that may not be asked."""
        shown = without_credentials(url)
        try:
            parts = urlsplit(url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            raise Unreachable(f"{shown[:200]}: is not an address") from None
        if parts.scheme not in ("http", "https") or not host:
            raise Unreachable(f"{shown[:200]}: is neither http nor https")
        if parts.scheme == "https" or _is_loopback(host):
            return
        if host not in self._access.trusted and f"{host}:{port or 80}" not in self._access.trusted:
            raise Unreachable(f"{shown}: http:// is not encrypted (--trusted-host {host})")

    @contextlib.contextmanager
    def open(
        self, url: str, headers: Mapping[str, str] | None = None, seconds: float = MAX_SECONDS
    ) -> Iterator[Answer]:
        """An answer whose status is one of success; raises `Absent` for 404 and 410, and
        `Unreachable` for all else that goes wrong."""
        url = without_credentials(url)
        self.check(url)
        request = urllib.request.Request(  # noqa: S310 - checked
            url, headers={"User-Agent": self._access.agent, **(headers or {})}
        )
        self._sign(request)
        with _Deadline(seconds, self._access.timeout) as deadline:
            _CURRENT.deadline = deadline
            try:
                response = self._opener.open(request, timeout=self._access.timeout)
            except urllib.error.HTTPError as error:
                error.close()
                if error.code in (404, 410):
                    raise Absent(f"{url}: is not there") from None
                raise Unreachable(f"{url}: status {error.code}") from None
            except (OSError, ValueError, http.client.HTTPException) as error:
                raise _failed(url, error) from None
            with response:
                if deadline.passed:
                    # A head that was cut off may look like a whole one.
                    raise Unreachable(f"{url}: {deadline.problem}")
                yield Answer(response, deadline, url)

    def _sign(self, request: urllib.request.Request) -> None:
        host = urlsplit(request.full_url).netloc.rpartition("@")[2].lower()
        found = self._access.credentials.get(host)
        if found is None and self._netrc is not None:
            stated = self._netrc.hosts.get(host) or self._netrc.hosts.get(host.partition(":")[0])
            found = (stated[0], stated[2] or "") if stated else None
        if found is not None:
            token = base64.b64encode(f"{found[0]}:{found[1]}".encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {token}")


def _failed(url: str, error: Exception) -> Unreachable:
    reason = getattr(error, "reason", None) or error
    text = str(getattr(reason, "strerror", None) or reason) or type(reason).__name__
    return Unreachable(f"{url}: {' '.join(text.split())[:200]}")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _netrc() -> netrc.netrc | None:
    try:
        return netrc.netrc(os.environ.get("NETRC") or None)
    except (OSError, netrc.NetrcParseError, UnicodeDecodeError):
        return None


def local_path(url: str) -> str:
    """The place on this machine that a file: address names."""
    return unquote(urlsplit(url).path)


def open_regular(path: str) -> BinaryIO:
    """A regular file of this machine; raises `Absent` or `Unreachable`."""
    try:
        # A pipe or a device would never end.
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Unreachable(f"{path}: not a regular file")
        return open(path, "rb")
    except FileNotFoundError:
        raise Absent(f"{path}: is not there") from None
    except (OSError, ValueError) as error:
        raise Unreachable(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def read_local(path: str, limit: int) -> bytes:
    """A regular file of at most ``limit`` bytes; raises `Absent` or `Unreachable`."""
    with open_regular(path) as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise Unreachable(f"{path}: larger than {limit} bytes")
    return data
