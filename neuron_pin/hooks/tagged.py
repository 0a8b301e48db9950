"""Our lines in a TOML file that belongs to somebody else, each with a tag behind it.

No block with markers around it: ``uv add`` writes into the tables of pyproject.toml, in between
our lines, and what it writes is theirs.  A line of theirs that ours take the place of stays
where it is, as a comment that says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from .blocks import KEPT, split_lines

TAG = "  # neuron-pin"
AFTER_OPEN_END = f"{TAG}, and the line's end before"
"""The tag of the first line behind a file that did not end with a line's end."""

_TABLE = re.compile(r"\s*\[")


def put_tagged(
    text: str, inserted: Mapping[int, Sequence[str]], replaced: Iterable[int] = ()
) -> str:
    """A text with lines put before the lines of these numbers (from 0; the number of lines is
    the end), and with the ``replaced`` lines turned into comments.

    The text has none of ours yet.
    """
    lines = split_lines(text)
    gone = set(replaced)
    out: list[str] = []
    for number, line in enumerate([*lines, ""]):
        for own in inserted.get(number, ()):
            if out and not out[-1].endswith("\n"):
                out[-1] += "\n"
                out.append(f"{own}{AFTER_OPEN_END}\n")
            else:
                out.append(f"{own}{TAG}\n")
        out.append(KEPT + line if number in gone else line)
    return "".join(out)


def remove_tagged(text: str) -> str:
    """A text without our lines, and with its own in force again.

    A table that we began stays if somebody put something into it since.
    """
    lines = split_lines(text)
    out: list[str] = []
    for number, line in enumerate(lines):
        bare = line.rstrip("\r\n")
        if bare.endswith((TAG, AFTER_OPEN_END)):
            own = bare.partition(TAG)[0]
            if _TABLE.match(own) and not own.rstrip().endswith(",") and _is_used(lines, number):
                out.append(f"{own}\n")
            elif bare.endswith(AFTER_OPEN_END) and out:
                out[-1] = out[-1].rstrip("\n")
        else:
            out.append(line.removeprefix(KEPT))
    return "".join(out)


def _is_used(lines: Sequence[str], header: int) -> bool:
    """Whether a table has a line that is not ours."""
    for line in lines[header + 1 :]:
        bare = line.strip()
        if _TABLE.match(line):
            return False
        if bare and not bare.startswith("#") and not line.rstrip().endswith((TAG, AFTER_OPEN_END)):
            return True
    return False
