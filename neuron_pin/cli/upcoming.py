"""``neuron-pin upcoming``: what changes when of what is locked or installed."""

from __future__ import annotations

import os

from neuron_pin.audit.requirements import parse_within
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.operations.places import WantedPlaces, list_newer, read_places
from neuron_pin.operations.read_settings import read_target_options
from neuron_pin.operations.upcoming import Outlook, find_upcoming
from neuron_pin.screen import PLAIN
from neuron_pin.settings import load_settings

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import Options, add_format, add_output
from .report_file import write_report

DEFAULT_LOCK = "lock.json"


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin upcoming``."""
    del common
    parser.examples = (
        "upcoming",
        "upcoming lock.json --within 90d --fail-within 30d",
        "upcoming --host --format ics -o neuron.ics",
        "upcoming --all",
    )
    parser.add_argument(
        "files",
        metavar="LOCK",
        nargs="*",
        help="a lock.json, pylock.toml, uv.lock, constraints.txt or list of packages; default: "
        "lock.json if there is one, else everything that the facts know",
    )
    group = parser.add_argument_group("what to look at")
    group.add_argument(
        "--lock",
        metavar="FILE",
        action="append",
        default=[],
        help="look at this lock, as LOCK does; may be repeated",
    )
    group.add_argument(
        "--venv",
        metavar="DIR",
        action="append",
        default=[],
        help="look at what is installed in this virtual environment; may be repeated",
    )
    group.add_argument(
        "--host",
        action="store_true",
        help="look at this machine: system packages, and every environment on it",
    )
    group.add_argument(
        "--image",
        metavar="IMAGE",
        action="append",
        default=[],
        help="look at this published image, by its tag or the name of the AMI; may be repeated",
    )
    group.add_argument("--root", metavar="DIR", help="look at the machine below this folder")
    group.add_argument(
        "--all", action="store_true", help="show every dated change that the facts know"
    )
    group = parser.add_argument_group("result")
    group.add_argument(
        "--within",
        metavar="DAYS",
        help="show only what is due within this time, such as 90d or 3m, and what is overdue",
    )
    group.add_argument(
        "--fail-within",
        metavar="DAYS",
        help="exit with 1 if anything is due within this time, or overdue",
    )
    group.add_argument(
        "--ignore",
        metavar="CHANGE",
        action="append",
        default=[],
        help="leave this out: a subject (neuron-profiler, 'python 3.10') or a kind of change "
        "(maintenance); may be repeated",
    )
    add_output(group)
    add_format(group, "text", "json", "ics", "markdown")
    _add_target(parser)


def _add_target(parser: CommandParser) -> None:
    group = parser.add_argument_group("target [env: NEURON_PIN_NAME]")
    group.add_argument(
        "--instance",
        metavar="FAMILY",
        help="the instance family; default: what the lock states, or the machine is",
    )
    group.add_argument(
        "--os", metavar="OS", help="the operating system: ubuntu24.04, amzn2023, rocky9 …"
    )
    group.add_argument("--python", "--python-version", metavar="X.Y", help="the Python version")
    group.add_argument(
        "--as-of",
        "--exclude-newer",
        metavar="DATE",
        help="ignore everything later than this day, and count days from it; default: today",
    )
    group.add_argument(
        "--with-kernel", metavar="VERSION", help="the kernel of the machine, as uname -r prints it"
    )


def run(options: Options, console: Console) -> int:
    """Print what changes; 1 if anything is due within ``--fail-within``, else 0."""
    within = _read_days(options.within, "--within")
    fail_within = _read_days(options.fail_within, "--fail-within")
    wanted = _read_wanted(options)
    catalog = load_catalog()
    target = read_target_options(load_settings(vars(options), os.environ, ""), today(), "")
    # A wrong option is told before anything is read.
    target.make(catalog)
    warn_of_old_facts(console, catalog, target.as_of)
    with console.watch("Reading"):
        places, warnings = read_places(catalog, target, wanted)
    for warning in (*warnings, *list_newer(places, catalog)):
        console.warn(warning)
    outlook = find_upcoming(
        catalog,
        target,
        places,
        within=within,
        fail_within=fail_within,
        ignored=options.ignore,
    )
    text = _render(outlook, options, console)
    write_report(options.format, text, options, console)
    return 1 if outlook.is_due else 0


def _read_days(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    days = parse_within(text)
    if days < 0:
        raise WrongUsage(f"{option}: {text!r} is not a number of days", hint="write 90d or 3m")
    return days


def _read_wanted(options: Options) -> WantedPlaces:
    """What the options name; raises `WrongUsage` where they contradict each other."""
    locks = [*options.files, *options.lock]
    host = options.root or ("/" if options.host else None)
    named = bool(locks or options.venv or options.image or host)
    if options.all:
        if named:
            raise WrongUsage(
                "--all shows everything that the facts know, of no lock and no machine",
                hint="give --all, or what to look at",
            )
        return WantedPlaces()
    for name in (*locks, *options.venv):
        if not os.path.exists(name):
            hint = "neuron-pin lock -o lock.json makes a lock; --venv DIR and --host look at what "
            hint += "is installed"
            if name == "host":
                hint = "--host looks at this machine"
            raise WrongUsage(f"{name!r} does not exist", hint=hint)
    if not named and os.path.exists(DEFAULT_LOCK):
        locks = [DEFAULT_LOCK]
    return WantedPlaces(
        locks=tuple(dict.fromkeys(locks)),
        environments=tuple(dict.fromkeys(options.venv)),
        images=tuple(dict.fromkeys(options.image)),
        host=host,
    )


def _render(outlook: Outlook, options: Options, console: Console) -> str:
    if options.format == "ics":
        from neuron_pin.report.ics import render_deadlines

        left_out = sum(row.days_left is None for row in outlook.changes)
        if left_out:
            console.note(
                f"{left_out} change{'s' * (left_out != 1)} without a day cannot be in a calendar"
            )
        return render_deadlines(outlook)
    from neuron_pin.report.upcoming import (
        render_upcoming,
        render_upcoming_markdown,
        upcoming_document,
    )

    if options.format == "json":
        return upcoming_document(outlook)
    if options.format == "markdown":
        return render_upcoming_markdown(outlook)
    return render_upcoming(outlook, PLAIN if options.output else console.screen)
