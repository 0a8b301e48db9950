"""Pipelines of GitLab: what the scripts of their jobs install.

Source: GitLab, "CI/CD YAML syntax reference": script, before_script, default, extends, !reference,
image, variables, parallel:matrix.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from itertools import islice, product

from neuron_pin.inputs.containers.image_reference import read_image_name
from neuron_pin.inputs.containers.recipe import Recipe
from neuron_pin.inputs.containers.shell_expansion import expand
from neuron_pin.inputs.yaml_document import YamlList, YamlMap, YamlNode, YamlText

from .jobs import Job, Part
from .yaml_scripts import merged, read_recipe, shell_lines

MAX_DEPTH = 10
MAX_COMBINATIONS = 200

_NO_JOBS = frozenset(
    ("stages", "variables", "include", "workflow", "default", "image", "services", "cache", "spec")
)


def read_gitlab_ci(path: str, names: Container[str]) -> Recipe:
    """What a pipeline installs.  Raises `UnreadableInput`."""
    folder = os.path.dirname(path)
    return read_recipe(path, names, [folder], lambda node: _Pipeline(node).jobs())


class _Pipeline:
    def __init__(self, node: YamlMap) -> None:
        self.node = node
        self.default = node.map("default") or YamlMap((), node.line)

    def jobs(self) -> Iterator[Job]:
        for key, value in self.node.pairs:
            if key.text in _NO_JOBS or key.text.startswith(".") or not isinstance(value, YamlMap):
                continue
            if self._get(value, "script") is not None:
                yield from self._job(key.text, value)

    def _get(self, job: YamlMap, key: str, depth: int = 0) -> YamlNode | None:
        """A value of a job, or of the first of those that it extends."""
        found = job.get(key)
        if found is not None or depth >= MAX_DEPTH:
            return found
        # Of several the last one counts.
        for name in reversed(job.items("extends")):
            parent = self.node.map(name.text) if isinstance(name, YamlText) else None
            if parent is not None and (found := self._get(parent, key, depth + 1)) is not None:
                return found
        return None

    def _inherited(self, job: YamlMap, key: str) -> YamlNode | None:
        for place in (self._get(job, key), self.default.get(key), self.node.get(key)):
            if place is not None:
                return place
        return None

    def _variables(self, job: YamlMap, depth: int = 0) -> dict[str, str]:
        found: dict[str, str] = {}
        if depth < MAX_DEPTH:
            for name in job.items("extends"):
                parent = self.node.map(name.text) if isinstance(name, YamlText) else None
                if parent is not None:
                    found.update(self._variables(parent, depth + 1))
        return merged(found, _read_variables(job.get("variables")))

    def _job(self, name: str, job: YamlMap) -> Iterator[Job]:
        variables = merged(_read_variables(self.node.get("variables")), self._variables(job))
        lines: list[tuple[int, str]] = []
        # Both run in one shell.
        for key in ("before_script", "script"):
            for text in self._texts(self._inherited(job, key), 0):
                lines += shell_lines(text)
        after = [
            line
            for text in self._texts(self._inherited(job, "after_script"), 0)
            for line in shell_lines(text)
        ]
        image = self._inherited(job, "image")
        image = image.text("name") if isinstance(image, YamlMap) else image
        combinations = list(self._matrix(job))
        for chosen in combinations:
            own = merged(variables, chosen)
            base = None
            if isinstance(image, YamlText):
                base = read_image_name(expand(image.text, own)[0], image.line)
            words = ", ".join([f"job {name}", *(f"{key} {value}" for key, value in chosen.items())])
            parts = [Part(tuple(lines), own), *([Part(tuple(after), own)] if after else [])]
            yield Job(
                tuple(parts),
                base=base,
                python=None if base is not None else "",
                label=words if len(combinations) > 1 else "",
            )

    def _matrix(self, job: YamlMap) -> Iterator[dict[str, str]]:
        parallel = self._get(job, "parallel")
        entries = parallel.items("matrix") if isinstance(parallel, YamlMap) else ()
        found: list[dict[str, str]] = []
        for entry in entries[:MAX_COMBINATIONS]:
            if isinstance(entry, YamlMap):
                names = [key.text for key, _ in entry.pairs]
                values = [
                    [item.text for item in entry.items(name) if isinstance(item, YamlText)]
                    for name in names
                ]
                for chosen in islice(product(*values), MAX_COMBINATIONS):
                    found.append(dict(zip(names, chosen, strict=True)))
        yield from found[:MAX_COMBINATIONS] or [{}]

    def _texts(self, node: YamlNode | None, depth: int) -> Iterator[YamlText]:
        """The commands of a script, with those that ``!reference`` takes from elsewhere."""
        if isinstance(node, YamlText):
            yield node
        elif isinstance(node, YamlList) and node.tag == "!reference":
            place: YamlNode | None = self.node
            for key in node.items:
                if isinstance(place, YamlMap) and isinstance(key, YamlText):
                    place = place.get(key.text)
                else:
                    place = None
            if depth < MAX_DEPTH:
                yield from self._texts(place, depth + 1)
        elif isinstance(node, YamlList):
            for item in node.items:
                yield from self._texts(item, depth)


def _read_variables(node: YamlNode | None) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in node.pairs if isinstance(node, YamlMap) else ():
        if isinstance(value, YamlMap):
            value = value.text("value") or value
        if isinstance(value, YamlText):
            # A variable may name others.
            found[key.text] = expand(value.text, found)[0]
    return found
