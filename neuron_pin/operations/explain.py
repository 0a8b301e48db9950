"""Why a version is chosen and the others are not: over the catalog, or over any source; and
which versions of two packages work together."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.catalog import Catalog, ComponentKind, Member, public_version
from neuron_pin.catalog.backends import Backend
from neuron_pin.catalog.completion import describe_grounds
from neuron_pin.catalog.newness import (
    is_range_newer,
    list_known_versions,
    name_newest,
    tell_newer,
    tell_newer_versions,
)
from neuron_pin.catalog.support import package_part
from neuron_pin.errors import NeuronPinError, NoSolution, UnknownName, WrongUsage, nearest
from neuron_pin.inputs import Requirement, parse_requirement
from neuron_pin.policy import Ecosystem, Phase, Rule
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import Exclusion, Resolution
from neuron_pin.resolve.candidate_selection import ReleaseCandidates
from neuron_pin.resolve.catalog_candidates import find_requirement_key
from neuron_pin.resolve.explain import Verdict, explain
from neuron_pin.resolve.lost_frameworks import describe_departure
from neuron_pin.resolve.newer_target import describe_newer_target
from neuron_pin.resolve.resolver import resolve
from neuron_pin.resolve.rules import Context, phase_of
from neuron_pin.target import Target

from .lock_request import LockRequest, lock_request, make_request, refuse_unknown_names

MAX_PAIRS = 60
"""Versions of one package that are tried with another, newest first."""


class Explanation(NamedTuple):
    """The verdict on every version, newest first; the lock that was made for it, or what
    prevents one.  ``is_neuron`` is false for a package that the policy says nothing of;
    ``departure`` says that newer releases do not ship it, empty where they do; ``grounds`` why
    it is for a target that the release manifest does not list it for.  ``backends`` are what the
    name stands for in ranges of its versions, if more than one thing; ``newer`` says what of the
    target, the requirement and the versions is newer than the facts."""

    target: Target
    resolution: Resolution | None
    problem: NoSolution | None
    verdicts: tuple[Verdict, ...]
    is_neuron: bool = True
    departure: str = ""
    grounds: tuple[str, ...] = ()
    backends: tuple[Backend, ...] = ()
    newer: tuple[str, ...] = ()


class PairVerdict(NamedTuple):
    """One version of a package, and the best of another that goes with it, empty for none;
    then ``reasons`` say why not.  ``phase`` is the version's own on the day, ``sdk`` the
    release that has both, `None` for none."""

    version: str
    phase: Phase
    other: str
    sdk: str | None
    reasons: tuple[str, ...]


class PairExplanation(NamedTuple):
    """Two packages, version by version of the first; what prevents every pair."""

    target: Target
    first: Requirement
    second: Requirement
    verdicts: tuple[PairVerdict, ...]
    problem: NoSolution | None


def explain_name(request: LockRequest, requirement: Requirement) -> Explanation:
    """Explain one package; what nothing fits is said with what would work.

    Indexes are asked where one is named, or the package is not Neuron's.  Raises
    `UnknownName` for a name that no source at hand has.
    """
    catalog, target = request.catalog, request.target
    package = catalog.packages.get(requirement.name)
    asked = request._replace(requirements=(requirement,))
    refuse_unknown_names(request, [requirement])
    is_foreign = package is None or package.kind is ComponentKind.DEPENDENCY
    if request.sources.is_named or (is_foreign and not request.network.offline):
        return _from_sources(asked, requirement)
    if package is None:
        raise _unknown_offline(requirement, catalog)
    resolution, problem = _locked(asked.without_network())
    context = Context(catalog, target, unread=frozenset(Ecosystem))
    verdicts = explain(requirement, context, resolution)
    departure = describe_departure(catalog, requirement.name, target)
    grounds = _find_grounds(catalog, requirement.name, target, verdicts)
    newer = _find_newer(catalog, requirement, target, verdicts)
    return Explanation(
        target,
        resolution,
        problem,
        tuple(verdicts),
        departure=departure,
        grounds=grounds,
        backends=package.backends,
        newer=newer,
    )


def _find_newer(
    catalog: Catalog, requirement: Requirement, target: Target, verdicts: Sequence[Verdict]
) -> tuple[str, ...]:
    """NP510: what of the target, the range and the versions is newer than the facts."""
    name = requirement.name
    if name not in catalog.packages:
        return ()
    known = list_known_versions(catalog, name)
    lines = list(describe_newer_target(target, catalog))
    told = tell_newer_versions(catalog, ((name, v.version) for v in verdicts))
    if told:
        lines.append(told)
    elif is_range_newer(requirement.range, known):
        last = name_newest(known)
        lines.append(tell_newer(catalog, requirement.text, last, "whether there is one is unknown"))
    return tuple(lines)


def _find_grounds(
    catalog: Catalog, name: str, target: Target, verdicts: Sequence[Verdict]
) -> tuple[str, ...]:
    chosen = next((public_version(v.version) for v in verdicts if v.chosen), "")
    return describe_grounds(catalog, name, chosen, target.family, target.python)


def _unknown_offline(requirement: Requirement, catalog: Catalog) -> NeuronPinError:
    """Why nothing is known of a package offline: a typing error, or no Neuron package."""
    name = requirement.name
    mistyped = UnknownName(
        "package", name, catalog.packages, hint="neuron-pin catalog show lists them"
    )
    # Names of others may be alike by chance: transformers is no transformers-neuronx.
    if mistyped.near and ("neuron" in name or nearest(name, catalog.packages, cutoff=0.85)):
        return mistyped
    return WrongUsage(
        f"{name} is not a Neuron package: its versions are read from an index",
        hint="leave --offline out",
    )


def explain_pair(request: LockRequest, first: Requirement, second: Requirement) -> PairExplanation:
    """Which versions of one package go with which of another: each is tried by locking both."""
    catalog, target, asked = request.catalog, request.target, request
    refuse_unknown_names(request, [first, second])
    for requirement in (first, second):
        if requirement.name not in catalog.packages and request.network.offline:
            raise _unknown_offline(requirement, catalog)
    is_own = all(r.name in catalog.packages for r in (first, second))
    if is_own and not request.sources.is_named:
        asked = request.without_network()
    versions = [
        version
        for version, rows in catalog.shipped(first.name).items()
        if version and first.admits(version) and _is_released(asked, rows)
    ]
    versions.sort(key=version_order, reverse=True)
    verdicts = []
    for version in versions[:MAX_PAIRS]:
        phase = package_part(catalog, first.name, version, target.family, target.as_of).phase
        exact = parse_requirement(f"{first.name}=={version}", first.origin)
        try:
            found = lock_request(asked._replace(requirements=(exact, second)))
        except NoSolution as error:
            reasons = list(error.causes or (error.message,))
            # An exact version is of few releases: that the newest lacks it goes without saying.
            reasons.sort(key=lambda reason: f"does not ship {first.name} " in reason)
            verdicts.append(PairVerdict(version, phase, "", None, tuple(reasons)))
            continue
        other = next(p.version for p in found.packages if p.key.name == second.name)
        verdicts.append(PairVerdict(version, phase, other, found.sdk, ()))
    problem = None
    if not any(verdict.other for verdict in verdicts):
        _, problem = _locked(asked._replace(requirements=(first, second)))
    return PairExplanation(target, first, second, tuple(verdicts), problem)


def _is_released(request: LockRequest, rows: list[tuple[str, Member]]) -> bool:
    return any(request.catalog.dates[sdk] <= request.target.as_of for sdk, _ in rows)


def _locked(request: LockRequest) -> tuple[Resolution | None, NoSolution | None]:
    """The lock of a request, or what prevents it with the relaxations that work."""
    try:
        return lock_request(request), None
    except NoSolution as error:
        from .relax import explain_conflict

        return None, explain_conflict(request, error)


# Over sources ---------------------------------------------------------------------------


def _from_sources(request: LockRequest, requirement: Requirement) -> Explanation:
    """Every version that an index or repository offers, and those that the releases know."""
    from neuron_pin.resolve.beyond import Beyond
    from neuron_pin.resolve.source_candidates import SourceCandidates
    from neuron_pin.sources.http.record_cache import RecordCache
    from neuron_pin.sources.session import open_sources

    catalog, target, network = request.catalog, request.target, request.network
    asked = make_request(request._replace(overrides=()))
    made: list[tuple[Context, SourceCandidates]] = []
    resolution: Resolution | None = None
    problem: NoSolution | None = None
    cache = RecordCache(network.cache_folder)
    with open_sources(
        request.sources, network, catalog, target, cache, request.reporter
    ) as sources:
        beyond = Beyond(request.newer, asked, catalog, sources)

        def offers(context: Context, chosen: ReleaseCandidates | None) -> SourceCandidates:
            judge = SourceCandidates(context, chosen, sources, newer=beyond.newer)
            made.append((context, judge))
            return judge

        try:
            reading = asked._replace(unread=sources.unread)
            resolution = resolve(reading, catalog, offers, request.reporter, beyond)
        except NoSolution as error:
            problem = error
        context, judge = made[-1 if resolution else 0] if made else (Context(catalog, target), None)
        key = find_requirement_key(requirement, context)
        offered = []
        for candidate, exclusion in judge.candidates(key) if judge is not None else ():
            if exclusion is None and resolution is None and requirement.admits(candidate.version):
                exclusion = judge.unusable(candidate) if judge is not None else None
            offered.append((candidate, exclusion))
    if not offered and requirement.name not in catalog.packages:
        raise UnknownName(
            "package", requirement.name, catalog.packages, hint="none of the indexes has it"
        )
    if problem is not None:
        from .relax import explain_conflict

        problem = explain_conflict(request, problem)
    chosen = next((p for p in resolution.packages if p.key == key), None) if resolution else None
    stated = {e.version: e for e in resolution.exclusions if e.key == key} if resolution else {}
    verdicts: dict[tuple[str, str], Verdict] = {}
    for candidate, exclusion in offered:
        is_chosen = chosen is not None and exclusion is None and candidate.version == chosen.version
        against = [exclusion] if exclusion is not None else []
        if not is_chosen:
            if not requirement.admits(candidate.version):
                reason = f"does not match the requirement {requirement.text}"
                release_exclusion = Exclusion(
                    key, candidate.version, Rule.REQUIREMENT, reason, requirement.origin
                )
                against.insert(0, release_exclusion)
            elif candidate.version in stated and not against:
                against.append(stated[candidate.version])
        phase = phase_of(candidate, context).phase
        is_known = beyond.newer is None or not beyond.newer.is_newer(key.name, candidate.version)
        releases = (candidate.release,) if candidate.release else ()
        source = candidate.source or (exclusion.source if exclusion is not None else "")
        # One version may be on two indexes, and be trusted from one of them.
        verdicts[candidate.version, source] = Verdict(
            key, candidate.version, is_chosen, phase, releases, tuple(against), source, is_known
        )
    known = {public_version(version) for version, _ in verdicts}
    rest = (
        [v for v in explain(requirement, context, resolution) if v.version not in known]
        if requirement.name in catalog.packages
        else []
    )
    ordered = sorted(
        [*verdicts.values(), *rest],
        key=lambda v: (version_order(v.version), v.version, v.source),
        reverse=True,
    )
    is_neuron = requirement.name in catalog.packages
    departure = describe_departure(catalog, requirement.name, target) if is_neuron else ""
    grounds = _find_grounds(catalog, requirement.name, target, ordered)
    backends = catalog.packages[requirement.name].backends if is_neuron else ()
    newer = _find_newer(catalog, requirement, target, ordered)
    return Explanation(
        target, resolution, problem, tuple(ordered), is_neuron, departure, grounds, backends, newer
    )
