"""``[tool.poetry]`` of both generations: alone, or beside ``[project]``, which it then adds to.

Source: Poetry, "The pyproject.toml file", "Dependency specification".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import WrongUsage

from .direct import DirectReference
from .poetry_constraint import python_marker, to_specifier
from .project_document import ProjectDocument, StatedRequirement
from .requirement import Requirement, parse_requirement
from .requirements_txt import UnjudgedLine


def has_poetry(project: ProjectDocument) -> bool:
    return bool(project.table("tool", "poetry", "dependencies"))


def read_poetry(project: ProjectDocument) -> None:
    poetry = project.table("tool", "poetry")
    main = project.table("tool", "poetry", "dependencies")
    python = main.get("python")
    if isinstance(python, str) and not project.requires_python:
        project.requires_python = to_specifier(python) or ""
    by_name: dict[str, list[str]] = {}
    for extra, names in project.table("tool", "poetry", "extras").items():
        for name in names if isinstance(names, list) else []:
            part = f"extra {canonicalize_name(extra)}"
            by_name.setdefault(canonicalize_name(str(name)), []).append(part)
    # With [project], these say only where to take from what is stated there.
    stated = {r.name for r, _ in project.parts[""]}
    for name, row in main.items():
        if name != "python":
            _poetry_rows(project, "tool.poetry.dependencies", name, row, "", by_name, stated)
    tables = {"dev": ("tool.poetry.dev-dependencies", poetry.get("dev-dependencies", {}))}
    for group, table in project.table("tool", "poetry", "group").items():
        rows = table.get("dependencies", {}) if isinstance(table, dict) else {}
        tables[group] = (f"tool.poetry.group.{group}.dependencies", rows)
    for group, (where, rows) in tables.items():
        for name, row in rows.items() if isinstance(rows, dict) else ():
            _poetry_rows(project, where, name, row, f"group {canonicalize_name(group)}", {}, set())


def _poetry_rows(
    project: ProjectDocument,
    table: str,
    name: str,
    row: Any,
    part: str,
    by_name: Mapping[str, list[str]],
    stated: set[str],
) -> None:
    for each in row if isinstance(row, list) else [row]:
        details: dict[str, Any] = each if isinstance(each, dict) else {"version": each}
        line = project.line_of_key(table, name)
        place = f"{project.path}:{line}" if line else project.path
        key = canonicalize_name(name)
        source = details.get("url") or details.get("git")
        if isinstance(source, str):
            project.direct.append((DirectReference(key, source), place))
            continue
        version = details.get("version", "")
        if "path" in details or (key in stated and not version):
            if "path" in details:
                _tell_row(project, line, f"{name} is a local path, and not a package of an index")
            continue
        requirement = _poetry_requirement(name, version, details, place)
        if requirement is None:
            _tell_row(project, line, f"{name}: {str(version)[:80]!r} is not a range that is read")
            continue
        parts = [part]
        if details.get("optional") is True:
            parts = by_name.get(key) or [f"optional {key}"]
        for each_part in parts:
            made = StatedRequirement(requirement, is_written=False)
            project.parts.setdefault(each_part, []).append(made)


def _tell_row(project: ProjectDocument, line: int, problem: str) -> None:
    project.problems.append(UnjudgedLine(project.path, line or None, problem))


def _poetry_requirement(
    name: str, version: Any, details: Mapping[str, Any], place: str
) -> Requirement | None:
    specifier = to_specifier(version) if isinstance(version, str) else None
    python = details.get("python", "")
    marker = python_marker(python) if isinstance(python, str) else None
    if specifier is None or marker is None:
        return None
    markers = details.get("markers", "")
    both = [f"({m})" for m in (marker, markers) if isinstance(m, str) and m]
    text = f"{name}{specifier}" + (f" ; {' and '.join(both)}" if both else "")
    try:
        return parse_requirement(text, place)
    except WrongUsage:
        return None
