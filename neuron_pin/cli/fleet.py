"""``neuron-pin fleet``: the facts of many hosts."""

from __future__ import annotations

import os
import time

from neuron_pin.audit.requirements import parse_within
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import FAMILIES, Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin fleet``."""
    parser.examples = ("fleet facts",)
    parser.add_actions(
        {"facts": "print what a fleet report needs to know of this host"},
        common,
    )
    _add_facts(parser.actions["facts"])


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
    """Print the facts of a host; 0 whatever they are."""
    return _facts(options, console)


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
