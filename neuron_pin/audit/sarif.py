"""Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines concerned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neuron_pin import __version__
from neuron_pin.policy.rule_pages import PAGES

from .finding import Finding, Severity
from .suppression import fingerprint

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(findings: Sequence[Finding]) -> str:
    """The document's text: one run, the rules that occur, one result a finding."""
    rules = sorted({finding.rule for finding in findings}, key=lambda rule: rule.identifier)
    document = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "neuron-pin",
                        "version": __version__,
                        "rules": [
                            {
                                "id": rule.identifier,
                                "shortDescription": {"text": rule.title},
                                "fullDescription": {"text": PAGES[rule].text},
                                "help": {"text": f"neuron-pin policy {rule.identifier}"},
                            }
                            for rule in rules
                        ],
                    }
                },
                "results": [_result(finding) for finding in findings],
            }
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _result(finding: Finding) -> dict[str, Any]:
    path, line = finding.location
    address = Path(path).as_uri() if Path(path).is_absolute() else quote(Path(path).as_posix())
    location: dict[str, Any] = {"artifactLocation": {"uri": address}}
    if line:
        location["region"] = {"startLine": line}
    remedy = f". Fix: {finding.remedy}" if finding.remedy else ""
    return {
        "ruleId": finding.rule.identifier,
        "level": "error" if finding.severity is Severity.ERROR else "warning",
        "message": {"text": f"{finding.subject}: {finding.reason}{remedy}"},
        "locations": [{"physicalLocation": location}],
        # The same finding in later checks, whatever its line.
        "partialFingerprints": {"neuronPinFinding/v1": _digest(finding)},
    }


def _digest(finding: Finding) -> str:
    return hashlib.sha256(fingerprint(finding).encode("utf-8", "surrogateescape")).hexdigest()
