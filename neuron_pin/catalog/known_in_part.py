"""Releases that are newer than the release manifest: what is said of them, and of their versions.

Dates and some versions of such a release are public, and not which packages belong together: it
is never chosen.  Imports nothing that a lock has not loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

from .catalog import Catalog
from .facts import Release, same_public
from .parts import KnownPart


def describe_known_part(catalog: Catalog, release: Release) -> str:
    """What is known of a release beside its date: ``known in part: 10 packages, for trn1``."""
    parts = [part for part in catalog.parts if part.sdk == release.sdk]
    if not parts:
        return f"known by its date alone ({release.date}), not by its packages"
    families = sorted({family for part in parts for family in part.instances})
    count = len({part.package for part in parts})
    return f"known in part: {count} packages, for {', '.join(families)} alone"


def describe_completion(catalog: Catalog) -> str:
    """How to get the whole of it, as a hint; and what can be locked meanwhile."""
    newest = next((release.sdk for release in catalog.releases if release.listed), "")
    return (
        "neuron-pin catalog update fetches the rest once it is published, catalog import takes the "
        f"release manifest from a file; SDK {newest} is the newest that can be locked"
    )


def list_newer_in_part(catalog: Catalog, as_of: date) -> tuple[Release, ...]:
    """The releases of a day that are newer than those known in full, newest first."""
    return tuple(r for r in catalog.releases if r.in_part and r.date <= as_of)


def describe_newer_releases(catalog: Catalog, as_of: date) -> str:
    """That there are releases which no lock takes yet, in a sentence; empty for none."""
    newer = list_newer_in_part(catalog, as_of)
    if not newer:
        return ""
    named = " and ".join(f"{release.sdk} ({release.date})" for release in newer)
    return f"SDK {named} came later and {'is' if len(newer) == 1 else 'are'} known in part"


def find_parts(
    catalog: Catalog, name: str, admits: Callable[[str], bool], as_of: date
) -> list[KnownPart]:
    """What releases known in part, of a day or before, have of a package in versions that are
    admitted, newest release first."""
    return [
        part
        for release in list_newer_in_part(catalog, as_of)
        for part in catalog.parts
        if part.sdk == release.sdk and part.package == name and admits(part.version)
    ]


def find_part(catalog: Catalog, name: str, version: str, as_of: date) -> KnownPart | None:
    """What says that a release known in part, of a day or before, ships a version, which may have
    a build behind it; none where nothing does."""
    found = find_parts(catalog, name, lambda listed: same_public(listed, version), as_of)
    return found[0] if found else None


def describe_parts(parts: Iterable[KnownPart], catalog: Catalog) -> str:
    """Of which release known in part each version is, in a sentence; empty for none."""
    return "; ".join(
        f"{part.package} {part.version} is of SDK {part.sdk} ({catalog.dates[part.sdk]}), known "
        f"in part [{part.source}]"
        for part in parts
    )
