"""What would work instead of what cannot be: changes in their order, each proven by doing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from neuron_pin.errors import Change, NeuronPinError, Relaxation

MAX_SHOWN = 4

Result = TypeVar("Result")


class Tries:
    """A bound on how often something is tried: each try is a lock of its own, or several."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def attempt(self, work: Callable[[], Result]) -> Result | None:
        """What ``work`` gives, `None` where it fails or no tries are left."""
        if self.left <= 0:
            return None
        self.left -= 1
        try:
            return work()
        except NeuronPinError:
            return None


def find_alternatives(
    changes: Iterable[tuple[Change, Callable[[], Result]]],
    describe: Callable[[Result], str],
    tries: Tries,
    *,
    distinct: bool = False,
) -> tuple[Relaxation, ...]:
    """The first changes that work, at most `MAX_SHOWN`.

    ``changes`` come each with what does it; they are made one by one, as far as they are needed.
    ``distinct`` leaves out a change whose outcome another one has.
    """
    found: list[Relaxation] = []
    outcomes: set[str] = set()
    for change, work in changes:
        result = tries.attempt(work)
        if result is not None:
            outcome = describe(result)
            if not (distinct and outcome in outcomes):
                outcomes.add(outcome)
                found.append(Relaxation(change, outcome))
        if len(found) == MAX_SHOWN or tries.left <= 0:
            break
    return tuple(found)
