"""Dockerfiles: base images, and what their RUN lines install, stage by stage.

Source: the Dockerfile reference (parser directives, line continuation, heredocs, ARG and ENV
scope).  Nothing is built.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Mapping

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.requirements.requirements_txt import read_text

from .branches import Choices
from .build_context import list_copied
from .image_reference import read_image_name
from .install_commands import read_installations, unended_parts
from .installation import Installation, NotUnderstood, find_names
from .installer_settings import conda_environment, is_installer_configuration
from .instructions import (
    NO_INSTRUCTION,
    Instruction,
    copied_words,
    list_mounts,
    list_scripts,
    parse_instructions,
    read_pairs,
)
from .pip_options import list_indexes
from .readings import concerns, read_alternatives
from .recipe import Recipe, Stage
from .script_files import find_script_beside
from .session import Script, Session, WrittenFile, is_same_path
from .shell import ShellRun, read_commands
from .shell_expansion import expand
from .shell_words import Lines

MAX_READ = 2 * 1024 * 1024
"""Characters of a file that are read, over all of its alternatives."""


def read_dockerfile(
    path: str, names: Container[str], arguments: Mapping[str, str] | None = None
) -> Recipe:
    """What a Dockerfile says; ``names`` are the packages of which ranges are read, ``arguments``
    build arguments that stand for the defaults.  Raises `UnreadableInput`."""
    text = read_text(path)
    instructions = list(parse_instructions(text, path))
    if not any(i.keyword == "FROM" for i in instructions):
        raise UnreadableInput(path, None, "not a Dockerfile: it has no FROM")

    def read(choices: Choices | None) -> Recipe:
        return _Reader(path, names, arguments or {}, choices).read(instructions)

    everything = read(None)
    stages = everything.stages
    if not any(concerns(stage.installations, stage.unread, names) for stage in stages):
        return everything
    found = read_alternatives(read, MAX_READ // (len(text) + 1))
    if len(found.readings) < 2 or not found.is_complete:
        return everything
    stages = ()
    for reading in found.readings:
        # Each way through the file has stages of its own.
        first = len(stages)
        stages += tuple(
            stage._replace(
                number=first + stage.number,
                parent=first + stage.parent if stage.parent >= 0 else -1,
                label=reading.label,
                system=reading.system,
            )
            for stage in reading.value.stages
        )
    return everything._replace(stages=stages)


class _Reader:
    """Walks through instructions with the arguments and variables in scope."""

    def __init__(
        self,
        path: str,
        names: Container[str],
        given: Mapping[str, str],
        choices: Choices | None,
    ) -> None:
        self.path = path
        self.choices = choices
        self.packages = names
        self.given = given
        self.globals: dict[str, str] = {}
        self.variables: dict[str, str] = {}
        self.stages: list[Stage] = []
        self.names: dict[str, int] = {}
        self.environments: list[tuple[dict[str, str], Session, str]] = []
        self.installations: list[Installation] = []
        self.session = Session(self._find_script)
        self.shell = ""
        self.copies: list[tuple[str, str]] = []
        self.unread: list[NotUnderstood] = []
        self.outside: list[NotUnderstood] = []
        self.problems: list[UnreadableInput] = []

    def read(self, instructions: list[Instruction]) -> Recipe:
        for instruction in instructions:
            if instruction.unended:
                problem = f"the here-document {instruction.unended!r} has no end"
                self.problems.append(UnreadableInput(self.path, instruction.line, problem))
            self._take(instruction)
        self._close()
        return Recipe(tuple(self.stages), tuple(self.outside), tuple(self.problems))

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
        self.variables, self.session, self.shell = {}, Session(self._find_script), ""
        self.copies = []
        if parent >= 0:
            variables, session, self.shell = self.environments[parent]
            self.variables, self.session = dict(variables), session.copy()
            self.copies = list(self.stages[parent].copies)
        self.stages.append(stage)
        self.installations, self.unread = [], []

    def _close(self) -> None:
        if self.stages:
            self.environments.append((self.variables, self.session, self.shell))
            self.stages[-1] = self.stages[-1]._replace(
                installations=tuple(self.installations),
                indexes=tuple(dict.fromkeys(self.session.indexes)),
                unread=tuple(self.unread),
                copies=tuple(self.copies),
                written=tuple(self.session.written),
            )

    def _argument(self, instruction: Instruction) -> None:
        for name, value in read_pairs(instruction.text):
            scope = self.variables if self.stages else self.globals
            default = expand(value, scope)[0] if value is not None else self.globals.get(name)
            found = self.given.get(name, default)
            if found is not None:
                scope[name] = found
        if self.stages:
            self.session.indexes += list_indexes(self.variables)

    def _environment(self, instruction: Instruction) -> None:
        pairs = list(read_pairs(instruction.text))
        if pairs and pairs[0][1] is None:
            name, _, rest = instruction.text.partition(" ")
            pairs = [(name, rest.strip())]
        for name, value in pairs:
            self.variables[name] = expand(value or "", self.variables)[0]
        self.session.indexes += list_indexes(self.variables)

    def _copy(self, instruction: Instruction) -> None:
        words = [expand(word, self.variables)[0] for word in copied_words(instruction)]
        is_of_stage = any(word.startswith("--from=") for word in words)
        words = [word for word in words if not word.startswith("--")]
        if len(words) < 2:
            return
        *sources, place = words
        if is_of_stage:
            # What another stage made is not in the build context.
            self.session.indexes += [
                f"{source} as {place}"
                for source in sources
                if is_installer_configuration(place) or is_installer_configuration(source)
            ]
            return
        documents = iter(instruction.heredocs)
        for source in sources:
            target = place
            if place.endswith("/") or place in (".", "..") or len(sources) > 1:
                target = posixpath.join(place, posixpath.basename(source.rstrip("/")))
            if source.startswith("<<"):
                self.session.write(WrittenFile(target, next(documents, ()), self.path))
            else:
                self.copies.append((source, target))
                if is_installer_configuration(target) or is_installer_configuration(source):
                    self.session.indexes.append(f"{source} as {target}")

    def _run(self, instruction: Instruction) -> None:
        if self.shell:
            self.session.interpreters.active = self.shell
        for source, target in list_mounts(instruction):
            self.copies.append((source, target))
            if is_installer_configuration(target):
                self.session.indexes.append(target)
        for lines in list_scripts(instruction):
            first = lines[0][1].strip() if lines else ""
            if first.startswith("#!") and not re.search(r"\b(?:ba|da|z|k|a)?sh\b", first):
                text = "\n".join(row for _, row in lines)
                names = find_names(text, self.packages) if "install" in text else ()
                reason = "a script that is not one of the shell"
                self.unread.append(NotUnderstood(first, lines[0][0], reason, names))
                continue
            self.session.folder = ""
            run = ShellRun(self.choices, self._follow)
            commands = read_commands(lines, self.variables, run)
            for found in read_installations(commands, self.path, self.packages, self.session):
                if isinstance(found, NotUnderstood):
                    self.unread.append(found)
                else:
                    self.installations.append(found)
            self.unread += unended_parts(run, self.path)
        # An environment that a RUN activates is active in it alone.
        self.session.interpreters.active = None

    def _follow(self, name: str, file: str) -> tuple[str, Lines] | None:
        return self.session.follow(name, file or self.path)

    def _find_script(self, name: str, file: str, folder: str) -> Script | None:
        """A script that is copied into the stage, or that is beside the Dockerfile by the name
        that RUN gives it."""
        names = [source for source, target in self.copies if is_same_path(target, name)]
        names += list_copied(self.copies, name)
        guessed = [name, posixpath.basename(name)]
        for folder_name in (source for source, _ in self.copies):
            # What is below a folder that is copied as a whole.
            guessed.append(posixpath.join(folder_name, posixpath.basename(name)))
        return find_script_beside(self.path, names, guessed)
