"""A host checked against the policy, as data; nothing is changed."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from neuron_pin.audit import Finding, Severity
from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.catalog.facts_age import find_facts_age
from neuron_pin.operations.check import Check, CheckedInput, Wanted
from neuron_pin.operations.named_rules import failing_rules, read_rules
from neuron_pin.settings import Settings

from .arguments import Arguments
from .day import read_day
from .lock_text import open_lock

WITHIN_DAYS = 90
ARGUMENTS = (
    "root", "fail_on", "ignore", "within", "as_of", "lock", "lock_content", "venvs", "strict",
)  # fmt: skip
_ALWAYS, _NEVER = "error", "never"
"""Words of ``fail_on`` that are no rules: for findings that are errors, and for no findings."""


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """The findings, and in ``failing`` those for which the task of a playbook is to fail."""
    del is_check
    arguments = Arguments(values)
    arguments.refuse_others(ARGUMENTS)
    words = arguments.words("fail_on") or (_ALWAYS,)
    failing = failing_rules([word for word in words if word not in (_ALWAYS, _NEVER)])
    ignored = read_rules(arguments.words("ignore"))
    day = read_day(arguments.text("as_of"))
    catalog = load_catalog()
    path, text = arguments.text("lock"), arguments.text("lock_content")
    with open_lock(path, text) if path or text else contextlib.nullcontext("") as lock:
        checked = check_machine(
            arguments.root(),
            catalog,
            day,
            within_days=arguments.number("within", WITHIN_DAYS),
            environments=arguments.words("venvs"),
            lock=lock,
            is_strict=arguments.flag("strict"),
        )
    found = [finding for finding in checked.findings if finding.rule not in ignored]
    has_errors = _ALWAYS in words or bool(failing)
    decisive = [
        finding
        for finding in found
        if finding.rule in failing or (has_errors and finding.severity is Severity.ERROR)
    ]
    return {
        "changed": False,
        **summarize(found),
        "failing": [] if _NEVER in words else [describe_finding(each) for each in decisive],
        "facts": find_facts_age(catalog.announced, day).as_document(),
        "warnings": list(checked.warnings),
    }


def check_machine(
    root: str,
    catalog: Catalog,
    day: date,
    *,
    within_days: int = WITHIN_DAYS,
    environments: Sequence[str] = (),
    lock: str = "",
    is_strict: bool = False,
) -> CheckedInput:
    """What ``neuron-pin check --root`` finds on a day; no settings of the machine are read."""
    check = make_check(catalog, day, within_days=within_days, lock=lock, is_strict=is_strict)
    return check.run(Wanted([], list(environments), [], root))


def make_check(
    catalog: Catalog,
    day: date,
    *,
    within_days: int = WITHIN_DAYS,
    lock: str = "",
    is_strict: bool = False,
) -> Check:
    """A check of a day that reads no settings of the machine."""
    return Check(
        Settings(offline=True),
        catalog,
        today=day,
        now=time.time(),
        environ=os.environ,
        within_days=within_days,
        lock=lock or None,
        is_strict=is_strict,
    )


def summarize(findings: Sequence[Finding]) -> dict[str, Any]:
    """Findings as a document: counts by severity and by rule, and each of them."""
    counts = Counter(finding.rule.identifier for finding in findings)
    return {
        "errors": sum(finding.severity is Severity.ERROR for finding in findings),
        "warned": sum(finding.severity is Severity.WARNING for finding in findings),
        "rules": dict(sorted(counts.items())),
        "findings": [describe_finding(finding) for finding in findings],
    }


def describe_finding(finding: Finding) -> dict[str, Any]:
    """A finding as the JSON of ``check`` has it, without its fix: files of a host are not
    edited."""
    return {
        "rule": finding.rule.identifier,
        "severity": finding.severity.value,
        "subject": finding.subject,
        "reason": finding.reason,
        "place": finding.place,
        "remedy": finding.remedy or None,
    }
