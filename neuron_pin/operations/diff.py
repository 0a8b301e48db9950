"""The differences between two states: per package the class of the change, phases, and what the
policy says of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from neuron_pin.catalog import (
    INFERRED,
    Catalog,
    FrameworkRole,
    Package,
    public_version,
    version_numbers,
)
from neuron_pin.catalog.backends import describe_move
from neuron_pin.catalog.changes import Changes, find_changes, gained_and_lost
from neuron_pin.catalog.known_in_part import describe_known_part, describe_newer_releases
from neuron_pin.catalog.newness import Standing, judge_version, label_phase, tell_newer_versions
from neuron_pin.catalog.successors import find_successor, list_successors
from neuron_pin.catalog.support import find_package_phase
from neuron_pin.errors import InvalidVersion
from neuron_pin.inputs.state import State
from neuron_pin.policy import Ecosystem, NeuronVersion, PackageKey, Phase, Rule, parse_version
from neuron_pin.policy.update import Update, classify_update
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple


class Difference(NamedTuple):
    """One package: its versions in the old and the new state, highest first, empty for not
    there; the class of the change between the highest ones, none where one is missing.

    ``backwards`` says that the new version is the lower one.  ``phases`` are those of the
    highest versions on the day, none for packages that are not Neuron's.  ``renamed_to`` is
    the package of the new state that takes the place of one that left, ``successor`` what was
    announced in its place, whether or not the new state has it; both are empty for none.
    ``old_phases`` and ``new_phases`` are those of every version, in the same order, empty for
    packages that are not Neuron's.  ``left_series`` are the major versions below the highest
    that the new state has none of.  ``newer`` are the versions that are newer than the facts.
    """

    key: PackageKey
    old: tuple[str, ...]
    new: tuple[str, ...]
    update: Update | None
    backwards: bool
    phases: tuple[Phase | None, Phase | None]
    renamed_to: str
    successor: str = ""
    left_series: tuple[str, ...] = ()
    old_phases: tuple[Phase, ...] = ()
    new_phases: tuple[Phase, ...] = ()
    newer: frozenset[str] = frozenset()

    @property
    def old_labels(self) -> tuple[str, ...]:
        """The phases of the old versions in words, ``unknown`` for one newer than the facts."""
        return self._label(self.old, self.old_phases)

    @property
    def new_labels(self) -> tuple[str, ...]:
        """Those of the new ones."""
        return self._label(self.new, self.new_phases)

    def _label(self, versions: Sequence[str], phases: Sequence[Phase]) -> tuple[str, ...]:
        rows = zip(versions, phases, strict=False)
        return tuple(label_phase(phase, is_newer=v in self.newer) for v, phase in rows)

    @property
    def ended(self) -> tuple[str, ...]:
        """The versions of the new state that are out of support."""
        rows = zip(self.new, self.new_phases, strict=False)
        return tuple(version for version, phase in rows if phase is Phase.EOS)

    @property
    def is_equal(self) -> bool:
        """Whether both states have the same versions.

        Releases name them without a wheel's local part or a package's revision, so a version
        with one is the same as that without.
        """
        return len(self.old) == len(self.new) and all(
            was == now
            or (public_version(was) == public_version(now) and public_version(was) in (was, now))
            for was, now in zip(self.old, self.new, strict=True)
        )


class Comparison(NamedTuple):
    """Two states, package by package; ``support`` is what the releases gained and lost,
    none unless both are of a release.  ``losses`` say what stops working with what left."""

    old: State
    new: State
    differences: tuple[Difference, ...]
    support: Changes | None
    notes: tuple[str, ...]
    losses: tuple[str, ...] = ()


def compare(old: State, new: State, catalog: Catalog, as_of: date) -> Comparison:
    """Every package of either state, sorted; raises `UnknownName` for releases that there are
    not.

    Phases are those for the instance family of each state, or of the other one where only that
    has one.
    """
    families = (old.family or new.family, new.family or old.family)
    old, new = _leave_known(old, new, catalog)
    left = {key.name for key in old.versions if key not in new.versions}
    differences = []
    for key in sorted({*old.versions, *new.versions}, key=str):
        was, now = old.versions.get(key, ()), new.versions.get(key, ())
        instead, successor = "", None
        phases = (
            _find_phases(catalog, key, was, families[0], as_of),
            _find_phases(catalog, key, now, families[1], as_of),
        )
        if key.name in left and not now:
            instead = _replacement(key, new, catalog, as_of, families[1])
            successor = find_successor(catalog, key.name, as_of, families[1])
        differences.append(
            Difference(
                key=key,
                old=was,
                new=now,
                update=_update(was, now, catalog.packages.get(key.name)),
                backwards=bool(was and now) and version_order(now[0]) < version_order(was[0]),
                phases=(next(iter(phases[0]), None), next(iter(phases[1]), None)),
                renamed_to=instead,
                successor=successor.label if successor is not None else "",
                left_series=_find_left_series(was, now, catalog.packages.get(key.name)),
                old_phases=phases[0],
                new_phases=phases[1],
                newer=_find_newer(catalog, key, (*was, *now)),
            )
        )
    support = None
    if old.surroundings is not None and new.surroundings is not None:
        support = _compare_images(old, new)
    elif old.sdk != new.sdk and all(_is_listed(catalog, state.sdk) for state in (old, new)):
        support = find_changes(catalog, old.sdk, new.sdk, families[1])
    notes = (*_notes(differences, catalog, support), *_tell_parts(old, new, catalog, as_of))
    losses = tuple(_losses(differences, new, catalog))
    return Comparison(old, new, tuple(differences), support, notes, losses)


def _is_listed(catalog: Catalog, sdk: str) -> bool:
    """Whether it is known what a release supports: not of one known in part, nor of one that an
    image's name states and that is newer than the facts."""
    known = sdk.removesuffix(INFERRED)
    return any(release.sdk == known and not release.in_part for release in catalog.releases)


def _compare_images(old: State, new: State) -> Changes | None:
    """What is around the packages of two images; none where the release of one is not known."""
    before, after = old.surroundings, new.surroundings
    if before is None or after is None or not old.sdk or not new.sdk:
        return None
    update = classify_update(parse_version(old.sdk), parse_version(new.sdk))

    def compare(
        was: frozenset[str], now: frozenset[str]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        # What is not known of one of them is neither gained nor lost.
        return gained_and_lost(was, now) if was and now else ((), ())

    return Changes(
        old.sdk,
        new.sdk,
        update,
        (),
        compare(before.pythons, after.pythons),
        compare(before.systems, after.systems),
        compare(before.instances, after.instances),
    )


def _tell_backend(difference: Difference, catalog: Catalog) -> Iterator[str]:
    """That the highest versions of one name are different software (NP511)."""
    package = catalog.packages.get(difference.key.name)
    if package is None or not difference.old or not difference.new:
        return
    old = package.find_backend(difference.old[0])
    new = package.find_backend(difference.new[0])
    if old is not None and new is not None and old != new:
        move = describe_move(package.name, old, new)
        yield f"{move} ({Rule.ANOTHER_BACKEND.identifier})"


def _leave_known(old: State, new: State, catalog: Catalog) -> tuple[State, State]:
    """Two states without what is not known to be in one of them: of a release known in part, and
    of an image that the facts do not know, that a package is missing says nothing."""
    in_part = {release.sdk for release in catalog.releases if release.in_part}
    limits = [
        set(state.versions)
        for state in (old, new)
        if state.unknown or (state.label == f"SDK {state.sdk}" and state.sdk in in_part)
    ]
    if not limits:
        return old, new

    def limit(state: State) -> State:
        kept = {k: v for k, v in state.versions.items() if all(k in keys for keys in limits)}
        return state._replace(versions=kept)

    return limit(old), limit(new)


def _tell_parts(old: State, new: State, catalog: Catalog, as_of: date) -> Iterator[str]:
    """That it is not known what is in an image; what is known of a release known in part; or that
    there are such releases, newer than the one that a state is compared with."""
    for state in (old, new):
        if state.unknown:
            yield f"{state.label}: {state.unknown}; what is in it is not compared"
    compared = {state.sdk for state in (old, new) if state.label == f"SDK {state.sdk}"}
    for release in catalog.releases:
        if release.in_part and release.sdk in compared:
            yield (
                f"SDK {release.sdk}: {describe_known_part(catalog, release)}; packages beyond "
                "those are not compared"
            )
    newest = catalog.newest_release(as_of)
    if newest is not None and new.sdk == newest.sdk:
        newer = describe_newer_releases(catalog, as_of)
        yield from (newer,) if newer else ()


def _losses(differences: Sequence[Difference], new: State, catalog: Catalog) -> Iterator[str]:
    """What no longer works with the Python packages that left."""
    gone = [
        difference.key.name
        for difference in differences
        if difference.key.ecosystem is Ecosystem.PIP
        and not difference.new
        and _is_component(catalog, difference.key.name)
    ]
    if gone:
        yield f"not in {new.label}: {', '.join(gone)}; code that imports them stops working"
    names = {key.name for key in new.versions}
    for name in gone:
        package = catalog.packages[name]
        if package.role is not FrameworkRole.LEADER:
            continue
        others = sorted(
            other
            for other in names & catalog.packages.keys()
            if catalog.packages[other].role is FrameworkRole.LEADER
            and catalog.packages[other].framework == package.framework
        )
        if others:
            yield f"for {package.title}, {new.label} has {', '.join(others)} instead of {name}"
        elif package.title.lower() != name:
            yield f"{new.label} has no package for {package.title} in place of {name}"


def _is_installed(catalog: Catalog, name: str) -> bool:
    """Whether it is a package of the catalog that a package manager installs: of what a release
    names beside these, such as the EFA installer, the policy says nothing."""
    package = catalog.packages.get(name)
    return package is not None and bool(package.systems)


def _is_component(catalog: Catalog, name: str) -> bool:
    package = catalog.packages.get(name)
    return package is not None and package.kind.is_component


def _replacement(
    key: PackageKey, new: State, catalog: Catalog, as_of: date, family: str | None
) -> str:
    """A package of the new state that an announcement or the catalog names as the one that
    takes a package's place."""
    names = {other.name for other in new.versions}
    chain = list_successors(catalog, key.name, as_of, family)
    return next((found.name for found in chain if found.name in names), "")


def _update(old: Sequence[str], new: Sequence[str], package: Package | None) -> Update | None:
    if not old or not new:
        return None
    if package is not None and package.role is FrameworkRole.NONE:
        # Two majors side by side: whoever used the one that left has to move to the other.
        majors = {version_numbers(version)[:1] for version in new}
        if any(version_numbers(version)[:1] not in majors for version in old):
            return Update.MAJOR
    try:
        return classify_update(_parse(old[0], package), _parse(new[0], package))
    except InvalidVersion:
        # Third-party versions may be anything that PEP 440 has.
        return _pep440_update(old[0], new[0])


def _parse(version: str, package: Package | None) -> NeuronVersion:
    return package.parse(version) if package is not None else parse_version(version)


def _find_left_series(
    old: Sequence[str], new: Sequence[str], package: Package | None
) -> tuple[str, ...]:
    """``2.*`` of libneuronxla 3 and 2, where the new state has 3 alone: of an extension the
    framework version."""
    if not new:
        return ()
    kept = {_name_series(version, package) for version in (*old[:1], *new)}
    series = dict.fromkeys(_name_series(version, package) for version in old[1:])
    return tuple(name for name in series if name and name not in kept)


def _name_series(version: str, package: Package | None) -> str:
    try:
        parsed = _parse(version, package)
    except InvalidVersion:
        return ""
    return ".".join(parsed.framework[:2] or parsed.own[:1]) + ".*"


def _pep440_update(old: str, new: str) -> Update:
    from packaging.version import InvalidVersion as NotPep440
    from packaging.version import Version

    try:
        was, now = Version(old), Version(new)
    except NotPep440:
        return Update.NONE if old == new else Update.MAJOR
    if was.epoch != now.epoch or was.major != now.major:
        return Update.MAJOR
    if was.minor != now.minor:
        return Update.MINOR
    return Update.PATCH if was.public != now.public else Update.BUILD


def _find_phases(
    catalog: Catalog, key: PackageKey, versions: Sequence[str], family: str | None, as_of: date
) -> tuple[Phase, ...]:
    if not _is_installed(catalog, key.name):
        return ()
    return tuple(
        find_package_phase(catalog, key.name, version, family, as_of).phase for version in versions
    )


def _find_newer(catalog: Catalog, key: PackageKey, versions: Sequence[str]) -> frozenset[str]:
    if not _is_installed(catalog, key.name):
        return frozenset()
    return frozenset(v for v in versions if judge_version(catalog, key.name, v) is Standing.NEWER)


_WAYS_BACK = {
    Ecosystem.PIP: "pip needs a pin",
    Ecosystem.APT: "apt-get needs --allow-downgrades",
    Ecosystem.RPM: "dnf needs dnf downgrade",
}


def _notes(
    differences: Sequence[Difference], catalog: Catalog, support: Changes | None
) -> tuple[str, ...]:
    """What the policy says of the whole."""
    notes = []
    ours = [d for d in differences if _is_installed(catalog, d.key.name)]
    majors = [d.key.name for d in ours if d.update is Update.MAJOR]
    if support is not None and support.update is Update.MAJOR:
        majors.insert(0, "neuron-sdk")
    if majors:
        notes.append(f"{', '.join(majors)}: {Update.MAJOR.promise}")
    notes += [note for difference in ours for note in _tell_backend(difference, catalog)]
    back = [d.key for d in ours if d.backwards]
    if back:
        ways = [
            way for system, way in _WAYS_BACK.items() if any(k.ecosystem is system for k in back)
        ]
        names = ", ".join(key.name for key in back)
        notes.append(f"{names}: downgrade; {', '.join(ways)}")
    ended = [
        # Where only some versions have ended, these are named.
        d.key.name if d.ended == d.new else f"{d.key.name} {' and '.join(d.ended)}"
        for d in ours
        if d.ended
    ]
    if ended:
        notes.append(f"{', '.join(ended)}: out of support, use at your own discretion")
    every = dict.fromkeys((d.key.name, version) for d in ours for version in (*d.old, *d.new))
    newer = tell_newer_versions(catalog, every)
    notes += [newer] if newer else []
    return tuple(notes)
