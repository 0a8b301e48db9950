"""Our marks in a TOML file that belongs to somebody else, and their exact removal.

Our lines are not enclosed in markers: ``uv add`` writes into the tables of pyproject.toml, between
our lines, and what it writes is theirs.  So each of our lines ends with a mark.  A line that we
replace is kept as a comment.  In a list or a table that is written on one line, ours begin behind
the bracket, and our part of that line is marked as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from .blocks import KEPT, split_lines

TAG = "  # neuron-pin"
"""Behind a line that is ours as a whole."""
AFTER_OPEN_END = f"{TAG}, and the line's end before"
"""Behind our first line in a file without a line feed at its end."""
WITH_LINE_END = f"{TAG}, with this line's end"
"""Behind the bracket of a list of theirs: this mark and the line feed are ours."""
WITH_KEY = f"{TAG}, with its key"
"""Behind the bracket of a list of ours in a table of theirs in braces: the key is ours, too."""


def _plain(pattern: re.Pattern[str]) -> str:
    """A pattern without names, to be part of another."""
    return re.sub(r"\(\?P<\w+>", "(?:", pattern.pattern)


_OURS = re.compile(r"[ \t]*# neuron-pin(, and the line's end before)?\r?\n?$")
_TABLE = re.compile(r"\s*\[[^\],]+\]{1,2}\s*(?:#|$)")
_NAME = re.compile(r"\bname = \"([^\"]*)\"")
_LINE_END = re.compile(r"[ \t]*# neuron-pin, with this line's end\r?\n")
_KEY = re.compile(
    r" (?P<key>[\w.-]+) = \[[ \t]*# neuron-pin, with its key\r?\n"
    r"(?P<rows>(?:[^\]\n][^\n]*\n|\n)*)\]"
)
_KEYS = re.compile(rf"(?P<before>,?)(?P<keys>{_plain(_KEY)}(?:,{_plain(_KEY)})*)(?P<after>,?)")


def has_tags(text: str) -> bool:
    """Whether a text has lines of ours."""
    return "# neuron-pin" in text


def remove_tagged(text: str, kept_indexes: Collection[str] = ()) -> str:
    """A text without our lines, and with its own restored.

    A table or a list that we began stays if somebody added something to it since, and so does
    an index of ours that is among those kept.
    """
    if not has_tags(text):
        return text

    def take_out(match: re.Match[str]) -> str:
        left = []
        for found in _KEY.finditer(match["keys"]):
            rows = _remove_lines(split_lines(found["rows"]), kept_indexes)
            if rows:
                left.append(f" {found['key']} = [\n{''.join(rows)}]")
        if left:
            return f"{match['before']}{','.join(left)}{match['after']}"
        return "," if match["before"] and match["after"] else ""

    text = _KEYS.sub(take_out, text)
    # The marks are removed last: behind one of them there are whole lines of ours.
    return _LINE_END.sub("", "".join(_remove_lines(split_lines(text), kept_indexes)))


def _remove_lines(lines: Sequence[str], kept_indexes: Collection[str]) -> list[str]:
    out: list[str] = []
    is_kept = _find_kept(lines, kept_indexes)
    for number, line in enumerate(lines):
        mark = _OURS.search(line)
        if mark is None:
            out.append(line.removeprefix(KEPT))
        elif number in is_kept:
            out.append(f"{line[: mark.start()]}\n")
        elif mark[1] and out:
            out[-1] = out[-1].removesuffix("\n")
    return out


def _find_kept(lines: Sequence[str], kept_indexes: Collection[str]) -> set[int]:
    """Our lines that stay, because lines that are not ours need them."""
    found: set[int] = set()
    for number, line in enumerate(lines):
        mark = _OURS.search(line)
        if mark is None:
            continue
        own = line[: mark.start()].strip()
        rest = lines[number + 1 :]
        if own.endswith("= ["):
            end = next((n for n, row in enumerate(rest) if _is_closing(row)), len(rest))
            if any(_is_theirs(row) for row in rest[:end]):
                found |= {number, number + 1 + end}
        elif _TABLE.match(own):
            end = next((n for n, row in enumerate(rest) if _TABLE.match(row)), len(rest))
            names = [name[1] for row in rest[:end] if _OURS.search(row) for name in
                     [_NAME.match(row.strip())] if name]  # fmt: skip
            is_used = any(_is_theirs(row) for row in rest[:end])
            if any(name in kept_indexes for name in names) or (is_used and own.startswith("[[")):
                ours = (n for n, row in enumerate(rest[:end]) if _OURS.search(row))
                found |= {number, *(number + 1 + n for n in ours)}
            elif is_used:
                found.add(number)
        elif own.startswith("{"):
            name = _NAME.search(own)
            if name is not None and name[1] in kept_indexes:
                found.add(number)
    return found


def _is_closing(line: str) -> bool:
    return bool(_OURS.search(line)) and line.startswith("]")


def _is_theirs(line: str) -> bool:
    bare = line.strip()
    return bool(bare) and not bare.startswith("#") and not _OURS.search(line)
