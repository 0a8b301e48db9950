"""``neuron-pin doctor``: what stops a machine's apt or dnf from following a lock."""

from __future__ import annotations

import os
import time

from neuron_pin.audit import Severity
from neuron_pin.audit.dpkg_states import check_states, list_apt_names
from neuron_pin.audit.host import check_machine_facts, report_unreadable
from neuron_pin.audit.listing import render_findings
from neuron_pin.audit.repositories import check_apt
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.hooks.own_files import check_own_files
from neuron_pin.hooks.status import check_hooks

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin doctor``."""
    del common
    parser.examples = ("doctor", "doctor --root /mnt/image")
    parser.add_argument("--root", metavar="DIR", help="check the machine below this folder")
    add_format(parser, "text", "json", "sarif", what="the findings")


def run(options: Options, console: Console) -> int:
    """Print the findings; 1 if one of them is an error."""
    root = options.root or "/"
    apt, dnf = (os.path.join(root, folder) for folder in ("etc/apt", "etc/dnf"))
    has_apt = os.path.isdir(apt)
    if not has_apt and not os.path.isdir(dnf):
        raise WrongUsage(
            f"there is neither {apt} nor {dnf}: nothing to check",
            hint="doctor checks machines that use apt, and the hook of dnf",
        )
    catalog = load_catalog()
    age = warn_of_old_facts(console, catalog, today())
    findings = check_apt(root, catalog, time.time()) if has_apt else []
    findings += check_machine_facts(root, catalog)
    findings += check_hooks(root, today().isoformat())
    if has_apt:
        try:
            findings += check_own_files(root, today().isoformat())
            findings += check_states(root, list_apt_names(catalog))
        except UnreadableInput as error:
            findings.append(report_unreadable(error))
    text = render_findings(findings, options.format, age, console.screen)
    checked = "the hook of dnf"
    if has_apt:
        checked = "apt sources, keys, lists, pins, hook and package states"
    clean = f"{root}: {checked} checked, no findings\n"
    console.print_as(options.format, text or clean)
    return 1 if any(f.severity is Severity.ERROR for f in findings) else 0
