"""``neuron-pin plan``: the commands to install or upgrade, and to roll back."""

from __future__ import annotations

import os
import shlex
import sys

from neuron_pin.catalog import load_catalog
from neuron_pin.inputs import parse_all
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.planner.planning import PlanOptions, plan
from neuron_pin.settings import load_settings

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import Options, add_format, add_target


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin plan``."""
    del common
    parser.examples = (
        "plan --instance trn2 --os ubuntu24.04",
        "plan --from 2.28.1 --to 2.32.0 --instance trn2 --os ubuntu22.04",
        "plan --instance trn2 --os ubuntu24.04 --format dockerfile",
    )
    parser.add_argument(
        "requirements",
        metavar="REQ",
        nargs="*",
        help="plan for these packages instead of a framework",
    )
    group = parser.add_argument_group("plan")
    group.add_argument(
        "--from",
        metavar="STATE",
        dest="start",
        default="nothing",
        help="start from this: nothing (default), host, an SDK release, a lock.json or a venv",
    )
    group.add_argument(
        "--to", metavar="SDK", help="lead to this SDK release; default: the newest that fits"
    )
    group.add_argument(
        "--framework",
        metavar="NAME",
        help="install this framework: pytorch (default), jax, tensorflow, mxnet or none",
    )
    group.add_argument(
        "--framework-version", metavar="X.Y", help="install this version of the framework"
    )
    group.add_argument(
        "--category",
        metavar="NAME",
        action="append",
        default=[],
        help="install only these: driver, runtime, tools, compiler, framework, efa, "
        "driver_runtime_tools, compiler_framework or all (default); may be repeated",
    )
    group.add_argument(
        "--ami",
        metavar="NAME",
        default="non-dlami",
        help="start from this machine image: non-dlami (default), dlami-base, "
        "dlami-framework or dlami-neuron",
    )
    group.add_argument(
        "--installer", choices=("pip", "uv"), help="install with this; default: what fits"
    )
    group.add_argument("--venv", metavar="DIR", help="put the environment into this folder")
    group.add_argument("--root", metavar="DIR", help="plan for the machine below this folder")
    add_format(parser, "text", "json", "sh", "dockerfile", what="the plan")
    add_target(parser)


def run(options: Options, console: Console) -> int:
    """Print the plan; nothing of it is run."""
    settings = load_settings(vars(options), os.environ, "")
    if options.format == "dockerfile":
        settings = settings._replace(scope="container")
    with console.watch("Planning") as reporter:
        request = make_lock_request(
            settings,
            load_catalog(),
            today=today(),
            this_python=".".join(str(part) for part in sys.version_info[:3]),
            environ=os.environ,
            reporter=reporter,
        )
        warn_of_old_facts(console, request.catalog, request.target.as_of)
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
            console.note(f"note: {note}")
        console.result(render(found, command))
    else:
        from neuron_pin.report.plan import render_plan_json, render_plan_text

        if options.format == "json":
            console.result(render_plan_json(found))
        else:
            console.show(render_plan_text(found, with_files=bool(options.verbose)))
    return 0
