"""The search that takes nothing back against resolvelib's, on random closures: where it finds an
answer, that is the other's, pin for pin, with the same reasons for every version passed over; and
where the roots alone rule one out, the other has the same causes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from random_worlds import World

from neuron_pin.catalog import Catalog
from neuron_pin.resolve.forward import ForwardSearch
from neuron_pin.resolve.graph import ResolvedNode, TooDeep
from neuron_pin.resolve.learning import search_with_lessons
from neuron_pin.resolve.provider import Provider
from neuron_pin.resolve.solver import Unsatisfiable, search_back, solve

WORLDS = 150
MOST = 20_000
ROUNDS = 200


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
