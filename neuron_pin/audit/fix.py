"""Findings fixed in files, where that is safe: the text after it, and the difference."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence

from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import NamedTuple

from .finding import Finding

MAX_BYTES = 16 * 1024 * 1024


class FixedFile(NamedTuple):
    """A file with findings fixed; ``diff`` is what changes, in the unified form, and ``fixed``
    are the findings that are gone then."""

    path: str
    text: str
    diff: str
    fixed: tuple[Finding, ...]


def fix(findings: Sequence[Finding]) -> list[FixedFile]:
    """The files that have findings with a fix, in the order of the findings, each with all of
    them applied; a fix is skipped where its old text is not exactly once on its line."""
    by_file: dict[str, list[Finding]] = {}
    for finding in findings:
        path, line = finding.location
        if finding.fix is not None and line:
            by_file.setdefault(path, []).append(finding)
    changed = []
    for path, found in by_file.items():
        if not os.path.isfile(path):
            continue  # A pipe gave what it had, and takes nothing back.
        before = read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape")
        rows = before.splitlines(keepends=True)
        fixed = []
        for finding in found:
            index = finding.location[1] - 1
            fix = finding.fix
            if fix is None or index >= len(rows):
                continue
            # The words as a whole, not as a part of a longer name or range.
            written = rf"(?<![\w.\-\[]){re.escape(fix.old)}(?![\w.\-\[=<>!~*])"
            if len(re.findall(written, rows[index])) == 1:
                rows[index] = re.sub(written, fix.new.replace("\\", r"\\"), rows[index])
                fixed.append(finding)
        after = "".join(rows)
        if after != before:
            diff = "".join(
                difflib.unified_diff(
                    before.splitlines(keepends=True), rows, f"a/{path}", f"b/{path}"
                )
            )
            changed.append(FixedFile(path, after, diff, tuple(fixed)))
    return changed
