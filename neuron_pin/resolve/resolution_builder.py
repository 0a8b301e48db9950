"""A `Resolution` of a graph's solution: packages, exclusions, warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    FrameworkRole,
    sdk_key,
    version_numbers,
)
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.newness import Standing, judge_kernel
from neuron_pin.catalog.support import find_supported_pythons, find_target_parts
from neuron_pin.errors import SourceFailed
from neuron_pin.inputs import SDK_NAME
from neuron_pin.policy import (
    Ecosystem,
    PackageKey,
    Phase,
    Pin,
    PinComparison,
    Rule,
    derive_pin,
)
from neuron_pin.sources.candidate import Candidate, File
from neuron_pin.target import Scope, Target

from .backends import derive_member_pin, describe_changes
from .candidate_selection import ReleaseCandidates
from .exclusion import Exclusion
from .graph import COMPATIBILITY, SDK_IDENTIFIER, ResolvedNode
from .release_solve import ReleaseSolution
from .request import Request
from .resolution import LockedPackage, Resolution, sorted_exclusions
from .rules import Context, is_beyond, phase_of


def make_resolution(
    request: Request, attempt: ReleaseSolution, passed: Iterable[Exclusion]
) -> Resolution:
    """The answer; ``passed`` are the releases that were rejected on the way."""
    context, selection = attempt.context, attempt.selection
    catalog = context.catalog
    packages = []
    used_release = False
    for identifier, chosen in attempt.mapping.items():
        if identifier.startswith(COMPATIBILITY) or identifier == SDK_IDENTIFIER or chosen.extras:
            used_release = used_release or identifier == SDK_IDENTIFIER
            continue
        packages.append(_lock_packages(request, attempt, identifier, chosen))
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
    for chosen in attempt.mapping.values():
        if attempt.provider.offers.names_revision(chosen.candidate):
            # They stand behind the chosen one, where the graph did not look.
            offered = attempt.provider.offers.candidates(chosen.candidate.key)
            others = [e for _, e in offered if e is not None and (e.key, e.version) not in seen]
            exclusions += [e for e in others if e.rule is Rule.OLDER_REVISION]
    if selection is not None and used_release:
        for key in selection.exclusions if whole else chosen_versions:
            for candidate, exclusion in selection.excluded_of(key):
                fresh = (key, candidate.version) not in seen
                if fresh and candidate.version != chosen_versions.get(key):
                    exclusions.append(exclusion)
        if whole:
            exclusions += _not_chosen(selection, chosen_versions, context)
    warnings = _warnings(request, attempt, packages, catalog, whole)
    return Resolution(
        sdk=context.release.sdk if used_release and context.release else None,
        target=request.target,
        packages=tuple(packages),
        exclusions=sorted_exclusions(exclusions),
        warnings=tuple(warnings),
    )


def _not_chosen(
    selection: ReleaseCandidates, chosen: Mapping[PackageKey, str], context: Context
) -> list[Exclusion]:
    """Alternatives of one name that the release offers and the graph did not take.  An inferred
    release also has what its newer versions follow, which is no alternative."""
    found = []
    for key, candidates in selection.offered.items():
        package = context.catalog.packages[key.name]
        if context.catalog.beyond and package.role is FrameworkRole.NONE:
            continue
        for candidate in candidates:
            if key in chosen and candidate.version != chosen[key]:
                found.append(
                    Exclusion(
                        key,
                        candidate.version,
                        Rule.FRAMEWORK_COHERENCE,
                        f"the lock has {chosen[key]}, which fits its other packages",
                        f"release {selection.release.sdk}",
                    )
                )
    return found


def _lock_packages(
    request: Request, attempt: ReleaseSolution, identifier: str, chosen: ResolvedNode
) -> LockedPackage:
    candidate, context = chosen.candidate, attempt.context
    package = context.catalog.packages.get(candidate.key.name)
    is_neuron = package is not None and (
        candidate.member is not None or package.kind is not ComponentKind.DEPENDENCY
    )
    if candidate.member is not None and package is not None:
        parsed, pin = derive_member_pin(candidate, package, request.strength)
        if candidate.key.ecosystem.is_system:
            from .held_range import hold_to_target

            pin = hold_to_target(pin, parsed, candidate, context)
        if pin.is_exact and attempt.provider.offers.names_revision(candidate):
            pin = Pin(candidate.version, PinComparison.FULL)
    elif candidate.key.ecosystem.is_system:
        # No release speaks of it: what was chosen of the repository, with epoch and revision.
        pin = Pin(candidate.version, PinComparison.FULL)
    else:
        pin = Pin(candidate.version, PinComparison.UPSTREAM)
    phase = phase_of(candidate, context).phase if package is not None else Phase.STABLE
    if candidate.prerelease and phase is Phase.STABLE:
        phase = Phase.BETA
    return LockedPackage(
        key=candidate.key,
        version=candidate.version,
        pin=pin,
        phase=phase,
        kind=package.kind if is_neuron and package is not None else None,
        sdk=_sdk_of(candidate, context),
        source=candidate.source,
        files=_files(request, attempt, candidate),
        via=tuple(sorted(attempt.via.get(identifier, ()))),
        is_known=not is_beyond(candidate, context),
    )


def _sdk_of(candidate: Candidate, context: Context) -> str | None:
    if candidate.member is None or context.release is None:
        return None
    return candidate.release or context.release.sdk


def _files(request: Request, attempt: ReleaseSolution, candidate: Candidate) -> tuple[File, ...]:
    """A candidate's files: those that the hashes in the requirements admit.

    Raises `SourceFailed` if there are some, and none of the files has one of them.
    """
    if not request.all_files:
        return candidate.files
    files = attempt.provider.offers.files(candidate)
    name = candidate.key.name
    stating = [r for r in (*request.requirements, *request.constraints) if r.name == name]
    allowed = {digest for requirement in stating for digest in requirement.hashes}
    if not allowed:
        return files
    kept = tuple(f for f in files if any(f"{kind}:{value}" in allowed for kind, value in f.hashes))
    if not kept:
        origin = next(r.origin for r in stating if r.hashes)
        raise SourceFailed(
            files[0].url if files else candidate.source or name,
            f"no file of {name} {candidate.version} has a hash that {origin} states",
            hint="" if files else "lock against indexes: without --offline, or with --index-url",
        )
    return kept


def _warnings(
    request: Request,
    attempt: ReleaseSolution,
    packages: Sequence[LockedPackage],
    catalog: Catalog,
    whole: bool,
) -> list[str]:
    found = []
    context = attempt.context
    release = context.release
    if release is not None and not release.is_final and any(package.sdk for package in packages):
        found.append(f"Neuron SDK {release.sdk} is {_PHASE_WORDS[release.phase]}")
    if request.sdk is None and release is not None and any(package.sdk for package in packages):
        from neuron_pin.catalog.known_in_part import describe_newer_releases

        newest = catalog.newest_release(request.target.as_of)
        newer = describe_newer_releases(catalog, request.target.as_of)
        found += [newer] if newer and newest is not None and newest.sdk == release.sdk else []
    for package in packages:
        if package.phase not in (Phase.MAINTENANCE, Phase.EOS) and not (
            package.phase.is_prerelease and package.kind is not None
        ):
            continue
        chosen = attempt.mapping[str(package.key)]
        fact = phase_of(chosen.candidate, context)
        event = fact.event
        verb = "is" if event is None else "has been"
        line = f"{package.key.name} {package.version} {verb} {_PHASE_WORDS[package.phase]}"
        if event is not None:
            line += f" since {event.effective}"
        line += _PHASE_ADVICE.get(package.phase, "")
        if event is not None:
            from neuron_pin.catalog.successors import find_advice

            instead = find_advice(catalog, event, request.target.as_of, request.target.family)
            if instead:
                line += f"; replaced by {instead}"
            line += f" ({event.source})"
        if package.phase is Phase.EOS and fact.early is not None:
            line += f"; it never left {fact.early.label}"
        found.append(line)
    chosen_versions = {package.key.name: package.version for package in packages}
    found += describe_changes(
        request.requirements, request.preferred.versions, chosen_versions, catalog
    )
    for package in packages:
        if package.kind is not None and package.sdk:
            from .lost_frameworks import describe_departure

            gone = describe_departure(catalog, package.key.name, request.target)
            found += [gone] if gone else []
    for package in packages:
        found += attempt.provider.offers.warnings(package.key, package.version)
        found += _held_narrower(request, attempt, package)
    if any(package.kind is None for package in packages):
        # Imported here: few locks have a package that is not in the catalog.
        from .unknown_packages import describe_unknown_packages

        found += describe_unknown_packages(packages, catalog)
    target, selection = request.target, attempt.selection
    if any(package.kind is not None for package in packages):
        from .newer_target import describe_newer_target

        found += describe_newer_target(target, catalog)
    driver = next((p for p in packages if p.key.name == DRIVER), None)
    if driver is not None:
        found += _untested_kernel(target, driver, catalog)
        found += _driver_alone(target, driver, catalog)
    if whole and selection is not None:
        # Imported here: most locks are of what was named.
        from .environments import describe_other_environments
        from .left_out import describe_left_out
        from .lost_frameworks import find_lost_frameworks

        if target.instance is None:
            found.append("no --instance was given: the lock has components of every family")
        is_for_python = target.scope is not Scope.HOST
        if is_for_python:
            for lost in find_lost_frameworks(catalog, selection.release, target):
                found.append(lost.describe(selection.release.sdk, target.instance or ""))
            taken = [attempt.mapping[str(package.key)].candidate for package in packages]
            found += describe_other_environments(context, selection, taken)
        found += describe_left_out(selection)
        if is_for_python and not any(p.key.ecosystem is Ecosystem.PIP for p in packages):
            listed = sorted(
                {
                    p
                    for m in catalog.members(selection.release.sdk)
                    for p in m.pythons
                    if m.is_for(target.family)
                },
                key=lambda p: int(p.partition(".")[2]),
            )
            whose = f" for {target.family}" if target.family else ""
            line = (
                f"SDK {selection.release.sdk} has no Python packages{whose} on Python "
                f"{target.python}"
            )
            if target.python not in listed:
                line += f"; it has them on {', '.join(listed)}"
            if listed and not set(listed) & {*find_supported_pythons(catalog, target.as_of)}:
                line += f", all out of support: --python {listed[-1]} --phase eos locks them"
            found.append(line)
        if driver is not None and driver.sdk != selection.release.sdk:
            found.append(_older_driver(target, driver, selection, catalog))
    return found


def _held_narrower(request: Request, attempt: ReleaseSolution, package: LockedPackage) -> list[str]:
    """That a pin is narrower than what was asked for, and the version that it keeps out."""
    candidate = attempt.mapping[str(package.key)].candidate
    if candidate.member is None or not package.key.ecosystem.is_system:
        return []
    parsed = attempt.context.catalog.packages[package.key.name].parse(candidate.member.version)
    asked = derive_pin(parsed, request.strength)
    if package.pin == asked:
        return []
    from .held_range import find_excluded

    kept_out = find_excluded(asked, candidate, attempt.context)
    if kept_out is None:
        return []
    return [
        f"{package.key.name} is pinned to {package.pin}: {asked} admits {kept_out.version}, which "
        f"is excluded ({kept_out.rule.identifier}: {kept_out.reason})"
    ]


_PHASE_WORDS = {
    Phase.ALPHA: "in alpha",
    Phase.BETA: "in beta",
    Phase.RC: "a release candidate",
    Phase.MAINTENANCE: "in maintenance",
    Phase.EOS: "out of support",
}

_PHASE_ADVICE = {
    Phase.ALPHA: ", not for production",
    Phase.BETA: ", not for production",
    Phase.EOS: ", to be used at your own discretion",
}
"""What the policy says of using it, after the day since which it is so."""


def _driver_alone(target: Target, driver: LockedPackage, catalog: Catalog) -> list[str]:
    """On a system where the driver goes on beyond the end of the other packages: what that means,
    and the least kernel, if nobody said which one runs."""
    system = target.os
    if system is None or DRIVER not in system.excepted:
        return []
    ended = [
        p
        for p in find_target_parts(
            catalog, python=None, system=system, instance=None, as_of=target.as_of
        )
        if p.phase is Phase.EOS
    ]
    found = [
        f"on {system.name} only {', '.join(sorted(system.excepted))} is supported since "
        f"{part.event.effective}: what uses it runs in containers of another system "
        f"({part.event.source})"
        for part in ended
        if part.event is not None
    ]
    for floor in catalog.kernel_floors:
        applies = (floor.package, floor.os) == (DRIVER, system.name)
        if applies and floor.versions.contains(driver.version) and not target.kernel:
            found.append(
                f"{DRIVER} {driver.version} needs kernel {floor.kernel} or newer on {system.name}; "
                f"--with-kernel names the one that runs ({floor.source})"
            )
    return found


def _untested_kernel(target: Target, driver: LockedPackage, catalog: Catalog) -> list[str]:
    """That the driver's release was not tested on the host's kernel, or not on its system."""
    if not target.kernel or target.os is None or target.os.is_newer:
        return []
    if judge_kernel(catalog, target.kernel, target.os) is Standing.NEWER:
        # NP510 says so.
        return []
    minor = (driver.sdk or "").rpartition(".")[0]
    rows = [
        row
        for row in catalog.tested
        # A patch release was tested on what its minor was.
        if row.package == DRIVER and row.sdk.rpartition(".")[0] == minor
    ]
    name = f"{DRIVER} {driver.version} of SDK {driver.sdk}"
    here = [row for row in rows if row.os == target.os.name]
    if not here:
        return [f"{name} was not tested on {target.os.name} ({rows[0].source})"] if rows else []
    from neuron_pin.catalog.windows import parse_kernel_series

    kernels = here[0].kernels
    if parse_kernel_series(target.kernel) in [version_numbers(kernel) for kernel in kernels]:
        return []
    return [
        f"{name} was tested on {target.os.name} with kernel {', '.join(kernels)}; the host runs "
        f"{target.kernel} ({here[0].source})"
    ]


def _older_driver(
    target: Target, driver: LockedPackage, selection: ReleaseCandidates, catalog: Catalog
) -> str:
    """That the lock's driver is the last one for the instance family, and who says so."""
    line = (
        f"SDK {selection.release.sdk} has no driver for {target.instance}: the last one is "
        f"{DRIVER} {driver.version} of SDK {driver.sdk}"
    )
    subject = f"last driver for {target.family}"
    for correction in catalog.corrections:
        if correction.subject == subject and correction.date <= target.as_of:
            line += f" ({correction.right}: {correction.source})"
    return line
