"""``neuron-pin lifecycle``: phases and dates of everything that has a life-cycle."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import date, datetime, timezone

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.catalog.subjects import Status
from neuron_pin.errors import WrongUsage
from neuron_pin.operations.lifecycle import find_statuses
from neuron_pin.report.lifecycle import describe_facts, render_details, render_table

from .console import Console
from .options import Options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``neuron-pin lifecycle``."""
    parser.add_argument(
        "subjects",
        metavar="SUBJECT",
        nargs="*",
        help="a name, 'torch-neuronx 2.8', python3.11, 2.26.0, dlami:… default: all",
    )
    parser.add_argument("--as-of", metavar="DATE", help="know nothing later; default: today")
    parser.add_argument("--kind", metavar="KIND", action="append", help="sdk, component, os …")
    parser.add_argument("--instance", metavar="FAMILY", help="what concerns this family")
    parser.add_argument("--lock", metavar="FILE", help="a lock.json, to be shown among them")
    parser.add_argument("-o", "--output", metavar="FILE", help="default: standard output")
    parser.add_argument("--format", choices=("text", "json", "html", "svg", "ics"), default="text")


def run(options: Options, console: Console) -> int:
    """Print the life-cycle of some subjects, or of all."""
    catalog = load_catalog()
    as_of = parse_day_or_today(options.as_of)
    statuses = find_statuses(
        catalog, as_of, options.subjects, kinds=options.kind or (), instance=options.instance
    )
    text = _renderer(options, catalog, as_of)(statuses)
    note = describe_facts(as_of, catalog.announced)
    if note:
        console.note(f"note: {note}")
    if options.output:
        from neuron_pin.fs.atomic import write_atomically

        write_atomically(options.output, text)
        console.note(f"{options.output}: written")
    else:
        console.result(text)
    return 0


def parse_day_or_today(text: str | None) -> date:
    """The day of ``--as-of``, today (UTC) without one; raises `WrongUsage`."""
    if not text:
        return datetime.now(timezone.utc).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(f"--as-of: {text!r} is not a date", hint="write 2026-08-17") from None


def _renderer(options: Options, catalog: Catalog, as_of: date) -> Callable[[Sequence[Status]], str]:
    form = options.format
    if form == "text":
        if options.lock:
            raise WrongUsage("--lock: the text has no place for it", hint="--format html")
        return render_details if options.subjects else render_table
    if form == "json":
        from neuron_pin.report.endoflife import render_json

        return lambda statuses: render_json(statuses, as_of, catalog.announced)
    locked = None
    if options.lock:
        from neuron_pin.inputs.locks.lock_json import read_lock_json

        locked = read_lock_json(options.lock)
    if form == "ics":
        from neuron_pin.report.ics import render_ics

        return lambda statuses: render_ics(statuses, catalog, as_of, locked)
    from neuron_pin.report.timeline import make_timeline

    if form == "svg":
        from neuron_pin.report.svg import render_svg

        return lambda statuses: render_svg(make_timeline(statuses, catalog, as_of, locked))
    from neuron_pin.report.page import render_page

    return lambda statuses: render_page(make_timeline(statuses, catalog, as_of, locked))
