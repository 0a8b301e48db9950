"""``neuron-pin fleet``: the facts of many hosts."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from neuron_pin.audit.requirements import parse_within
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import NeuronPinError, UnreadableInput, WrongUsage
from neuron_pin.screen import PLAIN, Screen

from .command_parser import CommandParser
from .console import Console
from .facts import parse_day_or_today, today, warn_of_old_facts
from .options import FAMILIES, Options, add_format, join_words

if TYPE_CHECKING:
    from neuron_pin.catalog import Catalog
    from neuron_pin.fleet.fleet_report import FleetReport
    from neuron_pin.fleet.parsing import FactsParser
    from neuron_pin.operations.read_fleet import ReadFleet
    from neuron_pin.resolve import Resolution


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin fleet``."""
    parser.examples = (
        "fleet facts",
        "fleet classes facts/",
        "fleet report facts/ --lock lock.json -o fleet.html",
    )
    parser.add_actions(
        {
            "facts": "print what a fleet report needs to know of this host",
            "classes": "list the classes of hosts, which one lock each is for",
            "report": "report on hosts: classes, findings, ends of support, locks, drift",
        },
        common,
    )
    _add_facts(parser.actions["facts"])
    _add_classes(parser.actions["classes"])
    _add_report(parser.actions["report"])


def _add_facts(facts: CommandParser) -> None:
    facts.examples = (
        "fleet facts",
        "fleet facts --root /mnt/image --name golden-image",
        "fleet facts --gather full -o facts.json",
    )
    facts.add_argument("--root", metavar="DIR", help="gather them below this folder; default: /")
    facts.add_argument(
        "--name", metavar="HOST", help="call the host by this name; default: its own"
    )
    facts.add_argument(
        "--gather",
        choices=("summary", "full"),
        metavar="WHAT",
        default="summary",
        help="summary: at most 8 kB, as Ansible keeps facts; full: every Python package, and the "
        "reasons of findings; default: summary",
    )
    facts.add_argument(
        "--no-check", action="store_true", help="do not check the host: no findings are gathered"
    )
    facts.add_argument(
        "--lock", metavar="FILE", help="check that the host agrees with this lock.json as well"
    )
    facts.add_argument(
        "--instance", metavar="FAMILY", help=f"the instance family, if unknown: {FAMILIES}"
    )
    facts.add_argument("--os", metavar="OS", help="the operating system, if unknown")
    facts.add_argument(
        "--as-of", metavar="DATE", help="ignore everything later than this day; default: today"
    )
    facts.add_argument(
        "--within",
        metavar="DAYS",
        default="90d",
        help="find what is announced to end within this time; default: 90d",
    )
    _add_output(facts)
    add_format(facts, "json", "text", what="the facts")


def _add_paths(parser: CommandParser) -> None:
    parser.add_argument(
        "facts",
        metavar="FILE|DIR",
        nargs="*",
        help="the facts of hosts: what fleet facts printed, one a file or one a line, in folders "
        "too; Ansible's fact cache (jsonfile), output of AWS Systems Manager or of Salt in JSON; - "
        "for standard input",
    )


def _add_classes(classes: CommandParser) -> None:
    classes.examples = ("fleet classes facts/", "fleet classes facts/ --format json")
    _add_paths(classes)
    add_format(classes, "text", "json", what="the classes")


def _add_report(report: CommandParser) -> None:
    report.examples = (
        "fleet report facts/",
        "fleet report facts/ --lock lock.json -o fleet.html",
        "fleet report facts/ --before facts-of-last-week/ --format json",
    )
    _add_paths(report)
    report.add_argument(
        "--lock",
        metavar="FILE",
        action="append",
        default=[],
        help="say which hosts can take this lock.json, and what stops the others; may be repeated",
    )
    report.add_argument(
        "--before",
        metavar="DIR",
        action="append",
        default=[],
        help="show what changed since these earlier facts; may be repeated",
    )
    report.add_argument(
        "--as-of", metavar="DATE", help="ignore everything later than this day; default: today"
    )
    report.add_argument("--exit-zero", action="store_true", help="exit with 0 whatever is found")
    _add_output(report)
    report.add_argument(
        "--format",
        choices=FORMATS,
        metavar="FORMAT",
        help=f"print the report as {join_words(FORMATS)}; default: as the name of the file of "
        "--output says, else text",
    )


FORMATS = ("text", "json", "html", "csv", "sarif")


def _add_output(parser: CommandParser) -> None:
    parser.add_argument(
        "-o",
        "--output",
        "--output-file",
        metavar="FILE",
        help="write to this file; default, and -: standard output",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="overwrite a file that neuron-pin did not write",
    )


def run(options: Options, console: Console) -> int:
    """Print the facts of a host, or what is known of many.

    The facts are 0 whatever they are.  Of many hosts it is 2 if facts or locks could not be read,
    1 if a host has an error or cannot take a lock, 0 with ``--exit-zero``.
    """
    if options.action == "facts":
        return _facts(options, console)
    return _classes(options, console) if options.action == "classes" else _report(options, console)


def _read(
    paths: list[str], parser: FactsParser, option: str = ""
) -> tuple[ReadFleet, list[NeuronPinError]]:
    """The hosts, and the errors to tell; raises `WrongUsage` where nothing is named."""
    from neuron_pin.operations.read_fleet import read_fleet

    if not paths and not option:
        raise WrongUsage(
            "no facts were named",
            hint="give files or folders with what neuron-pin fleet facts printed",
        )
    found = read_fleet(paths, parser)
    return found, list(found.problems)


def _tell(errors: list[NeuronPinError], console: Console) -> None:
    for error in errors[:MAX_TOLD]:
        console.error(error)
    if len(errors) > MAX_TOLD:
        console.warn(f"{len(errors) - MAX_TOLD} more could not be read; --format json names all")


def _tell_others(fleet: ReadFleet, console: Console) -> None:
    """Name the hosts that Ansible knows, but nobody gathered facts from."""
    if fleet.others:
        names = list(fleet.others[:MAX_TOLD])
        if len(fleet.others) > MAX_TOLD:
            names.append(f"{len(fleet.others) - MAX_TOLD} more")
        console.warn(f"Ansible's cache has other facts alone of {', '.join(names)}")


MAX_TOLD = 20
"""Errors that are told one by one."""


def _classes(options: Options, console: Console) -> int:
    from neuron_pin.fleet.fleet_report import make_report
    from neuron_pin.fleet.parsing import FactsParser
    from neuron_pin.operations.read_fleet import list_unread
    from neuron_pin.report.fleet import render_classes_json, render_classes_text

    with console.watch("Reading"):
        fleet, errors = _read(options.facts, FactsParser())
        report = make_report(fleet.hosts, load_catalog(), today())
    if options.format == "json":
        console.result(render_classes_json(report.classes, list_unread(fleet.problems)))
    else:
        console.result(render_classes_text(report.classes, console.screen))
    _tell_others(fleet, console)
    _tell(errors, console)
    return 2 if errors else 0


def _report(options: Options, console: Console) -> int:
    from neuron_pin.fleet.fleet_report import make_report
    from neuron_pin.fleet.parsing import FactsParser
    from neuron_pin.operations.read_fleet import drop_doubtful, find_in_doubt, list_unread
    from neuron_pin.report.fleet import warn_of_locks

    catalog = load_catalog()
    as_of = parse_day_or_today(options.as_of)
    form = options.format or _find_form(options.output)
    warn_of_old_facts(console, catalog, as_of)
    locks, bad_locks = _read_locks(options.lock, catalog)
    parser = FactsParser()
    with console.watch("Reading"):
        fleet, errors = _read(options.facts, parser)
        errors += bad_locks
        problems = list(fleet.problems)
        before, in_doubt = None, frozenset[str]()
        if options.before:
            earlier, more = _read(options.before, parser, "--before")
            errors += more
            problems += earlier.problems
            before = drop_doubtful(earlier.hosts, fleet)
            in_doubt = find_in_doubt(earlier, fleet)
        report = make_report(
            fleet.hosts,
            catalog,
            as_of,
            locks=locks,
            before=before,
            in_doubt=in_doubt,
            unread=list_unread(problems),
        )
    for warning in warn_of_locks(report):
        console.warn(warning)
    text = _render(report, form, PLAIN if options.output else console.screen)
    if form == "text" and not (options.output and options.output != "-"):
        console.result(text)
    else:
        _write(text, options, console)
    _tell_others(fleet, console)
    _tell(errors, console)
    if options.exit_zero:
        return 0
    return 2 if errors else int(report.has_errors)


def _read_locks(
    paths: list[str], catalog: Catalog
) -> tuple[list[tuple[str, Resolution]], list[UnreadableInput]]:
    """The locks with their paths, and the errors of those that cannot be read: the report on the
    hosts does without them."""
    from neuron_pin.operations.read_lock import read_resolution

    locks, problems = [], []
    for path in paths:
        try:
            locks.append((path, read_resolution(path, catalog)[0]))
        except UnreadableInput as error:
            problems.append(error)
    return locks, problems


def _find_form(output: str | None) -> str:
    """The format that the name of a file says."""
    end = os.path.splitext(output or "")[1].lower().lstrip(".")
    end = {"htm": "html"}.get(end, end)
    return end if end in FORMATS else "text"


def _render(report: FleetReport, form: str, screen: Screen) -> str:
    if form == "html":
        from neuron_pin.report.fleet_page import render_fleet_page

        return render_fleet_page(report)
    if form == "sarif":
        from neuron_pin.report.fleet_sarif import render_fleet_sarif

        return render_fleet_sarif(report)
    from neuron_pin.report.fleet import render_report_csv, render_report_json, render_report_text

    if form == "text":
        return render_report_text(report, screen)
    return (render_report_json if form == "json" else render_report_csv)(report)


def _facts(options: Options, console: Console) -> int:
    from neuron_pin.fleet.host_facts import render_host_facts
    from neuron_pin.operations.check import Check
    from neuron_pin.operations.gather_facts import gather_facts
    from neuron_pin.settings import load_settings

    within = parse_within(options.within)
    if within < 0:
        raise WrongUsage(f"--within: {options.within!r} is not a number of days", hint="write 90d")
    catalog = load_catalog()
    check = Check(
        load_settings(vars(options), os.environ, ""),
        catalog,
        today=today(),
        now=time.time(),
        environ=os.environ,
        within_days=within,
        lock=options.lock,
    )
    warn_of_old_facts(console, catalog, check.target().as_of)
    with console.watch("Checking"):
        found = gather_facts(
            options.root or "/",
            check,
            catalog,
            name=options.name,
            is_full=options.gather == "full",
            is_checked=not options.no_check,
        )
    if options.format == "text":
        from neuron_pin.report.host_facts import render_host_facts_text

        console.print_as("text", render_host_facts_text(found, console.screen))
        return 0
    _write(render_host_facts(found), options, console)
    return 0


def _write(text: str, options: Options, console: Console) -> None:
    if options.output and options.output != "-":
        from neuron_pin.fs.atomic import write_atomically
        from neuron_pin.operations.replaceable import check_report_replaceable

        check_report_replaceable(options.output, overwrite=options.overwrite)
        write_atomically(options.output, text)
        console.note(f"{options.output}: written")
    else:
        console.result(text)
