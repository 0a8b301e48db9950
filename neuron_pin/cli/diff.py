"""``neuron-pin diff``: what lies between two states."""

from __future__ import annotations

from neuron_pin.catalog import load_catalog
from neuron_pin.inputs.state import read_state
from neuron_pin.operations.diff import compare
from neuron_pin.report.diff import render_diff

from .console import Console
from .lifecycle import parse_day_or_today
from .parser import Options


def run(options: Options, console: Console) -> int:
    """Print the difference; 0 whether there is one or not."""
    catalog = load_catalog()
    family = catalog.instances[catalog.instance(options.instance)] if options.instance else None
    old = read_state(options.old, catalog, family)
    new = read_state(options.new, catalog, family)
    comparison = compare(old, new, catalog, parse_day_or_today(options.as_of))
    console.result(render_diff(comparison, options.format, everything=options.all))
    return 0
