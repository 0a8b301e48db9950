"""resolvelib, patched where its inside is the one that we know, else as it is.

`patched_resolution` says what is patched.  With a resolvelib whose inside is another one, large
graphs take longer, and a few more sets of requirements are called impossible than are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from resolvelib import (
    AbstractProvider,
    BaseReporter,
    ResolutionImpossible,
    ResolutionTooDeep,
    Resolver,
    resolvers,
)

from neuron_pin.record import NamedTuple

from .graph import DependencyEdge, ResolvedNode
from .provider import Provider

if TYPE_CHECKING:
    from resolvelib.resolvers import Criterion
    from resolvelib.structs import CT, KT, RT, RequirementInformation

MAX_STEPS = 200
"""Rounds of the second search; each may read what one more version requires."""


class Solution(NamedTuple):
    """What was chosen, by identifier, and who requires it."""

    mapping: Mapping[str, ResolvedNode]
    information: Mapping[str, list[RequirementInformation[DependencyEdge, ResolvedNode]]]


Search = Callable[["AbstractProvider[Any, Any, Any]", "list[Any]", int], Any]
"""One search of a provider's graph for roots, in so many rounds."""


@cache
def find_searches() -> tuple[Search, ...]:
    """The search, and where resolvelib's inside is known the one after it: what the first gives
    up is searched once more, one pin at a time, in fewer rounds."""
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
    """What satisfies the roots, and all that they require in turn.

    Raises resolvelib's ``ResolutionImpossible`` or ``ResolutionTooDeep``.
    """
    pinned, criteria = search(provider, roots, max_rounds)
    information = {name: list(found.information) for name, found in criteria.items()}
    reached = _find_reachable(pinned, information)
    mapping = {name: chosen for name, chosen in pinned.items() if name in reached}
    return Solution(mapping, information)


def _find_reachable(
    mapping: Mapping[str, ResolvedNode],
    information: Mapping[str, list[RequirementInformation[DependencyEdge, ResolvedNode]]],
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
