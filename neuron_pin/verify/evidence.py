"""What the indexes say about each package of a lock, gathered before anything is judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from packaging.markers import InvalidMarker, Marker
from packaging.tags import Tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from .environment import Environment
from .index import Indexes, Measured, TooLarge
from .lockfile import Lock, LockedFile, LockedPackage, without_credentials
from .metadata import Metadata, Unreadable
from .pages import ListedFile, Page
from .transport import Absent, Unreachable
from .verdict import Gap, Reason, Subject

NEURON_INDEX = "https://pip.repos.neuron.amazonaws.com"
PUBLIC = frozenset({"https://pypi.org/simple", "https://pypi.python.org/simple"})
"""Where anybody may publish: never Neuron's index, whatever a lock takes from there."""
THREADS = 8


class Sources(NamedTuple):
    """What is asked: no indexes for nothing.

    ``public_index`` and ``neuron_index`` take the place of the recorded ones, empty for those;
    ``files`` says that every file is read whole.
    """

    indexes: Indexes | None
    public_index: str = ""
    neuron_index: str = ""
    files: bool = False


class FileName(NamedTuple):
    """What a file's name says; ``tags`` are none for a source distribution."""

    project: str
    version: Version
    tags: frozenset[Tag] | None
    build: tuple[int, str] | tuple[()] = ()


class Evidence(NamedTuple):
    """What is known of one package.

    ``listed`` are the files that the index lists of its version, none where the index did not
    tell; ``absent`` says that it answered and has none.  ``used`` is the file that an installer
    would take.  ``mirrored`` says that another index was asked than the lock records.
    ``elsewhere`` is Neuron's index if that has the package, and the lock takes it elsewhere.
    """

    subject: Subject
    row: LockedPackage
    listed: tuple[ListedFile, ...] | None = None
    absent: str = ""
    status: str = "active"
    used: ListedFile | None = None
    metadata: Metadata | None = None
    measured: Mapping[str, Measured | None] = {}
    mirrored: bool = False
    elsewhere: str = ""
    gaps: tuple[Gap, ...] = ()

    @property
    def applies(self) -> bool:
        """Whether an installer takes the row for the lock's target, as far as can be told."""
        return all(gap.reason is not Reason.OTHER_ENVIRONMENT for gap in self.gaps)


def rows_in_force(evidence: Iterable[Evidence]) -> dict[str, Evidence]:
    """By name, the Python package that counts for the target: of several rows of one name, which
    a lock for several targets has, the first whose marker holds there, or may hold."""
    found: dict[str, Evidence] = {}
    for each in evidence:
        if each.row.ecosystem == "pip" and each.applies:
            found.setdefault(each.row.name, each)
    return found


def file_name(filename: str) -> FileName | None:
    """What a file's name says; none if it is neither a wheel nor a source distribution."""
    try:
        if filename.endswith(".whl"):
            name, version, build, tags = parse_wheel_filename(filename)
            return FileName(name, version, tags, build)
        sdist, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion, ValueError):
        return None
    return FileName(sdist, version, None)


def subject_of(row: LockedPackage) -> Subject:
    """The package of a row, as it is spoken of."""
    return Subject(row.ecosystem, row.name, row.version, row.place)


def same_version(locked: str, found: Version) -> bool:
    """Whether that is the locked version; one without a local part stands for any build."""
    try:
        wanted = Version(locked)
    except ValueError:
        # Not a version, or a number of more digits than Python reads.
        return False
    return wanted == found or (wanted.local is None and wanted == Version(found.public))


def gather(lock: Lock, environment: Environment, sources: Sources) -> list[Evidence]:
    """Ask the indexes about every package, some at once; one piece of evidence a row."""
    if sources.indexes is None:
        return [_offline(row, environment) for row in lock.packages]
    look = _Look(lock, environment, sources, sources.indexes)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(look, lock.packages))


def _offline(row: LockedPackage, environment: Environment) -> Evidence:
    reason, detail = Reason.OFFLINE, ""
    if row.ecosystem != "pip":
        reason = Reason.SYSTEM_PACKAGE
    elif _is_elsewhere(row, environment):
        reason, detail = Reason.OTHER_ENVIRONMENT, row.marker
    subject = subject_of(row)
    return Evidence(subject, row, gaps=(Gap(reason, subject, detail),))


def _is_elsewhere(row: LockedPackage, environment: Environment) -> bool:
    """Whether the row's marker is for another target."""
    return bool(row.marker) and environment.holds(_marker(row.marker)) is False


class _Look:
    """Looks at one package after the other; threads share it."""

    def __init__(
        self, lock: Lock, environment: Environment, sources: Sources, indexes: Indexes
    ) -> None:
        self._environment, self._sources, self._indexes = environment, sources, indexes
        self._neuron = _neuron_index(lock)
        self._asks_neuron = any(_same(row.index, self._neuron) for row in lock.packages)

    def __call__(self, row: LockedPackage) -> Evidence:
        subject = subject_of(row)
        gaps: list[Gap] = []

        def gap(reason: Reason, detail: object = "") -> None:
            gaps.append(Gap(reason, subject, str(detail)))

        found = Evidence(subject, row)
        if row.ecosystem != "pip":
            gap(Reason.SYSTEM_PACKAGE)
        elif _is_elsewhere(row, self._environment):
            gap(Reason.OTHER_ENVIRONMENT, row.marker)
        elif row.direct:
            gap(Reason.DIRECT)
        else:
            found = self._look(found, gap)
        if self._sources.files:
            found = found._replace(measured=self._measure(found, gap))
        return found._replace(gaps=tuple(gaps))

    def _look(self, found: Evidence, gap: Callable[..., None]) -> Evidence:
        row = found.row
        index = self._address(row)
        found = found._replace(mirrored=bool(index) and not _same(index, row.index))
        page: Page | None = None
        if not index:
            gap(Reason.NO_INDEX)
        else:
            try:
                page = self._indexes.page(index, row.name)
            except Absent:
                found = found._replace(absent=without_credentials(index), listed=())
            except Unreachable as error:
                gap(Reason.UNREACHABLE, error)
        if page is not None:
            listed = tuple(file for file in page.files if _is_of(file.filename, row))
            found = found._replace(
                listed=listed,
                absent="" if listed else without_credentials(index),
                status=page.status,
                used=self._used(row, listed),
            )
        if found.used is not None:
            found = found._replace(metadata=self._metadata(found.used, gap))
        if not row.files:
            gap(Reason.NO_FILES)
        if row.kind in ("extension", "standalone") or ("neuron" in row.name and self._asks_neuron):
            found = found._replace(elsewhere=self._elsewhere(row, gap))
        return found

    def _address(self, row: LockedPackage) -> str:
        """The index to ask for a package: the recorded one, or what takes its place."""
        is_neuron = _same(row.index, self._neuron)
        if is_neuron or (row.kind in ("extension", "standalone") and not row.index):
            return self._sources.neuron_index or row.index
        return self._sources.public_index or row.index

    def _used(self, row: LockedPackage, listed: tuple[ListedFile, ...]) -> ListedFile | None:
        """The file that an installer takes of those that the lock has, or of all that fit."""
        names = {file.filename for file in row.files}
        candidates = []
        for file in listed:
            parsed = file_name(file.filename)
            if parsed is None or (names and file.filename not in names):
                continue
            rank = 0 if parsed.tags is None else self._environment.rank(parsed.tags)
            if rank is not None:
                build = parsed.build or (0, "")
                order = (
                    file.yanked is not None, parsed.tags is None, rank, -build[0], file.filename,
                )  # fmt: skip
                candidates.append((order, file))
        return min(candidates, key=lambda pair: pair[0])[1] if candidates else None

    def _metadata(self, file: ListedFile, gap: Callable[..., None]) -> Metadata | None:
        if not file.filename.endswith(".whl"):
            gap(Reason.NO_METADATA, f"{file.filename} is a source distribution")
            return None
        try:
            return self._indexes.metadata(file)
        except Unreadable as error:
            gap(Reason.NO_METADATA, error)
        except Absent as error:
            gap(Reason.UNREACHABLE, f"{error}: listed by the index, and not there")
        except Unreachable as error:
            gap(Reason.UNREACHABLE, error)
        return None

    def _elsewhere(self, row: LockedPackage, gap: Callable[..., None]) -> str:
        """Neuron's index, if the lock takes from another one what that has."""
        if not row.index or row.index.startswith("file:") or _same(row.index, self._neuron):
            # A folder of files was named by whoever made the lock.
            return ""
        index = self._sources.neuron_index or self._neuron
        try:
            page = self._indexes.page(index, row.name)
        except Absent:
            return ""
        except Unreachable as error:
            gap(Reason.UNREACHABLE, f"whether Neuron's index has it: {error}")
            return ""
        return without_credentials(index) if page.files else ""

    def _measure(self, found: Evidence, gap: Callable[..., None]) -> dict[str, Measured | None]:
        """Every file by its place, none for one that is larger than stated."""
        by_name = {file.filename: file for file in found.listed or ()}
        measured: dict[str, Measured | None] = {}
        for file in found.row.files:
            listed = by_name.get(file.filename)
            url = file.url
            if listed is not None and found.mirrored:
                url = listed.url
            elif not file.path and not self._may_read(found, file, listed):
                continue
            algorithms = {name for name, _ in (*file.hashes, *(listed.hashes if listed else ()))}
            limit = file.size if file.size is not None else listed.size if listed else None
            try:
                measured[file.place] = self._indexes.measure(
                    url, file.path, file.filename, algorithms, limit
                )
            except TooLarge:
                measured[file.place] = None
            except (Absent, Unreachable) as error:
                gap(Reason.UNREACHABLE, error)
        return measured

    def _may_read(self, found: Evidence, file: LockedFile, listed: ListedFile | None) -> bool:
        """Whether the index lists a file at its address; a lock names no other file of this
        machine, and one of another host only where the index does not tell."""
        if listed is None:
            return not file.url.startswith("file:") and found.listed is None
        return listed.url == without_credentials(file.url)


def _marker(text: str) -> Marker | None:
    try:
        return Marker(text)
    except (InvalidMarker, ValueError, RecursionError):
        return None


def _is_of(filename: str, row: LockedPackage) -> bool:
    parsed = file_name(filename)
    return (
        parsed is not None
        and parsed.project == row.name
        and same_version(row.version, parsed.version)
    )


def _same(index: str, other: str) -> bool:
    return index.rstrip("/") == other.rstrip("/")


def _neuron_index(lock: Lock) -> str:
    """The index that the lock records as Neuron's: the known one, else the one that most of
    Neuron's packages are from."""
    recorded = Counter(
        row.index.rstrip("/")
        for row in lock.packages
        if row.ecosystem == "pip" and row.kind in ("extension", "standalone") and row.index
    )
    recorded = Counter({index: n for index, n in recorded.items() if index not in PUBLIC})
    if NEURON_INDEX in recorded or not recorded:
        return NEURON_INDEX
    return recorded.most_common(1)[0][0]
