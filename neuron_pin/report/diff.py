"""The difference of two states as text, JSON or Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from neuron_pin.catalog import FactsAge
from neuron_pin.operations.diff import Comparison, Difference
from neuron_pin.policy import Phase
from neuron_pin.printable import escape_markdown, join_printable, make_printable
from neuron_pin.screen import PLAIN, Screen, columns

from .changes import changes_row, sign_changes


def render_diff(
    comparison: Comparison, form: str, age: FactsAge, *, everything: bool, screen: Screen = PLAIN
) -> str:
    """The text; what is equal in both only where ``everything`` is wanted."""
    shown = [d for d in comparison.differences if everything or not d.is_equal]
    if form == "json":
        document = {**_document(comparison, shown), "facts": age.as_document()}
        return json.dumps(document, indent=2) + "\n"
    if form == "markdown":
        return _markdown(comparison, shown)
    return _text(comparison, shown, screen)


HEAD = ("PACKAGE", "OLD", "NEW", "UPDATE", "PHASE")


def _row(difference: Difference) -> tuple[str, str, str, str, str]:
    return (
        str(difference.key),
        ", ".join(difference.old) or "-",
        ", ".join(difference.new) or "-",
        describe_update(difference),
        describe_phase(difference.phases),
    )


def describe_update(difference: Difference) -> str:
    """``major``, ``minor, downgrade``, ``entered``, ``left; replaced by NAME`` …"""
    if not difference.old:
        return "entered"
    if not difference.new:
        instead = difference.renamed_to or difference.successor
        return f"left; replaced by {instead}" if instead else "left"
    word = difference.update.value if difference.update is not None else "-"
    if difference.is_equal:
        return "none"
    if word == "none":
        # The highest version stayed; others came or went.
        word = "others"
    return f"{word}, downgrade" if difference.backwards else word


def describe_phase(phases: tuple[Phase | None, Phase | None]) -> str:
    """``stable``, ``stable → maintenance``; ``-`` for packages that are not Neuron's."""
    labels = [phase.label for phase in phases if phase is not None]
    return " → ".join(dict.fromkeys(labels)) or "-"


def _text(comparison: Comparison, shown: Sequence[Difference], screen: Screen) -> str:
    title = f"{comparison.old.label} → {comparison.new.label}"
    support = comparison.support
    if support is not None:
        title += f" ({support.update.value}: {support.update.promise})"
    table = columns(HEAD, [_row(d) for d in shown], screen) if shown else ["no difference"]
    lines = [
        f"{word}: {' '.join(sign_changes(gained, lost))}"
        for word, gained, lost in _support_rows(comparison)
    ]
    remarks = (*comparison.losses, *comparison.notes)
    lines += ["", *remarks] if remarks else []
    # The table is made printable already, and may be in color.
    return "\n".join([make_printable(title), "", *table, ""]) + join_printable(lines)


def _support_rows(comparison: Comparison) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    support = comparison.support
    if support is None:
        return []
    rows = [
        ("Python", *support.pythons),
        ("operating systems", *support.systems),
        ("instances", *support.instances),
    ]
    return [row for row in rows if row[1] or row[2]]


def _markdown(comparison: Comparison, shown: Sequence[Difference]) -> str:
    lines = [
        f"## {escape_markdown(comparison.old.label)} → {escape_markdown(comparison.new.label)}",
        "",
    ]
    if comparison.support is not None:
        lines += [f"{comparison.support.update.value}: {comparison.support.update.promise}", ""]
    if shown:
        lines += ["| package | old | new | update | phase |", "|---|---|---|---|---|"]
        lines += [f"| {' | '.join(escape_markdown(cell) for cell in _row(d))} |" for d in shown]
    else:
        lines.append("No difference.")
    remarks = (*comparison.losses, *comparison.notes)
    for word, gained, lost in _support_rows(comparison):
        lines += ["", f"{word}: {' '.join(sign_changes(gained, lost))}"]
    lines += ["", *(f"- {escape_markdown(remark)}" for remark in remarks)] if remarks else []
    return "\n".join(lines) + "\n"


def _document(comparison: Comparison, shown: Sequence[Difference]) -> dict[str, Any]:
    support = comparison.support
    return {
        "schema_version": 1,
        "old": {"label": comparison.old.label, "sdk": comparison.old.sdk or None},
        "new": {"label": comparison.new.label, "sdk": comparison.new.sdk or None},
        "update": support.update.value if support is not None else None,
        "packages": differences_document(shown),
        "support": {
            word: changes_row(gained, lost) for word, gained, lost in _support_rows(comparison)
        },
        "notes": [*comparison.losses, *comparison.notes],
    }


def differences_document(differences: Sequence[Difference]) -> list[dict[str, Any]]:
    """Differences as rows of JSON."""
    return [
        {
            "ecosystem": d.key.ecosystem.value,
            "name": d.key.name,
            "old": list(d.old),
            "new": list(d.new),
            "update": d.update.value if d.update is not None else None,
            "backwards": d.backwards,
            "old_phase": d.phases[0].label if d.phases[0] is not None else None,
            "new_phase": d.phases[1].label if d.phases[1] is not None else None,
            "renamed_to": d.renamed_to or None,
            "successor": d.successor or None,
        }
        for d in differences
    ]
