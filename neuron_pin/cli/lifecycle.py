"""``neuron-pin lifecycle``: phases and dates of everything that has a lifecycle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.catalog.status import Status
from neuron_pin.lockfile import LockDocument
from neuron_pin.operations.lifecycle import find_statuses, keep_locked
from neuron_pin.report.lifecycle import render_details, render_table
from neuron_pin.screen import PLAIN, Screen

from .command_parser import CommandParser
from .console import Console
from .facts import parse_day_or_today, warn_of_old_facts
from .options import Options, add_format, add_output
from .report_file import write_report


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin lifecycle``."""
    del common
    parser.examples = (
        "lifecycle",
        "lifecycle 'torch-neuronx 2.8' python3.10",
        "lifecycle --kind os --format json",
        "lifecycle 'Llama 3.1' --workload inference",
        "lifecycle --lock lock.json",
        "lifecycle --format html --lock lock.json -o lifecycle.html",
    )
    parser.add_argument(
        "subjects",
        metavar="SUBJECT",
        nargs="*",
        help="what to show: nki, 'torch-neuronx 2.8', python3.11, 2.26.0, dlami:…; default: all",
    )
    parser.add_argument(
        "--kind",
        metavar="KIND",
        action="append",
        help="show only this kind: sdk, component, framework, os …; may be repeated",
    )
    parser.add_argument(
        "--component", metavar="NAME", help="show only the model classes of this component"
    )
    parser.add_argument(
        "--workload",
        metavar="WORKLOAD",
        help="show only the model classes for training, or for inference",
    )
    parser.add_argument(
        "--instance", metavar="FAMILY", help="show only what concerns this instance family"
    )
    parser.add_argument(
        "--as-of", metavar="DATE", help="ignore everything later than this day; default: today"
    )
    parser.add_argument(
        "--lock",
        metavar="FILE",
        help="show what is in this lock.json (text, json), or mark it (html, svg, ics)",
    )
    add_output(parser)
    add_format(parser, "text", "json", "html", "svg", "ics")


def run(options: Options, console: Console) -> int:
    """Print the lifecycle of some subjects, or of all."""
    catalog = load_catalog()
    as_of = parse_day_or_today(options.as_of)
    warn_of_old_facts(console, catalog, as_of)
    locked, instance = None, options.instance
    if options.lock:
        from neuron_pin.inputs.locks.lock_json import read_lock_json

        locked = read_lock_json(options.lock)
    only_locked = locked is not None and options.format in ("text", "json")
    if locked is not None and only_locked:
        # Phases are those on the instance family that the lock is for.
        instance = instance or locked.target.instance
    statuses = find_statuses(
        catalog,
        as_of,
        options.subjects,
        kinds=options.kind or (),
        instance=instance,
        component=options.component,
        workload=options.workload,
    )
    if locked is not None and only_locked:
        statuses = keep_locked(statuses, locked)
    screen = PLAIN if options.output else console.screen
    text = _renderer(options, catalog, as_of, locked, screen)(statuses)
    write_report(options.format, text, options, console)
    return 0


def _renderer(
    options: Options,
    catalog: Catalog,
    as_of: date,
    locked: LockDocument | None,
    screen: Screen,
) -> Callable[[Sequence[Status]], str]:
    form = options.format
    if form == "text":
        render = render_details if options.subjects else render_table
        return lambda statuses: render(statuses, as_of, catalog.announced, screen)
    if form == "json":
        from neuron_pin.report.endoflife import render_json

        return lambda statuses: render_json(statuses, as_of, catalog.announced)
    if form == "ics":
        from neuron_pin.report.ics import render_ics

        return lambda statuses: render_ics(statuses, catalog, as_of, locked)
    from neuron_pin.report.timeline import make_timeline

    if form == "svg":
        from neuron_pin.report.svg import render_svg

        return lambda statuses: render_svg(make_timeline(statuses, catalog, as_of, locked))
    from neuron_pin.report.page import render_page

    return lambda statuses: render_page(make_timeline(statuses, catalog, as_of, locked))
