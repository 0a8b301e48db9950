"""A project's page, whatever form it came in, and what is checked of every page."""

from __future__ import annotations

from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.urls import resolve_url

MAX_PAGE_BYTES = 64 * 1024 * 1024
MAX_FILES = 200_000
MAX_NAME = 300
MAX_TRACKED = 20
MAX_TAG = 64 * 1024
"""Bounds on one project page; the largest real one has about 6 MB and 10,000 files."""


class ListedFile(NamedTuple):
    """One file of a project page.

    ``url`` is absolute, without fragment.  ``hashes`` are (algorithm, hex digest) pairs.
    ``yanked`` is the reason, or none for a file that is not yanked.  ``metadata`` is none where
    the index serves no metadata file, else its hashes, possibly empty.  ``size`` is in bytes.
    """

    filename: str
    url: str
    hashes: tuple[tuple[str, str], ...]
    requires_python: str
    yanked: str | None
    metadata: tuple[tuple[str, str], ...] | None
    size: int | None
    uploaded: str = ""


class ProjectPage:
    """A project page.

    ``names`` are the names of its files.  A page has thousands, and few are looked at, so a
    file becomes a value when it is asked for.  ``status`` is PEP 792's: ``active``,
    ``archived``, ``quarantined`` or ``deprecated``, with the index's reason, if it gives one.
    ``tracked_indexes`` are the absolute addresses that the page tracks or names as alternate
    locations, ``alternates`` the latter alone (PEP 708).
    """

    def __init__(
        self,
        names: list[str],
        *,
        status: str = "active",
        reason: str = "",
        tracked_indexes: tuple[str, ...] = (),
        alternates: tuple[str, ...] = (),
    ) -> None:
        self.names = names
        self.status = status
        self.reason = reason
        self.tracked_indexes = tracked_indexes
        self.alternates = alternates

    def file(self, number: int) -> ListedFile:
        """The file of that number in ``names``."""
        raise NotImplementedError

    def yanked(self, number: int) -> str | None:
        """Why that file is yanked, none if it is not."""
        return self.file(number).yanked

    def uploaded(self, number: int) -> str:
        """When that file was uploaded."""
        return self.file(number).uploaded

    @property
    def files(self) -> list[ListedFile]:
        """All of them."""
        return [self.file(number) for number in range(len(self.names))]


def check_count(count: int, address: str) -> None:
    """Raises `SourceFailed` for more files than any page has."""
    if count > MAX_FILES:
        raise SourceFailed(address, f"lists {count} files, more than {MAX_FILES}")


def check_api(version: str, address: str) -> None:
    """Raises `SourceFailed` for a version of the simple API that is not known."""
    # PEP 629: a client refuses a major version that it does not know.
    if version.partition(".")[0] != "1":
        raise SourceFailed(address, f"speaks version {version[:20]} of the simple API, not 1")


def is_reachable(url: str, address: str) -> bool:
    """Whether a page may point there: never to a lesser connection than its own."""
    if address.startswith("https://"):
        allowed: tuple[str, ...] = ("https://",)
    elif address.startswith("file:"):
        allowed = ("https://", "http://", "file:")
    else:
        allowed = ("https://", "http://")
    return resolve_url(address, url).startswith(allowed)
