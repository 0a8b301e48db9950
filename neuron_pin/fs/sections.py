"""Files that others write to as well: our part of them stands between two markers."""

from __future__ import annotations

BEGIN = "# neuron-pin: begin, do not edit up to the end"
END = "# neuron-pin: end"


class BrokenSection(ValueError):
    """The markers in a file are not one beginning followed by one end; ``line`` is where."""

    def __init__(self, line: int) -> None:
        super().__init__("its neuron-pin markers are not one beginning and one end")
        self.line = line


def put_section(existing: str, ours: str, head: str = "") -> str:
    """A file's text with our section replaced, or put at its end; all other lines stay as
    they are.  ``head`` is what a new file has to begin with.  Raises `BrokenSection`."""
    section = f"{BEGIN}\n{ours}{END}\n"
    lines = existing.splitlines(keepends=True)
    marks = [(n, line.strip()) for n, line in enumerate(lines) if line.strip() in (BEGIN, END)]
    if not marks:
        if not existing.strip():
            return head + section
        return _end_line(existing) + section
    if [mark for _, mark in marks] != [BEGIN, END]:
        raise BrokenSection(marks[0][0] + 1)
    first, last = marks[0][0], marks[1][0]
    return "".join(lines[:first]) + section + "".join(lines[last + 1 :])


def remove_section(existing: str) -> str:
    """A file's text without our section, all other lines as they are; raises
    `BrokenSection`."""
    if BEGIN not in existing and END not in existing:
        return existing
    whole = put_section(existing, "")
    return whole.replace(f"{BEGIN}\n{END}\n", "")


def _end_line(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"
