"""resolvelib, with three of its ways mended (seen in 1.2.1).

Each round it asks of every package whether its pin satisfies what is required of it, twice:
for a thousand packages that is four million questions, nearly all of which were asked the
round before.  Here the last answer is given again as long as pin and requirements are the
same objects.  If resolvelib some day asks otherwise, this is without effect and no error.

A pin that no longer satisfies loses what it requires from the graph, but stays pinned; should it
satisfy again before another one takes its place, what it requires is missing from the answer.
Here it is unpinned, so that it comes back with all that it requires, if it comes back.

Where it jumps back over several pins it can pass over the only answer, or go in circles.  What
it gives up is therefore searched once more, one pin at a time, for `MAX_STEPS` rounds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Generic, NamedTuple

from resolvelib import AbstractProvider, BaseReporter, ResolutionImpossible, ResolutionTooDeep
from resolvelib.resolvers import Criterion
from resolvelib.resolvers.resolution import Resolution
from resolvelib.structs import CT, KT, RT, RequirementInformation, State

from .provider import DependencyEdge, Provider, ResolvedNode

MAX_STEPS = 200
"""Rounds of the second search; each may read what one more version requires."""


class Solution(NamedTuple):
    """What was chosen, by identifier, and who requires it."""

    mapping: Mapping[str, ResolvedNode]
    information: Mapping[str, list[RequirementInformation[DependencyEdge, ResolvedNode]]]


class CachingResolution(Resolution[RT, CT, KT], Generic[RT, CT, KT]):
    def __init__(
        self, provider: AbstractProvider[RT, CT, KT], reporter: BaseReporter[RT, CT, KT]
    ) -> None:
        super().__init__(provider, reporter)
        self._verdicts: dict[KT, tuple[Criterion[RT, CT], CT, bool]] = {}

    def _is_current_pin_satisfying(self, name: KT, criterion: Criterion[RT, CT]) -> bool:
        mapping = self._states[-1].mapping
        if name not in mapping:
            return False
        pin = mapping[name]
        if name in self._verdicts:
            of_criterion, of_pin, verdict = self._verdicts[name]
            if of_criterion is criterion and of_pin is pin:
                return verdict
        verdict = super()._is_current_pin_satisfying(name, criterion)
        self._verdicts[name] = (criterion, pin, verdict)
        return verdict

    def _remove_information_from_criteria(
        self, criteria: dict[KT, Criterion[RT, CT]], parents: Collection[KT]
    ) -> None:
        """As resolvelib does it, but the parents are unpinned, and what loses nothing stays the
        object that it is."""
        if not parents:
            return
        lost = set(parents)
        for name in lost:
            # Never the last one, which says what was pinned in this round.
            self._states[-1].mapping.pop(name, None)
        of = self._p.identify
        affected = {
            key: criterion
            for key, criterion in criteria.items()
            if any(i.parent is not None and of(i.parent) in lost for i in criterion.information)
        }
        super()._remove_information_from_criteria(affected, parents)
        criteria.update(affected)


class StepwiseResolution(CachingResolution[RT, CT, KT], Generic[RT, CT, KT]):
    """Goes back one pin at a time, whatever the conflict is about: slow, and misses nothing."""

    def __init__(
        self, provider: AbstractProvider[RT, CT, KT], reporter: BaseReporter[RT, CT, KT]
    ) -> None:
        super().__init__(provider, reporter)
        self._optimistic_backjumping_ratio = 0.0

    def _backjump(self, causes: list[RequirementInformation[RT, CT]]) -> bool:
        # Without causes no pin is passed over.
        return super()._backjump([])


def search(
    provider: AbstractProvider[RT, CT, KT], roots: Iterable[RT], max_rounds: int
) -> State[RT, CT, KT]:
    """resolvelib's last state.  Raises ``ResolutionImpossible`` or ``ResolutionTooDeep``."""
    wanted = list(roots)
    try:
        return CachingResolution(provider, BaseReporter()).resolve(wanted, max_rounds=max_rounds)
    except (ResolutionImpossible, ResolutionTooDeep) as first:
        try:
            return StepwiseResolution(provider, BaseReporter()).resolve(
                wanted, max_rounds=MAX_STEPS
            )
        except (ResolutionImpossible, ResolutionTooDeep):
            # The first knows the causes.
            raise first from None


def solve(provider: Provider, roots: Iterable[DependencyEdge], max_rounds: int) -> Solution:
    """What satisfies the roots, and all that they require in turn.

    Raises resolvelib's ``ResolutionImpossible`` or ``ResolutionTooDeep``.
    """
    state = search(provider, roots, max_rounds)
    information = {name: list(found.information) for name, found in state.criteria.items()}
    reached = _find_reachable(state.mapping, information)
    mapping = {name: chosen for name, chosen in state.mapping.items() if name in reached}
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
