"""Reading a command line.  Only the module of the command that is asked for is imported."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from importlib import import_module

from neuron_pin.errors import UnknownName, WrongUsage

from .command_parser import CommandParser
from .commands import COMMANDS
from .form import describe_version
from .options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

OF_ALL = "every command"
"""The title of the options that every command has."""

BARE = 2
"""The exit code without a command, as uv has it: nothing was done, and a script should notice."""


def parse(arguments: Sequence[str]) -> Options:
    """Read a command line; raises `WrongUsage`.  ``--help`` prints and exits."""
    given = list(arguments)
    words: list[str] = []
    if "--" in given and "exec" in given[: given.index("--")]:
        # What follows is somebody else's command line, whatever it looks like.
        words = given[given.index("--") + 1 :]
        given = given[: given.index("--")]
    given = _put_command_first(given)
    wanted = given[0] if given and not given[0].startswith("-") else None
    if wanted is not None and wanted not in COMMANDS:
        raise not_a_command(wanted, given[1:])
    if wanted is None:
        _parse_bare(given)
    # The program's own parser would read all of it first, to find the command.
    common = _make_common()
    command = CommandParser(prog=f"neuron-pin {wanted}", parents=[common])
    _add_command(command, wanted, common)
    options, rest = command.parse_known_args(
        given[1:], namespace=Options(words=words, command=wanted)
    )
    if rest:
        _take_rest(command, options, rest)
    root = getattr(options, "root", None)
    # A machine that is not mounted has nothing to find, and would pass every check.  A plan may be
    # written before it is.
    if root is not None and options.command != "plan" and not os.path.isdir(root):
        raise WrongUsage(
            f"--root: {root!r} is not a folder",
            hint="name the folder that a machine's files are in",
        )
    options.arguments = list(arguments)
    options.run = import_module(f"{__package__}.{COMMANDS[options.command][0]}").run
    return options


def _parse_bare(given: list[str]) -> NoReturn:
    """A command line without a command: print what is asked for, or the help, and exit."""
    parser = make_parser(with_arguments=False)
    if not {"-h", "--help", "-V", "--version"} & set(given):
        from .console import write_err

        if given and not _is_global(given[0]):
            parser.refuse_rest(given)
        parser.parse_known_args(given)
        write_err(parser.format_help())
        raise SystemExit(BARE)
    _, rest = parser.parse_known_args(given)
    parser.refuse_rest(rest or given)


def make_parser(names: Iterable[str] = COMMANDS, *, with_arguments: bool = True) -> CommandParser:
    """The program's parser with these commands; each is in ``actions``.

    ``with_arguments`` imports their modules and adds what they take; without, the parser
    knows their names and summaries alone.
    """
    common = _make_common()
    parser = CommandParser(
        prog="neuron-pin",
        parents=[common],
        usage="neuron-pin COMMAND [options]",
        description="Which exact AWS Neuron versions may be installed here, and why not the "
        "others.\nNot affiliated with AWS.",
    )
    parser.examples = (
        "lock --offline --instance trn2 --os ubuntu24.04 -o constraints.txt",
        "lock 'torch-neuronx==2.9.*' transformers --python 3.11",
        "explain torch-neuronx --instance trn1",
    )
    parser.epilog = "neuron-pin help COMMAND shows the options of a command."
    parser.add_argument(
        "-V",
        "--version",
        action="version",
        version=describe_version(),
        help="print the version",
    )
    # With prog given, argparse needs no formatter (and shutil) to find it out.
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", prog="neuron-pin", title="commands"
    )
    # Each parser costs as much as a small import: only what is asked for is made.
    for name in names:
        command = commands.add_parser(name, help=COMMANDS[name][1], parents=[common])
        parser.actions[name] = command
        _add_command(command, name, common, with_arguments=with_arguments)
    _move_last(parser, OF_ALL)
    return parser


def _make_common() -> CommandParser:
    """The options that every command has."""
    common = CommandParser()
    output = common.add_argument_group(OF_ALL)
    output.add_argument(
        "-h", "--help", action="help", help="print this help; help COMMAND prints all of it"
    )
    output.add_argument(
        "-q",
        "--quiet",
        action="count",
        default=0,
        help="print no warnings and notes; -qq: no result either, the exit code tells",
    )
    output.add_argument(
        "-v", "--verbose", action="count", default=0, help="print more, such as every exclusion"
    )
    output.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        metavar="WHEN",
        help="use color: auto (on a terminal; default), always or never",
    )
    return common


def _add_command(
    command: CommandParser, name: str, common: CommandParser, *, with_arguments: bool = True
) -> None:
    """What a command is called, and what it takes."""
    module, command.description = COMMANDS[name]
    command.path = (name,)
    if with_arguments:
        import_module(f"{__package__}.{module}").add_arguments(command, common)
        # What is the same everywhere comes last.
        _move_last(command, OF_ALL)
        for action in command.actions.values():
            _move_last(action, OF_ALL)


def _move_last(parser: argparse.ArgumentParser, title: str) -> None:
    groups = parser._action_groups
    groups.sort(key=lambda group: group.title == title)


def _is_global(word: str) -> bool:
    """Whether a word is an option of every command."""
    if word.startswith("--"):
        return word.partition("=")[0] in ("--color", "--quiet", "--verbose")
    return len(word) > 1 and not word.strip("-qv") and word.startswith("-")


def _put_command_first(given: list[str]) -> list[str]:
    """A command line with the options of every command behind the command.

    Raises `WrongUsage` for other options that stand before it.
    """
    at = 0
    while at < len(given) and _is_global(given[at]):
        at += 2 if given[at] == "--color" else 1
    before, rest = given[:at], given[at:]
    if rest[:1] in (["-h"], ["--help"]) and rest[1:] and rest[1] in COMMANDS:
        return [rest[1], "--help"]
    if not rest or rest[0] in ("-h", "--help", "-V", "--version"):
        return [*rest, *before]
    if rest[0].startswith("-"):
        command = next((word for word in rest if word in COMMANDS), None)
        if command is None:
            return given
        import shlex

        behind = [word for word in rest if word != command]
        raise WrongUsage(
            f"{rest[0].partition('=')[0]} goes after the command",
            hint=shlex.join(["neuron-pin", *before, command, *behind]),
        )
    return [rest[0], *before, *rest[1:]]


def not_a_command(word: str, rest: Sequence[str]) -> WrongUsage:
    """What to raise for a word that is no command: it may be one of another tool, a mistyped one,
    or a package."""
    from .other_tools import find_command, find_similar

    known = find_command(word, rest)
    if known is not None:
        message, hint = known
        return WrongUsage(f"neuron-pin has no command {word!r}: {message}", hint=hint)
    unknown = UnknownName("command", word, COMMANDS, hint="neuron-pin --help lists them")
    if unknown.near:
        return unknown
    similar = find_similar(word)
    known = find_command(similar, rest) if similar else None
    if known is not None:
        message, hint = known
        return WrongUsage(
            f"neuron-pin has no command {word!r}, nor {similar!r}: {message}", hint=hint
        )
    from neuron_pin.catalog import canonicalize_name, load_catalog

    if canonicalize_name(word) in load_catalog().packages:
        import shlex

        unknown.hint = f"for the package: {shlex.join(['neuron-pin', 'explain', word, *rest])}"
    return unknown


def _take_rest(command: CommandParser, options: Options, rest: list[str]) -> None:
    """Words that argparse did not take: it takes no second run of arguments after an option."""
    command = command.actions.get(getattr(options, "action", ""), command)
    trailing = command.trailing()
    if options.command == "exec" and not rest[0].startswith("-"):
        import shlex

        raise WrongUsage(
            "put the command to run after --",
            hint=shlex.join(["neuron-pin", "exec", "--", *rest]),
        )
    if trailing is None or any(word.startswith("-") for word in rest):
        command.refuse_rest(rest)
    getattr(options, trailing.dest).extend(rest)
