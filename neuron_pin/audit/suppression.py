"""Findings that somebody has suppressed: comments in files, and baselines.

``# neuron-pin: ignore[NP305] reason; until 2027-01-31`` on the finding's line, or on a line of
its own before it.  It needs a reason, and suppresses the finding until its date.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from datetime import date

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy import Rule
from neuron_pin.record import NamedTuple

from .finding import Finding, Severity

MAX_BYTES = 16 * 1024 * 1024
SCHEMA_VERSION = 1
_COMMENT = r"(?:#|//)\s*neuron-pin:\s*ignore\[([^\]]*)\]\s*([^\n]*?)\s*(?:;\s*until\s+(\S+))?\s*$"
_NO_BRACKETS = r"(?:#|//)\s*neuron-pin:\s*ignore\b(?!\[)"


class _Ignore(NamedTuple):
    rules: frozenset[str]
    line: int
    is_alone: bool
    problem: str


def drop_ignored(findings: Sequence[Finding], as_of: date) -> list[Finding]:
    """The findings that no comment in their file suppresses, and those about comments that
    have no effect."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        by_file.setdefault(finding.location[0], []).append(finding)
    kept: list[Finding] = []
    for path, found in by_file.items():
        ignores = _read(path, as_of)
        covered = {
            (rule, line)
            for ignore in ignores
            if not ignore.problem
            for rule in ignore.rules
            for line in ((ignore.line, ignore.line + 1) if ignore.is_alone else (ignore.line,))
        }
        kept += [f for f in found if (f.rule.identifier, f.location[1]) not in covered]
        for ignore in ignores:
            if ignore.problem:
                names = ",".join(sorted(ignore.rules))
                subject = f"ignore[{names}]" if names else "ignore"
                place = f"{path}:{ignore.line}"
                kept.append(
                    Finding(
                        Rule.IGNORE,
                        Severity.WARNING,
                        subject,
                        ignore.problem,
                        place,
                        "remove the comment, or give it a reason and a new date",
                    )
                )
    return kept


def _read(path: str, as_of: date) -> list[_Ignore]:
    if not os.path.isfile(path):
        return []
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
    except UnreadableInput:
        return []
    if "neuron-pin:" not in text:
        return []
    known = {rule.identifier for rule in Rule}
    found = []
    rows = text.splitlines()
    for number, row in enumerate(rows, 1):
        match = re.search(_COMMENT, row)
        if match is None:
            if re.search(_NO_BRACKETS, row) is not None:
                found.append(_Ignore(frozenset(), number, False, "write ignore[NP305] reason"))
            continue
        rules = frozenset(word.strip() for word in match[1].split(",") if word.strip())
        problem = ""
        if not rules or not rules <= known:
            problem = (
                "names no rule" if not rules else f"there is no rule {sorted(rules - known)[0]}"
            )
        elif not match[2]:
            problem = "has no reason"
        elif match[3]:
            problem = _past(match[3], as_of)
        # A comment after something is about its own line.
        alone = row.lstrip().startswith(("#", "//"))
        found.append(_Ignore(rules, number, alone, problem))
    return found


def _past(text: str, as_of: date) -> str:
    try:
        until = date.fromisoformat(text)
    except ValueError:
        return f"{text!r} is not a date; write it as 2027-01-31"
    return f"has had no effect since {until}" if as_of > until else ""


# Baselines ------------------------------------------------------------------------------


def fingerprint(finding: Finding) -> str:
    """What identifies a finding in later checks: rule, subject and file, whatever the line."""
    path = os.path.normpath(finding.location[0])
    return f"{finding.rule.identifier} {finding.subject} {path}"


def read_baseline(path: str) -> frozenset[str]:
    """The fingerprints in a baseline; raises `UnreadableInput`."""
    try:
        document = json.loads(read_bounded(path, MAX_BYTES))
    except (ValueError, RecursionError):
        raise UnreadableInput(path, None, "not a baseline: not JSON") from None
    version = document.get("schema_version") if isinstance(document, dict) else None
    if version is not None and version != SCHEMA_VERSION:
        raise UnreadableInput(
            path, None, f"a baseline of schema_version {version!r}; {SCHEMA_VERSION} is read"
        )
    rows = document.get("known") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise UnreadableInput(path, None, "not a baseline: it has no list 'known'")
    return frozenset(rows)


def render_baseline(findings: Iterable[Finding]) -> str:
    """The text of a baseline that has all of these findings, one a line."""
    known = sorted({fingerprint(finding) for finding in findings})
    document = {"schema_version": SCHEMA_VERSION, "known": known}
    return json.dumps(document, indent=2) + "\n"
