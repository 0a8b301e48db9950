"""Whatever a client sends or leaves out: a clear status, an end, and nobody else suffers."""

from __future__ import annotations

import json
import socket
import threading
from urllib.parse import urlsplit

import pytest
from proxy_world import JSON

from neuron_pin.proxy import protocol


@pytest.fixture
def index(pair, served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(protocol, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", 0.5)
    return served(*pair.options)


# path as it is sent, what comes
PATHS = [
    ("/simple/../../a/file", 404),
    ("/simple/%2e%2e%2f%2e%2e%2fa%2ffile/", 404),
    ("/simple/..%2f/", 404),
    ("/simple/../", 400),
    ("/simple/%00/", 400),
    ("/simple/a%0d%0aX-Injected:%201/", 404),
    ("/simple/%01%02/", 400),
    ("/simple/<b>/", 400),
    ("/simple/" + "a" * 129 + "/", 400),
    ("/simple/" + "a" * 2000 + "/", 400),
    ("/simple/-bad-/", 400),
    ("/simple/bad-/", 400),
    ("/simple/tor\u0441h/".encode().decode("latin-1"), 400),
    ("/simple/torch-neuronx/extra/", 404),
    ("/simple//torch-neuronx/", 404),
    ("/simple//", 404),
    ("//simple/torch-neuronx/", 404),
    ("/simple/torch-neuronx//", 404),
    ("/nowhere", 404),
    ("/" + "a" * 2000, 400),
    ("/nowhere/simple/torch/", 404),
    ("/sdk/simple/torch/", 400),
    ("/sdk/99.0/simple/torch/", 404),
    ("/sdk/2.26/nothing/simple/torch/", 404),
    ("/sdk/../simple/torch/", 404),
    ("/as-of/yesterday/simple/torch/", 400),
    ("/as-of/2026-02-30/simple/torch/", 400),
    ("/as-of/0000-00-00/simple/torch/", 400),
    ("/as-of/9999-12-31/simple/torch/", 200),
    ("/as-of/0001-01-01/sdk/2.26/simple/torch/", 404),
    ("/phase/excellent/simple/torch/", 404),
    ("/instance/p5/simple/torch/", 404),
    ("/" + "phase/beta/" * 30 + "simple/torch/", 400),
    ("/files/torch-neuronx/..%2f..%2fa%2ffile", 404),
    ("/files/torch-neuronx/nothing.whl", 404),
    ("/files/torch-neuronx/nothing.whl.metadata", 404),
    ("/files/Torch/torch-2.9.1-py3-none-any.whl", 404),
    ("/files/http:/127.0.0.1", 404),
    ("/files/torch-neuronx/http:%2f%2f127.0.0.1:1%2fx.whl", 404),
    ("/files/libneuronxla/libneuronxla-99.0-py3-none-any.whl", 404),
    ("/files//", 404),
    ("/project/", 404),
    ("/project/%3Cb%3E/", 400),
    ("/simple/torch/?format=%3Cb%3E", 406),
    ("/withheld.json/../../x", 404),
]


@pytest.mark.parametrize(("path", "status"), PATHS)
def test_paths(index, pair, path: str, status: int) -> None:
    sent = b"GET " + path.encode("latin-1") + b" HTTP/1.1\r\nHost: x\r\nAccept: text/html\r\n\r\n"
    answer = talk(index, sent)
    assert answer.startswith(b"HTTP/1.1 " + str(status).encode()), answer[:300]
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"X-Injected" not in head
    if status != 200:
        # What was sent may come back as text, which no browser takes for anything else.
        assert b"text/plain" in head
        assert b"nosniff" in head or body in (b"Not Found", b"Invalid HTTP request received.")
    assert b"\x01" not in body
    # The log has one line for it, and nothing in it steers a terminal.
    assert all(line.isprintable() for line in index.lines)
    # Nothing was asked for but pages of projects, by their names.
    for server in pair:
        assert all(p.startswith("/simple/") and ".." not in p for p, _ in server.requests)


def talk(index, sent: bytes, *, ends: bool = False) -> bytes:
    """Send bytes, say that there will be no more if wanted, read until the other side closes."""
    host, _, port = urlsplit(index.url).netloc.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(sent)
        if ends:
            connection.shutdown(socket.SHUT_WR)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    """Until the connection is closed, or an answer with a length is whole."""
    data = b""
    while True:
        head, found, body = data.partition(b"\r\n\r\n")
        if found:
            lengths = [
                int(line.partition(b":")[2])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            ]
            if lengths and len(body) >= lengths[0]:
                return data
        try:
            chunk = connection.recv(65536)
        except ConnectionResetError:
            return data
        if not chunk:
            return data
        data += chunk


REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

# What is sent, and how the answer begins; empty for none.
CONNECTIONS = {
    "nothing": (b"", b""),
    "half a head": (b"GET /simple/ HTTP/1.1\r\nHost: x\r\nA", b"HTTP/1.1 408"),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HTTP/1.1 400"),
    "a long head": (b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 40_000, b"HTTP/1.1 431"),
    "many headers": (b"GET / HTTP/1.1\r\n" + b"A: a\r\n" * 8000, b"HTTP/1.1 431"),
    "a long address": (b"GET /" + b"a" * 40_000, b"HTTP/1.1 431"),
    "no host, version 1.0": (b"GET /healthz HTTP/1.0\r\n\r\n", b"HTTP/1.1 200"),
    "two requests at once": (REQUEST * 2, b"HTTP/1.1 200"),
    "lengths that disagree": (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 400",
    ),
    "a length and chunks": (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 400",
    ),
    "another method": (b"DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 405"),
    "a tunnel": (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n", b"HTTP/1.1 4"),
    "another server's address": (
        b"GET http://other.invalid/nowhere/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"HTTP/1.1 404",
    ),
    "a websocket": (
        b"GET /simple/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n\r\n",
        b"HTTP/1.1 200",
    ),
}


@pytest.mark.parametrize("name", CONNECTIONS)
def test_connections(index, name: str) -> None:
    sent, begins = CONNECTIONS[name]
    answer = talk(index, sent)
    assert answer.startswith(begins), answer[:200]
    if not begins:
        assert answer == b""
    # And it goes on serving.
    assert index.get("/healthz").status == 200


def split(answer: bytes) -> list[tuple[bytes, bytes]]:
    """Answers one after the other, each with its first line and its body."""
    found = []
    while answer:
        head, _, rest = answer.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(fields[b"content-length"])
        found.append((head.partition(b"\r\n")[0], rest[:length]))
        answer = rest[length:]
    return found


def test_pages_at_hand_keep_their_turn(index) -> None:
    """A warm page is written at once, but not before what was asked for first."""

    def ask(path: str, *more: bytes) -> bytes:
        lines = [f"GET {path} HTTP/1.1".encode(), b"Host: x", b"Accept: " + JSON.encode(), *more]
        return b"\r\n".join([*lines, b"", b""])

    warm = index.get("/simple/numpy/").body
    sent = [
        ask("/simple/numpy/") * 3,
        ask("/simple/nobody/"),
        ask("/simple/numpy/") * 200,
        ask("/healthz"),
        ask("/simple/numpy/", b"Connection: close"),
    ]
    host, _, port = urlsplit(index.url).netloc.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(b"".join(sent))
        received = b""
        while chunk := connection.recv(1 << 16):
            received += chunk
    answers = split(received)
    assert [body == warm for _, body in answers] == [True] * 3 + [False] + [True] * 200 + [
        False,
        True,
    ]
    assert {line for line, _ in answers} == {b"HTTP/1.1 200 OK", b"HTTP/1.1 404 Not Found"}


def test_a_page_at_hand_has_the_same_head_as_one_that_is_made(index) -> None:
    made, warm = (index.get("/simple/torch-neuronx/") for _ in range(2))
    head = index.get("/simple/torch-neuronx/", method="HEAD")
    for other in (warm, head):
        assert other.status == 200
        assert {**other.headers, "date": ""} == {**made.headers, "date": ""}
    assert (warm.body, head.body) == (made.body, b"")
    assert index.get("/simple/torch-neuronx/", If_None_Match=warm.headers["etag"]).status == 304
    assert index.has_logged('"HEAD /simple/torch-neuronx/ HTTP/1.1" 200')
    assert index.has_logged('"GET /simple/torch-neuronx/ HTTP/1.1" 304')


def test_a_half_closed_client_gets_its_answer(index) -> None:
    path = b"GET /simple/torch-neuronx/ HTTP/1.1\r\nHost: x\r\n\r\n"
    assert talk(index, path, ends=True).startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_read_is_dropped(pair, served, monkeypatch) -> None:
    monkeypatch.setattr(protocol, "UNREAD_SECONDS", 0.5)
    rows = [
        {"filename": f"big-{n}.0-py3-none-any.whl", "url": f"/{n}", "hashes": {"sha256": "0" * 64}}
        for n in range(30_000)
    ]
    body = json.dumps({"files": rows}).encode()
    pair.public.answers["/simple/big/"] = (200, {"Content-Type": "application/json"}, body)
    index = served(*pair.options)
    whole = index.get("/simple/big/").body
    host, _, port = urlsplit(index.url).netloc.partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        sent = f"GET /simple/big/ HTTP/1.1\r\nHost: x\r\nAccept: {JSON}\r\n\r\n"
        connection.sendall(sent.encode())
        # The other side ends it while we wait; what it had sent by then is less than the whole.
        threading.Event().wait(3)
        received = 0
        try:
            while chunk := connection.recv(1 << 20):
                received += len(chunk)
        except ConnectionResetError:
            pass
    assert received < len(whole)
    assert index.get("/healthz").status == 200


def test_what_nobody_has_is_asked_for_once(index, pair) -> None:
    for _ in range(5):
        assert index.get("/simple/nope/").status == 404
    assert [path for path, _ in pair.public.requests] == ["/simple/nope/"]
    assert pair.neuron.requests == []


def test_many_that_ask_at_once_cost_one_request(index, pair) -> None:
    threads = [
        threading.Thread(target=index.get, args=["/simple/torch-neuronx/"]) for _ in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pages = [path for path, _ in pair.neuron.requests if not path.endswith(".whl")]
    assert pages.count("/simple/torch-neuronx/") == 1


def test_the_log_is_ascii(index) -> None:
    sent = 'GET /nowhere HTTP/1.1\r\nHost: x\r\nUser-Agent: pip "\u00e9\r\n\r\n'
    assert talk(index, sent.encode("latin-1")).startswith(b"HTTP/1.1 404")
    assert index.has_logged("pip")
    assert all(line.isascii() for line in index.lines)
