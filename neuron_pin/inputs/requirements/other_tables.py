"""Tables of other programs in a ``pyproject.toml``: those of PDM and Hatch are read, and of the
others what states dependencies is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from neuron_pin.catalog import canonicalize_name

from .project_document import ForeignTable, ProjectDocument

MAX_NAMES = 10_000
MAX_TEXT = 1000


def read_others(project: ProjectDocument) -> None:
    pdm = project.table("tool", "pdm", "dev-dependencies")
    for name in pdm:
        for text in project.strings(f"tool.pdm.dev-dependencies.{name}", pdm, name):
            if not text.startswith("-e"):
                project.add(f"group {canonicalize_name(name)}", text)
    for name, value in project.table("tool", "pdm", "resolution", "overrides").items():
        text = str(value)[:MAX_TEXT]
        # PDM: a version alone is that version, and an address is one of a file.
        sign = " @ " if "://" in text else "" if re.match(r"\s*[<>=!~]", text) else "=="
        if text != "*":
            project.add("", f"{name}{sign}{text}")
    for name, table in project.table("tool", "hatch", "envs").items():
        for key in ("dependencies", "extra-dependencies"):
            if isinstance(table, dict):
                for text in project.strings(f"tool.hatch.envs.{name}.{key}", table, key):
                    project.add(f"environment {name} of Hatch", text)


def note_foreign(project: ProjectDocument) -> None:
    """The tables of other programs that state dependencies."""
    for program, table in project.tool.items():
        if program in ("poetry", "uv", "pdm", "neuron-pin"):
            continue
        if program == "hatch" and isinstance(table, dict):
            table = {key: value for key, value in table.items() if key != "envs"}
        if program == "setuptools" and isinstance(table, dict):
            table = {key: value for key, value in table.items() if key != "dynamic"}
        names = list(dict.fromkeys(_find_names(table, False, 0)))[:MAX_NAMES]
        if names:
            pattern = re.compile(rf"\s*\[+tool\.{re.escape(program)}\b")
            heads = (n for n, line in enumerate(project.lines, 1) if pattern.match(line))
            problem = f"the dependencies in [tool.{program}] are not read"
            project.problems.append(ForeignTable(project.path, next(heads, None), problem, names))


def _find_names(value: Any, is_inside: bool, depth: int) -> Iterator[str]:
    """The names that stand where dependencies are stated."""
    if depth > 20:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if is_inside:
                yield canonicalize_name(key[:200])
            is_list = re.search(r"depend|require|(?:^|[-_])deps$", key, re.I) is not None
            yield from _find_names(inner, is_inside or is_list, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _find_names(inner, is_inside, depth + 1)
    elif isinstance(value, str) and is_inside:
        match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", value[:200])
        if match is not None:
            yield canonicalize_name(match[0])
