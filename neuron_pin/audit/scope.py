"""Packages that belong on the host, where they are found in an image."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog, Place
from neuron_pin.policy import Rule

from .finding import Finding, Severity


def check_scope(name: str, label: str, place: str, catalog: Catalog) -> Iterator[Finding]:
    """NP106: a driver, or the OCI hook, in an image; ``label`` is the finding's subject.

    Parts of Kubernetes are no finding: they run in images of their own.
    """
    package = catalog.packages.get(name)
    if package is None or package.place is not Place.HOST:
        return
    if name.endswith("-dkms"):
        reason = "the driver belongs on the host: a container cannot load a kernel module"
        severity = Severity.ERROR
    else:
        reason = "belongs on the host: its container runtime calls the hook, and no container does"
        severity = Severity.WARNING
    remedy = f"remove it from the image, and install {_find_current(name, catalog)} on the host"
    yield Finding(Rule.SCOPE, severity, label, reason, place, remedy)


def _find_current(name: str, catalog: Catalog) -> str:
    """The package that a name is today: the last one that replaced it."""
    seen = {name}
    while (package := catalog.packages.get(name)) is not None and package.replaced_by:
        if package.replaced_by in seen:
            break
        name = package.replaced_by
        seen.add(name)
    return name
