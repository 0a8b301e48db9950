"""From a request to a `Resolution`: releases are tried newest first, each in one graph."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from neuron_pin.catalog import INFERRED, Catalog, ComponentKind, Release, sdk_key
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.newness import is_range_newer
from neuron_pin.errors import NoSolution, UnknownName
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.policy.version import version_order
from neuron_pin.reporter import SILENT, Reporter

from .exclusion import Exclusion
from .release_solve import (
    OffersFor,
    ReleaseSolution,
    ReleaseUnsatisfiable,
    name_all_builds,
    solve_release,
)
from .request import NewerThanFacts, Request
from .resolution import Resolution
from .rules import is_beyond
from .support import refuse_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .beyond import Beyond


def resolve(
    request: Request,
    catalog: Catalog,
    offers_for: OffersFor,
    reporter: Reporter = SILENT,
    beyond: Beyond | None = None,
) -> Resolution:
    """The newest release that satisfies everything, and the closure in it.

    ``beyond`` is what the sources have beyond the newest known release, none where none is asked;
    where it may be taken, the release inferred of it comes first.
    Raises `NoSolution` with the facts that speak against each release tried, `UnknownName`
    for a release that there is not.  Cost: one graph a release tried; sources are read as
    the graph asks.
    """
    releases_first = request.preferred.sdk
    whole = all(r.name == SDK_NAME for r in request.requirements)
    involved = whole or any(_is_neuron(catalog, r) for r in request.requirements)
    if involved:
        refuse_target(request, catalog)
    passed: list[Exclusion] = []
    unlisted: list[Release] = []
    releases = list_releases(request, catalog, passed, unlisted)

    def answer(attempt: ReleaseSolution) -> Resolution:
        # Generated, since what is told of unlisted releases is rarely read.
        reasons = (_exclude_unlisted(release, catalog) for release in unlisted)
        return _answer(request, attempt, passed, reasons, beyond)

    # A lock that stands is changed only where it must be: its release is tried first.
    releases.sort(key=lambda release: release.sdk != releases_first)
    if whole:
        _refuse_unlisted_family(request, catalog, releases)
    inferred = beyond.infer() if beyond is not None else None
    if beyond is not None and inferred is not None:
        reporter.trying(inferred.release.sdk)
        try:
            attempt = solve_release(request, inferred.catalog, inferred.release, offers_for, whole)
        except ReleaseUnsatisfiable as impossible:
            passed.append(_make_exclusion(inferred.release, impossible))
            if beyond.is_needed():
                tried, facts = [inferred.release], list(impossible.facts)
                from .failure import make_failure

                raise make_failure(request, catalog, tried, impossible, facts, beyond) from None
        else:
            # What has nothing newer in it is of a known release.
            if _has_newer(attempt) and (involved or _roots(attempt) == attempt.ideal):
                return answer(attempt)
    if not involved:
        found = _resolve_third_party(request, catalog, releases, offers_for, passed, reporter)
        if found is not None:
            return answer(found)
    first: ReleaseUnsatisfiable | None = None
    tried = []
    by_version: dict[tuple[PackageKey, str], Exclusion] = {}
    for release in releases:
        reporter.trying(release.sdk)
        try:
            attempt = solve_release(request, catalog, release, offers_for, whole)
        except ReleaseUnsatisfiable as impossible:
            first = first or impossible
            tried.append(release)
            for fact in impossible.facts:
                by_version.setdefault((fact.key, fact.version), fact)
            passed.append(_make_exclusion(release, impossible))
        else:
            return answer(attempt)
    from .failure import make_failure

    raise make_failure(request, catalog, tried, first, list(by_version.values()), beyond)


def _answer(
    request: Request,
    attempt: ReleaseSolution,
    passed: list[Exclusion],
    unlisted: Iterator[Exclusion],
    beyond: Beyond | None,
) -> Resolution:
    # Whether something can be locked is asked more often than what the lock is.
    from .resolution_builder import make_resolution

    found = make_resolution(request, attempt, itertools.chain(passed, unlisted))
    told = [*_tell_given_up(request, found, passed, beyond)]
    told += beyond.describe_newer(found) if beyond is not None else []
    return found._replace(warnings=(*found.warnings, *told)) if told else found


def _tell_given_up(
    request: Request, found: Resolution, passed: list[Exclusion], beyond: Beyond | None
) -> Iterator[str]:
    """That the newest release which was to be taken does not go together, and why: of a lock of
    everything, and of newer versions that may compete.  Whoever asks for a package by name knows
    what an older release is for."""
    is_whole = all(requirement.name == SDK_NAME for requirement in request.requirements)
    competes = beyond is not None and beyond.mode is NewerThanFacts.ALLOW
    for exclusion in passed:
        sdk = exclusion.version
        is_tried = exclusion.source == f"release {sdk}" and exclusion.rule is Rule.RELEASE_LACKS
        if not is_tried or not (is_whole or (competes and sdk.endswith(INFERRED))):
            continue
        known = found.sdk.removesuffix(INFERRED) if found.sdk else ""
        if known and sdk_key(sdk.removesuffix(INFERRED)) >= sdk_key(known):
            yield (
                f"SDK {sdk} does not go together for {request.target.label} "
                f"({Rule.RELEASE_LACKS.identifier}): {exclusion.reason}"
            )
            return


def _has_newer(attempt: ReleaseSolution) -> bool:
    """Whether something was chosen that no known release ships."""
    return any(is_beyond(node.candidate, attempt.context) for node in attempt.mapping.values())


def _roots(attempt: ReleaseSolution) -> tuple[tuple[int, ...], ...]:
    """The versions of what was asked for."""
    return tuple(
        version_order(attempt.mapping[need.identifier].candidate.version) for need in attempt.roots
    )


def _resolve_third_party(
    request: Request,
    catalog: Catalog,
    releases: list[Release],
    offers_for: OffersFor,
    passed: list[Exclusion],
    reporter: Reporter,
) -> ReleaseSolution | None:
    """A closure in which nothing of Neuron's was asked for by name.

    Where the graph never comes to Neuron's packages no release plays a part.  Where it
    does, what was asked for is not taken in an older version for the sake of a newer
    release: the newest release that allows the best of it wins.  None if every release
    has to be tried the usual way.
    """
    best: tuple[tuple[tuple[int, ...], ...], ReleaseSolution] | None = None
    for number, release in enumerate(releases or [None]):
        if release is not None:
            reporter.trying(release.sdk)
        try:
            attempt = solve_release(request, catalog, release, offers_for, False)
        except ReleaseUnsatisfiable as impossible:
            is_only = len(releases) < 2
            if not impossible.touches_neuron or is_only:
                raise name_all_builds(impossible, is_only=is_only).as_error(request) from None
            continue
        versions = _roots(attempt)
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
        "what was asked for is older there, or is not available",
        f"release {release.sdk}",
    )


def _is_neuron(catalog: Catalog, requirement: Requirement) -> bool:
    if requirement.name == SDK_NAME:
        return True
    package = catalog.packages.get(requirement.name)
    return package is not None and package.kind is not ComponentKind.DEPENDENCY


def list_releases(
    request: Request, catalog: Catalog, passed: list[Exclusion], unlisted: list[Release]
) -> list[Release]:
    """The releases that may be tried, newest first; why not the newer ones in ``passed``, and
    those of which no manifest lists what they ship in ``unlisted``.  Raises `NoSolution` or
    `UnknownName` where the request names releases and none of them may."""
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
            # That a release came later which no lock takes is news to those who name it alone.
            if refusal is None and (wanted or not release.in_part):
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
            unlisted.append(release)
        elif not _allows(request, release, wanted):
            reason = f"its version says {release.phase.label}"
            passed.append(Exclusion(key, release.sdk, Rule.PRE_RELEASE, reason, "version"))
        elif (clash := _driver_clash(release, request, catalog)) is not None:
            passed.append(clash)
        else:
            found.append(release)
    if not found and (wanted or request.target.driver):
        # They are named in the order of the releases.
        passed += [_exclude_unlisted(release, catalog) for release in unlisted]
        passed.sort(key=lambda exclusion: sdk_key(exclusion.version), reverse=True)
        in_part = [e for e in passed if e.rule is Rule.KNOWN_IN_PART]
        if in_part:
            from neuron_pin.catalog.known_in_part import describe_completion

            raise NoSolution(
                f"SDK {in_part[0].version} cannot be locked: it is known in part "
                f"({Rule.KNOWN_IN_PART.identifier})",
                [f"neuron-sdk {e.version}: {e.reason} [{e.source}]" for e in in_part],
                hint=describe_completion(catalog),
            )
        if passed:
            raise NoSolution(
                f"no SDK release for {wanted[0].text if wanted else request.target.label}",
                [f"neuron-sdk {e.version}: {e.reason}" for e in passed],
                hint="choose another release with --sdk, or another day with --as-of",
            )
        alone = all(any(r.admits(known.sdk) for known in catalog.releases) for r in wanted)
        if len(wanted) > 1 and alone:
            raise NoSolution(
                "no SDK release matches all of " + ", ".join(r.text for r in wanted),
                [f"{r.text} (from {r.origin})" for r in wanted],
                hint="leave one of them out",
            )
        is_newer = is_range_newer(wanted[0].range, catalog.dates)
        raise UnknownName(
            "SDK release",
            wanted[0].range.removeprefix("=="),
            (),
            hint=catalog.describe_known_releases(is_newer=is_newer),
        )
    return found


def _exclude_unlisted(release: Release, catalog: Catalog) -> Exclusion:
    """Why a release cannot be locked that no manifest lists: it is newer, and known in part, or
    it never was in one."""
    key = PackageKey(Ecosystem.SDK, SDK_NAME)
    if release.in_part:
        from neuron_pin.catalog.known_in_part import describe_known_part

        reason = describe_known_part(catalog, release)
        return Exclusion(key, release.sdk, Rule.KNOWN_IN_PART, reason, release.source)
    reason = "the release manifest does not list what it ships"
    return Exclusion(key, release.sdk, Rule.RELEASE_LACKS, reason, "release manifest")


def _allows(request: Request, release: Release, wanted: Sequence[Requirement]) -> bool:
    """Whether a release is no pre-release, or one that was asked for: by its phase, or by name."""
    if release.is_final or release.phase in request.target.phases:
        return True
    return any(r.is_exact for r in wanted)


def _refuse_unlisted_family(request: Request, catalog: Catalog, releases: list[Release]) -> None:
    """Raise `NoSolution` where no release lists a package for the target's instance family:
    a lock of everything for it would be empty."""
    family, instance = request.target.family, request.target.instance
    if family is None or not releases:
        return
    if any(family in m.instances for r in releases for m in catalog.members(r.sdk)):
        return
    other = "" if instance == family else f", whose packages {instance} takes"
    newest = releases[0].sdk
    if len(releases) == 1:
        message, causes = f"release {newest} lists no package for {family}{other}", []
    else:
        message = f"no release lists a package for {family}{other}"
        oldest = min((release.sdk for release in releases), key=sdk_key)
        latest = max((release.sdk for release in releases), key=sdk_key)
        causes = [f"{len(releases)} releases were read, from {latest} back to {oldest}"]
    raise NoSolution(
        message,
        causes,
        hint="choose another --instance, another release with --sdk or a later day with --as-of",
    )


def _driver_clash(release: Release, request: Request, catalog: Catalog) -> Exclusion | None:
    """Why a release does not work on the driver that the host keeps, or none.

    The release's runtime library decides, whether or not it is part of the lock: what runs in
    it, and the containers beside it, talk to that driver.
    """
    driver, family = request.target.driver, request.target.family
    if not driver:
        return None
    for member in catalog.members(release.sdk):
        if not member.is_for(family):
            continue
        for one, its, other, other_version in (
            (member.package, member.version, DRIVER, driver),
            (DRIVER, driver, member.package, member.version),
        ):
            package = catalog.packages.get(one)
            for window in package.windows if package is not None else ():
                if window.other != other or not window.applies_to(its, family):
                    continue
                if not window.range.contains(other_version):
                    reason = f"{one} {its} does not work with {other} {other_version}"
                    key = PackageKey(Ecosystem.SDK, SDK_NAME)
                    return Exclusion(key, release.sdk, Rule.DRIVER_WINDOW, reason, window.source)
    return None


def _make_exclusion(release: Release, impossible: ReleaseUnsatisfiable) -> Exclusion:
    return Exclusion(
        PackageKey(Ecosystem.SDK, SDK_NAME),
        release.sdk,
        Rule.RELEASE_LACKS,
        # Needs that do not meet are no reason one by one.
        "; ".join(impossible.causes[: 1 if impossible.facts else 2]) or "no solution",
        f"release {release.sdk}",
    )
