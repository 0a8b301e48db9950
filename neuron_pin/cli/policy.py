"""``neuron-pin policy``: the rules, or one rule's page."""

from __future__ import annotations

import json

from neuron_pin.errors import UnknownName
from neuron_pin.outputs.table import columns
from neuron_pin.policy import Rule

from .console import Console
from .parser import Options


def run(options: Options, console: Console) -> int:
    """List the rules or print one's page."""
    rules = sorted(Rule, key=lambda rule: rule.identifier)
    if options.rule:
        wanted = options.rule.upper()
        rules = [rule for rule in rules if rule.identifier == wanted]
        if not rules:
            known = [rule.identifier for rule in Rule]
            raise UnknownName("rule", options.rule, known, hint="neuron-pin policy lists them")
    if options.format == "json":
        pages = [rule.value._asdict() for rule in rules]
        console.result(json.dumps({"schema_version": 1, "rules": pages}, indent=2) + "\n")
    elif options.format == "markdown":
        console.result(markdown(rules))
    elif options.rule:
        page = rules[0].value
        console.result(
            f"{page.identifier}: {page.title}\n\n{page.text}\n\nSource: {page.section}\n"
        )
    else:
        rows = [(rule.identifier, rule.title, rule.value.section) for rule in rules]
        console.result("\n".join(columns(("RULE", "TITLE", "SOURCE"), rows)) + "\n")
    return 0


def markdown(rules: list[Rule]) -> str:
    """The reference page of the rules."""
    parts = ["# Rules\n"]
    for rule in rules:
        page = rule.value
        parts.append(
            f"## {page.identifier}: {page.title}\n\n{page.text}\n\nSource: {page.section}\n"
        )
    return "\n".join(parts)
