"""``neuron-pin diff``: what lies between two states."""

from __future__ import annotations

import argparse

from neuron_pin.catalog import load_catalog
from neuron_pin.inputs.state import read_state
from neuron_pin.operations.diff import compare
from neuron_pin.report.diff import render_diff

from .console import Console
from .lifecycle import parse_day_or_today
from .options import Options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``neuron-pin diff``."""
    what = "an SDK release, lock.json, pylock.toml, constraints.txt, a venv, or host"
    parser.add_argument("old", metavar="A", help=what)
    parser.add_argument("new", metavar="B", help="the same")
    parser.add_argument("--instance", metavar="FAMILY", help="of releases: what is for it")
    parser.add_argument("--as-of", metavar="DATE", help="phases on that day; default: today")
    parser.add_argument("--all", action="store_true", help="what is equal in both, too")
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")


def run(options: Options, console: Console) -> int:
    """Print the difference; 0 whether there is one or not."""
    catalog = load_catalog()
    family = catalog.instances[catalog.instance(options.instance)] if options.instance else None
    old = read_state(options.old, catalog, family)
    new = read_state(options.new, catalog, family)
    comparison = compare(old, new, catalog, parse_day_or_today(options.as_of))
    console.result(render_diff(comparison, options.format, everything=options.all))
    return 0
