"""resolvelib, told not to ask again what it has been told.

Each round it asks of every package whether its pin satisfies what is required of it, twice:
for a thousand packages that is four million questions, nearly all of which were asked the
round before.  Here the last answer is given again as long as pin and requirements are the
same objects.  If resolvelib some day asks otherwise, this is without effect and no error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Generic, NamedTuple

from resolvelib import AbstractProvider, BaseReporter
from resolvelib.resolvers import Criterion
from resolvelib.resolvers.resolution import Resolution
from resolvelib.structs import CT, KT, RT, RequirementInformation

from .graph import Chosen, Need, Provider


class Solution(NamedTuple):
    """What was chosen, by identifier, and who requires it."""

    mapping: Mapping[str, Chosen]
    information: Mapping[str, list[RequirementInformation[Need, Chosen]]]


class _Remembering(Resolution[RT, CT, KT], Generic[RT, CT, KT]):
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
        """As resolvelib does it, but what loses nothing stays the object that it is."""
        if not parents:
            return
        lost = set(parents)
        of = self._p.identify
        affected = {
            key: criterion
            for key, criterion in criteria.items()
            if any(i.parent is not None and of(i.parent) in lost for i in criterion.information)
        }
        super()._remove_information_from_criteria(affected, parents)
        criteria.update(affected)


def solve(provider: Provider, roots: Iterable[Need], max_rounds: int) -> Solution:
    """What satisfies the roots, and all that they require in turn.

    Raises resolvelib's ``ResolutionImpossible`` or ``ResolutionTooDeep``.
    """
    engine: _Remembering[Need, Chosen, str] = _Remembering(provider, BaseReporter())
    state = engine.resolve(roots, max_rounds=max_rounds)
    information = {name: list(found.information) for name, found in state.criteria.items()}
    reached = _reached(state.mapping, information)
    mapping = {name: chosen for name, chosen in state.mapping.items() if name in reached}
    return Solution(mapping, information)


def _reached(
    mapping: Mapping[str, Chosen],
    information: Mapping[str, list[RequirementInformation[Need, Chosen]]],
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
