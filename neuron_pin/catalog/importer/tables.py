"""Tables of published pages, whatever they are written in: list tables, simple tables and grid
tables of reStructuredText, and tables of Markdown.

Which columns a table has to have is data (``vendor_tables.json``): a kind of table is known by the
titles of its columns, on pages of certain names.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from neuron_pin.catalog.files import read_object
from neuron_pin.errors import UnreadableInput
from neuron_pin.record import NamedTuple

from .release_page import MAX_LINES, strip_markup

DESCRIPTION = os.path.join(os.path.dirname(os.path.dirname(__file__)), "vendor_tables.json")
MAX_ROWS = 5_000
"""Most rows of a table that are read."""


class Row(NamedTuple):
    """The cells of a row without markup, and its line."""

    line: int
    cells: tuple[str, ...]


class Table(NamedTuple):
    """A table: the titles of its columns, and its rows."""

    head: Row
    rows: tuple[Row, ...]


class TableKind(NamedTuple):
    """A kind of table: the patterns of the pages that have it, and by column a pattern of what its
    title can be; ``optional`` are columns that it may lack.  A table without the column ``mark`` is
    of another kind, whatever else it has; empty for none."""

    pages: str
    columns: Mapping[str, str]
    optional: frozenset[str]
    mark: str = ""

    def is_on(self, page: str) -> bool:
        """Whether a page, by its path, may have such a table."""
        return re.search(self.pages, page) is not None

    def read(
        self, path: str, text: str
    ) -> Iterator[tuple[Table, list[tuple[int, dict[str, str]]]]]:
        """The tables of this kind on a page: each with its rows as values by column, with their
        lines.

        Raises `UnreadableInput` for one that lacks a column, and for a row that has more or fewer
        cells than columns: half a table is none.
        """
        for table in read_tables(text):
            places = self._place(path, table)
            if places is None:
                continue
            rows = []
            for row in table.rows:
                if len(row.cells) != len(table.head.cells):
                    raise UnreadableInput(
                        path,
                        row.line,
                        f"the row has {len(row.cells)} cells, and the table "
                        f"{len(table.head.cells)} columns",
                        hint="nothing was imported",
                    )
                values = {name: row.cells[at] for name, at in places.items()}
                rows.append((row.line, values))
            yield table, rows

    def _place(self, path: str, table: Table) -> dict[str, int] | None:
        """The place of each column; None for a table of another kind."""
        found: dict[str, int] = {}
        for name, pattern in self.columns.items():
            for at, title in enumerate(table.head.cells):
                if at not in found.values() and re.fullmatch(pattern, title, re.I):
                    found[name] = at
                    break
        wanted = [name for name in self.columns if name not in self.optional]
        missing = [name for name in wanted if name not in found]
        if self.mark and self.mark not in found:
            return None
        if len(found) < 2 or len(missing) * 2 > len(wanted):
            return None
        if missing:
            shown = ", ".join(table.head.cells)
            raise UnreadableInput(
                path,
                table.head.line,
                f"the table has no column for {' and '.join(missing)}; it has {shown[:200]}",
                hint="nothing was imported",
            )
        return found


@functools.lru_cache(maxsize=1)
def _description() -> dict[str, Any]:
    return read_object(DESCRIPTION)


def find_table_kind(name: str) -> TableKind:
    """A kind of table, as ``vendor_tables.json`` describes it."""
    row = _description()["tables"][name]
    optional = frozenset(row.get("optional", ()))
    return TableKind(row["pages"], row["columns"], optional, row.get("mark", ""))


def translate(name: str, text: str) -> str:
    """A word of a page in the facts' own words, by the patterns of ``vendor_tables.json``; empty
    for one that no pattern has."""
    for pattern, form in _description()["words"][name]:
        match = re.fullmatch(pattern, text.strip(), re.I)
        if match is not None:
            return str(form).format(*match.groups())
    return ""


def refuse_html(path: str, text: str) -> None:
    """Raise `UnreadableInput` for a page as a browser gets it in the place of its source."""
    if re.match(r"\s*(?:<!doctype html|<html|<\?xml)", text[:500], re.I):
        raise UnreadableInput(
            path,
            1,
            "is an HTML page, and not the source of one (.rst)",
            hint="nothing was imported; the documentation has the source below /_sources/",
        )


def read_tables(text: str) -> Iterator[Table]:
    """The tables of a page, in order."""
    lines = [line.rstrip() for line in text.split("\n")[:MAX_LINES]]
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        rows: list[Row] = []
        start = at
        if re.match(r"\.\. list-table::", line):
            rows, at = _read_list(lines, at)
        elif re.fullmatch(r"=+(?: +=+)+", line):
            rows, at = _read_simple(lines, at)
        elif re.fullmatch(r"\+(?:[-=]+\+){2,}", line):
            rows, at = _read_grid(lines, at)
        elif "|" in line and at + 1 < len(lines) and _is_rule(lines[at + 1]):
            rows, at = _read_markdown(lines, at)
        at = max(at, start + 1)
        if len(rows) > 1:
            yield Table(rows[0], tuple(rows[1 : MAX_ROWS + 1]))


def _row(line: int, cells: Sequence[str]) -> Row:
    return Row(line, tuple(strip_markup(cell).strip() for cell in cells))


def _read_list(lines: Sequence[str], at: int) -> tuple[list[Row], int]:
    """A ``list-table``: ``* -`` begins a row, ``-`` below it a cell."""
    indent = len(lines[at]) - len(lines[at].lstrip())
    rows: list[tuple[int, list[str]]] = []
    mark = -1
    at += 1
    while at < len(lines):
        line = lines[at]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        begins = re.match(r"(\s*)\* -(?: (.*))?$", line)
        more = re.match(r"(\s*)-(?: (.*))?$", line)
        if begins and (mark < 0 or len(begins[1]) == mark):
            mark = len(begins[1])
            rows.append((at + 1, [begins[2] or ""]))
        elif rows and more and len(more[1]) == mark + 2:
            rows[-1][1].append(more[2] or "")
        elif rows and line.strip():
            rows[-1][1][-1] += f" {line.strip()}"
        at += 1
    return [_row(number, cells) for number, cells in rows], at


def _read_simple(lines: Sequence[str], at: int) -> tuple[list[Row], int]:
    """A simple table: its columns are where the rules have ``=``."""
    starts = [match.start() for match in re.finditer(r"=+", lines[at])]
    rule = re.compile(r"\s*=+(?: +=+)*\s*")
    rows: list[Row] = []
    rules = 1
    at += 1
    while at < len(lines) and rules < 3:
        line = lines[at]
        if not line.strip() and rules > 1:
            break
        if rule.fullmatch(line) and line.strip():
            rules += 1
        elif line.strip() and not re.fullmatch(r"\s*-+(?: +-+)*\s*", line):
            ends = [*starts[1:], None]
            cells = [line[start:end].strip() for start, end in zip(starts, ends, strict=True)]
            if not cells[0] and rows:
                # A row whose first cell is empty goes on.
                joined = zip(rows[-1].cells, cells, strict=True)
                rows[-1] = Row(rows[-1].line, tuple(" ".join(p).strip() for p in joined))
            else:
                rows.append(_row(at + 1, cells))
        at += 1
    return rows, at


def _read_grid(lines: Sequence[str], at: int) -> tuple[list[Row], int]:
    """A grid table: rows between rules, cells between bars."""
    rows: list[Row] = []
    cells: list[str] = []
    start = at + 1
    while at < len(lines) and lines[at].strip()[:1] in ("+", "|"):
        line = lines[at].strip()
        if line.startswith("+"):
            if cells:
                rows.append(_row(start, cells))
            cells, start = [], at + 2
        else:
            parts = [part.strip() for part in line.strip("|").split("|")]
            cells = (
                parts
                if not cells
                else [f"{a} {b}".strip() for a, b in zip(cells, parts, strict=False)]
            )
        at += 1
    return rows, at


def _is_rule(line: str) -> bool:
    return (
        "-" in line
        and re.fullmatch(r"\s*\|?(?:\s*:?-+:?\s*\|)+(?:\s*:?-+:?\s*)?\|?\s*", line) is not None
    )


def _read_markdown(lines: Sequence[str], at: int) -> tuple[list[Row], int]:
    """A table of Markdown: bars between cells, a rule below the head."""
    rows = [_row(at + 1, _split_bars(lines[at]))]
    at += 2
    while at < len(lines) and "|" in lines[at]:
        rows.append(_row(at + 1, _split_bars(lines[at])))
        at += 1
    return rows, at


def _split_bars(line: str) -> list[str]:
    return line.strip().removeprefix("|").removesuffix("|").split("|")
