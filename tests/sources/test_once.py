"""What several threads ask for is made once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from neuron_pin.sources.once import OnceMap


@pytest.mark.parametrize(("keeps", "later"), [(True, 1), (False, 2)])
def test_threads_share_a_result(keeps: bool, later: int) -> None:
    once, begun, made = OnceMap(keeps=keeps), threading.Event(), []

    def compute() -> int:
        begun.set()
        # Until the second has asked: it waits for the same future, which nobody can see.
        threading.Event().wait(0.1)
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(once.get_or_compute, "a", compute)
        begun.wait()
        second = pool.submit(once.get_or_compute, "a", compute)
        assert (first.result(), second.result()) == (1, 1)
    assert once.get_or_compute("a", compute) == later
    assert once.get_or_compute("b", lambda: "other") == "other"


@pytest.mark.parametrize(("keeps", "calls"), [(True, 1), (False, 2)])
def test_an_error_is_raised_to_everybody(keeps: bool, calls: int) -> None:
    once, made = OnceMap(keeps=keeps), []

    def fail() -> None:
        made.append(1)
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            once.get_or_compute(("a", 1), fail)
    assert len(made) == calls
