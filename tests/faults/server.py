"""A server on this machine that counts its requests, and may break off at any of them."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import NamedTuple

Raw = Callable[[socket.socket], None]


class Answer(NamedTuple):
    """A whole answer; of ``ranges`` those that are asked for."""

    body: bytes
    kind: str = "application/octet-stream"
    status: str = "200 OK"
    ranges: bool = True


Site = dict[str, Answer | Raw | list[Answer]]
"""What is at each path; of a list each request gets the next, and the last for ever."""


class Server:
    """Serves one site over HTTP until it is closed."""

    def __init__(self) -> None:
        self.site: Site = {}
        self.asked: list[str] = []
        self.breaks: tuple[int, Raw] | None = None
        self.noticed: Callable[[int], None] | None = None
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        # Closed alone, it leaves the thread that accepts blocked, and a descriptor reserved.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), connection:
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
    yield f"HTTP/1.1 {status}\r\nContent-Type: {answer.kind}\r\n{more}".encode()
    if answer.ranges:
        yield b"Accept-Ranges: bytes\r\n"
    yield f"Content-Length: {len(body)}\r\n\r\n".encode()
    if method != "HEAD":
        yield body


def send(data: bytes) -> Raw:
    """A connection that gets these bytes, and the end."""
    return lambda connection: connection.sendall(data)
