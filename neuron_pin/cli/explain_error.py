"""``neuron-pin explain-error``: what an error message means, and what to do next."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.operations.explain_error import (
    Place,
    explain_errors,
    read_journal,
    read_pieces,
)
from neuron_pin.report.explain_error import render_errors

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import FAMILIES, Options, add_format

_PATH = re.compile(r"(?:\.{0,2}/)?(?:[^\s/]+/)*[^\s/]+\.(?:err|gz|json|log|out|txt)|\.{0,2}/\S+")
"""One word that is written as the path of a file."""
MAX_PATH = 4096
"""Letters of a path.  Source: PATH_MAX of limits.h."""


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin explain-error``."""
    del common
    parser.examples = (
        "explain-error 'NEFF version mismatch supported: 2.0 received: 3.0'",
        "explain-error train.log --venv .venv",
        "explain-error --journal --host",
        "explain-error -",
    )
    parser.add_argument(
        "texts",
        metavar="TEXT|FILE",
        nargs="*",
        help="the message, or a file that has it; - or nothing: standard input",
    )
    parser.add_argument(
        "--journal", action="store_true", help="read this machine's journal since it started"
    )
    group = parser.add_argument_group("where the error came up")
    group.add_argument("--host", action="store_true", help="on this machine")
    group.add_argument("--root", metavar="DIR", help="on the machine below this folder")
    group.add_argument(
        "--venv",
        metavar="DIR",
        action="append",
        default=[],
        help="in this virtual environment; may be repeated",
    )
    group.add_argument("--lock", metavar="FILE", help="with the packages of this lock.json")
    group.add_argument("--instance", metavar="FAMILY", help=f"the instance family: {FAMILIES}")
    group.add_argument("--os", metavar="OS", help="the operating system: ubuntu24.04 …")
    group.add_argument("--python", metavar="X.Y", help="the Python version")
    add_format(parser, "text", "json", "markdown", what="the explanation")


def run(options: Options, console: Console) -> int:
    """Print the explanation; 1 if the text has no known error."""
    catalog = load_catalog()
    age = warn_of_old_facts(console, catalog, today())
    place = Place(
        options.root or ("/" if options.host else None),
        tuple(options.venv),
        options.lock or "",
        options.instance or "",
        options.os or "",
        options.python or "",
    )
    with console.watch("Reading"):
        found = explain_errors(_read(options), place, catalog)
    for warning in found.warnings:
        console.warn(warning)
    console.print_as(options.format, render_errors(found, options.format, age))
    return 0 if found.diagnoses else 1


def _read(options: Options) -> Iterable[str]:
    if options.journal:
        if options.texts:
            raise WrongUsage("--journal reads the journal, and a text was given too")
        return read_journal()
    if options.texts in ([], ["-"]):
        if sys.stdin is None or sys.stdin.isatty():
            raise WrongUsage(
                "no error message was given",
                hint="give the message in quotes, or a file, or pipe a log into it",
            )
        return read_pieces(sys.stdin.buffer)
    text = " ".join(options.texts)
    if not text.strip():
        raise WrongUsage(
            "the error message is empty",
            hint="give the message in quotes, or a file, or pipe a log into it",
        )
    if len(options.texts) == 1 and os.path.lexists(text):
        return _read_file(text)
    if len(text) <= MAX_PATH and _PATH.fullmatch(text):
        # Most people who name a file that is not there have mistyped its path.
        hint = "name a file that is there, or give the message in quotes"
        raise UnreadableInput(text, None, "there is no such file", hint=hint)
    return [text]


def _read_file(path: str) -> Iterator[str]:
    try:
        with open(path, "rb") as stream:
            yield from read_pieces(stream)
    except OSError as error:
        raise UnreadableInput(path, None, f"cannot be read: {error.strerror}") from None
