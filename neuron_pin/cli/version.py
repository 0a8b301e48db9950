"""``neuron-pin version``: what ``--version`` prints, for those who type the command."""

from __future__ import annotations

from .command_parser import CommandParser
from .console import Console
from .form import describe_version
from .options import Options


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin version``: none."""
    del parser, common


def run(options: Options, console: Console) -> int:
    """Print the version."""
    del options
    console.result(f"{describe_version()}\n")
    return 0
