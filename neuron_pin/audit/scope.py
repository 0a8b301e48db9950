"""Packages that belong on the host, where they are found in an image."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.policy import Rule

from .finding import Finding, Severity

RETIRED_DRIVER = "aws-neuron-dkms"
"""The driver of before neuronx; no release of today lists where it belongs."""


def check_scope(name: str, label: str, place: str, catalog: Catalog) -> Iterator[Finding]:
    """NP106: a driver in an image; ``label`` is the finding's subject."""
    package = catalog.packages.get(name)
    if package is None or not (package.on_host or name == RETIRED_DRIVER):
        return
    reason = "the driver belongs on the host: a container cannot load a kernel module"
    remedy = f"remove it from the image, and install {name} on the host"
    yield Finding(Rule.SCOPE, Severity.ERROR, label, reason, place, remedy)
