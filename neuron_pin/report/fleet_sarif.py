"""A fleet's report as SARIF 2.1.0 (OASIS): one result for what is the same on many hosts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from neuron_pin import __version__
from neuron_pin.audit.sarif import INFORMATION, SCHEMA
from neuron_pin.fleet.fleet_report import FleetReport
from neuron_pin.fleet.host_facts import HostFinding
from neuron_pin.fleet.lock_fit import Fit
from neuron_pin.policy import Rule
from neuron_pin.policy.rule_pages import PAGES

from .fleet import count_hosts, find_title, name_hosts

MAX_LOCATIONS = 100
"""Hosts that a result names one by one."""


def render_fleet_sarif(report: FleetReport) -> str:
    """The document: a result for each finding with the hosts that have it, one for each fact that
    keeps hosts from a lock, and notifications of facts that could not be read or were left out."""
    results = [*_list_findings(report), *_list_blockers(report)]
    names = sorted({result["ruleId"] for result in results})
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "neuron-pin",
                "version": __version__,
                "informationUri": INFORMATION,
                "rules": [_describe_rule(name) for name in names],
            }
        },
        "results": results,
    }
    told = [("error", f"{each.place}: {each.problem}") for each in report.unread]
    told += _list_left_out(report)
    if told:
        notifications = [{"level": level, "message": {"text": text}} for level, text in told]
        run["invocations"] = [
            {"executionSuccessful": True, "toolExecutionNotifications": notifications}
        ]
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(document, indent=2) + "\n"


def _describe_rule(name: str) -> dict[str, Any]:
    rule = next((rule for rule in Rule if rule.identifier == name), None)
    described: dict[str, Any] = {"id": name, "shortDescription": {"text": find_title(name)}}
    if rule is not None:
        described["name"] = rule.name.title().replace("_", "")
        described["fullDescription"] = {"text": PAGES[rule].text}
        described["help"] = {"text": f"neuron-pin policy {name}"}
    return described


def _list_findings(report: FleetReport) -> Iterator[dict[str, Any]]:
    hosts: dict[HostFinding, list[str]] = {}
    for host in report.hosts:
        for finding in dict.fromkeys(host.state.findings or ()):
            hosts.setdefault(finding._replace(reason="", remedy=""), []).append(host.name)
    for finding, names in sorted(hosts.items()):
        yield _make_result(
            finding.rule, finding.severity, f"{finding.subject}: {find_title(finding.rule)}",
            names, finding.place,
        )  # fmt: skip


def _list_left_out(report: FleetReport) -> Iterator[tuple[str, str]]:
    """The severity of findings that summaries leave out, and whose they are: no result can be made
    of them, for their places are not known."""
    hosts: dict[tuple[str, str], list[str]] = {}
    for host in report.hosts:
        for rule in host.state.missing:
            hosts.setdefault((rule, host.state.judge_missing(rule)), []).append(host.name)
    for (rule, severity), names in sorted(hosts.items()):
        text = f"a summary leaves out findings of {rule}: {find_title(rule)}"
        yield severity, f"{text} ({count_hosts(len(names))}: {name_hosts(names)})"


def _list_blockers(report: FleetReport) -> Iterator[dict[str, Any]]:
    for lock in report.locks:
        for fit, blocker, names in lock.blockers:
            if fit is Fit.BLOCKED:
                text = f"cannot take {lock.path}: {blocker.fact}"
                yield _make_result(blocker.rule, "error", text, list(names), lock.path)


def _make_result(
    rule: str, severity: str, text: str, names: list[str], place: str
) -> dict[str, Any]:
    path, _, line = place.rpartition(":")
    if not path or not line.isdecimal() or len(line) > 9:
        path, line = place, "1"
    address = Path(path).as_uri() if Path(path).is_absolute() else quote(path)
    digest = hashlib.sha256("\0".join((rule, text, place)).encode("utf-8", "surrogateescape"))
    return {
        "ruleId": rule,
        "level": severity,
        "message": {"text": f"{text} ({count_hosts(len(names))}: {name_hosts(names)})"},
        "occurrenceCount": len(names),
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": address},
                    "region": {"startLine": max(int(line), 1)},
                },
                "logicalLocations": [
                    {"fullyQualifiedName": name, "kind": "resource"}
                    for name in names[:MAX_LOCATIONS]
                ],
            }
        ],
        "partialFingerprints": {"neuronPinFleet/v1": digest.hexdigest()},
    }
