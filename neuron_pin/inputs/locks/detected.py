"""What a file or an environment states of packages: versions and ranges, each with its place.

Source: pip's requirements files, PEP 751 (pylock.toml), uv.lock and poetry.lock by what those
programs write.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from typing import Any

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.toml import parse_toml
from neuron_pin.inputs.requirements.direct import DirectReference
from neuron_pin.inputs.requirements.requirement import Requirement
from neuron_pin.lockfile import parse_lock
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.record import NamedTuple

MAX_BYTES = 64 * 1024 * 1024
MAX_PACKAGES = 100_000


class DetectedPackage(NamedTuple):
    """One package as somebody stated it.

    ``version`` is the exact one, empty where a range is stated; ``requirement`` is the range
    as written, none where an installed or locked version was read.  ``source`` is where a lock
    says that it is from, empty for unknown.  ``place`` is ``file:line``, or the file;
    ``group`` names what it is installed together with, empty for what its file states.
    ``install_spec`` is what stands in the file, where that could be written anew; ``meant`` is
    what it says where the shell passes on less of it, as `InstallArgument` has it.  ``python`` is
    the Python that it is installed for: empty for unknown, none for that of the target.
    """

    key: PackageKey
    version: str
    requirement: Requirement | None
    source: str
    place: str
    group: str = ""
    install_spec: str = ""
    meant: Requirement | None = None
    python: str | None = None


def read_detected(
    path: str, environ: Mapping[str, str], problems: list[UnreadableInput] | None = None
) -> list[DetectedPackage]:
    """What a file states; its name tells what it is.  Raises `UnreadableInput` or
    `WrongUsage`; where ``problems`` is given, a line of a requirements file that cannot be read
    is added to it, and the others are read."""
    if os.path.isdir(path):
        raise _not_a_file(path)
    name = os.path.basename(path)
    if name == "uv.lock":
        return _toml_lock(path, "package", _uv_index, _uv_version)
    if name == "poetry.lock":
        return _toml_lock(path, "package", _poetry_index, _poetry_version)
    if name == "pyproject.toml":
        return _project(path)
    if re.fullmatch(r"pylock(\.[^.]+)?\.toml", name):
        return _toml_lock(path, "packages", _pylock_index, _pylock_version)
    if name.endswith(".json"):
        return _lock_json(path)
    if name.endswith((".txt", ".in")):
        return _requirements(path, environ, problems)
    raise WrongUsage(
        f"{path}: this is no kind of file that check reads",
        hint="it reads *.txt, *.in, lock.json, pylock*.toml, uv.lock, poetry.lock, "
        "pyproject.toml and Dockerfiles, by their names",
    )


def _not_a_file(path: str) -> WrongUsage:
    from neuron_pin.inputs.host.distributions import site_packages

    folder = shlex.quote(path)
    hint = "name the files in it, or an environment with --venv, a machine's root with --root"
    if site_packages(path):
        hint = f"for an environment: neuron-pin check --venv {folder}"
    elif os.path.isdir(os.path.join(path, "etc")):
        hint = f"for the root of a machine: neuron-pin check --root {folder}"
    return WrongUsage(f"{path}: this is a folder, not a file that check reads", hint=hint)


def detect_package(requirement: Requirement) -> DetectedPackage:
    """What one requirement states."""
    ecosystem = requirement.ecosystem or Ecosystem.PIP
    version = ""
    if requirement.is_exact:
        clause = requirement.range.strip()
        version = clause.lstrip("=").strip() if "," not in clause else ""
    key = PackageKey(ecosystem, requirement.name)
    return DetectedPackage(
        key, version, requirement, "", requirement.origin, install_spec=requirement.text
    )


def _requirements(
    path: str, environ: Mapping[str, str], problems: list[UnreadableInput] | None
) -> list[DetectedPackage]:
    from neuron_pin.inputs.requirements.requirements_txt import read_requirements

    found = read_requirements(path, environ=environ, is_lenient=True)
    if problems is not None:
        problems += found.problems
    elif found.problems:
        raise found.problems[0]
    stated = [detect_package(r) for r in (*found.requirements, *found.constraints)]
    return [*stated, *(detect_direct(reference, place) for reference, place in found.direct)]


def detect_direct(reference: DirectReference, place: str) -> DetectedPackage:
    """What a requirement by address or path states: where it is from, and for a local wheel its
    version."""
    key = PackageKey(Ecosystem.PIP, reference.name)
    return DetectedPackage(key, reference.version, None, reference.url, place)


def _project(path: str) -> list[DetectedPackage]:
    """Dependencies, extras and groups: all that a project may be installed with."""
    from neuron_pin.inputs.requirements.pyproject import Project

    project = Project(path)
    found = [] if project.is_dynamic else project.requirements(project.extras)
    for name in project.groups:
        found += project.group(name)
    return [detect_package(requirement) for requirement in dict.fromkeys(found)]


def _lock_json(path: str) -> list[DetectedPackage]:
    data = read_bounded(path, MAX_BYTES)
    lock = parse_lock(data, path)
    lines = _lines(data.decode("utf-8", "replace"), r'^\s*"name": "([^"]+)",?$')
    return [
        DetectedPackage(
            p.key, p.version, None, p.source or "", _place(path, lines.get(p.key.name, 0))
        )
        for p in lock.packages
    ]


def _lines(text: str, pattern: str) -> dict[str, int]:
    """The first line on which each name stands."""
    found: dict[str, int] = {}
    compiled = re.compile(pattern)
    for number, line in enumerate(text.splitlines(), 1):
        match = compiled.match(line)
        if match is not None:
            found.setdefault(canonicalize_name(match[1]), number)
    return found


def _place(path: str, line: int) -> str:
    return f"{path}:{line}" if line else path


# Locks in TOML --------------------------------------------------------------------------


def _toml_lock(path: str, table: str, index_of: Any, check_version: Any) -> list[DetectedPackage]:
    try:
        text = read_bounded(path, MAX_BYTES).decode("utf-8")
        document = parse_toml(text)
    except UnicodeDecodeError:
        raise UnreadableInput(path, None, "not UTF-8 text") from None
    except ValueError as error:
        raise UnreadableInput(path, None, f"not TOML: {error}") from None
    check_version(path, document)
    rows = document.get(table, [])
    if not isinstance(rows, list) or len(rows) > MAX_PACKAGES:
        raise UnreadableInput(path, None, f"{table!r} is not a list of packages")
    lines = _lines(text, r'^name\s*=\s*"([^"]+)"\s*$')
    found = []
    for number, row in enumerate(rows):
        if not isinstance(row, dict) or not isinstance(row.get("name"), str):
            raise UnreadableInput(path, None, f"{table} {number} has no name")
        name = canonicalize_name(row["name"])
        version = row.get("version", "")
        if not isinstance(version, str):
            raise UnreadableInput(path, None, f"{table} {number}: the version is not a string")
        if not version:
            # A project of one's own, from a folder or a repository.
            continue
        place = _place(path, lines.get(name, 0))
        found.append(
            DetectedPackage(PackageKey(Ecosystem.PIP, name), version, None, index_of(row), place)
        )
    return found


def _uv_version(path: str, document: dict[str, Any]) -> None:
    if document.get("version") != 1:
        raise UnreadableInput(
            path, None, f"uv.lock of version {document.get('version')!r}; version 1 is read"
        )


def _uv_index(row: dict[str, Any]) -> str:
    source = row.get("source")
    registry = source.get("registry") if isinstance(source, dict) else None
    return registry if isinstance(registry, str) else ""


def _poetry_version(path: str, document: dict[str, Any]) -> None:
    metadata = document.get("metadata")
    version = metadata.get("lock-version") if isinstance(metadata, dict) else None
    if not isinstance(version, str) or version.partition(".")[0] not in ("1", "2"):
        raise UnreadableInput(path, None, f"poetry.lock of version {version!r}; 1 and 2 are read")


def _poetry_index(row: dict[str, Any]) -> str:
    source = row.get("source")
    url = source.get("url") if isinstance(source, dict) else None
    return url if isinstance(url, str) else ""


def _pylock_version(path: str, document: dict[str, Any]) -> None:
    version = document.get("lock-version")
    if not isinstance(version, str) or not version.startswith("1."):
        raise UnreadableInput(path, None, f"pylock of version {version!r}; 1 is read")


def _pylock_index(row: dict[str, Any]) -> str:
    index = row.get("index", "")
    return index if isinstance(index, str) else ""
