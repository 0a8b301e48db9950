"""The search forward again, with what its conflicts teach: for closures where pins have to be
taken back.

Where no candidate of a package can be pinned, what rules out each of them is a *conflict*: ranges
of some packages that no answer holds together.  The search begins anew, and pins nothing that
would complete a known conflict.  So what a package can never have is found out once; resolvelib,
which goes back pin by pin, finds it out again beside every other choice.  Conflicts are the
incompatibilities of PubGrub (https://nex3.medium.com/pubgrub-2fb6470504f) about requirements;
about pins there are none.

What is pinned first stays newest, as everywhere; but where the same pin stands in the way of all
that another package could be `PATIENCE` times, it is pinned last from there on: it is one of a pair
that moves together, such as boto3 beside aiobotocore, and its older versions are many.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from neuron_pin.inputs import Requirement
from neuron_pin.policy import PackageKey, Rule

from .edges import admits
from .exclusion import Exclusion
from .forward import Changes, Criterion, ForwardSearch
from .graph import DECIDED_FIRST, DependencyEdge, RequiredBy, ResolvedNode, TooDeep
from .provider import Provider
from .source import Judged

EFFORT = (400, 200_000)
"""Conflicts that are learned, and pins of all searches together, before the search is left to
resolvelib.  Each conflict costs a search, which pins a large closure's hundreds again."""

TRIAL_PINS = 3_000
"""Pins of all searches of a trial, which is then over; its conflicts are the provider's to say."""

PATIENCE = 5
"""Conflicts of one package with one pin before that pin is made last."""

MAX_NAMED = 3
"""Requirements that a reason names."""

Conflict = Mapping[str, int]
"""By identifier a set of versions, a bit for each in the order of the candidates: where each of
these identifiers is required, in these versions at most, there is no answer."""


def search_with_lessons(
    provider: Provider, roots: Sequence[DependencyEdge], most: int
) -> ForwardSearch | None:
    """Search until there is an answer, or a conflict of the roots alone, which rules one out: the
    search that ended so, in its ``conflict`` the roots.  None where it takes more than `EFFORT`,
    or where one search comes to no end in ``most``.  Raises `TooDeep` for a trial.

    May read pages and metadata from an index."""
    lessons = Lessons(provider)
    conflicts, left = EFFORT
    if provider.is_trial:
        conflicts, left = provider.trial_conflicts, TRIAL_PINS
    for _ in range(conflicts):
        # What earlier searches passed over may be what this one takes, but for what never can be.
        provider.rejected.clear()
        lessons.note_dead()
        forgotten = lessons.forgotten
        search = LearningSearch(provider, lessons)
        if search.run(roots, min(most, left)) or search.conflict:
            return search
        left -= search.pins
        # What was forgotten in the middle of a search it can no longer tell from what it never
        # looked at: it learns nothing then, and the next one does.
        if not (search.has_learned or lessons.forgotten > forgotten):
            return None
        if left <= 0:
            break
    if provider.is_trial:
        raise TooDeep(f"gave up after {conflicts} conflicts")
    return None


class Lessons:
    """What searches of one graph have learned: conflicts, versions that can never be pinned, and
    what is pinned last."""

    def __init__(self, provider: Provider) -> None:
        self.conflicts: dict[str, list[Conflict]] = {}
        self.dead: dict[str, dict[str, Exclusion]] = {}
        """By identifier, versions that require what nobody can have, and what that is."""
        self.refused: dict[str, dict[str, DependencyEdge]] = {}
        """By identifier and version, what it requires that could not be."""
        self.reasons: dict[PackageKey, dict[str, Exclusion]] = {}
        """Why versions were passed over that could not be pinned, the first time."""
        self.last: dict[str, int] = {}
        self.forgotten = 0
        """How often all conflicts were dropped, since a requirement brought something back."""
        self._provider = provider
        self._met: Counter[tuple[str, str]] = Counter()
        self._offered: dict[PackageKey, Sequence[Judged]] = {}
        self._reached: dict[PackageKey, int] = {}
        self._sets: dict[tuple[object, ...], int] = {}

    def note_dead(self) -> None:
        """Say of each version that can never be pinned why: it is not looked at again."""
        for versions in self.dead.values():
            for exclusion in versions.values():
                self._provider.rejected.setdefault(exclusion.key, {})[exclusion.version] = exclusion

    def list_offered(self, key: PackageKey) -> Sequence[Judged]:
        known = self._offered.get(key)
        if known is None:
            known = self._offered[key] = tuple(self._provider.offers.candidates(key))
            for constraint in self._provider.constraints.get(key, ()):
                self._reach(key, constraint)
        return known

    def count_all(self, key: PackageKey) -> int:
        """The set of all versions."""
        return (1 << len(self.list_offered(key))) - 1

    def admitted(self, need: DependencyEdge) -> int:
        """The set of versions that satisfy a requirement."""
        requirement = need.requirement
        stated = (need.identifier, requirement and requirement.range, need.value, need.versions)
        known = self._sets.get(stated)
        if known is None:
            known = 0
            for at, (candidate, _) in enumerate(self.list_offered(need.key)):
                known |= admits(need, candidate) << at
            self._sets[stated] = known
            if requirement is not None:
                self._reach(need.key, requirement)
        return known

    def _reach(self, key: PackageKey, requirement: Requirement) -> None:
        """Keep what a requirement brings back of what rules exclude.  What was learned before may
        rest on its not being there."""
        reached = self._reached.get(key, 0)
        for at, (candidate, exclusion) in enumerate(self.list_offered(key)):
            version = candidate.version
            if exclusion is not None and self._provider.is_reached(
                exclusion, [requirement], version
            ):
                reached |= 1 << at
        if reached != self._reached.get(key, 0):
            self._reached[key] = reached
            self.forgotten += 1
            self.conflicts.clear()
            self.dead.clear()

    def impossible(self, identifier: str, key: PackageKey, among: int) -> int:
        """Of a set that was looked at, the versions that no requirement has brought back."""
        dead = self.dead.get(identifier, ())
        constraints = self._provider.constraints.get(key, ())
        found = 0
        for at, (candidate, exclusion) in enumerate(self.list_offered(key)):
            if not among >> at & 1:
                continue
            version = candidate.version
            if (
                version in dead
                or (exclusion is not None and not self._reached.get(key, 0) >> at & 1)
                or not all(constraint.admits(version) for constraint in constraints)
                or self._provider.offers.unusable(candidate) is not None
            ):
                found |= 1 << at
        return found

    def add(self, conflict: Conflict) -> None:
        for identifier in conflict:
            self.conflicts.setdefault(identifier, []).append(conflict)

    def meet(self, stuck: str, obstacles: Iterable[str]) -> None:
        """A package could not be pinned beside these pins."""
        for obstacle in obstacles:
            pair = (stuck, obstacle)
            self._met[pair] += 1
            if self._met[pair] == PATIENCE and stuck not in self.last:
                self.last.setdefault(obstacle, len(self.last))


class LearningSearch(ForwardSearch):
    """One search that heeds lessons.  Where it gets stuck, ``has_learned`` tells whether there is a
    new conflict; ``conflict`` then has its roots, if these alone make it, and what they lead to.
    ``pins`` counts what was pinned, again or for the first time."""

    def __init__(self, provider: Provider, lessons: Lessons) -> None:
        super().__init__(provider)
        self.has_learned = False
        self.pins = 0
        self._lessons = lessons
        # What is required by now, with nothing added.
        self._required = Changes(self._criteria)
        # Of the package that is being pinned: the place of each candidate, the set of those that
        # could not be, and what has to be required of others for that; none where it is not known.
        self._places: dict[str, int] = {}
        self._tried = 0
        self._blame: dict[str, int] | None = {}

    def _preference(self, key: str) -> tuple[bool, int, str]:
        is_free, rank, name = super()._preference(key)
        last = self._lessons.last.get(key.partition("[")[0])
        return (is_free, rank, name) if last is None else (True, 2_000_000 + last, name)

    def _list_bad(self, name: str) -> Container[str]:
        return self._lessons.dead.get(name, ())

    # Pins -------------------------------------------------------------------------------

    def _pin(self, name: str) -> bool:
        self.pins += 1
        if name.startswith(DECIDED_FIRST):
            return super()._pin(name)
        if not self._criteria[name].information:
            # Who required it was taken back.
            return True
        self._begin()
        if super()._pin(name):
            return True
        if self._blame is not None:
            self._learn(name, self._blame)
        return False

    def _begin(self) -> None:
        """Nothing of a package has been tried.  A function of its own: behind these values mypyc
        would take it for certain that the blame is known."""
        self._places, self._tried, self._blame = {}, 0, {}

    def _matches(self, name: str, criterion: Criterion) -> Iterator[ResolvedNode]:
        """From the first on, by what is required now: a conflict is about nothing else."""
        if name.startswith(DECIDED_FIRST):
            yield from super()._matches(name, criterion)
            return
        needs = [row.requirement for row in criterion.information]
        key, extras = needs[0].key, needs[0].extras
        for at, candidate in self._provider.scan(key, needs, self._list_bad(name)):
            self._places[candidate.version] = at
            yield ResolvedNode(name, candidate, extras)

    def _pass_over(self, node: ResolvedNode) -> None:
        if node.identifier.startswith(DECIDED_FIRST):
            return
        reason = self._find_reason(node)
        self._tried |= 1 << self._places[node.candidate.version]
        if reason is None or self._blame is None:
            self._blame = None
            return
        if not reason:
            candidate = node.candidate
            why = self._provider.rejected[candidate.key][candidate.version]
            self._lessons.dead.setdefault(node.identifier, {})[candidate.version] = why
        for identifier, versions in reason.items():
            self._blame[identifier] = self._blame.get(identifier, versions) & versions

    def _learn(self, name: str, blame: Conflict) -> None:
        """Keep why nothing of a package could be pinned."""
        rows = self._criteria[name].information
        key = rows[0].requirement.key
        active = self._find_active(self._required, name)
        own = self._tried | self._lessons.impossible(name, key, active & ~self._tried)
        conflict = {**blame, name: own & blame.get(name, own)}
        if not self._is_complete(self._required, conflict):
            return
        self.has_learned = True
        self._lessons.add(conflict)
        plain = name.partition("[")[0]
        others = [row for other in blame for row in self._criteria[other].information]
        parents = {str(row.parent.candidate.key) for row in others if row.parent is not None}
        requiring = {str(row.parent.candidate.key) for row in rows if row.parent is not None}
        self._lessons.meet(plain, parents - requiring - {plain})
        if self._is_complete(self._required, conflict, of_roots=True):
            roots = [row for row in [*rows, *others] if row.parent is None]
            self.conflict = [*roots, *self._trace(roots)]

    def _trace(self, roots: Iterable[RequiredBy]) -> Iterator[RequiredBy]:
        """What the newest version that each of these admits requires and cannot have, and so on;
        and why no version of the last of them can be."""
        waiting = [row.requirement for row in roots]
        seen: set[str] = set()
        while waiting:
            need = waiting.pop()
            refused = self._lessons.refused.get(need.identifier, {})
            if need.identifier in seen:
                continue
            seen.add(need.identifier)
            # The last search may have come to none of them.
            noted = self._provider.rejected.setdefault(need.key, {})
            for version, reason in self._lessons.reasons.get(need.key, {}).items():
                noted.setdefault(version, reason)
            for candidate, exclusion in self._lessons.list_offered(need.key):
                version = candidate.version
                if exclusion is None and version in refused and admits(need, candidate):
                    node = ResolvedNode(need.identifier, candidate, need.extras)
                    yield RequiredBy(refused[version], node)
                    waiting.append(refused[version])
                    break
            else:
                next(self._provider.scan(need.key, [need]), None)

    # Conflicts --------------------------------------------------------------------------

    def _add(self, criteria: Changes, need: DependencyEdge, parent: ResolvedNode | None) -> bool:
        if not super()._add(criteria, need, parent):
            return False
        return not any(
            self._is_complete(criteria, conflict)
            for conflict in self._lessons.conflicts.get(need.identifier, ())
        )

    def _is_complete(
        self, criteria: Changes, conflict: Conflict, *, of_roots: bool = False
    ) -> bool:
        """Whether what is required, or what the roots require of it, has a conflict in it."""
        return all(
            self._find_active(criteria, identifier, of_roots=of_roots) & ~versions == 0
            for identifier, versions in conflict.items()
        )

    def _find_active(self, criteria: Changes, identifier: str, *, of_roots: bool = False) -> int:
        """The versions that all who require a package admit, or the roots among them; without an
        end where nobody requires it."""
        known = criteria.get(identifier)
        found = -1
        for row in known.information if known is not None else ():
            if row.parent is None or not of_roots:
                found &= self._lessons.admitted(row.requirement)
        return found

    def _find_reason(self, node: ResolvedNode) -> dict[str, int] | None:
        """What has to be required of other packages for a candidate to be ruled out, the least
        that is found, nothing where it always is; none where that is not known."""
        wanted = list(self._provider.get_dependencies(node))
        own: dict[str, int] = {}
        for need in wanted:
            if not need.identifier.startswith(DECIDED_FIRST):
                found = self._lessons.admitted(need)
                own[need.identifier] = own.get(need.identifier, found) & found
        best: tuple[dict[str, int], DependencyEdge] | None = None
        changed = Changes(self._criteria)
        for need in wanted:
            before = changed.get(need.identifier)
            if self._add(changed, need, node):
                continue
            reason = self._explain(changed, need, before, own)
            if reason is not None and (best is None or len(reason) < len(best[0])):
                best = (reason, need)
            changed.put(need.identifier, before)
            if best is not None and not best[0]:
                break
        if best is None:
            return None
        self._note(node, best[1], best[0])
        return best[0]

    def _explain(
        self,
        criteria: Changes,
        need: DependencyEdge,
        before: Criterion | None,
        own: Mapping[str, int],
    ) -> dict[str, int] | None:
        """The least that has to be required of others for a requirement to be ruled out."""
        identifier = need.identifier
        if identifier.startswith(DECIDED_FIRST):
            return None
        found = []
        everything = self._lessons.count_all(need.key)
        active = own[identifier]
        if before is not None:
            active &= self._find_active(criteria, identifier)
        free = own[identifier] & ~self._lessons.impossible(identifier, need.key, active)
        if active & free == 0:
            found.append({identifier: everything & ~free} if free else {})
        for conflict in self._lessons.conflicts.get(identifier, ()):
            if self._is_complete(criteria, conflict):
                found.append(
                    {
                        other: versions | ~own.get(other, -1)
                        for other, versions in conflict.items()
                        if other not in own or own[other] & ~versions
                    }
                )
        return min(found, key=len, default=None)

    def _note(self, node: ResolvedNode, need: DependencyEdge, reason: Conflict) -> None:
        """Keep why a candidate is passed over."""
        candidate = node.candidate
        self._lessons.refused.setdefault(node.identifier, {}).setdefault(candidate.version, need)
        rows = [row for name in reason for row in self._criteria[name].information]
        beside = ", ".join(dict.fromkeys([_describe(row) for row in rows[:MAX_NAMED]]))
        noted = self._provider.rejected.setdefault(candidate.key, {})
        reasons = self._lessons.reasons.setdefault(candidate.key, {})
        known = noted.get(candidate.version) or Exclusion(
            candidate.key,
            candidate.version,
            Rule.REQUIREMENT,
            f"needs {need}, which nothing satisfies" + (f" beside {beside}" if beside else ""),
            candidate.source,
        )
        noted[candidate.version] = known
        reasons.setdefault(candidate.version, known)


def _describe(row: RequiredBy) -> str:
    need = row.requirement
    return f"{need} (from {need.parent})" if need.parent else str(need)
