"""What was chosen and what was left out, as columns for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuron_pin.screen import PLAIN, Cell, Screen, columns

if TYPE_CHECKING:
    # Reports draw columns and resolve nothing.
    from neuron_pin.catalog import Support
    from neuron_pin.resolve import Exclusion, Resolution


def render_table(resolution: Resolution, command: str) -> str:
    """Two tables; plain text, greppable, no color."""
    del command
    return show_resolution(resolution, PLAIN)


def show_resolution(resolution: Resolution, screen: Screen) -> str:
    """The same two tables on a screen."""
    release = f"Neuron SDK {resolution.sdk}" if resolution.sdk else "no Neuron SDK"
    lines = [f"{release} for {resolution.target.label}, as of {resolution.target.as_of}", ""]
    rows = [
        (str(p.key), p.version, p.pin.render(p.key.ecosystem), p.phase.label)
        for p in resolution.packages
    ]
    lines += columns(("PACKAGE", "VERSION", "PIN", "PHASE"), rows, screen)
    if resolution.support is not None:
        lines += ["", *support_lines(resolution.support)]
    if resolution.exclusions:
        lines += ["", "Left out:", *exclusion_columns(resolution.exclusions, screen)]
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


def exclusion_columns(exclusions: Sequence[Exclusion], screen: Screen = PLAIN) -> list[str]:
    """Package, version, rule and reason; versions that share them share a line."""
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for e in exclusions:
        source = e.source if screen.names_sources or screen.has_links else ""
        group = (str(e.key), e.rule.identifier, e.reason, source)
        alike.setdefault(group, []).append(e.version or "-")
    rows = [
        (key, _span(versions), rule, cite(reason, source, screen))
        for (key, rule, reason, source), versions in alike.items()
    ]
    return columns(("PACKAGE", "VERSION", "RULE", "REASON"), rows, screen)


def cite(reason: str, source: str, screen: Screen) -> str | Cell:
    """A reason with its source: named where the screen names sources, else a link where it
    has links."""
    url = ""
    if screen.has_links and source:
        from neuron_pin.catalog.sources import find_source_url

        url = find_source_url(source) or ""
    return Cell(f"{reason} [{source}]" if screen.names_sources and source else reason, url=url)


def _span(versions: Sequence[str]) -> str:
    if len(versions) < 3:
        return ", ".join(versions)
    return f"{versions[0]} … {versions[-1]} ({len(versions)})"


__all__ = [
    "cite",
    "columns",
    "exclusion_columns",
    "render_table",
    "show_resolution",
    "support_lines",
]
