"""One announcement page as text: its date, its title, what it says, as docutils reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.fs.reading import read_bounded

MAX_PAGE_BYTES = 1024 * 1024
"""Most bytes of a page that are read."""


@dataclass(frozen=True, slots=True)
class UnparsedPage:
    """A page that no event came of, or not of all that it says, and why; ``line`` is where it
    says so, 0 for the whole page."""

    path: str
    title: str
    reason: str
    line: int = 0

    @property
    def place(self) -> str:
        """Page and line."""
        return f"{self.path}:{self.line}" if self.line else self.path

    def as_document(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found: dict[str, Any] = {"path": self.path, "title": self.title, "reason": self.reason}
        return found | ({"line": self.line} if self.line else {})


@dataclass(frozen=True, slots=True)
class Page:
    path: str
    announced: date
    title: str
    text: str
    renames: tuple[tuple[str, str], ...]


def read_page(path: str) -> str:
    try:
        return read_bounded(path, MAX_PAGE_BYTES, UnreadableInput).decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableInput(path, None, "not UTF-8 text") from None


def parse_post(text: str) -> date | None:
    """The day on which a page was posted, none where it says none that can be."""
    day = re.search(r"^\.\. post::\s*([A-Za-z]+)\.? (\d{1,2}), (\d{4})", text, re.M)
    return read_english_day(*day.groups()) if day is not None else None


def parse_page(source: str, text: str, posted: date | None) -> Page | UnparsedPage:
    title, body, renames = _read(text)
    if posted is None:
        stated = re.search(r"^\.\. post::[ \t]*(\S.*)$", text, re.M)
        if stated is not None:
            line = text.count("\n", 0, stated.start()) + 1
            reason = f"its date was not understood: {stated[1].strip()!r}"
            return UnparsedPage(source, title, reason, line)
        return UnparsedPage(source, title, "it has no '.. post::' line with a date")
    if not title:
        return UnparsedPage(source, "", "it has no title")
    return Page(source, posted, title, body, renames)


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read_english_day(month: str, day: str, year: str) -> date | None:
    """A day whose month is an English word, whatever the locale; none for one that cannot be."""
    try:
        return date(int(year), _MONTHS.index(month[:3].lower()) + 1, int(day))
    except ValueError:
        return None


def _read(text: str) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    """The page's first title, its running text, and the old and new names of a table of
    renames, as docutils reads them."""
    try:
        from docutils import nodes
        from docutils.core import publish_doctree
        from docutils.parsers.rst import Directive, directives, roles
    except ImportError:
        raise WrongUsage(
            "reading announcement pages needs docutils",
            hint=install_command("announcements"),
        ) from None

    class Sphinx(Directive):
        """A directive of Sphinx or its extensions: left out."""

        has_content = True
        optional_arguments = 100
        final_argument_whitespace = True

        def run(self) -> list[nodes.Node]:
            return []

    def spoken(
        name: str, rawtext: str, words: str, lineno: int, inliner: Any, *more: Any
    ) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A role of Sphinx: its text without its target."""
        del name, rawtext, lineno, inliner, more
        return [nodes.Text(re.sub(r"\s*<[^>]*>$", "", words))], []

    for name in ("post", "toctree", "card", "grid", "tab-set", "dropdown", "meta"):
        directives.register_directive(name, Sphinx)
    for name in set(re.findall(r":([a-z][\w+.:-]{0,30}):`", text)):
        roles.register_local_role(name, spoken)  # type: ignore[arg-type]  # nodes of any kind
    settings = {
        "_disable_config": True,
        "file_insertion_enabled": False,
        "raw_enabled": False,
        "report_level": 5,
        "halt_level": 5,
    }
    document = publish_doctree(text, settings_overrides=settings)
    title = next((node.astext() for node in document.findall(nodes.title)), "")
    body = [
        _strip_markup(node.astext())
        for node in document.findall(lambda n: isinstance(n, nodes.paragraph))
        if not isinstance(node.parent, nodes.system_message)
    ]
    renames = []
    for table in document.findall(nodes.table):
        rows = [
            [_strip_markup(cell.astext()) for cell in row.findall(nodes.entry)]
            for row in table.findall(nodes.row)
        ]
        if rows and len(rows[0]) > 1 and [c.lower()[:8] for c in rows[0][:2]] == _RENAMED:
            renames += [(row[1], row[0]) for row in rows[1:]]
    return _strip_markup(title), "\n".join(body), tuple(renames)


_RENAMED = ["new name", "old name"]


def _strip_markup(text: str) -> str:
    return " ".join(text.replace("’", "'").split())
