"""One page of release notes as passages: titles, cells of tables, items and paragraphs, each with
its line, and with the release or the day that the sections around it name.

The pages are reStructuredText for Sphinx.  A line is what a person is sent to, so they are read
by line, and no more of the markup is understood than the passages need.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

from neuron_pin.record import Enum

from .announcement_page import read_english_day

MAX_LINES = 20_000
"""Most lines of a page that are read."""


class PassageKind(Enum):
    """Where a passage is on its page."""

    TITLE = "title"
    CELL = "cell"
    """The first cell of a row: what the row is about."""
    TEXT = "text"


@dataclass(slots=True)
class Section:
    """A title, and what is beneath it: the release of the SDK and the day that it names.

    ``stated`` is what stands in the place of a day and is not one (``To be announced``), and
    ``stated_line`` is its line.
    """

    level: int
    line: int
    title: str
    sdk: str = ""
    day: date | None = None
    stated: str = ""
    stated_line: int = 0
    outer: Section | None = None

    def find_sdk(self) -> str:
        """The release of the section or of the nearest one around it, empty for none; a section
        with a day of its own does not take one from outside."""
        if self.sdk or self.day is not None or self.outer is None:
            return self.sdk
        return self.outer.find_sdk()

    def find_day(self) -> date | None:
        """The day of the section or of the nearest one around it."""
        if self.day is not None or self.sdk or self.stated or self.outer is None:
            return self.day
        return self.outer.find_day()

    def find_stated(self) -> tuple[str, int]:
        """A day in words that takes the place of a day, and its line; empty for none."""
        if self.day is not None or self.sdk or self.stated or self.outer is None:
            return self.stated, self.stated_line
        return self.outer.find_stated()


@dataclass(slots=True)
class Passage:
    """A piece of text that is read as one.

    ``row`` is the first cell of its table row, ``sdk`` the release that the row names.  ``ends``
    are where the lines end in the text.
    """

    kind: PassageKind
    lines: list[tuple[int, str]]
    section: Section
    row: str = ""
    sdk: str = ""
    text: str = field(init=False, default="")
    ends: list[int] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.text = " ".join(text for _, text in self.lines)
        self.ends = list(accumulate(len(text) + 1 for _, text in self.lines))

    def find_line(self, offset: int) -> int:
        """The line of the page on which a character of the text is."""
        return self.lines[min(bisect_right(self.ends, offset), len(self.lines) - 1)][0]


_UNDERLINE = re.compile(r"([=\-~^\"'*+#`.:_])\1{2,}\s*$")
_OF_RELEASE = re.compile(
    r"\(Neuron (\d+\.\d+\.\d+) Release\)|"
    r"^(?:AWS )?Neuron(?: SDK)?(?: Release)? (\d+\.\d+\.\d+)(?! ?beta)\b|"
    r"\(Neuron SDK (\d+\.\d+\.\d+)\)|"
    r"Neuron SDK Release Notes - v(\d+\.\d+\.\d+)",
    re.I,
)
_IN_PARENTHESES = re.compile(r"\((\d\d?/\d\d?/\d{4})\)")
_DATED = re.compile(
    r"\W{0,2}(?:Date(?: of [Rr]elease)?|Posted on|Released?(?: Date)?)\W{0,3}:\W{0,3}(.+)$"
)
_LATEST = re.compile(r"Latest version \(in (\d+\.\d+\.\d+)\)")
_SKIPPED = re.compile(r"\.\. (?:code-block|toctree|meta|contents|image|include|program-output)::")
_ROW = re.compile(r"^(\s*)\* - ?(.*)$")
_VERSION_CELL = re.compile(r"^\W*(\d+\.\d+\.\d+)\W*$")


def parse_day(text: str) -> date | None:
    """A day as pages write it, ``07/20/2026``, ``2026-07-20`` or ``July 20, 2026``; none for
    everything else."""
    text = text.strip(" *.")
    numbers = re.fullmatch(r"(\d\d?)/(\d\d?)/(\d{4})", text)
    iso = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", text)
    words = re.fullmatch(r"([A-Za-z]{3,9})\.? (\d\d?),? (\d{4})", text)
    if words is not None:
        return read_english_day(*words.groups())
    try:
        if numbers is not None:
            return date(int(numbers[3]), int(numbers[1]), int(numbers[2]))
        if iso is not None:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
    except ValueError:
        return None
    return None


def strip_markup(text: str) -> str:
    """A line without roles, links, literals and emphasis."""
    # First without runs of spaces, which would cost the square of their length below.
    text = " ".join(text.split())
    text = re.sub(r":[a-z][\w+.:-]{0,30}:`([^`<]*?)\s*(?:<[^>`]*>)?`", r"\1", text)
    text = re.sub(r"`([^`<]+?)\s*<[^>`]*>`__?", r"\1", text)
    text = text.replace("``", "").replace("**", "").replace("’", "'")
    return " ".join(re.sub(r"(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)", "", text).split())


def read_passages(text: str) -> list[Passage]:
    """The passages of a page, in order."""
    return list(_Reader(text).read())


def is_of_release(passages: list[Passage]) -> bool:
    """Whether a page is one of release notes: a section names a release or a day."""
    return any(p.section.sdk or p.section.day or p.section.stated or p.sdk for p in passages)


class _Reader:
    def __init__(self, text: str) -> None:
        self.lines = [line.rstrip() for line in text.split("\n")[:MAX_LINES]]
        self.section = Section(0, 1, "")
        self.levels: list[str] = []

    def read(self) -> Iterator[Passage]:
        at = 0
        while at < len(self.lines):
            line = self.lines[at]
            if not line.strip():
                at += 1
            elif self._is_title(at):
                yield self._open(at)
                at += 2
            elif _ROW.match(line):
                row, at = self._take_row(at)
                yield from row
            elif line.lstrip().startswith(".. "):
                at = self._pass_directive(at)
            elif _UNDERLINE.match(line) or line.lstrip().startswith(":"):
                at += 1
            else:
                passage, at = self._take_text(at)
                yield from passage

    def _is_title(self, at: int) -> bool:
        line, following = self.lines[at], self.lines[at + 1 : at + 2]
        if not following or line[:1].isspace() or line.startswith((".. ", "* ", ":")):
            return False
        underline = _UNDERLINE.match(following[0])
        return underline is not None and _UNDERLINE.match(line) is None and len(following[0]) >= 3

    def _open(self, at: int) -> Passage:
        title, mark = strip_markup(self.lines[at]), self.lines[at + 1][0]
        if at and _UNDERLINE.match(self.lines[at - 1]) and self.lines[at - 1][0] == mark:
            mark += mark
        if mark not in self.levels:
            self.levels.append(mark)
        level = self.levels.index(mark) + 1
        outer: Section | None = self.section
        while outer is not None and outer.level >= level:
            outer = outer.outer
        section = Section(level, at + 1, title, outer=outer)
        release = _OF_RELEASE.search(title)
        if release is not None:
            section.sdk = next(group for group in release.groups() if group)
        day = _IN_PARENTHESES.search(title)
        section.day = parse_day(day[1]) if day is not None else None
        self.section = section
        return Passage(PassageKind.TITLE, [(at + 1, title)], section)

    def _pass_directive(self, at: int) -> int:
        """The line after a directive; after its content where that is no text."""
        indent = _indent(self.lines[at])
        skipped = _SKIPPED.match(self.lines[at].lstrip()) is not None
        at += 1
        while skipped and at < len(self.lines):
            if self.lines[at].strip() and _indent(self.lines[at]) <= indent:
                break
            at += 1
        return at

    def _take_row(self, at: int) -> tuple[list[Passage], int]:
        """The passages of a row of a list table, and the line after it."""
        match = _ROW.match(self.lines[at])
        assert match is not None
        indent = len(match[1])
        cells: list[list[tuple[int, str]]] = [[(at + 1, match[2])]]
        at += 1
        while at < len(self.lines):
            line = self.lines[at]
            if line.strip():
                if _indent(line) <= indent:
                    break
                if _indent(line) == indent + 2 and line.lstrip().startswith("- "):
                    cells.append([])
                    line = line.lstrip()[2:]
                cells[-1].append((at + 1, line))
            at += 1
        head = " ".join(strip_markup(text) for _, text in cells[0]).strip()
        sdk = ""
        for cell in cells[1:]:
            version = _VERSION_CELL.match(strip_markup(" ".join(text for _, text in cell)))
            sdk = sdk or (version[1] if version is not None else "")
        found = [self._passage(PassageKind.CELL, cells[0], head, sdk)]
        for cell in cells[1:]:
            item: list[tuple[int, str]] = []
            for number, text in cell:
                if text.lstrip().startswith(("* ", "- ")) and item:
                    found.append(self._passage(PassageKind.TEXT, item, head, sdk))
                    item = []
                item.append((number, text))
            if item:
                found.append(self._passage(PassageKind.TEXT, item, head, sdk))
        return [passage for passage in found if passage.text], at

    def _take_text(self, at: int) -> tuple[list[Passage], int]:
        """A paragraph or an item, and the line after it."""
        lines = [(at + 1, self.lines[at])]
        at += 1
        while at < len(self.lines):
            line = self.lines[at]
            starts = line.lstrip().startswith(("* ", "- ", ".. "))
            if not line.strip() or starts or self._is_title(at) or _UNDERLINE.match(line):
                break
            lines.append((at + 1, line))
            at += 1
        passage = self._passage(PassageKind.TEXT, lines)
        dated = _DATED.match(passage.text)
        if dated is not None and len(passage.text) < 80:
            day = parse_day(dated[1])
            if self.section.day is None and not self.section.stated:
                self.section.day = day
                if day is None:
                    self.section.stated, self.section.stated_line = dated[1], lines[0][0]
            return [], at
        latest = _LATEST.match(passage.text)
        passage.sdk = latest[1] if latest is not None else ""
        return ([passage] if passage.text else []), at

    def _passage(
        self, kind: PassageKind, lines: list[tuple[int, str]], row: str = "", sdk: str = ""
    ) -> Passage:
        stripped = []
        for number, text in lines:
            text = text.lstrip()
            if text.startswith(("* ", "- ")):
                text = text[2:]
            stripped.append((number, strip_markup(text)))
        return Passage(kind, stripped, self.section, row, sdk)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
