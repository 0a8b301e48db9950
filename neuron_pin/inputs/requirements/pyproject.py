"""A project's ``pyproject.toml`` as requirements: its dependencies, extras and groups.

Source: pyproject.toml specification ("project" table), PEP 735 (dependency groups).  Nothing
of the project is run: dependencies that its build would tell (``dynamic``) are refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnknownName, UnreadableInput, WrongUsage
from neuron_pin.fs.toml import parse_toml

from .requirement import Requirement, parse_requirement
from .requirements_txt import RequirementsFile, read_text


class Project:
    """A parsed ``pyproject.toml``; ``requires_python`` is empty for any."""

    def __init__(self, path: str) -> None:
        """Read it; raises `UnreadableInput`."""
        self.path = path
        self._text = read_text(path)
        self._document = _toml(path, self._text)
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
        poetry = self._document.get("tool", {})
        for key in ("poetry", "dependencies"):
            poetry = poetry.get(key) if isinstance(poetry, dict) else None
        if not self._dependencies and isinstance(poetry, dict) and set(poetry) - {"python"}:
            raise UnreadableInput(
                self.path,
                self._line("[tool.poetry.dependencies]"),
                "its dependencies are in [tool.poetry], which lock does not read",
                hint="write them into [project] dependencies, or lock what poetry export writes",
            )
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
        if canonicalize_name(name) not in known:
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
        found.requirements = self.requirements(self.extras if all_extras else extras)
        if self.requires_python:
            found.requires_python = (self.requires_python, self.path)
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


def _toml(path: str, text: str) -> dict[str, Any]:
    try:
        return parse_toml(text)
    except ValueError as error:
        raise UnreadableInput(path, None, f"not TOML: {error}") from None
