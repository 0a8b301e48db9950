"""What several threads ask for is made once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")


class OnceMap:
    """Results by key; who asks second waits for the first.

    The server's pages have the same for tasks of an event loop, where nobody may wait in a
    thread: ``proxy/application.py: IndexService._make_once``.
    """

    def __init__(self, *, keeps: bool) -> None:
        """``keeps`` says that results and errors stay; otherwise who asks after the first is
        done makes it anew."""
        self._keeps = keeps
        self._futures: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def get_or_compute(self, key: Hashable, compute: Callable[[], Result]) -> Result:
        """What ``compute`` gives for a key; raises what it raises, to everybody who waits."""
        with self._lock:
            future = self._futures.get(key)
            is_first = future is None
            if future is None:
                future = self._futures[key] = Future()
        if is_first:
            try:
                future.set_result(compute())
            except BaseException as error:  # noqa: BLE001 - handed to everybody who waits
                future.set_exception(error)
            if not self._keeps:
                with self._lock:
                    del self._futures[key]
        result: Result = future.result()
        return result

    def join(self, key: Hashable, seconds: float) -> Any:
        """What is just being made for a key, waited for so long; none if nobody makes it, if it
        takes longer, or if it fails."""
        with self._lock:
            future = self._futures.get(key)
        if future is None:
            return None
        try:
            return future.result(seconds)
        except Exception:  # noqa: BLE001 - who makes it is told, and who waited makes it anew
            return None
