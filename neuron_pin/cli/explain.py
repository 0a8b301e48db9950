"""``neuron-pin explain``: every version of a package, chosen or excluded, and why."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import datetime, timezone

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs import parse_requirement
from neuron_pin.operations.explain import explain_name, explain_pair
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.report.explain import render_explanation, render_pair
from neuron_pin.settings import load_settings

from .apt_report import explain_host
from .console import Console
from .options import Options, add_sources, add_target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``neuron-pin explain``."""
    parser.add_argument("name", metavar="NAME[PIN]")
    parser.add_argument(
        "others", metavar="with NAME[PIN]", nargs="*", help="which versions go with which"
    )
    parser.add_argument(
        "--host", action="store_true", help="what this machine's apt would do, and why"
    )
    parser.add_argument("--root", metavar="DIR", help="… the machine below this folder")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    add_target(parser)
    add_sources(parser)


def run(options: Options, console: Console) -> int:
    """Explain a name, or a pair of them; 0 if a version was chosen, 1 if none can be."""
    requirement = parse_requirement(options.name)
    if options.host or options.root:
        return explain_host(requirement, options, console)
    other = None
    if options.others:
        if options.others[0] != "with" or len(options.others) != 2:
            raise WrongUsage(
                f"explain: {' '.join(options.others)!r}?",
                hint="explain torch-neuronx, or explain torch-neuronx with transformers",
            )
        other = parse_requirement(options.others[1])
    request = make_lock_request(
        load_settings(vars(options), os.environ, ""),
        load_catalog(),
        today=datetime.now(timezone.utc).date(),
        this_python=".".join(str(part) for part in sys.version_info[:3]),
        environ=os.environ,
    )
    if other is not None:
        pair = explain_pair(request, requirement, other)
        console.result(render_pair(pair, options.format))
        problem = pair.problem
    else:
        found = explain_name(request, requirement)
        console.result(
            render_explanation(requirement, found, options.format, everything=bool(console.verbose))
        )
        problem = found.problem
    if problem is not None:
        console.error(problem)
        return problem.exit_code
    return 0
