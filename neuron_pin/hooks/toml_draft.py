"""Additions to a TOML file that belongs to somebody else.

tomlkit locates values, whatever their form; the text itself is only ever added to.
Writing is not left to tomlkit: seen in 0.15.2, a new table can swallow the dotted keys that follow
it, what is appended to an array of tables that has another table in between is lost, and at the
top of a file such an array is moved together (findings/tomlkit-new-table-takes-dotted-keys.sh).
So it reads one table at a time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from neuron_pin.errors import CannotWrite
from neuron_pin.fs.toml import parse_toml
from neuron_pin.record import NamedTuple

from .blocks import KEPT, split_lines
from .tagged import AFTER_OPEN_END, TAG, WITH_KEY, WITH_LINE_END, remove_tagged

Path = tuple[str, ...]
"""The keys that lead to a value, from the top of the document."""

_HEADER = re.compile(r"[ \t]*\[")
_PLAIN = "write each of uv's tables once, under a header of its own"
_REST_OF_LINE = re.compile(r"[ \t]*(?:#[^\n]*)?\r?\n")


class Setting(NamedTuple):
    """A key of ours and its value: a list's entries, or the one value, as TOML writes them.

    ``is_list`` is false for one value that may also be written as a list of one; inside of a
    table in braces it is written so, because only a list has room for our mark.
    """

    key: str
    entries: tuple[str, ...]
    is_list: bool = True


class _Span(NamedTuple):
    start: int
    end: int
    is_table: bool
    """Whether it is a table in braces."""


class _Part(NamedTuple):
    """A header and the lines below it, up to the next one."""

    path: Path
    """The table's, empty before the first header."""
    is_list: bool
    """Whether it is one of several, ``[[…]]``."""
    start: int
    body: int
    """Where the line behind the header begins."""
    end: int
    document: Mapping[str, Any]


class TomlDraft:
    """A TOML text and what to add to it; nothing of theirs is removed.

    Raises `CannotWrite` for a text that TOML does not allow.  `finish` gives the new text.
    """

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text
        self.document = parse(path, text)
        self._added: list[tuple[int, str]] = []
        self._in_braces: dict[int, list[str]] = {}
        self._parts = _split_parts(text)
        self._bodies = {p.path: p.body for p in self._parts if p.path and not p.is_list}

    def value(self, path: Path) -> Any:
        """The value at a path, none where there is none."""
        return _get(self.document, path)

    def prepend(self, path: Path, rows: Sequence[str]) -> bool:
        """Add our rows before the entries of a list in brackets; false where there is none.

        A row that begins with ``#`` is a comment.
        """
        span = self._find_value(path)
        if span is None or not isinstance(self.value(path), list):
            return False
        opened = span.start + 1
        rest = _REST_OF_LINE.match(self.text, opened)
        if rest is not None:
            self._added.append((rest.end(), _array_lines(rows)))
        else:
            self._added.append((opened, f"{WITH_LINE_END}\n{_array_lines(rows)}"))
        return True

    def add(self, table: Path, settings: Sequence[Setting]) -> None:
        """Add keys that a table does not have yet, whatever form the table is written in."""
        if not settings:
            return
        braces = self._find_braces(table)
        if braces is not None:
            at, below = braces
            atoms = self._in_braces.setdefault(at, [])
            for setting in settings:
                key = ".".join((*below, setting.key))
                atoms.append(f" {key} = [{WITH_KEY}\n{_array_lines(setting.entries)}]")
        elif not table:
            self._add_lines(0, _write(settings))
        elif table in self._bodies:
            self._add_lines(self._bodies[table], _write(settings))
        elif self._takes_header(table):
            self._add_lines(len(self.text), [f"[{'.'.join(table)}]", *_write(settings)])
        else:
            at, prefix = self._find_dotted(table)
            self._add_lines(at, _write(settings, prefix))

    def add_tables(self, rows: Sequence[str], *, at_end: bool) -> None:
        """Add lines that begin with ``[[…]]``, behind the last table or before the first."""
        self._add_lines(len(self.text) if at_end else self._parts[0].end, rows)

    def find_braces(self, table: Path) -> bool:
        """Whether a table is, or would be, in braces, where no line is free."""
        return self._find_braces(table) is not None

    def keep(self, path: Path) -> None:
        """Turn the lines of a key of theirs into comments."""
        value = self.value(path)
        if value is None:
            return
        span = self._find_value(path)
        if span is None:
            if isinstance(value, dict) and not any(
                p.path[: len(path)] == path for p in self._parts
            ):
                for key in value:
                    self.keep((*path, key))
                return
            where = ".".join(path)
            raise CannotWrite(
                self.path, f"{where} is a table of its own, which neuron-pin cannot replace"
            )
        start, end = self._find_lines(path, span)
        for line in split_lines(self.text[start:end]):
            self._added.append((start, KEPT))
            start += len(line)

    def finish(self, expected: Mapping[str, Any]) -> str:
        """The text with ours in it, which is ``expected`` when it is read, and which
        `remove_tagged` restores byte for byte; raises `CannotWrite` where it would not."""
        added = [
            (at, ",".join(atoms) + ("" if self._is_empty(at) else ","))
            for at, atoms in self._in_braces.items()
        ]
        out = []
        last = 0
        # Before a line of theirs that becomes a comment there may be lines of ours.
        for at, own in sorted([*self._added, *added], key=lambda one: (one[0], one[1] == KEPT)):
            out += [self.text[last:at], own]
            last = at
        new = "".join([*out, self.text[last:]])
        if parse(self.path, new) != expected or remove_tagged(new) != self.text:
            raise CannotWrite(
                self.path, "has a form to which neuron-pin cannot add its lines", hint=_PLAIN
            )
        return new

    def _add_lines(self, at: int, rows: Sequence[str]) -> None:
        if at == len(self.text) and self.text and not self.text.endswith("\n"):
            is_first = not any(place == at for place, _ in self._added)
            own = f"\n{rows[0]}{AFTER_OPEN_END}\n" if is_first else f"{rows[0]}{TAG}\n"
            rows = rows[1:]
        else:
            own = ""
        self._added.append((at, own + "".join(f"{row}{TAG}\n" for row in rows)))

    def _find_braces(self, table: Path) -> tuple[int, Path] | None:
        """Behind which brace a table is written, and what of its path remains there."""
        for length in range(len(table), 0, -1):
            if isinstance(self.value(table[:length]), dict):
                span = self._find_value(table[:length])
                if span is not None and span.is_table:
                    return span.start + 1, table[length:]
        return None

    def _is_empty(self, brace: int) -> bool:
        return self.text[brace:].lstrip().startswith("}")

    def _takes_header(self, table: Path) -> bool:
        """Whether a header at the end may begin the table: not if dotted keys have begun it."""
        try:
            parse_toml(f"{self.text}\n[{'.'.join(table)}]\n")
        except ValueError:
            return False
        return True

    def _find_dotted(self, table: Path) -> tuple[int, str]:
        """The line of the first dotted key in a table, and what that key begins with."""
        leaf, value = table, self.value(table)
        while isinstance(value, dict) and value and self._find_value(leaf) is None:
            key = next(iter(value))
            leaf, value = (*leaf, key), value[key]
        span = self._find_value(leaf) if len(leaf) > len(table) else None
        if span is None:
            where = ".".join(table)
            raise CannotWrite(
                self.path,
                f"has {where} in a form to which neuron-pin cannot add",
                hint=f"write it as a table [{where}]",
            )
        start, _ = self._find_lines(leaf, span)
        written = self.text[start : span.start].rstrip().removesuffix("=")
        depth = len(leaf) - _depth(parse_toml(f"{written} = 0"))
        return start, "".join(f"{key}." for key in table[depth:])

    def _find_lines(self, path: Path, span: _Span) -> tuple[int, int]:
        """The whole lines of a key and its value; raises `CannotWrite` where others share them."""
        start = self.text.rfind("\n", 0, span.start) + 1
        rest = _REST_OF_LINE.match(self.text + "\n", span.end)
        try:
            if rest is not None and _depth(parse_toml(f"{self.text[start : span.start]}0")):
                return start, min(rest.end(), len(self.text))
        except ValueError:
            pass
        raise CannotWrite(
            self.path,
            f"has {'.'.join(path)} in a table in braces, where neuron-pin cannot replace it",
            hint=f"write that as a table [{'.'.join(path[:-1])}]",
        )

    def _find_value(self, path: Path) -> _Span | None:
        """The place of a value; none for a table or tables with headers or dotted keys."""
        for part in self._parts:
            if _get(part.document, path) is not None:
                return self._find_in_part(part, path)
        return None

    def _find_in_part(self, part: _Part, path: Path) -> _Span | None:
        import tomlkit
        from tomlkit.exceptions import TOMLKitError
        from tomlkit.items import AoT, InlineTable, Item, Table

        text = self.text[part.start : part.end]
        mark = "here"
        while mark in text:
            mark += "-here"
        try:
            document = tomlkit.parse(text)
            parent: Any = document
            for key in path[:-1]:
                parent = parent[key]
            found = parent[path[-1]]
            # A boolean is given bare.
            if not isinstance(found, (Item, bool)) or isinstance(found, (Table, AoT)):
                return None
            parent[path[-1]] = mark
            written = tomlkit.dumps(document)
        except (TOMLKitError, LookupError, TypeError, ValueError, RecursionError):
            written = ""
        before, _, after = written.partition(json.dumps(mark))
        end = len(text) - len(after)
        if not written or text[: len(before)] != before or text[end:] != after:
            where = ".".join(path)
            raise CannotWrite(self.path, f"{where} cannot be located with certainty", hint=_PLAIN)
        start = part.start + len(before)
        return _Span(start, part.start + end, isinstance(found, InlineTable))


def parse(path: str, text: str) -> dict[str, Any]:
    """A file's document; raises `CannotWrite` for what uv could not read either."""
    try:
        return parse_toml(text)
    except ValueError as error:
        raise CannotWrite(path, f"uv cannot read it: {error}", hint="correct it first") from None


def _array_lines(rows: Sequence[str]) -> str:
    return "".join(f"{row}{TAG}\n" if row.startswith("#") else f"    {row},{TAG}\n" for row in rows)


def _write(settings: Sequence[Setting], prefix: str = "") -> list[str]:
    rows = []
    for key, entries, is_list in settings:
        if is_list:
            rows += [f"{prefix}{key} = [", *(f"    {entry}," for entry in entries), "]"]
        else:
            rows.append(f"{prefix}{key} = {entries[0]}")
    return rows


def _split_parts(text: str) -> list[_Part]:
    """A document from header to header; the first part is what stands before any."""
    starts: list[tuple[int, int]] = [(0, 0)]
    at = 0
    for line in split_lines(text):
        if _HEADER.match(line):
            try:
                # A list's rows, and a text of several lines, may begin with a bracket too.
                parse_toml(line)
                parse_toml(text[starts[-1][0] : at])
                starts.append((at, at + len(line)))
            except ValueError:
                pass
        at += len(line)
    ends = [start for start, _ in starts[1:]] + [len(text)]
    parts = []
    for (start, body), end in zip(starts, ends, strict=True):
        path: Path = ()
        value: Any = parse_toml(text[start:body])
        while isinstance(value, dict) and value:
            (key,) = value
            path = (*path, key)
            value = value[key]
        is_list = isinstance(value, list)
        parts.append(_Part(path, is_list, start, body, end, parse_toml(text[start:end])))
    return parts


def _get(document: Mapping[str, Any], path: Path) -> Any:
    found: Any = document
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _depth(document: Mapping[str, Any]) -> int:
    """How many keys lead to a document's one value, 0 where it has none or several."""
    depth = 0
    value: Any = document
    while isinstance(value, dict):
        if len(value) != 1:
            return 0
        value = next(iter(value.values()))
        depth += 1
    return depth
