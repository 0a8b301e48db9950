"""Text of foreign origin made safe to show: for a terminal, for a field of a line, for Markdown.

Names, reasons and addresses come from indexes, files and clients: nothing in them may steer a
terminal or end a line.  The hooks have a copy of `make_printable`, since they import nothing of
this package: ``hooks/program/telling.py``.  The access log escapes by bytes, as web servers do:
``proxy/access_log.py``.
"""

from __future__ import annotations

from collections.abc import Iterable


def make_printable(text: str) -> str:
    """The text with what is not printable, line ends too, as Python writes it: ``\\x1b``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def join_printable(lines: Iterable[str]) -> str:
    """Lines as one text, each made printable and ended."""
    return "".join(f"{make_printable(line)}\n" for line in lines)


def blank_unprintable(text: str) -> str:
    """The text with spaces for what is not printable, where an escape would be read as it is."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " for c in text)


def escape_markdown(text: str) -> str:
    """Text that is not Markdown: files and packages may be called anything."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!" else c for c in make_printable(text))
