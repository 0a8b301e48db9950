"""``neuron-pin explain``: every version of a package, chosen or excluded, and why."""

from __future__ import annotations

import os
import sys

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs import parse_requirement
from neuron_pin.operations.explain import explain_name, explain_pair
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.report.explain import render_explanation, render_pair
from neuron_pin.settings import load_settings

from .command_parser import CommandParser
from .console import Console
from .facts import today, warn_of_old_facts
from .options import Options, add_format, add_sources, add_target


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin explain``."""
    del common
    parser.examples = (
        "explain torch-neuronx --instance trn1",
        "explain 'neuronx-cc==2.*' --sdk 2.28.1 -v",
        "explain torch-neuronx with transformers",
        "explain neff --compiler 2.27.5334.0 --host",
    )
    parser.add_argument(
        "name",
        metavar="NAME[PIN]",
        help="the package, with a pin if only some versions matter; neff for whether a compiled "
        "model runs",
    )
    parser.add_argument(
        "others",
        metavar="with NAME[PIN]",
        nargs="*",
        help="show which versions of the two packages go together",
    )
    parser.add_argument(
        "--host",
        action="store_true",
        help="show what apt on this machine would do, and why; with neff: take the runtime "
        "library from here",
    )
    parser.add_argument("--root", metavar="DIR", help="the same for the machine below this folder")
    group = parser.add_argument_group("with neff, a compiled model")
    group.add_argument(
        "--compiler",
        metavar="COMPILER",
        help="it was made by this version of neuronx-cc, or by the compiler of this lock.json; "
        "default: that of --sdk or --lock",
    )
    group.add_argument(
        "--runtime",
        metavar="RUNTIME",
        help="it is to run on this version of aws-neuronx-runtime-lib; default: that of --host, "
        "--lock or --sdk",
    )
    group.add_argument("--lock", metavar="FILE", help="it is to run on what this lock.json has")
    add_format(parser, "text", "json")
    add_target(parser)
    add_sources(parser)


def run(options: Options, console: Console) -> int:
    """Explain a name, or a pair of them; 0 if a version was chosen, 1 if none can be.  Of a
    compiled model 1 if it may not run."""
    if options.name == "neff":
        from .neff import explain_model

        return explain_model(options, console)
    if options.compiler or options.runtime or options.lock:
        raise WrongUsage(
            "--compiler, --runtime and --lock are for compiled models",
            hint="neuron-pin explain neff --compiler 2.27.5334.0 --lock lock.json",
        )
    requirement = parse_requirement(options.name)
    if options.host or options.root:
        from .apt_report import explain_host

        return explain_host(requirement, options, console)
    other = None
    if options.others:
        if options.others[0] != "with" or len(options.others) != 2:
            raise WrongUsage(
                "explain takes one package, or two with the word 'with' between them",
                hint="neuron-pin explain torch-neuronx with transformers",
            )
        other = parse_requirement(options.others[1])
    pair = found = None
    with console.watch("Resolving") as reporter:
        request = make_lock_request(
            load_settings(vars(options), os.environ, ""),
            load_catalog(),
            today=today(),
            this_python=".".join(str(part) for part in sys.version_info[:3]),
            environ=os.environ,
            reporter=reporter,
        )
        age = warn_of_old_facts(console, request.catalog, request.target.as_of)
        if other is not None:
            pair = explain_pair(request, requirement, other)
        else:
            found = explain_name(request, requirement)
    if pair is not None:
        text = render_pair(pair, options.format, age, console.screen)
        problem = pair.problem
    else:
        assert found is not None
        text = render_explanation(
            requirement,
            found,
            options.format,
            age,
            everything=bool(console.verbose),
            screen=console.screen,
        )
        problem = found.problem
    console.print_as(options.format, text)
    if problem is not None:
        console.error(problem)
        return problem.exit_code
    return 0
