"""Requirements and constraints files.

Source: pip's "Requirements File Format".  Read here: requirements, comments, continued
lines, nested ``-r`` and ``-c``, index options.  Everything else is refused by name, so
that nothing in a file is silently without effect.
"""

from __future__ import annotations

import os
import re

from neuron_pin.errors import UnreadableInput, WrongUsage

from .requirement import Requirement, parse_requirement

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 20
"""The largest file, and the deepest nesting of ``-r``, that is read."""


class RequirementsFile:
    """What one file, and those that it names, ask for."""

    __slots__ = ("constraints", "extra_index_urls", "index_url", "requirements")

    def __init__(self) -> None:
        self.requirements: list[Requirement] = []
        self.constraints: list[Requirement] = []
        self.index_url: str | None = None
        self.extra_index_urls: list[str] = []


_COMMENT = r"(^|\s)#.*$"
_HASH = r"\s--hash[= ]\S+"
_OPTION = r"(--?[A-Za-z-]+)(?:[= ]\s*(.*))?"
_ALIASES = {"-r": "--requirement", "-c": "--constraint", "-i": "--index-url"}


def read_requirements(path: str, *, constraints: bool = False) -> RequirementsFile:
    """Read a file and all that it includes; raises `UnreadableInput` with file and line."""
    found = RequirementsFile()
    _read(path, constraints, found, ())
    return found


def _read(path: str, constraints: bool, found: RequirementsFile, above: tuple[str, ...]) -> None:
    resolved = os.path.realpath(path)
    if resolved in above or len(above) >= MAX_DEPTH:
        raise UnreadableInput(path, 0, "includes itself" if resolved in above else "too deep")
    for number, line in _logical_lines(path):
        where = f"{path}:{number}"
        if line.startswith("-"):
            _option(path, number, line, constraints, found, (*above, resolved))
            continue
        try:
            requirement = parse_requirement(re.sub(_HASH, "", " " + line), where)
        except WrongUsage as error:
            problem = error.message.removeprefix(f"{where}: ")
            raise UnreadableInput(path, number, problem, hint=error.hint) from None
        (found.constraints if constraints else found.requirements).append(requirement)


def _option(
    path: str,
    number: int,
    line: str,
    constraints: bool,
    found: RequirementsFile,
    above: tuple[str, ...],
) -> None:
    match = re.fullmatch(_OPTION, line)
    name = match[1] if match else line
    value = (match[2] or "").strip() if match else ""
    short = line[:2]
    if match is None and short in _ALIASES:
        name, value = short, line[2:].strip()
    name = _ALIASES.get(name, name)
    if name in ("--requirement", "--constraint", "--index-url", "--extra-index-url") and not value:
        raise UnreadableInput(path, number, f"{name} without a value")
    if name in ("--requirement", "--constraint"):
        nested = os.path.join(os.path.dirname(path), value)
        _read(nested, constraints or name == "--constraint", found, above)
    elif name == "--index-url":
        found.index_url = value
    elif name == "--extra-index-url":
        found.extra_index_urls.append(value)
    elif name in ("-e", "--editable"):
        raise UnreadableInput(
            path,
            number,
            "an editable requirement has no version that a policy could judge",
            hint="name the project's dependencies instead",
        )
    else:
        raise UnreadableInput(path, number, f"option {name} is not supported here")


def _logical_lines(path: str) -> list[tuple[int, str]]:
    try:
        with open(path, "rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableInput(path, 0, f"cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise UnreadableInput(path, 0, f"larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        raise UnreadableInput(path, number, "not UTF-8 text") from None
    if "\0" in text:
        raise UnreadableInput(path, text[: text.index("\0")].count("\n") + 1, "a NUL byte")
    lines: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start or number
        # pip: a comment ends a line even when it ends in a backslash.
        if raw.endswith("\\") and not re.search(_COMMENT, raw):
            pending += raw[:-1]
            continue
        line = re.sub(_COMMENT, "", pending + raw).strip()
        if line:
            lines.append((start, line))
        pending, start = "", 0
    if pending.strip():
        lines.append((start, re.sub(_COMMENT, "", pending).strip()))
    return lines
