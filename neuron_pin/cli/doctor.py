"""``neuron-pin doctor``: the health of a machine's repositories."""

from __future__ import annotations

import json
import os
import time

from neuron_pin.audit import Severity
from neuron_pin.audit.repositories import examine_apt
from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage

from .console import Console
from .parser import Options


def run(options: Options, console: Console) -> int:
    """Print the findings; 1 if one of them is an error."""
    root = options.root or "/"
    if not os.path.isdir(os.path.join(root, "etc/apt")):
        raise WrongUsage(
            f"{os.path.join(root, 'etc/apt')} is not there: nothing to examine",
            hint="doctor looks at machines that use apt",
        )
    findings = examine_apt(root, load_catalog(), time.time())
    if options.format == "json":
        rows = [
            {
                "rule": f.rule.identifier,
                "severity": f.severity.value,
                "subject": f.subject,
                "reason": f.reason,
                "place": f.place,
                "remedy": f.remedy,
            }
            for f in findings
        ]
        console.result(json.dumps({"findings": rows}, indent=2, ensure_ascii=False) + "\n")
    else:
        for f in findings:
            console.result(
                f"{f.severity.value}: {f.subject}: {f.reason} ({f.rule.identifier})\n"
                f"  at {f.place}\n  do {f.remedy}\n"
            )
        if not findings:
            console.result("nothing found\n")
    return 1 if any(f.severity is Severity.ERROR for f in findings) else 0
