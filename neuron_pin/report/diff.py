"""The difference of two states as text, JSON or Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from neuron_pin.catalog import FactsAge
from neuron_pin.operations.diff import Comparison, Difference
from neuron_pin.policy.update import Update
from neuron_pin.printable import escape_markdown, join_printable, make_printable
from neuron_pin.screen import PLAIN, Screen, columns

from .changes import changes_row, describe_changes, describe_release_change


def render_diff(
    comparison: Comparison, form: str, age: FactsAge, *, everything: bool, screen: Screen = PLAIN
) -> str:
    """The text; what is equal in both only where ``everything`` is wanted."""
    shown = [d for d in comparison.differences if everything or not d.is_equal]
    if form == "json":
        document = {**_document(comparison, shown), **age.as_judged()}
        return json.dumps(document, indent=2) + "\n"
    if form == "markdown":
        return _markdown(comparison, shown)
    return _text(comparison, shown, screen)


HEAD = ("PACKAGE", "OLD", "NEW", "UPDATE", "PHASE")


def list_rows(differences: Sequence[Difference]) -> list[tuple[str, str, str, str, str]]:
    """Differences as rows below `HEAD`."""
    return [_row(difference) for difference in differences]


def _row(difference: Difference) -> tuple[str, str, str, str, str]:
    return (
        str(difference.key),
        ", ".join(difference.old) or "-",
        ", ".join(difference.new) or "-",
        describe_update(difference),
        describe_phases(difference),
    )


def describe_update(difference: Difference) -> str:
    """``major``, ``minor, downgrade``, ``entered``, ``left`` …"""
    if not difference.old:
        return "entered"
    if not difference.new:
        return "left"
    word = difference.update.value if difference.update is not None else "-"
    if difference.is_equal:
        return "none"
    if word == "none":
        # The highest version stayed; others came or went.
        word = "others"
    word = f"{word}, downgrade" if difference.backwards else word
    if difference.left_series:
        word += f"; {', '.join(difference.left_series)} left"
    return word


def describe_phases(difference: Difference) -> str:
    """``stable``, ``stable → maintenance``, ``stable → stable, eos`` in the order of the versions
    where they differ; ``-`` for packages that are not Neuron's."""
    sides = [_join_labels(difference.old_labels), _join_labels(difference.new_labels)]
    return " → ".join(dict.fromkeys(filter(None, sides))) or "-"


def _join_labels(labels: Sequence[str]) -> str:
    return ", ".join(labels if len(set(labels)) > 1 else labels[:1])


def _text(comparison: Comparison, shown: Sequence[Difference], screen: Screen) -> str:
    title = f"{comparison.old.label} → {comparison.new.label}"
    change = _describe_change(comparison)
    if change:
        title += f" ({change})"
    # Of a release that is known by its date alone there is nothing to say, and not "no".
    none = "no difference" if comparison.differences else "nothing is known that could be compared"
    table = columns(HEAD, list_rows(shown), screen) if shown else [none]
    lines = [
        f"{word}: {describe_changes(gained, lost)}"
        for word, gained, lost in _support_rows(comparison)
    ]
    remarks = _remarks(comparison)
    lines += ["", *remarks] if remarks else []
    # The table is made printable already, and may be in color.
    head = [make_printable(line) for line in (title, _describe_left(comparison)) if line]
    return "\n".join([*head, "", *table, ""]) + join_printable(lines)


def _describe_change(comparison: Comparison) -> str:
    """What the change between two releases is, empty unless both states are of one."""
    support = comparison.support
    if support is None:
        return ""
    # Only Neuron packages have phases.
    own = [d for d in comparison.differences if any(phase is not None for phase in d.phases)]
    return describe_release_change(
        support.update,
        backwards=support.is_backwards,
        left=sum(not d.new for d in own),
        majors=sum(d.update is Update.MAJOR for d in own),
    )


def _describe_left(comparison: Comparison) -> str:
    """The Neuron packages that left, those that something replaces first, each with what does;
    empty where none left."""
    left = [d for d in comparison.differences if not d.new and d.phases[0] is not None]
    left.sort(key=lambda d: not (d.renamed_to or d.successor))
    named = []
    for difference in left:
        instead = difference.renamed_to or difference.successor
        name = difference.key.name
        named.append(f"{name} (replaced by {instead})" if instead else name)
    return f"left: {', '.join(named)}" if named else ""


def _remarks(comparison: Comparison) -> list[str]:
    """What is said below the table: what no longer works, what the policy says."""
    return [*comparison.losses, *comparison.notes]


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
    for line in (_describe_change(comparison), _describe_left(comparison)):
        lines += [escape_markdown(line), ""] if line else []
    if shown:
        lines += ["| package | old | new | update | phase |", "|---|---|---|---|---|"]
        lines += [f"| {' | '.join(escape_markdown(cell) for cell in _row(d))} |" for d in shown]
    else:
        lines.append("No difference.")
    remarks = _remarks(comparison)
    for word, gained, lost in _support_rows(comparison):
        lines += ["", f"{word}: {describe_changes(gained, lost)}"]
    lines += ["", *(f"- {escape_markdown(remark)}" for remark in remarks)] if remarks else []
    return "\n".join(lines) + "\n"


def _document(comparison: Comparison, shown: Sequence[Difference]) -> dict[str, Any]:
    support = comparison.support
    return {
        "schema_version": 1,
        "old": {"label": comparison.old.label, "sdk": comparison.old.sdk or None},
        "new": {"label": comparison.new.label, "sdk": comparison.new.sdk or None},
        "update": support.update.value if support is not None else None,
        "backwards": support.is_backwards if support is not None else None,
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
            "old_phase": next(iter(d.old_labels), None),
            "new_phase": next(iter(d.new_labels), None),
            "renamed_to": d.renamed_to or None,
            "successor": d.successor or None,
            "left_series": list(d.left_series),
            "old_phases": list(d.old_labels),
            "new_phases": list(d.new_labels),
        }
        for d in differences
    ]
