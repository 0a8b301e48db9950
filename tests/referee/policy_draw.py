"""Random points, drawn so that the hard ones are hit; nothing of neuron_pin is imported."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from .policy_facts import EXTENSIONS, Facts, Row, is_system, release_order
from .policy_judge import Judge, Point, marked

FIRST, LAST = date(2023, 1, 1), date(2026, 11, 28)
SYSTEMS = (
    "ubuntu22.04",
    "ubuntu22.04",
    "ubuntu20.04",
    "ubuntu24.04",
    "amzn2023",
    "amzn2",
    "rocky9",
    "ubuntu18.04",
)
PYTHONS = ("3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
FAMILIES = ("inf1", "inf2", "trn1", "trn1n", "trn2", "trn3")
SHARES = {
    "any": 120, "boundary": 130, "beta": 80, "framework": 70, "inf1": 60, "target": 70,
    "unlisted": 60, "maintenance": 50, "late": 30, "new-family": 30,
}  # fmt: skip
"""How many of 700 points are drawn of which kind."""


class Draw:
    def __init__(self, facts: Facts, seed: int) -> None:
        self.facts = facts
        self.judge = Judge(facts)
        self.random = random.Random(seed)
        self.rows = [row for row in facts.rows if row.instances]

    def points(self) -> list[tuple[str, Point]]:
        """All points, each once, with the kind that it was drawn for."""
        kinds: dict[str, Callable[[], Point]] = {
            "any": lambda: self.around(self.pick(self.rows)),
            "boundary": self.boundary,
            "beta": self.beta,
            "framework": self.framework,
            "inf1": lambda: self.around(
                self.pick([row for row in self.rows if "inf1" in row.instances]), "inf1"
            ),
            "target": self.target,
            "unlisted": self.unlisted,
            "maintenance": self.maintenance,
            "late": self.late,
            "new-family": self.new_family,
        }
        found: dict[Point, str] = {}
        for kind, share in SHARES.items():
            goal = len(found) + share
            while len(found) < goal:
                point = kinds[kind]()
                if FIRST <= point.day <= LAST:
                    found.setdefault(point, kind)
        return [(kind, point) for point, kind in found.items()]

    def pick(self, rows: list[Row]) -> Row:
        """One row; packages and releases weigh the same, not how often they are listed."""
        package = self.random.choice(sorted({row.package for row in rows}))
        return self.random.choice([row for row in rows if row.package == package])

    def around(self, row: Row, instance: str | None = None, day: date | None = None) -> Point:
        """A point at which the row may be asked for."""
        roll = self.random
        shipped = row.since
        if day is None:
            later = (LAST - max(shipped, FIRST)).days
            day = max(shipped, FIRST) + timedelta(min(int(roll.expovariate(1 / 200)), later))
        pythons = sorted(row.pythons) or PYTHONS
        systems = [
            os
            for os in SYSTEMS
            if release_order(self.facts.systems.get(os, "0")) <= release_order(row.sdk)
        ]
        alive = [
            os
            for os in systems
            if not any(
                end.kind == "os" and end.name == os and end.effective <= day
                for end in self.facts.ends
            )
        ]
        return Point(
            day=day,
            sdk=row.sdk if roll.random() < 0.6 else None,
            package=row.package,
            version=row.version,
            instance=instance or roll.choice(sorted(row.instances)),
            os=roll.choice(alive if alive and roll.random() < 0.9 else systems),
            python=roll.choice(pythons),
            phases=roll.choices([(), ("beta",), ("eos",), ("beta", "eos")], [8, 1, 1.5, 0.5])[0],
        )

    def boundary(self) -> Point:
        """The day of an announcement or of what it says, and the days beside it."""
        event = self.random.choice(self.facts.events)
        rows = [
            row
            for row in self.rows
            if any(event.applies(row.package, row.version, family) for family in row.instances)
        ]
        if not rows:
            return self.around(self.pick(self.rows))
        day = self.random.choice((event.announced, event.effective or event.announced)) + timedelta(
            self.random.choice((-1, 0, 1))
        )
        near = [row for row in rows if abs((row.since - day).days) < 300]
        row = self.random.choice(near or rows)
        families = sorted(
            family for family in row.instances if event.applies(row.package, row.version, family)
        )
        return self.around(row, self.random.choice(families), day)

    def beta(self) -> Point:
        """Versions that were Beta by their mark or by a page, and what followed them."""
        packages = {row["package"] for row in self.facts.beta}
        rows = [row for row in self.rows if row.package in packages or marked(row.version)]
        point = self.around(self.pick(rows))
        if self.random.random() < 0.3:
            point = replace(point, phases=self.random.choice((("beta",), ("eos",))))
        return point

    def framework(self) -> Point:
        """Releases with several framework versions."""
        several = [
            row
            for row in self.rows
            if row.package in EXTENSIONS
            and sum(other.sdk == row.sdk for other in self.facts.by_package[row.package]) > 1
        ]
        return self.around(self.pick(several))

    def target(self) -> Point:
        """The days around the end of a Python or a system."""
        end = self.random.choice(self.facts.ends)
        day = end.effective + timedelta(self.random.choice((-30, -1, 0, 1, 60)))
        rows = [
            row
            for row in self.rows
            if row.since <= day
            and (end.kind == "os" or end.name in row.pythons or is_system(row.package))
        ]
        point = self.around(self.pick(rows), day=day)
        return replace(point, os=end.name) if end.kind == "os" else replace(point, python=end.name)

    def unlisted(self) -> Point:
        """A family, a Python, a release or a day that does not have the version."""
        point = self.around(self.pick(self.rows))
        changes: tuple[dict[str, Any], ...] = (
            {"instance": self.random.choice(FAMILIES)},
            {"python": self.random.choice(PYTHONS)},
            {"sdk": self.random.choice(self.facts.releases)},
            {
                "day": self.facts.dates[self.facts.first_release(point.package, point.version)]
                - timedelta(1)
            },
        )
        return replace(point, **self.random.choice(changes))

    def maintenance(self) -> Point:
        """Versions in maintenance on the day."""
        event = self.random.choice(
            [event for event in self.facts.events if event.phase == "maintenance"]
        )
        rows = [
            row
            for row in self.rows
            if any(event.applies(row.package, row.version, family) for family in row.instances)
        ]
        day = (event.effective or event.announced) + timedelta(self.random.randint(0, 300))
        return self.around(self.random.choice(rows), day=min(day, LAST))

    def late(self) -> Point:
        """Days after the facts."""
        day = self.facts.facts_of + timedelta(
            self.random.randint(1, (LAST - self.facts.facts_of).days)
        )
        rows = [row for row in self.rows if (day - row.since).days < 400]
        return self.around(self.pick(rows), day=day)

    def new_family(self) -> Point:
        family = self.random.choice(("trn1n", "trn2", "trn3"))
        return self.around(self.pick([row for row in self.rows if family in row.instances]), family)
