"""The search as long as nothing has to be taken back: nearly every closure is found without that.

It pins what `patched_resolution` pins, in the same order, and undoes a pin that no longer satisfies
as that does; but it keeps one state instead of one a pin, and looks for candidates from where it
found the last one.  Where no candidate of a package can be pinned it gives up, and `learning`
searches from the start: the graph's questions are answered by then.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush

from neuron_pin.errors import SourceFailed
from neuron_pin.sources.candidate import NotStatic

from .edges import admits
from .graph import DECIDED_FIRST, SDK_IDENTIFIER, DependencyEdge, RequiredBy, ResolvedNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .provider import Provider

FEW_PASSED = 16
"""Candidates of a package that are passed over before others are looked at only where they can be
pinned: in what order to try them (`Provider.order`) may take more reading than they are worth."""


class Criterion:
    """What is known of one identifier: who requires what of it, and the first candidate that
    satisfies ``needs``, which is all of that and what has been taken back since; ``at`` is that
    one's place among the candidates, and ``whole`` whether nothing has been taken back."""

    __slots__ = ("at", "first", "information", "is_exact", "needs", "whole")

    def __init__(
        self,
        information: list[RequiredBy],
        needs: list[DependencyEdge],
        first: ResolvedNode,
        at: int,
        is_exact: bool,
        whole: bool,
    ) -> None:
        self.information = information
        self.needs = needs
        self.first = first
        self.at = at
        self.is_exact = is_exact
        self.whole = whole


class ForwardSearch:
    """One search of a provider's graph.  ``mapping`` has what is pinned, in that order, and
    `information` who requires it; ``conflict`` has the roots that no candidate satisfies, and is
    empty where these alone do not rule out an answer."""

    def __init__(self, provider: Provider) -> None:
        self.mapping: dict[str, ResolvedNode] = {}
        self.conflict: list[RequiredBy] = []
        self._provider = provider
        self._criteria: dict[str, Criterion] = {}
        self._touched: set[str] = set()
        self._waiting: set[str] = set()
        self._first: set[str] = set()
        # By preference; an entry that no longer holds is passed over.
        self._next: list[tuple[bool, int, str]] = []

    @property
    def information(self) -> Mapping[str, list[RequiredBy]]:
        return {name: criterion.information for name, criterion in self._criteria.items()}

    def run(self, roots: Iterable[DependencyEdge], most: int) -> bool:
        """Whether everything was pinned, in at most so many pins; where it was not, there may be
        an answer all the same."""
        for need in roots:
            changed = Changes(self._criteria)
            if self._add(changed, need, None):
                self._criteria.update(changed.made)
            else:
                known = self.information.get(need.identifier, ())
                self.conflict = [*known, RequiredBy(need, None)]
                return False
        self._wait()
        while self._waiting and most:
            most -= 1
            name = self._choose()
            self._touched.clear()
            if not self._pin(name):
                return False
            lost = {
                key for key in self._touched if key in self.mapping and not self._is_satisfied(key)
            }
            if lost:
                self._unpin(lost)
                self._wait()
                continue
            self._waiting.discard(name)
            for key in self._touched:
                if key in self._criteria and key not in self.mapping:
                    self._expect(key)
        return not self._waiting

    # What comes next --------------------------------------------------------------------

    def _wait(self) -> None:
        """Everything that is not pinned waits, and nothing else."""
        self._waiting = {key for key in self._criteria if key not in self.mapping}
        self._first = {key for key in self._waiting if key.startswith(DECIDED_FIRST)}
        self._next = [self._preference(key) for key in self._waiting - self._first]
        heapify(self._next)

    def _expect(self, key: str) -> None:
        self._waiting.add(key)
        if key.startswith(DECIDED_FIRST):
            self._first.add(key)
        else:
            heappush(self._next, self._preference(key))

    def _preference(self, key: str) -> tuple[bool, int, str]:
        return (not self._criteria[key].is_exact, self._provider.rank(key), key)

    def _choose(self) -> str:
        """What `Provider` prefers: the release, bonds as they came in, what is pinned, what was
        asked for, in its order, and of others the first by name."""
        if self._first:
            name = min(self._first, key=[SDK_IDENTIFIER, *self._criteria].index)
            self._first.remove(name)
            return name
        while True:
            found = heappop(self._next)
            if found[2] in self._waiting and found == self._preference(found[2]):
                return found[2]

    # Pins -------------------------------------------------------------------------------

    def _pin(self, name: str) -> bool:
        criterion = self._criteria[name]
        matches = self._list_possible(self._matches(name, criterion))
        for node in self._provider.order(matches, self.mapping):
            changed = Changes(self._criteria)
            for need in self._provider.get_dependencies(node):
                self._touched.add(need.identifier)
                if not self._add(changed, need, node):
                    break
            else:
                self._criteria.update(changed.made)
                # What was pinned last stands last.
                self.mapping.pop(name, None)
                self.mapping[name] = node
                return True
            self._pass_over(node)
        return False

    def _list_possible(self, matches: Iterable[ResolvedNode]) -> Iterator[ResolvedNode]:
        """The first candidates, and of others those which can be pinned."""
        for number, node in enumerate(matches):
            if number < FEW_PASSED or self._can_be_added(node):
                yield node
            else:
                self._provider.note_clash(node, self.mapping)
                self._pass_over(node)

    def _can_be_added(self, node: ResolvedNode) -> bool:
        """Whether all that a candidate requires goes with what is required by now, as far as that
        can be read.  Nothing is noted: it is no candidate's fault what another would rule out."""
        changed = Changes(self._criteria)
        noted, self._provider.rejected = self._provider.rejected, {}
        try:
            needs = self._provider.get_dependencies(node)
            return all(self._add(changed, need, node) for need in needs)
        except (SourceFailed, NotStatic):
            # Whoever needs it says what is wrong.
            return True
        finally:
            self._provider.rejected = noted

    def _pass_over(self, node: ResolvedNode) -> None:
        """A candidate cannot be pinned, because of what it requires."""

    def _matches(self, name: str, criterion: Criterion) -> Iterator[ResolvedNode]:
        yield criterion.first
        if not name.startswith(DECIDED_FIRST):
            needs = criterion.needs
            key, extras = needs[0].key, needs[0].extras
            for _, candidate in self._provider.scan(
                key, needs, self._list_bad(name), criterion.at + 1
            ):
                yield ResolvedNode(name, candidate, extras)

    def _add(self, criteria: Changes, need: DependencyEdge, parent: ResolvedNode | None) -> bool:
        """Add a requirement; false if no candidate satisfies it and all others."""
        name = need.identifier
        known = criteria.get(name)
        row = RequiredBy(need, parent)
        is_exact = need.is_exact or need.requirement is None
        if known is None:
            information, needs = [row], [need]
        else:
            information = [*known.information, row]
            needs = [found.requirement for found in information]
            is_exact = is_exact or known.is_exact
        start = 0
        if name.startswith(DECIDED_FIRST):
            first = next(iter(self._provider.list_values(name, needs)), None)
            at = 0
        else:
            if known is not None and known.whole and not self._provider.reaches(need):
                if admits(need, known.first.candidate):
                    criteria.made[name] = Criterion(
                        information, needs, known.first, known.at, is_exact, True
                    )
                    return True
                # What comes before it does not satisfy what was required before.
                start = known.at
            bad = self._list_bad(name)
            at, candidate = next(self._provider.scan(need.key, needs, bad, start), (0, None))
            # As what required it first has it: a plain name and one with extras are two.
            first = ResolvedNode(name, candidate, needs[0].extras) if candidate else None
        if first is None:
            return False
        criteria.made[name] = Criterion(information, needs, first, at, is_exact, True)
        return True

    def _list_bad(self, name: str) -> Container[str]:
        """Versions that are passed over."""
        return ()

    def _is_satisfied(self, name: str) -> bool:
        candidate = self.mapping[name].candidate
        return all(admits(row.requirement, candidate) for row in self._criteria[name].information)

    def _unpin(self, lost: set[str]) -> None:
        """Take back pins, and all that they require."""
        for name in lost:
            del self.mapping[name]
        for name, known in self._criteria.items():
            kept = [
                row
                for row in known.information
                if row.parent is None or row.parent.identifier not in lost
            ]
            if len(kept) < len(known.information):
                is_exact = any(
                    row.requirement.is_exact or row.requirement.requirement is None for row in kept
                )
                self._criteria[name] = Criterion(
                    kept, known.needs, known.first, known.at, is_exact, False
                )


class Changes:
    """What a candidate adds to the criteria, until it is known that all of it can be; ``made`` is
    that alone."""

    __slots__ = ("_criteria", "made")

    def __init__(self, criteria: dict[str, Criterion]) -> None:
        self._criteria = criteria
        self.made: dict[str, Criterion] = {}

    def get(self, name: str) -> Criterion | None:
        return self.made.get(name) or self._criteria.get(name)

    def put(self, name: str, criterion: Criterion | None) -> None:
        """What one is now; none as it was before."""
        if criterion is None:
            self.made.pop(name, None)
        else:
            self.made[name] = criterion
