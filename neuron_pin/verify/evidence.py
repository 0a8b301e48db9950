"""What the indexes say about each package of a lock, gathered before anything is judged."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from packaging.tags import Tag
from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from neuron_pin.record import NamedTuple

from . import neuron
from .addresses import is_of_machine, is_same_index, normalize_address, without_credentials
from .command import recorded_neuron_index
from .environment import Environment
from .index import Indexes, Measured, TooLarge
from .lockfile import Lock, LockedFile, LockedPackage
from .metadata import Metadata, Unreadable
from .pages import ListedFile, Page
from .transport import Absent, Unreachable
from .verdict import Gap, Reason, Subject
from .versions import is_name, parse_marker, same_version

THREADS = 8


class Sources(NamedTuple):
    """What is asked: no indexes for nothing.

    ``public_index`` and ``neuron_index`` take the place of the recorded ones, empty for those;
    ``files`` says that every file is read whole.  ``neuron_mirrors`` are what else the user calls
    Neuron's index.
    """

    indexes: Indexes | None
    public_index: str = ""
    neuron_index: str = ""
    files: bool = False
    neuron_mirrors: tuple[str, ...] = ()


class FileName(NamedTuple):
    """What a file's name says; ``tags`` are none for a source distribution."""

    project: str
    version: Version
    tags: frozenset[Tag] | None
    build: tuple[int, str] | tuple[()] = ()


class Evidence(NamedTuple):
    """What is known of one package.

    ``applies`` says whether the row is for the target, none where that cannot be told.
    ``listed`` are the files that the index lists of its version, none where the index did not
    tell; ``absent`` says that it answered and has none.  ``used`` is the file that an installer
    would take.  ``mirrored`` says that another index was asked than the lock records.
    ``elsewhere`` is Neuron's index if the package is its, and the lock takes it elsewhere.
    """

    subject: Subject
    row: LockedPackage
    applies: bool | None = True
    listed: tuple[ListedFile, ...] | None = None
    absent: str = ""
    status: str = "active"
    used: ListedFile | None = None
    metadata: Metadata | None = None
    measured: Mapping[str, Measured | None] = {}
    mirrored: bool = False
    elsewhere: str = ""
    gaps: tuple[Gap, ...] = ()


def file_name(filename: str) -> FileName | None:
    """What a file's name says; none if it is neither a wheel nor a source distribution."""
    try:
        if filename.endswith(".whl"):
            name, version, build, tags = parse_wheel_filename(filename)
            return FileName(name, version, tags, build)
        sdist, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
        return None
    return FileName(sdist, version, None)


def subject_of(row: LockedPackage) -> Subject:
    """The package of a row, as it is spoken of."""
    return Subject(row.ecosystem, row.name, row.version, row.place)


def gather(lock: Lock, environment: Environment, sources: Sources) -> list[Evidence]:
    """Ask the indexes about every package, some at once; one piece of evidence a row."""
    look = _Look(lock, environment, sources)
    if sources.indexes is None:
        return [look.without_indexes(row) for row in lock.packages]
    ask = _Ask(look, sources.indexes)
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(ask, lock.packages))


class _Look:
    """What the lock alone tells of a row."""

    def __init__(self, lock: Lock, environment: Environment, sources: Sources) -> None:
        self.environment, self.sources = environment, sources
        self._groups = frozenset(lock.groups)
        recorded = recorded_neuron_index(lock)
        self.neuron_index = sources.neuron_index or recorded or neuron.INDEX
        self.neuron_indexes = tuple(
            dict.fromkeys(
                index
                for index in (
                    self.neuron_index, recorded, neuron.INDEX, *sources.neuron_mirrors,
                )
                if index
            )
        )  # fmt: skip
        self.asks_neuron = any(
            is_same_index(row.index, index)
            for row in lock.packages
            for index in self.neuron_indexes
        )

    def __call__(self, row: LockedPackage) -> Evidence:
        """Whether it is for the target, and from the right index."""
        subject = subject_of(row)
        applies, gaps = self._applies(row), []
        if applies is False:
            gaps.append(Gap(Reason.OTHER_ENVIRONMENT, subject, row.marker))
        elif applies is None:
            open_patch = len(set(self.environment.pythons)) > 1
            reason = Reason.UNKNOWN_PYTHON if open_patch else Reason.UNREADABLE_REQUIREMENT
            gaps.append(Gap(reason, subject, row.marker))
        wrong = applies is not False and neuron.is_elsewhere(row, self.neuron_indexes)
        elsewhere = without_credentials(self.neuron_index) if wrong else ""
        return Evidence(subject, row, applies, elsewhere=elsewhere, gaps=tuple(gaps))

    def without_indexes(self, row: LockedPackage) -> Evidence:
        """The same, and that nothing was asked."""
        reason = Reason.OFFLINE if row.ecosystem == "pip" else Reason.SYSTEM_PACKAGE
        found = self(row)
        return found._replace(gaps=(*found.gaps, Gap(reason, found.subject, "")))

    def _applies(self, row: LockedPackage) -> bool | None:
        if not row.marker:
            return True
        marker = parse_marker(row.marker)
        return None if marker is None else self.environment.selects(marker, self._groups)


class _Ask:
    """Asks about one package after the other; threads share it."""

    def __init__(self, look: _Look, indexes: Indexes) -> None:
        self._look, self._indexes = look, indexes
        self._environment, self._sources = look.environment, look.sources

    def __call__(self, row: LockedPackage) -> Evidence:
        found = self._look(row)
        gaps = list(found.gaps)

        def gap(reason: Reason, detail: object = "") -> None:
            gaps.append(Gap(reason, found.subject, str(detail)))

        if row.ecosystem != "pip":
            gap(Reason.SYSTEM_PACKAGE)
        elif found.applies is not False and not row.direct and is_name("pip", row.name):
            # An invalid name is reported as such, and no index is asked for it.
            found = self._asked(found, gap)
        if self._sources.files:
            found = found._replace(measured=self._measure(found, gap))
        elif found.applies is not False:
            self._look_beside(row, gap)
        if row.direct and found.applies is not False:
            found = self._direct(found, gap)
        return found._replace(gaps=tuple(gaps))

    def _direct(self, found: Evidence, gap: Callable[..., None]) -> Evidence:
        """A package of no index: its requirements are in the one wheel beside the lock that
        an installer takes, if that was read."""
        local = [
            (rank, file)
            for file in found.row.files
            if (rank := self._rank(file.filename)) is not None and file.path
        ]
        read = [
            measured.metadata
            for _, file in sorted(local, key=lambda pair: pair[0])
            if (measured := found.measured.get(file.place)) is not None
        ]
        if read and read[0] is not None and all(file.path for file in found.row.files):
            return found._replace(metadata=read[0])
        gap(Reason.DIRECT)
        return found

    def _rank(self, filename: str) -> int | None:
        parsed = file_name(filename)
        tags = parsed.tags if parsed is not None else None
        return self._environment.rank(tags) if tags is not None else None

    def _look_beside(self, row: LockedPackage, gap: Callable[..., None]) -> None:
        """Whether the files that lie beside the lock are there; without ``files`` unread."""
        for file in row.files:
            if file.path and not os.path.isfile(file.path):
                gap(Reason.UNREACHABLE, f"{file.path}: does not exist, or is not a file")

    def _asked(self, found: Evidence, gap: Callable[..., None]) -> Evidence:
        row = found.row
        index = self._address(row)
        found = found._replace(mirrored=bool(index) and not is_same_index(index, row.index))
        page: Page | None = None
        if not index:
            detail = "Neuron's: give --neuron-index-url" if neuron.is_neurons(row) else ""
            gap(Reason.NO_INDEX, detail)
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
        if not neuron.is_neurons(row) and "neuron" in row.name:
            found = found._replace(elsewhere=self._elsewhere(row, gap))
        return found

    def _address(self, row: LockedPackage) -> str:
        """The index to ask for a package: the recorded one, or what takes its place."""
        is_neuron = any(is_same_index(row.index, index) for index in self._look.neuron_indexes)
        if is_neuron or (neuron.is_neurons(row) and not row.index):
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
            gap(Reason.UNREACHABLE, f"{error}, and listed by the index")
        except Unreachable as error:
            gap(Reason.UNREACHABLE, error)
        return None

    def _elsewhere(self, row: LockedPackage, gap: Callable[..., None]) -> str:
        """Neuron's index, if the lock takes from another one what that has under a name which
        only sounds like one of Neuron's."""
        indexes = self._look.neuron_indexes
        if not row.index or is_of_machine(row.index) or not self._look.asks_neuron:
            return ""
        if any(is_same_index(row.index, index) for index in indexes):
            return ""
        index = self._look.neuron_index
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
            url = ""
            if file.path and found.applies is False:
                # Nobody needs it here.
                continue
            if not file.path:
                is_named = found.mirrored and listed is not None
                if not is_named and not self._may_read(found, file, listed):
                    continue
                url = listed.url if listed is not None else file.url
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
            return not is_of_machine(file.url) and found.listed is None
        return normalize_address(listed.url) == normalize_address(file.url)


def _is_of(filename: str, row: LockedPackage) -> bool:
    parsed = file_name(filename)
    return (
        parsed is not None
        and parsed.project == row.name
        and same_version(row.version, parsed.version)
    )
