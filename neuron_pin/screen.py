"""What a terminal can show, and text laid out for it: columns, colors, links.

Renderers are given a `Screen` and know nothing of terminals.  `PLAIN` is what a file or a pipe
gets: one row a line however long, no color, no links.
"""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.record import NamedTuple

from .printable import make_printable

_CODES = {
    "bold": "1",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "magenta": "35",
    "cyan": "36",
}
_GAP = 2
_LEAST = 24
"""The least room of a last column that is wrapped; with less the rows are stacked."""

_STACKED = " " * 4


class Cell(NamedTuple):
    """A table's cell that is painted, or leads to an address, where the screen can do that."""

    text: str
    style: str = ""
    url: str = ""


class Screen(NamedTuple):
    """What is known of where a text goes.

    ``width`` is in columns, `None` for no bound.  ``has_links`` says whether OSC 8 links are
    understood.  ``names_sources`` is set where tables say which source is behind a row.
    """

    width: int | None = None
    has_color: bool = False
    has_links: bool = False
    names_sources: bool = False

    def paint(self, style: str, text: str) -> str:
        """The text in a style: a color, or ``bold``; as it is on a screen without color."""
        return f"\033[{_CODES[style]}m{text}\033[0m" if self.has_color and style else text

    def link(self, url: str, text: str) -> str:
        """The text as a link; as it is on a screen without links, or for an address that could
        hold more than an address.

        Source: OSC 8, https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda.
        """
        if not self.has_links or not is_link(url):
            return text
        from zlib import crc32

        # One identifier makes one link of a cell that is wrapped over several lines.
        return f"\033]8;id={crc32(url.encode()):x};{url}\033\\{text}\033]8;;\033\\"


PLAIN = Screen()
"""A file, a pipe, or anything else of which nothing is known."""


def is_link(url: str) -> bool:
    """Whether an address may go into a terminal's escape sequence: web, ASCII, no control
    character, no blank, of a sane length."""
    return (
        url.startswith(("https://", "http://"))
        and len(url) <= 2000
        and url.isascii()
        and url.isprintable()
        and " " not in url
    )


_WORDS = {
    "alpha": "magenta",
    "beta": "magenta",
    "rc": "magenta",
    "stable": "green",
    "maintenance": "yellow",
    "eos": "red",
    "chosen": "green",
}
"""How cells under these heads are painted, by their first word: the word stays."""

_PAINTED = ("PHASE", "VERDICT")


def columns(
    head: Sequence[str], rows: Sequence[Sequence[str | Cell]], screen: Screen = PLAIN
) -> list[str]:
    """A table's lines, columns left-aligned, the head first; what is not printable is escaped.

    Where it is wider than the screen its columns are wrapped, the last one first.  Where that
    would leave too little room, a row's leading cells are one line, and the others stand below
    it, each with its head before it.  A single word is never broken.
    """
    table = [[_cell(value) for value in row] for row in (head, *rows)]
    for row in table[1:]:
        for number, title in enumerate(head):
            if title in _PAINTED and not row[number].style:
                word = row[number].text.partition(" ")[0].rstrip(",")
                row[number] = row[number]._replace(style=_WORDS.get(word, ""))
    widths = [max(count_columns(row[i].text) for row in table) for i in range(len(head))]
    width = screen.width
    if width is None or sum(widths) + _GAP * (len(widths) - 1) <= width:
        return [_join(row, widths, screen) for row in table]
    fitting = _narrow(table, widths, width - _GAP * (len(widths) - 1))
    if fitting is not None:
        return [line for row in table for line in _wrap_row(row, fitting, screen)]
    return _stack(table, widths, width, screen)


def _narrow(table: list[list[Cell]], widths: list[int], room: int) -> list[int] | None:
    """Columns that fit into the room, from the last on wrapped as far as they have to be; none
    if their longest words do not fit."""
    least = _measure_words(table)
    least[-1] = max(least[-1], min(widths[-1], _LEAST))
    return _share(least, widths, room)


def _measure_words(table: list[list[Cell]]) -> list[int]:
    """The longest word of each column."""
    return [
        max(count_columns(word) for row in table for word in split_words(row[i].text) or [""])
        for i in range(len(table[0]))
    ]


def _share(least: list[int], widths: list[int], room: int) -> list[int] | None:
    """What is left of the room, given to columns from the first on; none where nothing is."""
    spare = room - sum(least)
    if spare < 0:
        return None
    for number, wanted in enumerate(widths):
        more = min(spare, wanted - least[number])
        least[number] += more
        spare -= more
    return least


def _cell(value: str | Cell) -> Cell:
    cell = value if isinstance(value, Cell) else Cell(value)
    return cell._replace(text=make_printable(cell.text))


def _join(row: Sequence[Cell], widths: Sequence[int], screen: Screen) -> str:
    parts = []
    for cell, width in zip(row, widths, strict=True):
        blank = " " * (width - count_columns(cell.text))
        parts.append(_show(cell, cell.text, screen) + blank)
    return (" " * _GAP).join(parts).rstrip()


def _show(cell: Cell, text: str, screen: Screen) -> str:
    if not text:
        return text
    shown = screen.paint(cell.style, text)
    return screen.link(cell.url, shown) if cell.url else shown


def _wrap_row(row: list[Cell], widths: list[int], screen: Screen) -> list[str]:
    pieces = [wrap(cell.text, width) for cell, width in zip(row, widths, strict=True)]
    return [
        _join(
            [
                cell._replace(text=lines[number] if number < len(lines) else "")
                for cell, lines in zip(row, pieces, strict=True)
            ],
            widths,
            screen,
        )
        for number in range(max(len(lines) for lines in pieces))
    ]


def _stack(table: list[list[Cell]], widths: list[int], width: int, screen: Screen) -> list[str]:
    head = [cell.text for cell in table[0]]
    beside = _count_fitting(widths, width)
    if beside == 1:
        # One long cell of the second column must not decide about all rows.
        least = _measure_words(table)
        beside = _count_fitting(least, width)
        shared = _share(least[:beside], widths[:beside], width - _GAP * (beside - 1))
        widths = shared or widths
    is_one = len(head) - beside == 1
    lines = _wrap_row(table[0][:beside], widths[:beside], screen)
    if is_one:
        lines.append(_STACKED + head[-1])
    for row in table[1:]:
        lines += _wrap_row(row[:beside], widths[:beside], screen)
        below = [
            (title, cell)
            for title, cell in zip(head[beside:], row[beside:], strict=True)
            if cell.text not in ("", "-")
        ]
        if is_one:
            for _, cell in below:
                pieces = wrap(cell.text, width - len(_STACKED))
                lines += [_STACKED + _show(cell, piece, screen) for piece in pieces]
            continue
        words = "; ".join(f"{title.lower()}: {cell.text}" for title, cell in below)
        lines += [_STACKED + piece for piece in wrap(words, width - len(_STACKED))] if words else []
    return lines


def _count_fitting(widths: Sequence[int], width: int) -> int:
    """How many columns fit beside each other, at least one."""
    count = 1
    while count < len(widths) and sum(widths[: count + 1]) + _GAP * count <= width:
        count += 1
    return count


def count_columns(text: str) -> int:
    """How many columns a printable text takes: two for wide letters (UAX #11), none for marks
    that combine."""
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


_COMMAND = (
    r"(?<![\w./'-])(?:sudo(?= )|(?:[\w./~-]+/)?(?:neuron-pin|neuron-pin\.py)(?= )"
    r"|apt-get(?= )|apt(?= (?:install|update|upgrade|policy))|apt-mark(?= )"
    r"|(?:[\w./~-]+/)?pip3?(?= (?:install|download|uninstall|config|index))"
    r"|uv(?= (?:pip|add|sync|run|lock|tool|venv))|(?:[\w./~-]+/)?python3?(?:\.\d+)?(?= -)"
    r"|dnf(?= (?:install|upgrade|update|remove|versionlock))|curl(?= )|git(?= clone)"
    r"|script/\w+|source(?= [\w./~-]+/bin/activate)|export(?= [A-Z]))"
    r"(?:[^;]*?[,;)](?= |$)|[^;]*$)"
)
"""A command in a sentence, up to what ends its clause."""


def split_words(text: str) -> list[str]:
    """What a text may be wrapped between: words, and whole commands, which have to be pasted in
    one piece."""
    import re

    words: list[str] = []
    end = 0
    for found in re.finditer(_COMMAND, text):
        words += text[end : found.start()].split(" ")
        words.append(found[0].strip())
        end = found.end()
    words += text[end:].split(" ")
    return [word for word in words if word]


def wrap(text: str, width: int, first: int | None = None) -> list[str]:
    """A text as lines of at most so many columns, the first of at most ``first``; a word or a
    command that is longer has a line of its own.  At least one line."""
    lines: list[str] = []
    line, room = "", width if first is None else first
    for word in split_words(text):
        longer = f"{line} {word}" if line else word
        if line and count_columns(longer) > room:
            lines.append(line)
            line, room = word, width
        else:
            line = longer
    return [*lines, line]


def fold(text: str, width: int | None) -> str:
    """A text's lines wrapped where they are too long, below their own beginning: behind a label,
    a number or a dash.

    Commands and addresses stay whole.  As in Markdown, a line that begins with four blanks is
    left as it is, but for one that stands below a label or begins with a dash; so is a whole
    file, from ``<<'END'`` to ``END``.
    """
    if width is None or not text:
        return text
    folded: list[str] = []
    is_file, below = False, 0
    for line in text.split("\n"):
        if is_file or line.endswith("<<'END'"):
            is_file = line != "END"
            folded.append(line)
            continue
        lead = len(line) - len(line.lstrip(" "))
        is_plain = lead < 4 or lead == below or line.startswith("- ", lead)
        if lead < 4:
            below = _measure_label(line, width, most=1)
        if not is_plain or "\033" in line or count_columns(line) <= width:
            folded.append(line)
            continue
        label = _measure_label(line, width, most=2)
        if label:
            pieces = wrap(line[label:], width - label)
            folded.append(line[:label] + pieces[0])
        else:
            label = lead + 2
            pieces = wrap(line[lead:], width - label, width - lead)
            folded.append(line[:lead] + pieces[0])
        folded += [" " * label + piece for piece in pieces[1:]]
    return "\n".join(folded)


def _measure_label(line: str, width: int, most: int) -> int:
    """How far a line's label reaches, a dash, a number or words before two blanks, of at most
    so many; 0 for none."""
    import re

    label = re.match(rf" *(?:- |\d+\. |(?<=   )[a-z]+: |\S.{{0,24}}?  +){{1,{most}}}", line)
    return len(label[0]) if label is not None and len(label[0]) <= width // 2 else 0
