"""The referee's answers for a point, from the policy's text; nothing of neuron_pin is imported.

What the policy says, and where (sections of sdk-policy.rst of the vendor's documentation):

- Beta is not supported and not for production; a version that was published as Beta stays so
  ("Developer Preview (Beta)", "Pre-releases").
- Maintenance and RC are supported; end of support is at one's own discretion ("Life-cycle").
- An end needs an announcement a month ahead; an earlier framework version gets regular updates
  for six months after a newer one ("End of Support", "Extension Components Updates").  Both since
  2024-09-16, the first text that has them.
- The newest framework version is the default; earlier ones have to be asked for (same section).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta

from packaging.version import Version

from .policy_facts import Facts, Row, framework_of, is_system, parsed, release_order

PROMISES_SINCE = date(2024, 9, 16)
PHASES = ("beta", "rc", "stable", "maintenance", "eos")
ALLOWED = frozenset({"stable", "maintenance"})
"""What a lock takes without being told."""


@dataclass(frozen=True)
class Point:
    """What is asked: may this version be installed there on that day."""

    day: date
    sdk: str | None
    package: str
    version: str
    instance: str
    os: str
    python: str
    phases: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What the sources say of a point; None where the question does not apply."""

    in_set: bool | None
    """The release ships the version for the family and the Python."""
    phase: str | None
    """Of the version on that day, None before its first release."""
    may: bool
    """A lock of that day may take it, if it is asked for the release."""
    chosen: tuple[str, str] | None
    """Release and version of the package in a lock that asks for the name alone."""
    until: str | None
    """The last day of support that is certain on that day; None if it is not supported."""
    default: str | None
    """The default framework version of the release for the target."""


def add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def order(version: str) -> Version:
    """By which versions are compared; "14.09.x" is alone in its releases."""
    return parsed(version) or Version("0")


def marked(version: str) -> str | None:
    """The phase that the version itself names."""
    read = parsed(version)
    if read is None or read.pre is None:
        return None
    return "rc" if read.pre[0] == "rc" else "beta"


class Judge:
    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def answer(self, point: Point) -> Answer:
        phase = self.phase(point.package, point.version, point.instance, point.day)
        rows = [
            row
            for row in self.facts.by_package.get(point.package, ())
            if row.version == point.version and (point.sdk is None or row.sdk == point.sdk)
        ]
        fitting = [row for row in rows if self.fits(row, point)]
        listed = [row for row in rows if self.listed(row, point)]
        known = point.sdk is not None and self.facts.dates[point.sdk] <= point.day
        may = not self.target_ended(point) and any(
            row.since <= point.day and self.allowed(row, point) for row in fitting
        )
        return Answer(
            in_set=bool(listed) if known else None,
            phase=phase,
            may=may,
            chosen=self.choose(point),
            until=self.until(point, phase),
            default=self.default(point, point.sdk) if known and point.sdk else None,
        )

    # Phases -----------------------------------------------------------------------------

    def phase(self, package: str, version: str, instance: str, day: date) -> str | None:
        """The phase of a version on a day, None before its first release.

        Of announcements with equal words about versions the latest counts, and one about all
        versions never takes back one about these: "1.5 ended" stands after "MXNet is in
        maintenance".
        """
        rows = [row for row in self.facts.by_package.get(package, ()) if row.version == version]
        if not rows:
            return None
        if min(row.since for row in rows) > day:
            return None
        first = self.facts.first_release(package, version)
        base = marked(version) or ("beta" if self.was_beta(package, first) else "stable")
        known = [
            event
            for event in self.facts.events
            if event.applies(package, version, instance)
            and event.announced <= day
            and event.effective is not None
            and event.effective <= day
        ]
        reached = [base]
        for narrow in (True, False):
            kind = [event for event in known if bool(event.version) == narrow]
            if kind:
                reached.append(max(kind, key=lambda event: event.announced).phase)
        if base in ("beta", "rc"):
            # A page that says from which release on a component is stable leaves the earlier
            # versions what they were published as; maintenance and ends are of the component.
            later = [phase for phase in reached if phase != base]
            if "eos" in later or not later or self.has_left_beta(package):
                return "eos" if "eos" in later else base
        return max(reached, key=PHASES.index)

    def has_left_beta(self, package: str) -> bool:
        """A page says that a version of the component is stable."""
        return any(row["package"] == package and row["until"] for row in self.facts.beta)

    def was_beta(self, package: str, sdk: str) -> bool:
        return any(
            row["package"] == package
            and release_order(row["sdk"]) <= release_order(sdk)
            and (row["until"] is None or release_order(sdk) < release_order(row["until"]))
            for row in self.facts.beta
        )

    def allowed(self, row: Row, point: Point) -> bool:
        """A lock of the point's phases takes a version of this phase.

        Beta has to be asked for, also where what was Beta to its end has ended.
        """
        phase = self.phase(row.package, row.version, point.instance, point.day)
        wanted = ALLOWED | set(point.phases)
        return phase in wanted and ("beta" in wanted or not self.ended_as_beta(row, point))

    def ended_as_beta(self, row: Row, point: Point) -> bool:
        first = self.facts.first_release(row.package, row.version)
        if not (marked(row.version) or self.was_beta(row.package, first)):
            return False
        days = (
            event.effective
            for event in self.facts.events
            if event.applies(row.package, row.version, point.instance)
            and event.phase == "maintenance"
            and event.announced <= point.day
            and event.effective is not None
            and event.effective <= point.day
        )
        return bool(marked(row.version)) or self.has_left_beta(row.package) or not any(days)

    # Targets ----------------------------------------------------------------------------

    def listed(self, row: Row, point: Point) -> bool:
        """The manifest has the version for the family and the Python."""
        return (
            row.version != "na"
            and point.instance in row.instances
            and (not row.pythons or point.python in row.pythons)
        )

    def fits(self, row: Row, point: Point) -> bool:
        """Listed, and of a release that knows the system.

        "Adds support for" a system is said of drivers and system packages; wheels name none.
        """
        since = self.facts.systems.get(point.os, row.sdk)
        return self.listed(row, point) and (
            not is_system(row.package) or release_order(row.sdk) >= release_order(since)
        )

    def target_ended(self, point: Point) -> bool:
        """The Python or the system is out of support on that day."""
        if "eos" in point.phases:
            return False
        return any(
            end.announced <= point.day
            and end.effective <= point.day
            and point.package not in end.but
            and (
                (end.kind == "os" and end.name == point.os)
                or (
                    end.kind == "python"
                    and end.name == point.python
                    and not is_system(point.package)
                )
            )
            for end in self.facts.ends
        )

    # The default lock -------------------------------------------------------------------

    def choose(self, point: Point) -> tuple[str, str] | None:
        """The newest release that has the package for the target, and its version there."""
        if self.target_ended(point):
            return None
        for sdk in self.facts.releases:
            if point.sdk not in (None, sdk):
                continue
            rows = [
                row
                for row in self.facts.by_package.get(point.package, ())
                if row.sdk == sdk
                and row.since <= point.day
                and self.fits(row, point)
                and self.allowed(row, point)
            ]
            if rows:
                stable = [row for row in rows if marked(row.version) is None]
                return sdk, max(stable or rows, key=lambda row: order(row.version)).version
        return None

    def default(self, point: Point, sdk: str) -> str | None:
        """The framework version that a lock of the release's own day took for the target."""
        own_day = replace(point, day=self.facts.dates[sdk], sdk=sdk, phases=())
        found = self.choose(own_day)
        return framework_of(point.package, found[1]) if found else None

    # Promises ---------------------------------------------------------------------------

    def until(self, point: Point, phase: str | None) -> str | None:
        """The last certain day of the version's component or framework version."""
        if phase not in ("rc", "stable", "maintenance"):
            return None
        own = framework_of(point.package, point.version)
        if not any(
            point.instance in row.instances and framework_of(row.package, row.version) == own
            for row in self.facts.by_package[point.package]
        ):
            return None
        announced = [
            event
            for event in self.facts.events
            if event.applies(point.package, point.version, point.instance)
            and event.phase == "eos"
            and event.announced <= point.day
        ]
        ahead = [
            event.effective
            for event in announced
            if event.effective is not None and event.effective > point.day
        ]
        if ahead:
            return (min(ahead) - timedelta(1)).isoformat()
        if point.day < PROMISES_SINCE:
            return point.day.isoformat()  # supported today, and no policy promised more
        known = min(point.day, self.facts.facts_of)
        last = add_months(known + timedelta(1), 1) - timedelta(1)
        undated = [event.announced for event in announced if event.effective is None]
        if undated and not any(event.effective for event in announced):
            # The month of notice runs; after it the end may come on any day.
            return max(add_months(min(undated), 1) - timedelta(1), known).isoformat()
        since = self.superseded(point, known)
        if since is not None:
            last = max(last, add_months(since, 6) - timedelta(1))
        return last.isoformat()

    def superseded(self, point: Point, day: date) -> date | None:
        """The day on which a newer framework version that is no pre-release was first shipped."""
        own = framework_of(point.package, point.version)
        if own is None:
            return None
        days = [
            row.since
            for row in self.facts.by_package[point.package]
            if marked(row.version) is None
            and (theirs := framework_of(row.package, row.version)) is not None
            and release_order(theirs) > release_order(own)
            and not self.was_beta(row.package, self.facts.first_release(row.package, row.version))
            and row.since <= day
        ]
        return min(days) if days else None
