"""Packer's templates, in HCL and in JSON: what their shell provisioners run.

Source: HashiCorp, Packer, "Shell Provisioner", "File Provisioner", "Input Variables",
"Template User Variables" (of JSON).
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Iterator

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.installation import NotUnderstood, find_names
from neuron_pin.inputs.containers.recipe import NamedImage, Recipe
from neuron_pin.inputs.containers.script_files import read_script_text
from neuron_pin.inputs.containers.session import WrittenFile
from neuron_pin.inputs.containers.shell_words import Word
from neuron_pin.inputs.yaml_document import YamlMap, YamlText, parse_yaml

from .hcl_document import HclBlock, HclText, parse_hcl
from .hcl_values import HclValues
from .jobs import Job, Part
from .terraform import list_machine_images, select_machine_images
from .yaml_scripts import Fill, list_texts, make_recipe, shell_lines, unknown_variable

_SHELL = ("shell", "shell-local")
_TEMPLATE = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.S)


def read_packer_hcl(path: str, names: Container[str]) -> Recipe:
    """What a template in HCL installs: each of its builds for itself.  Raises
    `UnreadableInput`."""
    body = parse_hcl(read_script_text(path), path)
    template = _Template(body, names)
    builds = [block for block in body.blocks if block.kind == "build"]
    jobs = [template.job(build, path) for build in builds]
    images = list_machine_images(body, HclValues(body, names))
    return make_recipe(path, names, _folders(path), jobs, images=images)


def _folders(path: str) -> list[str]:
    """Packer is run in the folder of the template, or in one above it."""
    folder = os.path.dirname(path)
    return [folder, os.path.normpath(os.path.join(folder, "..")), ""]


class _Template(HclValues):
    """The builds of a file."""

    def job(self, build: HclBlock, path: str) -> Job:
        parts: list[Part] = []
        written: list[WrittenFile] = []
        self.unread = []
        for block in build.walk():
            kind = block.labels[0] if block.labels else ""
            if block.kind == "dynamic" and "provisioner" in block.labels:
                kind = "shell"
            elif block.kind != "provisioner":
                continue
            if kind in _SHELL:
                parts += self._shell(block)
            elif kind == "file":
                content, target = block.get("content"), block.get("destination")
                if isinstance(content, HclText) and isinstance(target, HclText):
                    rows = ((n, self.fill(row.rstrip("\n"))) for n, row in content.lines)
                    written.append(WrittenFile(target.text, tuple(rows), path))
            elif kind in ("powershell", "windows-shell"):
                for text in self.list_texts(block.get("inline")):
                    found = find_names(text.text, self.names)
                    reason = "a script that is not one of the shell"
                    self.unread.append(NotUnderstood(kind, text.line, reason, found))
        return Job(tuple(parts), unread=tuple(self.unread), written=tuple(written))

    def _shell(self, block: HclBlock) -> Iterator[Part]:
        variables = {}
        for text in self.list_texts(block.get("environment_vars")):
            name, equals, value = self.fill(text.text).partition("=")
            if equals and "${" not in value:
                variables[name] = value
        lines: list[tuple[int, str]] = []
        for text in self.list_texts(block.get("inline")):
            rows = YamlText(text.text, text.line, lines=text.lines)
            lines += shell_lines(rows, self.fill)
        if lines:
            # The lines of inline are one script.
            yield Part(tuple(lines), variables)
        for key in ("script", "scripts"):
            for text in self.list_texts(block.get(key)):
                name = self.fill(text.text)
                plain = re.sub(r"^\$\{path_(?:root|cwd)\}/", "", name)
                yield Part(variables=variables, commands=(_run(plain, text.line),))


def _run(name: str, line: int) -> tuple[Word, ...]:
    return (Word("bash", line), Word(name, line, "${" not in name))


# JSON -----------------------------------------------------------------------------------


def read_packer_json(path: str, names: Container[str]) -> Recipe:
    """What a template in JSON installs.  Raises `UnreadableInput`."""
    # JSON is YAML but for tabs before values, which stand in no text.
    text = re.sub(r"^\t+", lambda tabs: " " * len(tabs[0]), read_script_text(path), flags=re.M)
    problems: list[UnreadableInput] = []
    jobs: list[Job] = []
    images: list[NamedImage] = []
    for document in parse_yaml(text.encode(), path):
        problems += document.problems
        if isinstance(document.root, YamlMap):
            fill = _make_fill(document.root)
            jobs.append(_json_job(document.root, fill))
            images += select_machine_images(_json_images(document.root, fill))
    return make_recipe(path, names, _folders(path), jobs, problems, images)


def _json_images(node: YamlMap, fill: Fill) -> Iterator[tuple[str, int]]:
    """The names of machine images that builders ask for, with their lines."""
    for builder in node.items("builders"):
        of_image = builder.map("source_ami_filter") if isinstance(builder, YamlMap) else None
        filters = of_image.map("filters") if of_image is not None else None
        for text in list_texts(filters.get("name")) if filters is not None else ():
            yield fill(text.text), text.line


def _make_fill(node: YamlMap) -> Fill:
    given = node.map("variables")
    known = {
        f"user `{key.text}`": value.text
        for key, value in (given.pairs if given is not None else ())
        if isinstance(value, YamlText) and "{{" not in value.text
    }

    def fill(text: str) -> str:
        def value(match: re.Match[str]) -> str:
            expression = " ".join(match[1].split()).replace('"', "`")
            found = known.get(expression)
            return unknown_variable(expression) if found is None else found

        return _TEMPLATE.sub(value, text)

    return fill


def _json_job(node: YamlMap, fill: Fill) -> Job:
    parts: list[Part] = []
    for item in node.items("provisioners"):
        kind = item.text("type") if isinstance(item, YamlMap) else None
        if not isinstance(item, YamlMap) or kind is None or kind.text not in _SHELL:
            continue
        parts += _json_shell(item, fill)
    return Job(tuple(parts))


def _pairs(texts: Iterable[YamlText], fill: Fill) -> dict[str, str]:
    """The variables of ``NAME=value`` texts, those that are known."""
    pairs = (fill(text.text).partition("=") for text in texts)
    return {name: value for name, equals, value in pairs if equals and "${" not in value}


def _json_shell(item: YamlMap, fill: Fill) -> Iterator[Part]:
    variables = _pairs(list_texts(item.get("environment_vars")), fill)
    lines: list[tuple[int, str]] = []
    for text in list_texts(item.get("inline")):
        lines += shell_lines(text, fill)
    if lines:
        yield Part(tuple(lines), variables)
    for key in ("script", "scripts"):
        for text in list_texts(item.get(key)):
            plain = re.sub(r"^\$\{template_dir\}/", "", fill(text.text))
            yield Part(variables=variables, commands=(_run(plain, text.line),))
