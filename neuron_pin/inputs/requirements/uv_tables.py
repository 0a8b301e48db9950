"""``[tool.uv]``: development dependencies, constraints, overrides, and where packages are from.

Source: uv, "Settings".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuron_pin.catalog import canonicalize_name

from .direct import DirectReference
from .project_document import BUILD, ProjectDocument, StatedRequirement
from .requirement import Requirement


def read_uv(project: ProjectDocument) -> None:
    uv = project.table("tool", "uv")
    for text in project.strings("tool.uv.dev-dependencies", uv, "dev-dependencies"):
        project.add("group dev", text)
    for text in project.strings("build", uv, "build-constraint-dependencies"):
        project.add(BUILD, text)
    overrides = _list_uv(project, uv, "override-dependencies")
    replaced = {r.name for r in overrides}
    for part, rows in project.parts.items():
        if part != BUILD:
            rows[:] = [row for row in rows if row.requirement.name not in replaced]
    project.parts[""] += map(StatedRequirement, overrides)
    for constraint in _list_uv(project, uv, "constraint-dependencies"):
        _constrain(project, constraint)
    members = project.table("tool", "uv", "workspace").get("members")
    if isinstance(members, list) and members:
        shown = ", ".join(str(member) for member in members)[:80]
        problem = f"the members of its workspace are not read: {shown}"
        project.tell(problem, "[tool.uv.workspace]", "name their pyproject.toml", is_error=False)
    for name, source in project.table("tool", "uv", "sources").items():
        rows = source if isinstance(source, list) else [source]
        line = project.line_of_key("tool.uv.sources", name)
        place = f"{project.path}:{line}" if line else project.path
        for row in rows:
            found = (row.get("git") or row.get("url")) if isinstance(row, dict) else None
            if isinstance(found, str):
                project.direct.append((DirectReference(canonicalize_name(name), found), place))


def _list_uv(project: ProjectDocument, uv: Mapping[str, Any], key: str) -> list[Requirement]:
    rows = uv.get(key, [])
    # uv also takes tables, {name = …, …}, for what is not judged here.
    texts = [row for row in rows if isinstance(row, str)] if isinstance(rows, list) else []
    if not isinstance(rows, list) or len(texts) != len(rows):
        project.tell(f"tool.uv.{key} has what is no string", key, is_error=False)
    found = (project.parse(text) for text in texts)
    return [requirement for requirement in found if requirement is not None]


def _constrain(project: ProjectDocument, constraint: Requirement) -> None:
    """Let a constraint narrow what is stated of its package; state it where nothing is."""
    is_stated = False
    for part, rows in project.parts.items():
        for number, (requirement, _) in enumerate(rows):
            if part == BUILD or requirement.name != constraint.name or constraint.marker:
                continue
            is_stated = True
            if requirement.range:
                both = f"{requirement.range},{constraint.range}"
                narrowed = requirement._replace(pin=None, specifier=both)
            else:
                narrowed = requirement._replace(pin=constraint.pin, specifier=constraint.specifier)
            # What is told of it is what holds.
            head, semicolon, marker = requirement.text.partition(";")
            name = head.rstrip().removesuffix(requirement.range).rstrip()
            text = f"{name}{narrowed.range}{semicolon}{marker}"
            rows[number] = StatedRequirement(narrowed._replace(text=text), is_written=False)
    if not is_stated:
        project.parts[""].append(StatedRequirement(constraint))
