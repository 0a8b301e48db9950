"""What an examination found."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from neuron_pin.policy import Rule


class Severity(Enum):
    """How much it matters: an error ends the command with exit code 1."""

    ERROR = "error"
    WARNING = "warning"


class Finding(NamedTuple):
    """One finding: the rule, how much it matters, what it is about, the reason with the
    values filled in, where it stands (``file`` or ``file:line``), and what to do, empty for
    nothing."""

    rule: Rule
    severity: Severity
    subject: str
    reason: str
    place: str
    remedy: str
