"""What goes to the terminal: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from neuron_pin.errors import (
    CannotWrite,
    NeuronPinError,
    NoSolution,
    Relaxation,
    UnreadableInput,
)
from neuron_pin.printable import make_printable
from neuron_pin.screen import Screen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

    from neuron_pin.reporter import Reporter

    from .progress import Progress

LEAST_WIDTH = 20
"""The narrowest screen that is believed; below it nothing can be laid out."""

MAX_FURTHER = 20
"""Lines of one file that cannot be read, which are told one by one."""

SILENT = 2
"""How many ``-q`` leave the exit code alone."""


class Console:
    """Prints; color only where it is wanted, and never as the only bearer of a meaning."""

    def __init__(
        self,
        *,
        color: str = "auto",
        quiet: int = 0,
        verbose: int = 0,
        arguments: Sequence[str] = (),
    ) -> None:
        """``arguments`` are the command line, so that a better one can be printed."""
        self._arguments = arguments
        self.quiet = quiet
        self.verbose = verbose
        self._color = color
        self._errors = _examine(sys.stderr, color)
        self._progress: Progress | None = None

    @classmethod
    def from_arguments(cls, arguments: Sequence[str]) -> Console:
        """For errors of the command line itself, before it is parsed."""
        words = [*arguments, ""]
        found = [words[n + 1] for n, word in enumerate(arguments) if word == "--color"]
        found += [word[8:] for word in arguments if word.startswith("--color=")]
        return cls(color=found[0] if found[:1] in (["always"], ["never"]) else "auto")

    @property
    def screen(self) -> Screen:
        """What results are shown on; with ``-v`` tables name their sources."""
        return _examine(sys.stdout, self._color)._replace(names_sources=self.verbose > 0)

    def watch(self, words: str, *, is_long: bool = True) -> _Watch:
        """While work lasts that may be long, a line on stderr says so: on a terminal, after
        300 ms, and not with ``-q``.  Used with ``with``; gives whom the work reports to."""
        shows = is_long and not self.quiet and sys.stderr is not None and sys.stderr.isatty()
        if not shows or self._progress is not None or os.environ.get("TERM") == "dumb":
            return _Watch(self, None)
        from .progress import Progress

        return _Watch(self, Progress(words, _write_now, encoding=sys.stderr.encoding or "ascii"))

    def log(self, line: str) -> None:
        """A line on stderr as it is, whatever else is shown there."""
        if self._progress is not None:
            self._progress.clear()
        write_err(line + "\n")

    def show(self, text: str) -> None:
        """A result for people, on stdout, wrapped to the screen; raises as `result` does."""
        width = self.screen.width
        if width is not None:
            from neuron_pin.screen import fold

            text = fold(text, width)
        self.result(text)

    def result(self, text: str) -> None:
        """A result for programs, on stdout as it is, not with ``-qq``; raises `CannotWrite`, and
        `BrokenPipeError` where the reader has gone."""
        if self.quiet < SILENT:
            write_out(text)

    def print_as(self, form: str, text: str) -> None:
        """A result in a form: ``text`` is for people, any other for programs."""
        (self.show if form == "text" else self.result)(text)

    def note(self, text: str) -> None:
        """Something to know, on stderr; not with ``-q``."""
        if not self.quiet:
            self._tell(make_printable(text))

    def warn(self, text: str) -> None:
        """A warning, on stderr; not with ``-q``."""
        if not self.quiet:
            self._tell(f"warning: {make_printable(text)}", "yellow")

    def hint(self, text: str) -> None:
        """What to do about a warning, on stderr; not with ``-q``."""
        if not self.quiet:
            self._tell(f"hint: {make_printable(text)}", "cyan")

    def error(self, error: NeuronPinError) -> None:
        """An error with its causes and what to do next, on stderr."""
        self._tell(f"error: {make_printable(error.message)}", "red")
        if isinstance(error, NoSolution):
            for cause in error.causes:
                self._tell(f"  because: {make_printable(cause)}")
            if len(error.conflict) > 1:
                together = ", ".join(error.conflict)
                self._tell(f"  in conflict: {make_printable(together)}")
            for relaxation in error.relaxations:
                for line in self._describe(relaxation):
                    self._tell(f"  {make_printable(line)}")
        if error.hint:
            self._tell(f"hint: {make_printable(error.hint)}", "cyan")
        further = error.further if isinstance(error, UnreadableInput) else ()
        for other in further[:MAX_FURTHER]:
            self.error(other)
        if len(further) > MAX_FURTHER:
            self._tell(f"and {len(further) - MAX_FURTHER} more lines that cannot be read")

    def _tell(self, line: str, style: str = "") -> None:
        """A line on stderr, wrapped; its first word in a style."""
        width = self._errors.width
        if width is not None and len(line) > width:
            from neuron_pin.screen import fold

            from .folding import fold_command, has_command

            line = fold_command(line, width) if has_command(line) else fold(line, width)
        if style:
            word, colon, rest = line.partition(":")
            line = self._errors.paint(style, word + colon) + rest
        self.log(line)

    def _describe(self, relaxation: Relaxation) -> tuple[str, ...]:
        from .rewriting import rewrite_command

        command = rewrite_command(self._arguments, relaxation.change)
        if command is None:
            return (f"would work: {relaxation}",)
        return f"would work: {command}", f"  gives {relaxation.outcome}"


class _Watch:
    """Work that a console tells of while it lasts; written out, since what `contextlib` makes of
    a generator costs a start more than all of this module."""

    def __init__(self, console: Console, progress: Progress | None) -> None:
        self._console = console
        self._progress = progress

    def __enter__(self) -> Reporter:
        if self._progress is None:
            from neuron_pin.reporter import SILENT

            return SILENT
        self._console._progress = self._progress
        return self._progress.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._progress is not None:
            self._console._progress = None
            self._progress.__exit__(kind, error, trace)


def _write_now(text: str) -> None:
    write_err(text)
    if sys.stderr is not None:
        try:
            sys.stderr.flush()
        except OSError:
            return


def _examine(stream: TextIO | None, color: str) -> Screen:
    """What a stream's screen can show, by the stream and the environment."""
    is_terminal = stream is not None and stream.isatty()
    return Screen(
        width=_measure_width(stream if is_terminal else None),
        has_color=_wants_color(color, is_terminal),
        has_links=_has_links(is_terminal),
    )


def _measure_width(terminal: TextIO | None) -> int | None:
    """``COLUMNS``, else the terminal's width; what is piped has no bound, so that one row is one
    line to grep."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and len(given) < 6 and int(given):
        return max(int(given), LEAST_WIDTH)
    if terminal is None:
        return None
    try:
        return max(os.get_terminal_size(terminal.fileno()).columns, LEAST_WIDTH)
    except OSError:
        return 80


def _wants_color(color: str, is_terminal: bool) -> bool:
    if color != "auto":
        return color == "always"
    # https://no-color.org and https://force-color.org: any non-empty value counts.
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return is_terminal and os.environ.get("TERM") != "dumb"


_LINK_PROGRAMS = ("iTerm.app", "WezTerm", "vscode", "ghostty", "Hyper", "Tabby", "rio")
_LINK_TERMINALS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour")


def _has_links(is_terminal: bool) -> bool:
    """Whether a terminal understands OSC 8, by what it says of itself: there is no way to ask.

    Source: the tests that https://github.com/zkat/supports-hyperlinks makes.
    """
    if not is_terminal:
        return False
    environ = os.environ
    if environ.get("FORCE_HYPERLINK"):
        # The word of other programs for those of which nothing is known.
        return environ["FORCE_HYPERLINK"] != "0"
    vte = environ.get("VTE_VERSION", "")
    return (
        (vte.isdecimal() and int(vte[:6]) >= 5000)
        or environ.get("TERM_PROGRAM") in _LINK_PROGRAMS
        or environ.get("TERM") in _LINK_TERMINALS
        or any(environ.get(name) for name in ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM"))
    )


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
        try:
            sys.stderr.write(text)
        except OSError:
            return
