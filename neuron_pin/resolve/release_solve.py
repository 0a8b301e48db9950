"""One release, one graph: whether it satisfies what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from neuron_pin.catalog import Catalog, ComponentKind, Release, sdk_key
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple

from .candidate_selection import ReleaseCandidates
from .edges import make_edge
from .exclusion import Exclusion
from .graph import COMPATIBILITY, SDK_IDENTIFIER, DependencyEdge, ResolvedNode
from .provider import Provider
from .release_candidates import select_candidates
from .request import Request
from .resolution import sorted_exclusions
from .rules import Context
from .solver import TooDeep, Unsatisfiable, solve

TYPE_CHECKING = False
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
            found.append(version_order(version))
        return tuple(found)


class ReleaseUnsatisfiable(Exception):
    """One release in which the graph has no solution, with the facts."""

    def __init__(
        self,
        causes: list[str],
        touches_neuron: bool,
        facts: Sequence[Exclusion] = (),
        asked: frozenset[tuple[str, str]] = frozenset(),
    ) -> None:
        super().__init__(*causes)
        self.causes = causes
        self.touches_neuron = touches_neuron
        self.facts = facts
        self.asked = asked

    def as_error(self, request: Request) -> NoSolution:
        error = NoSolution(
            f"nothing satisfies the requirements for {request.target.label}", self.causes
        )
        error.asked = self.asked
        return error


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
    context = Context(catalog, request.target, release, request.unread)
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
    except Unsatisfiable as error:
        facts = _facts(request, offers, selection)
        roots_in_the_way = frozenset(
            (need.requirement.text, need.requirement.origin)
            for need, parent in error.causes
            if parent is None and need.requirement is not None
        )
        raise ReleaseUnsatisfiable(
            *_causes(error, provider, selection), facts, roots_in_the_way
        ) from None
    except TooDeep as error:
        raise NoSolution(
            f"gave up after {error.rounds} rounds",
            hint="narrow the requirements: pin the packages whose versions you know",
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
    error: Unsatisfiable,
    provider: Provider,
    selection: ReleaseCandidates | None,
) -> tuple[list[str], bool]:
    """The facts behind an impossible graph, and whether a release's members are among them."""
    lines: list[str] = []
    catalog = provider.context.catalog
    touches = False
    for cause in error.causes:
        need = cause.requirement
        # The parent that stands in the graph, else where the user wrote it.
        parent = need.parent or (cause.parent.identifier if cause.parent else "")
        label = f"{need} (from {parent})" if parent else str(need)
        package = catalog.packages.get(need.key.name)
        touches = touches or need.key.ecosystem in (Ecosystem.SDK, Ecosystem.BOND)
        touches = touches or (package is not None and package.kind is not ComponentKind.DEPENDENCY)
        exclusions = dict(provider.rejected.get(need.key, {}))
        for candidate, exclusion in selection.excluded_of(need.key) if selection else ():
            exclusions.setdefault(candidate.version, exclusion)
        if need.identifier.startswith(COMPATIBILITY):
            found = [label]
        elif exclusions:
            found = describe_exclusions(label, list(exclusions.values()))
        else:
            found = [_describe_absence(need, label, catalog, selection)]
        lines += [line for line in found if line not in lines]
    return lines, touches


def _describe_absence(
    need: DependencyEdge, label: str, catalog: Catalog, selection: ReleaseCandidates | None
) -> str:
    """That a release does not ship a package, and which did last; or that no source has it."""
    name = need.key.name
    if need.key.ecosystem is Ecosystem.SDK:
        return label
    package = catalog.packages.get(name)
    if selection is None or package is None or package.kind is ComponentKind.DEPENDENCY:
        return f"no source has {label}"
    if not package.systems:
        rule = Rule.NOT_A_PACKAGE.identifier
        return f"{name} is not a package: no package manager installs it ({rule})"
    sdk = selection.release.sdk
    life = catalog.spans.packages.get(name)
    if any(member.package == name for member in catalog.members(sdk)):
        return f"no source has {name} of SDK {sdk}"
    line = f"SDK {sdk} does not ship {name}"
    if life is not None and sdk_key(life.last) < sdk_key(sdk):
        return f"{line} (last: {life.last})"
    if life is not None and sdk_key(life.first) > sdk_key(sdk):
        return f"{line} (first: {life.first})"
    return line


def _facts(
    request: Request, offers: CandidateProvider, selection: ReleaseCandidates | None
) -> list[Exclusion]:
    """What the release excludes of just those versions that were asked for."""
    found: list[Exclusion] = []
    for requirement in request.requirements:
        if selection is None or requirement.name == SDK_NAME:
            continue
        key = offers.key_of(requirement)
        if any(requirement.admits(c.version) for c in selection.offered_of(key)):
            continue
        for candidate, exclusion in selection.excluded_of(key):
            if requirement.admits(candidate.version) and exclusion.rule is not Rule.REQUIREMENT:
                found.append(exclusion)
    return found


_PAGES = ("about-neuron", "announcements", "release-notes")


def describe_exclusions(label: str, exclusions: Sequence[Exclusion]) -> list[str]:
    """Why versions of what ``label`` names are excluded: a line for each rule, the rule of the
    newest version first."""
    by_rule: dict[Rule, list[Exclusion]] = {}
    for exclusion in reversed(sorted_exclusions(list(exclusions))):
        by_rule.setdefault(exclusion.rule, []).append(exclusion)
    lines = []
    for rule, found in by_rule.items():
        newest = found[0]
        reason = newest.reason
        if rule is Rule.PRE_RELEASE and newest.source.partition("/")[0] in _PAGES:
            # The version does not show it, so people look for who says so.
            reason += f" [{newest.source}]"
        if len(exclusions) == 1:
            lines.append(f"{label}: {newest.version}: {reason} ({rule.identifier})")
            continue
        count = f"all {len(found)}" if len(by_rule) == 1 else f"{len(found)} of {len(exclusions)}"
        lines.append(
            f"{label}: {count} versions excluded, {rule.title} ({rule.identifier}); "
            f"{newest.version}: {reason}"
        )
    return lines
