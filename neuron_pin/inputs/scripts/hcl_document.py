"""HCL as blocks and attributes with their lines: strings, here-documents and lists of them.

Source: HashiCorp, "HCL Native Syntax Specification".  Expressions are not evaluated: what is
neither a text nor a list stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.shell_quotes import end_of_braces
from neuron_pin.record import NamedTuple

MAX_DEPTH = 40
MAX_VALUES = 50_000


class HclText(NamedTuple):
    """A text; ``lines`` are its parts, each with the line of the file that it is on.  Its
    interpolations (``${var.x}``) stay in it."""

    text: str
    line: int
    lines: tuple[tuple[int, str], ...]


class HclList(NamedTuple):
    """A list."""

    items: tuple[HclValue, ...]
    line: int


class HclOther(NamedTuple):
    """Any other expression, as it is written."""

    text: str
    line: int


HclValue = HclText | HclList | HclOther


class HclBlock(NamedTuple):
    """A block: its type, its labels, its attributes and the blocks in it."""

    kind: str
    labels: tuple[str, ...]
    attributes: tuple[tuple[str, HclValue], ...]
    blocks: tuple[HclBlock, ...]
    line: int

    def get(self, name: str) -> HclValue | None:
        """The value of an attribute, none where it has none."""
        return next((value for key, value in self.attributes if key == name), None)

    def walk(self) -> Iterator[HclBlock]:
        """The block itself and all that are in it."""
        yield self
        for block in self.blocks:
            yield from block.walk()


def parse_hcl(text: str, path: str) -> HclBlock:
    """The body of a file, as a block without a type.  Raises `UnreadableInput` with the line of
    what is wrong."""
    reader = _Reader(text, path)
    body = reader.body("", (), 1, 0)
    if reader.index < len(text):
        raise reader.error("a } that ends no block")
    return body


_NAME = re.compile(r"[A-Za-z_][\w-]*")
_HERE = re.compile(r"<<(-?)([A-Za-z_][\w-]*)[ \t]*\r?\n")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}


class _Reader:
    def __init__(self, text: str, path: str) -> None:
        self.text = text
        self.path = path
        self.index = 0
        self.values = 0
        self._line = 1
        self._line_at = 0

    @property
    def line(self) -> int:
        """The line at the index; the index only grows between questions."""
        self._line += self.text.count("\n", self._line_at, self.index)
        self._line_at = self.index
        return self._line

    def error(self, problem: str, line: int | None = None) -> UnreadableInput:
        return UnreadableInput(self.path, line or self.line, f"is not HCL: {problem}")

    def _skip(self, *, lines: bool = True) -> None:
        """Past blanks and comments, and past the ends of lines."""
        text = self.text
        while self.index < len(text):
            sign = text[self.index]
            if sign in " \t\r" or (lines and sign == "\n"):
                self.index += 1
            elif sign == "#" or text.startswith("//", self.index):
                end = text.find("\n", self.index)
                self.index = end if end >= 0 else len(text)
            elif text.startswith("/*", self.index):
                end = text.find("*/", self.index + 2)
                if end < 0:
                    raise self.error("a comment has no end")
                self.index = end + 2
            else:
                return

    def _count(self) -> None:
        self.values += 1
        if self.values > MAX_VALUES:
            raise self.error(f"more than {MAX_VALUES} values")

    def body(self, kind: str, labels: tuple[str, ...], line: int, depth: int) -> HclBlock:
        if depth > MAX_DEPTH:
            raise self.error(f"nests deeper than {MAX_DEPTH} levels")
        attributes: list[tuple[str, HclValue]] = []
        blocks: list[HclBlock] = []
        while True:
            self._skip()
            if self.index >= len(self.text):
                if depth:
                    raise self.error(f"the block {kind} has no end", line)
                break
            if self.text[self.index] == "}":
                if depth:
                    self.index += 1
                break
            name = self._name()
            begins = self.line
            self._skip(lines=False)
            if self.text[self.index : self.index + 1] == "=":
                self.index += 1
                attributes.append((name, self._value(depth + 1)))
                continue
            own = []
            while self.text[self.index : self.index + 1] not in ("{", ""):
                own.append(self._string().text if self._at('"') else self._name())
                self._skip(lines=False)
            if not self._at("{"):
                raise self.error(f"{name} is neither an attribute nor a block")
            self.index += 1
            self._count()
            blocks.append(self.body(name, tuple(own), begins, depth + 1))
        return HclBlock(kind, labels, tuple(attributes), tuple(blocks), line)

    def _at(self, sign: str) -> bool:
        return self.text.startswith(sign, self.index)

    def _name(self) -> str:
        found = _NAME.match(self.text, self.index)
        if found is None:
            rest = self.text[self.index : self.index + 20].split("\n")[0]
            raise self.error(f"{rest!r} is no name")
        self.index = found.end()
        return found[0]

    def _value(self, depth: int) -> HclValue:
        """An expression: a text or a list where it is only that."""
        self._count()
        if depth > MAX_DEPTH:
            raise self.error(f"nests deeper than {MAX_DEPTH} levels")
        self._skip(lines=False)
        begin, line = self.index, self.line
        value: HclValue | None = None
        if self._at('"'):
            value = self._string()
        elif self._at("<<"):
            return self._here()
        elif self._at("["):
            value = self._list(depth)
        if value is not None:
            self._skip(lines=False)
            if self.text[self.index : self.index + 1] in ("", "\n", ",", "]", "}"):
                return value
        self._rest()
        return HclOther(self.text[begin : self.index].strip(), line)

    def _rest(self) -> None:
        """Past the rest of an expression: to the end of its line, or of what it is in."""
        depth = 0
        while self.index < len(self.text):
            sign = self.text[self.index]
            if sign == '"':
                self._string()
                continue
            if self._at("<<") and _HERE.match(self.text, self.index):
                self._here()
                continue
            if sign in "([{":
                depth += 1
            elif sign in ")]}":
                if not depth:
                    return
                depth -= 1
            elif (sign == "\n" or sign == ",") and not depth:
                return
            elif sign == "#" or self._at("//") or self._at("/*"):
                self._skip(lines=False)
                continue
            self.index += 1

    def _list(self, depth: int) -> HclList:
        line = self.line
        self.index += 1
        items: list[HclValue] = []
        while True:
            self._skip()
            if self._at("]"):
                self.index += 1
                return HclList(tuple(items), line)
            if self.index >= len(self.text):
                raise self.error("a list has no end", line)
            before = self.index
            items.append(self._value(depth + 1))
            self._skip()
            if self._at(","):
                self.index += 1
            elif self.index == before:
                raise self.error(f"{self.text[self.index]!r} in a list")

    def _string(self) -> HclText:
        line = self.line
        parts = []
        text = self.text
        index = self.index + 1
        while True:
            sign = text[index : index + 1]
            if sign in ("", "\n"):
                raise self.error("a text has no end", line)
            if sign == '"':
                break
            if sign == "\\":
                parts.append(_ESCAPES.get(text[index + 1 : index + 2], text[index : index + 2]))
                index += 2
            elif text.startswith("${", index) and text[index - 1] != "$":
                end = end_of_braces(text, index + 2)
                if end is None:
                    raise self.error("an interpolation has no end", line)
                parts.append(text[index:end])
                index = end
            else:
                parts.append(sign)
                index += 1
        self.index = index + 1
        whole = "".join(parts)
        return HclText(whole, line, ((line, whole),))

    def _here(self) -> HclText:
        found = _HERE.match(self.text, self.index)
        line = self.line
        if found is None:
            raise self.error("<< without a word")
        self.index = found.end()
        rows: list[tuple[int, str]] = []
        while self.index < len(self.text):
            number = self.line
            end = self.text.find("\n", self.index)
            end = end if end >= 0 else len(self.text)
            row = self.text[self.index : end]
            self.index = end if row.strip() == found[2] else end + 1
            if row.strip() == found[2]:
                break
            rows.append((number, row.rstrip("\r") + "\n"))
        else:
            raise self.error(f"the here-document {found[2]} has no end", line)
        if found[1] and rows:
            blank = min((len(row) - len(row.lstrip()) for _, row in rows if row.strip()), default=0)
            rows = [(number, row[blank:] if row.strip() else row) for number, row in rows]
        return HclText("".join(row for _, row in rows), line, tuple(rows))
