"""Package URLs of what was found.

Source: the purl specification and its definitions of the types pypi, deb and rpm: deb and rpm
have the distribution as namespace, an rpm's epoch is a qualifier, and ``repository_url`` says
that a package is not from the type's default registry.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.inputs.requirements.specifier import admits
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.urls import is_address, redact_url

from .package_source import PYPI
from .requirements import is_neuron

if TYPE_CHECKING:
    from packageurl import PackageURL

_TYPES = {Ecosystem.PIP: "pypi", Ecosystem.APT: "deb", Ecosystem.RPM: "rpm"}
_VENDORS = {Ecosystem.APT: "debian", Ecosystem.RPM: "amzn"}
"""Where nothing says which system it is; the types require one."""
_FILE = re.compile(r"\.(?:whl|tar\.gz|zip)$")


class Identified(NamedTuple):
    """A package as bills of materials have it."""

    name: str
    version: str
    purl: PackageURL


def list_identified(stated: Iterable[DetectedPackage], catalog: Catalog) -> list[Identified]:
    """Every exact version once, sorted.  Raises `ImportError` as `make_purl` does."""
    found: dict[str, Identified] = {}
    for each in stated:
        purl = make_purl(each, catalog)
        if purl is not None:
            found[purl.to_string()] = Identified(each.key.name, each.version, purl)
    return [found[text] for text in sorted(found)]


def make_purl(stated: DetectedPackage, catalog: Catalog) -> PackageURL | None:
    """The package URL of an exact version; none for a range, and for what is no package.

    Needs ``packageurl``; raises `ImportError`.
    """
    from packageurl import PackageURL

    kind = _TYPES.get(stated.key.ecosystem)
    if kind is None or not stated.version:
        return None
    version, qualifiers = stated.version, _locate(stated, catalog)
    if stated.key.ecosystem is Ecosystem.RPM:
        epoch, colon, rest = version.partition(":")
        if colon and epoch.isdecimal():
            version = rest
            if int(epoch):
                qualifiers["epoch"] = str(int(epoch))
    namespace = stated.vendor or _VENDORS.get(stated.key.ecosystem)
    return PackageURL(
        type=kind,
        namespace=namespace if kind != "pypi" else None,
        name=stated.key.name,
        version=version,
        qualifiers=qualifiers or None,
    )


def _locate(stated: DetectedPackage, catalog: Catalog) -> dict[str, str]:
    """Where the package is from, unless it is from the default registry of its type: what is said
    of it, else for a Neuron package Neuron's repository, so that it is never taken for one of the
    same name on PyPI."""
    ecosystem, source = stated.key.ecosystem, stated.source
    if "://" in source and is_address(source):
        address = redact_url(source).partition("#")[0]
        parts = urlsplit(address)
        if source.startswith(("git+", "hg+", "svn+", "bzr+")):
            return {"vcs_url": address}
        if _FILE.search(parts.path) or parts.scheme == "file":
            return {"download_url": address}
        if parts.hostname:
            return {} if parts.hostname in PYPI else {"repository_url": address.rstrip("/")}
    package = catalog.packages.get(stated.key.name)
    if not is_neuron(package) or package is None:
        return {}
    if ecosystem is Ecosystem.PIP:
        first = package.public_from
        if first and (first == "0" or admits(f">={first}", stated.version)):
            return {}
    return {"repository_url": catalog.repositories.of(ecosystem).rstrip("/")}
