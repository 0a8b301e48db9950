"""One release, one graph: whether what is asked for can be had in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from resolvelib import ResolutionImpossible, ResolutionTooDeep

from neuron_pin.catalog import Catalog, ComponentKind, Release, version_numbers
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule

from .exclusion import Exclusion
from .graph import COMPATIBILITY, SDK_IDENTIFIER, DependencyEdge, ResolvedNode, make_edge
from .provider import Provider
from .release_candidates import ReleaseCandidates, select_candidates
from .request import Request
from .resolution import sorted_exclusions
from .rules import Context
from .solver import solve

if TYPE_CHECKING:
    from .source import CandidateProvider

MAX_ROUNDS = 20_000
"""Bound on resolvelib's rounds; a closure of 60 packages takes about 150."""


OffersFor = Callable[[Context, "ReleaseCandidates | None"], "CandidateProvider"]
"""Makes the graph's candidates for one release: the sources' side of a resolution."""


class ReleaseSolution(NamedTuple):
    """A release in which the graph has a solution."""

    context: Context
    selection: ReleaseCandidates | None
    provider: Provider
    mapping: Mapping[str, ResolvedNode]
    via: Mapping[str, set[str]]
    roots: tuple[DependencyEdge, ...]

    @property
    def ideal(self) -> tuple[tuple[int, ...], ...]:
        """The versions that the roots would have if nothing else were asked for."""
        found = []
        for need in self.roots:
            admitted = (
                candidate.version
                for candidate, exclusion in self.provider.offers.candidates(need.key)
                if exclusion is None
                and (need.requirement is None or need.requirement.admits(candidate.version))
            )
            version = next(admitted, self.mapping[need.identifier].candidate.version)
            found.append(version_numbers(version))
        return tuple(found)


class ReleaseUnsatisfiable(Exception):
    """One release in which the graph has no solution, with the facts."""

    def __init__(
        self, causes: list[str], touches_neuron: bool, facts: Sequence[Exclusion] = ()
    ) -> None:
        super().__init__(*causes)
        self.causes = causes
        self.touches_neuron = touches_neuron
        self.facts = facts

    def as_error(self, request: Request) -> NoSolution:
        return NoSolution(
            f"nothing satisfies the requirements for {request.target.label}", self.causes
        )


def solve_release(
    request: Request,
    catalog: Catalog,
    release: Release | None,
    offers_for: OffersFor,
    whole: bool,
) -> ReleaseSolution:
    """Solve the graph with one release.

    Raises `ReleaseUnsatisfiable`, or `NoSolution` when it gives up.

    ``whole`` asks for every component of the release.  Cost: one resolvelib run; reads
    sources as the graph asks.
    """
    context = Context(catalog, request.target, release)
    asked = [r for r in (*request.requirements, *request.constraints) if r.name != SDK_NAME]
    selection = select_candidates(context, asked, whole=whole) if release is not None else None
    offers = offers_for(context, selection)
    offers.expect(r for r in request.requirements if r.name != SDK_NAME)
    roots = [
        make_edge(requirement, offers.key_of(requirement), requirement.origin)
        for requirement in request.requirements
        if requirement.name != SDK_NAME
    ]
    members: list[DependencyEdge] = []
    if whole:
        assert release is not None and selection is not None
        sdk = PackageKey(Ecosystem.SDK, SDK_NAME)
        roots = [DependencyEdge(SDK_IDENTIFIER, sdk, parent="the SDK release", value=release.sdk)]
        members = [
            DependencyEdge(str(key), key, parent=f"neuron-sdk {release.sdk}")
            for key in sorted(selection.offered, key=str)
        ]
    constraints: dict[PackageKey, list[Requirement]] = {}
    for requirement in request.constraints:
        if requirement.name != SDK_NAME:
            constraints.setdefault(offers.key_of(requirement), []).append(requirement)
    provider = Provider(context, offers, roots, members, constraints, request.preferred.versions)
    try:
        solution = solve(provider, roots, MAX_ROUNDS)
    except ResolutionImpossible as error:
        facts = _facts(request, offers, selection)
        raise ReleaseUnsatisfiable(*_causes(error, provider, selection), facts) from None
    except ResolutionTooDeep as error:
        raise NoSolution(
            f"gave up after {error.round_count} rounds",
            hint="narrow the requirements: pin the packages that you know",
        ) from None
    via: dict[str, set[str]] = {}
    for identifier, found in solution.information.items():
        plain = identifier.partition("[")[0]
        for information in found:
            parent = information.parent
            if parent is None:
                via.setdefault(plain, set()).add(information.requirement.parent)
            elif parent.identifier in solution.mapping and not parent.identifier.startswith(
                COMPATIBILITY
            ):
                name = parent.identifier.partition(":")[2]
                if parent.identifier.partition("[")[0] != plain:
                    via.setdefault(plain, set()).add(name)
    return ReleaseSolution(context, selection, provider, solution.mapping, via, tuple(roots))


def _causes(
    error: ResolutionImpossible[DependencyEdge, ResolvedNode],
    provider: Provider,
    selection: ReleaseCandidates | None,
) -> tuple[list[str], bool]:
    """The facts behind an impossible graph, and whether a release's members are among them."""
    lines: list[str] = []
    packages = provider.context.catalog.packages
    touches = False
    for cause in error.causes:
        need = cause.requirement
        # The parent that stands in the graph, else where the user wrote it.
        parent = need.parent or (cause.parent.identifier if cause.parent else "")
        package = packages.get(need.key.name)
        touches = touches or need.key.ecosystem in (Ecosystem.SDK, Ecosystem.BOND)
        touches = touches or (package is not None and package.kind is not ComponentKind.DEPENDENCY)
        line = f"{need} (from {parent})" if parent else str(need)
        known = provider.rejected.get(need.key, {})
        exclusions = dict(known)
        for candidate, exclusion in selection.exclusions.get(need.key, []) if selection else []:
            exclusions.setdefault(candidate.version, exclusion)
        if need.identifier.startswith(COMPATIBILITY):
            pass
        elif not exclusions:
            line += f": no source has {need.key.name}" + (
                f" in release {selection.release.sdk}"
                if selection and need.key.name in packages
                else ""
            )
        else:
            line += ": " + summarize_exclusions(list(exclusions.values()))
        if line not in lines:
            lines.append(line)
    return lines, touches


def _facts(
    request: Request, offers: CandidateProvider, selection: ReleaseCandidates | None
) -> list[Exclusion]:
    """What the release excludes of just those versions that were asked for."""
    found: list[Exclusion] = []
    for requirement in request.requirements:
        if selection is None or requirement.name == SDK_NAME:
            continue
        key = offers.key_of(requirement)
        if any(requirement.admits(c.version) for c in selection.offered.get(key, ())):
            continue
        for candidate, exclusion in selection.exclusions.get(key, ()):
            if requirement.admits(candidate.version) and exclusion.rule is not Rule.REQUIREMENT:
                found.append(exclusion)
    return found


def summarize_exclusions(exclusions: Sequence[Exclusion]) -> str:
    """``41 versions excluded: 38 not for this Python (NP102, as 2.8.0: …)``."""
    by_rule: dict[Rule, list[Exclusion]] = {}
    for exclusion in exclusions:
        by_rule.setdefault(exclusion.rule, []).append(exclusion)
    parts = []
    for rule, found in sorted(by_rule.items(), key=lambda item: -len(item[1])):
        example = sorted_exclusions(found)[-1]
        parts.append(
            f"{len(found)} {rule.title} ({rule.identifier}: {example.version}, {example.reason})"
        )
    count = len(exclusions)
    return f"{count} version{'s' if count != 1 else ''} excluded: " + "; ".join(parts)
