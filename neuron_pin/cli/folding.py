"""A message with a command at its end, in lines of a width, that can still be pasted."""

from __future__ import annotations

import re

_COMMAND = re.compile(r": (?=(?:neuron-pin|git clone) )")
_WORDS = re.compile(r"(?:'[^']*'|[^ '])+")
"""Words as a shell has them: a quoted one has no place for a break."""

INDENT = "    "


def has_command(line: str) -> bool:
    """Whether a message ends with a command."""
    return _COMMAND.search(line) is not None


def fold_command(line: str, width: int) -> str:
    """The message with its command broken between words, as POSIX shells continue lines: with a
    backslash at the end.  A word that is longer than the width stays whole."""
    *_, found = _COMMAND.finditer(line)
    front = line[: found.end()].rstrip(" ")
    before: list[str] = []
    if len(front) > width:
        from neuron_pin.screen import fold

        *before, front = fold(front, width).split("\n")
    rows = [front]
    for word in _WORDS.findall(line[found.end() :]):
        # Two more for the backslash that may follow.
        if len(rows[-1]) + len(word) + 3 > width:
            rows.append(INDENT + word)
        else:
            rows[-1] += f" {word}"
    # Nothing goes on behind the words in front of the command.
    first = rows[0].endswith(":")
    head, rest = (rows[:1], rows[1:]) if first else ([], rows)
    return "\n".join([*before, *head, " \\\n".join(rest)])
