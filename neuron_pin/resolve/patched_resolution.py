"""resolvelib with four of its ways patched, by its inner functions (read in 1.1.0 to 1.2.1).

Each round it asks of every package whether its pin satisfies what is required of it, twice:
for a thousand packages that is four million questions, nearly all of which were asked the
round before.  Here the last answer is given again as long as pin and requirements are the
same objects; and while pins do not fail, it is asked of what the last pin has touched alone.

A pin that no longer satisfies loses what it requires from the graph, but stays pinned; should it
satisfy again before another one takes its place, what it requires is missing from the answer.
Here it is unpinned, so that it comes back with all that it requires, if it comes back.

It does not ask its provider in what order to try candidates beside what is pinned by now; here it
does (`Provider.order`).

Where it jumps back over several pins it can pass over the only answer, or go in circles.
`StepwiseResolution` goes back one pin at a time.

docs/upstream/resolvelib.md has the first two for resolvelib itself; where a release has them, this
module goes.  It raises `ImportError` for a resolvelib that does not have the functions that it
stands on, with the arguments that it gives them.
"""

from __future__ import annotations

import operator
from collections.abc import Collection, Mapping
from typing import Any, Generic, cast

from resolvelib import AbstractProvider, BaseReporter
from resolvelib.resolvers.criterion import Criterion
from resolvelib.resolvers.resolution import Resolution
from resolvelib.structs import CT, KT, RT, IteratorMapping, RequirementInformation

_STANDS_ON = {
    "__init__": ("self", "provider", "reporter"),
    "_attempt_to_pin_criterion": ("self", "name"),
    "_add_to_criteria": ("self", "criteria", "requirement", "parent"),
    "_get_preference": ("self", "name"),
    "_is_current_pin_satisfying": ("self", "name", "criterion"),
    "_push_new_state": ("self",),
    "_remove_information_from_criteria": ("self", "criteria", "parents"),
    "_backjump": ("self", "causes"),
}
"""Functions of resolvelib's and their arguments."""
MAX_RUN = 2000
"""Pins that are made without a round of resolvelib's, which are counted."""
_CRITERION = ("self", "candidates", "information", "incompatibilities")
"""The arguments of what it knows of one identifier."""
_KEEPS = ("_p", "_states")
"""What its first function keeps: the provider, and the states."""


def _check() -> None:
    for name, arguments in _STANDS_ON.items():
        code = getattr(getattr(Resolution, name, None), "__code__", None)
        if code is None or code.co_varnames[: code.co_argcount] != arguments:
            raise ImportError(f"resolvelib has no Resolution.{name}({', '.join(arguments)})")
    code = Criterion.__init__.__code__
    if code.co_varnames[: code.co_argcount] != _CRITERION:
        raise ImportError(f"resolvelib has no Criterion({', '.join(_CRITERION[1:])})")
    if not set(_KEEPS) <= set(Resolution.__init__.__code__.co_names):
        raise ImportError(f"resolvelib's Resolution does not keep {' and '.join(_KEEPS)}")


_check()


class _Information(Generic[RT, CT, KT]):
    """What is required of each identifier: the same list as long as nothing changes."""

    def __init__(self, criteria: Mapping[KT, Criterion[RT, CT]]) -> None:
        self._criteria = criteria

    def __getitem__(self, name: KT) -> Collection[RequirementInformation[RT, CT]]:
        return self._criteria[name].information


class CachingResolution(Resolution[RT, CT, KT], Generic[RT, CT, KT]):
    def __init__(
        self, provider: AbstractProvider[RT, CT, KT], reporter: BaseReporter[RT, CT, KT]
    ) -> None:
        super().__init__(provider, reporter)
        self._verdicts: dict[KT, tuple[Criterion[RT, CT], CT, bool]] = {}
        self._touched: set[KT] = set()
        self._left = MAX_RUN

    def _attempt_to_pin_criterion(self, name: KT) -> list[Criterion[RT, CT]]:
        """As resolvelib does it, and while all goes well what it does between two of them, for
        what the last pin has touched instead of for everything."""
        waiting: set[KT] | None = None
        while True:
            self._touched.clear()
            failed = self._pin(name)
            if failed or (waiting is None and not self._left):
                return failed
            state = self._states[-1]
            lost = {
                key
                for key in self._touched
                if key in state.mapping
                and key in state.criteria
                and not self._is_current_pin_satisfying(key, state.criteria[key])
            }
            self._remove_information_from_criteria(state.criteria, lost)
            if waiting is None or lost:
                waiting = {
                    key
                    for key, criterion in state.criteria.items()
                    if not self._is_current_pin_satisfying(key, criterion)
                }
            else:
                waiting.discard(name)
                waiting.update(
                    key
                    for key in self._touched
                    if key in state.criteria and key not in state.mapping
                )
            if not waiting or not self._left:
                return []
            self._left -= 1
            self._push_new_state()
            name = self._choose([key for key in state.criteria if key in waiting])

    def _choose(self, names: list[KT]) -> KT:
        """What comes next of several names, in their order in the graph."""
        if len(names) > 1:
            state = self._states[-1]
            chosen = self._p.narrow_requirement_selection(
                identifiers=names,
                resolutions=state.mapping,
                candidates=IteratorMapping(state.criteria, operator.attrgetter("candidates")),
                information=cast(Any, _Information(state.criteria)),
                backtrack_causes=state.backtrack_causes,
            )
            names = list(chosen) or names
        return min(names, key=self._get_preference) if len(names) > 1 else names[0]

    def _add_to_criteria(
        self, criteria: dict[KT, Criterion[RT, CT]], requirement: RT, parent: CT | None
    ) -> None:
        self._touched.add(self._p.identify(requirement))
        super()._add_to_criteria(criteria, requirement, parent)

    def _pin(self, name: KT) -> list[Criterion[RT, CT]]:
        """Pin one, as resolvelib does it, with the candidates in the order that the provider gives
        them beside what is pinned, if it has one (`Provider.order`)."""
        order = getattr(self._p, "order", None)
        if order is None:
            return super()._attempt_to_pin_criterion(name)
        state = self._states[-1]
        criterion = state.criteria[name]
        ordered = type(criterion)(
            order(criterion.candidates, state.mapping),
            criterion.information,
            criterion.incompatibilities,
        )
        state.criteria[name] = ordered
        try:
            return super()._attempt_to_pin_criterion(name)
        finally:
            # It is of this moment, and can be read once.
            if state.criteria[name] is ordered:
                state.criteria[name] = criterion

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
        # Each of its few rounds is a pin.
        self._left = 0

    def _backjump(self, causes: list[RequirementInformation[RT, CT]]) -> bool:
        # Without causes no pin is passed over.
        return super()._backjump([])
