"""What a check could not read or understand, so that nothing of an input is passed over in
silence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NeuronPinError, UnreadableInput
from neuron_pin.policy import Rule
from neuron_pin.record import NamedTuple

from .finding import Finding, Severity
from .requirements import is_neuron, list_neuron_names

MAX_TEXT = 80


class UnreadPart(NamedTuple):
    """A part of an input that was not checked: its place (``file`` or ``file:line``), its
    text, empty for the whole file, and why.  ``severity`` is how much it matters, none where no
    Neuron package is concerned.  ``is_folder`` says that it is a folder with all that is in it,
    ``is_reported`` that there is a finding on it already."""

    place: str
    text: str
    reason: str
    severity: Severity | None = None
    hint: str = ""
    is_folder: bool = False
    is_reported: bool = False

    @property
    def line(self) -> int:
        """The line, 0 for the file as a whole."""
        path, _, line = self.place.rpartition(":")
        return int(line) if path and line.isdecimal() else 0

    @property
    def short_text(self) -> str:
        """The text in one line that a person reads at once."""
        text = " ".join(self.text.split())
        return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


class ReadPart(NamedTuple):
    """How much of an input was read, as the number of what it has."""

    number: int
    what: str

    @property
    def label(self) -> str:
        """``14 requirements``, ``1 requirement``."""
        return f"{self.number or 'no'} {self.what}{'s' * (self.number != 1)}"


def describe_unreadable(error: UnreadableInput) -> UnreadPart:
    """A line, or a file, that a reader refused: an error, unless pip takes it."""
    from neuron_pin.inputs.requirements.requirements_txt import UnjudgedLine

    severity = Severity.WARNING if isinstance(error, UnjudgedLine) else Severity.ERROR
    place = f"{error.path}:{error.line}" if error.line else error.path
    return UnreadPart(place, "", error.problem, severity, error.hint)


def describe_problems(
    problems: Iterable[UnreadableInput], catalog: Catalog, *, has_neuron: bool = True
) -> list[UnreadPart]:
    """What a reader refused; of the tables of other programs, those with a Neuron package.
    ``has_neuron`` says whether the file has one: an option is of no concern without."""
    parts = []
    for problem in problems:
        # Most files have none.
        from neuron_pin.inputs.requirements.project_document import ForeignTable, OnlyRun
        from neuron_pin.inputs.requirements.requirements_txt import UnjudgedOption

        part = describe_unreadable(problem)
        if isinstance(problem, UnjudgedOption) and not has_neuron:
            part = part._replace(severity=None)
        if isinstance(problem, ForeignTable) and not concerns_neuron(problem.names, catalog):
            if not isinstance(problem, OnlyRun):
                continue
            part = part._replace(severity=None)
        parts.append(part)
    return parts


def concerns_neuron(names: Iterable[str], catalog: Catalog) -> bool:
    """Whether one of the names is that of a Neuron package, or a pattern that matches one."""
    import fnmatch

    ours = list_neuron_names(catalog)
    return any(
        is_neuron(catalog.packages.get(name))
        or (any(sign in name for sign in "*?[") and fnmatch.filter(ours, name))
        for name in names
    )


def find_unread(parts: Iterable[UnreadPart], *, is_strict: bool) -> list[Finding]:
    """NP610: what was not checked and may concern a Neuron package; with ``is_strict`` all of
    it, as errors."""
    findings = []
    for part in parts:
        severity = Severity.ERROR if is_strict else part.severity
        if severity is None or part.is_reported:
            continue
        what = "folder" if part.is_folder else "line" if part.line else "file"
        reason = f"{part.reason}; this {'' if part.text else what + ' '}was not checked"
        subject = part.short_text or part.place
        findings.append(Finding(Rule.UNREADABLE, severity, subject, reason, part.place, part.hint))
    return findings


def make_strict(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, with errors for everything that could not be read."""
    return [
        finding._replace(severity=Severity.ERROR) if finding.rule is Rule.UNREADABLE else finding
        for finding in findings
    ]


def report_unreadable_input(error: NeuronPinError, place: str) -> Finding:
    """NP610: an input that could not be read at all."""
    problem, where = error.message, place
    if isinstance(error, UnreadableInput):
        problem = error.problem
        where = f"{error.path}:{error.line}" if error.line else error.path
    else:
        problem = problem.removeprefix(f"{place}: ")
    return Finding(Rule.UNREADABLE, Severity.ERROR, place, problem, where, error.hint)


def list_unreadable(findings: Sequence[Finding]) -> list[UnreadPart]:
    """What of a machine or an image could not be read, which its findings say already."""
    return [
        UnreadPart(finding.place, "", finding.reason, finding.severity, is_reported=True)
        for finding in findings
        if finding.rule is Rule.UNREADABLE
    ]
