"""The server asks itself for each kind of page, over a real connection, and stops."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import closing
from urllib.parse import urljoin, urlsplit

from neuron_pin.record import NamedTuple

from .application import IndexService
from .serializer import MediaType
from .server import Listening, make_server

PROJECT = "torch-neuronx"
SECONDS = 30.0


class SelfCheckStep(NamedTuple):
    """One question: what was asked for, what came (a status and a type), how long it took, and
    what is wrong with it, empty for nothing."""

    path: str
    answer: str
    seconds: float
    problem: str = ""


class _Reply(NamedTuple):
    status: int
    media_type: str
    body: bytes


def check_server(made: IndexService) -> list[SelfCheckStep]:
    """Start on a port of this machine's own, ask, stop."""
    where: list[str] = []
    started = threading.Event()

    def listening(address: str) -> None:
        where.append(address)
        started.set()

    server = make_server(made, Listening("127.0.0.1", 0), log=None, started=listening)
    # Signals are the main thread's; here the server is told to stop by a flag.
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        if not started.wait(SECONDS):
            return [SelfCheckStep("/", "", SECONDS, "the server does not start")]
        return _ask(urlsplit(where[0]).netloc)
    finally:
        server.should_exit = True
        thread.join(SECONDS)


def _ask(host: str) -> list[SelfCheckStep]:
    steps: list[SelfCheckStep] = []

    def ask(path: str, accept: str, status: int, media_type: str = "") -> _Reply | None:
        began = time.perf_counter()
        try:
            reply = _get(host, path, accept)
        except (OSError, http.client.HTTPException) as error:
            seconds = time.perf_counter() - began
            steps.append(SelfCheckStep(path, "", seconds, f"no answer: {error}"))
            return None
        seconds = time.perf_counter() - began
        problem = ""
        if reply.status != status:
            problem = reply.body[:300].decode("utf-8", "replace").strip() or f"not {status}"
        elif media_type and not reply.media_type.startswith(media_type):
            problem = f"not {media_type}"
        steps.append(
            SelfCheckStep(path, f"{reply.status} {reply.media_type}".rstrip(), seconds, problem)
        )
        return None if problem else reply

    page = f"/simple/{PROJECT}/"
    ask("/healthz", "*/*", 200, "application/json")
    ask("/", "text/html", 200, "text/html")
    ask(f"/simple/{PROJECT}", "*/*", 301)
    found = ask(page, MediaType.JSON.value, 200, MediaType.JSON.value)
    ask(page, MediaType.HTML.value, 200, MediaType.HTML.value)
    ask(page, "image/png", 406)
    ask(f"/project/{PROJECT}/", "text/html", 200, "text/html")
    ask(f"/sdk/latest/simple/{PROJECT}/", MediaType.JSON.value, 200, MediaType.JSON.value)
    if found is not None:
        asked = [
            urljoin(page, row["url"])
            for row in json.loads(found.body)["files"]
            if not row["url"].startswith("http") and row.get("core-metadata")
        ]
        if asked:
            ask(f"{asked[-1]}.metadata", "*/*", 200)
    ask("/withheld/", "text/html", 200, "text/html")
    ask("/withheld.json", "*/*", 200, "application/json")
    ask("/metrics", "*/*", 200, "text/plain")
    return steps


def _get(host: str, path: str, accept: str) -> _Reply:
    with closing(http.client.HTTPConnection(host, timeout=SECONDS)) as connection:
        connection.request("GET", path, headers={"Accept": accept, "User-Agent": "neuron-pin"})
        reply = connection.getresponse()
        return _Reply(
            reply.status,
            reply.getheader("Content-Type", ""),
            reply.read(),
        )
