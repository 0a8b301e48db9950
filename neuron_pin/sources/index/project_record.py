"""What one index offers of one project to one target: a compact record.

A project page has thousands of files and megabytes; a lock needs a version's best wheel
for the target.  The record is made when the page is first read, and read instead of it for
as long as the page is fresh.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from neuron_pin.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class IndexVersion(NamedTuple):
    """One version of a project, and its best file for the target.

    ``fits`` is false where no wheel's tags do, ``has_wheel`` where there is no wheel at
    all; the file is then the source distribution (``is_sdist``), or empty.  ``metadata`` is
    0 where no metadata file is served, else 1, with its digest in ``metadata_sha256`` if
    known.  ``uploaded`` is when the first file that fits was uploaded (PEP 700, ISO 8601,
    UTC), empty where the index does not say.
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
    uploaded: str
    is_sdist: bool


_PRERELEASE = IndexVersion._fields.index("prerelease")


class ProjectRecord:
    """The offers of one project, newest first.

    ``rows`` are offers as they stand in the record: most of them are never looked at, so
    they become values when they are.  ``invalid`` are entries that no standard can read.
    ``status`` is PEP 792's, with the index's reason.  ``tracked_indexes`` are the addresses, as the
    index states them, at which the same project is elsewhere (PEP 708).
    """

    __slots__ = ("invalid", "reason", "rows", "status", "tracked_indexes")

    def __init__(
        self,
        rows: Iterable[Any],
        invalid: list[str],
        status: str = "active",
        reason: str = "",
        tracked_indexes: Sequence[str] = (),
    ) -> None:
        self.rows = rows
        self.invalid = invalid
        self.status = status
        self.reason = reason
        self.tracked_indexes = list(tracked_indexes)

    def record(self) -> list[Any]:
        """The values of a record beside its rows, in the order of the parameters."""
        return [self.invalid, self.status, self.reason, self.tracked_indexes]

    def offers(self) -> Iterator[IndexVersion]:
        """The offers, newest first."""
        for row in self.rows:
            yield IndexVersion(*row)

    def has_final_release(self) -> bool:
        """Whether any version is no pre-release (PEP 440)."""
        # Nearly always the first one says it; that is not made a value for it.
        return any(not row[_PRERELEASE] for row in self.rows)
