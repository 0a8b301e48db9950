"""What somewhere is, or is to be, installed: a release, a lock, constraints, an environment, an
image.

All of them become the same: packages with their versions.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from neuron_pin.catalog import Catalog, Member, public_version, sdk_key
from neuron_pin.catalog.support import order_by_default
from neuron_pin.errors import LaterFormat, UnknownName, UnreadableInput, WrongUsage
from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.policy.version import version_order
from neuron_pin.record import NamedTuple

if TYPE_CHECKING:
    from .images import NamedImage

MAX_BYTES = 64 * 1024 * 1024


class Surroundings(NamedTuple):
    """What the packages of an image are in: its Pythons, its operating system, and the instance
    families that it is for, each empty where that is not known."""

    pythons: frozenset[str]
    systems: frozenset[str]
    instances: frozenset[str]


class State(NamedTuple):
    """Packages and their versions, highest first; a release has several of some, and of those of
    several framework versions the default comes first.

    ``label`` says what it is, ``sdk`` the release where one is known, empty for none.
    ``family`` is the instance family that it is for, none where nothing says so.
    ``surroundings`` are those of an image, none of everything else; ``unknown`` says why the facts
    do not know what an image has, empty where they do.
    """

    label: str
    sdk: str
    versions: Mapping[PackageKey, tuple[str, ...]]
    family: str | None = None
    surroundings: Surroundings | None = None
    unknown: str = ""


def read_states(
    old: str, new: str, catalog: Catalog, family: str | None, as_of: date, root: str = "/"
) -> tuple[State, State]:
    """Two states to compare; raises as `read_state` does.

    System packages of a release are those of rpm beside a state that has such.  Of a release
    only what is for ``family``, or where that is none for the family that the other state is for,
    as a lock of any form states it.  ``root`` is where the machine that ``host`` names is.
    """
    before = read_state(old, catalog, family, root, as_of)
    after = read_state(new, catalog, family or before.family, root, as_of)
    if before.family is None and after.family is not None:
        before = read_state(old, catalog, after.family, root, as_of)
    return spell_alike(before, after, catalog), spell_alike(after, before, catalog)


def spell_alike(state: State, other: State, catalog: Catalog) -> State:
    """A release with its system packages named as those of rpm, where the other state has such:
    the packages are the same, and releases name them once.  Other states stay as they are."""
    ecosystems = {key.ecosystem for key in other.versions}
    if state.label != f"SDK {state.sdk}" or Ecosystem.RPM not in ecosystems:
        return state
    found = {}
    for key, versions in state.versions.items():
        package = catalog.packages.get(key.name)
        if package is not None and Ecosystem.RPM in package.systems:
            key = PackageKey(Ecosystem.RPM, key.name)
        found[key] = versions
    return state._replace(versions=found)


def read_state(
    text: str, catalog: Catalog, family: str | None, root: str = "/", as_of: date | None = None
) -> State:
    """The state that a word of the user's names.

    A version of the SDK, or ``latest``; ``host``; a folder with an environment; a file,
    whose name tells its form; an image, by any of its names.  Of a release what is listed for
    an instance family, all of it if none is given; with ``as_of`` only of one that was public
    on that day.
    Raises `UnknownName`, `UnreadableInput` or `WrongUsage`.
    """
    if text == "host":
        return _host(root, catalog)
    if os.path.isdir(text):
        return State(text, "", read_environment(text))
    if os.path.isfile(text):
        return _file(text, catalog)
    if text == "latest" or re.fullmatch(r"\d+(\.\d+){1,2}", text) or text in catalog.dates:
        return _release(text, catalog, family, as_of or date.max)
    return read_image(text, catalog, as_of or date.max)


def read_image(text: str, catalog: Catalog, as_of: date) -> State:
    """What an image has, by any of its names; raises `UnknownName`, or `WrongUsage` for a tag of
    several."""
    try:
        named = name_image(text, catalog, as_of)
    except UnknownName as error:
        if error.near or "neuron" in text.lower() or text.startswith("ami-"):
            raise
        raise WrongUsage(
            f"{text!r} is not an SDK release, a file, a folder or an image",
            hint="give 2.26.0, latest, lock.json, constraints.txt, pylock.toml, a venv, the tag of "
            "an image, or host",
        ) from None
    return read_image_state(named, catalog)


def name_image(text: str, catalog: Catalog, as_of: date) -> NamedImage:
    """The image of a name; raises `UnknownName`, or `WrongUsage` for a tag of several."""
    from .images import find_images

    named = find_images(text, catalog, as_of)
    if len(named) > 1:
        labels = " and ".join(image.label for image in named)
        raise WrongUsage(f"{text!r} is a tag of several images", hint=f"name one of {labels}")
    return named[0]


def read_image_state(named: NamedImage, catalog: Catalog) -> State:
    """What an image has installed, as far as the facts know; of one that they do not have, nothing
    but what its name says of what is around."""
    from neuron_pin.catalog.image_contents import list_contents, list_machine_contents

    from .images import NamedContainer

    contents: Mapping[str, tuple[str, ...]] = {}
    label = named.label
    if isinstance(named, NamedContainer):
        image = named.image
        sdk, os_name, python, families = image.sdk, image.os, image.python, image.instances
        contents = list_contents(catalog, image)
    else:
        sdk, os_name, python, families = named.sdk, named.name.os, "", frozenset()
        if named.image is not None:
            # Its name is the same in every release.
            label = f"{named.image_name}, SDK {sdk}"
            families = named.image.instances
            contents = list_machine_contents(catalog, named.image, sdk)
    system = catalog.find_system(os_name)
    versions = {}
    for name, found in contents.items():
        package = catalog.packages.get(name)
        of_package = package.systems if package is not None else (Ecosystem.PIP,)
        own = system.ecosystem if system is not None else Ecosystem.APT
        key = own if own in of_package else next(iter(of_package), Ecosystem.PIP)
        if found:
            versions[PackageKey(key, name)] = found
    around = Surroundings(
        frozenset([python] if python else []),
        frozenset([os_name] if os_name else []),
        frozenset(families),
    )
    ordered = {key: versions[key] for key in sorted(versions, key=str)}
    unknown = "" if ordered else _describe_unknown(named, catalog)
    return State(label, sdk, ordered, None, around, unknown)


def _describe_unknown(named: NamedImage, catalog: Catalog) -> str:
    """Why nothing is known of what is in an image."""
    from neuron_pin.catalog.newness import Standing, describe_newer_release

    if named.standing is Standing.NEWER:
        return describe_newer_release(catalog)
    if named.standing is Standing.KNOWN:
        return f"the facts of {catalog.announced} do not have its packages"
    return f"not in the facts of {catalog.announced}"


def _release(text: str, catalog: Catalog, family: str | None, as_of: date) -> State:
    sdk = text
    listed = [release.sdk for release in catalog.releases if release.listed]
    if text == "latest":
        final = [release.sdk for release in catalog.releases if release.is_final]
        public = [sdk for sdk in final if catalog.dates[sdk] <= as_of]
        # None was public: the oldest one says so below.
        sdk = public[0] if public else listed[-1]
    elif text.count(".") == 1:
        line = [sdk for sdk in listed if sdk.startswith(f"{text}.")]
        sdk = line[0] if line else text
    release = catalog.release(sdk)
    if release.date > as_of:
        hint = f"it was released on {release.date}, after {as_of}"
        raise UnknownName("SDK release", sdk, (), hint=hint)
    members: tuple[Member, ...] = catalog.members(sdk) if release.listed else ()
    if release.in_part:
        known = (part for part in catalog.parts if part.sdk == sdk)
        members = tuple(Member(p.package, p.version, p.instances, frozenset()) for p in known)
    found: dict[PackageKey, set[str]] = {}
    for member in members:
        if member.version and member.is_for(family):
            found.setdefault(_key(catalog, member), set()).add(member.version)
    versions = {
        key: order_by_default(catalog, key.name, of_key, family, as_of)
        for key, of_key in _sort_versions(found).items()
    }
    return State(f"SDK {sdk}", sdk, versions, family)


def _key(catalog: Catalog, member: Member) -> PackageKey:
    systems = catalog.packages[member.package].systems
    return PackageKey(systems[0] if systems else Ecosystem.PIP, member.package)


def find_release(state: State, catalog: Catalog) -> str:
    """The release that most of what is installed comes from, the newest of several."""
    if state.sdk:
        return state.sdk
    counts: Counter[str] = Counter()
    for release in catalog.releases:
        if release.listed:
            versions = {(m.package, m.version) for m in catalog.members(release.sdk)}
            counts[release.sdk] = sum(
                (key.name, public_version(found)) in versions
                for key, all_found in state.versions.items()
                for found in all_found
            )
    best = max(counts, key=lambda sdk: (counts[sdk], sdk_key(sdk)), default="")
    return best if counts[best] else ""


def _sort_versions(found: Mapping[PackageKey, set[str]]) -> dict[PackageKey, tuple[str, ...]]:
    return {
        key: tuple(sorted(found[key], key=lambda v: (version_order(v), v), reverse=True))
        for key in sorted(found, key=str)
    }


def _host(root: str, catalog: Catalog) -> State:
    from neuron_pin.inputs.host.dpkg_status import has_dpkg_status, read_installed
    from neuron_pin.inputs.host.rpm_database import read_rpm_installed, rpm_database

    names = [p.name for p in catalog.packages.values() if Ecosystem.APT in p.systems]
    found: dict[PackageKey, set[str]] = {}
    if has_dpkg_status(root):
        for name, got in read_installed(root, names).items():
            found[PackageKey(Ecosystem.APT, name)] = {got.version}
    elif rpm_database(root):
        for name, version in read_rpm_installed(root, names).items():
            found[PackageKey(Ecosystem.RPM, name)] = {version}
    else:
        raise WrongUsage(
            f"host: {root} has neither a dpkg nor an rpm database",
            hint="name a lock or an SDK release",
        )
    return State("host", "", _sort_versions(found))


def read_environment(folder: str) -> dict[PackageKey, tuple[str, ...]]:
    """The distributions of an environment, or of a folder of them, by the names of their metadata
    folders (PEP 376, 427); raises `UnreadableInput`."""
    from neuron_pin.inputs.host.distributions import read_distributions

    found: dict[PackageKey, set[str]] = {}
    for distribution in read_distributions(folder, ()):
        key = PackageKey(Ecosystem.PIP, distribution.name)
        found.setdefault(key, set()).add(distribution.version)
    return _sort_versions(found)


def _list(path: str) -> State | None:
    """A lock of another program, or a list of what is installed; none for every other file."""
    from neuron_pin.inputs.file_kind import find_kind, read_detected
    from neuron_pin.inputs.requirements.requirements_txt import UnjudgedLine

    try:
        kind = find_kind(path)
    except WrongUsage:
        return None
    if kind.counted != "package" or kind.shown in ("lock.json", "pylock.toml"):
        return None
    problems: list[UnreadableInput] = []
    found: dict[PackageKey, set[str]] = {}
    for stated in read_detected(path, {}, problems):
        found.setdefault(stated.key, set()).add(stated.version)
    # A version that is not read would look like a package that is gone.
    broken = [problem for problem in problems if not isinstance(problem, UnjudgedLine)]
    if broken:
        broken[0].further = tuple(broken[1:])
        raise broken[0]
    return State(path, "", _sort_versions(found))


def _file(path: str, catalog: Catalog) -> State:
    listed = _list(path)
    if listed is not None:
        return listed
    name = os.path.basename(path)
    if name.endswith(".json"):
        from neuron_pin.inputs.locks.lock_json import read_lock_json

        lock = read_lock_json(path)
        of_lock = {package.key: {package.version} for package in lock.packages}
        family = catalog.instances.get(lock.target.instance or "")
        return State(path, lock.sdk or "", _sort_versions(of_lock), family)
    if not name.endswith((".txt", ".toml", ".in")):
        raise WrongUsage(
            f"{path}: its kind does not follow from its name",
            hint="known names: *.json, *.txt, pylock*.toml",
        )
    from neuron_pin.inputs.locks.preferences import read_locked
    from neuron_pin.inputs.locks.stated_target import read_stated_target

    form = "pylock" if name.endswith(".toml") else "constraints"
    read_bounded(path, MAX_BYTES)
    try:
        sdk, versions = read_locked(path, form)
    except LaterFormat:
        raise
    except UnreadableInput:
        # What is said there is for who would overwrite it.
        hint = f"neuron-pin check {shlex.quote(path)} says more"
        raise UnreadableInput(path, None, f"cannot be read as {form}", hint=hint) from None
    if not versions:
        raise UnreadableInput(path, None, "pins no version (name==version)")
    pinned = {PackageKey(Ecosystem.PIP, name): {version} for name, version in versions.items()}
    family = catalog.instances.get(read_stated_target(path, catalog).instance)
    return State(path, sdk, _sort_versions(pinned), family)
