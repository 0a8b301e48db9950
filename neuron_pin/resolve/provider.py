"""What resolvelib asks of the one graph: what comes first, what matches, what is needed."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from neuron_pin.catalog import FrameworkRole, Package, public_version
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.sources.candidate import Candidate

from .edges import admits, list_bond_values, make_bond, make_edge
from .exclusion import Exclusion
from .graph import (
    COMPATIBILITY,
    DECIDED_FIRST,
    SDK_IDENTIFIER,
    DependencyEdge,
    ResolvedNode,
    TooDeep,
)
from .named_first import NamedFirst
from .release_candidates import find_framework
from .rules import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from resolvelib.structs import RequirementInformation

    from .source import CandidateProvider

TRIAL_VERSIONS = 60
"""Versions of one package that are read for a trial."""

TRIAL_CONFLICTS = 30
"""Conflicts that are learned in a trial: nobody waits long to know what else would work."""


class Provider:
    """What resolvelib asks of us (its ``AbstractProvider``, which costs its import), and
    `forward`.

    ``constraints`` bind a package wherever it comes from and add nothing, as pip's do.
    ``preferred`` versions are tried before newer ones.  A trial reads what a few versions of each
    package require, and raises `TooDeep` where a search asks for more; it learns
    ``trial_conflicts`` at most.

    ``brings_back`` tells whether a requirement of a package (``<3.0.0dev``, as Google's packages
    write it) has made pre-releases count; without ``lets_packages`` it makes none count any more.
    """

    def __init__(
        self,
        context: Context,
        offers: CandidateProvider,
        roots: Sequence[DependencyEdge],
        members: Sequence[DependencyEdge],
        constraints: Mapping[PackageKey, Sequence[Requirement]],
        preferred: Mapping[str, str],
        *,
        is_trial: bool = False,
    ) -> None:
        self.context = context
        self.offers = offers
        self.rejected: dict[PackageKey, dict[str, Exclusion]] = {}
        self.is_trial = is_trial
        self.trial_conflicts = TRIAL_CONFLICTS
        self._read: dict[PackageKey, set[str]] = {}
        self.brings_back = False
        self.lets_packages = True
        self._members = members
        self.constraints = constraints
        stated = [need.requirement for need in roots if need.requirement is not None]
        self._asked = frozenset([*stated, *itertools.chain(*constraints.values())])
        self._preferred = preferred
        # What was asked for comes first, Neuron's own packages before others.
        packages = context.catalog.packages
        first = sorted(roots, key=lambda need: not _is_component(packages.get(need.key.name)))
        self._order = {need.identifier: index for index, need in reversed([*enumerate(first)])}
        self._named_first = NamedFirst(offers, roots, self.get_dependencies, self.rejected)
        self._pinned: dict[str, tuple[object, bool]] = {}
        self._known: dict[str, tuple[PackageKey, frozenset[str]]] = {}
        self._requirements: dict[tuple[int, frozenset[str]], list[DependencyEdge]] = {}

    def identify(self, requirement_or_candidate: DependencyEdge | ResolvedNode) -> str:
        return requirement_or_candidate.identifier

    def get_preference(
        self,
        identifier: str,
        resolutions: Mapping[str, ResolvedNode],
        candidates: Mapping[str, Iterator[ResolvedNode]],
        information: Mapping[str, Iterator[RequirementInformation[DependencyEdge, ResolvedNode]]],
        backtrack_causes: Sequence[RequirementInformation[DependencyEdge, ResolvedNode]],
    ) -> Any:
        """The release first, then bonds, then what conflicts, what is pinned, what was
        asked for, in the order of the asking."""
        if identifier == SDK_IDENTIFIER:
            return (0,)
        if identifier.startswith(COMPATIBILITY):
            return (1,)
        pinned = any(
            info.requirement.requirement is None or info.requirement.is_exact
            for info in information[identifier]
        )
        conflicting = identifier in _list_names(backtrack_causes)
        return (2, not conflicting, not pinned, self.rank(identifier), identifier)

    def narrow_requirement_selection(
        self,
        identifiers: Iterable[str],
        resolutions: Mapping[str, ResolvedNode],
        candidates: Mapping[str, Iterator[ResolvedNode]],
        information: Mapping[str, Iterator[RequirementInformation[DependencyEdge, ResolvedNode]]],
        backtrack_causes: Sequence[RequirementInformation[DependencyEdge, ResolvedNode]],
    ) -> Iterable[str]:
        """Only those that can come first by `get_preference`, which is dear to ask of all."""
        names = list(identifiers)
        if any(name.startswith(DECIDED_FIRST) for name in names):
            return names
        if backtrack_causes:
            conflicting = _list_names(backtrack_causes)
            names = [name for name in names if name in conflicting] or names
        pinned = [name for name in names if self._is_pinned(name, information[name])]
        names = pinned or names
        asked_for = [name for name in names if name in self._order]
        return [min(asked_for, key=self._order.__getitem__) if asked_for else min(names)]

    def _is_pinned(
        self, name: str, found: Iterable[RequirementInformation[DependencyEdge, ResolvedNode]]
    ) -> bool:
        """Whether something requires one version alone, asked each round of everything open."""
        known = self._pinned.get(name)
        if known is not None and known[0] is found:
            return known[1]
        verdict = any(
            info.requirement.is_exact or info.requirement.requirement is None for info in found
        )
        # Others give an iterator, which is another one each time.
        if isinstance(found, list):
            self._pinned[name] = (found, verdict)
        return verdict

    def find_matches(
        self,
        identifier: str,
        requirements: Mapping[str, Iterator[DependencyEdge]],
        incompatibilities: Mapping[str, Iterator[ResolvedNode]],
    ) -> Any:
        needs = list(requirements[identifier])
        bad = {chosen.candidate.version for chosen in incompatibilities[identifier]}
        if needs:
            self._known[identifier] = (needs[0].key, needs[0].extras)
        # Who required it may have been taken back since; then anything will do.
        key, extras = self._known[identifier]
        if identifier.startswith(DECIDED_FIRST):
            values = self.list_values(identifier, needs)
            return [c for c in values if c.candidate.version not in bad]
        return lambda: self._find_nodes(identifier, key, extras, needs, bad)

    def _find_nodes(
        self,
        identifier: str,
        key: PackageKey,
        extras: frozenset[str],
        needs: Sequence[DependencyEdge],
        bad: Container[str],
    ) -> Iterator[ResolvedNode]:
        for _, candidate in self.scan(key, needs, bad):
            yield ResolvedNode(identifier, candidate, extras)

    def order(
        self, matches: Iterable[ResolvedNode], pins: Mapping[str, ResolvedNode]
    ) -> Iterator[ResolvedNode]:
        """What matches, in the order in which it is to be tried beside what is pinned by now."""
        return self._named_first.order(matches, pins)

    def note_clash(self, node: ResolvedNode, pins: Mapping[str, ResolvedNode]) -> None:
        """Keep why a node cannot be, if what it requires does not go with what was asked for by
        name and is pinned."""
        self._named_first.note_clash(node, pins)

    def rank(self, identifier: str) -> int:
        """Where something comes in the order of the asking; behind that what nobody asked for."""
        return self._order.get(identifier, 1_000_000)

    def list_values(self, identifier: str, needs: list[DependencyEdge]) -> list[ResolvedNode]:
        """What a release or a bond can be."""
        if identifier.startswith(COMPATIBILITY):
            key = PackageKey(Ecosystem.BOND, identifier.removeprefix(COMPATIBILITY))
            return (
                list_bond_values(needs)
                if needs
                else [ResolvedNode(identifier, Candidate(key, "", ""))]
            )
        release = self.context.release
        if release is None:
            return []
        key = PackageKey(Ecosystem.SDK, SDK_NAME)
        return [ResolvedNode(identifier, Candidate(key, release.sdk, ""))]

    def reaches(self, need: DependencyEdge) -> bool:
        """Whether a requirement can bring back what a rule excludes (`Exclusion.can_be_asked_for`):
        to know what comes first, everything then has to be looked at anew."""
        return need.requirement is not None and self._may_reach(need.requirement, need.key)

    def _may_reach(self, requirement: Requirement, key: PackageKey) -> bool:
        return (
            requirement.is_exact
            or key.name in self.context.catalog.packages
            or _names_prerelease(requirement.range)
        )

    def scan(
        self,
        key: PackageKey,
        needs: Sequence[DependencyEdge],
        bad: Container[str] = (),
        start: int = 0,
    ) -> Iterator[tuple[int, Candidate]]:
        """The candidates of a package that satisfy what is required, best first, each with its
        place among all of them; from a place on, and without versions that are ``bad``.

        Why others do not is noted in ``rejected``.  May read a page of an index.
        """
        rejected = self.rejected.setdefault(key, {})
        # With extras a package has several nodes; the plain one's ranges bind them all.
        constraints = self.constraints.get(key, ())
        stated = [need.requirement for need in needs if need.requirement is not None]
        reaching = [r for r in (*stated, *constraints) if self._may_reach(r, key)]
        offered = itertools.islice(self._in_order(key), start, None)
        for at, (candidate, exclusion) in enumerate(offered, start):
            version = candidate.version
            if version in bad:
                continue
            if exclusion is not None and not (
                reaching and self.is_reached(exclusion, reaching, version)
            ):
                rejected[version] = exclusion
                continue
            for need in needs:
                if not admits(need, candidate):
                    self._note_refusal(rejected, candidate, need, exclusion)
                    break
            else:
                constraint = next((c for c in constraints if not c.admits(version)), None)
                if constraint is not None:
                    rejected[version] = Exclusion(
                        key,
                        version,
                        Rule.CONSTRAINT,
                        f"does not match the constraint {constraint.text}",
                        constraint.origin,
                    )
                    continue
                unusable = self.offers.unusable(candidate)
                if unusable is not None:
                    rejected[version] = unusable
                    continue
                yield at, candidate

    def _in_order(self, key: PackageKey) -> Iterable[tuple[Candidate, Exclusion | None]]:
        offered = self.offers.candidates(key)
        wanted = self._preferred.get(key.name)
        if wanted is None:
            return offered
        everything = list(offered)
        kept = [pair for pair in everything if same_version(pair[0].version, wanted)]
        return [*kept, *[pair for pair in everything if pair not in kept]]

    @staticmethod
    def _note_refusal(
        rejected: dict[str, Exclusion],
        candidate: Candidate,
        need: DependencyEdge,
        known: Exclusion | None,
    ) -> None:
        if known is not None:
            rejected[candidate.version] = known
        elif need.requirement is not None and candidate.version not in rejected:
            rejected[candidate.version] = Exclusion(
                candidate.key,
                candidate.version,
                Rule.REQUIREMENT,
                f"does not match the requirement {need.requirement.text}",
                need.parent or need.requirement.origin,
            )
        elif need.versions is not None and candidate.version not in rejected:
            rejected[candidate.version] = Exclusion(
                candidate.key,
                candidate.version,
                Rule.REQUIREMENT,
                f"{need.parent} needs {need.text}",
                candidate.source,
            )

    def is_reached(self, exclusion: Exclusion, asked: Iterable[Requirement], version: str) -> bool:
        """Whether somebody asked for just this version, or, PEP 440, for pre-releases."""
        if not exclusion.can_be_asked_for:
            return False
        for requirement in asked:
            if requirement.is_exact and requirement.admits(version):
                return True
            if exclusion.rule is Rule.PRE_RELEASE and _names_prerelease(requirement.range):
                if requirement in self._asked:
                    return True
                self.brings_back = True
                if self.lets_packages:
                    return True
            if exclusion.rule is Rule.NEW_MAJOR and requirement.admits(version):
                from .new_majors import names_major

                if names_major(requirement, self.context.catalog):
                    return True
        return False

    def is_satisfied_by(self, requirement: DependencyEdge, candidate: ResolvedNode) -> bool:
        return admits(requirement, candidate.candidate)

    def get_dependencies(self, candidate: ResolvedNode) -> Iterable[DependencyEdge]:
        if candidate.identifier == SDK_IDENTIFIER:
            return self._members
        if candidate.identifier.startswith(COMPATIBILITY):
            return ()
        known = (id(candidate.candidate), candidate.extras)
        needs = self._requirements.get(known)
        if needs is None:
            needs = self._needs(candidate)
            self._requirements[known] = needs
        return needs

    def know(self, other: Provider) -> None:
        """Take over what versions require from a search of the same candidates: that is not read
        again, and does not count for a trial."""
        self._requirements.update(other._requirements)

    def _needs(self, chosen: ResolvedNode) -> list[DependencyEdge]:
        candidate, extras = chosen.candidate, chosen.extras
        if self.is_trial:
            # What cannot be read is asked again and again.
            read = self._read.setdefault(candidate.key, set())
            read.add(candidate.version)
            if len(read) > TRIAL_VERSIONS:
                raise TooDeep(f"gave up after {TRIAL_VERSIONS} versions of {candidate.key.name}")
        parent = f"{candidate.key.name} {candidate.version}"
        found = []
        if extras:
            found.append(
                DependencyEdge(
                    str(candidate.key), candidate.key, parent=parent, value=candidate.version
                )
            )
        for requirement in self.offers.requirements(candidate, extras):
            found.append(make_edge(requirement, self.offers.key_of(requirement), parent))
        for edge in self.offers.relations(candidate):
            identifier = str(edge.key) if edge.adds else COMPATIBILITY + edge.key.name
            key = edge.key if edge.adds else PackageKey(Ecosystem.BOND, edge.key.name)
            found.append(
                DependencyEdge(
                    identifier, key, parent=parent, versions=edge.versions, text=edge.text
                )
            )
        if not extras:
            found += self._bonds(candidate, parent)
        return found

    def _bonds(self, candidate: Candidate, parent: str) -> Iterator[DependencyEdge]:
        package = self.context.catalog.packages.get(candidate.key.name)
        if candidate.key.ecosystem.is_system:
            yield make_bond(candidate.key.name, parent, value=candidate.version)
        if package is None:
            return
        release = self.context.release
        if release is not None and candidate.member is not None:
            sdk = PackageKey(Ecosystem.SDK, "neuron-sdk")
            yield DependencyEdge(SDK_IDENTIFIER, sdk, parent=parent, value=release.sdk)
        if package.role is not FrameworkRole.NONE:
            yield make_bond(package.framework, parent, value=find_framework(candidate, package))
        is_bonded = package.name in _list_bonded(self.context)
        if is_bonded and not candidate.key.ecosystem.is_system:
            yield make_bond(package.name, parent, value=candidate.version)
        for window in package.windows:
            if window.applies_to(candidate.version, self.context.target.family):
                yield make_bond(window.other, parent, window=window)


def _is_component(package: Package | None) -> bool:
    return package is not None and package.kind.is_component


def _list_names(causes: Sequence[RequirementInformation[DependencyEdge, ResolvedNode]]) -> set[str]:
    """The identifiers that a conflict is about."""
    found = {cause.requirement.identifier for cause in causes}
    found |= {cause.parent.identifier for cause in causes if cause.parent is not None}
    return found


_BONDED: dict[int, frozenset[str]] = {}


def _list_bonded(context: Context) -> frozenset[str]:
    """The packages that some window speaks of."""
    packages = context.catalog.packages
    known = _BONDED.get(id(packages))
    if known is None:
        known = frozenset(
            window.other
            for package in context.catalog.packages_stating("windows")
            for window in package.windows
        )
        _BONDED[id(packages)] = known
    return known


def same_version(version: str, written: str) -> bool:
    """Whether a version is the one that a lock's exact pin holds, whatever its build."""
    return written in (version, public_version(version))


@functools.lru_cache(maxsize=4096)
def _names_prerelease(specifier: str) -> bool:
    """Whether a specifier has a pre-release in it; a few are asked about thousands of times."""
    if not any(char.isalpha() for char in specifier):
        return False
    from neuron_pin.inputs.requirements.specifier import specifier_set

    return bool(specifier_set(specifier).prereleases)
