"""conda-lock.yml and pixi.lock: the rows of pip, by environment and platform.

Source: conda-lock, "Lockfile" (version 1); rattler_lock, the versions 4 to 7 of ``pixi.lock``.
Needs the extra ``check`` (PyYAML).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.requirements.alternatives import Environment
from neuron_pin.inputs.requirements.direct import read_direct
from neuron_pin.inputs.requirements.requirements_txt import UnjudgedLine
from neuron_pin.inputs.yaml_document import YamlList, YamlMap, YamlNode, YamlText, read_yaml
from neuron_pin.policy import Ecosystem, PackageKey

from .detected import DetectedPackage, Reading

PIXI_VERSIONS = ("4", "5", "6", "7")


def _is_linux(platform: str) -> bool:
    # Neuron's packages are for Linux; what is locked for others is not installed there.
    return platform.startswith("linux-") or not platform


def _read_root(path: str, reading: Reading) -> YamlMap:
    documents = read_yaml(path)
    root = documents[0].root if documents else None
    if not isinstance(root, YamlMap):
        raise UnreadableInput(path, None, "is not a lock: it has no packages")
    reading.report([problem for document in documents for problem in document.problems])
    return root


def _series(version: str) -> str:
    found = re.match(r"3\.\d{1,2}(?!\d)", version)
    return found[0] if found is not None else ""


def _text(node: YamlMap, key: str) -> str:
    found = node.text(key)
    return found.text if found is not None else ""


def read_conda_lock(path: str, reading: Reading) -> list[DetectedPackage]:
    """The packages of a conda-lock.yml; raises `UnreadableInput`."""
    root = _read_root(path, reading)
    version = _text(root, "version")
    if version != "1":
        raise UnreadableInput(path, None, f"conda-lock of version {version[:20]!r}; 1 is read")
    rows: list[YamlMap] = []
    for row in root.items("package"):
        if isinstance(row, YamlMap) and _text(row, "name") and _text(row, "version"):
            rows.append(row)
        else:
            problem = "a package has no name and version"
            reading.report([UnreadableInput(path, row.line, problem)])
    rows = [row for row in rows if _is_linux(_text(row, "platform"))]
    pythons = {
        (_text(row, "platform"), _series(_text(row, "version")))
        for row in rows
        if _text(row, "name") == "python" and _text(row, "manager") == "conda"
    }
    categories = {_text(row, "category") or "main" for row in rows}
    merged: dict[tuple[str, str, str], tuple[int, set[Environment]]] = {}
    for row in rows:
        name = canonicalize_name(_text(row, "name"))
        manager, own = _text(row, "manager"), _text(row, "category") or "main"
        # Everybody gets the main category.
        parts = sorted(categories) if own == "main" else [own]
        where = {
            Environment("" if part == "main" else f"category {part}", python)
            for platform, python in pythons or {("", "")}
            for part in parts
            if platform in ("", _text(row, "platform"))
        }
        url = _text(row, "url") if manager == "pip" else ""
        key = (name, _text(row, "version"), url)
        line, before = merged.get(key, (_line(row), set()))
        merged[key] = line, before | where
    return [
        _package(path, reading, name, version, url, line, where)
        for (name, version, url), (line, where) in merged.items()
    ]


def _line(row: YamlMap) -> int:
    name = row.text("name")
    return name.line if name is not None else row.line


def _package(
    path: str,
    reading: Reading,
    name: str,
    version: str,
    url: str,
    line: int,
    where: set[Environment],
) -> DetectedPackage:
    known = None
    if reading.worlds and any(e != Environment("", "") for e in where):
        # A Python that is not locked may be any.
        pythons = [world.python for world in reading.worlds]
        known = frozenset(
            Environment(e.part, python)
            for e in where
            for python in ([e.python] if e.python else pythons)
        )
    return DetectedPackage(
        PackageKey(Ecosystem.PIP, name), version, None, url, f"{path}:{line}", environments=known
    )


def read_pixi_lock(path: str, reading: Reading) -> list[DetectedPackage]:
    """The packages of pip in a pixi.lock; raises `UnreadableInput`."""
    root = _read_root(path, reading)
    version = _text(root, "version")
    if version not in PIXI_VERSIONS:
        problem = (
            f"pixi.lock of version {version[:20]!r}; {' to '.join(PIXI_VERSIONS[::3])} are read"
        )
        raise UnreadableInput(path, None, problem)
    environments = root.map("environments")
    used: dict[str, set[Environment]] = {}
    for environment, value in environments.pairs if environments is not None else ():
        for address, where in _list_used(environment.text, value):
            used.setdefault(address, set()).add(where)
    found: list[DetectedPackage] = []
    for row in root.items("packages"):
        if not isinstance(row, YamlMap):
            reading.report([UnreadableInput(path, row.line, "a package is no mapping")])
            continue
        pip = row.text("pypi")
        if pip is None and _text(row, "kind") == "pypi":
            pip = row.text("url") or row.text("path")
        if pip is None or pip.text not in used:
            continue  # Of conda, or for another operating system.
        name, locked = _text(row, "name"), _text(row, "version")
        if not name or not locked:
            reference = read_direct(pip.text)
            name = name or (reference.name if reference is not None else "")
            locked = locked or (reference.version if reference is not None else "")
        if not name or not locked:
            problem = f"{name or pip.text[:80]}: no version is stated"
            reading.report([UnjudgedLine(path, pip.line, problem)])
            continue
        source = _text(row, "index") or (pip.text if "://" in pip.text else "")
        found.append(
            _package(
                path, reading, canonicalize_name(name), locked, source, pip.line, used[pip.text]
            )
        )
    return found


def _list_used(name: str, value: YamlNode) -> Iterator[tuple[str, Environment]]:
    """The addresses of pip's packages in an environment, for Linux, with its Python."""
    platforms = value.map("packages") if isinstance(value, YamlMap) else None
    part = "" if name == "default" else f"environment {name}"
    for platform, rows in platforms.pairs if platforms is not None else ():
        if not _is_linux(platform.text) or not isinstance(rows, YamlList):
            continue
        pip: list[str] = []
        python = ""
        for row in rows.items:
            if not isinstance(row, YamlMap):
                continue
            conda = _text(row, "conda")
            interpreter = re.search(r"/python-(3\.\d{1,2})\.[^/]*$", conda)
            python = interpreter[1] if interpreter is not None else python
            address = row.text("pypi")
            pip += [address.text] if isinstance(address, YamlText) else []
        for address_text in pip:
            yield address_text, Environment(part, python)
