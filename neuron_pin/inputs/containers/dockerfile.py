"""Dockerfiles: base images, and what their RUN lines install, stage by stage.

Source: the Dockerfile reference (parser directives, line continuation, heredocs, ARG and ENV
scope).  Nothing is built.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Container, Iterator, Mapping

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.requirements.requirements_txt import read_text
from neuron_pin.record import NamedTuple

from .image_reference import BaseImage, read_image_name
from .install_commands import Installation, read_installations
from .shell import expand, read_commands, script_lines

MAX_INSTRUCTIONS = 20_000


class Stage(NamedTuple):
    """One FROM and what follows it.

    ``base`` is the image that it comes from in the end, none where that is not known;
    ``number`` counts stages, ``parent`` is the stage it is built on, -1 for an image.
    ``indexes`` are those that the environment or pip's configuration names.
    """

    number: int
    parent: int
    base: BaseImage | None
    installations: tuple[Installation, ...]
    indexes: tuple[str, ...]


class Instruction(NamedTuple):
    """A keyword with its text, line by line, and the bodies of its heredocs."""

    keyword: str
    lines: tuple[tuple[int, str], ...]
    heredocs: tuple[tuple[tuple[int, str], ...], ...]

    @property
    def text(self) -> str:
        """What stands after the keyword, in one piece."""
        return " ".join(line for _, line in self.lines).strip()

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.lines[0][0]


def is_dockerfile(name: str) -> bool:
    """Whether a file's name is that of a Dockerfile."""
    lowered = name.lower()
    return lowered.startswith(("dockerfile", "containerfile")) or lowered.endswith(
        (".dockerfile", ".containerfile")
    )


def read_dockerfile(
    path: str, names: Container[str], arguments: Mapping[str, str] | None = None
) -> list[Stage]:
    """The stages in order; ``names`` are the packages of which ranges are read, ``arguments``
    build arguments that stand for the defaults.  Raises `UnreadableInput`."""
    instructions = list(parse_instructions(read_text(path), path))
    if not any(i.keyword == "FROM" for i in instructions):
        raise UnreadableInput(path, None, "not a Dockerfile: it has no FROM")
    return _Reader(path, names, arguments or {}).read(instructions)


def parse_instructions(text: str, path: str) -> Iterator[Instruction]:
    """The instructions of a Dockerfile's text; raises `UnreadableInput` for too many."""
    rows = text.splitlines()
    escape = "\\"
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
        if match is None:
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
        if keyword in ("RUN", "COPY", "ADD"):
            for strip, word in _heredoc_words(" ".join(line for _, line in lines)):
                body: list[tuple[int, str]] = []
                while index < len(rows):
                    row = rows[index].lstrip("\t") if strip else rows[index]
                    index += 1
                    if row == word:
                        break
                    body.append((index, row))
                heredocs.append(tuple(body))
        yield Instruction(keyword, tuple(lines), tuple(heredocs))


def _heredoc_words(text: str) -> list[tuple[bool, str]]:
    found = re.findall(r"(?<!<)<<(-?)\s*(?:'([^']+)'|\"([^\"]+)\"|([A-Za-z_]\w*))", text)
    return [(bool(dash), one or two or three) for dash, one, two, three in found]


class _Reader:
    """Walks through instructions with the arguments and variables in scope."""

    def __init__(self, path: str, names: Container[str], given: Mapping[str, str]) -> None:
        self.path = path
        self.packages = names
        self.given = given
        self.globals: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.stages: list[Stage] = []
        self.names: dict[str, int] = {}
        self.environments: list[dict[str, str]] = []
        self.installations: list[Installation] = []
        self.indexes: list[str] = []

    def read(self, instructions: list[Instruction]) -> list[Stage]:
        for instruction in instructions:
            if instruction.keyword == "FROM":
                self._close()
                self._open(instruction)
            elif instruction.keyword == "ARG":
                self._argument(instruction)
            elif instruction.keyword == "ENV":
                self._environment(instruction)
            elif instruction.keyword == "RUN" and self.stages:
                self._run(instruction)
        self._close()
        return self.stages

    def _open(self, instruction: Instruction) -> None:
        words = [w for w in instruction.text.split() if not w.startswith("--")]
        name, _ = expand(words[0] if words else "", self.globals)
        parent = self.names.get(name.lower(), -1)
        if name.isdecimal() and len(name) < 6 and int(name) < len(self.stages):
            parent = int(name)
        base = self.stages[parent].base if parent >= 0 else read_image_name(name, instruction.line)
        if len(words) >= 3 and words[1].lower() == "as":
            self.names[words[2].lower()] = len(self.stages)
        self.stages.append(Stage(len(self.stages), parent, base, (), ()))
        self.variables = dict(self.environments[parent]) if parent >= 0 else {}
        self.installations = []
        self.indexes = list(self.stages[parent].indexes) if parent >= 0 else []

    def _close(self) -> None:
        if self.stages:
            self.environments.append(self.variables)
            self.stages[-1] = self.stages[-1]._replace(
                installations=tuple(self.installations), indexes=tuple(self.indexes)
            )

    def _argument(self, instruction: Instruction) -> None:
        for name, value in _pairs(instruction.text):
            scope = self.variables if self.stages else self.globals
            default = expand(value, scope)[0] if value is not None else self.globals.get(name)
            found = self.given.get(name, default)
            if found is not None:
                scope[name] = found

    def _environment(self, instruction: Instruction) -> None:
        if not self.stages:
            return
        pairs = list(_pairs(instruction.text))
        if pairs and pairs[0][1] is None:
            name, _, rest = instruction.text.partition(" ")
            pairs = [(name, rest.strip())]
        for name, value in pairs:
            self.variables[name] = expand(value or "", self.variables)[0]
            if name in _INDEX_VARIABLES:
                self.indexes += self.variables[name].split()

    def _run(self, instruction: Instruction) -> None:
        for lines in _scripts(instruction):
            commands = list(read_commands(lines, self.variables))
            for command in commands:
                words = [word.text for word in command]
                if "config" in words[:4] and "set" in words[:5] and words[-2].endswith("index-url"):
                    self.indexes.append(words[-1])
            self.installations += read_installations(commands, self.path, self.packages)


_FLAGS = r"^(\s*--\S+\s+)+"


def _scripts(instruction: Instruction) -> Iterator[list[tuple[int, str]]]:
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
    if instruction.heredocs and re.match(r"\s*<<", first):
        for body in instruction.heredocs:
            yield script_lines(body)
        return
    rows = [(instruction.line, first), *instruction.lines[1:]]
    # Continued lines are one to the shell.
    yield [(number, line + " ") for number, line in rows]


_INDEX_VARIABLES = frozenset(
    {"PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL"}
    | {"UV_DEFAULT_INDEX"}
)


def _pairs(text: str) -> Iterator[tuple[str, str | None]]:
    """``NAME=value`` and ``NAME`` words, quotes taken off."""
    for match in re.finditer(
        r"""([A-Za-z_]\w*)(?:=("(?:\\.|[^"\\])*"|'[^']*'|(?:\\.|[^\s\\]|\\(?=\s|$))*))?""", text
    ):
        value = match[2]
        if value is not None and value[:1] in "\"'" and len(value) > 1:
            value = value[1:-1]
        yield match[1], value
