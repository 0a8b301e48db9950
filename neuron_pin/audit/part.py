"""The phase of a part of an environment, as findings, and what to use instead of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.support import Part
from neuron_pin.policy import PackageKey, Phase, Rule
from neuron_pin.policy.calendar import add_days
from neuron_pin.resolve.suggestion import SUPPORTED, suggest_version
from neuron_pin.target import Target

from .finding import Finding, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class MakeFinding(Protocol):
        """Makes a finding on what is checked."""

        def __call__(
            self, rule: Rule, severity: Severity, reason: str, remedy: str = ""
        ) -> Finding: ...


def part_remedy(part: Part, key: PackageKey, version: str, catalog: Catalog, target: Target) -> str:
    """What to use instead of a version in its phase: the newest that is supported for the
    target; else what replaced the package; empty where the facts name nothing, for what is
    stable with no end announced, and for an early version of another backend than the supported
    ones: they are no way out for its code."""
    if part.phase is Phase.STABLE and part.floor.announced is None:
        return ""
    package = catalog.packages.get(key.name)
    if package is not None and package.backends and part.phase.is_prerelease:
        newest = suggest_version(catalog, key, target)
        old = package.find_backend(newest.version) if newest is not None else None
        if old != package.find_backend(version):
            return ""
    ended = part.phase is Phase.EOS
    found = suggest_version(catalog, key, target, SUPPORTED if ended else (Phase.STABLE,))
    if found is not None:
        return f"use {found.label}"
    if ended:
        # Of a package that never left beta the newest one is all that there is.
        found = suggest_version(catalog, key, target, (*SUPPORTED, Phase.BETA))
        if found is not None:
            return f"use {found.label}{found.caution}"
    from .remedy import suggest_replacement

    announcement = part.floor.event or part.event
    announced = announcement.replacement if announcement is not None else ""
    return suggest_replacement(catalog, key, target, announced)


def check_part(
    part: Part,
    as_of: date,
    within_days: int,
    finding: MakeFinding,
    ended: Rule = Rule.END_OF_SUPPORT,
    remedy: str = "",
) -> Iterator[Finding]:
    """The phase of a part of an environment on a day: ended, in maintenance, a pre-release, or
    ending within the days asked about.  ``remedy`` is what to do, empty where nothing is
    known.  What ended and was never more than a pre-release is both."""
    event, subject = part.event, part.subject
    source = f" [{event.source}]" if event is not None else ""
    verb, since = ("has been", f" since {event.effective}") if event is not None else ("is", "")
    if part.phase is Phase.EOS:
        reason = f"{subject.label} {verb} out of support{since}{source}"
        yield finding(ended, Severity.ERROR, reason, remedy)
        if part.early is not None:
            # A version may be marked where its series was stable later.
            label, known = "the version", ""
            if part.early_event is not None:
                label, known = subject.label, f" [{part.early_event.source}]"
            reason = f"{label} ended as {part.early.label}, not for production{known}"
            yield finding(Rule.PRE_RELEASE, Severity.WARNING, reason, remedy)
        return
    if part.phase is Phase.MAINTENANCE:
        reason = f"{subject.label} {verb} in maintenance{since}{source}"
        yield finding(Rule.MAINTENANCE, Severity.WARNING, reason, remedy)
    elif part.phase.is_prerelease:
        reason = f"{subject.label} {verb} {part.phase.label}{since}, not for production{source}"
        yield finding(Rule.PRE_RELEASE, Severity.WARNING, reason, remedy)
    ends, announcement = part.floor.announced, part.floor.event
    if ends is not None and announcement is not None and ends <= add_days(as_of, within_days):
        days = (ends - as_of).days
        reason = (
            f"support of {subject.label} ends on {ends}, in {days} days [{announcement.source}]"
        )
        yield finding(Rule.ENDING, Severity.WARNING, reason, remedy)
