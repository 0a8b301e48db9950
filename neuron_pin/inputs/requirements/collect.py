"""The files that a command line names, each read for what it is."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from neuron_pin.errors import WrongUsage

from .requirements_txt import RequirementsFile, read_requirements

PROJECT_FILE = "pyproject.toml"


def read_inputs(
    requirements: Sequence[str],
    constraints: Sequence[str],
    groups: Sequence[str] = (),
    *,
    extras: Sequence[str] = (),
    all_extras: bool = False,
    environ: Mapping[str, str],
    has_others: bool = False,
) -> list[RequirementsFile]:
    """Requirements files and projects (``-r``), constraints (``-c``) and dependency groups
    (``[PATH:]NAME``, as for pip's ``--group``).  Raises `UnreadableInput` or `WrongUsage`: also
    where none of them asks for anything and nothing else does (``has_others``), because that
    would stand for a whole release."""
    projects = [path for path in requirements if os.path.basename(path) == PROJECT_FILE]
    if (extras or all_extras) and not projects:
        raise WrongUsage(
            "--extra needs a project, and none was named", hint=f"add -r {PROJECT_FILE}"
        )
    found = []
    for path in requirements:
        if path in projects:
            from .pyproject import Project

            found.append(Project(path).as_file(extras, all_extras=all_extras))
        elif path.endswith((".toml", ".cfg", ".py")):
            raise WrongUsage(
                f"{path} is neither a requirements file nor a {PROJECT_FILE}",
                hint="to keep the versions of an existing lock, name it as an output: -o FILE",
            )
        else:
            found.append(read_requirements(path, environ=environ))
    asked = [*found]
    found += [read_requirements(path, constraints=True, environ=environ) for path in constraints]
    for text in groups:
        from .pyproject import Project

        path, _, name = text.rpartition(":")
        found.append(Project(path or PROJECT_FILE).group_as_file(name))
        asked.append(found[-1])
    if asked and not has_others and not any(file.requirements for file in asked):
        raise WrongUsage(
            f"nothing to lock: {', '.join([*requirements, *groups])[:200]} asks for no package",
            hint="name packages, or leave -r and --group out to lock all components of a release",
        )
    return found
