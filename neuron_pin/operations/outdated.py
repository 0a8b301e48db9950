"""What is newer than what a lock, an environment or a machine has, and what of it ends when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from neuron_pin.catalog import Catalog, Release, public_version, sdk_key
from neuron_pin.catalog.changes import read_contents
from neuron_pin.catalog.known_in_part import list_newer_in_part
from neuron_pin.catalog.successors import find_successor
from neuron_pin.catalog.support import Part, find_target_parts, package_part
from neuron_pin.errors import NoSolution, WrongUsage
from neuron_pin.inputs import parse_requirement
from neuron_pin.inputs.state import State, read_state
from neuron_pin.policy import Ecosystem, PackageKey, Phase
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import NO_PREFERENCES
from neuron_pin.resolve.explain import explain
from neuron_pin.resolve.rules import Context
from neuron_pin.target import Target

from .lock_request import LockRequest, lock_request
from .place_target import fill_in_place


class Ending(NamedTuple):
    """The end of support of a package or of a part of the target.

    ``day`` is the announced one, `None` where none was announced by the day of the facts; then
    it is not before the day after ``guaranteed_until``.  ``source`` is the announcement.
    """

    phase: Phase
    day: date | None
    guaranteed_until: date
    source: str | None

    @property
    def is_over(self) -> bool:
        """Whether it is out of support."""
        return self.phase is Phase.EOS


class PackageAge(NamedTuple):
    """One Neuron package that is locked or installed.

    ``sdk`` is the newest release that ships the current version, `None` for a version that no
    release is known to have shipped.  ``newest`` is the newest version that the policy allows
    on the target, of release ``newest_sdk``; ``together`` the one that goes with the newest of
    all others, as a new lock would choose them; each `None` where there is none.  ``last_sdk``
    is the last release that ships the package at all, `None` if the newest does.
    """

    key: PackageKey
    current: str
    sdk: str | None
    newest: str | None
    newest_sdk: str | None
    together: str | None
    ending: Ending
    last_sdk: str | None
    replaced_by: str | None

    @property
    def is_outdated(self) -> bool:
        """Whether a newer version may be installed."""
        return self.newest is not None and _is_newer(self.newest, self.current)

    @property
    def can_be_upgraded(self) -> bool:
        """Whether a new lock of the same packages takes a newer version."""
        return self.together is not None and _is_newer(self.together, self.current)


class Outdated(NamedTuple):
    """What is newer than a state.

    ``sdk`` is the release that most of it is of, `None` where that cannot be told.
    ``together_sdk`` is the release that a new lock of the same packages takes, `None` where
    they go together in none; ``problem`` says why.  ``other_pythons`` are the Pythons that the
    newest release has packages for where it has none for the target's, lowest first.
    ``target_parts`` are Python, operating system and instance family with their ends; ``others``
    counts packages that are not Neuron's, which nothing is known of.
    """

    label: str
    target: Target
    sdk: str | None
    newest_sdk: str
    newest_date: date
    facts_until: date
    packages: tuple[PackageAge, ...]
    target_parts: tuple[tuple[str, Ending], ...]
    together_sdk: str | None
    problem: str
    others: int
    other_pythons: tuple[str, ...] = ()
    newer_in_part: tuple[Release, ...] = ()

    @property
    def held_back_by(self) -> tuple[str, ...]:
        """The packages for which a new lock cannot take a later release: none has them."""
        release = self.together_sdk
        if release is None:
            return ()
        return tuple(
            age.key.name
            for age in self.packages
            if age.last_sdk is not None and sdk_key(age.last_sdk) <= sdk_key(release)
        )

    @property
    def is_current(self) -> bool:
        """Whether a new lock of the same packages takes nothing newer, and nothing is out of
        support; where no such lock is possible, whether nothing is newer at all.  Without a
        Neuron package there is nothing to say."""
        if not self.packages:
            return True
        endings = [age.ending for age in self.packages] + [e for _, e in self.target_parts]
        if self.together_sdk is None:
            newer = any(age.is_outdated for age in self.packages)
        else:
            newer = any(age.can_be_upgraded for age in self.packages)
        return not newer and not any(ending.is_over for ending in endings)


def find_outdated(request: LockRequest, place: str, root: str = "/") -> Outdated:
    """Compare a state with the known releases; reads no network.

    ``place`` is a lock, a constraints file, an environment's folder, or ``host`` for the
    machine below ``root``.  What the request's target leaves open is taken from there: a
    lock's own target, an environment's Python, the machine.  Raises `UnreadableInput` or
    `WrongUsage` for a place that is none of these.
    """
    catalog = request.catalog
    state = read_state(place, catalog, None, root)
    options = fill_in_place(request.target_options, catalog, place, root)
    request = request._replace(target_options=options, target=options.make(catalog))
    target = request.target
    own = {key: versions[0] for key, versions in state.versions.items() if _is_own(catalog, key)}
    newest = catalog.newest_release(target.as_of)
    if newest is None:
        raise WrongUsage(f"no release is known of {target.as_of} or earlier")
    together, together_sdk, problem = _lock_together(request, own)
    packages = [
        _find_age(catalog, target, key, version, newest.sdk, together.get(key))
        for key, version in own.items()
    ]
    parts = find_target_parts(
        catalog,
        python=target.python if request.target_options.python else None,
        system=target.os,
        instance=target.family,
        as_of=target.as_of,
    )
    return Outdated(
        label=state.label,
        target=target,
        sdk=state.sdk or _most_common(age.sdk for age in packages),
        newest_sdk=newest.sdk,
        newest_date=newest.date,
        facts_until=catalog.announced,
        packages=tuple(packages),
        target_parts=tuple((part.subject.label, _ending(part)) for part in parts),
        together_sdk=together_sdk,
        problem=problem,
        others=_count_others(state, own),
        other_pythons=_find_other_pythons(request, newest.sdk, own),
        newer_in_part=list_newer_in_part(catalog, target.as_of),
    )


def _is_own(catalog: Catalog, key: PackageKey) -> bool:
    package = catalog.packages.get(key.name)
    return package is not None and package.kind.is_component


def _count_others(state: State, own: Iterable[PackageKey]) -> int:
    return len(set(state.versions) - set(own))


def _find_other_pythons(
    request: LockRequest, newest_sdk: str, own: Iterable[PackageKey]
) -> tuple[str, ...]:
    """The Pythons of the newest release, empty where the target's is one of them, where none was
    named, and where no package depends on it."""
    target = request.target
    if not request.target_options.python or all(key.ecosystem is not Ecosystem.PIP for key in own):
        return ()
    pythons = read_contents(request.catalog, newest_sdk, target.family).pythons
    return () if target.python in pythons else tuple(sorted(pythons, key=sdk_key))


def _lock_together(
    request: LockRequest, own: Iterable[PackageKey]
) -> tuple[dict[PackageKey, str], str | None, str]:
    """What a new lock of these packages chooses, its release, and why there is none."""
    wanted = tuple(
        parse_requirement(f"{key.ecosystem.value}:{key.name}", "outdated") for key in own
    )
    if not wanted:
        return {}, None, ""
    asked = request.without_network()._replace(requirements=wanted, preferred=NO_PREFERENCES)
    try:
        found = lock_request(asked)
    except NoSolution as error:
        return {}, None, error.message
    return {package.key: package.version for package in found.packages}, found.sdk, ""


def _find_age(
    catalog: Catalog,
    target: Target,
    key: PackageKey,
    current: str,
    newest_sdk: str,
    together: str | None,
) -> PackageAge:
    requirement = parse_requirement(f"{key.ecosystem.value}:{key.name}", "outdated")
    verdicts = explain(requirement, Context(catalog, target), None)
    best = next((v for v in verdicts if not v.exclusions), None)
    mine = next((v for v in verdicts if v.version == public_version(current)), None)
    in_part = {release.sdk for release in catalog.releases if release.in_part}
    known = [
        release
        for verdict in verdicts
        for release in verdict.releases
        # That a release known in part is the last one that is known to ship it is no end.
        if catalog.dates[release] <= target.as_of and release not in in_part
    ]
    last = max(known, key=sdk_key, default=None)
    part = package_part(catalog, key.name, current, target.family, target.as_of)
    return PackageAge(
        key=key,
        current=current,
        sdk=_first_known(catalog, target, mine.releases) if mine is not None else None,
        newest=best.version if best is not None else None,
        newest_sdk=_first_known(catalog, target, best.releases) if best is not None else None,
        together=together,
        ending=_ending(part),
        last_sdk=last if last != newest_sdk else None,
        replaced_by=_find_replacement(catalog, key.name, target),
    )


def _first_known(catalog: Catalog, target: Target, releases: Sequence[str]) -> str | None:
    """The newest of some releases that was public on the target's day."""
    return next((r for r in releases if catalog.dates[r] <= target.as_of), None)


def _find_replacement(catalog: Catalog, name: str, target: Target) -> str | None:
    found = find_successor(catalog, name, target.as_of, target.family)
    return found.name if found is not None else None


def _ending(part: Part) -> Ending:
    floor = part.floor
    source = floor.event.source if floor.event is not None and floor.announced else None
    return Ending(part.phase, floor.announced, floor.guaranteed_until, source)


def _most_common(releases: Iterable[str | None]) -> str | None:
    """The release that most are of, the newest of several; `None` for none."""
    found = [release for release in releases if release is not None]
    return max(set(found), key=lambda r: (found.count(r), sdk_key(r)), default=None)


def _is_newer(version: str, current: str) -> bool:
    return version_order(version) > version_order(current)
