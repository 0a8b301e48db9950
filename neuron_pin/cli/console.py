"""What goes to the terminal: results on stdout, everything else on stderr."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from neuron_pin.errors import CannotWrite, NeuronPinError, NoSolution
from neuron_pin.printable import make_printable

_CODES = {"red": "31", "yellow": "33", "green": "32", "cyan": "36", "bold": "1"}

SILENT = 2
"""How many ``-q`` leave the exit code alone."""


class Console:
    """Prints; color only where it is wanted, and never as the only bearer of a meaning."""

    def __init__(self, *, color: str = "auto", quiet: int = 0, verbose: int = 0) -> None:
        self.quiet = quiet
        self.verbose = verbose
        self._color = self._wants_color(color)

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Console:
        """For errors of the command line itself, before it is parsed."""
        words = [*arguments, ""]
        found = [words[n + 1] for n, word in enumerate(arguments) if word == "--color"]
        found += [word[8:] for word in arguments if word.startswith("--color=")]
        return cls(color=found[0] if found[:1] in (["always"], ["never"]) else "auto")

    @staticmethod
    def _wants_color(color: str) -> bool:
        if color != "auto":
            return color == "always"
        # https://no-color.org: any non-empty value counts.
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return sys.stderr is not None and sys.stderr.isatty()

    def result(self, text: str) -> None:
        """A result, on stdout, not with ``-qq``; raises `CannotWrite`, and `BrokenPipeError`
        where the reader has gone."""
        if self.quiet < SILENT:
            write_out(text)

    def note(self, text: str) -> None:
        """Something to know, on stderr; not with ``-q``."""
        if not self.quiet:
            write_err(make_printable(text) + "\n")

    def warn(self, text: str) -> None:
        """A warning, on stderr; not with ``-q``."""
        if not self.quiet:
            write_err(self._paint("yellow", "warning:") + f" {make_printable(text)}\n")

    def error(self, error: NeuronPinError) -> None:
        """An error with its causes and what to do next, on stderr."""
        lines = [self._paint("red", "error:") + f" {make_printable(error.message)}"]
        if isinstance(error, NoSolution):
            lines += [f"  because: {make_printable(cause)}" for cause in error.causes]
            if len(error.conflict) > 1:
                lines.append(
                    "  these cannot hold together: " + make_printable(", ".join(error.conflict))
                )
            lines += [f"  would work: {make_printable(words)}" for words in error.relaxations]
        if error.hint:
            lines.append(self._paint("cyan", "hint:") + f" {make_printable(error.hint)}")
        write_err("\n".join(lines) + "\n")

    def _paint(self, color: str, text: str) -> str:
        return f"\033[{_CODES[color]}m{text}\033[0m" if self._color else text


def write_out(text: str) -> None:
    """Write a text to stdout at once; raises `CannotWrite`, and `BrokenPipeError` where the
    reader has gone."""
    if not text:
        return
    if sys.stdout is None:
        # What Python makes of a descriptor that is closed.
        raise CannotWrite("standard output", "it is closed")
    try:
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError:
            # A terminal without UTF-8 shows letters that it lacks as Python writes them.
            encoding = sys.stdout.encoding
            sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWrite("standard output", error.strerror or str(error)) from None


def write_err(text: str) -> None:
    """Write a text to stderr; a run does not fail because nobody can hear of it."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            sys.stderr.write(text)
