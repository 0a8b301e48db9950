"""Files of a cache that are written a moment later, in a thread of their own.

While somebody waits for an answer, the steps of a write (a folder, a temporary file, its lock, a
new name) stand in the way of whatever else the process does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

QUIET = 0.3
"""Seconds after the last file was put until the writing begins."""

LATEST = 2.0
"""Seconds after the first one was put until it begins in any case."""

MAX_BYTES = 32 << 20
"""Bytes that wait; what comes on top is written by whoever has it."""


class WriteQueue:
    """Files by path, the newest content of each; threads may share it."""

    def __init__(self, write: Callable[[str, bytes], None]) -> None:
        """``write`` puts bytes into a file of a path, whole or not at all, and raises nothing."""
        self._write_file = write
        self._waiting: dict[str, bytes] = {}
        self._size = 0
        self._first = self._last = 0.0
        self._is_closed = False
        self._condition = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="writes", daemon=True)
        self._thread.start()

    def put(self, path: str, data: bytes) -> None:
        """Keep bytes in a file, whole or not at all, soon."""
        with self._condition:
            waiting = self._waiting.get(path)
            has_room = waiting is not None or self._size + len(data) <= MAX_BYTES
            if has_room and not self._is_closed:
                self._size += len(data) - len(waiting or b"")
                self._last = time.monotonic()
                if not self._waiting:
                    self._first = self._last
                    self._condition.notify()
                self._waiting[path] = data
                return
        self._write_file(path, data)

    def get(self, path: str) -> bytes | None:
        """What waits to be written to a file; none if nothing does."""
        return self._waiting.get(path)

    def close(self) -> None:
        """Write all that waits; what is put from now on is written at once."""
        with self._condition:
            self._is_closed = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._is_closed:
                    due = min(self._last + QUIET, self._first + LATEST) - time.monotonic()
                    if self._waiting and due <= 0:
                        break
                    self._condition.wait(due if self._waiting else None)
                paths = list(self._waiting)
            for path in paths:
                self._write(path)
            with self._condition:
                self._first = time.monotonic()
                if self._is_closed and not self._waiting:
                    return

    def _write(self, path: str) -> None:
        data = self._waiting.get(path)
        if data is None:
            return
        self._write_file(path, data)
        with self._condition:
            # Another content may have come meanwhile.
            if self._waiting.get(path) is data:
                del self._waiting[path]
                self._size -= len(data)
