"""Findings as text, JSON or SARIF."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from neuron_pin.screen import PLAIN, Screen, fold

from .finding import Finding, Severity


def render_findings(findings: Sequence[Finding], form: str, screen: Screen = PLAIN) -> str:
    """The findings as text, json, sarif, github or markdown."""
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
        document = {"schema_version": 1, "findings": rows}
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
        line = fold(f"{word} {f.subject}: {f.reason} ({f.rule.identifier})", screen.width)
        lines.append(screen.paint(_STYLES[f.severity], word) + line.removeprefix(word))
        lines.append(f"  at {f.place}")
        if f.remedy:
            lines.append(f"  do {f.remedy}")
    if not findings:
        lines.append("nothing found")
    return "\n".join(lines) + "\n"


_STYLES = {Severity.ERROR: "red", Severity.WARNING: "yellow"}


def count_findings(findings: Sequence[Finding]) -> list[str]:
    """How many there are of each rule, by rule."""
    counts = Counter(finding.rule for finding in findings)
    rules = sorted(counts, key=lambda rule: rule.identifier)
    return [f"{counts[rule]:4}  {rule.identifier} {rule.title}" for rule in rules]
