"""Findings as text, JSON or SARIF."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

from neuron_pin.catalog import FactsAge
from neuron_pin.screen import PLAIN, Screen, fold

from .finding import Finding, Severity
from .unread import ReadPart, UnreadPart

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class CheckedPlace(Protocol):
        """What was checked, as an operation tells of it."""

        @property
        def name(self) -> str: ...
        @property
        def neuron_packages(self) -> int: ...
        @property
        def neuron_images(self) -> int: ...
        @property
        def read(self) -> ReadPart: ...
        @property
        def unread(self) -> tuple[UnreadPart, ...]: ...
        @property
        def folder(self) -> str: ...
        @property
        def passed_over(self) -> tuple[tuple[str, int], ...]: ...


MAX_UNREAD = 5
"""Parts of an input that were not read, which the text names one by one."""


def render_findings(
    findings: Sequence[Finding],
    form: str,
    age: FactsAge | None = None,
    screen: Screen = PLAIN,
    inputs: Sequence[CheckedPlace] | None = None,
) -> str:
    """The findings as text (empty for none), json, sarif, github or markdown; json and sarif say
    of ``inputs``, where given, what of each was read and what was not."""
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
        if inputs is not None:
            document["inputs"] = describe_inputs(inputs)
        if age is not None:
            document.update(age.as_judged())
        return json.dumps(document, indent=2) + "\n"
    if form == "sarif":
        from .sarif import render_sarif

        return render_sarif(findings, [part for each in inputs or () for part in each.unread])
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
        # The name of a file in a folder is whatever somebody chose.
        place = f.place.replace("\n", "\\n")
        lines.append(f"  at {place}")
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


def summarize_places(
    places: Sequence[CheckedPlace], findings: Sequence[Finding], facts_of: date
) -> Iterator[str]:
    """What was read of each file, folder, environment, machine or image that the user named, by
    facts of which day, and a line for each part that was not."""
    inside: dict[str, list[CheckedPlace]] = {}
    for place in places:
        if place.folder:
            inside.setdefault(place.folder, []).append(place)
    for place in places:
        if not place.folder:
            yield from _summarize(place, inside.get(place.name, ()), findings, facts_of)


def _summarize(
    place: CheckedPlace,
    files: Sequence[CheckedPlace],
    findings: Sequence[Finding],
    facts_of: date,
) -> Iterator[str]:
    inside = (f"{place.name.rstrip('/')}/", f"{place.name}!")
    names = {place.name, *(file.name for file in files)}
    own = [f for f in findings if f.location[0] in names or f.location[0].startswith(inside)]
    number = sum(each.neuron_packages for each in (place, *files))
    images = sum(each.neuron_images for each in (place, *files))
    counts = [(number, "package"), (images, "image")]
    counted = [f"{count} Neuron {what}{'s' * (count != 1)}" for count, what in counts if count]
    packages = f"{' and '.join(counted)} checked" if counted else "no Neuron packages"
    total = f"{len(own) or 'no'} finding{'s' * (len(own) != 1)}"
    parts = sorted(place.unread, key=lambda part: part.line)
    parts += [part for file in files for part in sorted(file.unread, key=lambda part: part.line)]
    # Two files may include a third.
    parts = list(dict.fromkeys(parts))
    left = len(parts)
    unread = f", {left} part{'s' * (left != 1)} not understood" if left else ""
    # Of a machine without packages the second says it all.
    is_file = place.read.what in ("requirement", "install command", "file", "image")
    read = f"{place.read.label}, " if place.read.number or is_file else ""
    yield f"{place.name}: {read}{packages}{unread}, {total} (catalog of {facts_of})"
    if place.passed_over:
        (first, count), *others = place.passed_over
        passed = [f"{count} file{'s' * (count != 1)} {first}"]
        passed += [f"{count} {words}" for words, count in others]
        yield f"  passed over: {', '.join(passed)}"
    for part in parts[:MAX_UNREAD]:
        where = f"line {part.line}" if part.place.startswith(f"{place.name}:") else part.place
        text = f"{part.short_text}: " if part.text else ""
        yield f"  not understood: {where}: {text}{part.reason}".replace("\n", "\\n")
    if left > MAX_UNREAD:
        yield f"  and {left - MAX_UNREAD} more; --format json has all of them"


def describe_inputs(inputs: Sequence[CheckedPlace]) -> list[dict[str, Any]]:
    """The inputs for JSON: what was read of each, and what was not."""
    return [_describe_input(place) for place in inputs]


def _describe_input(place: CheckedPlace) -> dict[str, Any]:
    row: dict[str, Any] = {
        "place": place.name,
        "read": place.read.number,
        "unit": place.read.what,
        "neuron_packages": place.neuron_packages,
        "unread": [
            {"place": part.place, "text": part.text or None, "reason": part.reason}
            for part in place.unread
        ],
    }
    if place.neuron_images:
        row["neuron_images"] = place.neuron_images
    if place.folder:
        row["folder"] = place.folder
    if place.passed_over:
        row["passed_over"] = [{"files": n, "what": words} for words, n in place.passed_over]
    return row
