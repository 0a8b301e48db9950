"""What one release offers to one target: the policy's defaults among its alternatives.

Source: maintenance policy, "Neuron Extension Components Updates": the latest supported
framework version is the default, an earlier one must be asked for.  Beta is not supported, so
that the default is the newest version that is stable on the day; without one the newest in
maintenance, then the newest that has ended, then a pre-release.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neuron_pin.catalog import (
    Catalog,
    FrameworkRole,
    Member,
    Package,
    public_version,
    version_numbers,
)
from neuron_pin.catalog.names import DRIVER
from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.policy.version import version_order
from neuron_pin.sources.candidate import Candidate

from .candidate_selection import ReleaseCandidates
from .exclusion import Exclusion
from .rules import Context, first_exclusion, phase_of


def make_package_key(package: Package, system: Ecosystem) -> PackageKey:
    """The key of a package on a target whose system packages are of that ecosystem."""
    if package.systems and package.systems[0] is Ecosystem.PIP:
        return PackageKey(Ecosystem.PIP, package.name)
    return PackageKey(system, package.name)


def select_candidates(
    context: Context, asked: Sequence[Requirement], *, whole: bool = False
) -> ReleaseCandidates:
    """What the context's release offers to its target, given what was asked for.

    ``whole`` says that every component is wanted, so that of several packages that lead
    one framework only those at its latest version stay.
    """
    release = context.release
    assert release is not None
    catalog = context.catalog
    rows: dict[PackageKey, list[Member]] = {}
    for member in catalog.members(release.sdk):
        package = catalog.packages[member.package]
        rows.setdefault(make_package_key(package, context.target.system), []).append(member)
    demands = _by_name(asked)

    def judge(selection: ReleaseCandidates, key: PackageKey) -> None:
        found = [_candidate(key, member, catalog) for member in rows[key]]
        kept = _fits(context, selection, found, demands.get(key.name, ()))
        package = catalog.packages[key.name]
        if package.role is FrameworkRole.LEADER:
            asked_for = _framework_demands(catalog, package, demands)
            kept = _default_framework(context, selection, package, kept, asked_for)
        if kept:
            selection.offer(key, kept)

    selection = ReleaseCandidates(release, rows, judge)
    if whole:
        from .one_environment import leave_one_environment

        _one_framework_version(context, selection)
        for candidate, exclusion in leave_one_environment(context, selection.offered):
            selection.exclude(candidate, exclusion)
        _no_followers_alone(context, selection)
        _nothing_unneeded(context, selection)
        _last_driver(context, selection)
    for key in rows:
        kept = selection.offered_of(key) if whole or key.name in demands else ()
        if kept:
            backend = catalog.packages[key.name].find_backend(kept[0].version)
            for name in backend.from_index if backend is not None else ():
                assert backend is not None
                selection.frameworks[name] = backend
    return selection


def _last_driver(context: Context, selection: ReleaseCandidates) -> None:
    """The driver of an instance family that newer drivers have left: the last one that had it,
    of an earlier release."""
    catalog, target = context.catalog, context.target
    key = PackageKey(target.system, DRIVER)
    excluded = [exclusion for _, exclusion in selection.excluded_of(key)]
    if key in selection.offered or not any(e.rule is Rule.INSTANCE for e in excluded):
        return
    assert context.release is not None
    for release in catalog.releases:
        if not release.listed or release.date > context.release.date:
            continue
        drivers = [
            member
            for member in catalog.members(release.sdk)
            if member.package == DRIVER and target.family in member.instances
        ]
        # A patch of it may be of a later day than the lock.
        for member in sorted(drivers, key=lambda m: version_numbers(m.version), reverse=True):
            candidate = _candidate(key, member, catalog)._replace(release=release.sdk)
            exclusion = first_exclusion(candidate, context._replace(release=release))
            if exclusion is None:
                selection.offered[key] = [candidate]
                return
            selection.exclude(candidate, exclusion)
        if drivers:
            return


def _candidate(key: PackageKey, member: Member, catalog: Catalog) -> Candidate:
    index = catalog.repositories.of(key.ecosystem)
    if catalog.packages[member.package].public_from and "+" not in member.version:
        index = ""
    return Candidate(key, member.version, index, member)


def _fits(
    context: Context,
    selection: ReleaseCandidates,
    found: Iterable[Candidate],
    demands: Iterable[Requirement],
) -> list[Candidate]:
    kept: dict[str, Candidate] = {}
    excluded: list[tuple[Candidate, Exclusion]] = []
    demands = list(demands)
    exact = [demand for demand in demands if demand.is_exact]
    for candidate in found:
        exclusion = first_exclusion(candidate, context)
        if exclusion is not None and exclusion.can_be_asked_for:
            asking = exact
            if exclusion.rule is Rule.NEW_MAJOR:
                from .new_majors import names_major

                asking = [d for d in demands if d.is_exact or names_major(d, context.catalog)]
            if any(demand.admits(candidate.version) for demand in asking):
                exclusion = None
        if exclusion is None:
            kept.setdefault(candidate.version, candidate)
        else:
            excluded.append((candidate, exclusion))
    for_target = {c.version for c, exclusion in excluded if exclusion.rule is not Rule.INSTANCE}
    for candidate, exclusion in excluded:
        # A version listed twice, for other Pythons or instances, is out only if both are; what
        # excludes the row for the target is why.
        is_elsewhere = exclusion.rule is Rule.INSTANCE and candidate.version in for_target
        if candidate.version not in kept and not is_elsewhere:
            selection.exclude(candidate, exclusion)
    return sorted(kept.values(), key=lambda c: version_order(c.version), reverse=True)


def find_framework(candidate: Candidate, package: Package) -> str:
    """``X.Y`` of the framework that a candidate is built for, empty for none."""
    if package.role is FrameworkRole.NONE:
        return ""
    return ".".join(public_version(candidate.version).split(".")[:2])


def _framework_demands(
    catalog: Catalog, package: Package, demands: dict[str, list[Requirement]]
) -> list[tuple[Requirement, bool]]:
    """Requirements that speak of a package's framework: on itself, or on a follower (true)."""
    found = [(demand, False) for demand in demands.get(package.name, ())]
    for name in catalog.followers(package.framework):
        found += [(demand, True) for demand in demands.get(name, ())]
    return found


def _default_framework(
    context: Context,
    selection: ReleaseCandidates,
    package: Package,
    found: list[Candidate],
    demands: list[tuple[Requirement, bool]],
) -> list[Candidate]:
    """The candidates at the default framework version of what was not asked away from."""
    asked_for = [c for c in found if all(_accepts(c, *demand) for demand in demands)]
    if not asked_for:
        for candidate in found:
            selection.exclude(candidate, _not_required(candidate, demands))
        return []
    latest = package.framework_numbers(
        max(asked_for, key=lambda c: _default_order(c, package, context)).version
    )
    kept = []
    for candidate in found:
        if candidate not in asked_for:
            selection.exclude(candidate, _not_required(candidate, demands))
        elif package.framework_numbers(candidate.version) == latest:
            kept.append(candidate)
        else:
            reason = _not_default(context, package, candidate, latest, asked_for)
            selection.exclude(
                candidate,
                Exclusion(
                    candidate.key,
                    candidate.version,
                    Rule.FRAMEWORK_DEFAULT,
                    reason,
                    f"release {selection.release.sdk}",
                ),
            )
    return kept


def _default_order(
    candidate: Candidate, package: Package, context: Context
) -> tuple[int, tuple[int, ...]]:
    """What is greatest for the default: the phase, then the framework version."""
    framework = package.framework_numbers(candidate.version)
    return phase_of(candidate, context).default_rank, framework


def _not_default(
    context: Context,
    package: Package,
    candidate: Candidate,
    default: tuple[int, ...],
    found: Iterable[Candidate],
) -> str:
    """Why a candidate is not at the default framework version, and how to ask for it."""
    version = ".".join(str(number) for number in default)
    reason = f"the release defaults to {package.framework} {version}"
    if package.framework_numbers(candidate.version) > default:
        chosen = next(c for c in found if package.framework_numbers(c.version) == default)
        fact, its = phase_of(candidate, context), phase_of(chosen, context).phase
        reason += f", which is {its.label}: this is {(fact.early or fact.phase).label}"
    return f"{reason}; ask for {package.name}=={find_framework(candidate, package)}.*"


def _accepts(candidate: Candidate, demand: Requirement, of_follower: bool) -> bool:
    if not of_follower:
        return demand.admits(candidate.version)
    # torch==2.8.1 asks for the packages built for 2.8, whatever the patch.
    series = ".".join(candidate.version.split(".")[:2])
    return any(demand.admits(f"{series}.{patch}") for patch in range(12))


def _not_required(candidate: Candidate, demands: list[tuple[Requirement, bool]]) -> Exclusion:
    for demand, of_follower in demands:
        if not _accepts(candidate, demand, of_follower):
            break
    return Exclusion(
        candidate.key,
        candidate.version,
        Rule.REQUIREMENT,
        f"does not match the requirement {demand.text}",
        demand.origin,
    )


def _one_framework_version(context: Context, selection: ReleaseCandidates) -> None:
    """Leave each framework at one version: its leaders' default."""
    catalog = context.catalog
    best: dict[str, tuple[int, tuple[int, ...]]] = {}
    for key, candidates in selection.offered.items():
        package = catalog.packages[key.name]
        if package.role is FrameworkRole.LEADER:
            greatest = max(_default_order(c, package, context) for c in candidates)
            best[package.framework] = max(greatest, best.get(package.framework, greatest))
    latest = {framework: numbers[:2] for framework, (_, numbers) in best.items()}
    for key in list(selection.offered):
        package = catalog.packages[key.name]
        wanted = latest.get(package.framework) if package.role is not FrameworkRole.NONE else None
        if wanted is None:
            continue
        kept = []
        for candidate in selection.offered[key]:
            if version_numbers(candidate.version)[:2] == wanted:
                kept.append(candidate)
                continue
            version = ".".join(str(number) for number in wanted)
            selection.exclude(
                candidate,
                Exclusion(
                    candidate.key,
                    candidate.version,
                    Rule.FRAMEWORK_COHERENCE,
                    f"this lock has {package.framework} {version}",
                    f"release {selection.release.sdk}",
                ),
            )
        if kept:
            selection.offered[key] = kept
        else:
            del selection.offered[key]


def _no_followers_alone(context: Context, selection: ReleaseCandidates) -> None:
    """Exclude what only follows a framework, of frameworks that nothing leads for the target: it
    would be a part without its whole."""
    packages = context.catalog.packages
    led = {
        packages[key.name].framework
        for key in selection.offered
        if packages[key.name].role is FrameworkRole.LEADER
    }
    sdk = selection.release.sdk
    for key in list(selection.offered):
        package = packages[key.name]
        if package.role is not FrameworkRole.FOLLOWER or package.framework in led:
            continue
        reason = (
            f"{package.name} is a part of {package.title}, and this lock has no Neuron package "
        )
        reason += f"for {package.title}"
        for candidate in selection.offered.pop(key):
            exclusion = Exclusion(
                key, candidate.version, Rule.FRAMEWORK_COHERENCE, reason, f"release {sdk}"
            )
            selection.exclude(candidate, exclusion)


def _nothing_unneeded(context: Context, selection: ReleaseCandidates) -> None:
    """Exclude what releases list only because others cannot be installed without it, where the
    lock has none of these."""
    from neuron_pin.catalog.environments import list_required

    packages, family = context.catalog.packages, context.target.family
    users: dict[str, set[str]] = {}
    for package in context.catalog.packages_stating("windows"):
        for window in package.windows:
            if window.required:
                users.setdefault(window.other, set()).add(package.name)
    needed = {
        window.other
        for key, candidates in selection.offered.items()
        for candidate in candidates
        for window in list_required(packages.get(key.name), candidate.version, family)
    }
    for key in list(selection.offered):
        if key.name not in users or key.name in needed:
            continue
        others = " or ".join(sorted(users[key.name]))
        for candidate in selection.offered.pop(key):
            selection.exclude(
                candidate,
                Exclusion(
                    key,
                    candidate.version,
                    Rule.FRAMEWORK_COHERENCE,
                    f"needed by {others} alone, and the lock has no such package",
                    f"release {selection.release.sdk}",
                ),
            )


def _by_name(asked: Iterable[Requirement]) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for requirement in asked:
        found.setdefault(requirement.name, []).append(requirement)
    return found
