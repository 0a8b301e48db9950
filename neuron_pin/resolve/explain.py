"""Every version of a package, newest first: chosen, or excluded by which rule and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from neuron_pin.catalog import Catalog, Release
from neuron_pin.catalog.known_in_part import find_parts
from neuron_pin.inputs import Requirement
from neuron_pin.policy import UNKNOWN_PHASE, Ecosystem, PackageKey, Phase, Rule
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple
from neuron_pin.sources.candidate import Candidate

from .catalog_candidates import find_requirement_key
from .exclusion import Exclusion
from .resolution import Resolution
from .rules import Context, all_exclusions, phase_of


class Verdict(NamedTuple):
    """One version: chosen, or the rules that exclude it, the first one deciding.

    ``phase`` is that of the day asked about, or of the day on which it was first shipped if that
    is later.  ``releases`` are the SDK releases that ship it, newest first; ``source`` is the
    index or repository that offers it, empty where the releases alone know it.  ``is_known`` is
    false for what is newer than the facts.
    """

    key: PackageKey
    version: str
    chosen: bool
    phase: Phase
    releases: tuple[str, ...]
    exclusions: tuple[Exclusion, ...]
    source: str = ""
    is_known: bool = True

    @property
    def phase_label(self) -> str:
        """The phase, ``unknown`` where the facts say nothing of the version and it nothing
        itself."""
        return self.phase.label if self.is_known or self.phase.is_prerelease else UNKNOWN_PHASE


def explain(
    requirement: Requirement, context: Context, resolution: Resolution | None
) -> list[Verdict]:
    """The verdict on every version that the catalog knows of a package, newest first.

    ``resolution`` is the lock that the package was asked for in, none if there is no
    solution.
    """
    catalog, name = context.catalog, requirement.name
    key = find_requirement_key(requirement, context)
    shipped = _list_shipped(catalog, name)
    chosen = next((p for p in resolution.packages if p.key == key), None) if resolution else None
    stated = {e.version: e for e in resolution.exclusions if e.key == key} if resolution else {}
    verdicts = []
    order = sorted(shipped, key=lambda v: (version_order(v), v), reverse=True)
    for version in order:
        rows = shipped[version]
        in_lock = resolution.sdk if resolution else None
        at_hand = [row for row in rows if row[0].sdk == in_lock] or rows
        is_chosen = chosen is not None and version == chosen.version
        exclusions: list[Exclusion] = []
        if not is_chosen:
            exclusions = _against(key, version, at_hand, requirement, context, in_lock)
            if version in stated and all(e.rule is not stated[version].rule for e in exclusions):
                exclusions.insert(0, stated[version])
        release, candidate = at_hand[0]
        phase = phase_of(candidate, _on_release(context, release, rows)).phase
        releases = tuple(row[0].sdk for row in rows)
        verdicts.append(Verdict(key, version, is_chosen, phase, releases, tuple(exclusions)))
    verdicts += _judge_parts(key, requirement, context, set(shipped))
    return sorted(verdicts, key=lambda v: (version_order(v.version), v.version), reverse=True)


def _judge_parts(
    key: PackageKey, requirement: Requirement, context: Context, shipped: set[str]
) -> list[Verdict]:
    """The versions that only releases known in part have: no lock takes these."""
    catalog, target, found = context.catalog, context.target, []
    for part in find_parts(catalog, requirement.name, lambda _: True, date.max):
        if part.version in shipped:
            continue
        day = catalog.dates[part.sdk]
        reason = f"of SDK {part.sdk} ({day}), known in part"
        against = [Exclusion(key, part.version, Rule.KNOWN_IN_PART, reason, part.source)]
        if day > target.as_of:
            reason = f"first shipped by SDK {part.sdk} on {day}, after {target.as_of}"
            against.insert(
                0, Exclusion(key, part.version, Rule.NOT_RELEASED_YET, reason, part.source)
            )
        if not requirement.admits(part.version):
            reason = f"does not match the requirement {requirement.text}"
            against.insert(
                0, Exclusion(key, part.version, Rule.REQUIREMENT, reason, requirement.origin)
            )
        phase = phase_of(Candidate(key, part.version, ""), context).phase
        found.append(Verdict(key, part.version, False, phase, (part.sdk,), tuple(against)))
    return found


def _on_release(
    context: Context, release: Release, rows: Sequence[tuple[Release, Candidate]]
) -> Context:
    """The context to judge a version's phase in: what was not released by the day has none on it,
    and is shown in the phase that it was first shipped in."""
    first = min(row[0].date for row in rows)
    target = context.target
    if first > target.as_of:
        target = target._replace(as_of=first)
    return context._replace(release=release, target=target)


def _list_shipped(catalog: Catalog, name: str) -> dict[str, list[tuple[Release, Candidate]]]:
    key = PackageKey(Ecosystem.PIP, name)
    releases = {release.sdk: release for release in catalog.releases}
    return {
        version: [(releases[sdk], Candidate(key, version, "", member)) for sdk, member in rows]
        for version, rows in catalog.shipped(name).items()
    }


def _against(
    key: PackageKey,
    version: str,
    rows: Sequence[tuple[Release, Candidate]],
    requirement: Requirement,
    context: Context,
    sdk: str | None,
) -> list[Exclusion]:
    found: list[Exclusion] = []
    if not requirement.admits(version):
        reason = f"does not match the requirement {requirement.text}"
        found.append(Exclusion(key, version, Rule.REQUIREMENT, reason, requirement.origin))
    as_of = context.target.as_of
    if all(release.date > as_of for release, _ in rows):
        release = rows[-1][0]
        reason = f"first shipped by SDK {release.sdk} on {release.date}, after {as_of}"
        found.append(Exclusion(key, version, Rule.NOT_RELEASED_YET, reason, release.source))
    best: list[Exclusion] | None = None
    for release, candidate in rows:
        judged = all_exclusions(candidate._replace(key=key), context._replace(release=release))
        if best is None or len(judged) < len(best):
            best = judged
    found += best or []
    if sdk and all(release.sdk != sdk for release, _ in rows):
        names = rows[-1][0].sdk if len(rows) == 1 else f"{rows[-1][0].sdk} to {rows[0][0].sdk}"
        reason = f"shipped by SDK {names}, not by {sdk}"
        found.append(Exclusion(key, version, Rule.NOT_MEMBER, reason, "release manifest"))
    return found
