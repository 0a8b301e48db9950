"""All that a ``pyproject.toml`` may be installed with, part by part, for those who check it.

Source: pyproject.toml specification, PEP 735, Poetry's ``[tool.poetry]`` of both generations,
uv's ``[tool.uv]``, PDM's and Hatch's tables of dependencies, setuptools' ``dynamic``.  A row that
cannot be read hides no other, and what is not read is said.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput

from .other_tables import note_foreign, read_others
from .poetry_tables import has_poetry, read_poetry
from .project_document import (
    BUILD,
    ProjectDocument,
    ProjectPart,
    ProjectParts,
    StatedRequirement,
)
from .requirements_txt import read_requirements
from .setup_config import read_setup_config
from .setup_script import read_setup_script
from .uv_tables import read_uv


def read_project_parts(path: str, environ: Mapping[str, str]) -> ProjectParts:
    """Read a project; raises `UnreadableInput` for what is no TOML."""
    reader = _Reader(path, environ)
    reader.read()
    parts = [
        ProjectPart(name, rows, name != BUILD and not reader.is_alternative(name))
        for name, rows in reader.parts.items()
    ]
    return ProjectParts(parts, reader.direct, reader.problems, reader.requires_python)


class _Reader(ProjectDocument):
    def is_alternative(self, name: str) -> bool:
        """Whether a group has another exact version of what everybody gets: no installer can
        install the two together."""
        if not name.startswith("group "):
            return False
        base = {r.name: r for r, _ in self.parts[""] if r.is_exact and not r.marker}
        return any(
            r.is_exact and r.name in base and r.range != base[r.name].range
            for r, _ in self.parts[name]
        )

    def read(self) -> None:
        requires = self.project.get("requires-python", "")
        self.requires_python = requires if isinstance(requires, str) else ""
        self._project()
        self._groups()
        read_poetry(self)
        read_uv(self)
        read_others(self)
        build = self.table("build-system")
        for text in self.strings("build-system.requires", build, "requires"):
            self.add(BUILD, text)
        note_foreign(self)

    def _project(self) -> None:
        dynamic = self.strings("project.dynamic", self.project, "dynamic")
        for text in self.strings("project.dependencies", self.project, "dependencies"):
            self.add("", text)
        extras = self.project.get("optional-dependencies", {})
        if not isinstance(extras, dict):
            self.tell("[project.optional-dependencies] is not a table", "optional-dependencies")
            extras = {}
        own = canonicalize_name(str(self.project.get("name", "")))
        by_extra = {
            canonicalize_name(name): self.strings(
                f"project.optional-dependencies.{name}", extras, name
            )
            for name in extras
        }
        for extra in by_extra:
            self._extra(extra, by_extra, own)
        read = self._setuptools()
        if "dependencies" in dynamic and "dependencies" not in read and not has_poetry(self):
            self._dynamic("dependencies")
        if "optional-dependencies" in dynamic and "optional-dependencies" not in read:
            self._dynamic("optional-dependencies")
        if not self.project and not has_poetry(self):
            folder = os.path.dirname(self.path)
            if os.path.isfile(os.path.join(folder, "setup.cfg")):
                self._setup_file(os.path.join(folder, "setup.cfg"))
            if os.path.isfile(os.path.join(folder, "setup.py")):
                self._setup_file(os.path.join(folder, "setup.py"))

    def _setup_file(self, path: str) -> None:
        """What the files state that a project without its own table is built with."""
        try:
            if path.endswith(".py"):
                found = read_setup_script(path)
            else:
                found = read_setup_config(path, self.environ)
        except UnreadableInput as error:
            self.problems.append(error)
            return
        for part in found.parts:
            # Not in this file: no fix can replace them here.
            rows = [row._replace(is_written=False) for row in part.requirements]
            self.parts.setdefault(part.name, []).extend(rows)
        self.direct += found.direct
        self.problems += found.problems
        self.requires_python = self.requires_python or found.requires_python

    def _dynamic(self, key: str) -> None:
        what = key.replace("optional-dependencies", "extras")
        hint = f"write them into [project] {key}, or check what is installed with --venv"
        problem = f"its {what} are dynamic: they are known after a build only"
        self.tell(problem, "dynamic", hint, is_error=False)

    def _extra(self, extra: str, by_extra: Mapping[str, list[str]], own: str) -> None:
        part = f"extra {extra}"
        self.parts.setdefault(part, [])
        waiting, seen = [extra], {extra}
        while waiting:
            for text in by_extra.get(waiting.pop(), ()):
                requirement = self.parse(text)
                if requirement is None:
                    continue
                if requirement.name == own:
                    # name[a,b] inside of an extra stands for the other extras.
                    waiting += sorted(requirement.extras - seen)
                    seen |= requirement.extras
                else:
                    self.parts[part].append(StatedRequirement(requirement))

    def _setuptools(self) -> set[str]:
        """What setuptools reads of requirements files."""
        table = self.table("tool", "setuptools", "dynamic")
        read = set()
        rows = [("dependencies", "", table.get("dependencies"))]
        extras = table.get("optional-dependencies")
        if isinstance(extras, dict):
            rows += [
                ("optional-dependencies", f"extra {canonicalize_name(name)}", row)
                for name, row in extras.items()
            ]
        for kind, part, row in rows:
            files = row.get("file") if isinstance(row, dict) else None
            names = [files] if isinstance(files, str) else files
            if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
                continue
            read.add(kind)
            for name in names:
                where = os.path.join(os.path.dirname(self.path), name)
                try:
                    found = read_requirements(where, environ=self.environ, is_lenient=True)
                except UnreadableInput as error:
                    self.problems.append(error)
                    continue
                self.problems += found.problems
                self.direct += found.direct
                rows_found = [*found.requirements, *found.constraints]
                self.parts.setdefault(part, []).extend(map(StatedRequirement, rows_found))
        return read

    def _groups(self) -> None:
        groups = self.table("dependency-groups")
        by_name = {canonicalize_name(name): rows for name, rows in groups.items()}
        for name, rows in by_name.items():
            self.parts.setdefault(f"group {name}", [])
            self._group(f"group {name}", name, rows, by_name, (name,))

    def _group(
        self, part: str, name: str, rows: Any, groups: Mapping[str, Any], above: tuple[str, ...]
    ) -> None:
        if not isinstance(rows, list):
            self.tell(f"dependency-groups.{name} is not a list", name)
            return
        for row in rows:
            if isinstance(row, str):
                self.add(part, row)
                continue
            other = row.get("include-group") if isinstance(row, dict) else None
            included = canonicalize_name(other) if isinstance(other, str) else ""
            if included in above:
                self.tell(f"dependency-groups: {name} includes itself", name)
            elif included not in groups:
                self.tell(f"dependency-groups: {name} has what is no requirement", name)
            elif len(above) < 20:
                self._group(part, included, groups[included], groups, (*above, included))
