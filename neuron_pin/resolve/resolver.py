"""From a request to a `Resolution`: releases are tried newest first, each in one graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from resolvelib import BaseReporter, ResolutionImpossible, ResolutionTooDeep
from resolvelib import Resolver as Engine

from neuron_pin.catalog import Catalog, ComponentKind, Release, sdk_key, version_numbers
from neuron_pin.errors import NoSolution, UnknownName
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import (
    Ecosystem,
    PackageKey,
    Phase,
    Pin,
    Reach,
    Rule,
    Strength,
    derive_pin,
    parse_version,
)
from neuron_pin.target import Target

from .exclusion import Exclusion
from .filter import Context, phase_of
from .graph import BOND, SDK_IDENTIFIER, Chosen, Need, Offers, Provider, need_of
from .resolution import LockedPackage, Resolution, sorted_exclusions
from .selection import Selection, select

MAX_ROUNDS = 20_000
"""Bound on resolvelib's rounds; a closure of 60 packages takes about 150."""


class Request(NamedTuple):
    """What is asked: requirements, constraints, the wanted release, how strong to pin.

    ``sdk`` is a requirement on ``neuron-sdk`` or none.  Without ``requirements`` every
    component that a release has for the target is asked for.
    """

    target: Target
    requirements: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...]
    sdk: Requirement | None
    strength: Strength


OffersFor = Callable[[Context, "Selection | None"], Offers]
"""Makes the graph's candidates for one release: the sources' side of a resolution."""


class _Attempt(NamedTuple):
    """A release in which the graph has a solution."""

    context: Context
    selection: Selection | None
    provider: Provider
    mapping: Mapping[str, Chosen]
    via: Mapping[str, set[str]]
    roots: tuple[Need, ...]

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


def resolve(request: Request, catalog: Catalog, offers_for: OffersFor) -> Resolution:
    """The newest release that satisfies everything, and the closure in it.

    Raises `NoSolution` with the facts that stand against each release tried, `UnknownName`
    for a release that there is not.  Cost: one graph a release tried; sources are read as
    the graph asks.
    """
    whole = all(r.name == SDK_NAME for r in request.requirements)
    involved = whole or any(_is_neuron(catalog, r) for r in request.requirements)
    passed: list[Exclusion] = []
    releases = _releases(request, catalog, passed)
    if not involved:
        found = _uninvolved(request, catalog, releases, offers_for, passed)
        if found is not None:
            return _resolution(request, found, passed)
    first: _Impossible | None = None
    facts: dict[tuple[PackageKey, str], Exclusion] = {}
    for release in releases:
        try:
            attempt = _attempt(request, catalog, release, offers_for, whole)
        except _Impossible as impossible:
            first = first or impossible
            for fact in impossible.facts:
                facts.setdefault((fact.key, fact.version), fact)
            passed.append(_lacking(release, impossible))
        else:
            return _resolution(request, attempt, passed)
    raise _nothing_fits(request, passed, first, list(facts.values()))


def _uninvolved(
    request: Request,
    catalog: Catalog,
    releases: list[Release],
    offers_for: OffersFor,
    passed: list[Exclusion],
) -> _Attempt | None:
    """A closure in which nothing of Neuron's was asked for by name.

    Where the graph never comes to Neuron's packages no release plays a part.  Where it
    does, what was asked for is not to be had in an older version for the sake of a newer
    release: the newest release that allows the best of it wins.  None if every release
    has to be tried the usual way.
    """
    best: tuple[tuple[tuple[int, ...], ...], _Attempt] | None = None
    for number, release in enumerate(releases or [None]):
        try:
            attempt = _attempt(request, catalog, release, offers_for, False)
        except _Impossible as impossible:
            if not impossible.touches_neuron or len(releases) < 2:
                raise impossible.as_error(request) from None
            continue
        versions = tuple(
            version_numbers(attempt.mapping[need.identifier].candidate.version)
            for need in attempt.roots
        )
        untouched = not any(
            (package := catalog.packages.get(key.name)) is not None
            and package.kind is not ComponentKind.DEPENDENCY
            for key in attempt.provider.rejected
        )
        if untouched or versions == attempt.ideal:
            if best is None or versions >= best[0]:
                passed += [_older_roots(newer) for newer in releases[:number]]
                return attempt
            return best[1]
        if best is None or versions > best[0]:
            best = (versions, attempt)
    return best[1] if best else None


def _older_roots(release: Release) -> Exclusion:
    return Exclusion(
        PackageKey(Ecosystem.SDK, SDK_NAME),
        release.sdk,
        Rule.RELEASE_LACKS,
        "what was asked for would have to be of an older version, or cannot be had",
        f"release {release.sdk}",
    )


def _is_neuron(catalog: Catalog, requirement: Requirement) -> bool:
    if requirement.name == SDK_NAME:
        return True
    package = catalog.packages.get(requirement.name)
    return package is not None and package.kind is not ComponentKind.DEPENDENCY


def _releases(request: Request, catalog: Catalog, passed: list[Exclusion]) -> list[Release]:
    """The releases that may be tried, newest first; why not the newer ones in ``passed``."""
    wanted = [r for r in (*request.requirements, *request.constraints) if r.name == SDK_NAME]
    if request.sdk is not None:
        wanted.append(request.sdk)
    for requirement in wanted:
        if requirement.pin is not None and requirement.pin.is_exact:
            catalog.release(requirement.pin.base)
    found = []
    for release in catalog.releases:
        refusal = next((r for r in wanted if not r.admits(release.sdk)), None)
        key = PackageKey(Ecosystem.SDK, SDK_NAME)
        if release.date > request.target.as_of:
            if refusal is None:
                passed.append(
                    Exclusion(
                        key,
                        release.sdk,
                        Rule.NOT_RELEASED_YET,
                        f"released {release.date}, after {request.target.as_of}",
                        release.source,
                    )
                )
        elif refusal is not None:
            continue
        elif not release.listed:
            passed.append(
                Exclusion(
                    key,
                    release.sdk,
                    Rule.RELEASE_LACKS,
                    "the release manifest does not list its packages",
                    "release manifest",
                )
            )
        else:
            found.append(release)
    if not found and wanted:
        if passed:
            raise NoSolution(
                f"no SDK release for {wanted[0].text}",
                [f"neuron-sdk {e.version}: {e.reason}" for e in passed],
                hint="choose another release with --sdk, or another date with --as-of",
            )
        raise UnknownName(
            "SDK release",
            wanted[0].range.removeprefix("=="),
            (),
            hint=f"the newest that this catalogue knows is {catalog.releases[0].sdk}; "
            "neuron-pin releases lists them, neuron-pin catalog import adds newer ones",
        )
    return found


class _Impossible(Exception):
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


def _attempt(
    request: Request,
    catalog: Catalog,
    release: Release | None,
    offers_for: OffersFor,
    whole: bool,
) -> _Attempt:
    context = Context(catalog, request.target, release)
    asked = [r for r in (*request.requirements, *request.constraints) if r.name != SDK_NAME]
    selection = select(context, asked, whole=whole) if release is not None else None
    offers = offers_for(context, selection)
    roots = [
        need_of(requirement, offers.key_of(requirement), requirement.origin)
        for requirement in request.requirements
        if requirement.name != SDK_NAME
    ]
    members: list[Need] = []
    if whole:
        assert release is not None and selection is not None
        sdk = PackageKey(Ecosystem.SDK, SDK_NAME)
        roots = [Need(SDK_IDENTIFIER, sdk, parent="the SDK release", value=release.sdk)]
        members = [
            Need(str(key), key, parent=f"neuron-sdk {release.sdk}")
            for key in sorted(selection.offered, key=str)
        ]
    constraints: dict[PackageKey, list[Requirement]] = {}
    for requirement in request.constraints:
        if requirement.name != SDK_NAME:
            constraints.setdefault(offers.key_of(requirement), []).append(requirement)
    provider = Provider(context, offers, roots, members, constraints)
    engine: Engine[Need, Chosen, str] = Engine(provider, BaseReporter())
    try:
        result = engine.resolve(roots, max_rounds=MAX_ROUNDS)
    except ResolutionImpossible as error:
        facts = _facts(request, offers, selection)
        raise _Impossible(*_causes(error, provider, selection), facts) from None
    except ResolutionTooDeep as error:
        raise NoSolution(
            f"gave up after {error.round_count} rounds",
            hint="narrow the requirements: pin the packages that you know",
        ) from None
    via: dict[str, set[str]] = {}
    for identifier, criterion in result.criteria.items():
        plain = identifier.partition("[")[0]
        for information in criterion.information:
            parent = information.parent
            if parent is None:
                via.setdefault(plain, set()).add(information.requirement.parent)
            elif parent.identifier in result.mapping and not parent.identifier.startswith(BOND):
                name = parent.identifier.partition(":")[2]
                if parent.identifier.partition("[")[0] != plain:
                    via.setdefault(plain, set()).add(name)
    return _Attempt(context, selection, provider, result.mapping, via, tuple(roots))


def _causes(
    error: ResolutionImpossible[Need, Chosen], provider: Provider, selection: Selection | None
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
        set_aside = dict(known)
        for candidate, exclusion in selection.exclusions.get(need.key, []) if selection else []:
            set_aside.setdefault(candidate.version, exclusion)
        if need.identifier.startswith(BOND):
            pass
        elif not set_aside:
            line += f": no source has {need.key.name}" + (
                f" in release {selection.release.sdk}"
                if selection and need.key.name in packages
                else ""
            )
        else:
            line += ": " + summary(list(set_aside.values()))
        if line not in lines:
            lines.append(line)
    return lines, touches


def _facts(request: Request, offers: Offers, selection: Selection | None) -> list[Exclusion]:
    """What the release puts aside of just those versions that were asked for."""
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


def summary(exclusions: Sequence[Exclusion]) -> str:
    """``41 versions put aside: 38 not for this Python (NP102, as 2.8.0: …)``."""
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
    return f"{count} version{'s' if count != 1 else ''} put aside: " + "; ".join(parts)


def _lacking(release: Release, impossible: _Impossible) -> Exclusion:
    return Exclusion(
        PackageKey(Ecosystem.SDK, SDK_NAME),
        release.sdk,
        Rule.RELEASE_LACKS,
        impossible.causes[0] if impossible.causes else "no solution",
        f"release {release.sdk}",
    )


def _nothing_fits(
    request: Request,
    passed: list[Exclusion],
    first: _Impossible | None,
    facts: list[Exclusion],
) -> NoSolution:
    tried = [e for e in passed if e.rule is Rule.RELEASE_LACKS]
    causes = []
    for key in sorted({fact.key for fact in facts}, key=str):
        of_key = [fact for fact in facts if fact.key == key]
        causes.append(f"{key.name}, as asked for: {summary(of_key)}")
    # What stands against the newest release tells the most where nothing fits the request.
    causes += first.causes if first and (not facts or len(tried) == 1) else []
    if len(tried) > 1:
        causes.append(
            f"{len(tried)} releases were tried, {tried[-1].version} to {tried[0].version}"
        )
    return NoSolution(
        f"no SDK release satisfies the requirements for {request.target.label}",
        causes,
        hint="neuron-pin explain NAME shows every version and why it is put aside",
    )


def _resolution(request: Request, attempt: _Attempt, passed: list[Exclusion]) -> Resolution:
    context, selection = attempt.context, attempt.selection
    catalog = context.catalog
    packages = []
    used_release = False
    for identifier, chosen in attempt.mapping.items():
        if identifier.startswith(BOND) or identifier == SDK_IDENTIFIER or chosen.extras:
            used_release = used_release or identifier == SDK_IDENTIFIER
            continue
        packages.append(_locked(request, attempt, identifier, chosen))
    packages.sort(key=lambda package: str(package.key))
    chosen_versions = {package.key: package.version for package in packages}
    exclusions = []
    if used_release and context.release is not None:
        chosen_sdk = sdk_key(context.release.sdk)
        exclusions = [e for e in passed if sdk_key(e.version) > chosen_sdk]
    whole = all(r.name == SDK_NAME for r in request.requirements)
    seen: set[tuple[PackageKey, str]] = set()
    for key, rejected in attempt.provider.rejected.items():
        for version, exclusion in rejected.items():
            if key in chosen_versions and (
                version != chosen_versions[key] or exclusion.rule is Rule.UNTRUSTED_INDEX
            ):
                exclusions.append(exclusion)
                seen.add((key, version))
    if selection is not None and used_release:
        for key, found in selection.exclusions.items():
            if not whole and key not in chosen_versions:
                continue
            for candidate, exclusion in found:
                fresh = (key, candidate.version) not in seen
                if fresh and candidate.version != chosen_versions.get(key):
                    exclusions.append(exclusion)
        if whole:
            exclusions += _not_chosen(selection, chosen_versions)
    warnings = _warnings(request, attempt, packages, catalog, whole)
    return Resolution(
        sdk=context.release.sdk if used_release and context.release else "",
        target=request.target,
        packages=tuple(packages),
        exclusions=sorted_exclusions(exclusions),
        warnings=tuple(warnings),
    )


def _not_chosen(selection: Selection, chosen: Mapping[PackageKey, str]) -> list[Exclusion]:
    """Alternatives of one name that the release offers and the graph did not take."""
    found = []
    for key, candidates in selection.offered.items():
        for candidate in candidates:
            if key in chosen and candidate.version != chosen[key]:
                found.append(
                    Exclusion(
                        key,
                        candidate.version,
                        Rule.FRAMEWORK_COHERENCE,
                        f"the release has {chosen[key]} for what else is in the lock",
                        f"release {selection.release.sdk}",
                    )
                )
    return found


def _locked(request: Request, attempt: _Attempt, identifier: str, chosen: Chosen) -> LockedPackage:
    candidate, context = chosen.candidate, attempt.context
    package = context.catalog.packages.get(candidate.key.name)
    is_neuron = package is not None and (
        candidate.member is not None or package.kind is not ComponentKind.DEPENDENCY
    )
    if candidate.member is not None:
        parsed = parse_version(candidate.member.version)
        pin = derive_pin(parsed, request.strength)
    else:
        pin = Pin(candidate.version, Reach.UPSTREAM)
    phase = phase_of(candidate, context).phase if package is not None else Phase.STABLE
    if candidate.prerelease and phase is Phase.STABLE:
        phase = Phase.BETA
    return LockedPackage(
        key=candidate.key,
        version=candidate.version,
        pin=pin,
        phase=phase,
        kind=package.kind if is_neuron and package is not None else None,
        sdk=context.release.sdk if candidate.member is not None and context.release else "",
        source=candidate.source,
        files=candidate.files,
        via=tuple(sorted(attempt.via.get(identifier, ()))),
    )


def _warnings(
    request: Request,
    attempt: _Attempt,
    packages: Sequence[LockedPackage],
    catalog: Catalog,
    whole: bool,
) -> list[str]:
    found = []
    context = attempt.context
    for package in packages:
        if package.phase not in (Phase.MAINTENANCE, Phase.EOS) and not (
            package.phase.is_prerelease and package.kind is not None
        ):
            continue
        chosen = attempt.mapping[str(package.key)]
        event = phase_of(chosen.candidate, context).event
        line = f"{package.key.name} {package.version}: {_PHASE_WORDS[package.phase]}"
        if event is not None:
            line += f" since {event.effective}"
            if event.replacement:
                line += f"; replaced by {event.replacement}"
            line += f" ({event.source})"
        found.append(line)
    for package in packages:
        found += attempt.provider.offers.warnings(package.key, package.version)
    target, selection = request.target, attempt.selection
    if whole and selection is not None:
        if target.instance is None:
            found.append("no --instance was given: components of every instance family are listed")
        if not any(package.key.ecosystem is Ecosystem.PIP for package in packages):
            listed = sorted(
                {
                    p
                    for m in catalog.members(selection.release.sdk)
                    for p in m.pythons
                    if target.family is None or target.family in m.instances
                },
                key=lambda p: int(p.partition(".")[2]),
            )
            found.append(
                f"release {selection.release.sdk} has no Python package for Python "
                f"{target.python}; it has them for {', '.join(listed)}"
            )
        if target.family is not None and not any(p.key.name == _DRIVER for p in packages):
            found += _driver_elsewhere(target, selection, catalog)
    return found


_DRIVER = "aws-neuronx-dkms"
_PHASE_WORDS = {
    Phase.ALPHA: "alpha, not for production",
    Phase.BETA: "beta, not for production",
    Phase.RC: "a release candidate",
    Phase.MAINTENANCE: "in maintenance",
    Phase.EOS: "out of support, at your own discretion",
}


def _driver_elsewhere(target: Target, selection: Selection, catalog: Catalog) -> list[str]:
    """Where a release has no driver for an instance family, the last one that had."""
    listed = [m for m in catalog.members(selection.release.sdk) if m.package == _DRIVER]
    if not listed or any(target.family in member.instances for member in listed):
        return []
    for release in catalog.releases:
        if not release.listed or release.date > target.as_of:
            continue
        for member in catalog.members(release.sdk):
            if member.package == _DRIVER and target.family in member.instances:
                line = (
                    f"release {selection.release.sdk} has no driver for {target.instance}; "
                    f"the last release with one is {release.sdk}: {_DRIVER} {member.version}"
                )
                correction = next(
                    (
                        c
                        for c in catalog.corrections
                        if c.subject == f"last driver for {target.family}"
                        and c.date <= target.as_of
                    ),
                    None,
                )
                if correction is not None:
                    line += f" ({correction.right}: {correction.source})"
                return [line]
    return []
