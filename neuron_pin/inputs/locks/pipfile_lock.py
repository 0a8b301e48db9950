"""Pipfile.lock: its categories, each with what everybody gets, and the index of each row.

Source: pipenv, "Pipfile & Pipfile.lock", "Dependency Management": categories, index names.
"""

from __future__ import annotations

from typing import Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.lists.json_document import JsonDocument, get_rows, get_table, get_text
from neuron_pin.inputs.requirements.alternatives import Markers
from neuron_pin.inputs.requirements.requirements_txt import UnjudgedLine
from neuron_pin.policy import Ecosystem, PackageKey

from .detected import DetectedPackage, Reading

MAX_PACKAGES = 100_000
MAX_CATEGORIES = 100
SPEC = 6


def read_pipfile_lock(path: str, reading: Reading) -> list[DetectedPackage]:
    """The packages of a Pipfile.lock; raises `UnreadableInput`."""
    document = JsonDocument(path)
    root = document.root if isinstance(document.root, dict) else {}
    spec = get_table(root, "_meta").get("pipfile-spec")
    if spec != SPEC:
        raise UnreadableInput(path, None, f"Pipfile.lock of version {spec!r}; {SPEC} is read")
    found = _Reader(document, reading)
    for key in document.repeated:
        found.problems.append(UnreadableInput(path, None, f"has the key {key[:60]!r} twice"))
    categories = {name: rows for name, rows in root.items() if name != "_meta"}
    if len(categories) > MAX_CATEGORIES or sum(map(_size, categories.values())) > MAX_PACKAGES:
        raise UnreadableInput(path, None, f"has more than {MAX_PACKAGES} packages")
    packages = found.read(categories)
    reading.report(found.problems)
    return packages


def _size(rows: object) -> int:
    return len(rows) if isinstance(rows, dict) else 0


class _Reader:
    def __init__(self, document: JsonDocument, reading: Reading) -> None:
        self.path = document.path
        self.reading = reading
        self.problems: list[UnreadableInput] = []
        rows = get_rows(document.root, "_meta", "sources")
        self.sources = {get_text(row, "name"): get_text(row, "url") for row in rows}
        self.first = next(iter(self.sources.values()), "")
        python = get_text(get_table(document.root, "_meta", "requires"), "python_version")
        self.markers = Markers(reading.worlds, f"=={python}.*" if python else "")
        self.lines = _find_lines(document.text)

    def read(self, categories: dict[str, Any]) -> list[DetectedPackage]:
        packages: list[DetectedPackage] = []
        versions = {
            category: {name: get_text(row, "version") for name, row in rows.items()}
            for category, rows in categories.items()
            if isinstance(rows, dict)
        }
        for category, rows in categories.items():
            if not isinstance(rows, dict):
                self.problems.append(
                    UnreadableInput(self.path, None, f"{category[:60]!r} is not a table")
                )
                continue
            for name, row in rows.items():
                parts = [_part(category)]
                if category == "default":
                    # A category that has another version is installed without this one.
                    parts += [
                        _part(other)
                        for other, stated in versions.items()
                        if stated.get(name, get_text(row, "version")) == get_text(row, "version")
                    ]
                package = self._row(category, name, row, parts)
                packages += [package] if package is not None else []
        return packages

    def _row(self, category: str, name: str, row: Any, parts: list[str]) -> DetectedPackage | None:
        line = self.lines.get((category, name), 0)
        version = get_text(row, "version")
        source = next(
            (found for key in ("git", "file", "path") if (found := get_text(row, key))), ""
        )
        if not version.startswith("==") and source:
            problem = f"{name[:60]} is from {source[:80]}, and states no version"
            self.problems.append(UnjudgedLine(self.path, line or None, problem))
            return None
        if not version.startswith("==") or "*" in version:
            problem = f"{name[:60]}: it has no version that is locked"
            self.problems.append(UnreadableInput(self.path, line or None, problem))
            return None
        index = get_text(row, "index")
        if index and index not in self.sources:
            problem = f"{name[:60]}: its index {index[:60]!r} is none of the sources"
            self.problems.append(UnreadableInput(self.path, line or None, problem))
        marker = get_text(row, "markers")
        # Of a row that names no index nothing is known: pipenv writes it where the Pipfile does.
        where = self.sources.get(index, "") if index else ""
        return DetectedPackage(
            PackageKey(Ecosystem.PIP, canonicalize_name(name)),
            version.lstrip("=").strip(),
            None,
            source or where or (self.first if len(self.sources) == 1 else ""),
            f"{self.path}:{line}" if line else self.path,
            environments=self.markers.find_environments(marker, parts)
            if self.reading.worlds
            else None,
        )


def _part(category: str) -> str:
    return "" if category == "default" else f"category {category}"


def _find_lines(text: str) -> dict[tuple[str, str], int]:
    """The line of each row, by category and name, as pipenv lays a lock out."""
    import re

    found: dict[tuple[str, str], int] = {}
    category = ""
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r'( {4}| {8})"([^"\\]+)": \{', line)
        if head is None:
            continue
        if len(head[1]) == 4:
            category = head[2]
        else:
            found[category, head[2]] = number
    return found
