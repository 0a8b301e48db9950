"""Poetry's way to write dependencies, as PEP 440 and PEP 508 have it.

Source: Poetry, "Dependency specification": caret, tilde, wildcard and exact requirements,
``python``, ``markers``.
"""

from __future__ import annotations

import re

MAX_LENGTH = 400
_VERSION = r"\d+(?:\.\d+){0,11}[0-9A-Za-z.+!-]{0,40}"
_CLAUSE = rf"\s*(\^|~=|~|==?|!=|>=|<=|>|<)?\s*v?({_VERSION}|\*)(\.\*|(?<=\*))?\s*"


def to_specifier(constraint: str) -> str | None:
    """A constraint as a PEP 440 specifier, empty for any version; none for what a specifier
    cannot say, such as one of two ranges, and for what is no constraint."""
    if len(constraint) > MAX_LENGTH or "|" in constraint:
        return None
    clauses = []
    # A comma or a space between clauses; none between a sign and its version.
    parts = re.split(r"\s*,\s*|(?<=[\w*])\s+(?=[\^~=!<>v\d*])", constraint.strip())
    for part in parts:
        if part in ("", "*"):
            continue
        match = re.fullmatch(_CLAUSE, part)
        if match is None or match[2] == "*":
            return None
        sign, version, wildcard = match[1] or "==", match[2], match[3] or ""
        if sign in ("^", "~"):
            if wildcard:
                return None
            clauses.append(f">={version},<{_bound(version, is_caret=sign == '^')}")
        else:
            sign = "==" if sign == "=" else sign
            if wildcard and sign not in ("==", "!="):
                return None
            clauses.append(f"{sign}{version}{wildcard}")
    return ",".join(clauses)


def _bound(version: str, *, is_caret: bool) -> str:
    """The version that ``^`` or ``~`` stops before."""
    numbers = [int(part[:18]) for part in re.findall(r"\d+", _release(version))]
    if is_caret:
        kept = next((n for n, number in enumerate(numbers) if number), len(numbers) - 1)
    else:
        kept = min(1, len(numbers) - 1)
    return ".".join(str(number) for number in [*numbers[:kept], numbers[kept] + 1])


def _release(version: str) -> str:
    match = re.match(r"\d+(?:\.\d+)*", version)
    return match[0] if match is not None else "0"


def python_marker(constraint: str) -> str | None:
    """A constraint on the Python as a marker, empty for any; none where a marker cannot be told
    of it."""
    specifier = to_specifier(constraint)
    if specifier is None:
        return None
    clauses = []
    for clause in filter(None, specifier.split(",")):
        match = re.fullmatch(r"([~=!<>]+)([\d.]+)(\.\*)?", clause)
        if match is None:
            return None
        sign, version, wildcard = match.groups()
        is_series = version.count(".") < 2
        name = "python_version" if is_series else "python_full_version"
        if is_series and sign == "==" and version.count(".") == 0:
            wildcard = ".*"
        suffix = ".*" if wildcard and not (is_series and version.count(".")) else ""
        clauses.append(f"{name} {sign} '{version}{suffix}'")
    return " and ".join(clauses)
