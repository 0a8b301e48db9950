"""``neuron-pin doctor``: the health of a machine's repositories."""

from __future__ import annotations

import argparse
import os
import time

from neuron_pin.audit import Severity
from neuron_pin.audit.listing import render_findings
from neuron_pin.audit.repositories import check_apt
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage

from .console import Console
from .options import Options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``neuron-pin doctor``."""
    parser.add_argument("--root", metavar="DIR", help="examine the machine below this folder")
    parser.add_argument("--format", choices=("text", "json", "sarif"), default="text")


def run(options: Options, console: Console) -> int:
    """Print the findings; 1 if one of them is an error."""
    root = options.root or "/"
    if not os.path.isdir(os.path.join(root, "etc/apt")):
        raise WrongUsage(
            f"{os.path.join(root, 'etc/apt')} is not there: nothing to examine",
            hint="doctor looks at machines that use apt",
        )
    findings = check_apt(root, load_catalog(), time.time())
    console.result(render_findings(findings, options.format))
    return 1 if any(f.severity is Severity.ERROR for f in findings) else 0
