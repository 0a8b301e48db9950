"""Connections that end: one TLS context for all, and a deadline that no server can drip past."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from neuron_pin.errors import SourceFailed

if TYPE_CHECKING:
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection
    from urllib3.util import Retry

CONNECTIONS = 32
"""How many are kept open to one host."""


MIN_RATE = 500
"""Bytes a second that an answer brings, all in all, once patience is over."""


class Watch:
    """Looks at deadlines when they are due, in one thread for all of them.

    With a thread for each, every request waits for one to start, and where many requests run at
    once that takes longer than the request.
    """

    def __init__(self) -> None:
        self._due: list[tuple[float, int, Deadline]] = []
        self._numbers = itertools.count()
        self._condition = threading.Condition()
        self._is_running = False

    def add(self, due: float, deadline: Deadline) -> None:
        """Look at a deadline at that time (`time.monotonic`), unless it has been left by then."""
        with self._condition:
            while self._due and self._due[0][2].left_off:
                heapq.heappop(self._due)
            row = (due, next(self._numbers), deadline)
            heapq.heappush(self._due, row)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="deadlines", daemon=True).start()
            elif self._due[0] is row:
                self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while self._due and self._due[0][2].left_off:
                    heapq.heappop(self._due)
                if not self._due:
                    self._is_running = False
                    return
                seconds = self._due[0][0] - time.monotonic()
                if seconds > 0:
                    self._condition.wait(seconds)
                    continue
                deadline = heapq.heappop(self._due)[2]
            again = deadline.look()
            if again is not None:
                self.add(again, deadline)


class Deadline:
    """An end for everything that one request leads to, however slowly it drips.

    After ``patience`` seconds the answer has begun; from then on it has until now brought
    `MIN_RATE` bytes for every further second, by ``received``.  After ``seconds`` it is whole.
    """

    def __init__(self, seconds: float, patience: float, watch: Watch) -> None:
        self.received: Callable[[], int] = _nothing
        self.problem = ""
        self.left_off = False
        self._seconds, self._patience = seconds, min(patience, seconds)
        self._begun = time.monotonic()
        self._sockets: set[socket.socket] = set()
        self._watch = watch

    def __enter__(self) -> Deadline:
        self._watch.add(self._begun + self._patience, self)
        return self

    def __exit__(self, *_: object) -> None:
        # It may stay with the watch until it would have been due: what it holds does not.
        self.left_off = True
        self.received = _nothing
        self._sockets = set()

    @property
    def passed(self) -> bool:
        """Whether it is over."""
        return bool(self.problem)

    @property
    def left(self) -> float:
        """Seconds in which an answer may still begin."""
        return max(0.0, self._patience - (time.monotonic() - self._begun))

    def look(self) -> float | None:
        """When to look again; none where it is over, and all that waited for it ends."""
        elapsed = time.monotonic() - self._begun
        received = self.received()
        if self.left_off:
            return None
        allowed = min(self._seconds, self._patience + received / MIN_RATE)
        if allowed > elapsed:
            return self._begun + allowed
        if elapsed >= self._seconds:
            self.problem = f"takes more than {self._seconds:.0f} s"
        elif received:
            self.problem = f"brought {received} bytes in {elapsed:.0f} s, and is given up"
        else:
            self.problem = f"does not answer in {elapsed:.0f} s"
        self._end()
        return None

    def watch(self, connection: socket.socket) -> None:
        """A connection that is shut down when the time is over, whatever it waits for."""
        self._sockets.add(connection)

    def _end(self) -> None:
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


def _nothing() -> int:
    """No byte has come yet."""
    return 0


def make_adapter(
    cert: str | None,
    client_cert: str | None,
    watch: Callable[[socket.socket], None],
    *,
    max_retries: Retry,
) -> HTTPAdapter:
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
    if client_cert:
        try:
            # An encrypted key must not stop a run to ask for its password.
            context.load_cert_chain(client_cert, password="")
        except (OSError, ssl.SSLError) as error:
            problem = f"holds no certificate and key of a client: {error}"
            raise SourceFailed(client_cert, problem) from None

    pools = _pools(watch)

    class Shared(HTTPAdapter):
        def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
            super().init_poolmanager(*arguments, ssl_context=context, **options)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
            found = super().proxy_manager_for(*arguments, ssl_context=context, **options)
            found.pool_classes_by_scheme = pools
            return found

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


def _pools(watch: Callable[[socket.socket], None]) -> dict[str, Any]:
    """Connection pools, by scheme, whose connections are watched from their first answer on,
    and that never read away a body which nobody wants."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    def watched(kind: type[HTTPConnection]) -> type[HTTPConnection]:
        class Watched(kind):  # type: ignore[misc, valid-type]
            def getresponse(self) -> Any:
                if self.sock is not None:
                    watch(self.sock)
                found = super().getresponse()
                found.drain_conn = found.close
                return found

        return Watched

    class Pool(HTTPConnectionPool):
        ConnectionCls = watched(HTTPConnection)

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = watched(HTTPSConnection)  # type: ignore[assignment]

    return {"http": Pool, "https": SecurePool}
