"""Threads that are there before the first request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier


def make_pool(count: int, name: str) -> ThreadPoolExecutor:
    """A pool whose threads run already.  Left alone it starts them one by one, and whoever has
    work for it waits for each to run, the event loop too."""
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)
    # Each takes one task, and none is done before all have begun.
    together = Barrier(count + 1)
    for _ in range(count):
        pool.submit(together.wait)
    together.wait()
    return pool
