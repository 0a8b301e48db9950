"""``neuron-pin help``: the help of a command, with the options that ``--help`` leaves out."""

from __future__ import annotations

from neuron_pin.errors import UnknownName

from .command_parser import CommandParser
from .commands import COMMANDS
from .console import Console
from .options import Options


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin help``."""
    del common
    parser.examples = ("help lock", "help hook install")
    parser.add_argument(
        "words", metavar="COMMAND", nargs="*", help="a command, and one of its own if it has any"
    )


def run(options: Options, console: Console) -> int:
    """Print the whole help text of a command, or the list of commands."""
    from .parser import make_parser, not_a_command

    first = options.words[:1]
    if first and first[0] not in COMMANDS:
        raise not_a_command(first[0], options.words[1:])
    parser = make_parser(first or COMMANDS, with_arguments=bool(first))
    for word in options.words:
        if word not in parser.actions:
            raise UnknownName("command", word, parser.actions, hint=f"{parser.prog} --help")
        parser = parser.actions[word]
    console.show(parser.format_help(everything=True))
    return 0
