"""``neuron-pin plan``: the ordered commands from here to there, and the way back."""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from datetime import datetime, timezone

from neuron_pin.catalog import load_catalog
from neuron_pin.inputs import parse_all
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.planner.planning import PlanOptions, plan
from neuron_pin.settings import load_settings

from .console import Console
from .options import Options, add_target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``neuron-pin plan``."""
    parser.add_argument("requirements", metavar="REQ", nargs="*", help="packages by name")
    parser.add_argument(
        "--from",
        metavar="STATE",
        dest="start",
        default="nothing",
        help="nothing (default), host, an SDK release, lock.json, a venv: what is there",
    )
    parser.add_argument("--to", metavar="SDK", help="a release, or latest (default)")
    parser.add_argument(
        "--framework", metavar="NAME", help="pytorch (default), jax, tensorflow, mxnet, none"
    )
    parser.add_argument("--framework-version", metavar="X.Y")
    parser.add_argument(
        "--category",
        metavar="NAME",
        action="append",
        default=[],
        help="all (default), driver, runtime, tools, compiler, framework, efa, "
        "driver_runtime_tools, compiler_framework",
    )
    parser.add_argument(
        "--ami",
        metavar="NAME",
        default="non-dlami",
        help="non-dlami (default), dlami-base, dlami-framework, dlami-neuron",
    )
    parser.add_argument("--installer", choices=("pip", "uv"), help="default: what fits")
    parser.add_argument("--venv", metavar="DIR", help="the environment's folder")
    parser.add_argument("--root", metavar="DIR", help="the machine below this folder")
    parser.add_argument("--format", choices=("text", "json", "sh", "dockerfile"), default="text")
    add_target(parser)


def run(options: Options, console: Console) -> int:
    """Print the plan; nothing of it is run."""
    settings = load_settings(vars(options), os.environ, "")
    if options.format == "dockerfile":
        settings = settings._replace(scope="container")
    request = make_lock_request(
        settings,
        load_catalog(),
        today=datetime.now(timezone.utc).date(),
        this_python=".".join(str(part) for part in sys.version_info[:3]),
        environ=os.environ,
    )
    command = shlex.join(["neuron-pin", *options.arguments])
    found = plan(
        request,
        start=options.start,
        to=options.to,
        named=parse_all(options.requirements),
        framework=options.framework,
        framework_version=options.framework_version or "",
        category=options.category,
        ami=options.ami,
        options=PlanOptions(
            installer=options.installer or "",
            venv=options.venv or "",
            root=(options.root or "").rstrip("/"),
            command=command,
        ),
    )
    if options.format in ("sh", "dockerfile"):
        from neuron_pin.report.shell import render_dockerfile, render_script

        render = render_script if options.format == "sh" else render_dockerfile
        for note in found.notes:
            console.warn(note)
        console.result(render(found, command))
    else:
        from neuron_pin.report.plan import render_plan_json, render_plan_text

        if options.format == "json":
            console.result(render_plan_json(found))
        else:
            console.result(render_plan_text(found, with_files=bool(options.verbose)))
    return 0
