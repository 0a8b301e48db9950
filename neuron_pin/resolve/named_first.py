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
from .graph import DependencyEdge, RequiredBy, ResolvedNode

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

    ``roots`` are what was asked for by name, ``requirements`` gives what a node requires, and
    ``rejected`` takes what is passed over, with why.
    """

    def __init__(
        self,
        offers: CandidateProvider,
        roots: Iterable[DependencyEdge],
        requirements: Callable[[ResolvedNode], Iterable[DependencyEdge]],
        rejected: dict[PackageKey, dict[str, Exclusion]],
    ) -> None:
        self._offers = offers
        self._named: dict[str, list[DependencyEdge]] = {}
        for need in roots:
            self._named.setdefault(str(need.key), []).append(need)
        self._requirements = requirements
        self._rejected = rejected
        # By what is required and the pin that does not satisfy it, who rules that out.
        self._rulers: dict[tuple[str, str, str], RequiredBy | None] = {}

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
            self._note(node.candidate, *clash, pins)
            if len(passed) == MAX_PASSED_OVER:
                break
        yield from passed
        yield from found

    def note_clash(self, node: ResolvedNode, pins: Mapping[str, ResolvedNode]) -> None:
        """Keep why a node is passed over, if it requires what does not go with such a pin; what it
        requires in one version alone is not looked at."""
        clash = self._find_clash(node, pins, 0)
        if clash is not None:
            self._note(node.candidate, *clash, pins)

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

    def _note(
        self,
        candidate: Candidate,
        need: DependencyEdge,
        kept: Candidate,
        pins: Mapping[str, ResolvedNode],
    ) -> None:
        """Keep why a candidate is passed over."""
        noted = self._rejected.setdefault(candidate.key, {})
        if candidate.version in noted:
            return
        ruler = self._find_ruler(need, kept, pins)
        if ruler is None:
            why = f"{kept.key.name}, which was asked for by name, has {kept.version}"
        elif ruler.parent is None:
            why = f"{ruler.requirement} was asked for ({ruler.requirement.parent})"
        else:
            why = f"{ruler.requirement.parent} needs {ruler.requirement}"
        noted[candidate.version] = Exclusion(
            candidate.key,
            candidate.version,
            Rule.REQUIREMENT,
            f"needs {need}, and {why}",
            candidate.source,
        )

    def _find_ruler(
        self, need: DependencyEdge, kept: Candidate, pins: Mapping[str, ResolvedNode]
    ) -> RequiredBy | None:
        """What rules out a version that a requirement would have of a package which was asked for
        by name, newer than the one that is kept; none where it would have an older one."""
        key = (str(need.key), str(need), kept.version)
        ruler = self._rulers.get(key)
        parent = ruler.parent if ruler is not None else None
        is_gone = parent is not None and pins.get(parent.identifier) is not parent
        if key not in self._rulers or is_gone:
            ruler = self._rulers[key] = self._look_for_ruler(need, kept, pins)
        return ruler

    def _look_for_ruler(
        self, need: DependencyEdge, kept: Candidate, pins: Mapping[str, ResolvedNode]
    ) -> RequiredBy | None:
        wanted = None
        for candidate, exclusion in self._offers.candidates(need.key):
            if candidate is kept:
                return None
            if exclusion is None and admits(need, candidate):
                wanted = candidate
                break
        if wanted is None:
            return None
        for root in self._named[str(need.key)]:
            if not admits(root, wanted):
                return RequiredBy(root, None)
        for node in pins.values():
            for other in self._requirements(node):
                if other.key == need.key and other.requirement and not admits(other, wanted):
                    return RequiredBy(other, node)
        return None
