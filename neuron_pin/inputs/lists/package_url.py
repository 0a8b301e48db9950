"""Package URLs (purl): which package of which ecosystem is meant.

Source: package-url specification (ECMA-427), and its types pypi, deb, rpm and conda.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

_ECOSYSTEMS = {
    "pypi": Ecosystem.PIP,
    "conda": Ecosystem.PIP,
    "deb": Ecosystem.APT,
    "rpm": Ecosystem.RPM,
}
MAX_LENGTH = 4096


class PackageUrl(NamedTuple):
    """A package; its version is empty where none is stated, ``source`` is the index that it is
    from, empty for unknown."""

    ecosystem: Ecosystem
    name: str
    version: str
    source: str = ""


def parse_package_url(text: str) -> PackageUrl | None:
    """The package that a purl names; none for other ecosystems, and for what is no purl."""
    if len(text) > MAX_LENGTH or not text.lower().startswith("pkg:"):
        return None
    body = text[4:].lstrip("/").partition("#")[0]
    body, _, qualifiers = body.partition("?")
    kind, _, path = body.partition("/")
    ecosystem = _ECOSYSTEMS.get(kind.lower())
    last = path.strip("/").rpartition("/")[2]
    name, _, version = last.partition("@")
    if ecosystem is None or not name:
        return None
    stated = dict(parse_qsl(qualifiers)) if len(qualifiers) < MAX_LENGTH else {}
    source = stated.get("repository_url", "") or stated.get("download_url", "")
    if source and "://" not in source:
        source = f"https://{source}"
    return PackageUrl(ecosystem, unquote(name), unquote(version), source)
