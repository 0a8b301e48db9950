"""The kinds of repositories of system packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Protocol

from . import apt, rpm

if TYPE_CHECKING:
    from .system_package import SystemRepository


class RepositoryKind(Protocol):
    """A package that reads one kind of repository; it imports nothing before it is called."""

    def parse_repository(self, text: str) -> SystemRepository:
        """The repository that the option names; raises `WrongUsage`."""

    def read_machine(self, root: str) -> Iterable[SystemRepository]:
        """The repositories that the machine below a root knows, with what it has fetched of
        them; raises `UnreadableInput`."""


KINDS: Mapping[str, RepositoryKind] = {
    "apt_repo": apt,
    "rpm_repo": rpm,
}
"""Every kind, by the option that names its repositories (``--apt-repo``)."""


def read_repositories(kind: RepositoryKind, texts: Iterable[str]) -> Iterator[SystemRepository]:
    """The repositories that the user named.  "host" is what this machine's package manager
    knows, "host:DIR" what that of the machine below DIR does."""
    for text in texts:
        word, _, root = text.partition(":")
        if word == "host":
            yield from kind.read_machine(root or "/")
        else:
            yield kind.parse_repository(text)
