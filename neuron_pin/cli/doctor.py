"""``neuron-pin doctor``: the health of a machine's repositories."""

from __future__ import annotations

import os
import time

from neuron_pin.audit import Severity
from neuron_pin.audit.listing import render_findings
from neuron_pin.audit.repositories import check_apt
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage

from .command_parser import CommandParser
from .console import Console
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
    if not os.path.isdir(os.path.join(root, "etc/apt")):
        raise WrongUsage(
            f"{os.path.join(root, 'etc/apt')} is not there: nothing to examine",
            hint="doctor looks at machines that use apt",
        )
    findings = check_apt(root, load_catalog(), time.time())
    console.print_as(options.format, render_findings(findings, options.format, console.screen))
    return 1 if any(f.severity is Severity.ERROR for f in findings) else 0
