"""The server as a process: made of settings, run by uvicorn, ended by a signal."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import uvicorn

from neuron_pin.catalog import Catalog
from neuron_pin.errors import CannotWrite, WrongUsage
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.http.record_cache import keep
from neuron_pin.sources.http.transport import Access
from neuron_pin.sources.http.write_queue import WriteQueue
from neuron_pin.sources.index.locations import Indexes, read_indexes
from neuron_pin.sources.options import IndexLocations, Network

from .access_log import AccessLogMiddleware
from .application import Application, IndexService
from .file_store import FileStore
from .files import FileDelivery, Files
from .protocol import BoundedProtocol
from .upstream import LIMITS, Upstream, list_hosts
from .view import View, parse_view

CLOCK = time.time
MAX_CONNECTIONS = 1000
KEEP_ALIVE = 15
SHUTDOWN = 10


class Listening(NamedTuple):
    """Where the server listens; with a certificate and its key (PEM) it speaks TLS."""

    host: str = "127.0.0.1"
    port: int = 8099
    certfile: str | None = None
    keyfile: str | None = None


def base_view(
    catalog: Catalog,
    today: date,
    *,
    as_of: str | None,
    phases: Sequence[str],
    sdk: str | None,
    instance: str | None,
) -> View:
    """What the plain ``/simple/`` is judged by; raises `UnknownName` or `WrongUsage`."""
    parts = []
    for key, values in (
        ("as-of", [as_of]),
        ("phase", phases),
        ("sdk", [sdk]),
        ("instance", [instance]),
    ):
        for value in values:
            parts += [key, value] if value else []
    return parse_view(parts, View(), catalog, today)


@contextmanager
def create_service(
    locations: IndexLocations,
    network: Network,
    base: View,
    catalog: Catalog,
    *,
    passing: FileDelivery = FileDelivery.REDIRECT,
    file_hosts: Sequence[str] = (),
    size: int,
    reads_ahead: bool = True,
) -> Iterator[IndexService]:
    """Everything that answers are made of; ``base`` is what the plain ``/simple/`` is judged
    by, ``size`` how many bytes of files are kept.  Raises `WrongUsage`."""
    if locations.find_links or locations.no_index:
        raise WrongUsage("serve stands before indexes; it takes no --find-links, no --no-index")
    indexes = read_indexes(locations, catalog)
    fetcher = _fetcher(network, indexes, file_hosts)
    upstream = Upstream(fetcher, indexes, catalog)
    if not network.offline:
        # Not while the first client waits.
        upstream.prepare()
    wheels = FileStore(fetcher, size)
    files = Files(catalog, upstream, wheels, passing)
    made = IndexService(
        catalog, upstream, wheels, files, base, reads_ahead=reads_ahead, clock=CLOCK
    )
    made.prepare()
    try:
        yield made
    finally:
        made.close()


def _fetcher(network: Network, indexes: Indexes, file_hosts: Sequence[str]) -> Fetcher:
    folder = network.cache_folder
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise CannotWrite(folder, f"cannot be made: {error.strerror}") from None
    access = Access(network.cert, network.client_cert, network.proxy, indexes.credentials)
    return Fetcher(
        folder,
        offline=network.offline,
        access=access,
        limits=LIMITS,
        clock=CLOCK,
        hosts=list_hosts(indexes, file_hosts),
        queue=WriteQueue(keep),
    )


class Server(uvicorn.Server):
    """uvicorn, which says when it listens and where."""

    def __init__(self, config: uvicorn.Config, started: Callable[[str], None]) -> None:
        super().__init__(config)
        self._say = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._say(_address(self))


def make_server(
    made: IndexService,
    listening: Listening,
    *,
    log: Callable[[str], None] | None,
    started: Callable[[str], None] = lambda address: None,
    warms_up: bool = False,
) -> Server:
    """The server, not yet listening; raises `WrongUsage` for a file that is not a certificate.

    ``warms_up`` says that it reads ahead as soon as it listens, before anybody asks.
    """

    def say(address: str) -> None:
        if warms_up:
            made.warm_up()
        started(address)

    config = uvicorn.Config(
        AccessLogMiddleware(Application(made), made.metrics, log),
        host=listening.host,
        port=listening.port,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=SHUTDOWN,
        ssl_certfile=listening.certfile,
        ssl_keyfile=listening.keyfile,
    )
    try:
        config.load()
    except OSError as error:
        path = listening.certfile or ""
        raise WrongUsage(f"{path}: no certificate with its key: {error.strerror}") from None
    return Server(config, say)


def run(server: Server) -> None:
    """Serve until a signal says to stop; raises `WrongUsage` if it cannot listen there."""
    bound = _bind(server.config.host, server.config.port)
    before = {
        number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        # uvicorn stops at these signals, and then raises them once more: to be told to stop is
        # no failure.
        server.run(sockets=[bound])
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bind(host: str, port: int) -> socket.socket:
    """A socket that listens: bound here, since uvicorn ends the process where it cannot."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
    except OSError as error:
        problem = error.strerror or str(error)
        raise WrongUsage(f"cannot listen on {host} port {port}: {problem}") from None
    return bound


def _address(server: Server) -> str:
    """Where it listens, for people and for settings."""
    where = server.servers[0].sockets[0].getsockname()
    host = f"[{where[0]}]" if ":" in where[0] else where[0]
    scheme = "https" if server.config.is_ssl else "http"
    return f"{scheme}://{host}:{where[1]}"
