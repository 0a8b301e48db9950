"""Where locks and requirements say that a Neuron package is taken from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.inputs.requirements.specifier import admits
from neuron_pin.policy import Ecosystem, Rule

from .finding import Finding, Severity
from .requirements import select_neuron

PYPI = ("pypi.org", "files.pythonhosted.org", "pypi.python.org", "test.pypi.org")
"""Hosts on which anybody can have taken a name that Neuron's index has."""


def describe_lack(indexes: Iterable[str]) -> str:
    """Why indexes, as somebody names them, have no Neuron packages: there are none, or they are
    PyPI; empty for others, each of which may be Neuron's or a mirror of it."""
    named = list(indexes)
    if any(_find_host(index) not in PYPI for index in named):
        return ""
    return "no index but PyPI is named" if named else "no index is named"


def _find_host(address: str) -> str:
    # Imported late: few files name an address.
    from urllib.parse import urlsplit

    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def check_sources(
    stated: Iterable[DetectedPackage], catalog: Catalog, mirrors: Collection[str]
) -> Iterator[Finding]:
    """NP401: Neuron packages from somewhere else than Neuron's index: an error for PyPI, a
    warning for an index that nobody named as a mirror.

    ``mirrors`` are the addresses of the indexes that the user names as Neuron's, without
    credentials.
    """
    for statement in select_neuron(stated, catalog):
        if statement.key.ecosystem is not Ecosystem.PIP or "://" not in statement.source:
            continue
        package = catalog.packages.get(statement.key.name)
        first = package.public_from if package is not None else ""
        if first and (first == "0" or admits(f">={first}", statement.version or first)):
            continue
        from neuron_pin.sources.http.urls import is_address, redact_url

        # An address of a file is what somebody installs, one of an index what a lock names.
        is_file = re.search(r"\.(?:whl|tar\.gz|zip)(?:[#?]|$)|#|^git\+", statement.source)
        taken = "locked" if statement.version and not is_file else "installed"
        subject = f"{statement.key.name} {statement.version}".rstrip()
        if not is_address(statement.source):
            # Not printed: where such an address keeps a password cannot be told.
            reason = f"{taken} from an address that cannot be read"
            remedy = f"take it from {catalog.repositories.pip}"
            yield Finding(
                Rule.UNTRUSTED_INDEX, Severity.WARNING, subject, reason, statement.place, remedy
            )
            continue
        source = redact_url(statement.source)
        place, host = _find_host(source), _find_host(catalog.repositories.pip)
        if not place or place == host or any(_is_below(source, mirror) for mirror in mirrors):
            continue
        if place in PYPI:
            severity, reason = Severity.ERROR, f"{taken} from {source}, not from {host}"
            remedy = f"take it from {catalog.repositories.pip}"
        else:
            severity, reason = (
                Severity.WARNING,
                f"{taken} from {source}, which is not Neuron's index",
            )
            remedy = "name the index with --neuron-index-url if it is your mirror"
        yield Finding(Rule.UNTRUSTED_INDEX, severity, subject, reason, statement.place, remedy)


def _is_below(source: str, mirror: str) -> bool:
    base = mirror.rstrip("/")
    return source.rstrip("/") == base or source.startswith(f"{base}/")
