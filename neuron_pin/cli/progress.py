"""A sign of life for long work: one line on a terminal's stderr, and nothing anywhere else."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType

from neuron_pin.printable import make_printable
from neuron_pin.reporter import Reporter

DELAY = 0.3
"""Seconds before anything is shown: shorter work shows nothing."""

PERIOD = 0.1
"""Seconds between two drawings."""

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PLAIN_FRAMES = "|/-\\"
BAR = 20
"""Columns of a bar."""


class Progress(Reporter):
    """Tells of work while it lasts; used with ``with``.  Threads may report to it."""

    def __init__(
        self, words: str, write: Callable[[str], None], *, encoding: str = "utf-8"
    ) -> None:
        self._words = words
        self._write = write
        self._is_utf8 = encoding.lower().replace("-", "") == "utf8"
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._is_shown = False
        self._began = time.monotonic()
        self._requests = 0
        self._sdk = ""
        self._host = ""
        self._what = ""
        self._done, self._total = 0, 0
        self._thread = threading.Thread(target=self._draw_on, name="progress", daemon=True)

    def __enter__(self) -> Progress:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()
        self.clear()

    # What is reported -------------------------------------------------------------------

    def requested(self, url: str) -> None:
        self._requests += 1
        self._host = url.partition("://")[2].partition("/")[0] or "files"

    def trying(self, sdk: str) -> None:
        self._sdk = sdk

    def conflicted(self, message: str) -> None:
        self._words = "No solution; looking for what would work"

    def examined(self, what: str, done: int, total: int) -> None:
        self._what, self._done, self._total = what, done, total

    # What is shown ----------------------------------------------------------------------

    def describe(self, width: int) -> str:
        """The line as it is now, in at most so many columns."""
        seconds = time.monotonic() - self._began
        frames = _FRAMES if self._is_utf8 else _PLAIN_FRAMES
        parts = [f"{frames[int(seconds / PERIOD) % len(frames)]} {self._words}"]
        if self._total:
            filled = BAR * self._done // self._total
            full, empty = "█░" if self._is_utf8 else "#-"
            parts.append(f"{full * filled}{empty * (BAR - filled)} {self._done}/{self._total}")
        details = [f"SDK {self._sdk}"] if self._sdk else []
        details += [f"{self._requests} requests, {self._host}"] if self._requests else []
        details += [self._what] if self._what else []
        parts.append(", ".join([f"{seconds:.0f} s", *details]))
        return make_printable("  ".join(parts))[:width]

    def clear(self) -> None:
        """Take the line away, so that something else can be written there."""
        with self._lock:
            if self._is_shown:
                self._write("\r\033[K")
                self._is_shown = False

    def _draw_on(self) -> None:
        wait = DELAY
        while not self._ended.wait(wait):
            wait = PERIOD
            line = self.describe(_measure_width() - 1)
            with self._lock:
                if not self._ended.is_set():
                    self._is_shown = True
                    self._write(f"\r{line}\033[K")


def _measure_width() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError, AttributeError):
        return 80
