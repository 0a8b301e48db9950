"""Requirements and constraints files.

Source: pip's "Requirements File Format".  Read here: requirements, comments, continued
lines, nested ``-r`` and ``-c``, index options.  Everything else is refused by name, so
that nothing in a file is silently without effect.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from neuron_pin.errors import UnreadableInput, WrongUsage

from .requirement import Requirement, parse_requirement

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 20
"""The largest file, and the deepest nesting of ``-r``, that is read."""


@dataclass(slots=True)
class RequirementsFile:
    """What one file, and those that it names, ask for."""

    requirements: list[Requirement] = field(default_factory=list)
    constraints: list[Requirement] = field(default_factory=list)
    index_url: str | None = None
    extra_index_urls: list[str] = field(default_factory=list)


_COMMENT = re.compile(r"(^|\s)#.*$")
_HASH = re.compile(r"\s--hash[= ]\S+")
_OPTION = re.compile(r"(--?[A-Za-z-]+)(?:[= ]\s*(.*))?")
_ALIASES = {"-r": "--requirement", "-c": "--constraint", "-i": "--index-url"}


def read_requirements(path: Path, *, constraints: bool = False) -> RequirementsFile:
    """Read a file and all that it includes; raises `UnreadableInput` with file and line."""
    found = RequirementsFile()
    _read(path, constraints, found, ())
    return found


def _read(path: Path, constraints: bool, found: RequirementsFile, above: tuple[Path, ...]) -> None:
    resolved = path.resolve()
    if resolved in above or len(above) >= MAX_DEPTH:
        raise UnreadableInput(str(path), 0, "includes itself" if resolved in above else "too deep")
    for number, line in _logical_lines(path):
        where = f"{path}:{number}"
        if line.startswith("-"):
            _option(path, number, line, constraints, found, (*above, resolved))
            continue
        try:
            requirement = parse_requirement(_HASH.sub("", " " + line), where)
        except WrongUsage as error:
            problem = error.message.removeprefix(f"{where}: ")
            raise UnreadableInput(str(path), number, problem, hint=error.hint) from None
        (found.constraints if constraints else found.requirements).append(requirement)


def _option(
    path: Path,
    number: int,
    line: str,
    constraints: bool,
    found: RequirementsFile,
    above: tuple[Path, ...],
) -> None:
    match = _OPTION.fullmatch(line)
    name = match[1] if match else line
    value = (match[2] or "").strip() if match else ""
    short = line[:2]
    if match is None and short in _ALIASES:
        name, value = short, line[2:].strip()
    name = _ALIASES.get(name, name)
    if name in ("--requirement", "--constraint", "--index-url", "--extra-index-url") and not value:
        raise UnreadableInput(str(path), number, f"{name} without a value")
    if name in ("--requirement", "--constraint"):
        nested = path.parent / value
        _read(nested, constraints or name == "--constraint", found, above)
    elif name == "--index-url":
        found.index_url = value
    elif name == "--extra-index-url":
        found.extra_index_urls.append(value)
    elif name in ("-e", "--editable"):
        raise UnreadableInput(
            str(path),
            number,
            "an editable requirement has no version that a policy could judge",
            hint="name the project's dependencies instead",
        )
    else:
        raise UnreadableInput(str(path), number, f"option {name} is not supported here")


def _logical_lines(path: Path) -> list[tuple[int, str]]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableInput(str(path), 0, f"cannot be read: {error.strerror}") from None
    if len(data) > MAX_BYTES:
        raise UnreadableInput(str(path), 0, f"larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data[: error.start].count(b"\n") + 1
        raise UnreadableInput(str(path), number, "not UTF-8 text") from None
    if "\0" in text:
        raise UnreadableInput(str(path), text[: text.index("\0")].count("\n") + 1, "a NUL byte")
    lines: list[tuple[int, str]] = []
    pending, start = "", 0
    for number, raw in enumerate(text.splitlines(), 1):
        start = start or number
        # pip: a comment ends a line even when it ends in a backslash.
        if raw.endswith("\\") and not _COMMENT.search(raw):
            pending += raw[:-1]
            continue
        line = _COMMENT.sub("", pending + raw).strip()
        if line:
            lines.append((start, line))
        pending, start = "", 0
    if pending.strip():
        lines.append((start, _COMMENT.sub("", pending).strip()))
    return lines
