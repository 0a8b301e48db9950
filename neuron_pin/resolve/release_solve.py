"""One release, one graph: whether it satisfies what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from neuron_pin.catalog import Catalog, ComponentKind, Release, sdk_key
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple

from .candidate_selection import ReleaseCandidates
from .edges import make_edge
from .exclusion import Exclusion
from .graph import (
    COMPATIBILITY,
    SDK_IDENTIFIER,
    DependencyEdge,
    RequiredBy,
    ResolvedNode,
    TooDeep,
)
from .provider import Provider
from .release_candidates import select_candidates
from .request import Request
from .resolution import sorted_exclusions
from .rules import Context
from .solver import Unsatisfiable, solve

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .further_builds import FurtherBuilds
    from .needed_builds import NeededBuild
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
    """One release in which the graph has no solution, with the facts.

    ``build_lines`` say by name what has to be built and why, ``lines`` what else is in the way.
    ``search_on`` finds out what else has to be built; none where nobody waits for it."""

    def __init__(
        self,
        build_lines: Mapping[str, str],
        lines: Sequence[str],
        touches_neuron: bool,
        facts: Sequence[Exclusion] = (),
        asked: frozenset[tuple[str, str]] = frozenset(),
        newer_pythons: tuple[str, ...] = (),
        *,
        asked_is_whole: bool = False,
        selection: ReleaseCandidates | None = None,
    ) -> None:
        super().__init__(*build_lines.values(), *lines)
        self.build_lines = dict(build_lines)
        self.lines = lines
        self.touches_neuron = touches_neuron
        self.facts = facts
        self.asked = asked
        self.newer_pythons = newer_pythons
        self.asked_is_whole = asked_is_whole
        self.selection = selection
        self.search_on: Callable[[], FurtherBuilds] | None = None
        self.further: FurtherBuilds | None = None

    @property
    def causes(self) -> list[str]:
        return [*self.build_lines.values(), *self.lines]

    @property
    def builds(self) -> tuple[str, ...]:
        return tuple(self.build_lines)

    def as_error(self, request: Request) -> NoSolution:
        error = NoSolution(
            f"nothing satisfies the requirements for {request.target.label}", self.causes
        )
        self.tell(error)
        return error

    def tell(self, error: NoSolution) -> None:
        """Let an error that has these causes say what is in the way, and what would have to be
        built."""
        error.asked, error.asked_is_whole = self.asked, self.asked_is_whole
        error.touches_release = self.touches_neuron
        error.builds, error.newer_pythons = self.builds, self.newer_pythons
        if self.further is not None:
            error.builds_suffice = self.further.suffices
            error.builds_unread, error.builds_stated = self.further.unread, self.further.stated
            if self.further.conflict is not None:
                error.supposed_builds = tuple(build.name for build in self.further.builds)


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
    make_provider = partial(
        Provider,
        context,
        roots=roots,
        members=members,
        constraints=constraints,
        preferred=request.preferred.versions,
    )
    provider = make_provider(offers, is_trial=request.is_trial)
    try:
        solution = solve(provider, roots, MAX_ROUNDS)
    except Unsatisfiable as error:
        from .needed_builds import find_needed_builds

        builds = find_needed_builds(error.causes, provider)
        facts = _facts(request, offers, selection)
        failure = _make_unsatisfiable(error, provider, selection, facts, builds)
        if builds and not request.is_trial:
            from .further_builds import find_further_builds

            trial = partial(make_provider, is_trial=True)
            failure.search_on = partial(find_further_builds, builds, roots, provider, trial)
        raise failure from None
    except TooDeep as error:
        gave_up = NoSolution(
            error.message,
            hint="narrow the requirements: pin the packages whose versions you know",
        )
        gave_up.gave_up = True
        raise gave_up from None
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


def name_all_builds(failure: ReleaseUnsatisfiable, *, is_only: bool) -> ReleaseUnsatisfiable:
    """A failure with all builds that an answer needs, instead of the first; or, where there is
    none even with builds, with what is in the way of it.

    ``is_only`` says that no other release may have an answer.  Cost: that of
    `find_further_builds`, where something has to be built."""
    if failure.search_on is None:
        return failure
    further = failure.search_on()
    if further.conflict is not None:
        error, provider = further.conflict
        found = _make_unsatisfiable(error, provider, failure.selection, failure.facts)
        if is_only or not found.touches_neuron:
            found.further = further
            return found
    failure.further = further
    if not further.depends_on_python:
        failure.newer_pythons = ()
    failure.build_lines = {
        build.name: failure.build_lines.get(build.name)
        or build.describe(_label([RequiredBy(build.need, None)]))
        for build in further.builds
    }
    return failure


def _make_unsatisfiable(
    error: Unsatisfiable,
    provider: Provider,
    selection: ReleaseCandidates | None,
    facts: Sequence[Exclusion],
    builds: Sequence[NeededBuild] = (),
) -> ReleaseUnsatisfiable:
    """The failure of a search of a release, of which ``facts`` are known beside it."""
    from .needed_builds import find_newer_pythons

    asked = frozenset(
        (need.requirement.text, need.requirement.origin)
        for need, parent in error.causes
        if parent is None and need.requirement is not None
    )
    return ReleaseUnsatisfiable(
        *_causes(error, provider, selection, builds),
        facts,
        asked,
        find_newer_pythons(error.causes, provider) if builds else (),
        # Constraints may have a part in it, and are not among them.
        asked_is_whole=error.is_whole and not provider.constraints,
        selection=selection,
    )


def _causes(
    error: Unsatisfiable,
    provider: Provider,
    selection: ReleaseCandidates | None,
    builds: Sequence[NeededBuild],
) -> tuple[Mapping[str, str], Sequence[str], bool]:
    """The facts behind an impossible graph: by name what would have to be built, then the others;
    and whether a release's members are among them."""
    catalog = provider.context.catalog
    touches = False
    by_requirer: dict[tuple[str, str], list[RequiredBy]] = {}
    for cause in error.causes:
        need = cause.requirement
        package = catalog.packages.get(need.key.name)
        touches = touches or need.key.ecosystem in (Ecosystem.SDK, Ecosystem.BOND)
        touches = touches or (package is not None and package.kind is not ComponentKind.DEPENDENCY)
        # One version of a package after the other requires the same: that is one fact.
        requirer = str(cause.parent.candidate.key) if cause.parent else need.parent
        by_requirer.setdefault((str(need), requirer), []).append(cause)
    told: dict[str, str] = {}
    lines: list[str] = []
    for causes in by_requirer.values():
        need, label = causes[0].requirement, _label(causes)
        build = next((build for build in builds if build.need.key == need.key), None)
        if build is not None and str(build.need) == str(need):
            told.setdefault(build.name, build.describe(label))
            continue
        exclusions = dict(provider.rejected.get(need.key, {}))
        for candidate, exclusion in selection.excluded_of(need.key) if selection else ():
            exclusions.setdefault(candidate.version, exclusion)
        if need.identifier.startswith(COMPATIBILITY):
            found = [label]
        elif exclusions:
            found = _describe_refusals(need, label, list(exclusions.values()), provider)
        else:
            found = [_describe_absence(need, label, catalog, selection)]
        lines += [line for line in found if line not in lines]
    return told, lines, touches


def _label(causes: Sequence[RequiredBy]) -> str:
    """A requirement, and who has it: the newest of several versions, and how many more do."""
    need, parent = causes[0]
    # The parent that stands in the graph, else where the user wrote it.
    name = need.parent or (parent.identifier if parent else "")
    more = len({cause.requirement.parent for cause in causes}) - 1
    also = f" and {more} more version{'s' * (more > 1)}" if more else ""
    return f"{need} (from {name}{also})" if name else str(need)


def _describe_refusals(
    need: DependencyEdge, label: str, exclusions: Sequence[Exclusion], provider: Provider
) -> list[str]:
    """Why no version is left of what something requires.

    Of a package that no release decides only versions that the requirement admits are told of:
    what speaks against the hundreds of others is beside the point.
    """
    requirement = need.requirement
    if requirement is None or need.key.name in provider.context.catalog.packages:
        return describe_exclusions(label, exclusions)
    matching = [exclusion for exclusion in exclusions if requirement.admits(exclusion.version)]
    if matching:
        which = "matching " if len(matching) < len(exclusions) else ""
        return describe_exclusions(label, matching, which)
    if any(requirement.admits(c.version) for c, _ in provider.offers.candidates(need.key)):
        # It can be had by itself, so that what it conflicts with tells the rest.
        return [label]
    newest = sorted_exclusions(list(exclusions))[-1].version
    rule = Rule.REQUIREMENT.identifier
    return [f"{label}: no version of {need.key.name} matches ({rule}); the newest is {newest}"]


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


def describe_exclusions(label: str, exclusions: Sequence[Exclusion], which: str = "") -> list[str]:
    """Why versions of what ``label`` names are excluded, and ``which`` they are: a line for each
    rule, the rule of the newest version first."""
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
            f"{label}: {count} {which}versions excluded, {rule.title} ({rule.identifier}); "
            f"{newest.version}: {reason}"
        )
    return lines
