"""The search that takes nothing back against resolvelib's, on random closures: where it finds an
answer, that is the other's, pin for pin, with the same reasons for every version passed over; and
where the roots alone rule one out, the other has the same causes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import pytest

from neuron_pin.catalog import Catalog
from neuron_pin.inputs import Requirement, parse_requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.resolve.exclusion import Exclusion
from neuron_pin.resolve.forward import ForwardSearch
from neuron_pin.resolve.graph import DependencyEdge, ResolvedNode, make_edge
from neuron_pin.resolve.learning import search_with_lessons
from neuron_pin.resolve.provider import Provider
from neuron_pin.resolve.rules import Context
from neuron_pin.resolve.solver import TooDeep, Unsatisfiable, search_back, solve
from neuron_pin.resolve.source import Judged, SystemRelation
from neuron_pin.sources.candidate import Candidate, File
from neuron_pin.target import make_target

WORLDS = 150
MOST = 20_000
ROUNDS = 200


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

    def provider(self) -> Provider:
        constraints: dict[PackageKey, list[Requirement]] = {}
        for requirement in self.constraints:
            constraints.setdefault(self.key_of(requirement), []).append(requirement)
        day = date(2026, 8, 1)
        target = make_target(
            self._catalog, instance=None, system=None, python="3.11", as_of=day, this_python="3.11"
        )
        context = Context(self._catalog, target)
        return Provider(context, self, self.edges(), (), constraints, self.preferred)

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


@pytest.mark.parametrize("block", range(4))
def test_same_as_resolvelib(block: int, catalog: Catalog) -> None:
    whole = conflicts = 0
    for seed in range(block * WORLDS, block * WORLDS + WORLDS):
        world = World(seed, catalog)
        forward, back = world.provider(), world.provider()
        search = ForwardSearch(forward)
        found = search.run(world.edges(), MOST)
        try:
            solution = search_back(back, world.edges(), ROUNDS)
        except (TooDeep, Unsatisfiable) as error:
            assert not found, seed
            if search.conflict:
                conflicts += 1
                assert isinstance(error, Unsatisfiable), seed
                assert search.conflict == error.causes, seed
                assert forward.rejected == back.rejected, seed
            continue
        assert not search.conflict, seed
        whole += found
        if found:
            pins = [pin for pin in search.mapping.items() if pin[0] in solution.mapping]
            assert pins == list(solution.mapping.items()), seed
            assert search.information == solution.information, seed
            assert forward.rejected == back.rejected, seed
            again = world.provider()
            assert solve(again, world.edges(), ROUNDS) == solution, seed
            assert again.rejected == back.rejected, seed
    # Most closures are found without resolvelib, and not all.
    assert WORLDS * 0.2 < whole < WORLDS * 0.9
    assert conflicts


def holds(world: World, provider: Provider, mapping: Mapping[str, ResolvedNode]) -> bool:
    """Whether an answer has all that is required, in versions that all who require it admit."""
    needs = [
        *world.edges(),
        *(n for node in mapping.values() for n in provider.get_dependencies(node)),
    ]
    by_name = {
        name: [need for need in needs if need.identifier == name]
        for name in {need.identifier for need in needs}
    }
    return by_name.keys() == mapping.keys() and all(
        mapping[name].candidate in [found for _, found in provider.scan(rows[0].key, rows)]
        for name, rows in by_name.items()
    )


@pytest.mark.parametrize("block", range(4))
def test_what_conflicts_teach_is_true(block: int, catalog: Catalog) -> None:
    answers = impossible = 0
    for seed in range(10_000 + block * WORLDS, 10_000 + block * WORLDS + WORLDS):
        world = World(seed, catalog)
        first = ForwardSearch(world.provider())
        if first.run(world.edges(), MOST) or first.conflict:
            continue
        learning = world.provider()
        found = search_with_lessons(learning, world.edges(), MOST)
        if found is None:
            continue
        try:
            answer = search_back(world.provider(), world.edges(), ROUNDS)
        except (TooDeep, Unsatisfiable):
            pass
        else:
            assert holds(world, world.provider(), answer.mapping), seed
            assert not found.conflict, seed
        if found.conflict:
            impossible += 1
            continue
        solved = solve(world.provider(), world.edges(), ROUNDS)
        answers += 1
        assert holds(world, world.provider(), solved.mapping), seed
        for row in learning.rejected.values():
            assert all(exclusion.reason for exclusion in row.values())
    # Of closures where a pin has to be taken back nearly all are decided by it.
    assert answers > 2
    assert impossible > 5


def test_gives_up_after_so_many_pins(catalog: Catalog) -> None:
    world = World(1, catalog)
    assert ForwardSearch(world.provider()).run(world.edges(), MOST)
    assert not ForwardSearch(world.provider()).run(world.edges(), 1)
