"""The versions that releases ship, checked against the policy's scheme."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from neuron_pin.catalog import Catalog, sdk_key, version_numbers
from neuron_pin.policy import Event, Form, Rule, parse_version

from .finding import Finding


def lint_versions(catalog: Catalog, warn: Callable[[Rule, str, str], Finding]) -> Iterator[Finding]:
    """NP706: forms that the policy does not define, and versions that go backwards."""
    odd: dict[str, set[str]] = {}
    before: dict[str, tuple[str, str]] = {}
    for release in reversed(catalog.releases):
        if not release.listed:
            continue
        of_release: dict[str, str] = {}
        for member in catalog.members(release.sdk):
            package = catalog.packages[member.package]
            if not member.version or not package.systems:
                continue
            if package.kind.value in ("extension", "standalone"):
                parsed = parse_version(member.version)
                wanted = Form.EXTENSION if package.framework else Form.STANDALONE
                parts = len(parsed.framework) + len(parsed.own)
                if parsed.form is not wanted or parts != (6 if package.framework else 4):
                    odd.setdefault(member.package, set()).add(member.version)
            best = of_release.get(member.package, "")
            if not best or version_numbers(member.version) > version_numbers(best):
                of_release[member.package] = member.version
        for name, version in of_release.items():
            last, sdk = before.get(name, ("", ""))
            if last and version_numbers(version) < version_numbers(last):
                reason = f"{version} of {release.sdk} is lower than {last} of {sdk}"
                yield warn(Rule.VERSIONING, name, reason)
            before[name] = version, release.sdk
    for name, found in sorted(odd.items()):
        shown = sorted(found, key=lambda v: (version_numbers(v), v))
        form = "X.Y.Z.A.B.C" if catalog.packages[name].framework else "A.B.C.D"
        count = "1 version is" if len(found) == 1 else f"{len(found)} versions are"
        reason = f"{count} not of the form {form}, as {shown[-1]}"
        yield warn(Rule.VERSIONING, name, reason)


def lint_marks(
    catalog: Catalog,
    events_of: Callable[[str, str], Sequence[Event]],
    warn: Callable[[Rule, str, str, Event], Finding],
) -> Iterator[Finding]:
    """NP706: called Beta, Alpha or Release Candidate by a page, and shipped meanwhile without
    the mark that the policy wants in the version."""
    for name, life in catalog.spans.packages.items():
        events = [e for e in events_of(name, "") if e.phase is not None and e.effective]
        events.sort(key=lambda e: (e.effective or date.max, e.announced))
        for number, event in enumerate(events):
            after = events[number + 1] if number + 1 < len(events) else None
            if event.phase is None or not event.phase.is_prerelease:
                continue
            unmarked = [
                (release.sdk, member.version)
                for release in reversed(catalog.releases)
                if release.listed and sdk_key(life.first) <= sdk_key(release.sdk)
                if event.effective is not None and release.date >= event.effective
                if after is None or release.date < (after.effective or date.max)
                for member in catalog.members(release.sdk)
                if member.package == name and member.version
                if not parse_version(member.version).phase.is_prerelease
            ]
            if unmarked:
                sdk, version = unmarked[0]
                reason = (
                    f"{event.phase.label} from {event.effective}, and {version} of {sdk} has "
                    "no mark that says so"
                )
                yield warn(Rule.VERSIONING, name, reason, event)
