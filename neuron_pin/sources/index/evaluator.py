"""From a project page to a record: files sorted into versions, the best wheel of each."""

from __future__ import annotations

from packaging.tags import Tag, parse_tag
from packaging.version import InvalidVersion, Version

from neuron_pin.target import Target
from neuron_pin.target.tags import wheel_tags

from .project_record import IndexVersion, ProjectRecord
from .simple import ListedFile, ProjectPage, parse_sdist_name, parse_wheel_name, wheel_parts


def make_project(page: ProjectPage, name: str, target: Target) -> ProjectRecord:
    """Sort a page's files into versions, newest first, best wheel each (PEP 425, 440)."""
    ranks = wheel_tags(target.python, target.platforms)
    rank_of: dict[str, int | None] = {}
    written: dict[str, list[tuple[int | None, bool, int]]] = {}
    invalid: list[str] = []
    for number, filename in enumerate(page.names):
        wheel = wheel_parts(filename)
        text = wheel[1] if wheel else parse_sdist_name(filename, name)
        if text is None or (wheel is not None and wheel[0] != name):
            if filename.endswith(".whl"):
                invalid.append(filename)
            continue
        rank: int | None = None
        if wheel is not None:
            tags = wheel[2]
            if tags not in rank_of:
                rank_of[tags] = _rank(tags, ranks)
            rank = rank_of[tags]
        written.setdefault(text, []).append((rank, wheel is not None, number))
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
    ranks = wheel_tags(target.python, target.platforms)
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
        rank = 0 if wheel is None else _rank(wheel.tags, ranks)
        if rank is not None:
            file = page.file(number)
            found.append((file.yanked is not None, wheel is None, rank, filename, file))
    if not found:
        return []
    found.sort(key=lambda row: row[:4])
    return [row[4] for row in found if row[:2] == found[0][:2]]


def _rank(tags: str, ranks: dict[Tag, int]) -> int | None:
    """The best rank of a wheel's tags, none if it does not fit.  Real indexes have tags that
    are none (``py36+-none-any``): no installer would take such a wheel."""
    try:
        found = [ranks[tag] for tag in parse_tag(tags) if tag in ranks]
    except ValueError:
        return None
    return min(found) if found else None


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
    judged.sort(key=lambda pair: (page.yanked(pair[1]) is not None, pair[0], page.names[pair[1]]))
    first = page.file(judged[0][1])
    best = first if fits or is_sdist else None
    hashes = dict(best.hashes) if best else {}
    metadata = dict(best.metadata or ()) if best else {}
    return IndexVersion(
        str(version),
        first.requires_python,
        # PEP 592 marks files; a version is yanked when all that could be used of it is.
        first.yanked,
        version.is_prerelease,
        any(is_wheel for _, is_wheel, _ in entries),
        fits,
        best.filename if best else "",
        best.url if best else "",
        hashes.get("sha256", ""),
        best.size if best else None,
        0 if best is None or best.metadata is None else 1,
        metadata.get("sha256", ""),
        min((uploaded for _, n in judged if (uploaded := page.uploaded(n))), default=""),
        is_sdist,
    )
