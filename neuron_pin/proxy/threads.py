"""Threads that are there before the first request."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event


def make_pool(count: int, name: str) -> ThreadPoolExecutor:
    """A pool whose threads run already.  Left alone it starts them one by one, and whoever has
    work for it waits for each to run, the event loop too.

    Where so many cannot be started there are fewer, since a pool that may have more would fail to
    start them later; raises `RuntimeError` where not even one can.
    """
    pool = ThreadPoolExecutor(count, thread_name_prefix=name)
    # No task is done before the last has its thread.
    done, started = Event(), 0
    try:
        for _ in range(count):
            pool.submit(done.wait)
            started += 1
    except RuntimeError:
        done.set()
        pool.shutdown()
        if not started:
            raise
        # The other half is left to the other pools.
        return make_pool(max(1, started // 2), name)
    done.set()
    return pool
