"""``neuron-pin outdated``: what is newer than a lock, an environment or a machine has."""

from __future__ import annotations

import os
import re
import sys

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.operations.outdated import find_outdated
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.report.outdated import outdated_document, render_outdated
from neuron_pin.settings import load_settings

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import Options, add_format, add_target


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin outdated``."""
    del common
    parser.examples = (
        "outdated",
        "outdated constraints.txt --instance trn2 --python 3.11",
        "outdated --venv .venv --instance trn2",
        "outdated --host",
    )
    parser.add_argument(
        "lock",
        metavar="LOCK",
        nargs="?",
        help="a lock.json, pylock.toml or constraints.txt to compare; default: lock.json",
    )
    group = parser.add_argument_group("what to compare instead of a lock")
    group.add_argument(
        "--venv", metavar="DIR", help="compare what is installed in this virtual environment"
    )
    group.add_argument(
        "--host", action="store_true", help="compare the system packages of this machine"
    )
    group.add_argument(
        "--root", metavar="DIR", help="compare those of the machine below this folder"
    )
    group = parser.add_argument_group("result")
    group.add_argument(
        "--all", action="store_true", help="show packages for which nothing is newer, too"
    )
    group.add_argument(
        "--exit-zero", action="store_true", help="exit with 0 whatever is newer or has ended"
    )
    add_format(group, "text", "json")
    add_target(parser)


def run(options: Options, console: Console) -> int:
    """Print what is newer; 1 if a new lock would take any of it, or anything is out of support,
    else 0."""
    on_machine = options.host or options.root
    if sum(map(bool, (options.lock, options.venv, on_machine))) > 1:
        raise WrongUsage(
            "outdated compares one thing at a time",
            hint="give a lock, --venv or --host, and not two of them",
        )
    place = "host" if on_machine else options.venv or options.lock or "lock.json"
    if not on_machine and not os.path.exists(place):
        if place == "host" or re.fullmatch(r"\d+(\.\d+){1,2}", place):
            raise WrongUsage(
                f"no file is called {place}, and it is not a lock",
                hint="for this machine: neuron-pin outdated --host"
                if place == "host"
                else f"for a release: neuron-pin diff {place} latest",
            )
        raise WrongUsage(
            f"{place} does not exist",
            hint="neuron-pin lock -o lock.json makes a lock; --venv DIR and --host compare what "
            "is installed",
        )
    request = make_lock_request(
        load_settings(vars(options), os.environ, ""),
        load_catalog(),
        today=today(),
        this_python=".".join(str(part) for part in sys.version_info[:3]),
        environ=os.environ,
    )
    warn_of_old_facts(console, request.catalog, request.target.as_of)
    with console.watch("Comparing"):
        found = find_outdated(request, place, options.root or "/")
    if options.format == "json":
        console.result(outdated_document(found))
    else:
        text = render_outdated(found, everything=options.all, screen=console.screen)
        console.show(text)
    return 0 if options.exit_zero or found.is_current else 1
