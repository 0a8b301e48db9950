"""What happened to each request: a line of the access log, and the counters."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

from .metrics import Metrics

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from .application import Application
    from .responses import RawResponse

MAX_TEXT = 300


class AccessLogMiddleware:
    """An application whose every answer is counted and, if wanted, logged."""

    def __init__(
        self, application: Application, metrics: Metrics, log: Callable[[str], None] | None
    ) -> None:
        self._application = application
        self._metrics = metrics
        self._log = log
        self._lines: list[str] = []

    def answer_at_once(self, scope: Scope) -> RawResponse | None:
        """The answer that is at hand, counted and logged; none if it has to be made."""
        began = time.perf_counter()
        answer = self._application.answer_at_once(scope)
        if answer is not None:
            self._note(scope, answer.status, len(answer.body), began)
        return answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        status, size, began = 0, 0, time.perf_counter()

        async def observe(message: Message) -> None:
            nonlocal status, size
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                size += len(message.get("body", b""))
            await send(message)

        try:
            await self._application(scope, receive, observe)
        except ClientDisconnect:
            # uvicorn ends a connection whose answer is not whole.
            self._note(scope, status, size, began)
        except Exception:
            self._note(scope, status or 500, size, began)
            raise
        else:
            self._note(scope, status, size, began)

    def _note(self, scope: Scope, status: int, size: int, began: float) -> None:
        seconds = time.perf_counter() - began
        kind = scope.get("kind", "other")
        self._metrics.count_answer(kind, status, seconds, size)
        if self._log is not None:
            if not self._lines:
                asyncio.get_running_loop().call_soon(self._write_lines)
            self._lines.append(log_line(scope, status, size, seconds))

    def _write_lines(self) -> None:
        """The lines of the requests that were read together, written together."""
        lines, self._lines = self._lines, []
        if self._log is not None:
            self._log("\n".join(lines))


def log_line(scope: Scope, status: int, size: int, seconds: float) -> str:
    """A request in the combined log format, with how long it took (seconds), and what went
    wrong (``problem`` of the scope), or what of the answer is to be known (``note``)."""
    problem = scope.get("problem", "") or scope.get("note", "")
    client = scope.get("client")
    now = _stamp(int(time.time()))
    path = scope.get("raw_path", b"").decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    target = f"{path}?{query}" if query else path
    agent = next((value for key, value in scope["headers"] if key == b"user-agent"), b"-")
    line = (
        f"{client[0] if client else '-'} - - [{now}] "
        f'"{scope["method"]} {_quote(target)} HTTP/{scope["http_version"]}" {status} {size} '
        f'"-" "{_quote(agent.decode("latin-1"))}" {seconds:.4f}'
    )
    return f"{line} {_quote(problem)}" if problem else line


@lru_cache(maxsize=4)
def _stamp(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000")


def _quote(text: str) -> str:
    """A text of a client's, which ends neither its field nor its line."""
    # So much of it decides, and is kept.
    return _quote_short(text[: MAX_TEXT + 1])


@lru_cache(maxsize=1024)
def _quote_short(text: str) -> str:
    if text.isascii() and text.isprintable() and '"' not in text and len(text) <= MAX_TEXT:
        return text
    return "".join(
        c if c.isascii() and c.isprintable() and c != '"' else f"\\x{ord(c) & 0xFF:02x}"
        for c in text[:MAX_TEXT]
    )
