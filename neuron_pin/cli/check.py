"""``neuron-pin check``: files and environments held against the policy."""

from __future__ import annotations

import os
import sys
from datetime import datetime, timezone

from neuron_pin.audit import Severity
from neuron_pin.audit.listing import count_findings, render_findings
from neuron_pin.audit.statements import examine_statements, parse_within
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.inputs.stated import Stated, read_stated
from neuron_pin.locking import target_of
from neuron_pin.settings import load_settings

from .console import Console
from .parser import Options


def run(options: Options, console: Console) -> int:
    """Print the findings; 1 if one of them is an error, unless ``--exit-zero`` is given."""
    within = parse_within(options.within)
    if within < 0:
        raise WrongUsage(f"--within: {options.within!r} is no number of days", hint="write 90d")
    if not options.files and not options.venv:
        raise WrongUsage("check: what?", hint="check requirements.txt, or check --venv DIR")
    settings = load_settings(vars(options), os.environ, "")
    catalog = load_catalog()
    this_python = ".".join(str(part) for part in sys.version_info[:3])
    target = target_of(settings, catalog, datetime.now(timezone.utc).date(), this_python)
    stated: list[Stated] = []
    for path in options.files:
        stated += read_stated(path, os.environ)
    for folder in options.venv:
        from neuron_pin.inputs.state import read_environment

        for key, versions in read_environment(folder).items():
            stated += [Stated(key, version, None, "", folder) for version in versions]
    findings = examine_statements(stated, catalog, target, within)
    console.result(render_findings(findings, options.format))
    if options.format == "text" and findings:
        console.result("\n" + "\n".join(count_findings(findings)) + "\n")
    failed = any(finding.severity is Severity.ERROR for finding in findings)
    return 1 if failed and not options.exit_zero else 0
