"""``neuron-pin plan``: the commands to install or upgrade, and to roll back."""

from __future__ import annotations

import os
import sys

from neuron_pin.catalog import load_catalog
from neuron_pin.inputs import parse_all
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.planner import Plan
from neuron_pin.planner.planning import PlanOptions, plan
from neuron_pin.settings import load_settings

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import Options, add_format, add_output, add_target
from .report_file import write_report
from .rewriting import written_command

FORMS = ("text", "json", "markdown", "sh", "dockerfile")
PROGRAMS = ("sh", "dockerfile")
"""Forms that are run, and so have no room for notes."""

_ENDINGS = {".json": "json", ".md": "markdown", ".sh": "sh"}


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin plan``."""
    del common
    parser.examples = (
        "plan --instance trn2 --os ubuntu24.04",
        "plan --from 2.28.1 --to 2.32.0 --instance trn2 --os ubuntu22.04",
        "plan --instance trn2 --os ubuntu24.04 -o install.sh",
        "plan --instance trn2 --os ubuntu24.04 -o Dockerfile",
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
    add_output(group)
    add_format(parser, *FORMS, what="the plan")
    # The name of a file tells the format, too.
    parser.set_defaults(format=None)
    add_target(parser)


def run(options: Options, console: Console) -> int:
    """Print the plan; nothing of it is run."""
    settings = load_settings(vars(options), os.environ, "")
    form = _infer_form(options)
    if form == "dockerfile":
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
        form_words = ("--format", form) if form in PROGRAMS and not options.format else ()
        arguments = [word for word in options.arguments if word != "--overwrite"]
        command = written_command([*arguments, *form_words])
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
    text = _render(found, form, command, with_files=bool(options.verbose))
    if form in PROGRAMS:
        for note in found.notes:
            console.note(f"note: {note}")
    write_report(form, text, options, console)
    return 0


def _infer_form(options: Options) -> str:
    """The format asked for, else what the name of the file says; text for others."""
    if options.format:
        return str(options.format)
    name = os.path.basename(options.output or "")
    if name.startswith("Dockerfile"):
        return "dockerfile"
    return _ENDINGS.get(os.path.splitext(name)[1], "text")


def _render(found: Plan, form: str, command: str, *, with_files: bool) -> str:
    if form in PROGRAMS:
        from neuron_pin.report.shell import render_dockerfile, render_script

        return (render_script if form == "sh" else render_dockerfile)(found, command)
    from neuron_pin.report.plan import render_plan_json, render_plan_markdown, render_plan_text

    if form == "json":
        return render_plan_json(found)
    render = render_plan_markdown if form == "markdown" else render_plan_text
    return render(found, with_files=with_files)
