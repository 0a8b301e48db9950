"""The steps for system packages: repository and key, pins, headers, driver, runtime, tools."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from neuron_pin.audit.other_archives import OtherArchive
from neuron_pin.catalog import Catalog, OperatingSystem
from neuron_pin.fs.ownership import mark
from neuron_pin.operations.diff import Comparison, Difference
from neuron_pin.outputs.apt_preferences import render_apt_preferences
from neuron_pin.outputs.repositories import (
    KEY_NAME,
    find_keyring,
    list_key_commands,
    render_repo,
    render_sources,
)
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import LockedPackage, Resolution

from .checks import package_manager
from .destination import SYSTEM, Category
from .lock_steps import save_steps
from .shared_archives import warn_of_shared, warn_of_way_back
from .step import Part, Step, WrittenFile

SOURCES = "/etc/apt/sources.list.d/neuron.sources"
REPO = "/etc/yum.repos.d/neuron.repo"
DRIVERS = {name for name, category in SYSTEM.items() if category is Category.DRIVER}
PREFERENCES = "/etc/apt/preferences.d/00-neuron-pin.pref"


class Machine(NamedTuple):
    """The machine of the steps: ``root`` is put before every path, empty for the machine
    itself; ``command`` is the command line that written files name.  ``configured`` says that
    the Neuron repository is configured already, ``held`` names packages on hold, ``enforced``
    are the files of pins that exist, none for unknown; ``hooked`` says that a hook has them.
    ``shared`` are other archives that have a version of the plan as another file, ``shared_back``
    those that have one that a rollback installs."""

    system: OperatingSystem
    root: str
    command: str
    configured: bool
    held: frozenset[str]
    enforced: tuple[str, ...] | None = ()
    hooked: bool = False
    shared: tuple[OtherArchive, ...] = ()
    shared_back: tuple[OtherArchive, ...] = ()


def system_steps(
    resolution: Resolution,
    comparison: Comparison,
    machine: Machine,
    catalog: Catalog,
    *,
    fresh: bool,
) -> Iterator[Step]:
    """Everything about system packages, in order; nothing where there are none to install.

    ``fresh`` says that no Neuron package is installed.
    """
    system = machine.system.ecosystem
    packages = resolution.packages_of(system)
    if not packages:
        return
    yield from _repository(resolution, machine)
    if not machine.hooked:
        yield from _save_pins(resolution, packages, machine)
        yield from _pins(resolution, packages, machine)
    drivers = [p for p in packages if p.key.name in DRIVERS]
    others = [p for p in packages if p not in drivers]
    if drivers:
        yield _headers(machine)
    gone = [d for d in comparison.differences if d.renamed_to and d.key.ecosystem is system]
    if gone:
        yield _removal(gone, machine)
    groups = [(Part.DRIVER, drivers), (Part.RUNTIME, others)]
    if machine.hooked and drivers:
        # A hook refuses a transaction after which driver and runtime library do not work together.
        groups = [(Part.DRIVER, [*drivers, *others])]
    for part, found in groups:
        if found:
            yield _install(part, found, comparison, machine, catalog, fresh=fresh)


def _repository(resolution: Resolution, machine: Machine) -> Iterator[Step]:
    root, system = machine.root, machine.system
    kept = "an existing source is kept; neuron-pin doctor checks it"
    if system.ecosystem is not Ecosystem.APT:
        text = render_repo(resolution, machine.command)
        url = next(line[8:] for line in text.splitlines() if line.startswith("baseurl="))
        host = re.escape(urlsplit(url).hostname or "")
        yield Step(
            Part.REPOSITORY,
            "repository",
            "Add the Neuron repository and its key",
            files=(WrittenFile(f"{root}{REPO}", mark(text)),),
            commands=(f"rpm --import {url}/{KEY_NAME}",),
            as_root=True,
            unless=f"grep -qs '^baseurl=.*{host}' {root}/etc/yum.repos.d/*.repo",
            reason=kept,
            back=() if machine.configured else (f"rm -f {root}{REPO}",),
        )
        return
    text = render_sources(resolution, machine.command)
    url = next(line.split()[1] for line in text.splitlines() if line.startswith("URIs:"))
    host = re.escape(urlsplit(url).hostname or "")
    folder = f"{root}/etc/apt"
    unless = f"grep -rqs '^[^#]*{host}' {folder}/sources.list {folder}/sources.list.d"
    key = f"{root}{find_keyring(system)}"
    yield Step(
        Part.REPOSITORY,
        "key",
        "Download and verify the key of the Neuron repository",
        commands=(
            "apt-get update",
            "apt-get install -y ca-certificates curl gnupg",
            f"install -d -m 0755 {os.path.dirname(key)}",
            *list_key_commands(url, key),
            f"chmod 0644 {key}",
        ),
        as_root=True,
        unless=unless,
        reason=kept,
        back=() if machine.configured else (f"rm -f {key}",),
    )
    source = f"{root}{SOURCES}"
    yield Step(
        Part.REPOSITORY,
        "repository",
        "Add the Neuron repository",
        files=(WrittenFile(source, mark(text)),),
        as_root=True,
        unless=unless,
        back=() if machine.configured else (f"rm -f {source}", "apt-get update"),
    )
    yield Step(
        Part.REPOSITORY,
        "update",
        "Update package lists",
        commands=("apt-get update",),
        as_root=True,
    )


def _save_pins(
    resolution: Resolution, packages: Sequence[LockedPackage], machine: Machine
) -> Iterator[Step]:
    """What is pinned now; of a machine that was not read, the file of this program's pins."""
    files, sdk, root = machine.enforced, resolution.sdk or "", machine.root
    if machine.system.ecosystem is Ecosystem.APT:
        # Not the driver: an older release's may be pinned with this one.
        own = max(packages, key=lambda p: p.sdk == sdk and p.key.name not in DRIVERS)
        row = f" {own.key.name} {own.version} of Neuron SDK {sdk} "
        moved = f"grep -qsF '{row}' {root}{PREFERENCES}"
        exist = files is not None
        paths = files if files is not None else (PREFERENCES.lstrip("/"),)
        yield from save_steps(Part.PINS, sdk, root, paths, moved=moved, exist=exist)
    elif files is not None:
        lists = [f"{root}/{path}" for path in files if path.endswith("versionlock.list")]
        tests = [f"grep -qsF '{_patterns(p)[0]}' {' '.join(lists)}" for p in packages if lists]
        yield from save_steps(Part.PINS, sdk, root, files, moved=" && ".join(tests))


def _pins(
    resolution: Resolution, packages: Sequence[LockedPackage], machine: Machine
) -> Iterator[Step]:
    """The pins that keep later upgrades at these versions."""
    names = [package.key.name for package in packages]
    if machine.system.ecosystem is Ecosystem.APT:
        path = f"{machine.root}{PREFERENCES}"
        text = render_apt_preferences(resolution, machine.command)
        yield Step(
            Part.PINS,
            "pins",
            "Pin these versions, from the Neuron repository alone",
            files=(WrittenFile(path, mark(text)),),
            as_root=True,
            reason="apt upgrade does not change them then",
            back=(f"rm -f {path}",),
        )
        return
    tool = package_manager(machine.system)
    plugin = "yum-plugin-versionlock" if tool == "yum" else "'dnf-command(versionlock)'"
    patterns = " ".join(f"'{text}'" for package in packages for text in _patterns(package))
    yield Step(
        Part.PINS,
        "pins",
        "Lock these versions",
        commands=(
            f"{tool} install -y {plugin}",
            f"{tool} versionlock delete {' '.join(names)} || true",
            f"{tool} versionlock add --raw {patterns}"
            if tool == "dnf"
            else f"{tool} versionlock add {patterns}",
        ),
        as_root=True,
        reason="dnf upgrade does not change them then, and dnf install refuses others",
        back=(f"{tool} versionlock delete {' '.join(names)}",),
    )


def _patterns(package: LockedPackage) -> list[str]:
    """A package with its version as the lines of a version lock have it."""
    return [f"{package.key.name}-{pattern}" for pattern in package.pin.to_rpm_patterns()]


def _headers(machine: Machine) -> Step:
    if machine.system.ecosystem is Ecosystem.APT:
        command = 'apt-get install -y "linux-headers-$(uname -r)"'
    else:
        tool = package_manager(machine.system)
        command = f'{tool} install -y "kernel-devel-uname-r = $(uname -r)"'
    return Step(
        Part.KERNEL,
        "headers",
        "Install the headers of the running kernel",
        commands=(command,),
        as_root=True,
        unless='test -e "/lib/modules/$(uname -r)/build"',
        reason="the driver is built for the running kernel",
    )


def _removal(gone: Sequence[Difference], machine: Machine) -> Step:
    names = [difference.key.name for difference in gone]
    renames = ", ".join(f"{d.key.name} is now called {d.renamed_to}" for d in gone)
    tool = package_manager(machine.system)
    between = "=" if tool == "apt-get" else "-"
    old = " ".join(shlex.quote(f"{d.key.name}{between}{d.old[0]}") for d in gone)
    return Step(
        Part.DRIVER,
        "renamed",
        "Remove packages that have a new name",
        commands=(f"{tool} remove -y {' '.join(names)}",),
        as_root=True,
        stops=True,
        reason=renames,
        back=(f"{tool} install -y {old}",),
    )


def _install(
    part: Part,
    packages: Sequence[LockedPackage],
    comparison: Comparison,
    machine: Machine,
    catalog: Catalog,
    *,
    fresh: bool,
) -> Step:
    before = {d.key: d for d in comparison.differences}
    names = [package.key.name for package in packages]
    backwards = any(before[p.key].backwards for p in packages if p.key in before)
    tool = package_manager(machine.system)
    moves_held = not fresh and tool == "apt-get"
    install = f"{tool} install -y"
    if moves_held:
        install += " --allow-change-held-packages"
    if backwards and tool == "apt-get":
        install += " --allow-downgrades"
    held = sorted(machine.held & set(names))
    is_driver = part is Part.DRIVER
    # The pins are written before: by its name alone apt takes the file that they prefer, unless
    # that lowers what is installed.
    shared = {other.name for other in machine.shared}
    by_name = {
        p.key.name
        for p in packages
        if p.key.name in shared
        and p.pin.is_exact
        and not (p.key in before and before[p.key].backwards)
    }
    return Step(
        part,
        "driver" if is_driver else "packages",
        _title(packages, is_driver=is_driver),
        pins=tuple(
            (
                p.key.name,
                p.version,
                p.key.name if p.key.name in by_name else _word(p, catalog, tool),
            )
            for p in packages
        ),
        install=install,
        commands=(f"apt-mark hold {' '.join(held)}",) if held and moves_held else (),
        as_root=True,
        stops=True,
        reboot=is_driver,
        reason=_explain_install(held, at_once=is_driver and len(packages) > 1),
        warnings=(
            *warn_of_shared(machine.shared, names, by_name),
            *warn_of_way_back(
                machine.shared_back, [n.name for n, d in before.items() if not d.is_equal]
            ),
        ),
        back=tuple(_rollback_steps(packages, before, tool, catalog)),
    )


def _word(package: LockedPackage, catalog: Catalog, tool: str) -> str:
    name = package.key.name
    if tool == "apt-get":
        return catalog.packages[name].apt_spec(package.version)
    return f"{name}-{package.version.removesuffix('x')}{'*' if package.version[-1] == 'x' else ''}"


def _explain_install(held: Sequence[str], *, at_once: bool) -> str:
    """Why a step is as it is, empty for no reason."""
    reasons = [f"{name} is on hold and stays on hold" for name in held]
    if at_once:
        reasons.append("at once, because the hook refuses a driver without its runtime library")
    return ", ".join(reasons)


def _title(packages: Sequence[LockedPackage], *, is_driver: bool) -> str:
    names = [package.key.name.removeprefix("aws-neuronx-") for package in packages]
    if is_driver:
        names[0] = "the driver"
    return "Install " + ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1]


def _rollback_steps(
    packages: Sequence[LockedPackage],
    before: Mapping[PackageKey, Difference],
    tool: str,
    catalog: Catalog,
) -> Iterator[str]:
    """The commands that install the previous versions, and remove new packages."""
    new = [p.key.name for p in packages if p.key not in before or not before[p.key].old]
    old = [
        (p.key.name, before[p.key].old[0])
        for p in packages
        if p.key in before and before[p.key].old and not before[p.key].is_equal
    ]
    if old:
        if tool == "apt-get":
            words = " ".join(shlex.quote(catalog.packages[n].apt_spec(v)) for n, v in old)
            yield f"apt-get install -y --allow-downgrades --allow-change-held-packages {words}"
        else:
            # downgrade passes over what is older than the wanted version, with exit code 0;
            # install of an exact version goes in both directions.
            is_older = all(not before[p.key].backwards for p in packages if p.key in before)
            verb = "downgrade" if is_older else "install"
            yield f"{tool} {verb} -y {' '.join(shlex.quote(f'{n}-{v}') for n, v in old)}"
    if new:
        yield f"{tool} {'purge' if tool == 'apt-get' else 'remove'} -y {' '.join(new)}"
