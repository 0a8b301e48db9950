"""apt repositories: ``Release`` and ``Packages``, over HTTP or from the disk.

Source: the Debian repository format; deb822(5).  Release is verified (see `apt_release`), and
a Packages file is checked against the hash that Release states of it.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from neuron_pin.errors import SourceFailed, WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.fs.compression import can_unpack, unpack
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.urls import is_address
from neuron_pin.sources.signed_by import Trust, parse_options, parse_trust
from neuron_pin.sources.system_package import SystemPackage

from .lists import list_name, read_list
from .name_filter import NameFilter, parse_filter
from .packages import AMD64, stanzas

if TYPE_CHECKING:
    from neuron_pin.sources.http.client import Fetcher, Response

    from .release import Release

MAX_PACKAGES = 64 * 1024 * 1024
"""Bytes of a Packages file as sent."""


class AptRepository(NamedTuple):
    """One suite and its components, as a line of sources.list names them.

    ``lists`` is the folder with what a machine's apt has fetched of it, empty for a
    repository that is read itself.  ``filter`` says which names are read.  A `SystemRepository`.
    """

    url: str
    suite: str
    components: tuple[str, ...]
    architectures: tuple[str, ...] = (AMD64,)
    trust: Trust = Trust()
    lists: str = ""
    filter: NameFilter = NameFilter()

    @property
    def base(self) -> str:
        """Where its Release file lies; a flat repository has no ``dists``."""
        if self.components:
            return f"{self.url}/dists/{self.suite}"
        return f"{self.url}/{self.suite.rstrip('/')}"

    def indexes(self, architecture: str = "") -> list[str]:
        """Its Packages files for one architecture or all, from there on."""
        if not self.components:
            return ["Packages"]
        return [
            f"{component}/binary-{each}/Packages"
            for component in self.components
            for each in self.architectures
            if architecture in ("", each)
        ]

    @property
    def ecosystem(self) -> Ecosystem:
        return Ecosystem.APT

    @property
    def is_of_machine(self) -> bool:
        return bool(self.lists)

    def fetch_packages(
        self, fetcher: Fetcher, names: frozenset[str], architecture: str = AMD64
    ) -> list[SystemPackage]:
        # Imported here: a machine's own lists need no network.
        from neuron_pin.sources.http.urls import redact_url

        from .release import read_release

        release = read_release(fetcher, self.base, self.trust)
        names = self.filter.select(names)
        found: list[SystemPackage] = []
        for path in self.indexes(architecture):
            data = _packages_file(fetcher, self.base, path, release)
            found += stanzas(data, names, f"{redact_url(self.base)}/{path}", architecture)
        return found

    def list_path(self, path: str) -> str:
        """A file of the repository, by its path from `base`, among the machine's lists."""
        return os.path.join(self.lists, list_name(f"{self.base}/{path}"))

    def list_paths(self, architecture: str = "") -> list[str]:
        """Its Packages files among the machine's lists, without extension, for one
        architecture or all."""
        return [self.list_path(path) for path in self.indexes(architecture)]

    def read_cached(self, names: frozenset[str], architecture: str = AMD64) -> list[SystemPackage]:
        names = self.filter.select(names)
        found: list[SystemPackage] = []
        for path in self.list_paths(architecture):
            data = read_list(path)
            if data is not None:
                found += stanzas(data, names, path, architecture)
        return found


def parse_repository(text: str) -> AptRepository:
    """Read ``URL SUITE COMPONENT…``, with or without ``deb`` and ``[options]`` in front.

    A suite that ends in ``/`` is a flat repository and has no components.
    """
    words = text.split()
    words = words[1:] if words[:1] == ["deb"] else words
    rest = " ".join(words)
    options, words = parse_options(rest)
    flat = len(words) == 2 and words[1].endswith("/")
    if len(words) < 2 or (len(words) < 3 and not flat):
        raise WrongUsage(
            f"--apt-repo: {text!r} is no repository",
            hint="write it as in sources.list: 'https://apt.example/ jammy main'",
        )
    if not is_address(words[0]):
        raise WrongUsage(f"--apt-repo: {words[0]!r} is no address")
    if urlsplit(words[0]).scheme not in ("http", "https", "file"):
        from neuron_pin.sources.http.urls import redact_url

        raise WrongUsage(f"--apt-repo: {redact_url(words[0])} is neither http, https nor file")
    architectures = tuple(options.get("arch", AMD64).replace(",", " ").split()) or (AMD64,)
    trust = parse_trust(options)
    found = AptRepository(words[0].rstrip("/"), words[1], tuple(words[2:]), architectures, trust)
    return found._replace(filter=parse_filter(rest.partition("]")[0]) if options else NameFilter())


def _packages_file(fetcher: Fetcher, base: str, path: str, release: Release) -> bytes:
    from neuron_pin.sources.http.client import NotFound
    from neuron_pin.sources.http.urls import redact_url

    stated = [
        (suffix, *release.hashes[path + suffix])
        for suffix in (".xz", ".zst", ".gz", ".bz2", "")
        if path + suffix in release.hashes and can_unpack(suffix)
    ]
    if not stated and f"{path}.zst" in release.hashes:
        raise SourceFailed(
            f"{redact_url(base)}/{path}.zst",
            "is packed with Zstandard, which this Python does not have",
            hint=install_command("zstd"),
        )
    if not stated:
        raise SourceFailed(f"{redact_url(base)}/{path}", "is not named by Release")
    folder = path.rpartition("/")[0]
    for suffix, digest, size in stated:
        if size > MAX_PACKAGES:
            raise SourceFailed(f"{redact_url(base)}/{path}{suffix}", f"has {size} bytes")
        places = [f"{base}/{path}{suffix}"]
        if release.by_hash:
            # What is named by its hash cannot be replaced between two requests.
            places.insert(0, f"{base}/{folder}/by-hash/SHA256/{digest}".replace("//by", "/by"))
        for address in places:
            try:
                data = _fetch_checked(fetcher, address, digest)
            except NotFound:
                continue
            return unpack(data, suffix, redact_url(address))
    raise SourceFailed(f"{redact_url(base)}/{path}", "is named by Release, but not there")


def _fetch_checked(fetcher: Fetcher, address: str, digest: str) -> bytes:
    """A file that has the hash which Release states; nothing else is kept of one."""

    from neuron_pin.sources.http.urls import redact_url

    def check(answer: Response) -> None:
        if hashlib.sha256(answer.data).hexdigest() != digest:
            raise SourceFailed(redact_url(address), "does not have the hash that Release states")

    return fetcher.get(address, limit=MAX_PACKAGES, check=check).data
