"""Scripts in YAML: the lines of a text as the shell reads them, each with its line of the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.installation import NotUnderstood, find_names
from neuron_pin.inputs.containers.recipe import NamedImage, Recipe
from neuron_pin.inputs.yaml_document import YamlList, YamlMap, YamlNode, YamlText, read_yaml

from .jobs import Job, JobReader
from .shell_script import describe_unended

Fill = Callable[[str], str]
"""Fills the expressions of a format into a text; what is not known becomes a variable of the
shell that nothing sets."""


def shell_lines(text: YamlText, fill: Fill = str) -> list[tuple[int, str]]:
    """The lines of a script that a text is."""
    found: list[tuple[int, str]] = []
    for number, part in text.lines or ((text.line, text.text),):
        for piece in part.splitlines(keepends=True):
            row = piece.rstrip("\r\n")
            if row == piece:
                # The next part of the text goes on in the same line.
                found.append((number, fill(piece)))
            elif row.rstrip().endswith("\\"):
                found.append((number, fill(row.rstrip()[:-1]) + " "))
            else:
                found.append((number, fill(row) + "\n"))
    if found and not found[-1][1].endswith("\n"):
        found[-1] = (found[-1][0], found[-1][1] + "\n")
    return found


def list_texts(node: YamlNode | None) -> Iterator[YamlText]:
    """The texts of a list, lists within it among them, or of a single text."""
    if isinstance(node, YamlText):
        yield node
    elif isinstance(node, YamlList):
        for item in node.items:
            yield from list_texts(item)


def text_pairs(node: YamlNode | None) -> dict[str, str]:
    """The keys of a mapping whose values are texts."""
    if not isinstance(node, YamlMap):
        return {}
    return {key.text: value.text for key, value in node.pairs if isinstance(value, YamlText)}


def unknown_variable(expression: str) -> str:
    """A variable of the shell that nothing sets, in the place of an expression."""
    name = re.sub(r"\W+", "_", expression.strip()).strip("_") or "expression"
    return f"${{{name if not name[0].isdigit() else '_' + name}}}"


def not_shell(text: YamlText, program: str, names: Container[str]) -> NotUnderstood:
    """A script for another program than a shell."""
    found = find_names(text.text, names) if "install" in text.text else ()
    reason = "a script that is not one of the shell"
    return NotUnderstood(f"a script for {program}", text.line, reason, found)


def read_recipe(
    path: str,
    names: Container[str],
    folders: Iterable[str],
    read_jobs: Callable[[YamlMap], Iterable[Job]],
    list_images: Callable[[YamlMap], Iterable[NamedImage]] = lambda node: (),
) -> Recipe:
    """The jobs of a YAML file whose documents are mappings, and the images that ``list_images``
    finds; raises `UnreadableInput`."""
    problems: list[UnreadableInput] = []
    jobs: list[Job] = []
    images: list[NamedImage] = []
    for document in read_yaml(path):
        problems += document.problems
        if isinstance(document.root, YamlMap):
            jobs += read_jobs(document.root)
            images += list_images(document.root)
        elif document.root is not None:
            raise UnreadableInput(path, document.root.line, "begins with no mapping")
    return make_recipe(path, names, folders, jobs, problems, images)


def make_recipe(
    path: str,
    names: Container[str],
    folders: Iterable[str],
    jobs: Iterable[Job],
    problems: Iterable[UnreadableInput] = (),
    images: Iterable[NamedImage] = (),
) -> Recipe:
    """What the jobs of a file come to, and the images that it names beside theirs."""
    found = JobReader(path, names, tuple(folders)).read(jobs)
    said = (*problems, *describe_unended(found.unended))
    named = tuple(dict.fromkeys(images))
    return Recipe(found.stages, (), said, has_fixes=False, images=named)


def merged(*variables: Mapping[str, str]) -> dict[str, str]:
    """Variables, later ones before earlier ones."""
    found: dict[str, str] = {}
    for each in variables:
        found.update(each)
    return found
