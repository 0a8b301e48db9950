"""What the policy states and what the program does about it, as text, JSON and Markdown."""

from __future__ import annotations

import json
import re
from itertools import groupby

from neuron_pin.catalog.sources import find_source_url
from neuron_pin.policy import Rule
from neuron_pin.policy.rule_pages import PAGES
from neuron_pin.policy.statements import (
    BOTH,
    NOT_OF_THE_POLICY,
    PAGE,
    STATEMENTS,
    Coverage,
    Statement,
)

SCHEMA_VERSION = 1


def render_statements(form: str) -> str:
    """Every statement as ``text``, ``json`` or ``markdown``; docs/policy.md is the last."""
    if form == "json":
        return json.dumps(_document(), indent=2) + "\n"
    return _markdown() if form == "markdown" else _text()


def _text() -> str:
    lines: list[str] = []
    for (chapter, section), statements in groupby(STATEMENTS, lambda s: (s.chapter, s.section)):
        lines += [chapter if section == chapter else f"{chapter} / {section}"]
        for statement in statements:
            editions = _name_editions(statement)
            by = ", ".join([*(rule.identifier for rule in statement.rules), *editions])
            lines += [f"  {statement.coverage.value}{f' ({by})' if by else ''}: {statement.text}"]
            lines += [f"    {statement.does}"]
            lines += [f"    {statement.command}"] if statement.command else []
        lines += [""]
    return "\n".join([*lines, _count()]) + "\n"


def _name_editions(statement: Statement) -> list[str]:
    if statement.editions == BOTH:
        return []
    return [f"edition {', '.join(statement.editions)} alone"]


def _count() -> str:
    parts = sum(len(statement.parts) for statement in STATEMENTS)
    counts = ", ".join(
        f"{sum(s.coverage is coverage for s in STATEMENTS)} {coverage.value}"
        for coverage in Coverage
    )
    return f"{len(STATEMENTS)} statements for {parts} parts of the page: {counts}"


def _document() -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "page": find_source_url(PAGE),
        "editions": list(BOTH),
        "statements": [
            {
                "name": statement.name,
                "chapter": statement.chapter,
                "section": statement.section,
                "parts": list(statement.parts),
                "editions": list(statement.editions),
                "text": statement.text,
                "coverage": statement.coverage.value,
                "does": statement.does,
                "rules": [rule.identifier for rule in statement.rules],
                "command": statement.command or None,
            }
            for statement in STATEMENTS
        ],
        "other_rules": [
            {"rule": rule.identifier, "source": PAGES[rule].section} for rule in NOT_OF_THE_POLICY
        ],
    }


_HEAD = f"""# The maintenance policy, part by part

<!-- Generated: neuron-pin policy statements --format markdown > docs/policy.md -->

What [the vendor's maintenance policy]({find_source_url(PAGE)})
states, in words of this project, and what neuron-pin does about each part of it:

- *enforced*: a rule excludes versions, or a finding says that somebody breaks it;
- *shown*: a command says so, and there is nothing to refuse;
- *not enforceable*: versions, dates and files do not tell.

The chapters and sections are those of the page. Two editions are covered in full, that of
{BOTH[0]} and that of {BOTH[1]}; where a part is in one of them alone, that is said.
"""


def _markdown() -> str:
    lines = [_HEAD, f"{_count()}.", ""]
    for chapter, of_chapter in groupby(STATEMENTS, lambda s: s.chapter):
        lines += [f"## {chapter}", ""]
        for section, statements in groupby(of_chapter, lambda s: s.section):
            lines += [] if section == chapter else [f"### {section}", ""]
            lines += ["| the page states | what neuron-pin does | by |", "|---|---|---|"]
            for statement in statements:
                does = f"*{statement.coverage.value}*: {_cell(statement.does)}"
                text = " ".join([statement.text, *(f"({e})" for e in _name_editions(statement))])
                lines.append(f"| {_cell(text)} | {does} | {_by(statement)} |")
            lines += [""]
    lines += ["## Rules of other sources", ""]
    lines += [
        "What these rules go by is not in the policy:",
        "",
        "| rule | source |",
        "|---|---|",
    ]
    lines += [f"| {_link(rule)} | {_cell(PAGES[rule].section)} |" for rule in NOT_OF_THE_POLICY]
    return "\n".join(lines) + "\n"


def _by(statement: Statement) -> str:
    shown = [_link(rule) for rule in statement.rules]
    shown += [f"`{statement.command}`"] if statement.command else []
    return "<br>".join(shown)


def _link(rule: Rule) -> str:
    heading = f"{rule.identifier}: {rule.title}".lower()
    anchor = re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")
    return f"[{rule.identifier}](reference/rules.md#{anchor})"


def _cell(text: str) -> str:
    # What would be Markdown, or the end of the cell.
    return re.sub(r"([*_|])", r"\\\1", text)
