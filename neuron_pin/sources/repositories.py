"""Repositories of system packages, of every kind: how they are named, and read.

What a kind's reader gives is checked here, so that no reader has to.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from neuron_pin.errors import InvalidVersion, SourceFailed
from neuron_pin.policy import Ecosystem
from neuron_pin.policy.debversion import deb_key
from neuron_pin.policy.rpmversion import check_rpm_version

from .system_package import parse_sha256

if TYPE_CHECKING:
    from neuron_pin.sources.http.client import Fetcher

    from .system_package import SystemPackage, SystemRepository


class RepositoryKind(Protocol):
    """A folder beside this file that reads one kind of repository; it imports its reader only
    when it is called."""

    def parse_repository(self, text: str) -> SystemRepository:
        """The repository that the option names; raises `WrongUsage`."""

    def read_machine(self, root: str) -> Iterable[SystemRepository]:
        """The repositories that the machine below a root knows, with what it has fetched of
        them; none where no package manager knows this kind.  Raises `UnreadableInput`."""


def load_kind(reader: str) -> RepositoryKind:
    """The kind of repository that a folder reads, by the folder's name."""
    return cast(RepositoryKind, import_module(f"{__package__}.{reader}"))


def find_repositories(kind: RepositoryKind, text: str) -> list[SystemRepository]:
    """The repositories that the user named.  "host" is what this machine's package manager
    knows, "host:DIR" what that of the machine below DIR does, which may be none.  Raises
    `WrongUsage` or `UnreadableInput`."""
    word, _, root = text.partition(":")
    if word == "host":
        return list(kind.read_machine(root or "/"))
    return [kind.parse_repository(text)]


def read_packages(
    repository: SystemRepository,
    names: frozenset[str],
    architecture: str,
    open_fetcher: Callable[[], Fetcher] | None = None,
) -> list[SystemPackage]:
    """The wanted packages of a repository for an architecture (as Debian names it), in the
    order of its indexes: as the machine has fetched them if it is the machine's or there is
    no fetcher, else over the fetcher.

    Raises `SourceFailed`, also for a version that dpkg or rpm would not take, a hash that is
    none, and a file that does not lie in the repository.
    """
    if repository.is_of_machine or open_fetcher is None:
        found = repository.read_cached(names, architecture)
    else:
        found = repository.fetch_packages(open_fetcher(), names, architecture)
    place = repository.url
    if "@" in place:
        # Imported here: a machine's own lists need no network.
        from .http.urls import redact_url

        place = redact_url(place)
    return [_check_package(package, place) for package in found]


def _check_package(package: SystemPackage, place: str) -> SystemPackage:
    """The package, its hash in small letters; raises `SourceFailed` for what cannot be."""
    check = deb_key if package.ecosystem is Ecosystem.APT else check_rpm_version
    label = f"{package.name} {package.version}"
    try:
        check(package.version)
    except InvalidVersion:
        problem = f"{package.name} has no valid version: {package.version[:60]!r}"
        raise SourceFailed(place, problem) from None
    if not _is_below(package.filename):
        raise SourceFailed(place, f"{label} lies elsewhere: {package.filename[:80]!r}")
    if not package.sha256:
        return package
    return package._replace(sha256=parse_sha256(package.sha256, f"{place}: {label}"))


def _is_below(path: str) -> bool:
    """Whether a path, or none, stays in the folder that it is relative to."""
    is_absolute = path.startswith("/") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", path) is not None
    return not is_absolute and ".." not in path.split("/")
