"""Our lines in files that belong to somebody else, and their exact removal.

Our lines are enclosed in markers; a line that they replace is kept as a comment.  Without the
blocks, and with those comments restored, the file is byte for byte what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neuron_pin.fs.sections import BEGIN, END, BrokenSection

KEPT = "# neuron-pin kept: "


def split_lines(text: str) -> list[str]:
    """A text's lines with their ends; only a line feed ends one."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def put_blocks(text: str, blocks: Mapping[int, str], replaced: Iterable[int] = ()) -> str:
    """A text with blocks put before the lines of these numbers (from 0; the number of lines
    is the end), and with the ``replaced`` lines turned into comments.

    The text has no blocks yet.
    """
    lines = split_lines(text)
    gone = set(replaced)
    out: list[str] = []
    for number, line in enumerate([*lines, ""]):
        if number in blocks:
            block = f"{BEGIN}\n{blocks[number]}{END}"
            if out and not out[-1].endswith("\n"):
                # The last line had no line feed, so this one is ours; see `remove_blocks`.
                out += ["\n", block]
            else:
                out += [block, "\n"]
        out.append(KEPT + line if number in gone else line)
    return "".join(out)


def remove_blocks(text: str) -> str:
    """A text without our blocks, and with its own lines restored; raises
    `BrokenSection` where the markers are not pairs."""
    out: list[str] = []
    begun = 0
    for number, line in enumerate(split_lines(text), 1):
        mark = line.rstrip("\r\n")
        if mark == BEGIN and not begun:
            begun = number
        elif mark == END and begun:
            begun = 0
            if line == END and out:
                out[-1] = out[-1].rstrip("\n")
        elif mark in (BEGIN, END):
            raise BrokenSection(number)
        elif not begun:
            out.append(line.removeprefix(KEPT))
    if begun:
        raise BrokenSection(begun)
    return "".join(out)
