"""Templates of Helm, Jinja and Terraform in YAML: what stands between their expressions.

Lines that hold nothing else than expressions are left out, and each other expression becomes a
mark, so that what is left is YAML with the lines of the file.  Of expressions only those are
evaluated that name a value of the chart, its version, or a text.

Source: Helm, "Chart Template Guide"; Go's text/template, "Actions".
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.yaml_document import YamlMap, YamlText, read_yaml
from neuron_pin.record import NamedTuple

MAX_EXPRESSIONS = 20_000
MAX_ABOVE = 4
"""How far above a template its chart is looked for."""

_OPEN, _CLOSE = "\ue000", "\ue001"
_BEGIN = re.compile(r"\{\{|\{%|%\{")
_ENDS = {"{{": "}}", "{%": "%}", "%{": "}"}
_CONTROL = re.compile(
    r"\{\{-?\s*(?:/\*|\$\w+ *:?=)"
    r"|\{\{-?\s*(?:if|else|end|range|with|define|block|template|break|continue)\b"
    r"|\{%|%\{"
)
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_STRING = r'"(?:[^"\\]|\\.)*"|`[^`]*`'
_PATH = r"\$?\.(?:Values|Chart)(?:\.\w+)+"
_PLAIN = r"(?:quote|squote|toString|trim|lower)"
_EXPRESSION = re.compile(
    rf"(?P<value>{_STRING}|{_PATH})"
    rf"(?P<pipes>(?:\s*\|\s*(?:{_PLAIN}|default\s+(?:{_STRING}|{_PATH})))*)"
)
_PIPE = re.compile(rf"\|\s*(?:{_PLAIN}|default\s+(?P<other>{_STRING}|{_PATH}))")
_DEFAULT = re.compile(rf"default\s+(?P<other>{_STRING}|{_PATH})\s+(?P<value>{_PATH})")
_CHART = {"Name": "name", "Version": "version", "AppVersion": "appVersion"}


class Chart(NamedTuple):
    """A Helm chart's own values and what it says of itself, each none where it has none."""

    values: YamlMap | None
    about: YamlMap | None

    def find(self, path: str) -> str | None:
        """What ``.Values.image.tag`` or ``.Chart.AppVersion`` is worth, none where that is no
        text."""
        kind, *names = path.lstrip("$").removeprefix(".").split(".")
        node = self.values if kind == "Values" else self.about
        if kind == "Chart":
            names = [_CHART.get(name, name) for name in names]
        for name in names[:-1]:
            node = node.map(name) if node is not None else None
        found = node.text(names[-1]) if node is not None else None
        if found is None or (found.is_plain and found.text in ("", "null", "~")):
            return None
        return found.text


class Template(NamedTuple):
    """A template without its expressions, and these by their numbers."""

    text: str
    expressions: tuple[str, ...]

    def fill(self, text: str, value: Callable[[str], str | None]) -> tuple[str, bool]:
        """A text with its marks filled in by ``value``, and whether all of them were; those that
        were not stand there as they are written."""
        is_whole = True

        def put(mark: re.Match[str]) -> str:
            nonlocal is_whole
            number = int(mark[1]) if len(mark[1]) < 7 else len(self.expressions)
            if number >= len(self.expressions):
                return mark[0]
            found = value(self.expressions[number])
            if found is None:
                is_whole = False
                return self.expressions[number]
            return found

        return _MARK.sub(put, text), is_whole

    def literal(self, text: str) -> str:
        """What of a text is not an expression."""
        return _MARK.sub("", text)


def is_template(text: str) -> bool:
    """Whether a text has expressions."""
    return "{{" in text or "{%" in text or "%{" in text


def take_out(text: str, path: str) -> Template:
    """A template without its expressions; raises `UnreadableInput` for too many of them."""
    expressions: list[str] = []
    pieces: list[str] = []
    at = 0
    for begin, end in _find_actions(text):
        pieces.append(text[at:begin])
        written = text[begin:end]
        at = end
        if not _CONTROL.match(written):
            if len(expressions) == MAX_EXPRESSIONS:
                raise UnreadableInput(path, None, f"has more than {MAX_EXPRESSIONS} expressions")
            pieces.append(f"{_OPEN}{len(expressions)}{_CLOSE}")
            expressions.append(written)
        pieces.append("\n" * written.count("\n"))
    pieces.append(text[at:])
    rows = []
    for row in "".join(pieces).split("\n"):
        # What such a line gives has its own indentation.
        rows.append(row if _MARK.sub("", row).strip(" \t\r-") or row.strip() == "---" else "")
    return Template("\n".join(rows), tuple(expressions))


def _find_actions(text: str) -> Iterator[tuple[int, int]]:
    """Where expressions begin and end; what has no end is none."""
    at, unended = 0, set[str]()
    for found in _BEGIN.finditer(text):
        kind = found[0]
        if found.start() < at or kind in unended:
            continue
        end = text.find(_ENDS[kind], found.end())
        if end < 0:
            unended.add(kind)
            continue
        at = end + len(_ENDS[kind])
        yield found.start(), at


def evaluate(expression: str, chart: Chart) -> str | None:
    """What an expression is worth in a chart, none where that is not known."""
    inner = expression.removeprefix("{{").removesuffix("}}").strip(" \t\r\n-")
    ordered = _DEFAULT.fullmatch(inner)
    if ordered is not None:
        found = _value(ordered["value"], chart)
        return found or _value(ordered["other"], chart)
    match = _EXPRESSION.fullmatch(inner)
    if match is None:
        return None
    found = _value(match["value"], chart)
    for pipe in _PIPE.finditer(match["pipes"]):
        if pipe["other"] is not None:
            found = found or _value(pipe["other"], chart)
    return found


def find_chart(path: str) -> Chart:
    """The chart that a file is a template or the values of, by the folders above it."""
    folder = os.path.dirname(path)
    for _ in range(MAX_ABOVE):
        if os.path.isfile(os.path.join(folder, "Chart.yaml")):
            return Chart(
                _read_map(os.path.join(folder, "values.yaml")),
                _read_map(os.path.join(folder, "Chart.yaml")),
            )
        folder = os.path.join(folder, "..") if folder in ("", "..") else os.path.dirname(folder)
    return Chart(None, None)


def _read_map(path: str) -> YamlMap | None:
    """The mapping of a file, none where it cannot be read: whoever checks that file says so."""
    if not os.path.isfile(path):
        return None
    try:
        documents = read_yaml(path)
    except UnreadableInput:
        return None
    root = documents[0].root if documents else None
    return root if isinstance(root, YamlMap) else None


def _value(word: str, chart: Chart) -> str | None:
    if word[0] in '"`':
        return word[1:-1]
    return chart.find(word)


def text_of(node: object) -> str:
    """The text of a scalar, empty for anything else, and for nothing (``null``)."""
    if not isinstance(node, YamlText) or (node.is_plain and node.text in ("null", "~")):
        return ""
    return node.text
