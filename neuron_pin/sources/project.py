"""What one index offers of one project to one target: a compact record, made once.

A project page has thousands of files and megabytes; a lock needs a version's best wheel
for the target.  The record is made when the page is first read, and read instead of it for
as long as the page is fresh.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from neuron_pin.errors import SourceFailed
from neuron_pin.target import Target, wheel_tags

from .http import keep
from .simple import ListedFile, WheelName, parse_sdist_name, parse_wheel_name

FORMAT = 1
"""Raised when the shape of a record changes; older ones are then made anew."""


class Offer(NamedTuple):
    """One version of a project, and its best file for the target.

    ``fits`` is false where no wheel's tags do; ``has_wheel`` where there is no wheel at
    all; the file is then empty.  ``metadata`` is 0 where no metadata file is served, else
    1, with its digest in ``metadata_sha256`` if known.
    """

    version: str
    requires_python: str
    yanked: str | None
    prerelease: bool
    has_wheel: bool
    fits: bool
    filename: str
    url: str
    sha256: str
    size: int | None
    metadata: int
    metadata_sha256: str


class Project(NamedTuple):
    """The offers of one project, newest first.  ``invalid`` are entries that no standard
    can read, as they stand in the index."""

    offers: tuple[Offer, ...]
    invalid: tuple[str, ...]


def make_project(files: list[ListedFile], name: str, target: Target) -> Project:
    """Sort a page's files into versions, newest first, best wheel each (PEP 425, 440)."""
    from packaging.tags import parse_tag
    from packaging.version import InvalidVersion, Version

    ranks = wheel_tags(target.python, target.platforms)
    rank_of: dict[str, int | None] = {}
    versions: dict[Version, list[tuple[int | None, str, ListedFile]]] = {}
    parsed_versions: dict[str, Version | None] = {}
    invalid: list[str] = []
    for file in files:
        wheel = parse_wheel_name(file.filename)
        written = wheel.version if wheel else parse_sdist_name(file.filename, name)
        if written is None or (wheel is not None and wheel.name != name):
            if file.filename.endswith(".whl"):
                invalid.append(file.filename)
            continue
        if written not in parsed_versions:
            try:
                parsed_versions[written] = Version(written)
            except InvalidVersion:
                parsed_versions[written] = None
        version = parsed_versions[written]
        if version is None:
            invalid.append(file.filename)
            continue
        rank: int | None = None
        if wheel is not None:
            if wheel.tags not in rank_of:
                found = [ranks[tag] for tag in parse_tag(wheel.tags) if tag in ranks]
                rank_of[wheel.tags] = min(found) if found else None
            rank = rank_of[wheel.tags]
        versions.setdefault(version, []).append((rank, "whl" if wheel else "", file))
    offers = [_offer(version, versions[version]) for version in sorted(versions, reverse=True)]
    return Project(tuple(offers), tuple(sorted(invalid)))


def _offer(version: Any, files: list[tuple[int | None, str, ListedFile]]) -> Offer:
    fitting = [(rank, file) for rank, _, file in files if rank is not None]
    fitting.sort(key=lambda pair: (pair[1].yanked is not None, pair[0], pair[1].filename))
    wheels = any(kind for _, kind, _ in files)
    # PEP 592 marks files; a version is yanked when all that could be used of it is.
    judged = [file for _, file in fitting] or [file for _, _, file in files]
    yanked = None
    if all(file.yanked is not None for file in judged):
        yanked = judged[0].yanked
    best = fitting[0][1] if fitting else None
    hashes = dict(best.hashes) if best else {}
    metadata = dict(best.metadata or ()) if best else {}
    return Offer(
        str(version),
        (best or judged[0]).requires_python,
        yanked,
        version.is_prerelease,
        wheels,
        best is not None,
        best.filename if best else "",
        best.url if best else "",
        hashes.get("sha256", ""),
        best.size if best else None,
        0 if best is None or best.metadata is None else 1,
        metadata.get("sha256", ""),
    )


def save_project(path: Path, project: Project, until: float) -> None:
    """Write a record."""
    document = {
        "format": FORMAT,
        "until": until,
        "offers": [list(offer) for offer in project.offers],
        "invalid": list(project.invalid),
    }
    keep(path, json.dumps(document, separators=(",", ":")).encode())


def load_project(path: Path, now: float, *, stale: bool) -> Project | None:
    """A record that is whole and fresh, or any whole one if ``stale`` will do."""
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != FORMAT or (document["until"] <= now and not stale):
            return None
        return Project(tuple(Offer(*row) for row in document["offers"]), tuple(document["invalid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def wheel_of(offer: Offer, source: str) -> WheelName:
    """The parts of an offer's file name; raises `SourceFailed` for an offer without one."""
    wheel = parse_wheel_name(offer.filename)
    if wheel is None:
        raise SourceFailed(source, f"{offer.version} has no wheel to read metadata from")
    return wheel
