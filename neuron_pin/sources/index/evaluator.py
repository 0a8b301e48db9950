"""From a project page to a record: files sorted into versions, the best wheel of each."""

from __future__ import annotations

import re

from packaging.version import InvalidVersion, Version

from neuron_pin.target import Target
from neuron_pin.target.tags import rank_tags

from .project_page import ListedFile, ProjectPage
from .project_record import IndexVersion, ProjectRecord
from .simple import parse_sdist_name, parse_wheel_name, wheel_parts


def make_project(page: ProjectPage, name: str, target: Target) -> ProjectRecord:
    """Sort a page's files into versions, newest first, best wheel each (PEP 425, 440)."""
    rank_of: dict[str, int | None] = {}
    written: dict[str, list[tuple[int | None, bool, int]]] = {}
    invalid: list[str] = []
    # A page has thousands of wheels, of hundreds of versions and with dozens of tags: a name whose
    # three parts have all stood in valid ones is not taken apart once more.
    spellings: set[str] = set()
    files_of: dict[str, list[tuple[int | None, bool, int]]] = {}
    ending: dict[str, int | None] = {}
    for number, filename in enumerate(page.names):
        spelling, _, rest = filename.partition("-")
        stated, _, end = rest.partition("-")
        if stated in files_of and end in ending and spelling in spellings:
            files_of[stated].append((ending[end], True, number))
            continue
        wheel = wheel_parts(filename)
        if wheel is not None:
            found, text, tags = wheel
            if found != name:
                invalid.append(filename)
                continue
            if tags not in rank_of:
                rank_of[tags] = rank_tags(tags, target.python, target.platforms)
            row = (rank_of[tags], True, number)
            spellings.add(spelling)
            ending[end] = rank_of[tags]
            files_of[stated] = written.setdefault(text, [])
        elif filename.endswith(".whl"):
            invalid.append(filename)
            continue
        else:
            version = parse_sdist_name(filename, name)
            if version is None:
                continue
            text, row = version, (None, False, number)
        written.setdefault(text, []).append(row)
    versions: dict[Version, list[tuple[int | None, bool, int]]] = {}
    for text, files in written.items():
        try:
            versions.setdefault(Version(text), []).extend(files)
        except InvalidVersion:
            invalid += [page.names[number] for _, _, number in files]
    rows = [
        list(_offer(page, version, versions[version])) for version in sorted(versions, reverse=True)
    ]
    return ProjectRecord(rows, sorted(invalid), page.status, page.reason, page.tracked_indexes)


def fitting_files(page: ProjectPage, name: str, version: str, target: Target) -> list[ListedFile]:
    """The wheels of one version that fit the target, best first; without one, its source
    distributions.  Yanked ones only where there is nothing else (PEP 592)."""
    wanted = Version(version)
    found: list[tuple[bool, bool, int, str, ListedFile]] = []
    for number, filename in enumerate(page.names):
        wheel = parse_wheel_name(filename)
        written = wheel.version if wheel else parse_sdist_name(filename, name)
        try:
            if written is None or Version(written) != wanted:
                continue
        except InvalidVersion:
            continue
        if wheel is not None and wheel.name != name:
            continue
        rank = 0 if wheel is None else rank_tags(wheel.tags, target.python, target.platforms)
        if rank is not None:
            file = page.file(number)
            found.append((file.yanked is not None, wheel is None, rank, filename, file))
    if not found:
        return []
    found.sort(key=lambda row: row[:4])
    return [row[4] for row in found if row[:2] == found[0][:2]]


def find_other_wheel(page: ProjectPage, name: str, version: str, machine: str) -> ListedFile | None:
    """A wheel of a version for another target, or none: one for Linux, a machine and CPython if
    there is one, and the newest Python.  What is for Python 2 says nothing of Python 3."""
    wanted = Version(version)
    found: list[tuple[bool, bool, bool, int, str, int]] = []
    for number, filename in enumerate(page.names):
        wheel = parse_wheel_name(filename)
        try:
            if wheel is None or wheel.name != name or Version(wheel.version) != wanted:
                continue
        except InvalidVersion:
            continue
        python, _, rest = wheel.tags.partition("-")
        minor = re.search(r"[cp][py]3(\d*)", python)
        if minor is not None:
            found.append(
                (
                    "linux" in rest,
                    machine in rest,
                    python.startswith("cp"),
                    int(minor[1] or 0),
                    filename,
                    number,
                )
            )
    return page.file(max(found)[5]) if found else None


def _offer(
    page: ProjectPage, version: Version, entries: list[tuple[int | None, bool, int]]
) -> IndexVersion:
    # Those that fit the target; else the source distributions; else whatever there is.
    judged = [(rank, number) for rank, _, number in entries if rank is not None]
    fits = bool(judged)
    is_sdist = False
    if not fits:
        sdists = [(0, number) for _, is_wheel, number in entries if not is_wheel]
        is_sdist = bool(sdists)
        judged = sdists or [(0, number) for _, _, number in entries]
    number = judged[0][1]
    if len(judged) > 1:
        names, yanked = page.names, page.yanked
        number = min((yanked(n) is not None, rank, names[n], n) for rank, n in judged)[3]
    first = page.file(number)
    uploaded = first.uploaded
    if len(judged) > 1:
        uploaded = min((found for _, n in judged if (found := page.uploaded(n))), default="")
    is_usable = fits or is_sdist
    return IndexVersion(
        str(version),
        first.requires_python,
        # PEP 592 marks files; a version is yanked when all that could be used of it is.
        first.yanked,
        version.is_prerelease,
        fits or any(is_wheel for _, is_wheel, _ in entries),
        fits,
        first.filename if is_usable else "",
        first.url if is_usable else "",
        _sha256(first.hashes) if is_usable else "",
        first.size if is_usable else None,
        1 if is_usable and first.metadata is not None else 0,
        _sha256(first.metadata) if is_usable and first.metadata else "",
        uploaded,
        is_sdist,
    )


def _sha256(hashes: tuple[tuple[str, str], ...]) -> str:
    return next((digest for name, digest in hashes if name == "sha256"), "")
