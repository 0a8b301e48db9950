"""What resolvelib's bookkeeping costs on a large graph, and what is left of it with ours.

    python benchmarks/resolver_bookkeeping.py [PACKAGES]

A synthetic graph of 1,000 packages in memory, in which every requirement can be met and nothing is
tried twice: each package requires the next one and three others further on.  Both resolvers take
turns nine times; printed are the medians, their ratio, and how often each asks the provider whether
a candidate satisfies a requirement (sarugaku/resolvelib#147).
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from resolvelib import AbstractProvider, BaseReporter
from resolvelib.resolvers import Resolution

from neuron_pin.resolve.patched_resolution import CachingResolution

RUNS = 9


class Requirement(NamedTuple):
    name: int
    at_least: int


class Candidate(NamedTuple):
    name: int
    version: int


class Graph(AbstractProvider[Requirement, Candidate, int]):
    """Three versions of each package; the newest one does."""

    def __init__(self, packages: int) -> None:
        chance = random.Random(147)
        self.questions = 0
        self.requires: dict[int, list[Requirement]] = {}
        for name in range(packages):
            later = range(name + 2, packages)
            others = chance.sample(later, min(3, len(later)))
            following = [name + 1] if name + 1 < packages else []
            self.requires[name] = [
                Requirement(other, chance.randint(1, 3)) for other in [*following, *others]
            ]

    def identify(self, requirement_or_candidate: Requirement | Candidate) -> int:
        return requirement_or_candidate.name

    def get_preference(self, identifier: int, *_: Any, **__: Any) -> Any:
        return identifier

    def find_matches(
        self,
        identifier: int,
        requirements: Mapping[int, Iterator[Requirement]],
        incompatibilities: Mapping[int, Iterator[Candidate]],
    ) -> Sequence[Candidate]:
        least = max(requirement.at_least for requirement in requirements[identifier])
        return [Candidate(identifier, version) for version in range(3, least - 1, -1)]

    def is_satisfied_by(self, requirement: Requirement, candidate: Candidate) -> bool:
        self.questions += 1
        return candidate.version >= requirement.at_least

    def get_dependencies(self, candidate: Candidate) -> Iterable[Requirement]:
        return self.requires[candidate.name]


def measure(make: Callable[..., Any], packages: int) -> tuple[float, int]:
    """Seconds of one resolution, and how many questions it asked."""
    graph = Graph(packages)
    start = time.perf_counter()
    state = make(graph, BaseReporter()).resolve([Requirement(0, 1)], max_rounds=10 * packages)
    seconds = time.perf_counter() - start
    assert len(state.mapping) == packages
    return seconds, graph.questions


def main() -> None:
    packages = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    times: dict[str, list[float]] = {"plain": [], "ours": []}
    questions = {}
    for _ in range(RUNS):
        for name, make in (("plain", Resolution), ("ours", CachingResolution)):
            seconds, questions[name] = measure(make, packages)
            times[name].append(seconds)
    medians = {name: statistics.median(found) for name, found in times.items()}
    for name, seconds in medians.items():
        print(f"{name:6} {seconds * 1000:9.1f} ms  {questions[name]:10,} questions")
    print(f"plain / ours: {medians['plain'] / medians['ours']:.1f}")


if __name__ == "__main__":
    main()
