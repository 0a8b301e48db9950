"""``neuron-pin explain neff``: whether a compiled model runs on a runtime library."""

from __future__ import annotations

from neuron_pin.catalog import load_catalog
from neuron_pin.catalog.neff import NeffVerdict
from neuron_pin.errors import WrongUsage
from neuron_pin.operations.explain_neff import NeffQuestion, explain_neff
from neuron_pin.report.neff import render_neff

from .console import Console
from .facts import parse_day_or_today, warn_of_old_facts
from .options import Options


def explain_model(options: Options, console: Console) -> int:
    """Print the judgment; 1 if the model may not run, 0 if it runs and where nothing is
    stated."""
    if options.others:
        raise WrongUsage(
            "explain neff takes options, and no other package",
            hint="neuron-pin explain neff --compiler 2.27.5334.0 --runtime 2.34.10.0",
        )
    catalog = load_catalog()
    as_of = parse_day_or_today(options.as_of)
    question = NeffQuestion(
        options.compiler,
        options.runtime,
        options.sdk,
        options.lock,
        options.root or ("/" if options.host else None),
        catalog.instance(options.instance) if options.instance else None,
    )
    found = explain_neff(question, catalog, as_of)
    age = warn_of_old_facts(console, catalog, as_of)
    text = render_neff(found, options.format, age, everything=bool(console.verbose))
    console.print_as(options.format, text)
    return int(found.judgment.verdict in (NeffVerdict.MAY_BREAK, NeffVerdict.RECOMPILE))
