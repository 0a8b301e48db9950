"""Packages that dpkg has begun to install and not finished.

Source: dpkg(1), "Package states" and "Package flags"; apt-get(8), ``--fix-broken``.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.inputs.host.dpkg_status import STATUS, Installed, read_installed
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, Rule

from .finding import Finding, Severity
from .requirements import is_neuron

_UNFINISHED = {
    "half-installed": (Severity.ERROR, "its installation was begun and is not finished"),
    "unpacked": (Severity.ERROR, "it is unpacked and not configured"),
    "half-configured": (Severity.ERROR, "its configuration was begun and is not finished"),
    "triggers-awaited": (Severity.WARNING, "it waits for a trigger of another package"),
    "triggers-pending": (Severity.WARNING, "its trigger has not run yet"),
}
"""How much a state matters, and what it means; there is nothing to say of others."""


def list_apt_names(catalog: Catalog) -> list[str]:
    """The Neuron packages that apt installs."""
    return [
        name
        for name, package in catalog.packages.items()
        if Ecosystem.APT in package.systems and is_neuron(package)
    ]


def check_states(root: str, names: Iterable[str], *, is_image: bool = False) -> Iterator[Finding]:
    """NP613: of the named packages those that are not installed as a whole, with the command that
    finishes them.  Raises `UnreadableInput`.

    ``is_image`` says that the root is only read here: then the command belongs into its build.
    """
    for name, found in sorted(read_installed(root, names).items()):
        severity, reason = _UNFINISHED.get(found.state, (Severity.ERROR, ""))
        if found.needs_reinstall:
            severity, reason = Severity.ERROR, "dpkg says that it has to be installed again"
        if not reason:
            continue
        yield Finding(
            Rule.NOT_CONFIGURED,
            severity,
            f"{name} {found.version}".rstrip(),
            f"{reason} ({found.state})",
            os.path.join(root, STATUS),
            _remedy(name, found, "" if is_image else root),
        )


def check_listed_state(stated: DetectedPackage) -> Iterator[Finding]:
    """NP613: a package that a list of dpkg's has in a state on the way, with the command that
    finishes it on the machine that the list is of."""
    if stated.state not in _UNFINISHED:
        return
    severity, reason = _UNFINISHED[stated.state]
    label = f"{stated.key.name} {stated.version}"
    remedy = "on the machine: sudo dpkg --configure -a"
    reason = f"{reason} ({stated.state})"
    yield Finding(Rule.NOT_CONFIGURED, severity, label, reason, stated.place, remedy)


def _remedy(name: str, found: Installed, root: str) -> str:
    """The command that finishes a package below a root; none for an image's build."""
    prefix = "sudo "
    if root and os.path.realpath(root) != "/":
        prefix = f"sudo chroot {shlex.quote(root)} "
    if root == "":
        prefix = "in the build of the image: "
    if found.needs_reinstall or found.state == "half-installed":
        word = shlex.quote(f"{name}={found.version}" if found.version else name)
        return f"{prefix}apt-get install --reinstall {word}"
    configure = f"{prefix}dpkg --configure -a"
    if found.state == "unpacked":
        return f"{configure}; where dependencies are missing: {prefix}apt-get install -f"
    return configure
