"""What was chosen and what was left out, as columns for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuron_pin.printable import make_printable

if TYPE_CHECKING:
    # Reports draw columns and resolve nothing.
    from neuron_pin.catalog import Support
    from neuron_pin.resolve import Exclusion, Resolution


def render_table(resolution: Resolution, command: str) -> str:
    """Two tables; plain text, greppable, no color."""
    del command
    release = f"Neuron SDK {resolution.sdk}" if resolution.sdk else "no Neuron SDK"
    lines = [f"{release} for {resolution.target.label}, as of {resolution.target.as_of}", ""]
    rows = [
        (str(p.key), p.version, p.pin.render(p.key.ecosystem), p.phase.label)
        for p in resolution.packages
    ]
    lines += columns(("PACKAGE", "VERSION", "PIN", "PHASE"), rows)
    if resolution.support is not None:
        lines += ["", *support_lines(resolution.support)]
    if resolution.exclusions:
        lines += ["", "Left out:", *exclusion_columns(resolution.exclusions)]
    return "\n".join(lines) + "\n"


def support_lines(support: Support) -> list[str]:
    """Until when all of it is sure of support, and what may end first."""
    first = ", ".join(support.first[:3])
    if len(support.first) > 3:
        first += f" and {len(support.first) - 3} more"
    return [
        f"Support of every part is guaranteed until {support.until}, by facts of "
        f"{support.facts_of}.",
        f"First to end: {first} ({support.reason}).",
    ]


def exclusion_columns(exclusions: Sequence[Exclusion]) -> list[str]:
    """Package, version, rule, reason and source; versions that share them share a line."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for e in exclusions:
        group = (str(e.key), e.rule.identifier, f"{e.reason} [{e.source}]")
        alike.setdefault(group, []).append(e.version or "-")
    rows = [(key, _span(versions), rule, reason) for (key, rule, reason), versions in alike.items()]
    return columns(("PACKAGE", "VERSION", "RULE", "REASON"), rows)


def _span(versions: Sequence[str]) -> str:
    if len(versions) < 3:
        return ", ".join(versions)
    return f"{versions[0]} … {versions[-1]} ({len(versions)})"


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Left-aligned columns, the last one ragged; control characters are made visible."""
    table = [[make_printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
