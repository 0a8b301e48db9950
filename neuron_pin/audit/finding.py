"""What a check found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neuron_pin.policy import Rule
from neuron_pin.record import Enum, NamedTuple


class Severity(Enum):
    """How much it matters: an error ends the command with exit code 1."""

    ERROR = "error"
    WARNING = "warning"


class Fix(NamedTuple):
    """The text on the finding's line, and the text to write in its place."""

    old: str
    new: str


class Finding(NamedTuple):
    """One finding: the rule, how much it matters, what it is about, the reason with the
    values filled in, its place (``file`` or ``file:line``), and what to do, empty where the
    facts know nothing.  ``fix`` is a change of the file that removes it safely, none where there
    is none."""

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


def drop_repeated(findings: Sequence[Finding]) -> list[Finding]:
    """Each finding once: a file is read again where a Dockerfile installs it, and may have
    another remedy there."""
    first: dict[tuple[object, ...], Finding] = {}
    for finding in findings:
        key = (finding.rule, finding.severity, finding.subject, finding.reason, finding.place)
        first.setdefault(key, finding)
    return list(first.values())


def sort_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by file, in the order in which files first occur, and there by line."""
    found = list(findings)
    files = {
        path: number for number, path in reversed(list(enumerate(f.location[0] for f in found)))
    }
    return sorted(found, key=lambda f: (files[f.location[0]], f.location[1]))
