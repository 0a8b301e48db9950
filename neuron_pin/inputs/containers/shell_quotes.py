"""Where quotations, substitutions and expansions of a shell end, whatever is nested in them.

Source: POSIX.1-2017, Shell Command Language, 2.2 quoting, 2.6.2 parameter expansion, 2.6.3 command
substitution.
"""

from __future__ import annotations

import re

MAX_NESTED = 40

_HERE = re.compile(r"<<-?[ \t]*[\"'\\]?([A-Za-z_]\w*)")


def end_of_single(text: str, index: int, has_escapes: bool = False) -> int | None:
    """Where the ``'`` is that ends a quotation which begins at an index, none for nowhere."""
    if has_escapes:
        found = re.compile(r"(?:[^'\\]|\\.)*", re.S).match(text, index)
        end = found.end() if found is not None else index
        return end if text[end : end + 1] == "'" else None
    end = text.find("'", index)
    return end if end >= 0 else None


def end_of_double(text: str, index: int, depth: int = 0) -> int | None:
    """Where the ``"`` is that ends a quotation, none for nowhere."""
    while index < len(text):
        sign = text[index]
        if sign == '"':
            return index
        inner = _end_of_inner(text, index, depth) if sign in "\\$`" else index + 1
        if inner is None:
            return None
        index = inner
    return None


def end_of_substitution(text: str, index: int, depth: int = 0) -> int | None:
    """Behind the ``)`` of a ``$(`` whose inside begins at an index, none for nowhere."""
    open_count = 1
    while index < len(text):
        sign = text[index]
        inner: int | None = index + 1
        if sign == "'":
            inner = end_of_single(text, index + 1)
            inner = inner + 1 if inner is not None else None
        elif sign == '"':
            inner = end_of_double(text, index + 1, depth + 1) if depth < MAX_NESTED else index
            inner = inner + 1 if inner is not None else None
        elif sign in "\\$`":
            inner = _end_of_inner(text, index, depth)
        elif sign == "#" and text[index - 1] in " \t\n;":
            inner = text.find("\n", index)
            inner = inner if inner >= 0 else None
        elif sign == "<" and (here := _HERE.match(text, index)) is not None:
            inner = _end_of_here(text, here)
        elif sign == "(":
            open_count += 1
        elif sign == ")":
            open_count -= 1
            if not open_count:
                return index + 1
        if inner is None:
            return None
        index = inner
    return None


def end_of_backquote(text: str, index: int) -> int | None:
    """Behind the backquote that ends a substitution in the old form, none for nowhere."""
    found = re.compile(r"(?:[^`\\]|\\.)*`", re.S).match(text, index)
    return found.end() if found is not None else None


def end_of_braces(text: str, index: int, depth: int = 0) -> int | None:
    """Behind the ``}`` of a ``${`` whose inside begins at an index, none for nowhere."""
    while index < len(text):
        sign = text[index]
        inner: int | None = index + 1
        if sign == "}":
            return index + 1
        if sign == '"':
            inner = end_of_double(text, index + 1, depth + 1) if depth < MAX_NESTED else index
            inner = inner + 1 if inner is not None else None
        elif sign in "\\$`":
            inner = _end_of_inner(text, index, depth)
        elif sign == "\n":
            return None
        if inner is None:
            return None
        index = inner
    return None


def _end_of_inner(text: str, index: int, depth: int) -> int | None:
    """Behind what a backslash, a dollar or a backquote begins."""
    if text[index] == "\\":
        return index + 2
    if depth >= MAX_NESTED:
        return index + 1
    if text.startswith("$(", index):
        return end_of_substitution(text, index + 2, depth + 1)
    if text.startswith("${", index):
        return end_of_braces(text, index + 2, depth + 1)
    if text[index] == "`":
        return end_of_backquote(text, index + 1)
    return index + 1


def _end_of_here(text: str, found: re.Match[str]) -> int:
    """Behind the body of a here-document that is inside, or behind its word where it has none."""
    end = re.compile(rf"\n[ \t]*{re.escape(found[1])}(?=\s|\))").search(text, found.end())
    return end.end() if end is not None else found.end()
