"""Findings for code hosts: annotations of GitHub Actions, and Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.printable import escape_markdown

from .finding import Finding


def render_annotations(findings: Sequence[Finding]) -> str:
    """``::error file=…,line=…,title=…::reason``, a line each.

    Source: GitHub, "Workflow commands"; what is in a value is percent-encoded so that nothing
    in a file's name or a reason is taken for a command.
    """
    lines = []
    for finding in findings:
        path, line = finding.location
        place = f"file={_property(path)}" + (f",line={line}" if line else "")
        title = _property(f"{finding.rule.identifier} {finding.rule.title}")
        remedy = f" Fix: {finding.remedy}" if finding.remedy else ""
        text = _data(f"{finding.subject}: {finding.reason}.{remedy}")
        lines.append(f"::{finding.severity.value} {place},title={title}::{text}")
    return "\n".join(lines) + "\n" if lines else ""


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_markdown(findings: Sequence[Finding]) -> str:
    """A table for a summary or a comment."""
    if not findings:
        return "No findings.\n"
    lines = ["| | rule | what | why | where | fix |", "|---|---|---|---|---|---|"]
    for f in findings:
        cells = (
            f.severity.value,
            f"{f.rule.identifier} {f.rule.title}",
            f.subject,
            f.reason,
            f.place,
            f.remedy,
        )
        lines.append(f"| {' | '.join(escape_markdown(cell) for cell in cells)} |")
    return "\n".join(lines) + "\n"
