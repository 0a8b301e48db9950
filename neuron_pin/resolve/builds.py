"""What Neuron's files are built for, where a file's tags do not say it.

A plain tag (``linux_x86_64``) names neither an operating system nor a C library: what the vendor
states of the package's wheels decides.  A ``manylinux`` tag says it all, and needs no more.
"""

from __future__ import annotations

import re

from neuron_pin.catalog import Catalog, OperatingSystem, Package
from neuron_pin.policy import Ecosystem
from neuron_pin.sources.candidate import Candidate
from neuron_pin.target import Target

from .places import Grounds

_PLAIN = r"-linux_\w+\.whl$"


def find_build_grounds(
    candidate: Candidate, package: Package, catalog: Catalog, target: Target, *, is_unread: bool
) -> Grounds | None:
    """Why a Neuron package has no file for a target, or None; ``is_unread`` says that nobody reads
    its files, so that what is published is known from the catalog alone."""
    name = candidate.files[0].filename if candidate.files else ""
    build = package.find_build(candidate.version)
    if not name and is_unread and catalog.machines and target.machine not in catalog.machines:
        if build is not None and build.is_portable:
            return None
        kind = "wheel" if candidate.key.ecosystem is Ecosystem.PIP else "package"
        published = ", ".join(catalog.machines)
        reason = f"no {kind} for {target.machine}: Neuron publishes it for {published}"
        return reason, build.source if build is not None else "file names of the repositories"
    system = target.os
    if system is None or candidate.key.ecosystem is not Ecosystem.PIP:
        return None
    if name and re.search(_PLAIN, name):
        named = _find_named_system(candidate.version, catalog)
        if named is system:
            return None
        if named is not None:
            reason = f"its wheel is built for {named.name}, not for {system.name}"
            return reason, f"index {candidate.source}"
    if build is None or not build.systems or system.name in build.systems:
        return None
    if name and not re.search(_PLAIN, name):
        return None
    if not name and not is_unread:
        return None
    listed = ", ".join(sorted(build.systems))
    return f"its wheels are built for {listed}, not for {system.name}", build.source


def _find_named_system(version: str, catalog: Catalog) -> OperatingSystem | None:
    """The operating system that the local part of a version names (``+resolute``,
    ``+git1.ubuntu26.04``), none for a part that names none."""
    local = version.partition("+")[2].lower()
    words = set(re.split(r"[._-]", local))
    for system in catalog.systems:
        if words & set(system.aliases) or system.name in local:
            return system
    return None
