"""Threads that are there before the first request."""

import threading

import pytest

from neuron_pin.proxy.threads import make_pool


def count(name: str) -> int:
    return sum(thread.name.startswith(name) for thread in threading.enumerate())


def test_all_threads_run() -> None:
    pool = make_pool(5, "made")
    assert count("made") == 5
    assert list(pool.map(str, range(20))) == [str(number) for number in range(20)]
    pool.shutdown()


@pytest.mark.parametrize("most", [1, 2, 7])
def test_where_threads_are_scarce_fewer_do(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    start = threading.Thread.start

    def start_few(thread: threading.Thread) -> None:
        if thread.name.startswith("few") and count("few") >= most:
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", start_few)
    pool = make_pool(9, "few")
    assert count("few") == max(1, most // 2)
    assert list(pool.map(str, range(20))) == [str(number) for number in range(20)]
    pool.shutdown()


def test_without_a_thread_there_is_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="thread"):
        make_pool(3, "none")
