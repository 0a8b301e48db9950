"""What a file or an environment states of packages: versions and ranges, each with its place.

Source: pip's requirements files; of projects and of locks in TOML the modules that read them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from neuron_pin.catalog import canonicalize_name
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.requirements.alternatives import Environment, Markers, World
from neuron_pin.inputs.requirements.direct import DirectReference
from neuron_pin.inputs.requirements.requirement import Requirement
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.inputs.requirements.project_document import ProjectParts

    from .toml_locks import TomlLock

MAX_BYTES = 64 * 1024 * 1024


class DetectedPackage(NamedTuple):
    """One package as somebody stated it.

    ``version`` is the exact one, empty where a range is stated; ``requirement`` is the range
    as written, none where an installed or locked version was read.  ``source`` is where a lock
    says that it is from, empty for unknown.  ``place`` is ``file:line``, or the file;
    ``group`` names what it is installed together with, empty for what its file states.
    ``install_spec`` is what stands in the file, where that could be written anew; ``meant`` is
    what it says where the shell passes on less of it, as `InstallArgument` has it.  ``python`` is
    the Python that it is installed for: empty for unknown, none for that of the target.
    ``environments`` are those of the file's environments that have it, none for all of them.
    ``vendor`` is the distribution of a system package by its ID in os-release(5), empty for
    unknown.
    ``state`` is what dpkg calls a package that is not installed as a whole, empty for others.
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
    environments: frozenset[Environment] | None = None
    vendor: str = ""
    state: str = ""


class Reading(NamedTuple):
    """How a file is read: the variables that it may name, the Pythons that its markers are
    evaluated for (none: everything is in one environment), and where what cannot be read of it
    goes (``problems``; none where nothing may be left out)."""

    environ: Mapping[str, str]
    problems: list[UnreadableInput] | None = None
    worlds: Sequence[World] = ()

    def report(self, found: Sequence[UnreadableInput]) -> None:
        """Collect what a file has that cannot be read; raises the first of it where nobody
        does."""
        if self.problems is not None:
            self.problems.extend(found)
        elif found:
            raise found[0]


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


def read_requirements_file(path: str, reading: Reading) -> list[DetectedPackage]:
    """What a requirements or constraints file of pip states, with the files that it includes;
    raises `UnreadableInput`."""
    from neuron_pin.inputs.requirements.requirements_txt import read_requirements

    found = read_requirements(path, environ=reading.environ, is_lenient=True)
    reading.report(found.problems)
    stated = [detect_package(r) for r in (*found.requirements, *found.constraints)]
    stated = [*stated, *(detect_direct(reference, place) for reference, place in found.direct)]
    return place_by_markers(stated, reading.worlds)


def place_by_markers(
    stated: Sequence[DetectedPackage], worlds: Sequence[World]
) -> list[DetectedPackage]:
    """Requirements with the environments that their markers put them in, where one has any."""
    if not worlds or not any(s.requirement is not None and s.requirement.marker for s in stated):
        return list(stated)
    markers = Markers(worlds)
    return [
        s
        if s.environments is not None
        else s._replace(
            environments=markers.find_environments(
                s.requirement.marker if s.requirement is not None else "", ("",)
            )
        )
        for s in stated
    ]


def detect_direct(reference: DirectReference, place: str) -> DetectedPackage:
    """What a requirement by address or path states: where it is from, and for a local wheel its
    version."""
    key = PackageKey(Ecosystem.PIP, reference.name)
    return DetectedPackage(key, reference.version, None, reference.url, place)


def read_project_file(path: str, reading: Reading) -> list[DetectedPackage]:
    """Dependencies, extras and groups: all that a project may be installed with.  Raises
    `UnreadableInput`."""
    from neuron_pin.inputs.requirements.project_parts import read_project_parts

    return place_parts(read_project_parts(path, reading.environ), reading)


def read_setup_file(path: str, reading: Reading) -> list[DetectedPackage]:
    """What a ``setup.py`` states without being run; raises `UnreadableInput`."""
    from neuron_pin.inputs.requirements.setup_script import read_setup_script

    return place_parts(read_setup_script(path), reading)


def read_setup_config_file(path: str, reading: Reading) -> list[DetectedPackage]:
    """What a ``setup.cfg`` states; raises `UnreadableInput`."""
    from neuron_pin.inputs.requirements.setup_config import read_setup_config

    return place_parts(read_setup_config(path, reading.environ), reading)


def read_pipfile_file(path: str, reading: Reading) -> list[DetectedPackage]:
    """What a ``Pipfile`` states; raises `UnreadableInput`."""
    from neuron_pin.inputs.requirements.pipfile import read_pipfile

    return place_parts(read_pipfile(path), reading)


def read_pixi_file(path: str, reading: Reading) -> list[DetectedPackage]:
    """What a ``pixi.toml`` states for pip; raises `UnreadableInput`."""
    from neuron_pin.inputs.requirements.pixi_project import read_pixi_project

    return place_parts(read_pixi_project(path), reading)


def read_conda_file(path: str, reading: Reading) -> list[DetectedPackage]:
    """What an ``environment.yml`` states; raises `UnreadableInput`."""
    from neuron_pin.inputs.requirements.conda_environment import read_conda_environment

    return place_parts(read_conda_environment(path, reading.environ), reading)


def place_parts(project: ProjectParts, reading: Reading) -> list[DetectedPackage]:
    """What a project states, in the environments that its parts and markers make."""
    reading.report(project.problems)
    markers = Markers(reading.worlds, project.requires_python)
    base = {part.name for part in project.parts if part.has_base} | {""}
    found: dict[DetectedPackage, None] = {}
    for part in project.parts:
        names = base if not part.name else {part.name}
        for requirement, is_written in part.requirements:
            stated = detect_package(requirement)
            source = project.sources.get((requirement.origin, requirement.name), "")
            stated = stated._replace(source=source)
            if reading.worlds:
                where = markers.find_environments(requirement.marker, names)
                stated = stated._replace(environments=where)
            if not is_written:
                # Not in the file in these words: no fix can replace them.
                stated = stated._replace(install_spec="")
            found[stated] = None
    stated_direct = [detect_direct(reference, place) for reference, place in project.direct]
    return [*_merge(found), *stated_direct]


def _merge(found: Mapping[DetectedPackage, None]) -> list[DetectedPackage]:
    """One statement for what several parts of a project include from one line."""
    merged: dict[DetectedPackage, frozenset[Environment]] = {}
    for each in found:
        key = each._replace(environments=None)
        merged[key] = merged.get(key, frozenset()) | (each.environments or frozenset())
    is_placed = any(each.environments is not None for each in found)
    return [
        key._replace(environments=where if is_placed else None) for key, where in merged.items()
    ]


def read_lock_json_file(path: str, reading: Reading) -> list[DetectedPackage]:
    """The packages of a lock.json; raises `UnreadableInput`."""
    from neuron_pin.lockfile import parse_lock

    del reading
    data = read_bounded(path, MAX_BYTES)
    lock = parse_lock(data, path)
    lines = _lines(data.decode("utf-8", "replace"), r'^\s*"name": "([^"]+)",?$')
    vendor = distribution_of(lock.target.os or "")
    return [
        DetectedPackage(
            p.key,
            p.version,
            None,
            p.source or "",
            _place(path, lines.get(p.key.name, 0)),
            vendor="" if p.key.ecosystem is Ecosystem.PIP else vendor,
        )
        for p in lock.packages
    ]


def distribution_of(system: str) -> str:
    """``ubuntu`` of ``ubuntu24.04``: the ID of an operating system."""
    return re.split(r"\d", system, maxsplit=1)[0].rstrip("-")


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


def read_toml_lock_file(
    path: str, reading: Reading, kind: type[TomlLock] | None = None
) -> list[DetectedPackage]:
    """The packages of a lock in TOML, of uv, Poetry or PEP 751 where no other kind is named;
    raises `UnreadableInput`."""
    from .toml_locks import read_toml_lock

    return [
        DetectedPackage(
            PackageKey(Ecosystem.PIP, row.name),
            row.version,
            None,
            row.source,
            _place(path, row.line),
            environments=row.environments if reading.worlds else None,
        )
        for row in read_toml_lock(path, reading.problems, reading.worlds, kind)
    ]
