"""What is stated or installed, compared with a lock."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator

from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, Rule, installable
from neuron_pin.resolve import LockedPackage, Resolution

from .finding import Finding, Severity


def check_lock_drift(
    stated: Iterable[DetectedPackage], lock: Resolution, path: str
) -> Iterator[Finding]:
    """NP306: exact versions other than the lock's; packages that are not in the lock are not
    checked."""
    locked = {package.key: package for package in lock.packages}
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
            _remedy(package, path),
        )


def _remedy(package: LockedPackage, path: str) -> str:
    name, ecosystem = package.key.name, package.key.ecosystem
    if ecosystem is Ecosystem.PIP:
        return f"neuron-pin exec --lock {shlex.quote(path)} -- pip install {name}"
    installer = "apt-get" if ecosystem is Ecosystem.APT else "dnf"
    return f"sudo {installer} install {shlex.quote(installable(name, package.pin, ecosystem))}"
