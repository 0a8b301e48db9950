"""The machine images that Terraform's and Packer's files in HCL ask for by name or parameter.

Source: HashiCorp, Terraform AWS provider, "Data Source: aws_ami", "Data Source:
aws_ssm_parameter"; Packer, Amazon plugin, "AMI Filter Options", "Data source: amazon-ami",
"Data source: amazon-parameterstore".
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator
from itertools import islice

from neuron_pin.inputs.containers.recipe import MAX_IMAGES, NamedImage, Recipe
from neuron_pin.inputs.containers.script_files import read_script_text

from .hcl_document import HclBlock, HclOther, HclText, HclValue, parse_hcl
from .hcl_values import HclValues
from .yaml_scripts import make_recipe

_NAME = re.compile(r"""(?:^|[\s{,"])name"?\s*[=:]\s*("(?:[^"\\\n]|\\.)*"|[\w.]+)""")
"""The name in a map of filters, as it is written."""


_NEURON = re.compile(r"neuron", re.IGNORECASE)


def read_terraform(path: str, names: Container[str]) -> Recipe:
    """The machine images that a file of Terraform asks for.  Raises `UnreadableInput`."""
    body = parse_hcl(read_script_text(path), path)
    values = HclValues(body, names)
    return make_recipe(path, names, (), (), images=list_machine_images(body, values))


def list_machine_images(body: HclBlock, values: HclValues) -> list[NamedImage]:
    """The Neuron images that filters ask for by name, and parameters, at most `MAX_IMAGES`."""
    filled = ((values.fill(text.text), text.line) for text in _list_texts(body, values))
    return select_machine_images(filled)


def select_machine_images(named: Iterable[tuple[str, int]]) -> list[NamedImage]:
    """Select the names of Neuron images, each with its line, that have no unknown part; at most
    `MAX_IMAGES`."""
    found = (
        NamedImage(text, line, is_machine=True)
        for text, line in named
        if _NEURON.search(text) and "${" not in text
    )
    return list(islice(found, MAX_IMAGES))


def _list_texts(body: HclBlock, values: HclValues) -> Iterator[HclText]:
    for block in body.walk():
        kind = block.labels[0] if block.kind == "data" and block.labels else ""
        if block.kind == "source_ami_filter" or kind == "amazon-ami":
            yield from _filters(block.get("filters"), values)
            for inner in block.blocks:
                if inner.kind == "filters":
                    yield from values.list_texts(inner.get("name"))
        elif kind in ("aws_ssm_parameter", "amazon-parameterstore"):
            yield from values.list_texts(block.get("name"))
        elif kind == "aws_ami":
            for inner in block.blocks:
                if inner.kind == "filter" and _is_name(inner, values):
                    yield from values.list_texts(inner.get("values"))


def _is_name(block: HclBlock, values: HclValues) -> bool:
    return [text.text for text in values.list_texts(block.get("name"))] == ["name"]


def _filters(value: HclValue | None, values: HclValues) -> Iterator[HclText]:
    """The name in a map, which is read as it is written."""
    if not isinstance(value, HclOther):
        return
    for match in _NAME.finditer(value.text):
        line = value.line + value.text.count("\n", 0, match.start(1))
        written = match[1]
        if written.startswith('"'):
            plain = re.sub(r"\\(.)", r"\1", written[1:-1])
            yield HclText(plain, line, ((line, plain),))
        else:
            yield from values.list_texts(HclOther(written, line))
