"""Reading a command line.  Only the module of the command that is asked for is imported."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from neuron_pin import __version__
from neuron_pin.errors import WrongUsage, nearest

from .commands import COMMANDS
from .options import Options


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Asks for the terminal's width itself: argparse makes a formatter for each option, and
    would import ``shutil`` for it."""

    def __init__(self, prog: str) -> None:
        try:
            width = int(os.environ.get("COLUMNS", "")) or 80
        except ValueError:
            try:
                width = os.get_terminal_size().columns
            except OSError:
                width = 80
        super().__init__(prog, width=max(width - 2, 40))

    def _set_color(self, color: bool) -> None:
        """Python 3.14 would import ``dataclasses`` and ``inspect`` for this with each command,
        whether help is asked for or not; see below."""

    def __getattr__(self, name: str) -> object:
        if name not in ("_theme", "_decolor"):
            raise AttributeError(name)
        getattr(super(), "_set_color")(False)  # noqa: B009 - older Pythons have none
        return self.__dict__[name]


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: object = None) -> None:
        """Help and version; argparse itself does not care whether anything was printed."""
        from .console import write_out

        write_out(message)

    def error(self, message: str) -> NoReturn:
        hint = f"{self.prog} --help"
        if "invalid choice" in message:
            given = message.partition("invalid choice: '")[2].partition("'")[0]
            near = nearest(given, COMMANDS)
            if near:
                hint = "did you mean " + " or ".join(near) + "?"
            message = message.partition(" (choose")[0]
        raise WrongUsage(message, hint=hint)


def parse(arguments: Sequence[str]) -> Options:
    """Read a command line; raises `WrongUsage`.  ``--help`` prints and exits."""
    common = _Parser(add_help=False, formatter_class=_Formatter)
    output = common.add_argument_group("output")
    output.add_argument("-q", "--quiet", action="store_true", help="no warnings and notes")
    output.add_argument("-v", "--verbose", action="count", default=0, help="say more")
    output.add_argument("--color", choices=("auto", "always", "never"), default="auto")
    parser = _Parser(
        prog="neuron-pin",
        description="Which exact AWS Neuron versions may be installed here, and why not the "
        "others. Not affiliated with AWS.",
        epilog="examples:\n"
        "  neuron-pin lock --offline --instance trn2 --os ubuntu24.04 -o constraints.txt\n"
        "  neuron-pin lock 'torch-neuronx==2.8.*' transformers --python 3.11\n"
        "  neuron-pin explain torch-neuronx --instance trn1",
        formatter_class=_Formatter,
    )
    parser.add_argument("-V", "--version", action="version", version=f"neuron-pin {__version__}")
    # With prog given, argparse needs no formatter (and shutil) to find it out.
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="neuron-pin")
    # Only the command that is asked for is imported and made; each parser costs as much as a
    # small import.
    wanted = next((name for name in COMMANDS if name in arguments[:1]), None)
    module = import_module(f"{__package__}.{COMMANDS[wanted][0]}") if wanted else None
    for name in [wanted] if wanted else COMMANDS:
        _, summary = COMMANDS[name]
        command = commands.add_parser(
            name,
            help=summary,
            description=summary,
            parents=[common],
            add_help=True,
            formatter_class=_Formatter,
        )
        if module is not None:
            module.add_arguments(command)
    words: list[str] = []
    given = list(arguments)
    if wanted == "exec" and "--" in given:
        # What follows is somebody else's command line, whatever it looks like.
        words = given[given.index("--") + 1 :]
        given = given[: given.index("--")]
    options, rest = parser.parse_known_args(given, namespace=Options(words=words))
    if rest and hasattr(options, "requirements") and not any(r.startswith("-") for r in rest):
        # argparse takes no second run of positional arguments, after an option.
        options.requirements += rest
    elif rest:
        raise WrongUsage(
            "unrecognized arguments: " + " ".join(rest), hint=f"neuron-pin {options.command} --help"
        )
    options.arguments = list(arguments)
    if options.command is None:
        raise WrongUsage("which command?", hint="neuron-pin --help")
    options.run = import_module(f"{__package__}.{COMMANDS[options.command][0]}").run
    return options
