"""Dockerfiles: base images, and what their RUN lines install, stage by stage.

Source: the Dockerfile reference (parser directives, line continuation, heredocs, ARG and ENV
scope).  Nothing is built.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.requirements.requirements_txt import read_text
from neuron_pin.record import NamedTuple

from .image_reference import BaseImage, read_image_name
from .install_commands import list_indexes, read_installations
from .installation import Installation, NotUnderstood, find_names
from .installer_settings import (
    conda_environment,
    configured_indexes,
    is_installer_configuration,
    names_index,
)
from .instructions import (
    NO_INSTRUCTION,
    Instruction,
    copied_words,
    list_mounts,
    list_scripts,
    parse_instructions,
    read_pairs,
)
from .interpreters import Interpreters
from .shell import Command, Word, expand, read_commands


class Stage(NamedTuple):
    """One FROM and what follows it.

    ``base`` is the image that it comes from in the end, none where that is not known;
    ``number`` counts stages, ``parent`` is the stage it is built on, -1 for an image.
    ``indexes`` are those that the environment or pip's configuration names, ``unread`` what its
    commands say that was not understood.  ``copies`` are files of the build context by where
    they are copied to, ``written`` the lines of files that the Dockerfile itself has.
    """

    number: int
    parent: int
    base: BaseImage | None
    installations: tuple[Installation, ...]
    indexes: tuple[str, ...]
    unread: tuple[NotUnderstood, ...] = ()
    copies: tuple[tuple[str, str], ...] = ()
    written: tuple[tuple[str, tuple[tuple[int, str], ...]], ...] = ()


class Dockerfile(NamedTuple):
    """The stages of a file in order; ``unread`` are lines that are no instruction, ``problems``
    what no builder would take."""

    stages: tuple[Stage, ...]
    unread: tuple[NotUnderstood, ...]
    problems: tuple[UnreadableInput, ...]


def read_dockerfile(
    path: str, names: Container[str], arguments: Mapping[str, str] | None = None
) -> Dockerfile:
    """What a Dockerfile says; ``names`` are the packages of which ranges are read, ``arguments``
    build arguments that stand for the defaults.  Raises `UnreadableInput`."""
    instructions = list(parse_instructions(read_text(path), path))
    if not any(i.keyword == "FROM" for i in instructions):
        raise UnreadableInput(path, None, "not a Dockerfile: it has no FROM")
    return _Reader(path, names, arguments or {}).read(instructions)


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
        self.environments: list[tuple[dict[str, str], Interpreters, str]] = []
        self.installations: list[Installation] = []
        self.indexes: list[str] = []
        self.interpreters = Interpreters()
        self.shell = ""
        self.copies: list[tuple[str, str]] = []
        self.written: list[tuple[str, tuple[tuple[int, str], ...]]] = []
        self.unread: list[NotUnderstood] = []
        self.outside: list[NotUnderstood] = []
        self.problems: list[UnreadableInput] = []

    def read(self, instructions: list[Instruction]) -> Dockerfile:
        for instruction in instructions:
            if instruction.unended:
                problem = f"the here-document {instruction.unended!r} has no end"
                self.problems.append(UnreadableInput(self.path, instruction.line, problem))
            self._take(instruction)
        self._close()
        return Dockerfile(tuple(self.stages), tuple(self.outside), tuple(self.problems))

    def _take(self, instruction: Instruction) -> None:
        keyword = instruction.keyword
        if keyword == NO_INSTRUCTION:
            text = instruction.text
            names = find_names(text, self.packages)
            reason = "no instruction of a Dockerfile"
            self.outside.append(NotUnderstood(text, instruction.line, reason, names))
        elif keyword == "FROM":
            self._close()
            self._open(instruction)
        elif keyword == "ARG":
            self._argument(instruction)
        elif not self.stages:
            return
        elif keyword == "ENV":
            self._environment(instruction)
        elif keyword == "ONBUILD":
            inner = list(parse_instructions(instruction.text, self.path))
            # No builder takes an ONBUILD inside of another.
            for each in (found for found in inner if found.keyword != "ONBUILD"):
                lines = tuple((instruction.line, line) for _, line in each.lines)
                self._take(each._replace(lines=lines, heredocs=instruction.heredocs))
        elif keyword == "SHELL":
            words = instruction.text.strip().strip("[]").replace('"', " ").replace(",", " ")
            self.shell = conda_environment(words.split())
        elif keyword in ("COPY", "ADD"):
            self._copy(instruction)
        elif keyword in ("RUN", "CMD", "ENTRYPOINT"):
            self._run(instruction)

    def _open(self, instruction: Instruction) -> None:
        words = [w for w in instruction.text.split() if not w.startswith("--")]
        name, _ = expand(words[0] if words else "", self.globals)
        name = name.strip("\"'")
        parent = self.names.get(name.lower(), -1)
        if name.isdecimal() and len(name) < 6 and int(name) < len(self.stages):
            parent = int(name)
        base = self.stages[parent].base if parent >= 0 else read_image_name(name, instruction.line)
        if len(words) >= 3 and words[1].lower() == "as":
            self.names[words[2].lower()] = len(self.stages)
        stage = Stage(len(self.stages), parent, base, (), ())
        self.variables, self.interpreters, self.shell = {}, Interpreters(), ""
        self.indexes, self.copies, self.written = [], [], []
        if parent >= 0:
            variables, interpreters, self.shell = self.environments[parent]
            self.variables, self.interpreters = dict(variables), interpreters.copy()
            self.indexes = list(self.stages[parent].indexes)
            self.copies = list(self.stages[parent].copies)
            self.written = list(self.stages[parent].written)
        self.stages.append(stage)
        self.installations, self.unread = [], []

    def _close(self) -> None:
        if self.stages:
            self.environments.append((self.variables, self.interpreters, self.shell))
            self.stages[-1] = self.stages[-1]._replace(
                installations=tuple(self.installations),
                indexes=tuple(dict.fromkeys(self.indexes)),
                unread=tuple(self.unread),
                copies=tuple(self.copies),
                written=tuple(self.written),
            )

    def _argument(self, instruction: Instruction) -> None:
        for name, value in read_pairs(instruction.text):
            scope = self.variables if self.stages else self.globals
            default = expand(value, scope)[0] if value is not None else self.globals.get(name)
            found = self.given.get(name, default)
            if found is not None:
                scope[name] = found
        if self.stages:
            self.indexes += list_indexes(self.variables)

    def _environment(self, instruction: Instruction) -> None:
        pairs = list(read_pairs(instruction.text))
        if pairs and pairs[0][1] is None:
            name, _, rest = instruction.text.partition(" ")
            pairs = [(name, rest.strip())]
        for name, value in pairs:
            self.variables[name] = expand(value or "", self.variables)[0]
        self.indexes += list_indexes(self.variables)

    def _copy(self, instruction: Instruction) -> None:
        words = [expand(word, self.variables)[0] for word in copied_words(instruction)]
        if any(word.startswith("--from=") for word in words):
            # What another stage made is not in the build context.
            return
        words = [word for word in words if not word.startswith("--")]
        if len(words) < 2:
            return
        *sources, place = words
        documents = iter(instruction.heredocs)
        for source in sources:
            target = place
            if place.endswith("/") or place in (".", "..") or len(sources) > 1:
                target = posixpath.join(place, posixpath.basename(source.rstrip("/")))
            if source.startswith("<<"):
                self._write(target, next(documents, ()))
            else:
                self.copies.append((source, target))
                if is_installer_configuration(target) or is_installer_configuration(source):
                    self.indexes.append(f"{source} as {target}")

    def _write(self, target: str, body: tuple[tuple[int, str], ...]) -> None:
        self.written.append((target, body))
        text = "\n".join(row for _, row in body)
        if is_installer_configuration(target) and names_index(text):
            self.indexes.append(target)

    def _run(self, instruction: Instruction) -> None:
        if self.shell:
            self.interpreters.active = self.shell
        for source, target in list_mounts(instruction):
            self.copies.append((source, target))
            if is_installer_configuration(target):
                self.indexes.append(target)
        for lines in list_scripts(instruction):
            first = lines[0][1].strip() if lines else ""
            if first.startswith("#!") and not re.search(r"\b(?:ba|da|z|k|a)?sh\b", first):
                text = "\n".join(row for _, row in lines)
                names = find_names(text, self.packages) if "install" in text else ()
                reason = "a script that is not one of the shell"
                self.unread.append(NotUnderstood(first, lines[0][0], reason, names))
                continue
            commands = self._notice(read_commands(lines, self.variables))
            for found in read_installations(commands, self.path, self.packages, self.interpreters):
                if isinstance(found, NotUnderstood):
                    self.unread.append(found)
                else:
                    self.installations.append(found)
        # An environment that a RUN activates is active in it alone.
        self.interpreters.active = None

    def _notice(self, commands: Iterable[Command]) -> Iterator[Command]:
        """The commands, of which those that set up an installer count for what follows."""
        for command in commands:
            self.indexes += configured_indexes(command)
            for target in _written_files(command):
                for body in command.here:
                    self._write(target, body)
                text = " ".join(word.text for word in (*command.source, *command.words))
                if is_installer_configuration(target) and names_index(text):
                    self.indexes.append(target)
                line = command.words[0].line if command.words else 0
                rows = _printed(command.source or command.words)
                if rows:
                    self.written.append((target, tuple((line, row) for row in rows)))
            yield command


def _written_files(command: Command) -> list[str]:
    words = [word.text for word in command.words]
    if words and words[0].rpartition("/")[2] == "tee":
        return [*command.targets, *(word for word in words[1:] if not word.startswith("-"))]
    return [target for target in command.targets if not target.startswith("/dev/")]


def _printed(words: Sequence[Word]) -> list[str]:
    """The lines that ``echo`` or ``printf`` prints, as far as they are known."""
    if not words or words[0].text not in ("echo", "printf"):
        return []
    rest = [word for word in words[1:] if word.text not in ("-e", "-n", "-en", "-ne", "--")]
    if not all(word.is_known for word in rest):
        return []
    texts = [word.text for word in rest]
    if words[0].text == "printf" and len(texts) > 1:
        # A format with one %s a line is printed for each of its arguments.
        is_lines = re.fullmatch(r"\s*%s\s*(\\n)?", texts[0]) is not None
        return texts[1:] if is_lines else []
    return " ".join(texts).replace("\\n", "\n").splitlines()
