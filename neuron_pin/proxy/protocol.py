"""HTTP/1.1 as uvicorn speaks it, with an end to a client's patience with us.

uvicorn bounds neither how long the head of a request may take, nor how long it is, nor how
long a client may leave an answer unread.  And it starts a task for each request, which costs more
than a page that is warm: such a page is written as soon as the head of its request is there.
"""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from .responses import RawResponse

if TYPE_CHECKING:
    from uvicorn._types import ASGI3Application

HEAD_SECONDS = 10.0
"""Seconds for the head of a request, from the first byte or the connection on."""

MAX_HEAD = 32 * 1024
"""Bytes of the head of a request."""

UNREAD_SECONDS = 60.0
"""Seconds for which a client may leave what was sent to it unread."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_timer: TimerHandle | None = None
        self._unread_timer: TimerHandle | None = None
        self._head_size = 0
        # What has an answer at hand, none where the application has no such thing.
        self._answer_at_once: Callable[[Any], RawResponse | None] | None = getattr(
            self.app, "answer_at_once", None
        )

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_timer is None and self._is_between():
            self._await_head()
        # Since the last head: more of them, or a body that nothing here takes.
        self._head_size += len(data)
        if self._head_size > MAX_HEAD:
            if self._is_between():
                self._refuse(b"431 Request Header Fields Too Large")
            else:
                self._abort()
            return
        super().data_received(data)

    def on_headers_complete(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self._head_size = 0
        super().on_headers_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        # Behind one that is being answered, or whose client does not read, each waits its turn.
        if app is not self.app or self.pipeline or self.flow.write_paused:
            super()._start_asgi_task(cycle, app)
            return
        answer = self._answer_at_once(cycle.scope) if self._answer_at_once is not None else None
        if answer is None or not self._write(cycle, answer):
            super()._start_asgi_task(cycle, app)

    def _write(self, cycle: RequestResponseCycle, answer: RawResponse) -> bool:
        """Write a whole answer, as `RequestResponseCycle.send` does; gives whether it may be."""
        status, headers, body = answer
        lines = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            lines += (name, b": ", value, b"\r\n")
        count = (len(lines) - 1) // 4 + 1
        if not cycle.keep_alive:
            lines.append(b"connection: close\r\n")
            count += 1
        head = b"".join(lines)
        if head.count(b"\r") != count or head.count(b"\n") != count:
            # A value that ends its line: uvicorn refuses it, and says so.
            return False
        if cycle.scope["method"] == "HEAD":
            body = b""
        self.transport.write(b"".join((head, b"\r\n", body)))
        cycle.response_started = cycle.response_complete = True
        cycle.message_event.set()
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()
        return True

    def eof_received(self) -> bool:  # type: ignore[override]
        """A client that has said all it had to say may still listen."""
        if self._is_between():
            return False
        self.cycle.keep_alive = False
        return True

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self._abort)

    def resume_writing(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
        super().resume_writing()

    def _is_between(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        self._head_size = 0
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_late)

    def _head_late(self) -> None:
        # Who has sent nothing at all asks for no answer.
        if self._head_size:
            self._refuse(b"408 Request Timeout")
        else:
            self.transport.close()

    def _refuse(self, status: bytes) -> None:
        self._cancel()
        if not self.transport.is_closing():
            head = b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self.transport.write(head)
            self.transport.close()

    def _abort(self) -> None:
        self._cancel()
        self.transport.abort()

    def _cancel(self) -> None:
        for timer in (self._head_timer, self._unread_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._unread_timer = None
