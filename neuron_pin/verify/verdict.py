"""What is found in a lock: problems, and what could not be verified, as values."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Check(Enum):
    """What is checked; the value is the identifier, ``title`` says what a problem means."""

    DUPLICATE_PACKAGE = "duplicate-package", "a package is locked twice"
    INVALID_NAME = "invalid-name", "a name is not one of its ecosystem, or not normalized (PEP 503)"
    INVALID_VERSION = "invalid-version", "a version is not one of its ecosystem (PEP 440)"
    EXCLUDED_VERSION = "excluded-version", "the lock excludes the version that it locks"
    PIN_MISMATCH = "pin-mismatch", "the pin does not hold the locked version"
    RELEASE_MISMATCH = "release-mismatch", "a package is of another release than the lock"
    MIXED_SYSTEMS = "mixed-systems", "apt and rpm packages are in one lock"
    UNKNOWN_PARENT = "unknown-parent", "a package is said to be needed by one that is not locked"
    NO_ORIGIN = "no-origin", "nothing that was asked for leads to the package"
    DUPLICATE_FILE = "duplicate-file", "a file is listed twice"
    WRONG_FILE = "wrong-file", "a file is of another project or version"
    INVALID_HASH = "invalid-hash", "a hash is not one of its algorithm"
    UNSUPPORTED_TAG = "unsupported-tag", "a wheel does not fit the target"
    CREDENTIALS = "credentials", "an address carries a name or a password"
    MISSING_REQUIREMENT = "missing-requirement", "what is needed is not locked"
    UNMET_REQUIREMENT = "unmet-requirement", "the locked version is not what is needed"
    NOT_NEEDED = "not-needed", "nothing in the lock needs the package"
    WRONG_PARENT = "wrong-parent", "the package said to need another one does not need it"
    NOT_ON_INDEX = "not-on-index", "the index does not have the version"
    UNLISTED_FILE = "unlisted-file", "the index does not list the file at that address"
    HASH_MISMATCH = "hash-mismatch", "the index or the file has another hash"
    SIZE_MISMATCH = "size-mismatch", "the index or the file has another size"
    REQUIRES_PYTHON = (
        "requires-python",
        "a file, or what names it, is not for the target's Python",
    )
    YANKED = "yanked", "the file is yanked, and nothing asks for that version exactly (PEP 592)"
    QUARANTINED = "quarantined", "the index says that the project must not be used (PEP 792)"
    OTHER_INDEX = "other-index", "a package of Neuron's is not taken from Neuron's index"
    METADATA_MISMATCH = "metadata-mismatch", "the file's METADATA is of another package"

    def __init__(self, identifier: str, title: str) -> None:
        self.identifier = identifier
        self.title = title


class Reason(Enum):
    """Why something could not be verified."""

    OFFLINE = "offline", "nothing was asked of indexes"
    UNREACHABLE = "unreachable", "a source failed"
    NO_INDEX = "no-index", "the lock names no index: give --index-url"
    SYSTEM_PACKAGE = "system-package", "apt and dnf verify their packages themselves"
    DIRECT = "direct-source", "not taken from an index"
    NO_FILES = "no-files", "the lock names no files"
    NO_HASH = "no-hash", "no hash to compare with"
    NO_METADATA = "no-metadata", "what it requires is not stated statically"
    UNREADABLE_REQUIREMENT = "unreadable-requirement", "a requirement cannot be judged"
    UNKNOWN_PYTHON = "unknown-python", "depends on the patch of Python: give --python"
    OTHER_ENVIRONMENT = "other-environment", "its marker is not for this target"
    UNKNOWN_NEED = "unknown-need", "who needs it could not be verified"
    UNRECORDED_REQUEST = "unrecorded-request", "the lock does not say what was asked for"

    def __init__(self, identifier: str, title: str) -> None:
        self.identifier = identifier
        self.title = title


class Subject(NamedTuple):
    """A package of a lock; ``place`` is its JSON path, ``packages[3]``."""

    ecosystem: str
    name: str
    version: str
    place: str


class Problem(NamedTuple):
    """Something wrong: ``place`` is the JSON path in the lock, or ``command line``."""

    check: Check
    subject: Subject | None
    place: str
    message: str


class Gap(NamedTuple):
    """Something that could not be verified: no fault of the lock, and not right either."""

    reason: Reason
    subject: Subject
    detail: str


class Verdict(NamedTuple):
    """What was found: ``packages`` are all of the lock, sorted as it has them."""

    packages: tuple[Subject, ...]
    problems: tuple[Problem, ...]
    gaps: tuple[Gap, ...]

    @property
    def wrong(self) -> int:
        """How many packages have a problem."""
        return len({problem.subject for problem in self.problems if problem.subject})

    @property
    def not_verified(self) -> int:
        """How many packages have no problem, and something that could not be verified."""
        return len(self._gapped() - self._wrong())

    @property
    def verified(self) -> int:
        """How many packages were looked into completely and are right."""
        return len(set(self.packages) - self._gapped() - self._wrong())

    @property
    def source_failed(self) -> bool:
        """Whether something was not verified because a source failed."""
        return any(gap.reason is Reason.UNREACHABLE for gap in self.gaps)

    def _gapped(self) -> set[Subject]:
        return {gap.subject for gap in self.gaps}

    def _wrong(self) -> set[Subject]:
        return {problem.subject for problem in self.problems if problem.subject}
