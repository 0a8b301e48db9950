"""``neuron-pin diff``: the differences between two states."""

from __future__ import annotations

from neuron_pin.catalog import load_catalog
from neuron_pin.inputs.state import read_states
from neuron_pin.operations.diff import compare
from neuron_pin.report.diff import render_diff

from .command_parser import CommandParser
from .console import Console
from .facts import parse_day_or_today, warn_of_old_facts
from .options import Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin diff``."""
    del common
    parser.examples = (
        "diff 2.28.1 2.32.0 --instance trn2",
        "diff lock.json latest",
        "diff 0.9.0-neuronx-py313-sdk2.31.1-ubuntu24.04 jax-training-neuronx",
    )
    what = "an SDK release, latest, a lock.json, pylock.toml, constraints.txt, a venv, an image, "
    what += "or host"
    parser.add_argument("old", metavar="OLD", help=what)
    parser.add_argument("new", metavar="NEW", help="what to compare it with: any of the same")
    parser.add_argument(
        "--instance",
        metavar="FAMILY",
        help="compare what releases have for this instance family; default: the lock's",
    )
    parser.add_argument(
        "--root", metavar="DIR", default="/", help="host is the machine below this folder"
    )
    parser.add_argument(
        "--as-of", metavar="DATE", help="ignore everything later than this day; default: today"
    )
    parser.add_argument(
        "--all", action="store_true", help="show packages that are equal in both, too"
    )
    add_format(parser, "text", "json", "markdown")


def run(options: Options, console: Console) -> int:
    """Print the difference; 0 whether there is one or not."""
    catalog = load_catalog()
    family = catalog.instances[catalog.instance(options.instance)] if options.instance else None
    as_of = parse_day_or_today(options.as_of)
    old, new = read_states(options.old, options.new, catalog, family, as_of, options.root)
    age = warn_of_old_facts(console, catalog, as_of)
    comparison = compare(old, new, catalog, as_of)
    text = render_diff(
        comparison, options.format, age, everything=options.all, screen=console.screen
    )
    console.print_as(options.format, text)
    return 0
