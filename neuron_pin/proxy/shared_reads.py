"""What clients ask for and what is read ahead, each made once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

from neuron_pin.sources.once import OnceMap

Result = TypeVar("Result")

WAIT_FOR_GUESS = 2.0
"""Seconds for which somebody waits for what is being read ahead, before it is read anew."""


class SharedReads:
    """Results by key; who comes second waits for the first.

    A guess waits for who asks, and who asks for a guess: but that for a moment only, and what
    becomes of it is no answer.
    """

    def __init__(self) -> None:
        self._asked, self._guessed = OnceMap(keeps=False), OnceMap(keeps=False)

    def get_or_compute(
        self, key: Hashable, compute: Callable[[], Result], *, is_ahead: bool
    ) -> Result:
        """What ``compute`` gives for a key; raises what it raises.

        ``is_ahead`` says that nobody has asked for it yet: where such a guess fails, or is slow,
        whoever waited for it makes it anew.
        """
        mine, others = self._asked, self._guessed
        if is_ahead:
            mine, others = others, mine
        found: Result | None = others.join(key, WAIT_FOR_GUESS)
        return found if found is not None else mine.get_or_compute(key, compute)
