"""A ``pyproject.toml`` as its readers share it: tables, places, and what could not be read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.fs.toml import parse_toml_file
from neuron_pin.record import NamedTuple

from .direct import DirectReference, read_direct
from .requirement import Requirement, parse_requirement
from .requirements_txt import UnjudgedLine, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


BUILD = "build"
"""The part that a build installs, in an environment of its own."""


MAX_SEARCHES = 200
"""Texts that are looked for in all lines, because they are written in another way."""

_QUOTED = r"\"([^\"\\\\]*)\"|'([^']*)'|(#.*)"


class ForeignTable(UnjudgedLine):
    """A table of another program that states dependencies; ``names`` are those it has."""

    def __init__(self, path: str, line: int | None, problem: str, names: Sequence[str]) -> None:
        super().__init__(path, line, problem)
        self.names = tuple(names)


class OnlyRun(ForeignTable):
    """What only running a script, or another Python, would tell; ``names`` are those that the
    script has.  It is listed, whatever the names are."""


class StatedRequirement(NamedTuple):
    """A requirement of a project; ``is_written`` says that its text is in the file as it is."""

    requirement: Requirement
    is_written: bool = True


class ProjectPart(NamedTuple):
    """What is installed together: everybody's dependencies, with an empty name; an extra, or a
    group, which ``has_base`` says to be installed with those."""

    name: str
    requirements: list[StatedRequirement]
    has_base: bool = True


class ProjectParts(NamedTuple):
    """What a project states, and what of it could not be read; ``direct`` is what comes from an
    address, each with its place.  ``requires_python`` is empty for any.  ``sources`` are the
    addresses of the indexes that packages are to be taken from, by place and name, where stated."""

    parts: list[ProjectPart]
    direct: list[tuple[DirectReference, str]]
    problems: list[UnreadableInput]
    requires_python: str
    sources: Mapping[tuple[str, str], str] = MappingProxyType({})


class ProjectDocument:
    """A parsed document; ``parts`` are the requirements by the part that they are in, with an
    empty name for everybody's."""

    def __init__(self, path: str, environ: Mapping[str, str]) -> None:
        self.path = path
        self.environ = environ
        self.text = read_text(path)
        self.document = parse_toml_file(path, self.text)
        self.lines = self.text.splitlines()
        self.parts: dict[str, list[StatedRequirement]] = {"": []}
        self.direct: list[tuple[DirectReference, str]] = []
        self.problems: list[UnreadableInput] = []
        self._no_tables: set[str] = set()
        self._quoted: dict[str, int] = {}
        self._keys: dict[tuple[str, str], int] = {}
        self._searches = 0
        self._find_places()
        self.requires_python = ""
        self.project = self.table("project")
        self.tool = self.table("tool")

    # Where values are ------------------------------------------------------------------

    def table(self, *keys: str) -> dict[str, Any]:
        """A table of the document, empty where there is none; one that is no table is told."""
        value: Any = self.document
        for number, key in enumerate(keys, 1):
            value = value.get(key, {})
            if not isinstance(value, dict):
                name = ".".join(keys[:number])
                if name not in self._no_tables:
                    self._no_tables.add(name)
                    self.tell(f"[{name}] is not a table", key)
                return {}
        found: dict[str, Any] = value
        return found

    def strings(self, name: str, table: Mapping[str, Any], key: str) -> list[str]:
        """The strings of a list; what in it is none is told."""
        value: Any = table.get(key, [])
        if not isinstance(value, list):
            self.tell(f"{name} is not a list of strings", key)
            return []
        if not all(isinstance(item, str) for item in value):
            self.tell(f"{name} has what is no string", key)
        return [item for item in value if isinstance(item, str)]

    def tell(self, problem: str, near: str = "", hint: str = "", is_error: bool = True) -> None:
        kind = UnreadableInput if is_error else UnjudgedLine
        self.problems.append(kind(self.path, self.line(near) or None, problem, hint=hint))

    def line(self, text: str) -> int:
        """Where a text is first written; 0 if it is not written in one piece."""
        found = self._quoted.get(text, 0)
        if found or not text or self._searches >= MAX_SEARCHES:
            return found
        self._searches += 1
        return next((n for n, line in enumerate(self.lines, 1) if text in line), 0)

    def line_of_key(self, table: str, key: str) -> int:
        """The line of a key below a table's head."""
        return self._keys.get((table, key), 0) or self.line(f"[{table}.{key}]")

    def _find_places(self) -> None:
        """The lines of all strings in quotes, and of all keys: a project may have thousands."""
        table = ""
        for number, line in enumerate(self.lines, 1):
            for text in re.findall(_QUOTED, line):
                if not text[2]:
                    self._quoted.setdefault(text[0] or text[1], number)
            head = re.match(r"\s*\[([\w.\" '-]+)\]\s*(?:#|$)", line)
            if head is not None:
                table = head[1].replace('"', "").replace("'", "").replace(" ", "")
            elif key := re.match(r"\s*['\"]?([\w-]+)['\"]?\s*[=.]", line):
                self._keys.setdefault((table, key[1]), number)

    # Rows ------------------------------------------------------------------------------

    def add(self, part: str, text: str) -> None:
        requirement = self.parse(text)
        if requirement is not None:
            self.parts.setdefault(part, []).append(StatedRequirement(requirement))

    def parse(self, text: str) -> Requirement | None:
        """A requirement; none for one by address, and for one that cannot be read, each of
        which is noted."""
        line = self.line(text)
        where = f"{self.path}:{line}" if line else self.path
        reference = read_direct(text)
        if reference is not None:
            self.direct.append((reference, where))
            return None
        try:
            return parse_requirement(text, where)
        except WrongUsage as error:
            problem = error.message.removeprefix(f"{where}: ")
            self.problems.append(UnreadableInput(self.path, line or None, problem, hint=error.hint))
            return None
