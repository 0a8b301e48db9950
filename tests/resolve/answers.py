"""Answers of the form of the package that this is run on, as JSON: to compare forms by.

python answers.py worlds|specifiers FIRST COUNT
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

from random_worlds import World

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.inputs.requirements.specifier import admits
from neuron_pin.resolve import forward
from neuron_pin.resolve.graph import TooDeep
from neuron_pin.resolve.learning import search_with_lessons
from neuron_pin.resolve.solver import Unsatisfiable, search_back, solve

MOST = 20_000
ROUNDS = 200
OPERATORS = ("==", "!=", ">=", "<=", ">", "<", "~=", "===")
SUFFIXES = ("", "", "", "a1", "b2", "rc1", ".dev3", ".post1", "+local", "x")


def answer_world(seed: int, catalog: Catalog) -> list[Any]:
    """What each search says of a random world, with what it rejected, in the order of that."""
    world = World(seed, catalog)
    found: list[Any] = []
    for search in (solve, search_back):
        provider = world.provider()
        try:
            solution = search(provider, world.edges(), ROUNDS)
        except (Unsatisfiable, TooDeep) as error:
            found.append([type(error).__name__, [str(argument) for argument in error.args]])
        else:
            found.append([list(map(str, solution.mapping.items())), str(solution.information)])
        found.append(str(provider.rejected))
    learning = world.provider()
    learned = search_with_lessons(learning, world.edges(), MOST)
    found.append(learned and [str(learned.mapping), str(learned.conflict)])
    found.append(str(learning.rejected))
    return found


def draw_version(chance: random.Random) -> str:
    numbers = [str(chance.choice([0, 0, 1, 2, 9, 10])) for _ in range(chance.randint(1, 4))]
    return ".".join(numbers) + chance.choice(SUFFIXES)


def answer_specifier(seed: int) -> list[Any]:
    chance = random.Random(seed)
    clauses = [
        chance.choice(OPERATORS) + draw_version(chance) + chance.choice(["", "", "", ".*"])
        for _ in range(chance.randint(1, 3))
    ]
    specifier, version = ",".join(clauses), draw_version(chance)
    try:
        return [specifier, version, admits(specifier, version)]
    except ValueError as error:
        return [specifier, version, str(error)]


def main() -> None:
    what, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    catalog = load_catalog()
    seeds = range(first, first + count)
    answers = [
        answer_world(seed, catalog) if what == "worlds" else answer_specifier(seed)
        for seed in seeds
    ]
    json.dump({"form": Path(forward.__file__).suffix, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
