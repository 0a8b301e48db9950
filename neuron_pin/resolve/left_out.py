"""What a lock of a whole release leaves out of it, in a line for each cause."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neuron_pin.policy import Rule
from neuron_pin.policy.version import version_order
from neuron_pin.sources.candidate import Candidate

from .candidate_selection import ReleaseCandidates
from .exclusion import Exclusion


def describe_left_out(selection: ReleaseCandidates) -> Iterator[str]:
    """What is not stable yet; what has no file for the target (NP104); and the system packages,
    where the operating system has none of them (NP103)."""
    yield from _describe_early(selection)
    excluded = [found for rows in selection.exclusions.values() for _, found in rows]
    yield from _describe([found for found in excluded if found.rule is Rule.PLATFORM])
    if not any(key.ecosystem.is_system for key in selection.offered):
        yield from _describe([found for found in excluded if found.rule is Rule.OPERATING_SYSTEM])


def _describe(found: Sequence[Exclusion]) -> Iterator[str]:
    if found:
        rule = found[0].rule
        names = ", ".join(sorted({exclusion.key.name for exclusion in found}))
        reasons = "; ".join(sorted({exclusion.reason for exclusion in found}))
        yield f"left out, {rule.title} ({rule.identifier}): {names}; {reasons}"


def _describe_early(selection: ReleaseCandidates) -> Iterator[str]:
    """That the release has components which are not stable yet, in one line for all."""
    early = sorted(
        f"{key.name} {candidate.version}"
        for key, rows in selection.exclusions.items()
        if key not in selection.offered
        for candidate in sorted(
            _list_early_alone(rows), key=lambda c: version_order(c.version), reverse=True
        )[:1]
    )
    if early:
        yield (
            f"left out, not for production yet: {', '.join(early)}; --phase beta allows them all, "
            "an exact version one of them"
        )


def _list_early_alone(rows: Sequence[tuple[Candidate, Exclusion]]) -> list[Candidate]:
    """The versions that their phase alone excludes, where no other rule than the instance family's
    excludes any: those of other families are not what the target misses."""
    if any(found.rule not in (Rule.PRE_RELEASE, Rule.INSTANCE) for _, found in rows):
        return []
    return [candidate for candidate, found in rows if found.rule is Rule.PRE_RELEASE]
