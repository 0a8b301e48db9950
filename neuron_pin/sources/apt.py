"""apt repositories: ``Release`` and ``Packages``, over HTTP or from the disk.

Source: the Debian repository format; deb822(5).  Release is verified (see `apt_release`), and
a Packages file is checked against the hash that Release states of it.
"""

from __future__ import annotations

import hashlib
import lzma
import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from neuron_pin.errors import InvalidVersion, SourceFailed, WrongUsage
from neuron_pin.policy.debversion import deb_key

from .apt_release import Release, Trust, read_release
from .http import Answer, Fetcher, NotFound, redacted

MAX_PACKAGES = 64 * 1024 * 1024
MAX_UNPACKED = 512 * 1024 * 1024
"""Bytes of a Packages file as sent, and unpacked."""


class AptRepository(NamedTuple):
    """One suite and its components, as a line of sources.list names them.

    ``lists`` is the folder with what a machine's apt has fetched of it, empty for a
    repository that is read itself.
    """

    url: str
    suite: str
    components: tuple[str, ...]
    architecture: str = "amd64"
    trust: Trust = Trust()
    lists: str = ""

    @property
    def base(self) -> str:
        """Where its Release file lies; a flat repository has no ``dists``."""
        if self.components:
            return f"{self.url}/dists/{self.suite}"
        return f"{self.url}/{self.suite.rstrip('/')}"

    @property
    def indexes(self) -> list[str]:
        """Its Packages files, from there on."""
        if self.components:
            return [f"{c}/binary-{self.architecture}/Packages" for c in self.components]
        return ["Packages"]


class DebPackage(NamedTuple):
    """One stanza of a Packages file: ``filename`` is relative to the repository."""

    name: str
    version: str
    filename: str
    sha256: str
    size: int | None


def parse_repository(text: str) -> AptRepository:
    """Read ``URL SUITE COMPONENT…``, with or without ``deb`` and ``[options]`` in front.

    A suite that ends in ``/`` is a flat repository and has no components.
    """
    words = text.split()
    if words and words[0] == "deb":
        words = words[1:]
    options: dict[str, str] = {}
    if words and words[0].startswith("["):
        inside, _, rest = " ".join(words)[1:].partition("]")
        words = rest.split()
        for option in inside.split():
            name, _, value = option.partition("=")
            options[name.lower()] = value
    flat = len(words) == 2 and words[1].endswith("/")
    if len(words) < 2 or (len(words) < 3 and not flat):
        raise WrongUsage(
            f"--apt-repo: {text!r} is no repository",
            hint="write it as in sources.list: 'https://apt.example/ jammy main'",
        )
    if urlsplit(words[0]).scheme not in ("http", "https", "file"):
        raise WrongUsage(f"--apt-repo: {redacted(words[0])} is neither http, https nor file")
    architecture = options.get("arch", "amd64").partition(",")[0]
    trust = trust_of(options.get("signed-by", ""), options.get("trusted", ""))
    return AptRepository(words[0].rstrip("/"), words[1], tuple(words[2:]), architecture, trust)


def trust_of(signed_by: str, trusted: str) -> Trust:
    """Whose signature counts, from a source's options: paths and fingerprints, or a key."""
    unsigned = trusted.lower() in ("yes", "true", "1")
    if "-----BEGIN PGP" in signed_by:
        return Trust(keys=(signed_by,), unsigned=unsigned)
    words = signed_by.replace(",", " ").split()
    paths = tuple(word for word in words if word.startswith("/"))
    prints = tuple(word.rstrip("!").upper() for word in words if not word.startswith("/"))
    return Trust(keyrings=paths, fingerprints=prints, unsigned=unsigned)


def read_packages(
    fetcher: Fetcher, repository: AptRepository, names: frozenset[str]
) -> list[DebPackage]:
    """The wanted packages of a repository, newest first; raises `SourceFailed`."""
    base = repository.base
    release = read_release(fetcher, base, repository.trust)
    found: list[DebPackage] = []
    for path in repository.indexes:
        data = _packages_file(fetcher, base, path, release)
        found += stanzas(data, names, f"{redacted(base)}/{path}")
    found.sort(key=lambda package: deb_key(package.version), reverse=True)
    return found


def _packages_file(fetcher: Fetcher, base: str, path: str, release: Release) -> bytes:
    stated = [
        (suffix, *release.hashes[path + suffix])
        for suffix in (".xz", ".gz", "")
        if path + suffix in release.hashes
    ]
    if not stated:
        raise SourceFailed(f"{redacted(base)}/{path}", "is not named by Release")
    folder = path.rpartition("/")[0]
    for suffix, digest, size in stated:
        if size > MAX_PACKAGES:
            raise SourceFailed(f"{redacted(base)}/{path}{suffix}", f"has {size} bytes")
        places = [f"{base}/{path}{suffix}"]
        if release.by_hash:
            # What is named by its hash cannot be replaced between two requests.
            places.insert(0, f"{base}/{folder}/by-hash/SHA256/{digest}".replace("//by", "/by"))
        for address in places:
            try:
                data = _checked(fetcher, address, digest)
            except NotFound:
                continue
            return _unpacked(data, suffix, redacted(address))
    raise SourceFailed(f"{redacted(base)}/{path}", "is named by Release, but not there")


def _checked(fetcher: Fetcher, address: str, digest: str) -> bytes:
    """A file that has the hash which Release states; nothing else is kept of one."""

    def check(answer: Answer) -> None:
        if hashlib.sha256(answer.data).hexdigest() != digest:
            raise SourceFailed(redacted(address), "does not have the hash that Release states")

    return fetcher.get(address, limit=MAX_PACKAGES, check=check).data


def _unpacked(data: bytes, suffix: str, address: str) -> bytes:
    if not suffix:
        return data
    try:
        if suffix == ".xz":
            unpacker = lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=256 * 1024 * 1024)
            unpacked = unpacker.decompress(data, MAX_UNPACKED + 1)
        else:
            unpacked = zlib.decompressobj(31).decompress(data, MAX_UNPACKED + 1)
    except (lzma.LZMAError, zlib.error) as error:
        raise SourceFailed(address, f"cannot be unpacked: {error}") from None
    if len(unpacked) > MAX_UNPACKED:
        raise SourceFailed(address, f"unpacks to more than {MAX_UNPACKED} bytes")
    return unpacked


def stanzas(data: bytes, names: Iterable[str], address: str) -> Iterator[DebPackage]:
    """The stanzas of the wanted names; the others are passed over without being read.

    Raises `SourceFailed` for a wanted stanza without a version that dpkg would take.
    """
    text = b"\n\n" + data.replace(b"\r\n", b"\n")
    for name in sorted(set(names)):
        mark = b"\nPackage: " + name.encode() + b"\n"
        at = text.find(mark)
        while at >= 0:
            start = text.rfind(b"\n\n", 0, at + 1) + 2
            end = text.find(b"\n\n", at + 1)
            stanza = text[start : end if end >= 0 else len(text)].decode("utf-8", "replace")
            yield _package(name, stanza, address)
            at = text.find(mark, at + len(mark))


def _package(name: str, stanza: str, address: str) -> DebPackage:
    fields: dict[str, str] = {}
    for line in stanza.split("\n"):
        key, colon, value = line.partition(":")
        if colon and key and key[0] not in " \t":
            fields.setdefault(key.lower(), value.strip())
    version = fields.get("version", "")
    try:
        deb_key(version)
    except InvalidVersion:
        raise SourceFailed(address, f"{name} has no valid version: {version[:60]!r}") from None
    size = fields.get("size", "")
    return DebPackage(
        name,
        version,
        fields.get("filename", ""),
        fields.get("sha256", ""),
        int(size) if size.isdecimal() and len(size) < 16 else None,
    )
