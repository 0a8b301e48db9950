"""Which builds an answer needs beyond those that the search failed on.  Imported where a lock has
failed.

As often as a search fails for want of a build, that build counts as done and the search begins
anew: what comes of it is what people would be told by one failing lock after the other.  Nothing is
built: what a version requires that has to be built is read from a wheel of it for another target,
else from its source distribution; what neither tells counts as nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from neuron_pin.errors import SourceFailed
from neuron_pin.inputs import Requirement
from neuron_pin.record import NamedTuple
from neuron_pin.sources.candidate import Candidate

from .exclusion import Exclusion
from .graph import DependencyEdge, RequiredBy, TooDeep
from .needed_builds import NeededBuild, find_needed_builds, find_newer_pythons
from .provider import Provider
from .solver import Unsatisfiable, solve
from .source import CandidateProvider, StatedRequirements

MAX_SEARCHES = 20
"""Searches, each of which names one build more or several; each is given up as a trial is."""

MAX_CONFLICTS = 60
"""Conflicts of one search, twice those of another trial: the versions of a project that has to be
built are one conflict each, and cost little."""

NO_EXTRAS: frozenset[str] = frozenset()

MAX_ROUNDS = 2_000
"""Bound on the pins of one search."""


class FurtherBuilds(NamedTuple):
    """The builds that an answer needs, in the order in which the search came to them.

    ``unread`` are the names of those of which nothing tells what they require without the build,
    ``stated`` of those of which only the source distribution tells it, which does not bind the
    build.  ``suffices`` says whether there is an answer with these builds, as far as that tells;
    none where the search was given up.  ``conflict`` has, where there is none whatever the builds
    tell, why, and the provider that knows more of it.  ``depends_on_python`` is false where one of
    them has to be built for whatever Python.
    """

    builds: tuple[NeededBuild, ...]
    unread: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    suffices: bool | None = None
    conflict: tuple[Unsatisfiable, Provider] | None = None
    depends_on_python: bool = True


class BuiltCandidates:
    """The candidates of a graph, where what has to be built of the projects in ``names`` counts as
    built: a `CandidateProvider`.

    What is not known that they require they do not require: all that is not certain, unless
    ``trusts``.  Unless ``takes_unknown``, versions of which nothing is known are passed over beside
    others of which something is: that older ones are not read would make these the easiest to take.
    """

    def __init__(self, offers: CandidateProvider, names: Iterable[str], *, trusts: bool) -> None:
        self.names = set(names)
        self.takes_unknown = not trusts
        self._offers = offers
        self._trusts = trusts
        # Read once for all searches.
        self._read: dict[tuple[int, frozenset[str]], StatedRequirements | None] = {}
        self._passed_over: dict[int, bool] = {}
        self._known: set[str] = set()
        self.candidates = offers.candidates
        self.relations = offers.relations
        self.names_revision = offers.names_revision
        self.expect = offers.expect
        self.files = offers.files
        self.warnings = offers.warnings
        self.key_of = offers.key_of

    def unusable(self, candidate: Candidate) -> Exclusion | None:
        found = self._offers.unusable(candidate)
        if found is None or candidate.key.name not in self.names:
            return found
        return found if self._is_passed_over(candidate) else None

    def _is_passed_over(self, candidate: Candidate) -> bool:
        if self.takes_unknown:
            return False
        known = self._passed_over.get(id(candidate))
        if known is None:
            name = candidate.key.name
            is_known = candidate.has_wheel or self.stated_requirements(candidate, NO_EXTRAS)
            if is_known:
                self._known.add(name)
            known = self._passed_over[id(candidate)] = not is_known and name in self._known
        return known

    def is_built(self, candidate: Candidate) -> bool:
        """Whether a candidate can be taken only since it counts as built."""
        return candidate.key.name in self.names and self._offers.unusable(candidate) is not None

    def requirements(self, candidate: Candidate, extras: frozenset[str]) -> Sequence[Requirement]:
        if not self.is_built(candidate):
            return self._offers.requirements(candidate, extras)
        found = self.stated_requirements(candidate, extras)
        return found.requirements if found is not None else ()

    def stated_requirements(
        self, candidate: Candidate, extras: frozenset[str]
    ) -> StatedRequirements | None:
        key = (id(candidate), extras)
        if key not in self._read:
            found = self._offers.stated_requirements(candidate, extras)
            is_trusted = found is not None and (found.is_certain or self._trusts)
            self._read[key] = found if is_trusted else None
        return self._read[key]


def find_further_builds(
    first: Sequence[NeededBuild],
    roots: Sequence[DependencyEdge],
    provider: Provider,
    make_provider: Callable[[CandidateProvider], Provider],
) -> FurtherBuilds:
    """The builds of ``first`` with all that an answer needs beside them.

    ``provider`` is of the search that failed on ``first``; ``make_provider`` makes one for a trial
    with other candidates.  Cost: a short search a build; may read pages and metadata."""
    found = {build.name: build for build in first}
    suffices: bool | None = None
    unread: list[str] = []
    stated: list[str] = []
    offers = BuiltCandidates(provider.offers, found, trusts=True)
    trial = provider
    try:
        # Whatever else there is, an answer has what was asked for by name.
        _add(found, [RequiredBy(root, None) for root in roots], provider)
        for _ in range(MAX_SEARCHES):
            offers.names.update(found)
            trial = _make_trial(make_provider, offers, trial)
            try:
                solution = solve(trial, roots, MAX_ROUNDS)
            except Unsatisfiable as error:
                if _add(found, error.causes, trial):
                    continue
                if not offers.takes_unknown:
                    offers.takes_unknown = True
                    continue
                # What a source distribution states may be wrong: a conflict without that is one
                # in any case.
                bare = BuiltCandidates(provider.offers, found, trusts=False)
                conflict = _find_conflict(roots, _make_trial(make_provider, bare, provider))
                if conflict is not None:
                    return FurtherBuilds((*found.values(),), conflict=conflict)
                suffices = False
                break
            chosen = {node.candidate.key.name: node for node in solution.mapping.values()}
            built = {name: n for name, n in chosen.items() if offers.is_built(n.candidate)}
            # Of what several searches failed on some may be alternatives of each other.
            found = {name: build for name, build in found.items() if name in built} or found
            for name in built:
                known = offers.stated_requirements(built[name].candidate, built[name].extras)
                if known is None:
                    unread.append(name)
                elif not known.is_certain:
                    stated.append(name)
            suffices = True
            break
    except (TooDeep, SourceFailed):
        # What was found by then is needed.
        pass
    builds = (*found.values(),)
    # What was asked for by name is needed in any case; who requires the others may do without.
    asked = [RequiredBy(build.need, None) for build in builds if build.need in roots]
    depends_on_python = all(find_newer_pythons([need], provider) for need in asked)
    return FurtherBuilds(
        builds, tuple(unread), tuple(stated), suffices, depends_on_python=depends_on_python
    )


def _make_trial(
    make_provider: Callable[[CandidateProvider], Provider],
    offers: CandidateProvider,
    last: Provider,
) -> Provider:
    """A trial with other candidates, which knows what the last search has read."""
    trial = make_provider(offers)
    trial.trial_conflicts = MAX_CONFLICTS
    trial.know(last)
    return trial


def _find_conflict(
    roots: Sequence[DependencyEdge], provider: Provider
) -> tuple[Unsatisfiable, Provider] | None:
    """Why there is no answer, with the provider that knows more of it; none where there may be one,
    with further builds or without."""
    try:
        solve(provider, roots, MAX_ROUNDS)
    except Unsatisfiable as error:
        return None if find_needed_builds(error.causes, provider) else (error, provider)
    except TooDeep:
        pass
    return None


def _add(found: dict[str, NeededBuild], causes: Sequence[RequiredBy], provider: Provider) -> bool:
    """Keep what of some requirements needs a build, and tell whether anything of it is new."""
    more = [b for b in find_needed_builds(causes, provider) if b.name not in found]
    found.update((build.name, build) for build in more)
    return bool(more)
