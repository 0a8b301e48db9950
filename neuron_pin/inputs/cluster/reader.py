"""Manifests of Kubernetes, Helm charts with their values and templates, customizations of
Kustomize, and Compose files, read for the images and charts that they name.

A document of a file that is no YAML, such as one that an expression of a template breaks, is
named, and the others are read.
"""

from __future__ import annotations

import contextlib
import os
import re

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.containers.installation import NotUnderstood
from neuron_pin.inputs.yaml_document import MAX_BYTES, YamlDocument, YamlText, parse_yaml

from .found import ClusterFile, NamedChart
from .templates import Chart, Template, evaluate, find_chart, is_template, take_out
from .walk import Walk

MAX_PARTS = 2_000
"""Documents of a file that are read one by one, where the file as a whole is no YAML."""


_SEPARATOR = re.compile(r"^---(?:[ \t].*)?$", re.M)


def read_cluster_file(path: str) -> ClusterFile:
    """What a file names.  Raises `UnreadableInput` for one that is no YAML as a whole."""
    data = read_bounded(path, MAX_BYTES)
    text = _decode(data, path)
    template, chart = Template(text, ()), Chart(None, None)
    if is_template(text):
        template, chart = take_out(text, path), find_chart(path)

    def fill(value: YamlText) -> tuple[str, bool]:
        return template.fill(value.text, lambda expression: evaluate(expression, chart))

    def is_told(value: YamlText) -> bool:
        return chart.values is not None and not template.literal(value.text).strip(":@")

    walk = Walk(path, fill, is_told)
    problems: list[UnreadableInput] = []
    unread: list[NotUnderstood] = []
    for document in _read_documents(template, path, unread):
        walk.take(document)
        # Of two branches of a template one is there.
        problems += () if template.expressions else document.problems
    beside, beside_path = _find_beside(path)
    return ClusterFile(
        tuple(walk.images),
        tuple(walk.charts),
        tuple(walk.resources),
        tuple(walk.switches),
        (*unread, *walk.unread),
        tuple(problems),
        beside,
        beside_path,
    )


def _find_beside(path: str) -> tuple[tuple[NamedChart, ...], str]:
    """The charts that the chart beside values asks for: its lock tells more than it does."""
    if "values" not in os.path.basename(path).lower():
        return (), ""
    for name in ("Chart.lock", "Chart.yaml"):
        other = os.path.join(os.path.dirname(path), name)
        if not os.path.isfile(other):
            continue
        with contextlib.suppress(UnreadableInput):
            # Who checks that file says so.
            charts = read_cluster_file(other).charts
            if charts:
                return charts, other
    return (), ""


def _decode(data: bytes, path: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableInput(path, line, "is not text in UTF-8") from None


def _read_documents(
    template: Template, path: str, unread: list[NotUnderstood]
) -> tuple[YamlDocument, ...]:
    """The documents of a file; of a template one by one, where the whole is no YAML."""
    try:
        return parse_yaml(template.text.encode("utf-8", "surrogatepass"), path)
    except UnreadableInput as error:
        if not template.expressions or error.line is None:
            # No part of it can be read either.
            raise
    found: list[YamlDocument] = []
    for number, (line, part) in enumerate(_split(template.text)):
        if number == MAX_PARTS:
            unread.append(NotUnderstood("", line, f"has more than {MAX_PARTS} documents"))
            break
        try:
            found += parse_yaml(part.encode("utf-8", "surrogatepass"), path, line)
        except UnreadableInput as error:
            if "neuron" in part.lower():
                reason = f"{error.problem}, without the expressions of the template"
                unread.append(NotUnderstood("", error.line or line, reason, ("neuron",)))
    return tuple(found)


def _split(text: str) -> list[tuple[int, str]]:
    """The documents of a text with their lines."""
    parts = []
    at, line = 0, 1
    for mark in _SEPARATOR.finditer(text):
        parts.append((line, text[at : mark.start()]))
        line += text.count("\n", at, mark.end())
        at = mark.end()
    parts.append((line, text[at:]))
    return [(number, part) for number, part in parts if part.strip()]
