"""``neuron-pin explain``: every version of a package, chosen or put aside, and why."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from datetime import date

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.errors import NoSolution, UnknownName
from neuron_pin.inputs import Requirement, parse_requirement
from neuron_pin.locking import make_request
from neuron_pin.outputs.lock_json import exclusion_document
from neuron_pin.outputs.table import columns
from neuron_pin.resolve import Resolution
from neuron_pin.resolve.explain import Verdict, explain
from neuron_pin.resolve.filter import Context
from neuron_pin.resolve.offers import CatalogOffers
from neuron_pin.resolve.resolver import resolve
from neuron_pin.settings import load_settings
from neuron_pin.target import target_of

from .apt_report import explain_host
from .console import Console
from .parser import Options


def run(options: Options, console: Console) -> int:
    """Explain one name; 0 if a version was chosen, 1 if none can be."""
    if options.host or options.root:
        return explain_host(parse_requirement(options.name), options, console)
    settings = load_settings(vars(options), os.environ, "")
    catalog = load_catalog()
    requirement = _known(parse_requirement(options.name), catalog)
    this_python = ".".join(str(part) for part in sys.version_info[:3])
    target = target_of(settings, catalog, date.today(), this_python)
    resolution: Resolution | None = None
    problem: NoSolution | None = None
    try:
        request = make_request(settings, catalog, target, [requirement])
        resolution = resolve(request, catalog, CatalogOffers)
    except NoSolution as error:
        problem = error
    verdicts = explain(requirement, Context(catalog, target), resolution)
    if options.format == "json":
        document = {
            "schema_version": 1,
            "name": requirement.name,
            "sdk": resolution.sdk if resolution else None,
            "target": target.label,
            "versions": [_document(verdict) for verdict in verdicts],
        }
        console.result(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        console.result("\n".join(_text(requirement, target.label, verdicts, console, resolution)))
    if problem is not None:
        console.error(problem)
        return problem.exit_code
    return 0


def _known(requirement: Requirement, catalog: Catalog) -> Requirement:
    if requirement.name in catalog.packages:
        return requirement
    raise UnknownName(
        "package", requirement.name, catalog.packages, hint="neuron-pin catalog show lists them"
    )


def _text(
    requirement: Requirement,
    target: str,
    verdicts: list[Verdict],
    console: Console,
    resolution: Resolution | None,
) -> list[str]:
    release = f", SDK {resolution.sdk}" if resolution else ""
    lines = [f"{requirement.text} for {target}{release}", ""]
    rows = []
    for verdict in verdicts:
        newest, oldest = verdict.releases[0], verdict.releases[-1]
        sdk = newest if newest == oldest else f"{oldest}-{newest}"
        if verdict.chosen:
            rows.append((verdict.version, sdk, verdict.phase.label, "chosen", ""))
            continue
        shown = verdict.exclusions if console.verbose else verdict.exclusions[:1]
        for exclusion in shown:
            reason = f"{exclusion.reason} [{exclusion.source}]"
            rule = exclusion.rule.identifier
            rows.append((verdict.version, sdk, verdict.phase.label, rule, reason))
        if not shown:
            rows.append((verdict.version, sdk, verdict.phase.label, "-", "a later one was chosen"))
    lines += columns(("VERSION", "SDK", "PHASE", "VERDICT", "REASON"), rows)
    counts = Counter(
        f"{v.exclusions[0].rule.identifier} {v.exclusions[0].rule.title}"
        for v in verdicts
        if not v.chosen and v.exclusions
    )
    chosen = sum(verdict.chosen for verdict in verdicts)
    lines += ["", f"{len(verdicts)} versions, {chosen} chosen"]
    lines += [f"  {count:4} {rule}" for rule, count in counts.most_common()]
    return [*lines, ""]


def _document(verdict: Verdict) -> dict[str, object]:
    return {
        "ecosystem": verdict.key.ecosystem.value,
        "version": verdict.version,
        "chosen": verdict.chosen,
        "phase": verdict.phase.label,
        "releases": list(verdict.releases),
        "exclusions": [exclusion_document(exclusion) for exclusion in verdict.exclusions],
    }
