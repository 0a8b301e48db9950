"""Build specifications of AWS CodeBuild: what the commands of their phases install.

Source: AWS CodeBuild, "Build specification reference": phases, commands, finally,
runtime-versions, env.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator

from neuron_pin.inputs.containers.interpreters import UNKNOWN, read_python
from neuron_pin.inputs.containers.recipe import Recipe
from neuron_pin.inputs.yaml_document import YamlMap

from .jobs import Job, Part
from .yaml_scripts import list_texts, read_recipe, shell_lines, text_pairs

_PHASES = ("install", "pre_build", "build", "post_build")


def read_buildspec(path: str, names: Container[str]) -> Recipe:
    """What a build specification installs.  Raises `UnreadableInput`."""
    return read_recipe(path, names, [os.path.dirname(path)], _jobs)


def _jobs(node: YamlMap) -> Iterator[Job]:
    env = node.map("env")
    variables = text_pairs(env.get("variables")) if env is not None else {}
    phases = node.map("phases")
    lines: list[tuple[int, str]] = []
    python = UNKNOWN
    for name in _PHASES:
        phase = phases.map(name) if phases is not None else None
        if phase is None:
            continue
        runtimes = text_pairs(phase.get("runtime-versions"))
        python = read_python(runtimes.get("python", "").removesuffix(".x")) or python
        # All of them run in one shell.
        for key in ("commands", "finally"):
            for text in list_texts(phase.get(key)):
                lines += shell_lines(text)
    yield Job((Part(tuple(lines), variables),), python=python)
