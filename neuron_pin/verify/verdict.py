"""The result of a verification: problems, and what could not be verified, as values."""

from __future__ import annotations

from neuron_pin.record import Enum, NamedTuple


class Check(Enum):
    """What is checked; the value is the identifier, ``title`` says what a problem means."""

    DUPLICATE_PACKAGE = "duplicate-package", "a package is locked twice"
    INVALID_NAME = (
        "invalid-name",
        "a name is not valid in its ecosystem, or not normalized (PEP 503)",
    )
    INVALID_VERSION = "invalid-version", "a version is not valid in its ecosystem (PEP 440)"
    EXCLUDED_VERSION = "excluded-version", "the lock excludes the version that it locks"
    PIN_MISMATCH = "pin-mismatch", "the pin does not allow the locked version"
    RELEASE_MISMATCH = "release-mismatch", "a package is of another release than the lock"
    COMPILER_MISMATCH = (
        "compiler-mismatch",
        "the lock names another compiler than the one that it locks",
    )
    MIXED_SYSTEMS = "mixed-systems", "apt and rpm packages are in one lock"
    UNKNOWN_PARENT = "unknown-parent", "a package is recorded as needed by one that is not locked"
    NO_ORIGIN = "no-origin", "nothing that was requested needs the package"
    DUPLICATE_FILE = "duplicate-file", "a file is listed twice"
    WRONG_FILE = "wrong-file", "a file is of another project or version"
    INVALID_HASH = "invalid-hash", "a hash does not have the form of its algorithm"
    UNSUPPORTED_TAG = "unsupported-tag", "a wheel does not fit the target"
    CREDENTIALS = "credentials", "an address contains a name or a password"
    MISSING_REQUIREMENT = "missing-requirement", "a required package is not locked"
    UNMET_REQUIREMENT = "unmet-requirement", "the locked version does not meet a requirement"
    NOT_NEEDED = "not-needed", "nothing in the lock needs the package"
    WRONG_PARENT = "wrong-parent", "the package recorded as needing another one does not need it"
    NOT_ON_INDEX = "not-on-index", "the index does not have the version"
    UNLISTED_FILE = "unlisted-file", "the index does not list the file at that address"
    HASH_MISMATCH = "hash-mismatch", "the index or the file has another hash"
    SIZE_MISMATCH = "size-mismatch", "the index or the file has another size"
    REQUIRES_PYTHON = (
        "requires-python",
        "a file, or its package, does not support the target's Python",
    )
    YANKED = "yanked", "the file is yanked, and nothing requires that exact version (PEP 592)"
    QUARANTINED = "quarantined", "the index says that the project must not be used (PEP 792)"
    OTHER_INDEX = "other-index", "a Neuron package is not taken from Neuron's index"
    METADATA_MISMATCH = "metadata-mismatch", "the file's METADATA is of another package"

    def __init__(self, identifier: str, title: str) -> None:
        self.identifier = identifier
        self.title = title


class Reason(Enum):
    """Why something could not be verified."""

    OFFLINE = "offline", "no index was asked"
    UNREACHABLE = "unreachable", "a source failed"
    NO_INDEX = "no-index", "the lock names no index: give --index-url"
    SYSTEM_PACKAGE = "system-package", "apt and dnf verify their packages themselves"
    DIRECT = "direct-source", "not taken from an index"
    NO_FILES = "no-files", "the lock names no files"
    NO_HASH = "no-hash", "no hash to compare with"
    NO_METADATA = "no-metadata", "its requirements are not in static metadata"
    UNREADABLE_REQUIREMENT = "unreadable-requirement", "a requirement cannot be judged"
    UNKNOWN_PYTHON = "unknown-python", "depends on the patch of Python: give --python"
    OTHER_ENVIRONMENT = "other-environment", "its marker is not for this target"
    UNKNOWN_NEED = "unknown-need", "which package needs it could not be verified"
    UNRECORDED_REQUEST = "unrecorded-request", "the lock does not record what was requested"

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
