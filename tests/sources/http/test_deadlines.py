"""No server holds us for longer than we said, or fills our memory, whatever it does."""

import socket
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.http.client import Fetcher, NotFound
from neuron_pin.sources.http.transport import Limits

Behavior = Callable[[socket.socket], None]
LIMITS = Limits(connect=1.0, patience=1.0, answer=1.5, download=1.5, retries=1)


WHOLE: list[bytes] = []
"""The heads of answers that were taken to their end."""


def drip(connection: socket.socket, head: bytes) -> None:
    """A byte now and then, for twice as long as is waited."""
    connection.sendall(head)
    for _ in range(60):
        connection.sendall(b"x")
        time.sleep(0.05)
    WHOLE.append(head)


def send_more(connection: socket.socket, head: bytes) -> None:
    """A body of 16 MiB, where 100 kB are taken: more than the kernel holds for both sides."""
    connection.sendall(head)
    for _ in range(256):
        connection.sendall(b"x" * 65536)
    WHOLE.append(head)


SLOW: dict[str, Behavior] = {
    "says nothing": lambda c: time.sleep(5),
    "drips its status": lambda c: drip(c, b"HTTP/1.1 200 "),
    "drips a header": lambda c: drip(c, b"HTTP/1.1 200 OK\r\nA: "),
    "drips its body": lambda c: drip(c, b"HTTP/1.1 200 OK\r\nContent-Length: 60\r\n\r\n"),
    "drips without a length": lambda c: drip(c, b"HTTP/1.1 200 OK\r\n\r\n"),
    "drips a chunk": lambda c: drip(
        c, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3c\r\n"
    ),
    "redirects, dripping": lambda c: drip(
        c, b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 60\r\n\r\n"
    ),
}


@pytest.mark.parametrize("behavior", SLOW.values(), ids=SLOW)
def test_time_has_an_end(raw, tmp_path: Path, behavior: Behavior) -> None:
    WHOLE.clear()
    fetcher = Fetcher(str(tmp_path), limits=LIMITS)
    with pytest.raises(SourceFailed):
        fetcher.get(f"{raw(behavior)}/a", limit=100_000)
    assert WHOLE == []
    assert not list(tmp_path.rglob("*"))


LARGE = {
    "of a page": b"HTTP/1.1 200 OK\r\n\r\n",
    "of a redirect": b"HTTP/1.1 302 Found\r\nLocation: /a\r\n\r\n",
    "of an error": b"HTTP/1.1 503 No\r\n\r\n",
    "of what is not there": b"HTTP/1.1 404 No\r\n\r\n",
}


@pytest.mark.parametrize("head", LARGE.values(), ids=LARGE)
def test_a_body_is_not_read_past_its_limit(raw, tmp_path: Path, head: bytes) -> None:
    fetcher = Fetcher(str(tmp_path), limits=LIMITS)
    WHOLE.clear()
    tracemalloc.start()
    try:
        with pytest.raises((SourceFailed, NotFound)):
            fetcher.get(f"{raw(lambda c: send_more(c, head))}/a", limit=100_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024 * 1024
    assert WHOLE == []


def test_only_named_hosts_are_asked(serve, tmp_path: Path) -> None:
    here, elsewhere = serve(), serve()
    elsewhere.answers["/b"] = (200, {}, b"secret")
    here.answers["/a"] = (302, {"Location": f"{elsewhere.url}/b"}, b"")
    hosts = frozenset({here.url.removeprefix("http://")})
    fetcher = Fetcher(str(tmp_path), hosts=hosts)
    with pytest.raises(SourceFailed, match=r"redirects to .*/b, which is on a host"):
        fetcher.get(f"{here.url}/a", limit=100)
    with pytest.raises(SourceFailed, match="is on a host that no index"):
        fetcher.get(f"{elsewhere.url}/b", limit=100)
    assert elsewhere.requests == []


def slowly(connection: socket.socket, size: int, pause: float) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    for _ in range(60000 // size):
        connection.sendall(b"x" * size)
        time.sleep(pause)


def test_what_comes_slowly_may_come(raw, tmp_path: Path) -> None:
    limits = Limits(patience=1.0, answer=60.0)
    fetcher = Fetcher(str(tmp_path), limits=limits)
    # 40 kB a second: it takes longer than it may take to begin.
    found = fetcher.get(f"{raw(lambda c: slowly(c, 2000, 0.05))}/a", limit=100_000)
    assert len(found.data) == 60000


def test_who_asks_us_to_wait_is_not_waited_for_longer_than_for_an_answer(
    serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", slept.append)
    server = serve()
    server.answers["/a"] = (429, {"Retry-After": "30"}, b"")
    fetcher = Fetcher(str(tmp_path), limits=Limits(patience=1.0))
    with pytest.raises(SourceFailed, match="429"):
        fetcher.get(f"{server.url}/a", limit=100)
    assert slept
    assert max(slept) <= 1.0


def trickle(connection: socket.socket) -> None:
    """20,000 bytes at once, and 20 more in four seconds."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 20020\r\n\r\n" + b"x" * 20_000)
    for _ in range(20):
        time.sleep(0.2)
        connection.sendall(b"x")


def test_an_answer_brings_a_least_rate(raw, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("neuron_pin.sources.http.deadlines.MIN_RATE", 20_000)
    fetcher = Fetcher(str(tmp_path), limits=Limits(patience=1.0, answer=20.0, retries=0))
    with pytest.raises(SourceFailed, match="is given up"):
        fetcher.get(f"{raw(trickle)}/a", limit=30_000)


def test_one_thread_looks_at_all_deadlines(raw, tmp_path: Path) -> None:
    fetcher = Fetcher(str(tmp_path), limits=LIMITS)
    url = raw(SLOW["says nothing"])
    problems: list[str] = []
    watching: list[set[threading.Thread]] = []
    before = set(threading.enumerate())

    def read(number: int) -> None:
        try:
            fetcher.get(f"{url}/{number}", limit=100)
        except SourceFailed as error:
            problems.append(error.problem)

    threads = [threading.Thread(target=read, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        started = set(threading.enumerate()) - before
        watching.append({thread for thread in started if thread.name == "deadlines"})
        time.sleep(0.05)
    assert len(problems) == 8
    assert all("does not answer" in problem for problem in problems)
    assert len(set().union(*watching)) == 1


def test_a_deadline_that_is_due_sooner_is_not_kept_waiting(raw, tmp_path: Path) -> None:
    limits = Limits(connect=1.0, patience=3.0, answer=3.0, download=0.5, retries=0)
    fetcher = Fetcher(str(tmp_path), limits=limits)
    url = raw(SLOW["says nothing"])
    ended: list[str] = []

    def read() -> None:
        with pytest.raises(SourceFailed):
            fetcher.get(url, limit=100)
        ended.append("page")

    waiting = threading.Thread(target=read)
    waiting.start()
    time.sleep(0.2)
    with pytest.raises(SourceFailed):
        fetcher.download(url, tmp_path / "file", 100)
    ended.append("file")
    waiting.join()
    assert ended == ["file", "page"]
