"""``neuron-pin policy``: the rules, one rule's page, or the policy's tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from neuron_pin.errors import UnknownName, WrongUsage
from neuron_pin.policy import CURRENT, EDITIONS, Phase, PolicyEdition, Rule, edition_at
from neuron_pin.policy.classification import list_classifications
from neuron_pin.policy.rule_pages import PAGES, STABILITY
from neuron_pin.policy.update import Update, list_updates
from neuron_pin.screen import Screen, columns
from neuron_pin.target import parse_day

from .command_parser import CommandParser
from .console import Console
from .options import Options, add_format


def add_arguments(parser: CommandParser, common: CommandParser) -> None:
    """The options of ``neuron-pin policy``."""
    del common
    parser.examples = (
        "policy",
        "policy NP201",
        "policy phases",
        "policy phases --as-of 2024-06-30",
        "policy statements",
    )
    parser.add_argument(
        "rule",
        metavar="RULE",
        nargs="?",
        help="a rule, such as NP201, or a table of the policy: phases, classification, updates; "
        "statements: what the policy states, and what enforces it",
    )
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        help="print the table phases or classification of the policy in force on this day",
    )
    add_format(parser, "text", "json", "markdown")


def run(options: Options, console: Console) -> int:
    """List the rules, print one's page, or one of the policy's tables."""
    name = (options.rule or "").lower()
    topic = TOPICS.get(name)
    if options.as_of is not None and name not in DATED:
        raise WrongUsage(
            f"--as-of is for the tables {' and '.join(DATED)}",
            hint=f"neuron-pin policy {DATED[0]} --as-of {options.as_of}",
        )
    if name == "statements":
        from neuron_pin.report.policy_statements import render_statements

        console.print_as(options.format, render_statements(options.format))
        return 0
    if topic is not None:
        text, make_document = topic
        day = parse_day(options.as_of) if options.as_of is not None else None
        if options.format == "json":
            document = {"schema_version": 1, **make_document(day)}
            console.result(json.dumps(document, indent=2) + "\n")
        else:
            console.show(text(console.screen, day) + "\n")
        return 0
    rules = sorted(Rule, key=lambda rule: rule.identifier)
    if options.rule:
        wanted = options.rule.upper()
        rules = [rule for rule in rules if rule.identifier == wanted]
        if not rules:
            tables = (*TOPICS, "statements")
            known = [*(rule.identifier for rule in Rule), *tables]
            hint = f"neuron-pin policy lists the rules; tables: {', '.join(tables)}"
            alike = [name for name in known if name.startswith(wanted)]
            if alike:
                # Not what is spelled most like it, but all that begin with it.
                hint = f"did you mean {' or '.join(alike)}? {hint}"
                known = []
            raise UnknownName("rule", options.rule, known, hint=hint)
    if options.format == "json":
        pages = [_document(rule) for rule in rules]
        console.result(json.dumps({"schema_version": 1, "rules": pages}, indent=2) + "\n")
    elif options.format == "markdown":
        console.result(markdown(rules))
    elif options.rule:
        console.show(_page(rules[0]))
    else:
        rows = [(rule.identifier, rule.title, PAGES[rule].section) for rule in rules]
        table = columns(("RULE", "TITLE", "SOURCE"), rows, console.screen)
        console.show("\n".join(table) + "\n")
    return 0


def _page(rule: Rule) -> str:
    page = PAGES[rule]
    lines = [f"{rule.identifier}: {rule.title}", "", page.text, ""]
    lines += [f"{word:8} {text}" for word, text in _behavior(rule)]
    return "\n".join([*lines, f"{'source':8} {page.section}"]) + "\n"


def _document(rule: Rule) -> dict[str, str]:
    page = PAGES[rule]
    document = {"identifier": rule.identifier, "title": rule.title}
    return document | {word: getattr(page, word) for word in ("section", "text", *_BEHAVIOR)}


_BEHAVIOR = ("pip", "apt", "rpm", "example")


def _behavior(rule: Rule) -> list[tuple[str, str]]:
    page = PAGES[rule]
    return [(word, text) for word in _BEHAVIOR if (text := getattr(page, word))]


def markdown(rules: Sequence[Rule]) -> str:
    """The reference page of the rules: docs/reference/rules.md is this text."""
    parts = [
        "# Rules\n\n"
        "<!-- Generated: neuron-pin policy --format markdown > docs/reference/rules.md -->\n\n"
        f"{STABILITY}\n"
    ]
    for rule in rules:
        page = PAGES[rule]
        lines = [
            f"- {word}: " + (f"`{text}`" if word == "example" else text)
            for word, text in _behavior(rule)
        ]
        lines.append(f"- source: {page.section}")
        lines.append("- decided by: " + ", ".join(f"`{place}`" for place in page.decided_by))
        parts.append(
            f"## {rule.identifier}: {rule.title}\n\n{page.text}\n\n" + "\n".join(lines) + "\n"
        )
    return "\n".join(parts)


def _phases_text(screen: Screen, day: date | None) -> str:
    blocks = []
    editions = EDITIONS if day is None else (edition_at(day),)
    for edition in reversed(editions):
        rows = [
            (kind.value, *("yes" if phase in phases else "-" for phase in Phase))
            for kind, phases in edition.phases_of.items()
        ]
        head = ("KIND", *(phase.label.upper() for phase in Phase))
        title = f"{_name_edition(edition, day)}: {edition.change}"
        blocks.append("\n".join([title, "", *columns(head, rows, screen)]))
    updates = [(phase.label, list_updates(phase).value) for phase in _phases_of(editions[-1])]
    blocks.append("\n".join(columns(("PHASE", "UPDATES"), updates, screen)))
    return "\n\n".join(blocks)


def _name_edition(edition: PolicyEdition, day: date | None) -> str:
    """An edition with its first day, and that it was not yet in force on the day asked about."""
    named = f"Edition {edition.name}, in force from {edition.in_force}"
    if day is not None and day < edition.in_force:
        named += f" (the oldest known; none is known for {day})"
    return named


def _phases_of(edition: PolicyEdition) -> list[Phase]:
    """Every phase that some kind of subject can be in."""
    return sorted(frozenset[Phase]().union(*edition.phases_of.values()))


def _phases_document(day: date | None) -> dict[str, object]:
    editions = EDITIONS if day is None else (edition_at(day),)
    return {
        "editions": [
            {
                "name": edition.name,
                "in_force": edition.in_force.isoformat(),
                "change": edition.change,
                "notice_months": edition.notice_months,
                "regular_months": edition.regular_months,
                "phases": {
                    kind.value: [phase.label for phase in sorted(phases)]
                    for kind, phases in edition.phases_of.items()
                },
            }
            for edition in editions
        ],
        "updates": {phase.label: list_updates(phase).value for phase in _phases_of(editions[-1])},
    }


def _classification_text(screen: Screen, day: date | None) -> str:
    edition = CURRENT if day is None else edition_at(day)
    tables = list_classifications(edition)
    if not tables:
        return f"{_name_edition(edition, day)}, has no such tables."
    blocks = [_name_edition(edition, day)] if day else []
    for table in tables:
        rows = [(phase.label, *(cell or "-" for cell in cells)) for phase, cells in table.rows]
        head = ("PHASE", *(column.upper() for column in table.columns))
        lines = [table.title, "", *columns(head, rows, screen)]
        blocks.append("\n".join([*lines, f"({table.note})"] if table.note else lines))
    return "\n\n".join(blocks)


def _classification_document(day: date | None) -> dict[str, object]:
    edition = CURRENT if day is None else edition_at(day)
    return {
        "edition": edition.name,
        "classification": [
            {
                "title": table.title,
                "kinds": [kind.value for kind in table.kinds],
                "phases": {phase.label: table.of(phase) for phase, _ in table.rows},
                "note": table.note,
            }
            for table in list_classifications(edition)
        ],
    }


def _updates_text(screen: Screen, day: date | None) -> str:
    del day
    rows = [(update.value, update.promise) for update in Update]
    return "\n".join(columns(("UPDATE", "THE POLICY SAYS"), rows, screen))


def _updates_document(day: date | None) -> dict[str, object]:
    del day
    return {"updates": {update.value: update.promise for update in Update}}


TOPICS = {
    "phases": (_phases_text, _phases_document),
    "classification": (_classification_text, _classification_document),
    "updates": (_updates_text, _updates_document),
}
"""The policy's tables."""

DATED = ("phases", "classification")
"""Those that editions of the policy differ in."""
