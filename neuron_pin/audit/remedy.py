"""What to do about a finding: the version that the known facts name, and lines to paste."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

from neuron_pin.catalog import Catalog, canonicalize_name, sdk_key
from neuron_pin.catalog.successors import list_successors
from neuron_pin.catalog.support import (
    Part,
    find_ended_parts,
    find_supported_pythons,
    find_target_parts,
    package_part,
)
from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy import Ecosystem, PackageKey, Phase, SubjectKind
from neuron_pin.resolve.suggestion import SUPPORTED, Suggestion, suggest_version
from neuron_pin.target import Target

MAX_CONFIGURATION = 64 * 1024


def suggest_replacement(
    catalog: Catalog, key: PackageKey, target: Target, announced: str = ""
) -> str:
    """What to use in place of a package: the version that the target can use of what replaced
    it, else what the announcement names; empty where nothing is known."""
    chain = list_successors(catalog, key.name, target.as_of, target.family)
    names = [*(successor.name for successor in reversed(chain)), announced]
    # Of what is not supported yet, the newest, which is what an announcement sends people to.
    for phases in (SUPPORTED, (Phase.RC, Phase.BETA)):
        for name in names:
            system = _find_system(catalog, name, key.ecosystem)
            found = suggest_version(catalog, PackageKey(system, name), target, phases)
            if found is not None:
                how = " from pip" if system is not key.ecosystem else ""
                return f"use {found.label}{how} in its place{found.caution}"
    if chain:
        return move_to(chain[-1].name, catalog)
    # A package that is not for the target is no advice; what is no package is told as it is.
    if catalog.package(announced) is not None:
        return ""
    product = catalog.products.get(canonicalize_name(announced))
    if product is not None and product.instances and target.family is not None:
        return move_to(announced, catalog) if target.family in product.instances else ""
    return move_to(announced, catalog)


def _find_system(catalog: Catalog, name: str, system: Ecosystem) -> Ecosystem:
    """The package manager of a package: the one asked about unless pip alone has it."""
    package = catalog.packages.get(name)
    return Ecosystem.PIP if package is not None and package.systems == (Ecosystem.PIP,) else system


def move_to(replacement: str, catalog: Catalog) -> str:
    """``move to X``, for an X that an announcement names; it says so where that is one word and
    no package, so that nobody asks an index for it."""
    if not replacement:
        return ""
    is_name = re.fullmatch(r"[A-Za-z][\w.-]*", replacement) is not None
    if is_name and catalog.package(replacement) is None:
        return f"move to {replacement}, which is not a package: neuron-pin explain {replacement}"
    return f"move to {replacement}"


def target_remedy(part: Part, catalog: Catalog, target: Target) -> str:
    """What to use in place of a Python or an operating system: what is supported on the
    target's day; for others what their announcement names."""
    names: list[str] = []
    if part.subject.kind is SubjectKind.PYTHON:
        names = find_supported_pythons(catalog, target.as_of)
    elif part.subject.kind is SubjectKind.OS:
        names = list_supported_systems(catalog, target)
    if names:
        what = "Python " if part.subject.kind is SubjectKind.PYTHON else ""
        return f"move to {what}{' or '.join(names)}"
    return move_to(part.event.replacement if part.event is not None else "", catalog)


def list_supported_systems(catalog: Catalog, target: Target, name: str = "") -> list[str]:
    """The operating systems that have not ended on the target's day; those of its own
    distribution alone where there are any.

    ``name`` is that of an operating system that the catalog does not know: its distribution
    comes first, then what has the same package manager; newest first.
    """
    near = _distribution(target.os.name if target.os is not None else name)
    listed = [r.sdk for r in catalog.releases if r.listed and r.date <= target.as_of]
    newest = max(map(sdk_key, listed), default=())
    own = {s.ecosystem for s in catalog.systems if _distribution(s.name) == near}
    found = [
        system
        for system in reversed(catalog.systems)
        if not system.only
        and not system.first_sdk_without
        # One that came with a later release has nothing to lock for it yet.
        and sdk_key(system.first_sdk) <= newest
        and not find_ended_parts(
            find_target_parts(
                catalog, python=None, system=system, instance=None, as_of=target.as_of
            )
        )
    ]
    found.sort(
        key=lambda system: (
            _distribution(system.name) != near,
            system.ecosystem not in (own or {Ecosystem.APT}),
            not system.name.startswith("ubuntu"),
        )
    )
    alike = [system.name for system in found if _distribution(system.name) == near]
    return (target.os is not None and alike) or [system.name for system in found]


def _distribution(system: str) -> str:
    """``debian`` of ``debian13``."""
    return system.rstrip("0123456789.")


_FILES = {
    Ecosystem.PIP: "constraints.txt",
    Ecosystem.APT: "00-neuron-pin.pref",
    Ecosystem.RPM: "versionlock.list",
}
"""What enforces the versions of a lock on each kind of package."""


def lock_command(packages: Iterable[PackageKey], sdk: str, catalog: Catalog, target: Target) -> str:
    """The command that locks packages together, into the files that their package managers read:
    of a release if it ships all of them for the target and they are supported, else of the newest
    that ships most of them so.  A name that no release ships for the target, supported,
    is left out; empty where all are such names.  What has ended
    of the target itself, which a lock refuses, is the nearest that is supported instead."""
    target = _find_supported(catalog, target)
    keys = [key for key in packages if key.ecosystem in _FILES]
    wanted = {key.name for key in keys}
    target = choose_python(catalog, target, wanted, sdk)
    kinds = {key.ecosystem for key in keys} or {Ecosystem.PIP}
    final = (release for release in catalog.releases if release.is_final)
    newest = [release.sdk for release in final if release.date <= target.as_of]
    chosen = max((sdk, *newest), key=lambda each: len(wanted & _supported(catalog, each, target)))
    shipped = sorted(wanted & _supported(catalog, chosen, target))
    if wanted and not shipped:
        return ""
    words = ["neuron-pin", "lock", *shipped, *target.list_options(), "--sdk", chosen]
    outputs = [word for kind, file in _FILES.items() if kind in kinds for word in ("-o", file)]
    return shlex.join([*words, "--offline", *outputs])


def choose_python(catalog: Catalog, target: Target, names: Iterable[str], sdk: str) -> Target:
    """A target with the Python, where it is unknown, that most of the packages of a release are
    listed for, the newest of several: a lock needs one."""
    if target.python:
        return target
    if target.os is not None:
        return _with_python(target, target.os.python)
    wanted = set(names)
    pythons = find_supported_pythons(catalog, target.as_of)
    best = max(
        enumerate(pythons),
        key=lambda row: (
            len(wanted & _members(catalog, sdk, _with_python(target, row[1])).keys()),
            row[0],
        ),
        default=(0, ""),
    )
    return _with_python(target, best[1])


def _with_python(target: Target, python: str) -> Target:
    return target._replace(python=python, python_full=f"{python}.0" if python else "")


def _find_supported(catalog: Catalog, target: Target) -> Target:
    """A target with an ended Python or operating system replaced by the first that is supported:
    the oldest Python, the newest system of the same distribution."""
    parts = find_target_parts(
        catalog, python=target.python, system=target.os, instance=None, as_of=target.as_of
    )
    for part in find_ended_parts(parts):
        if part.subject.kind is SubjectKind.PYTHON:
            for python in find_supported_pythons(catalog, target.as_of)[:1]:
                target = target._replace(python=python, python_full=f"{python}.0")
        elif part.subject.kind is SubjectKind.OS:
            names = list_supported_systems(catalog, target)
            system = next((s for s in catalog.systems if s.name in names[:1]), target.os)
            target = target._replace(os=system)
    return target


def _supported(catalog: Catalog, sdk: str, target: Target) -> set[str]:
    """The packages that a release ships for a target in a version that is supported."""
    return {
        name
        for name, version in _members(catalog, sdk, target).items()
        if package_part(catalog, name, version, target.family, target.as_of).phase in SUPPORTED
    }


def _members(catalog: Catalog, sdk: str, target: Target) -> dict[str, str]:
    """The packages that a release ships for a target, with their versions."""
    if not catalog.release(sdk).listed:
        return {}
    return {
        member.package: member.version
        for member in catalog.members(sdk)
        if member.is_for(target.family, target.listed_python)
    }


def reinstall_commands(
    folder: str, installed: Mapping[str, str], catalog: Catalog, target: Target
) -> dict[str, str]:
    """By the name of each placeholder in an environment, the commands that put Neuron's own
    package in its place: a lock for the target, then the exact versions, from Neuron's index, by
    the installer that made the environment.

    ``installed`` has the placeholders' versions.  Those that one release can replace together
    share their commands: two locks of different releases would leave a mixture.  Where no
    release ships a package for the target, the command explains that.
    """
    commands: dict[str, str] = {}
    left = set(installed)
    while left:
        found = _suggest_together(left, catalog, target)
        if not found:
            options = shlex.join(target.list_options())
            commands |= {
                name: f"neuron-pin explain {name}{' ' + options if options else ''}"
                for name in left
            }
            break
        command = _reinstall_command(folder, found, installed, catalog, target)
        commands |= {suggestion.name: command for suggestion in found}
        left -= {suggestion.name for suggestion in found}
    return commands


def _suggest_together(names: Iterable[str], catalog: Catalog, target: Target) -> list[Suggestion]:
    """The versions of the release that can replace most of these packages; of several such
    releases, the one where their phases are best, then the newest."""
    keys = [PackageKey(Ecosystem.PIP, name) for name in sorted(names)]
    best: list[Suggestion] = []
    best_rank = (0, 0)
    for release in catalog.releases:
        for phase_limit in range(1, len(SUPPORTED) + 1):
            phases = SUPPORTED[:phase_limit]
            offered = (suggest_version(catalog, key, target, phases, release.sdk) for key in keys)
            found = [suggestion for suggestion in offered if suggestion is not None]
            rank = (len(found), -phase_limit)
            if found and rank > best_rank:
                best, best_rank = found, rank
    return best


def _reinstall_command(
    folder: str,
    found: Sequence[Suggestion],
    installed: Mapping[str, str],
    catalog: Catalog,
    target: Target,
) -> str:
    names = [suggestion.name for suggestion in found]
    lock = ["neuron-pin", "lock", *names, *target.list_options(), "--sdk", found[0].sdk]
    lock += ["--offline", "-o", "constraints.txt"]
    # A placeholder of the very version counts as installed.
    same = [each.name for each in found if installed[each.name].partition("+")[0] == each.version]
    url = catalog.repositories.pip
    if _is_made_by_uv(folder):
        install = ["uv", "pip", "install", "--python", folder]
        install += [word for name in same for word in ("--reinstall-package", name)]
        install += ["--index-strategy", "unsafe-first-match", "--index", url]
    else:
        install = [*_pip_of(folder), "install"]
        install += ["--force-reinstall"] if same else []
        install += ["--extra-index-url", url]
    install += ["--constraint", "constraints.txt", *(suggestion.spec for suggestion in found)]
    return f"{shlex.join(lock)} && {shlex.join(install)}"


def pip_install_command(folder: str, words: Iterable[str]) -> str:
    """``pip install`` of an environment with these words behind it."""
    return shlex.join([*_pip_of(folder), "install", *words])


def exec_command(lock: str, folder: str, names: Iterable[str]) -> str:
    """The command that installs what a lock has of these packages, into an environment, by the
    installer that made it."""
    install = [*_pip_of(folder), "install"]
    if _is_made_by_uv(folder):
        install = ["uv", "pip", "install", "--python", folder]
    return shlex.join(["neuron-pin", "exec", "--lock", lock, "--", *install, *names])


def _is_made_by_uv(folder: str) -> bool:
    """uv says so in pyvenv.cfg, and puts no pip into what it makes."""
    try:
        text = read_bounded(os.path.join(folder, "pyvenv.cfg"), MAX_CONFIGURATION)
    except UnreadableInput:
        return False
    return re.search(rb"^uv\s*=", text, re.M) is not None


def _pip_of(folder: str) -> list[str]:
    """The pip of an environment; the system's, pointed at it, where it has none."""
    python = os.path.join(folder, "bin", "python")
    if not os.path.isfile(os.path.join(folder, "pyvenv.cfg")) and not os.path.lexists(python):
        return ["python3", "-m", "pip"]
    from neuron_pin.inputs.host.distributions import site_packages

    # Of an image no interpreter is read, nor what is not Neuron's.
    lacks_pip = os.path.lexists(python) and not any(
        os.path.isdir(os.path.join(place, "pip")) for place in site_packages(folder)
    )
    return ["python3", "-m", "pip", "--python", folder] if lacks_pip else [python, "-m", "pip"]
