"""What was asked for by name comes before what it brings.

resolvelib pins the newest version of what comes next, and moves what is pinned and does not go with
it: a package that was asked for would become older so that one which nobody asked for can be newer.
Here the versions of a package that go with what was asked for are tried first.  Where there are
none, all is as resolvelib does it, so that nothing becomes impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from neuron_pin.errors import SourceFailed
from neuron_pin.policy import PackageKey, Rule
from neuron_pin.sources.candidate import Candidate, NotStatic

from .edges import admits
from .exclusion import Exclusion
from .graph import DependencyEdge, ResolvedNode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .source import CandidateProvider

MAX_PASSED_OVER = 32
"""Versions of one package that are passed over; each may have to be fetched to be read."""

MAX_DEPTH = 3
"""How far what a version requires in one version alone is followed."""

Clash = tuple[DependencyEdge, Candidate]
"""A requirement, and the pin that does not satisfy it."""


class NamedFirst:
    """The order in which the versions of a package are tried.

    ``named`` are the identifiers of what was asked for by name, ``requirements`` gives what a node
    requires, and ``rejected`` takes what is passed over, with why.
    """

    def __init__(
        self,
        offers: CandidateProvider,
        named: frozenset[str],
        requirements: Callable[[ResolvedNode], Iterable[DependencyEdge]],
        rejected: dict[PackageKey, dict[str, Exclusion]],
    ) -> None:
        self._offers = offers
        self._named = named
        self._requirements = requirements
        self._rejected = rejected

    def order(
        self, matches: Iterable[ResolvedNode], pins: Mapping[str, ResolvedNode]
    ) -> Iterator[ResolvedNode]:
        """What matches: first what goes with the pins of what was asked for, as far as such a one
        comes within `MAX_PASSED_OVER`; in the order of ``matches`` beside that.

        May read metadata from an index."""
        passed: list[ResolvedNode] = []
        found = iter(matches)
        for node in found:
            try:
                clash = self._find_clash(node, pins, MAX_DEPTH)
            except (SourceFailed, NotStatic):
                # The first one is what a lock takes: whoever needs it says what is wrong.
                passed.append(node)
                break
            if clash is None:
                yield node
                continue
            passed.append(node)
            self._note(node.candidate, *clash)
            if len(passed) == MAX_PASSED_OVER:
                break
        yield from passed
        yield from found

    def _find_clash(
        self, node: ResolvedNode, pins: Mapping[str, ResolvedNode], depth: int
    ) -> Clash | None:
        """What a node requires of a package that was asked for by name and is pinned at a version
        which does not satisfy that; none for nothing.  What it requires in one version alone is a
        part of it, and counts with it."""
        for need in self._requirements(node):
            identifier = str(need.key)
            if identifier in self._named and need.requirement is not None:
                pin = pins.get(identifier)
                if pin is not None and not admits(need, pin.candidate):
                    return need, pin.candidate
            elif need.is_exact and depth and need.identifier not in pins:
                clash = self._find_clash_of_part(need, pins, depth)
                if clash is not None:
                    return clash
        return None

    def _find_clash_of_part(
        self, need: DependencyEdge, pins: Mapping[str, ResolvedNode], depth: int
    ) -> Clash | None:
        try:
            for candidate, exclusion in self._offers.candidates(need.key):
                if exclusion is None and admits(need, candidate):
                    part = ResolvedNode(need.identifier, candidate, need.extras)
                    return self._find_clash(part, pins, depth - 1)
        except (SourceFailed, NotStatic):
            # It may never come to that one; if it does, whoever needs it says what is wrong.
            pass
        return None

    def _note(self, candidate: Candidate, need: DependencyEdge, kept: Candidate) -> None:
        self._rejected.setdefault(candidate.key, {}).setdefault(
            candidate.version,
            Exclusion(
                candidate.key,
                candidate.version,
                Rule.REQUIREMENT,
                f"needs {need}, and {kept.key.name} {kept.version} was asked for by name",
                candidate.source,
            ),
        )
