"""Findings as text, JSON or SARIF."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import FactsAge
from neuron_pin.screen import PLAIN, Screen, fold

from .finding import Finding, Severity


def render_findings(
    findings: Sequence[Finding],
    form: str,
    age: FactsAge | None = None,
    screen: Screen = PLAIN,
) -> str:
    """The findings as text (empty for none), json, sarif, github or markdown."""
    if form == "json":
        rows = [
            {
                "rule": f.rule.identifier,
                "severity": f.severity.value,
                "subject": f.subject,
                "reason": f.reason,
                "place": f.place,
                "remedy": f.remedy or None,
                "fix": {"old": f.fix.old, "new": f.fix.new} if f.fix is not None else None,
            }
            for f in findings
        ]
        document: dict[str, object] = {"schema_version": 1, "findings": rows}
        if age is not None:
            document.update(age.as_judged())
        return json.dumps(document, indent=2) + "\n"
    if form == "sarif":
        from .sarif import render_sarif

        return render_sarif(findings)
    if form in ("github", "markdown"):
        from .markup import render_annotations, render_markdown

        return render_annotations(findings) if form == "github" else render_markdown(findings)
    lines = []
    for f in findings:
        word = f"{f.severity.value}:"
        # Many reasons begin with their subject.
        text = f.reason if f.reason.startswith(f"{f.subject} ") else f"{f.subject}: {f.reason}"
        line = fold(f"{word} {text} ({f.rule.identifier})", screen.width)
        lines.append(screen.paint(_STYLES[f.severity], word) + line.removeprefix(word))
        lines.append(f"  at {f.place}")
        if f.remedy.startswith(_PROGRAMS):
            # A command is pasted whole, so it has a line of its own, which is not folded.
            lines += ["  fix:", f"      {f.remedy}"]
        elif f.remedy:
            lines.append(f"  fix: {f.remedy}")
    return "\n".join(lines) + "\n" if lines else ""


_PROGRAMS = ("neuron-pin ", "sudo ", "python3 ")
_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def count_findings(findings: Sequence[Finding]) -> list[str]:
    """How many there are of each rule, by rule."""
    counts = Counter(finding.rule for finding in findings)
    rules = sorted(counts, key=lambda rule: rule.identifier)
    return [f"{counts[rule]:4}  {rule.identifier} {rule.title}" for rule in rules]


def summarize_place(
    name: str, neuron_packages: int, findings: Sequence[Finding], facts_of: date
) -> str:
    """One line on a file, an environment, a machine or an image: how much of it was checked,
    and by facts of which day."""
    inside = (f"{name.rstrip('/')}/", f"{name}!")
    own = [f for f in findings if f.location[0] == name or f.location[0].startswith(inside)]
    packages = f"{neuron_packages} Neuron package{'s' * (neuron_packages != 1)} checked"
    if not neuron_packages:
        packages = "no Neuron packages"
    count = f"{len(own) or 'no'} finding{'s' * (len(own) != 1)}"
    return f"{name}: {packages}, {count} (catalog of {facts_of})"
