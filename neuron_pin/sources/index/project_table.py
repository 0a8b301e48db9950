"""What the project table of a source distribution's pyproject.toml states of it.

Source: pyproject.toml specification (PEP 621): a build may not add to a field that the table does
not list as ``dynamic``.
"""

from __future__ import annotations

from neuron_pin.fs.toml import parse_toml

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NEEDED = {"name", "dependencies", "optional-dependencies"}


def read_project_table(data: bytes, version: str) -> bytes | None:
    """The requirements of a pyproject.toml as core metadata; none where a build has to tell them.

    ``version`` is that of the source distribution, where the table leaves it to the build.
    """
    try:
        document = parse_toml(data.decode())
    except ValueError:
        return None
    project = document.get("project")
    if not isinstance(project, dict) or "name" not in project:
        return None
    dynamic = project.get("dynamic", [])
    if not isinstance(dynamic, list) or _NEEDED.intersection(map(str, dynamic)):
        return None
    # Poetry takes its own table's dependencies where this one has none.
    if "dependencies" not in project and "poetry" in _read_table(document, "tool"):
        return None
    lines = [f"Name: {project['name']}", f"Version: {project.get('version', version)}"]
    try:
        for requirement in _list_texts(project.get("dependencies", [])):
            lines.append(f"Requires-Dist: {requirement}")
        for extra, requirements in _read_table(project, "optional-dependencies").items():
            lines.append(f"Provides-Extra: {extra}")
            for requirement in _list_texts(requirements):
                lines.append(f"Requires-Dist: {_add_extra(requirement, extra)}")
    except TypeError:
        return None
    if any("\n" in line or "\r" in line for line in lines):
        return None
    return "\n".join([*lines, "", ""]).encode()


def _read_table(table: dict[str, Any], name: str) -> dict[str, Any]:
    found = table.get(name, {})
    return found if isinstance(found, dict) else {}


def _list_texts(value: Any) -> list[str]:
    """Requirements, each in a line; raises `TypeError` for what are none."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise TypeError
    return [" ".join(text.split()) for text in value]


def _add_extra(requirement: str, extra: str) -> str:
    written, _, marker = requirement.partition(";")
    brought = f'extra == "{extra}"'
    return f"{written}; ({marker.strip()}) and {brought}" if marker else f"{written}; {brought}"
