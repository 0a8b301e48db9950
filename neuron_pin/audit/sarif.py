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
from .unread import UnreadPart

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(findings: Sequence[Finding], unread: Sequence[UnreadPart] = ()) -> str:
    """The document's text: one run, the rules that occur, one result a finding, and a
    notification for each part that was not read."""
    rules = sorted({finding.rule for finding in findings}, key=lambda rule: rule.identifier)
    document: dict[str, Any] = {
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
    if unread:
        notifications = [_notification(part) for part in unread]
        # SARIF 3.20.21: what a tool met while it ran, apart from what it found.
        invocation = {"executionSuccessful": True, "toolExecutionNotifications": notifications}
        document["runs"][0]["invocations"] = [invocation]
    return json.dumps(document, indent=2) + "\n"


def _notification(part: UnreadPart) -> dict[str, Any]:
    text = f"not understood: {part.text}: {part.reason}" if part.text else part.reason
    path = part.place.rpartition(":")[0] if part.line else part.place
    return {
        "level": "warning",
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(path, part.line)}],
    }


def _location(path: str, line: int) -> dict[str, Any]:
    address = Path(path).as_uri() if Path(path).is_absolute() else quote(Path(path).as_posix())
    location: dict[str, Any] = {"artifactLocation": {"uri": address}}
    if line:
        location["region"] = {"startLine": line}
    return location


def _result(finding: Finding) -> dict[str, Any]:
    remedy = f". Fix: {finding.remedy}" if finding.remedy else ""
    return {
        "ruleId": finding.rule.identifier,
        "level": "error" if finding.severity is Severity.ERROR else "warning",
        "message": {"text": f"{finding.subject}: {finding.reason}{remedy}"},
        "locations": [{"physicalLocation": _location(*finding.location)}],
        # The same finding in later checks, whatever its line.
        "partialFingerprints": {"neuronPinFinding/v1": _digest(finding)},
    }


def _digest(finding: Finding) -> str:
    return hashlib.sha256(fingerprint(finding).encode("utf-8", "surrogateescape")).hexdigest()
