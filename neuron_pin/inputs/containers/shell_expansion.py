"""Variables of a shell text, filled in where they are known.

Source: POSIX.1-2017, Shell Command Language, 2.6.2 parameter expansion; the Bash manual, arrays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MAX_EXPANDED = 64 * 1024
"""Characters that the variables of one text may stand for."""

SEPARATOR = "\0"
"""Stands between the values of an array, and between the words that one expands to."""


def expand(text: str, variables: Mapping[str, str]) -> tuple[str, bool]:
    """``$NAME``, ``${NAME}``, ``${NAME:-default}`` filled in; false where one is not known.
    Positional parameters are variables, too, by their numbers, ``@`` and ``*``."""
    if "$" not in text and "`" not in text:
        return text, True
    complete = True
    left = MAX_EXPANDED

    def value(match: re.Match[str]) -> str:
        nonlocal complete, left
        found = stands_for(match)
        left -= len(found)
        if left >= 0:
            return found
        # Variables that name each other twice would double with every one of them.
        complete = False
        return match[0]

    def stands_for(match: re.Match[str]) -> str:
        nonlocal complete
        name = match["braced"] or match["plain"]
        operator, word = match["operator"] or "", match["word"] or ""
        found = variables.get(name)
        if operator.endswith(("-", "=")):
            return found or word
        if operator.endswith("+"):
            return word if found else ""
        if found is None:
            complete = False
            return match[0]
        if match["from"]:
            return SEPARATOR.join(found.split(SEPARATOR)[int(match["from"]) - 1 :])
        return found

    # A default may name variables itself: one level of it.
    for _ in range(3):
        before = text
        text = re.sub(_VARIABLE, value, text)
        if text == before:
            break
    return text, complete and re.search(_ONLY_RUN, text) is None


_VARIABLE = (
    r"\$(?:\{(?P<braced>[A-Za-z_]\w*|[\d@*])(?:\[[@*]\]|:(?P<from>[1-9])(?=\}))?"
    r"(?:(?P<operator>:?[-+=?])(?P<word>[^{}]*))?\}|(?P<plain>[A-Za-z_]\w*|[\d@*]))"
)
_ONLY_RUN = r"\$[({@*#?\d]|`"
"""What a variable's value cannot fill in: substitutions, parameters, edited values."""
