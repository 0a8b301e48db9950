"""The solver against brute force: what it finds holds together, and what it calls impossible is."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import wheel
from resolvelib import AbstractProvider, ResolutionImpossible, ResolutionTooDeep
from resolvelib.resolvers.resolution import Resolution

from neuron_pin.resolve import patched_resolution
from neuron_pin.resolve.solver import find_searches, search


class Wanted(NamedTuple):
    """A package in any of some versions."""

    name: str
    versions: frozenset[int]


class Version(NamedTuple):
    """One version of a package."""

    name: str
    number: int


World = dict[str, dict[int, tuple[Wanted, ...]]]
"""By package and version, what it requires."""


class Toy(AbstractProvider[Wanted, Version, str]):
    """A world without indexes: newest version first, names in their order."""

    def __init__(self, world: World) -> None:
        self.world = world

    def identify(self, requirement_or_candidate: Wanted | Version) -> str:
        return requirement_or_candidate.name

    def get_preference(self, identifier: str, *_: Any, **__: Any) -> Any:
        return 0

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[Wanted]],
        incompatibilities: Mapping[str, Iterator[Version]],
    ) -> Iterable[Version]:
        refused = {version.number for version in incompatibilities[identifier]}
        wanted = list(requirements[identifier])
        return [
            Version(identifier, number)
            for number in sorted(self.world.get(identifier, ()), reverse=True)
            if number not in refused and all(number in one.versions for one in wanted)
        ]

    def is_satisfied_by(self, requirement: Wanted, candidate: Version) -> bool:
        return candidate.number in requirement.versions

    def get_dependencies(self, candidate: Version) -> tuple[Wanted, ...]:
        return self.world[candidate.name][candidate.number]


def is_whole(world: World, roots: Iterable[Wanted], chosen: Mapping[str, int]) -> bool:
    """Whether everything that is needed is chosen, in a version that is wanted."""
    waiting, seen = list(roots), set()
    while waiting:
        wanted = waiting.pop()
        if chosen.get(wanted.name) not in wanted.versions:
            return False
        if wanted.name not in seen:
            seen.add(wanted.name)
            waiting += world[wanted.name][chosen[wanted.name]]
    return True


def has_solution(world: World, roots: Iterable[Wanted]) -> bool:
    names = sorted(world)
    wanted = list(roots)
    return any(
        is_whole(world, wanted, dict(zip(names, numbers, strict=True)))
        for numbers in itertools.product(*(world[name] for name in names))
    )


def make_world(seed: int) -> tuple[World, list[Wanted]]:
    """A small world with cycles, exclusions and names that some version does not need."""
    chance = random.Random(seed)
    names = "abcdef"[: chance.randint(3, 6)]
    numbers = {name: range(1, chance.randint(2, 4)) for name in names}

    def wanted(name: str) -> Wanted:
        every = list(numbers[name])
        some = chance.sample(every, chance.randint(1, len(every)))
        return Wanted(name, frozenset(every if chance.random() < 0.3 else some))

    world: World = {
        name: {
            number: tuple(
                wanted(other)
                for other in names
                if other != name and chance.random() < 1.6 / len(names)
            )
            for number in numbers[name]
        }
        for name in names
    }
    roots = [wanted(name) for name in chance.sample(names, chance.randint(1, 3))]
    return world, roots


@pytest.mark.parametrize("block", range(8))
def test_random_worlds(block: int) -> None:
    for seed in range(block * 250, block * 250 + 250):
        world, roots = make_world(seed)
        try:
            found, _ = search(Toy(world), roots, 20_000)
        except ResolutionImpossible:
            assert not has_solution(world, roots), seed
            continue
        except ResolutionTooDeep:
            raise AssertionError(seed) from None
        chosen = {name: version.number for name, version in found.items()}
        assert is_whole(world, roots, chosen), (seed, chosen)


@pytest.mark.parametrize("run", [1, 3])
def test_pins_between_rounds_are_those_of_rounds(monkeypatch: Any, run: int) -> None:
    """However many pins are made without a round of resolvelib's, the answer is the same."""
    answers = []
    for longest in (0, run, patched_resolution.MAX_RUN):
        monkeypatch.setattr(patched_resolution, "MAX_RUN", longest)
        found: list[object] = []
        for seed in range(1500):
            world, roots = make_world(seed)
            try:
                pinned, criteria = search(Toy(world), roots, 20_000)
            except ResolutionImpossible as error:
                found.append(sorted(map(str, error.causes)))
            else:
                found.append(
                    (dict(pinned), {n: len([*c.information]) for n, c in criteria.items()})
                )
        answers.append(found)
    assert answers[0] == answers[1] == answers[2]


# Each version with what it requires; resolvelib 1.2.1 leaves out lib in the first order.
LOST = ["main 2: base", "main 1: base==1", "base 2: main==1 tool==1", "base 1:", "tool 2: lib",
        "tool 1:", "lib 1:"]  # fmt: skip
ORDERS = [("main", "tool"), ("tool", "main")]


@pytest.mark.parametrize("asked", ORDERS)
def test_no_requirement_is_lost(run, tmp_path: Path, asked: tuple[str, ...]) -> None:
    for line in LOST:
        (name, version), requires = line.partition(":")[0].split(), line.partition(":")[2].split()
        path = tmp_path / "wheels" / f"{name}-{version}-py3-none-any.whl"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(wheel(name, version, tuple(requires)))
    done = run(
        "lock", *asked, "--no-index", "--find-links", tmp_path / "wheels", "--python", "3.11"
    )
    assert done.code == 0, done.err
    lines = [line for line in done.out.splitlines() if "==" in line]
    locked = dict(line.split("==") for line in lines)
    assert ("lib" in locked) is (locked["tool"] == "2")


# resolvelib's inside as another release may have it, and what takes it there.
def _raise(*_: Any) -> bool:
    raise AssertionError("called although its arguments are other ones")


INSIDES = {
    "the module is elsewhere": lambda patch: patch.setitem(
        sys.modules, "resolvelib.resolvers.resolution", None
    ),
    "no question for a pin": lambda patch: patch.delattr(Resolution, "_is_current_pin_satisfying"),
    "another name for jumping back": lambda patch: patch.delattr(Resolution, "_backjump"),
    "other arguments": lambda patch: patch.setattr(
        Resolution, "_remove_information_from_criteria", lambda self, criteria: _raise()
    ),
    "no states": lambda patch: patch.setattr(
        Resolution, "__init__", lambda self, provider, reporter: _raise()
    ),
    "types are elsewhere": lambda patch: patch.setitem(sys.modules, "resolvelib.structs", None),
}


@pytest.mark.parametrize("inside", INSIDES)
def test_another_inside_of_resolvelib_is_not_touched(
    inside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then its plain resolver is taken: what it finds holds together, and does not raise."""
    find_searches.cache_clear()
    monkeypatch.delitem(sys.modules, "neuron_pin.resolve.patched_resolution", raising=False)
    try:
        with monkeypatch.context() as patch:
            INSIDES[inside](patch)
            assert len(find_searches()) == 1
        # Solves with what was taken, on the real inside.
        for seed in range(250):
            world, roots = make_world(seed)
            try:
                found, criteria = search(Toy(world), roots, 20_000)
            except (ResolutionImpossible, ResolutionTooDeep):
                continue
            assert set(found) <= set(criteria)
            assert all(found[root.name].number in root.versions for root in roots)
    finally:
        find_searches.cache_clear()
        sys.modules.pop("neuron_pin.resolve.patched_resolution", None)


def test_the_inside_of_this_resolvelib_is_known() -> None:
    assert len(find_searches()) == 2


def test_a_lock_is_the_same_with_the_plain_resolver(run, monkeypatch) -> None:
    words = ("lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04", "--python", "3.12")
    patched = run(*words)
    find_searches.cache_clear()
    monkeypatch.setitem(sys.modules, "neuron_pin.resolve.patched_resolution", None)
    try:
        plain = run(*words)
        assert len(find_searches()) == 1
    finally:
        find_searches.cache_clear()
    assert (plain.code, plain.out) == (patched.code, patched.out)
