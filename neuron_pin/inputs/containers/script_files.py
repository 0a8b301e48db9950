"""Shell scripts in files: found beside what runs them, and read up to a bound."""

from __future__ import annotations

from collections.abc import Iterable

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.file_content import is_shell

from .build_context import find_in_context
from .session import Script
from .shell_words import script_lines, split_rows

MAX_BYTES = 1024 * 1024


def read_script_text(path: str) -> str:
    """The text of a script; raises `UnreadableInput` for one that is too large, or no text."""
    data = read_bounded(path, MAX_BYTES)
    if b"\0" in data:
        raise UnreadableInput(path, None, "is not text: it has bytes that are zero")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # What is not UTF-8 is most often in comments.
        return data.decode("latin-1")


def find_script_beside(
    path: str, copied: Iterable[str], guessed: Iterable[str] = ()
) -> Script | None:
    """The script that `find_in_context` finds, none for no script."""
    where = find_in_context(path, copied, guessed)
    return read_script(where) if where else None


def read_script(path: str) -> Script | None:
    """A script of the shell by its file; none for what is not to be read as one."""
    try:
        text = read_script_text(path)
    except UnreadableInput:
        return None
    if text.startswith("#!") and not is_shell(text.partition("\n")[0]):
        return None
    return Script(path, script_lines(enumerate(split_rows(text), 1)))
