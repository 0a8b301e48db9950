"""What is stated or installed, compared with a lock."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence

from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, Rule, installable
from neuron_pin.policy.debversion import deb_key
from neuron_pin.resolve import LockedPackage, Resolution

from .finding import Finding, Severity
from .other_archives import OtherArchive
from .remedy import exec_command

MAX_NAMED = 5
"""Packages that a finding names."""


def check_lock_drift(
    stated: Iterable[DetectedPackage],
    lock: Resolution,
    path: str,
    shared: Sequence[OtherArchive] = (),
) -> Iterator[Finding]:
    """NP306: exact versions other than the lock's; packages that are not in the lock are not
    checked.  ``shared`` are the machine's other archives that have a version of the lock."""
    locked = {package.key: package for package in lock.packages}
    sites = {other.name: other.site for other in reversed(shared)}
    for statement in stated:
        package = locked.get(statement.key)
        if package is None or not statement.version or package.pin.matches(statement.version):
            continue
        pin = package.pin.render(package.key.ecosystem)
        release = f" of Neuron SDK {package.sdk}" if package.sdk else ""
        yield Finding(
            Rule.OUTSIDE_LOCK,
            Severity.ERROR,
            f"{statement.key.name} {statement.version}",
            f"the lock has {package.key.name}{pin}{release} [{path}]",
            statement.place,
            _remedy(package, path, statement, sites.get(package.key.name, "")),
        )


def check_absent(
    installed: Iterable[DetectedPackage], lock: Resolution, path: str, folder: str
) -> Iterator[Finding]:
    """NP306: locked Neuron packages that an environment does not have.  One that has none of
    them is not the lock's: an error.  One that has some may be a part of it on purpose: a
    warning."""
    wanted = {p.key: p for p in lock.packages_of(Ecosystem.PIP) if p.is_own}
    absent = sorted(wanted.keys() - {statement.key for statement in installed}, key=str)
    if not absent:
        return
    names = [f"{key.name}{wanted[key].pin.render(key.ecosystem)}" for key in absent]
    shown = ", ".join(names[:MAX_NAMED]) + (" …" if len(names) > MAX_NAMED else "")
    is_all = len(absent) == len(wanted)
    what = "none of the lock's Neuron packages is installed" if is_all else "not installed"
    yield Finding(
        Rule.OUTSIDE_LOCK,
        Severity.ERROR if is_all else Severity.WARNING,
        folder,
        f"{what}: {shown} [{path}]",
        folder,
        exec_command(path, folder, [key.name for key in absent]),
    )


def _remedy(package: LockedPackage, path: str, statement: DetectedPackage, site: str) -> str:
    name, ecosystem = package.key.name, package.key.ecosystem
    if ecosystem is Ecosystem.PIP:
        if os.path.isdir(statement.place):
            return exec_command(path, statement.place, [name])
        return f"write {name}{package.pin.render(ecosystem)}, as the lock has it"
    word = shlex.quote(installable(name, package.pin, ecosystem))
    if ecosystem is not Ecosystem.APT:
        return f"sudo dnf install {word}"
    is_newer = deb_key(statement.version) > deb_key(package.version)
    if site and not is_newer:
        # The name alone takes the archive that the pins prefer.
        return f"sudo apt-get install {shlex.quote(name)}"
    # apt-get -y goes back to an earlier version only if it is told so.
    command = f"sudo apt-get install {'--allow-downgrades ' if is_newer else ''}{word}"
    before = f"disable the source of {site}, which has that version too, then: " if site else ""
    return f"{before}{command}"
