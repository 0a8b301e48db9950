"""apt repositories: ``Release`` and ``Packages``, over HTTP or from the disk.

Source: the Debian repository format; deb822(5).  Release is verified (see `apt_release`), and
a Packages file is checked against the hash that Release states of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from neuron_pin.errors import InvalidVersion, SourceFailed, WrongUsage
from neuron_pin.fs.compression import can_unpack, unpack
from neuron_pin.policy import Ecosystem
from neuron_pin.policy.debversion import deb_key
from neuron_pin.sources.http.urls import is_address
from neuron_pin.sources.signed_by import Trust, parse_options, parse_trust
from neuron_pin.sources.system_package import (
    MAX_WANTED,
    SystemPackage,
    parse_deb_relations,
    parse_sha256,
)

if TYPE_CHECKING:
    from neuron_pin.sources.http.client import Fetcher, Response

    from .release import Release

MAX_PACKAGES = 64 * 1024 * 1024
"""Bytes of a Packages file as sent."""

AMD64 = "amd64"


class AptRepository(NamedTuple):
    """One suite and its components, as a line of sources.list names them.

    ``lists`` is the folder with what a machine's apt has fetched of it, empty for a
    repository that is read itself.
    """

    url: str
    suite: str
    components: tuple[str, ...]
    architectures: tuple[str, ...] = (AMD64,)
    trust: Trust = Trust()
    lists: str = ""

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
    def is_of_machine(self) -> bool:
        """Whether it was found on a machine, and not named by the user."""
        return bool(self.lists)


def parse_repository(text: str) -> AptRepository:
    """Read ``URL SUITE COMPONENT…``, with or without ``deb`` and ``[options]`` in front.

    A suite that ends in ``/`` is a flat repository and has no components.
    """
    words = text.split()
    words = words[1:] if words[:1] == ["deb"] else words
    options, words = parse_options(" ".join(words))
    flat = len(words) == 2 and words[1].endswith("/")
    if len(words) < 2 or (len(words) < 3 and not flat):
        raise WrongUsage(
            f"--apt-repo: {text!r} is no repository",
            hint="write it as in sources.list: 'https://apt.example/ jammy main'",
        )
    if not is_address(words[0]):
        raise WrongUsage(f"--apt-repo: {words[0]!r} is no address")
    if urlsplit(words[0]).scheme not in ("http", "https", "file"):
        from neuron_pin.sources.http.transport import redact_url

        raise WrongUsage(f"--apt-repo: {redact_url(words[0])} is neither http, https nor file")
    found = options.get("arch", AMD64).replace(",", " ").split()
    architectures = tuple(found) or (AMD64,)
    trust = parse_trust(options)
    return AptRepository(words[0].rstrip("/"), words[1], tuple(words[2:]), architectures, trust)


def read_packages(
    fetcher: Fetcher,
    repository: AptRepository,
    names: frozenset[str],
    architecture: str = AMD64,
) -> list[SystemPackage]:
    """The wanted packages of a repository for an architecture, in the order of its
    indexes; raises `SourceFailed`."""
    # Imported here: a machine's own lists need no network.
    from neuron_pin.sources.http.transport import redact_url

    from .release import read_release

    base = repository.base
    release = read_release(fetcher, base, repository.trust)
    found: list[SystemPackage] = []
    for path in repository.indexes(architecture):
        data = _packages_file(fetcher, base, path, release)
        found += stanzas(data, names, f"{redact_url(base)}/{path}", architecture)
    return found


def _packages_file(fetcher: Fetcher, base: str, path: str, release: Release) -> bytes:
    from neuron_pin.sources.http.client import NotFound
    from neuron_pin.sources.http.transport import redact_url

    stated = [
        (suffix, *release.hashes[path + suffix])
        for suffix in (".xz", ".zst", ".gz", ".bz2", "")
        if path + suffix in release.hashes and can_unpack(suffix)
    ]
    if not stated and f"{path}.zst" in release.hashes:
        raise SourceFailed(
            f"{redact_url(base)}/{path}.zst",
            "is packed with Zstandard, which this Python does not have",
            hint="pip install 'neuron-pin[zstd]'",
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

    from neuron_pin.sources.http.transport import redact_url

    def check(answer: Response) -> None:
        if hashlib.sha256(answer.data).hexdigest() != digest:
            raise SourceFailed(redact_url(address), "does not have the hash that Release states")

    return fetcher.get(address, limit=MAX_PACKAGES, check=check).data


def stanzas(
    data: bytes, names: Iterable[str], address: str, architecture: str = AMD64
) -> Iterator[SystemPackage]:
    """The stanzas of the wanted names for an architecture; the others are passed over
    without being read.

    Raises `SourceFailed` for a wanted stanza without a version that dpkg would take, and for
    more than `MAX_WANTED` of them.
    """
    text = b"\n\n" + data.replace(b"\r\n", b"\n")
    count = 0
    for prefix, wanted in _group_by_beginning(names).items():
        # Names that begin alike cost one walk through the index, not one each.
        mark = b"\nPackage: " + prefix.encode()
        at = text.find(mark)
        while at >= 0:
            end_of_line = text.find(b"\n", at + 1)
            name = text[at + 10 : end_of_line].decode("utf-8", "replace")
            if end_of_line >= 0 and name in wanted:
                start = text.rfind(b"\n\n", 0, at + 1) + 2
                end = text.find(b"\n\n", at + 1)
                stanza = text[start : end if end >= 0 else len(text)].decode("utf-8", "replace")
                count += 1
                if count > MAX_WANTED:
                    problem = f"has more than {MAX_WANTED} versions of what is wanted"
                    raise SourceFailed(address, problem)
                package = _package(name, stanza, address)
                if package.architecture in (architecture, "all", ""):
                    yield package
            at = text.find(mark, at + len(mark))


def _group_by_beginning(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """Names in groups that share their first letters, each under these."""
    groups: dict[str, set[str]] = {}
    for name in sorted(set(names)):
        groups.setdefault(name[:8], set()).add(name)
    return {beginning: frozenset(group) for beginning, group in groups.items()}


# Fields that deb-control(5) allows to go on in the next line, as far as they are read.
_FOLDED = frozenset({"pre-depends", "depends", "conflicts", "breaks", "provides"})


def _package(name: str, stanza: str, address: str) -> SystemPackage:
    fields: dict[str, str] = {}
    last = ""
    for line in stanza.split("\n"):
        key, colon, value = line.partition(":")
        if line[:1] in (" ", "\t"):
            if last in _FOLDED:
                fields[last] += line
        elif colon and key:
            last = key.lower()
            fields.setdefault(last, value.strip())
    version = fields.get("version", "")
    try:
        deb_key(version)
    except InvalidVersion:
        raise SourceFailed(address, f"{name} has no valid version: {version[:60]!r}") from None
    filename = fields.get("filename", "")
    if filename.startswith("/") or ".." in filename.split("/"):
        raise SourceFailed(address, f"{name} {version} lies elsewhere: {filename[:80]!r}")
    size, digest = fields.get("size", ""), fields.get("sha256", "")
    relations = {
        field: list(parse_deb_relations(fields.get(field, "")))
        for field in ("pre-depends", "depends", "conflicts", "breaks", "provides")
    }
    return SystemPackage(
        Ecosystem.APT,
        name,
        version,
        filename,
        parse_sha256(digest, address) if digest else "",
        int(size) if size.isdecimal() and len(size) < 16 else None,
        depends=(*relations["pre-depends"], *relations["depends"]),
        conflicts=tuple(g[0] for g in (*relations["conflicts"], *relations["breaks"])),
        provides=tuple(group[0] for group in relations["provides"]),
        architecture=fields.get("architecture", ""),
    )
