"""Which simple indexes there are, and which of them is asked for which name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence

from neuron_pin.catalog import Catalog, canonicalize_name
from neuron_pin.errors import WrongUsage
from neuron_pin.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.sources.options import IndexLocations

PYPI = "https://pypi.org/simple"


class Index(NamedTuple):
    """A simple index, its address without credentials; ``is_neuron`` says that it is the
    one for Neuron's names, ``is_flat`` that it is one page or folder of files (pip's
    ``--find-links``)."""

    url: str
    is_neuron: bool = False
    is_flat: bool = False

    @property
    def is_trusted(self) -> bool:
        """Whether Neuron's names may come from here: Neuron's index, or a folder of files
        that the user named."""
        return self.is_neuron or (self.is_flat and self.url.startswith("file:"))

    def page(self, name: str) -> str:
        """The address of a project's page."""
        return self.url if self.is_flat else f"{self.url.rstrip('/')}/{name}/"


class Indexes:
    """The indexes of a run, in the order in which a name is looked for.

    ``bindings`` are names that the user has bound to an index; ``credentials`` are names and
    passwords by host, which stood in addresses.
    """

    def __init__(
        self,
        indexes: Sequence[Index],
        bindings: Mapping[str, Index],
        credentials: Mapping[str, tuple[str, str]],
        catalog: Catalog,
    ) -> None:
        self.all = tuple(indexes)
        self.bindings = dict(bindings)
        self.credentials = dict(credentials)
        self._catalog = catalog
        self._orders: dict[str, Sequence[Index]] = {}

    def of(self, name: str) -> Sequence[Index]:
        """Where a name is looked for, in this order: every index for Neuron's own names, so
        that a decoy is seen and named, every index but Neuron's for the others."""
        # Asked several times of each of hundreds.
        known = self._orders.get(name)
        if known is None:
            known = self._orders[name] = self._find_order(name)
        return known

    def _find_order(self, name: str) -> Sequence[Index]:
        package = self._catalog.packages.get(name)
        others = [index for index in self.all if not index.is_neuron]
        if package is None and name in self.bindings:
            bound = self.bindings[name]
            return [bound, *(index for index in others if index.url != bound.url)]
        if package is None or package.public_from == "0":
            return others
        return list(self.all)

    def bind(self, url: str) -> Index | None:
        """An index that a name has to be taken from; none where the run has no index at all, but
        folders of files."""
        if all(index.is_flat for index in self.all):
            return None
        found = (index for index in self.all if index.url.rstrip("/") == url.rstrip("/"))
        return next(found, Index(url))

    def likely(self, name: str) -> Sequence[Index]:
        """Where a name will surely be looked for."""
        found = self.of(name)
        first = next((number for number, index in enumerate(found) if not index.is_flat), 0)
        return found[: first + 1]

    def find_tracked(self, index: Index, name: str, tracked_indexes: Iterable[str]) -> list[Index]:
        """The other indexes of this run that have, by the index's own word (addresses of pages),
        the same project (PEP 708)."""
        addresses = {address.rstrip("/") for address in tracked_indexes}
        if not addresses:
            return []
        return [
            other
            for other in self.all
            if other != index and not other.is_flat and other.page(name).rstrip("/") in addresses
        ]


def read_indexes(locations: IndexLocations, catalog: Catalog) -> Indexes:
    """The indexes that the user named, in the order in which a name is looked up: extra
    indexes, then the main one (the first that has a name decides).  Raises `WrongUsage`."""
    credentials: dict[str, tuple[str, str]] = {}
    indexes = [
        Index(read_index_address(url, credentials), is_flat=True) for url in locations.find_links
    ]
    if not locations.no_index:
        neuron = locations.neuron_index_url or catalog.repositories.pip
        indexes.append(Index(read_index_address(neuron, credentials), is_neuron=True))
    others = (*locations.extra_index_urls, locations.index_url or PYPI)
    for url in () if locations.no_index else others:
        index = Index(read_index_address(url, credentials))
        if all(index.url.rstrip("/") != known.url.rstrip("/") for known in indexes):
            indexes.append(index)
    bindings: dict[str, Index] = {}
    for text in locations.pinned:
        name, equals, url = text.partition("=")
        if not equals or not name.strip():
            raise WrongUsage(f"--index: {text!r} is not NAME=URL")
        bindings[canonicalize_name(name.strip())] = Index(
            read_index_address(url.strip(), credentials)
        )
    for index in (*indexes, *bindings.values()):
        _check_open(index.url, locations.trusted_hosts)
    return Indexes(indexes, bindings, credentials, catalog)


def is_open(url: str) -> bool:
    """Whether an address is reached over an open connection that leaves the machine."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    if parts.scheme != "http" or parts.hostname == "localhost":
        return False
    try:
        return not ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return True


def _check_open(url: str, trusted: Sequence[str]) -> None:
    """An index decides what is installed, so nobody in between may (pip, --trusted-host)."""
    if not url.startswith("http://") or not is_open(url):
        return
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2].lower()
    named = {name.strip().lower() for name in trusted}
    if host in named or (parts.hostname or "") in named:
        return
    raise WrongUsage(
        f"http://{host} is not encrypted: whoever is in between may change what it says",
        hint=f"use https://, or --trusted-host {host}",
    )


def read_index_address(url: str, credentials: dict[str, tuple[str, str]]) -> str:
    """An index's address; a name and password in it go to ``credentials``.

    A folder becomes a ``file:`` address.  Raises `WrongUsage` for what is neither.
    """
    from neuron_pin.sources.http.urls import is_address

    if url.startswith(("http://", "https://", "file://")) and is_address(url):
        if "@" not in url:
            return url
        from urllib.parse import urlsplit

        from neuron_pin.sources.http.urls import split_credentials

        bare, found = split_credentials(url)
        if found is not None:
            credentials[urlsplit(bare).netloc] = found
        return bare
    if "://" not in url and os.path.isdir(url):
        from pathlib import Path

        return Path(url).resolve().as_uri()
    raise WrongUsage(
        f"{url.rpartition('@')[2]!r} is no index address", hint="use https:// or file://"
    )
