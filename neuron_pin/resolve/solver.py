"""A graph's solution: searched forward; where a pin has to be taken back, forward again with what
conflicts teach; and by resolvelib where that does not decide.

resolvelib is patched where its inside is the one that we know, else as it is; `patched_resolution`
says what is patched.  With a resolvelib whose inside is another one, large graphs take longer, and
a few more sets of requirements are called impossible than are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

from neuron_pin.record import NamedTuple

from .forward import ForwardSearch
from .graph import DependencyEdge, RequiredBy, ResolvedNode, TooDeep
from .provider import Provider

# Not of typing, nor of resolvelib, which not every lock needs.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from resolvelib import AbstractProvider
    from resolvelib.resolvers import Criterion
    from resolvelib.structs import CT, KT, RT

MAX_STEPS = 200
"""Rounds of the second search; each may read what one more version requires."""

TRIAL_ROUNDS = 60
"""Rounds of resolvelib's for a trial."""


class Solution(NamedTuple):
    """What was chosen, by identifier, and who requires it."""

    mapping: Mapping[str, ResolvedNode]
    information: Mapping[str, list[RequiredBy]]


class Unsatisfiable(Exception):
    """Nothing satisfies the roots; ``causes`` are the requirements that do not go together, and
    ``is_whole`` says that the roots among them alone rule out an answer."""

    def __init__(self, causes: Sequence[RequiredBy], *, is_whole: bool) -> None:
        super().__init__(*causes)
        self.causes = causes
        self.is_whole = is_whole


if TYPE_CHECKING:
    Search = Callable[[AbstractProvider[Any, Any, Any], list[Any], int], Any]
    """One search of a provider's graph for roots, in so many rounds."""


@cache
def find_searches() -> tuple[Search, ...]:
    """The search, and where resolvelib's inside is known the one after it: what the first gives
    up is searched once more, one pin at a time, in fewer rounds."""
    from resolvelib import BaseReporter, Resolver, resolvers

    try:
        from .patched_resolution import CachingResolution, StepwiseResolution
    except ImportError:
        # Its own wrapper fails on cycles that backtracking leaves behind; we drop those.
        plain: Any = getattr(resolvers, "Resolution", Resolver)
        return (
            lambda provider, roots, rounds: plain(provider, BaseReporter()).resolve(
                roots, max_rounds=rounds
            ),
        )
    return (
        lambda provider, roots, rounds: CachingResolution(provider, BaseReporter()).resolve(
            roots, max_rounds=rounds
        ),
        lambda provider, roots, _: StepwiseResolution(provider, BaseReporter()).resolve(
            roots, max_rounds=MAX_STEPS
        ),
    )


def search(
    provider: AbstractProvider[RT, CT, KT], roots: Iterable[RT], max_rounds: int
) -> tuple[Mapping[KT, CT], Mapping[KT, Criterion[RT, CT]]]:
    """What resolvelib pins, and the criteria, both by identifier.

    Raises ``ResolutionImpossible`` or ``ResolutionTooDeep``.
    """
    from resolvelib import ResolutionImpossible, ResolutionTooDeep

    wanted = list(roots)
    first, *more = find_searches()
    try:
        found = first(provider, wanted, max_rounds)
    except (ResolutionImpossible, ResolutionTooDeep) as error:
        for again in more:
            try:
                found = again(provider, wanted, max_rounds)
                break
            except (ResolutionImpossible, ResolutionTooDeep):
                continue
        else:
            # The first knows the causes.
            raise error from None
    return found.mapping, found.criteria


def solve(provider: Provider, roots: Iterable[DependencyEdge], max_rounds: int) -> Solution:
    """What satisfies the roots, and all that they require in turn; of a trial, if it is soon found.

    Raises `Unsatisfiable` or `TooDeep`.
    """
    wanted = list(roots)
    forward = ForwardSearch(provider)
    if forward.run(wanted, max_rounds):
        return _make_solution(forward.mapping, forward.information)
    if forward.conflict:
        raise Unsatisfiable(forward.conflict, is_whole=True)
    # Imported here: few closures come to it.
    from .learning import search_with_lessons

    learned = search_with_lessons(provider, wanted, max_rounds)
    if learned is not None:
        if learned.conflict:
            raise Unsatisfiable(learned.conflict, is_whole=True)
        return _make_solution(learned.mapping, learned.information)
    if provider.brings_back:
        # The search cannot be sure of a conflict while pre-releases may count at any time.  Where
        # those that only packages admit do not count, an answer is valid all the same; that there
        # is none proves nothing.
        provider.lets_packages = False
        learned = search_with_lessons(provider, wanted, max_rounds)
        if learned is not None and not learned.conflict:
            return _make_solution(learned.mapping, learned.information)
        provider.lets_packages = True
    provider.rejected.clear()
    most = min(max_rounds, TRIAL_ROUNDS) if provider.is_trial else max_rounds
    return search_back(provider, wanted, most)


def search_back(provider: Provider, roots: Iterable[DependencyEdge], max_rounds: int) -> Solution:
    """The same by resolvelib alone, which takes pins back."""
    from resolvelib import ResolutionImpossible, ResolutionTooDeep

    questions: Any = provider
    try:
        pinned, criteria = search(questions, roots, max_rounds)
    except ResolutionImpossible as error:
        causes = [RequiredBy(*cause) for cause in error.causes]
        raise Unsatisfiable(causes, is_whole=False) from None
    except ResolutionTooDeep as error:
        raise TooDeep(f"gave up after {error.round_count} rounds") from None
    information = {
        name: [RequiredBy(*row) for row in found.information] for name, found in criteria.items()
    }
    return _make_solution(pinned, information)


def _make_solution(
    pinned: Mapping[str, ResolvedNode], information: Mapping[str, list[RequiredBy]]
) -> Solution:
    reached = _find_reachable(pinned, information)
    mapping = {name: chosen for name, chosen in pinned.items() if name in reached}
    return Solution(mapping, information)


def _find_reachable(
    mapping: Mapping[str, ResolvedNode], information: Mapping[str, list[RequiredBy]]
) -> set[str]:
    """What a chain of requirements leads to from a root; backtracking leaves more behind."""
    children: dict[str | None, set[str]] = {}
    for name, found in information.items():
        for row in found:
            parent = row.parent.identifier if row.parent is not None else None
            children.setdefault(parent, set()).add(name)
    reached: set[str] = set()
    waiting = list(children.get(None, ()))
    while waiting:
        name = waiting.pop()
        if name in mapping and name not in reached:
            reached.add(name)
            waiting += children.get(name, ())
    return reached
