"""The instructions of a Dockerfile: its lines, here-documents, mounts and copies.

Source: the Dockerfile reference (parser directives, line continuation, heredocs, exec form).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

from neuron_pin.errors import UnreadableInput
from neuron_pin.record import NamedTuple

from .shell_words import script_lines

MAX_INSTRUCTIONS = 20_000


class Instruction(NamedTuple):
    """A keyword with its text, line by line, and the bodies of its heredocs; ``unended`` is the
    word that should end the last of them and is nowhere."""

    keyword: str
    lines: tuple[tuple[int, str], ...]
    heredocs: tuple[tuple[tuple[int, str], ...], ...]
    unended: str = ""

    @property
    def text(self) -> str:
        """What stands after the keyword, in one piece."""
        return " ".join(line for _, line in self.lines).strip()

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.lines[0][0]


_KEYWORDS_TEXT = (
    "FROM ARG ENV RUN COPY ADD CMD ENTRYPOINT WORKDIR USER LABEL EXPOSE VOLUME STOPSIGNAL "
    "HEALTHCHECK ONBUILD SHELL MAINTAINER"
)
KEYWORDS = frozenset(_KEYWORDS_TEXT.split())
NO_INSTRUCTION = ""
"""The keyword of a line that is no instruction."""


def parse_instructions(text: str, path: str) -> Iterator[Instruction]:
    """The instructions of a Dockerfile's text; raises `UnreadableInput` for too many."""
    rows = text.splitlines()
    escape = "\\"
    # What can end a here-document, so that one without an end is not looked for row by row.
    ends = {row.lstrip("\t") for row in rows}
    index = count = 0
    while index < len(rows):
        directive = re.fullmatch(r"#\s*([a-z]+)\s*=\s*(\S+)\s*", rows[index], re.I)
        if directive is None:
            break
        if directive[1].lower() == "escape" and directive[2] in "\\`":
            escape = directive[2]
        index += 1
    while index < len(rows):
        match = re.match(r"\s*([A-Za-z]+)(?:\s+|$)", rows[index])
        if match is None or match[1].upper() not in KEYWORDS:
            row = rows[index].strip()
            if row and not row.startswith("#"):
                yield Instruction(NO_INSTRUCTION, ((index + 1, rows[index]),), ())
            index += 1
            continue
        count += 1
        if count > MAX_INSTRUCTIONS:
            raise UnreadableInput(path, index + 1, f"more than {MAX_INSTRUCTIONS} instructions")
        lines: list[tuple[int, str]] = []
        part = rows[index][match.end() :]
        while True:
            stripped = part.rstrip()
            goes_on = stripped.endswith(escape)
            lines.append((index + 1, stripped[:-1] if goes_on else part))
            index += 1
            if not goes_on:
                break
            # Comments and empty lines between do not end it.
            while index < len(rows) and re.match(r"\s*(#|$)", rows[index]):
                index += 1
            if index >= len(rows):
                break
            part = rows[index]
        keyword = match[1].upper()
        heredocs = []
        unended = ""
        if keyword in ("RUN", "COPY", "ADD"):
            for strip, word in _heredoc_words(" ".join(line for _, line in lines)):
                body: list[tuple[int, str]] = []
                at = index if word in ends else len(rows)
                while at < len(rows):
                    row = rows[at].lstrip("\t") if strip else rows[at]
                    at += 1
                    if row == word:
                        break
                    body.append((at, row))
                else:
                    # What follows is read as instructions, so that nothing of it is lost.
                    unended = word
                    break
                index = at
                heredocs.append(tuple(body))
        yield Instruction(keyword, tuple(lines), tuple(heredocs), unended)


_HEREDOC = r"(?<!<)<<(-?)\s*(?:'([^']+)'|\"([^\"]+)\"|([A-Za-z_]\w*))"


def _heredoc_words(text: str) -> list[tuple[bool, str]]:
    found = re.findall(_HEREDOC, text)
    return [(bool(dash), one or two or three) for dash, one, two, three in found]


def copied_words(instruction: Instruction) -> list[str]:
    text = instruction.text
    flags = re.match(r"\s*(?:--\S+\s+)*", text)
    rest = text[flags.end() :] if flags else text
    if rest.startswith("["):
        try:
            words = json.loads(rest)
        except (ValueError, RecursionError):
            words = []
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            return [*(flags[0].split() if flags else []), *words]
    return text.split()


def list_mounts(instruction: Instruction) -> Iterator[tuple[str, str]]:
    """Source and target of what a RUN mounts from the build context, or as a secret."""
    for options in re.findall(r"(?:^|\s)--mount=(\S+)", instruction.text):
        fields = dict(field.partition("=")[::2] for field in options.split(",") if "=" in field)
        target = fields.get("target") or fields.get("dst") or fields.get("destination") or ""
        if fields.get("type") == "secret":
            yield fields.get("id", ""), target or f"/run/secrets/{fields.get('id', '')}"
        elif target and fields.get("type", "bind") == "bind" and "from" not in fields:
            yield fields.get("source") or fields.get("src") or target, target


_FLAGS = r"^(\s*--\S+\s+)+"


def list_scripts(instruction: Instruction) -> Iterator[list[tuple[int, str]]]:
    """What a RUN runs, as the lines of a shell script."""
    first = re.sub(_FLAGS, "", instruction.lines[0][1])
    if first.lstrip().startswith("["):
        try:
            words = json.loads(re.sub(_FLAGS, "", instruction.text))
        except (ValueError, RecursionError):
            words = []
        if isinstance(words, list) and all(isinstance(word, str) for word in words):
            yield [(instruction.line, shlex.join(words) + "\n")]
            return
    if instruction.heredocs and not re.sub(_HEREDOC, "", instruction.text).strip():
        for body in instruction.heredocs:
            yield script_lines(body)
        return
    rows = [(instruction.line, first), *instruction.lines[1:]]
    # Continued lines are one to the shell.
    lines = [(number, line + " ") for number, line in rows]
    words = _heredoc_words(instruction.text)
    for (_, word), body in zip(words, instruction.heredocs, strict=False):
        if not lines[-1][1].endswith("\n"):
            lines[-1] = (lines[-1][0], lines[-1][1].rstrip(" ") + "\n")
        end = body[-1][0] + 1 if body else lines[-1][0] + 1
        lines += [*((number, row + "\n") for number, row in body), (end, word + "\n")]
    yield lines


def read_pairs(text: str) -> Iterator[tuple[str, str | None]]:
    """``NAME=value`` and ``NAME`` words, quotes taken off."""
    for match in re.finditer(
        r"""([A-Za-z_]\w*)(?:=("(?:\\.|[^"\\])*"|'[^']*'|(?:\\.|[^\s\\]|\\(?=\s|$))*))?""", text
    ):
        value = match[2]
        if value is not None and value[:1] in "\"'" and len(value) > 1:
            value = value[1:-1]
        yield match[1], value
