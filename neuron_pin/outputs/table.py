"""What was chosen and what was excluded, as columns for people."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.policy import Ecosystem, PackageKey, edition_at
from neuron_pin.record import NamedTuple
from neuron_pin.screen import PLAIN, Cell, Screen, columns

TYPE_CHECKING = False
if TYPE_CHECKING:
    # Reports draw columns and resolve nothing.
    from neuron_pin.resolve import Exclusion, Resolution


def render_table(resolution: Resolution, command: str) -> str:
    """Two tables; plain text, greppable, no color.  Exclusions that nobody on the target has to
    know share a row."""
    del command
    return show_resolution(resolution, PLAIN, everything=False)


def show_resolution(resolution: Resolution, screen: Screen, *, everything: bool) -> str:
    """The same two tables on a screen; with ``everything`` each exclusion has its row."""
    every = list_exclusions(resolution.exclusions, screen)
    chosen_keys = frozenset(package.key for package in resolution.packages)
    rows = every if everything else fold_exclusions(resolution.exclusions, screen, chosen_keys)
    release = f"Neuron SDK {resolution.sdk}" if resolution.sdk else "no Neuron SDK"
    lines = [f"{release} for {resolution.target.label}, as of {resolution.target.as_of}", ""]
    chosen = [
        (
            str(p.key),
            p.version,
            p.pin.render(p.key.ecosystem),
            # Nobody has promised anything of software that is not Neuron's.
            p.phase_label if p.kind is not None else "",
        )
        for p in resolution.packages
    ]
    lines += columns(("PACKAGE", "VERSION", "PIN", "PHASE"), chosen, screen)
    if resolution.support is not None:
        as_of = resolution.target.as_of
        lines += ["", resolution.support.describe(as_of), resolution.support.describe_first()]
        lines.append(f"Judged by the maintenance policy's edition {edition_at(as_of).name}.")
    if resolution.exclusions:
        shown = [(r.package, r.versions, r.rule, cite(r.reason, r.source, screen)) for r in rows]
        head = ("PACKAGE", "VERSION", "RULE", "REASON")
        lines += ["", "Excluded:", *columns(head, shown, screen)]
        if len(rows) < len(every):
            lines.append(f"{len(resolution.exclusions)} versions are excluded; -v shows each")
    return "\n".join(lines) + "\n"


class ExclusionRow(NamedTuple):
    """A row of what was excluded: one version of a package, or several in words."""

    package: str
    versions: str
    rule: str
    reason: str
    source: str


FOLDED = ("NP204", "NP101", "NP106")
"""Rules whose exclusions share a row: later releases, packages of other instance families,
packages of the other side of a container's wall."""


def fold_exclusions(
    exclusions: Sequence[Exclusion],
    screen: Screen = PLAIN,
    chosen: frozenset[PackageKey] = frozenset(),
) -> list[ExclusionRow]:
    """The rows of exclusions, with one row for all later releases, one for all packages of other
    instance families, and one for those of the other side of a container's wall.

    A package that is ``chosen``, or that another rule excludes a version of, is not for another
    family as a whole: its versions keep their rows.
    """
    folded: dict[str, list[Exclusion]] = {}
    rest = []
    partly = chosen | {e.key for e in exclusions if e.rule.identifier not in FOLDED[1:]}
    for exclusion in exclusions:
        is_release = exclusion.key.ecosystem is Ecosystem.SDK
        rule = exclusion.rule.identifier
        if (rule == "NP204" and is_release) or (rule in FOLDED[1:] and exclusion.key not in partly):
            folded.setdefault(rule, []).append(exclusion)
        else:
            rest.append(exclusion)
    rows = list_exclusions(rest, screen)
    for rule in FOLDED:
        found = folded.get(rule, [])
        if len(found) < 2:
            rows += list_exclusions(found, screen)
        elif rule == "NP204":
            count = f"{len(found)} later releases"
            rows.append(ExclusionRow(str(found[0].key), count, rule, found[0].rule.title, ""))
        else:
            names = list(dict.fromkeys(e.key.name for e in found))
            reason = f"{found[0].rule.title}: {', '.join(names)}"
            rows.append(ExclusionRow(f"{len(names)} packages", "", rule, reason, ""))
    return rows


def list_exclusions(exclusions: Sequence[Exclusion], screen: Screen = PLAIN) -> list[ExclusionRow]:
    """Package, version, rule, reason and, where the screen shows it, source; versions that share
    them share a row."""
    alike: dict[tuple[str, str, str, str], list[str]] = {}
    for e in exclusions:
        source = e.source if screen.names_sources or screen.has_links else ""
        group = (str(e.key), e.rule.identifier, e.reason, source)
        alike.setdefault(group, []).append(e.version or "-")
    return [
        ExclusionRow(key, _span(versions), rule, reason, source)
        for (key, rule, reason, source), versions in alike.items()
    ]


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
    "fold_exclusions",
    "list_exclusions",
    "render_table",
    "show_resolution",
]
