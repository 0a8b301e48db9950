"""What an examination found."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from neuron_pin.policy import Rule


class Severity(Enum):
    """How much it matters: an error ends the command with exit code 1."""

    ERROR = "error"
    WARNING = "warning"


class Fix(NamedTuple):
    """What stands on the finding's line, and what is to stand there instead."""

    old: str
    new: str


class Finding(NamedTuple):
    """One finding: the rule, how much it matters, what it is about, the reason with the
    values filled in, where it stands (``file`` or ``file:line``), and what to do, empty for
    nothing.  ``fix`` is a change of the file that mends it safely, none for there is none."""

    rule: Rule
    severity: Severity
    subject: str
    reason: str
    place: str
    remedy: str
    fix: Fix | None = None

    @property
    def location(self) -> tuple[str, int]:
        """The file, and the line, 0 for the file as a whole."""
        path, _, line = self.place.rpartition(":")
        return (path, int(line)) if path and line.isdecimal() else (self.place, 0)
