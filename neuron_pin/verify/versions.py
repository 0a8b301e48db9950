"""Versions and specifiers; what ``packaging`` cannot read is not one.

Besides its own errors it raises `ValueError` for a number of more digits than Python reads, some
only when a version is compared.
"""

from __future__ import annotations

import re

from packaging.markers import InvalidMarker, Marker
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import Version

_NAMES = {
    "pip": re.compile("[a-z0-9]+(?:-[a-z0-9]+)*"),
    # Debian policy, 5.6.1.
    "apt": re.compile("[a-z0-9][a-z0-9+.-]+"),
    # What rpmbuild takes: rpm-spec(5), "Name".
    "rpm": re.compile("[A-Za-z0-9_][A-Za-z0-9._+-]*"),
}
_SYSTEM_VERSIONS = {
    # deb-version(7): a digit first in the upstream version; no dash in it without a revision.
    "apt": re.compile(
        r"(?:\d{1,10}:)?\d[A-Za-z0-9.+~]*(?:-[A-Za-z0-9.+~-]*[A-Za-z0-9.+~])?", re.ASCII
    ),
    # rpm-version(7): no dash in a version nor in a release.
    "rpm": re.compile(
        r"(?:\d{1,10}:)?[A-Za-z0-9][A-Za-z0-9._+~^]*(?:-[A-Za-z0-9._+~^]+)?", re.ASCII
    ),
}


def parse_version(text: str) -> Version | None:
    """A version (PEP 440); none for what is not one, white space around it included."""
    try:
        found = Version(text)
        # Numbers are converted when they are compared.
        _ = found < found
    except ValueError:
        return None
    return found if text == text.strip() else None


def parse_marker(text: str) -> Marker | None:
    """A marker (PEP 508), none for what is not one."""
    try:
        return Marker(text)
    except (InvalidMarker, ValueError, RecursionError):
        return None


def admits(specifier: SpecifierSet, version: str) -> bool:
    """Whether a range allows a version, prereleases included; nothing allows an invalid version."""
    found = parse_version(version)
    try:
        return found is not None and specifier.contains(found, prereleases=True)
    except ValueError:
        return False


def same_version(locked: str, found: Version) -> bool:
    """Whether that is the locked version; one without a local part matches any build."""
    wanted = parse_version(locked)
    if wanted is None:
        return False
    try:
        return wanted == found or (wanted.local is None and wanted == Version(found.public))
    except ValueError:
        return False


def is_name(ecosystem: str, name: str) -> bool:
    """Whether a package of that ecosystem may have the name, in this spelling."""
    pattern = _NAMES.get(ecosystem)
    return pattern is None or pattern.fullmatch(name) is not None


def is_version(ecosystem: str, version: str) -> bool:
    """Whether a package of that ecosystem may have the version."""
    pattern = _SYSTEM_VERSIONS.get(ecosystem)
    if pattern is not None:
        return pattern.fullmatch(version) is not None
    return parse_version(version) is not None


def same_spelling(ecosystem: str, name: str, version: str) -> tuple[str, str, str]:
    """A key that is equal for every spelling of a package and a version of it.

    PEP 503 and PEP 440 for Python packages; for the others no epoch is epoch 0.
    """
    if ecosystem in ("apt", "rpm"):
        return ecosystem, name, version.removeprefix("0:")
    parsed = parse_version(version.strip())
    if parsed is None:
        return ecosystem, canonicalize_name(name), version
    return ecosystem, canonicalize_name(name), canonicalize_version(parsed)
