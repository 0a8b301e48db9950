"""Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the lines concerned."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neuron_pin import __version__
from neuron_pin.policy.rule_pages import PAGES

from .finding import Finding, Severity
from .suppression import fingerprint
from .unread import UnreadPart

INFORMATION = "https://awsdocs-neuron.readthedocs-hosted.com/en/latest/about-neuron/sdk-policy.html"
"""The policy that the findings are about."""
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
                        "informationUri": INFORMATION,
                        "rules": [
                            {
                                "id": rule.identifier,
                                "name": rule.name.title().replace("_", ""),
                                "shortDescription": {"text": rule.title},
                                "fullDescription": {"text": PAGES[rule].text},
                                "help": {"text": f"neuron-pin policy {rule.identifier}"},
                            }
                            for rule in rules
                        ],
                    }
                },
                "results": _results(findings),
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
    """A place; what is found of a folder or an image is on its first line, because code hosts show
    nothing without one."""
    # RFC 3986, 3.3: a relative reference whose first part has a colon would be a scheme.
    encoded = quote(Path(path).as_posix(), errors="surrogateescape")
    address = Path(path).as_uri() if Path(path).is_absolute() else encoded
    return {"artifactLocation": {"uri": address}, "region": {"startLine": line or 1}}


def _results(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The results, each with what identifies it in later checks, whatever its line: of several
    that are alike in a file the first has the digest alone."""
    seen: Counter[str] = Counter()
    found = []
    for finding in findings:
        digest = _digest(finding)
        seen[digest] += 1
        number = f":{seen[digest]}" if seen[digest] > 1 else ""
        found.append(_result(finding, digest + number))
    return found


def _result(finding: Finding, identity: str) -> dict[str, Any]:
    remedy = f". Fix: {finding.remedy}" if finding.remedy else ""
    return {
        "ruleId": finding.rule.identifier,
        "level": "error" if finding.severity is Severity.ERROR else "warning",
        "message": {"text": f"{finding.subject}: {finding.reason}{remedy}"},
        "locations": [{"physicalLocation": _location(*finding.location)}],
        "partialFingerprints": {"neuronPinFinding/v1": identity},
    }


def _digest(finding: Finding) -> str:
    return hashlib.sha256(fingerprint(finding).encode("utf-8", "surrogateescape")).hexdigest()
