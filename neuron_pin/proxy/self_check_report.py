"""What a server answered to itself, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuron_pin.screen import PLAIN, Screen, columns

if TYPE_CHECKING:
    # A report draws, and needs nothing of what serves.
    from .self_check import SelfCheckStep


def render_self_check(steps: Sequence[SelfCheckStep], screen: Screen = PLAIN) -> str:
    """One row a question, and what is wrong below each that has a problem."""
    rows = [
        (
            "FAILED" if step.problem else "ok",
            step.path,
            step.answer or "nothing",
            f"{step.seconds * 1000:.0f} ms",
        )
        for step in steps
    ]
    lines = columns(("", "PATH", "ANSWER", "TIME"), rows, screen)
    lines += [f"{step.path}: {' '.join(step.problem.split())}" for step in steps if step.problem]
    return "\n".join(lines) + "\n"
