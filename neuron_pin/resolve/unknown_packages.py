"""Packages of a lock that look like Neuron's, or come from Neuron's own index, and are not in the
facts."""

from __future__ import annotations

from collections.abc import Iterable

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.family_names import is_name_of_form
from neuron_pin.policy import Ecosystem, Rule

from .resolution import LockedPackage


def describe_unknown_packages(packages: Iterable[LockedPackage], catalog: Catalog) -> list[str]:
    """NP510, a line for each: nothing is known of its phase, which may be a Beta."""
    own = catalog.repositories.pip
    lines = []
    for package in packages:
        name = package.key.name
        if name in catalog.packages or package.key.ecosystem is Ecosystem.SDK:
            continue
        if is_name_of_form(name, catalog) or _has_host(package.source, own):
            lines.append(
                f"{name} {package.version} is not in the facts of {catalog.announced}: whether it "
                "is stable or a Beta, and what it goes with, is not known "
                f"({Rule.NEWER_THAN_FACTS.identifier})"
            )
    return lines


def _has_host(url: str, other: str) -> bool:
    """Whether two addresses are on one host."""
    host = other.partition("//")[2].partition("/")[0].rpartition("@")[2].partition(":")[0].lower()
    if host not in url.lower():
        return False
    # Imported here: most locks have nothing from that host.
    from urllib.parse import urlsplit

    return urlsplit(url).hostname == urlsplit(other).hostname
