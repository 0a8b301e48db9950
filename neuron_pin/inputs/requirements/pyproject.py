"""A project's ``pyproject.toml`` as requirements: its dependencies, extras and groups.

Source: pyproject.toml specification ("project" table), PEP 735 (dependency groups); Poetry's own
dependencies, extras and groups; uv's constraints and overrides.  Nothing
of the project is run: dependencies that its build would tell (``dynamic``) are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnknownName, UnreadableInput, WrongUsage
from neuron_pin.fs.toml import parse_toml_file

from .requirement import Requirement, parse_requirement
from .requirements_txt import RequirementsFile, read_text

if TYPE_CHECKING:
    from .project_document import ProjectDocument


class Project:
    """A parsed ``pyproject.toml``; ``requires_python`` is empty for any."""

    def __init__(self, path: str) -> None:
        """Read it; raises `UnreadableInput`."""
        self.path = path
        self._text = read_text(path)
        self._document = parse_toml_file(path, self._text)
        project = self._table("project", self._document.get("project", {}))
        self._dynamic = self._strings("project.dynamic", project.get("dynamic", []))
        self._name = canonicalize_name(str(project.get("name", "")))
        self._dependencies = self._strings("project.dependencies", project.get("dependencies", []))
        extras = self._table(
            "project.optional-dependencies", project.get("optional-dependencies", {})
        )
        self.extras = {
            canonicalize_name(name): self._strings(f"project.optional-dependencies.{name}", value)
            for name, value in extras.items()
        }
        self.requires_python = str(project.get("requires-python", ""))
        self._poetry = self._read_poetry()
        if self._poetry is not None:
            self.requires_python = self.requires_python or self._poetry.requires_python

    @property
    def is_dynamic(self) -> bool:
        """Whether only its build tells the dependencies."""
        return "dependencies" in self._dynamic

    @property
    def groups(self) -> list[str]:
        """The names of its dependency groups (PEP 735)."""
        return list(self._table("dependency-groups", self._document.get("dependency-groups", {})))

    def requirements(self, extras: Iterable[str] = ()) -> list[Requirement]:
        """The project's dependencies, and those of the extras; raises `UnreadableInput`,
        or `UnknownName` for an extra that it does not have."""
        if self.is_dynamic:
            raise UnreadableInput(
                self.path,
                self._line("dynamic"),
                "its dependencies are dynamic: they are known after a build only",
                hint="write them into [project] dependencies, or lock a requirements file",
            )
        extras = list(extras)
        if not self._dependencies and self._poetry is not None:
            return self._poetry_parts("", *(f"extra {canonicalize_name(e)}" for e in extras))
        texts = list(self._dependencies)
        wanted = [canonicalize_name(extra) for extra in extras]
        seen: set[str] = set()
        while wanted:
            extra = wanted.pop(0)
            if extra in seen:
                continue
            seen.add(extra)
            if extra not in self.extras:
                raise UnknownName("extra", extra, self.extras, where=self.path)
            texts += self.extras[extra]
        found: list[Requirement] = []
        for text in texts:
            requirement = self._parse(text)
            if requirement.name == self._name:
                # name[a,b] inside of an extra stands for the other extras.
                found += self._own(requirement, seen)
            else:
                found.append(requirement)
        return found

    def _poetry_parts(self, *names: str) -> list[Requirement]:
        """Poetry's own dependencies of some parts; raises `UnreadableInput` for what cannot be
        read of any, and `UnknownName` for a part that there is not."""
        document = self._poetry
        assert document is not None
        if document.problems:
            first, *others = document.problems
            first.further = tuple(others)
            raise first
        if document.direct:
            (reference, place), *_ = document.direct
            path, _, line = place.rpartition(":")
            raise UnreadableInput(
                path or place,
                int(line) if line.isdecimal() else None,
                f"{reference.name} is taken from an address, which has no version to lock",
                hint="name its version in [tool.poetry.dependencies]",
            )
        for name in names:
            if name not in document.parts:
                kind, _, word = name.partition(" ")
                known = [part.partition(" ")[2] for part in document.parts if part]
                raise UnknownName(kind, word, known, where=self.path)
        return [stated.requirement for name in names for stated in document.parts[name]]

    def _read_poetry(self) -> ProjectDocument | None:
        """``[tool.poetry]`` where it states the dependencies."""
        from .poetry_tables import has_poetry, read_poetry
        from .project_document import ProjectDocument

        tool = self._document.get("tool")
        if not isinstance(tool, dict) or "poetry" not in tool:
            return None
        document = ProjectDocument(self.path, {})
        if not has_poetry(document):
            return None
        read_poetry(document)
        return document

    def _uv(self, found: RequirementsFile) -> None:
        """What uv would add: constraints and overrides; raises `UnreadableInput` for a
        package that it takes from an address or a folder."""
        tool = self._document.get("tool")
        uv = tool.get("uv") if isinstance(tool, dict) else None
        if not isinstance(uv, dict):
            return
        overrides = [self._parse(t) for t in self._listed(uv, "override-dependencies")]
        replaced = {requirement.name for requirement in overrides}
        kept = [r for r in found.requirements if r.name not in replaced]
        # An override says what holds where a package is needed, and needs none.
        found.requirements = kept + [
            each for each in overrides if any(r.name == each.name for r in found.requirements)
        ]
        constraints = [self._parse(t) for t in self._listed(uv, "constraint-dependencies")]
        found.constraints += [*overrides, *(c for c in constraints if c.name not in replaced)]
        sources = uv.get("sources", {})
        for requirement in found.requirements:
            rows = next(
                (
                    row
                    for name, row in (sources.items() if isinstance(sources, dict) else ())
                    if canonicalize_name(name) == requirement.name
                ),
                None,
            )
            for row in rows if isinstance(rows, list) else [rows]:
                if isinstance(row, dict) and set(row) & {"git", "url", "path", "workspace"}:
                    raise UnreadableInput(
                        self.path,
                        self._line("[tool.uv.sources") or None,
                        f"{requirement.name} is taken from an address or a folder, which has no "
                        "version to lock",
                        hint="leave it out, and lock a requirements file without it",
                    )

    def _listed(self, uv: dict[str, Any], key: str) -> list[str]:
        return self._strings(f"tool.uv.{key}", uv.get(key, []))

    def _own(self, requirement: Requirement, seen: set[str]) -> list[Requirement]:
        found = []
        for extra in sorted(requirement.extras - seen):
            seen.add(extra)
            if extra not in self.extras:
                raise UnknownName("extra", extra, self.extras, where=requirement.origin)
            for text in self.extras[extra]:
                inner = self._parse(text)
                found += self._own(inner, seen) if inner.name == self._name else [inner]
        return found

    def group(self, name: str) -> list[Requirement]:
        """A dependency group, with those that it includes (PEP 735)."""
        from packaging.dependency_groups import resolve_dependency_groups
        from packaging.errors import ExceptionGroup

        groups = self._table("dependency-groups", self._document.get("dependency-groups", {}))
        known = {canonicalize_name(key) for key in groups}
        part = f"group {canonicalize_name(name)}"
        if canonicalize_name(name) not in known:
            if self._poetry is not None and part in self._poetry.parts:
                return self._poetry_parts(part)
            raise UnknownName("dependency group", name, known, where=self.path)
        try:
            texts = resolve_dependency_groups(groups, name)
        except ExceptionGroup as error:
            raise self._unreadable(name, str(error.exceptions[0])) from None
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            raise self._unreadable(name, str(error)) from None
        return [self._parse(text) for text in texts]

    def as_file(self, extras: Iterable[str], *, all_extras: bool) -> RequirementsFile:
        """The dependencies with the wanted extras, as a requirements file would have them."""
        found = RequirementsFile()
        every = list(self.extras)
        if all_extras and self._poetry is not None:
            every += [p[6:] for p in self._poetry.parts if p.startswith("extra ")]
        found.requirements = self.requirements(every if all_extras else extras)
        if self.requires_python:
            found.requires_python = (self.requires_python, self.path)
        self._uv(found)
        return found

    def group_as_file(self, name: str) -> RequirementsFile:
        """A dependency group, as a requirements file would have it."""
        found = RequirementsFile()
        found.requirements = self.group(name)
        return found

    def _unreadable(self, name: str, problem: str) -> UnreadableInput:
        return UnreadableInput(self.path, self._line(name), f"dependency-groups: {problem[:300]}")

    def _parse(self, text: str) -> Requirement:
        line = self._line(text)
        where = f"{self.path}:{line}" if line else self.path
        try:
            return parse_requirement(text, where)
        except WrongUsage as error:
            problem = error.message.removeprefix(f"{where}: ")
            raise UnreadableInput(self.path, line, problem, hint=error.hint) from None

    def _line(self, text: str) -> int:
        """Where a value is written; 0 if it is not written in one piece."""
        lines = self._text.splitlines()
        return next((number for number, line in enumerate(lines, 1) if text in line), 0)

    def _table(self, name: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise UnreadableInput(self.path, None, f"[{name}] is not a table")
        return value

    def _strings(self, name: str, value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UnreadableInput(self.path, None, f"{name} is not a list of strings")
        return value
