"""A malicious index on this machine: answers of any bytes, also such as no HTTP library sends."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

Raw = Callable[[socket.socket], None]


class Answer(NamedTuple):
    """A whole answer, headers as they are sent; of ``ranges`` those that are asked for."""

    body: bytes
    kind: str = "application/octet-stream"
    status: str = "200 OK"
    headers: tuple[tuple[str, str], ...] = ()
    ranges: bool = True


Site = dict[str, Answer | Raw | list[Answer]]
"""What is at each path; of a list each request gets the next, and the last for ever."""


class Server:
    """Serves one site over HTTP and over TLS, until it is closed."""

    def __init__(self, certificate: str = "") -> None:
        self.site: Site = {}
        self.asked: list[str] = []
        self.breaks: tuple[int, Raw] | None = None
        self.noticed: Callable[[int], None] | None = None
        self._open: list[socket.socket] = []
        self.plain = self._listen(None)
        self.tls = 0
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.tls = self._listen(context)

    def close(self) -> None:
        for listening in self._open:
            # Closed alone, it leaves the thread that accepts blocked, and a descriptor reserved.
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def _listen(self, context: ssl.SSLContext | None) -> int:
        server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open.append(server)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    threading.Thread(
                        target=self._one, args=(connection, context), daemon=True
                    ).start()

        threading.Thread(target=serve, daemon=True).start()
        return int(server.getsockname()[1])

    def _one(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        with contextlib.suppress(OSError, ValueError):
            if context is not None:
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                stream = connection.makefile("rb")
                while self._request(connection, stream):
                    pass

    def _request(self, connection: socket.socket, stream: object) -> bool:
        first = stream.readline(65536).split()  # type: ignore[attr-defined]
        headers = {}
        for line in iter(lambda: stream.readline(65536).strip(), b""):  # type: ignore[attr-defined]
            name, _, value = line.partition(b":")
            headers[name.lower().decode()] = value.strip().decode()
        if len(first) != 3:
            return False
        method, path = first[0].decode(), first[1].decode()
        self.asked.append(path)
        if self.noticed is not None:
            self.noticed(len(self.asked))
        if self.breaks is not None and len(self.asked) > self.breaks[0]:
            self.breaks[1](connection)
            return False
        found = self.site.get(path) or self.site.get(path.partition("?")[0])
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if found is None:
            found = Answer(b"none", "text/plain", "404 Not Found")
        if not isinstance(found, Answer):
            found(connection)
            return False
        connection.sendall(b"".join(_encoded(found, method, headers.get("range", ""))))
        return True


def _encoded(answer: Answer, method: str, wanted: str) -> Iterator[bytes]:
    status, body, more = answer.status, answer.body, ""
    if wanted.startswith("bytes=") and answer.ranges and status.startswith("200"):
        first, _, last = wanted[6:].partition("-")
        start = int(first) if first else max(0, len(body) - int(last))
        end = min(int(last or len(body)), len(body) - 1) if first else len(body) - 1
        status, more = "206 Partial Content", f"Content-Range: bytes {start}-{end}/{len(body)}\r\n"
        body = body[start : end + 1]
    yield f"HTTP/1.1 {status}\r\nContent-Type: {answer.kind}\r\n{more}".encode("latin-1", "replace")
    if answer.ranges:
        yield b"Accept-Ranges: bytes\r\n"
    if not any(
        name.lower() in ("content-length", "transfer-encoding") for name, _ in answer.headers
    ):
        yield f"Content-Length: {len(body)}\r\n".encode()
    for name, value in answer.headers:
        yield f"{name}: {value}\r\n".encode()
    yield b"\r\n"
    if method != "HEAD":
        yield body


# What a connection may do instead of an answer --------------------------------------------

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


def drips(head: bytes) -> Raw:
    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(b"x")
            time.sleep(0.2)

    return behave


def floods(head: bytes, block: bytes) -> Raw:
    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(block)

    return behave


def sends(data: bytes) -> Raw:
    """These bytes, and the end."""
    return lambda connection: connection.sendall(data)


def hangs(connection: socket.socket) -> None:
    time.sleep(120)
