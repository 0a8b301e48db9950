"""A ``pixi.toml``: features, environments and platforms, for what pip's packages are of them.

Source: pixi, "Pixi manifest": ``pypi-dependencies``, ``feature``, ``target``, ``environments``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.toml import parse_toml_file

from .conda_environment import to_specifier
from .parts import Parts
from .project_document import ProjectParts
from .requirements_txt import read_text

MAX_ENVIRONMENTS = 200


def read_pixi_project(path: str) -> ProjectParts:
    """Read a pixi.toml; raises `UnreadableInput` for what is no TOML."""
    text = read_text(path)
    document = parse_toml_file(path, text)
    parts = Parts(path)
    lines = _find_lines(text)
    features = {"": document}
    stated = document.get("feature", {})
    for name, table in stated.items() if isinstance(stated, dict) else ():
        if isinstance(table, dict):
            features[name] = table
        else:
            parts.tell(0, f"[feature.{name[:60]}] is not a table")
    environments = _list_environments(document, parts)
    if len(environments) > MAX_ENVIRONMENTS:
        raise UnreadableInput(path, None, f"more than {MAX_ENVIRONMENTS} environments")
    used = {feature for names in environments.values() for feature in names}
    # What no environment has is stated all the same, each feature for itself.
    environments.update({f"feature {name}": (name,) for name in features if name not in used})
    for environment, names in environments.items():
        parts.parts.setdefault(environment, [])
        for name in names:
            if name not in features:
                parts.tell(0, f"{environment or 'default'}: there is no feature {name[:60]!r}")
                continue
            _feature(parts, environment, name, features[name], lines)
    if not environments.get(""):
        parts.parts.setdefault("", [])
    return parts.finish(lambda name: False)


def _list_environments(document: Mapping[str, Any], parts: Parts) -> dict[str, tuple[str, ...]]:
    """The features of each environment, the default one with an empty name."""
    found: dict[str, tuple[str, ...]] = {"": ("",)}
    rows = document.get("environments", {})
    for name, row in rows.items() if isinstance(rows, dict) else ():
        listed = row.get("features", []) if isinstance(row, dict) else row
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            parts.tell(0, f"environments.{name[:60]} is not a list of features")
            continue
        is_alone = isinstance(row, dict) and row.get("no-default-feature") is True
        key = "" if name == "default" else f"environment {name}"
        found[key] = tuple(listed) if is_alone else ("", *listed)
    return found


def _feature(
    parts: Parts,
    environment: str,
    feature: str,
    table: Mapping[str, Any],
    lines: Mapping[tuple[str, str], int],
) -> None:
    prefix = f"feature.{feature}." if feature else ""
    tables = [(prefix, table)]
    targets = table.get("target", {})
    for platform, own in targets.items() if isinstance(targets, dict) else ():
        # Neuron's packages are for Linux.
        if platform.startswith(("linux", "unix")) and isinstance(own, dict):
            tables.append((f"{prefix}target.{platform}.", own))
    for where, own in tables:
        conda = own.get("dependencies", {})
        python = conda.get("python") if isinstance(conda, dict) else None
        if isinstance(python, str) and environment == "":
            specifier = to_specifier(python) or ""
            parts.requires_python = re.sub(r"^==(3\.\d+)\.\d+$", r"==\1.*", specifier)
        rows = own.get("pypi-dependencies", {})
        if not isinstance(rows, dict):
            parts.tell(0, f"[{where}pypi-dependencies] is not a table")
            continue
        for name, row in rows.items():
            line = lines.get((f"{where}pypi-dependencies", name), 0)
            _add(parts, environment, name, row, line)


def _add(parts: Parts, environment: str, name: str, row: Any, line: int) -> None:
    read = parts.read_row(name, row, line, ("git", "url", "path"))
    if read is None:
        return
    details, text = read
    marker = details.get("env-markers")
    index = details.get("index")
    source = index if isinstance(index, str) else ""
    text = f"{text} ; {marker}" if isinstance(marker, str) and marker else text
    parts.add(environment, text, line, source=source)


def _find_lines(text: str) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        head = re.match(r"\s*\[([\w.\" '-]+)\]\s*(?:#|$)", line)
        if head is not None:
            table = re.sub(r"[\"' ]", "", head[1])
            parent, _, name = table.rpartition(".")
            found.setdefault((parent, name), number)
        elif key := re.match(r"\s*[\"']?([\w.-]+)[\"']?\s*=", line):
            found.setdefault((table, key[1]), number)
    return found
