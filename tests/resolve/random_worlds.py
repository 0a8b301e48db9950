"""Random packages with what their versions require, to ask searches about."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.inputs import Requirement, parse_requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.resolve.edges import make_edge
from neuron_pin.resolve.exclusion import Exclusion
from neuron_pin.resolve.graph import DependencyEdge
from neuron_pin.resolve.provider import Provider
from neuron_pin.resolve.rules import Context
from neuron_pin.resolve.source import CandidateProvider, Judged, StatedRequirements, SystemRelation
from neuron_pin.sources.candidate import Candidate, File
from neuron_pin.target import make_target


def wanted(chance: random.Random, names: Sequence[str], numbers: int) -> Requirement:
    """A requirement on one of some packages, in any range that a package may state."""
    name = chance.choice(names)
    extra = chance.choice(["", "", "", "[more]"])
    number = chance.randint(1, numbers)
    specifier = chance.choice(
        ["", "", f">={number}", f">={number}", f"<={number}", f"!={number}", f"=={number}",
         f">={number}b1"]
    )  # fmt: skip
    return parse_requirement(name + extra + specifier)


class World:
    """Random packages, each version with what it requires and maybe a rule that excludes it: a
    `CandidateProvider`."""

    def __init__(self, seed: int, catalog: Catalog) -> None:
        self._catalog = catalog
        chance = random.Random(seed)
        self.names = [f"p{number}" for number in range(chance.randint(3, 9))]
        most = chance.randint(1, 6)
        self.offered: dict[PackageKey, list[Judged]] = {}
        self.needed: dict[int, tuple[list[Requirement], list[Requirement]]] = {}
        self.broken: set[int] = set()
        for name in self.names:
            key = PackageKey(Ecosystem.PIP, name)
            offered: list[Judged] = []
            for number in range(most, 0, -1):
                candidate = Candidate(key, str(number), "https://index.example/simple/")
                rule = chance.choice([None] * 8 + [Rule.PRE_RELEASE, Rule.YANKED, Rule.PLATFORM])
                excluded = rule and Exclusion(key, candidate.version, rule, "a reason", "index")
                offered.append((candidate, excluded or None))
                plain = [wanted(chance, self.names, most) for _ in range(chance.choice([0, 1, 2]))]
                more = [wanted(chance, self.names, most) for _ in range(chance.choice([0, 1]))]
                self.needed[id(candidate)] = (plain, more)
                if chance.random() < 0.05:
                    self.broken.add(id(candidate))
            self.offered[key] = offered
        self.roots = [wanted(chance, self.names, most) for _ in range(chance.randint(1, 4))]
        self.constraints = [wanted(chance, self.names, most) for _ in range(chance.choice([0, 1]))]
        self.preferred = {chance.choice(self.names): str(chance.randint(1, most))}

    def provider(
        self, offers: CandidateProvider | None = None, *, is_trial: bool = False
    ) -> Provider:
        """Of this world, or of other candidates in it."""
        constraints: dict[PackageKey, list[Requirement]] = {}
        for requirement in self.constraints:
            constraints.setdefault(self.key_of(requirement), []).append(requirement)
        day = date(2026, 8, 1)
        target = make_target(
            self._catalog, instance=None, system=None, python="3.11", as_of=day, this_python="3.11"
        )
        context = Context(self._catalog, target)
        return Provider(
            context,
            offers or self,
            self.edges(),
            (),
            constraints,
            self.preferred,
            is_trial=is_trial,
        )

    def edges(self) -> list[DependencyEdge]:
        return [make_edge(one, self.key_of(one), "command line") for one in self.roots]

    def candidates(self, key: PackageKey) -> Iterable[Judged]:
        return self.offered.get(key, ())

    def requirements(self, candidate: Candidate, extras: frozenset[str]) -> Sequence[Requirement]:
        plain, more = self.needed[id(candidate)]
        return [*plain, *(more if extras else ())]

    def unusable(self, candidate: Candidate) -> Exclusion | None:
        if id(candidate) not in self.broken:
            return None
        return Exclusion(candidate.key, candidate.version, Rule.NO_WHEEL, "no wheel", "index")

    def stated_requirements(
        self, candidate: Candidate, extras: frozenset[str]
    ) -> StatedRequirements | None:
        return StatedRequirements(self.requirements(candidate, extras), is_certain=True)

    def key_of(self, requirement: Requirement) -> PackageKey:
        return PackageKey(Ecosystem.PIP, requirement.name)

    def relations(self, candidate: Candidate) -> Sequence[SystemRelation]:
        return ()

    def names_revision(self, candidate: Candidate) -> bool:
        return False

    def expect(self, requirements: Iterable[Requirement]) -> None:
        """Nothing is read."""

    def files(self, candidate: Candidate) -> tuple[File, ...]:
        return ()

    def warnings(self, key: PackageKey, version: str) -> Sequence[str]:
        return ()
