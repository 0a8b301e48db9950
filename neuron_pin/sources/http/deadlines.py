"""Deadlines that no server can drip past."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import socket
import threading
import time
from collections.abc import Callable

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
        self._looks_at = 0.0

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
            elif due < self._looks_at:
                self._condition.notify()

    def _run(self) -> None:
        while True:
            with self._condition:
                while self._due and self._due[0][2].left_off:
                    heapq.heappop(self._due)
                if not self._due:
                    self._is_running = False
                    return
                self._looks_at = self._due[0][0]
                seconds = self._looks_at - time.monotonic()
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
