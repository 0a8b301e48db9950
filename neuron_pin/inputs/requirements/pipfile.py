"""A ``Pipfile``: packages, dev-packages and other categories, and their indexes.

Source: pipenv, "Pipfile & Pipfile.lock", "Package Indexes": a package that names no index is
taken from the first source.
"""

from __future__ import annotations

import re
from typing import Any

from neuron_pin.fs.toml import parse_toml_file

from .parts import Parts
from .project_document import ProjectParts
from .requirements_txt import read_text

_OTHER = ("source", "requires", "scripts", "pipenv", "pipfile")
_MARKERS = (
    *("os_name", "sys_platform", "platform_machine", "platform_system", "platform_release"),
    *("python_version", "python_full_version", "implementation_name"),
)


def read_pipfile(path: str) -> ProjectParts:
    """Read a Pipfile; raises `UnreadableInput` for what is no TOML."""
    text = read_text(path)
    document = parse_toml_file(path, text)
    parts = Parts(path)
    rows = document.get("source", [])
    sources = {
        str(row.get("name", "")): str(row.get("url", ""))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict)
    }
    options = document.get("pipenv")
    searches_all = isinstance(options, dict) and options.get("install_search_all_sources") is True
    first = "" if searches_all else next(iter(sources.values()), "")
    requires = document.get("requires")
    python = requires.get("python_version") if isinstance(requires, dict) else None
    if isinstance(python, str) and re.fullmatch(r"3\.\d{1,2}", python):
        parts.requires_python = f"=={python}.*"
    lines = _find_lines(text)
    for category, table in document.items():
        if category in _OTHER:
            continue
        if not isinstance(table, dict):
            parts.tell(lines.get(("", category), 0), f"[{category[:60]}] is not a table")
            continue
        part = "" if category == "packages" else f"category {category}"
        part = "dev-packages" if category == "dev-packages" else part
        parts.parts.setdefault(part, [])
        for name, row in table.items():
            _add(parts, part, name, row, lines.get((category, name), 0), sources, first)
    return parts.finish()


def _add(
    parts: Parts,
    part: str,
    name: str,
    row: Any,
    line: int,
    sources: dict[str, str],
    first: str,
) -> None:
    read = parts.read_row(name, row, line, ("git", "file", "path"))
    if read is None:
        return
    details, text = read
    index = details.get("index", "")
    if index and index not in sources:
        parts.tell(line, f"{name[:60]}: its index {str(index)[:60]!r} is none of the sources")
    markers = [details.get("markers", "")]
    markers += [f"{key} {details[key]}" for key in _MARKERS if isinstance(details.get(key), str)]
    both = " and ".join(f"({each})" for each in markers if isinstance(each, str) and each)
    source = sources.get(str(index), first) if index else first
    parts.add(part, f"{text} ; {both}" if both else text, line, source=source)


def _find_lines(text: str) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*\[\[?\s*[\"']?([\w.-]+)[\"']?\s*\]", line)
        if head is not None:
            table, _, name = head[1].partition(".")
            found.setdefault((table, name), number)
        elif key := re.match(r"\s*[\"']?([\w.-]+)[\"']?\s*=", line):
            found.setdefault((table, key[1]), number)
    return found
