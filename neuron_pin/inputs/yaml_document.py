"""YAML as a tree of texts with their lines, bounded in everything that it can grow by.

Needs the extra ``check`` (PyYAML).  Nothing is resolved to numbers, dates or booleans: ``3.10``
stays ``3.10``.  What an alias names is shared, and counted once more wherever it is named, so
that whoever walks a document walks at most `MAX_VALUES` values.

Source: YAML 1.2.2, 6.5 line folding, 7 flow styles, 8 block styles; the merge key of YAML 1.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.extras import install_command
from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import NamedTuple

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 64
MAX_ALIASES = 1_000
MAX_VALUES = 400_000


class YamlText(NamedTuple):
    """A scalar, on the line that it begins on; ``lines`` are the parts of its text, each with the
    line of the file that it is written on: joined they are the text.  ``is_plain`` is true
    without quotes and block signs: only then a reader may take it for a number, or for nothing."""

    text: str
    line: int
    tag: str = ""
    is_plain: bool = False
    lines: tuple[tuple[int, str], ...] = ()


class YamlList(NamedTuple):
    """A sequence."""

    items: tuple[YamlNode, ...]
    line: int
    tag: str = ""


class YamlMap(NamedTuple):
    """A mapping: its pairs as they are written, keys that stand twice among them, and after
    those what its merge keys (``<<``) add."""

    pairs: tuple[tuple[YamlText, YamlNode], ...]
    line: int
    tag: str = ""

    def get(self, key: str) -> YamlNode | None:
        """The value of a key; of a key that stands twice the last, as most readers have it."""
        found = None
        for name, value in self.pairs:
            if name.text == key:
                found = value
        return found

    def text(self, key: str) -> YamlText | None:
        """The value of a key where that is a text."""
        found = self.get(key)
        return found if isinstance(found, YamlText) else None

    def map(self, key: str) -> YamlMap | None:
        """The value of a key where that is a mapping."""
        found = self.get(key)
        return found if isinstance(found, YamlMap) else None

    def items(self, key: str) -> tuple[YamlNode, ...]:
        """The values of a list, or a single value as a list of one, as many formats have it."""
        found = self.get(key)
        if isinstance(found, YamlList):
            return found.items
        return (found,) if found is not None else ()


YamlNode = YamlText | YamlList | YamlMap


class YamlDocument(NamedTuple):
    """One document; ``root`` is none for an empty one.  ``problems`` are keys that stand twice
    in one mapping: programs disagree on which counts, or refuse the file."""

    root: YamlNode | None
    problems: tuple[UnreadableInput, ...] = ()


def read_yaml(path: str) -> tuple[YamlDocument, ...]:
    """The documents of a file.  Raises `UnreadableInput` with the line of what is wrong, and
    where PyYAML is not installed."""
    return parse_yaml(read_bounded(path, MAX_BYTES), path)


def parse_yaml(data: bytes, path: str, first_line: int = 1) -> tuple[YamlDocument, ...]:
    """The documents of a text; ``path`` and ``first_line`` say where it is from.  Raises as
    `read_yaml` does."""
    try:
        import yaml
    except ImportError:
        hint = install_command("check")
        raise UnreadableInput(path, None, "YAML needs PyYAML", hint=hint) from None
    text = _decode(data, path)
    # Of a loader only its events are asked: nothing is constructed.
    loader: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
    try:
        builder = _Builder(loader(text), text, path, first_line)
        return tuple(builder.documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + first_line if mark is not None else None
        raise UnreadableInput(path, line, f"is not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        said = str(error).partition("\n")[0]
        raise UnreadableInput(path, None, f"is not YAML: {said}") from None


def _decode(data: bytes, path: str) -> str:
    marks = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    encoding = next((name for mark, name in marks if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UnreadableInput(path, line, "is not text in UTF-8") from None
    found = re.search(_UNPRINTABLE, text)
    if found is not None:
        line = text.count("\n", 0, found.start()) + 1
        raise UnreadableInput(path, line, "has a control character, which YAML does not allow")
    return text


_UNPRINTABLE = "[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


class _Builder:
    """Makes a tree of a parser's events, and counts as it goes."""

    def __init__(self, parser: Any, text: str, path: str, first_line: int) -> None:
        self.parser = parser
        self.rows = re.split(_LINE_END, text)
        self.path = path
        self.first_line = first_line
        self.anchors: dict[str, tuple[YamlNode, int] | None] = {}
        self.problems: list[UnreadableInput] = []
        self.aliases = 0
        self.values = 0

    def documents(self) -> Iterator[YamlDocument]:
        import yaml

        self.parser.get_event()
        while not self.parser.check_event(yaml.StreamEndEvent):
            self.parser.get_event()
            self.anchors, self.problems = {}, []
            root = self._node(1)[0]
            self.parser.get_event()
            is_empty = isinstance(root, YamlText) and not root.text and root.is_plain
            yield YamlDocument(None if is_empty else root, tuple(self.problems))

    def _line(self, event: Any) -> int:
        return int(event.start_mark.line) + self.first_line

    def _count(self, values: int, line: int) -> None:
        self.values += values
        if self.values > MAX_VALUES:
            raise UnreadableInput(
                self.path, line, f"has more than {MAX_VALUES} values, aliases filled in"
            )

    def _node(self, depth: int) -> tuple[YamlNode, int]:
        """The next node, and how many values it stands for."""
        import yaml

        event: Any = self.parser.get_event()
        line = self._line(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), line)
        self._count(1, line)
        anchor: str | None = event.anchor
        if anchor is not None:
            self.anchors[anchor] = None
        tag = event.tag or ""
        node: YamlNode
        size = 1
        if isinstance(event, yaml.ScalarEvent):
            node = self._text(event, tag, line)
        elif depth > MAX_DEPTH:
            raise UnreadableInput(self.path, line, f"nests deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not self.parser.check_event(yaml.SequenceEndEvent):
                item, inner = self._node(depth + 1)
                items.append(item)
                size += inner
            self.parser.get_event()
            node = YamlList(tuple(items), line, tag)
        else:
            pairs: list[tuple[YamlNode, YamlNode]] = []
            while not self.parser.check_event(yaml.MappingEndEvent):
                key, inner = self._node(depth + 1)
                value, more = self._node(depth + 1)
                pairs.append((key, value))
                size += inner + more
            self.parser.get_event()
            node = YamlMap(self._pairs(pairs), line, tag)
        if anchor is not None:
            self.anchors[anchor] = node, size
        return node, size

    def _alias(self, anchor: str, line: int) -> tuple[YamlNode, int]:
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise UnreadableInput(self.path, line, f"has more than {MAX_ALIASES} aliases")
        if anchor not in self.anchors:
            raise UnreadableInput(self.path, line, f"names an anchor that is not set: {anchor}")
        found = self.anchors[anchor]
        if found is None:
            raise UnreadableInput(self.path, line, f"the alias {anchor} is inside of its own value")
        self._count(found[1], line)
        return found

    def _pairs(
        self, written: Sequence[tuple[YamlNode, YamlNode]]
    ) -> tuple[tuple[YamlText, YamlNode], ...]:
        pairs: list[tuple[YamlText, YamlNode]] = []
        merged: list[YamlMap] = []
        lines: dict[str, int] = {}
        for key, value in written:
            if not isinstance(key, YamlText):
                # A key that is a list or a mapping: no format has a meaning for it.
                key = YamlText("", key.line)
            if key.text == "<<" and key.is_plain:
                sources = value.items if isinstance(value, YamlList) else (value,)
                merged += [source for source in sources if isinstance(source, YamlMap)]
                continue
            if key.text in lines:
                first = lines[key.text]
                problem = f"has the key {key.text!r} twice in one mapping, first on line {first}"
                self.problems.append(UnreadableInput(self.path, key.line, problem))
            lines.setdefault(key.text, key.line)
            pairs.append((key, value))
        for source in merged:
            for key, value in source.pairs:
                if key.text not in lines:
                    lines[key.text] = key.line
                    pairs.append((key, value))
        return tuple(pairs)

    def _text(self, event: Any, tag: str, line: int) -> YamlText:
        text: str = event.value
        is_plain = event.style in (None, "")
        parts: tuple[tuple[int, str], ...] = ((line, text),)
        if int(event.end_mark.line) > int(event.start_mark.line):
            parts = self._lines(event, text) or parts
        return YamlText(text, line, tag, is_plain, parts)

    def _lines(self, event: Any, text: str) -> tuple[tuple[int, str], ...]:
        """The parts of a text that is written over several lines."""
        begin, last = int(event.start_mark.line), int(event.end_mark.line)
        if event.style in ("|", ">"):
            # The header of a block has a line of its own, behind its anchor and tag.
            while begin < last and not re.search(_BLOCK_HEADER, self.rows[begin]):
                begin += 1
            begin += 1
        if event.style == "|":
            kept = text.splitlines(keepends=True)
            return tuple((n + self.first_line, row) for n, row in enumerate(kept, begin))
        starts: list[tuple[int, int]] = []
        at = 0
        for row in range(begin, min(last + 1, len(self.rows))):
            content = self.rows[row]
            if row == int(event.start_mark.line):
                content = re.sub(_PROPERTIES, "", content[int(event.start_mark.column) :])
                content = content[1:] if event.style in ("'", '"') else content
            content = content.strip(" \t")
            if event.style in ("'", '"') and row == last:
                content = content[: content.rfind(event.style)].rstrip(" \t")
            if event.style == '"':
                content = content.removesuffix("\\").rstrip(" \t")
            if not content:
                continue
            while at < len(text) and text[at] in " \t\n":
                at += 1
            if not text.startswith(content, at):
                # Behind an escape; what is left is of the line before.
                break
            starts.append((at, row + self.first_line))
            at += len(content)
        begins = [0, *(where for where, _ in starts[1:]), len(text)]
        return tuple(
            (number, text[begins[index] : begins[index + 1]])
            for index, (_, number) in enumerate(starts)
        )


_LINE_END = "\r\n|[\n\r\x85\u2028\u2029]"
_BLOCK_HEADER = r"[|>][-+\d]*[ \t]*(?:#.*)?$"
_PROPERTIES = r"^(?:[&!]\S*[ \t]+)+"
