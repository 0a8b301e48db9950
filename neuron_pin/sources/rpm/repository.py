"""rpm repositories: ``repomd.xml`` and ``primary.xml``, over HTTP or from the disk.

Source: createrepo_c's format; dnf.conf(5) for ``repo_gpgcheck``.  The XML is read by
createrepo_c's own parser (the extra ``rpm``); what it is given has been held to the size and
hash that repomd.xml states, and repomd.xml to its signature where a key is named.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from neuron_pin.errors import SourceFailed, UnreadableInput, WrongUsage
from neuron_pin.extras import install_command
from neuron_pin.fs.compression import can_unpack, unpack
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.gpgv import BadSignature
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.sources.http.client import Fetcher, NotFound, Response
from neuron_pin.sources.http.urls import is_address, redact_url
from neuron_pin.sources.signed_by import (
    Trust,
    check_dated,
    parse_options,
    parse_trust,
    verify_message,
)
from neuron_pin.sources.system_package import (
    MAX_WANTED,
    SystemPackage,
    join_evr,
    rpm_relation,
)

if TYPE_CHECKING:
    import createrepo_c

MAX_REPOMD = 4 * 1024 * 1024
MAX_PRIMARY = 64 * 1024 * 1024
"""Bytes of the two files as sent."""

ARCHITECTURE = "x86_64"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class RpmRepository(NamedTuple):
    """One repository: the folder above ``repodata``.

    ``trust`` says whose signature on repomd.xml counts; without keys there need not be one,
    as with dnf's ``repo_gpgcheck=0``.  ``cached`` is the folder with what a machine's dnf has
    fetched of it, empty for a repository that is read itself.  A `SystemRepository`.
    """

    url: str
    trust: Trust = Trust()
    cached: str = ""

    @property
    def ecosystem(self) -> Ecosystem:
        return Ecosystem.RPM

    @property
    def is_of_machine(self) -> bool:
        return bool(self.cached)

    def fetch_packages(
        self, fetcher: Fetcher, names: frozenset[str], architecture: str = ""
    ) -> list[SystemPackage]:
        """Raises `WrongUsage`, too, where createrepo_c is not installed.  Of every repository
        what is for x86_64 is read: no other is published."""
        return _fetch(fetcher, self, names)

    def read_cached(self, names: frozenset[str], architecture: str = "") -> list[SystemPackage]:
        """Nothing is verified but what repomd.xml states: dnf has done the rest."""
        return _read_cached(self.cached, names)


def parse_rpm_repository(text: str) -> RpmRepository:
    """Read ``[signed-by=KEY] URL``; raises `WrongUsage`."""
    options, words = parse_options(text)
    if len(words) == 1 and not is_address(words[0]):
        raise WrongUsage(f"--rpm-repo: {words[0]!r} is no address")
    if len(words) != 1 or urlsplit(words[0]).scheme not in ("http", "https", "file"):
        raise WrongUsage(
            f"--rpm-repo: {redact_url(text)!r} is no repository",
            hint="write '[signed-by=/etc/pki/rpm-gpg/KEY] https://yum.example/'",
        )
    return RpmRepository(words[0].rstrip("/"), parse_trust(options))


def _fetch(
    fetcher: Fetcher, repository: RpmRepository, names: frozenset[str]
) -> list[SystemPackage]:
    url = repository.url

    def read(path: str, limit: int, check: Callable[[bytes], None]) -> bytes:
        def checked(answer: Response) -> None:
            check(answer.data)

        return fetcher.get(f"{url}/{path}", limit=limit, check=checked).data

    found: list[createrepo_c.RepomdRecord] = []

    def trusted(index: bytes) -> None:
        if repository.trust.names_key:
            _verify(fetcher, repository, index)
        record = _primary_record(index, redact_url(url))
        kept = fetcher.kept(f"{url}/repodata/repomd.xml")
        _check_dated(record, index, kept, fetcher.now, redact_url(url))
        found.append(record)

    _refuse_unprotected(repository)
    try:
        read("repodata/repomd.xml", MAX_REPOMD, trusted)
    except NotFound:
        raise SourceFailed(redact_url(url), "has no repodata/repomd.xml") from None
    return _packages(found[0], read, names, redact_url(url))


def _read_cached(folder: str, names: frozenset[str]) -> list[SystemPackage]:
    if os.path.isdir(os.path.join(folder, "repodata")):
        folder = os.path.join(folder, "repodata")

    def read(path: str, limit: int, check: Callable[[bytes], None]) -> bytes:
        place = os.path.join(folder, path.rpartition("/")[2])
        try:
            data = read_bounded(place, limit)
        except UnreadableInput as error:
            raise SourceFailed(place, error.problem) from None
        check(data)
        return data

    index = read("repomd.xml", MAX_REPOMD, lambda data: None)
    return _packages(_primary_record(index, folder), read, names, folder)


def _refuse_unprotected(repository: RpmRepository) -> None:
    """Neither signed nor encrypted, anybody on the way could have written it."""
    parts = urlsplit(repository.url)
    if parts.scheme != "http" or parts.hostname in _LOOPBACK:
        return
    if repository.trust.names_key or repository.trust.unsigned:
        return
    raise SourceFailed(
        redact_url(repository.url),
        "is neither signed nor fetched over https",
        hint="write https://, or name its key: [signed-by=/etc/pki/rpm-gpg/KEY] URL",
    )


def _verify(fetcher: Fetcher, repository: RpmRepository, index: bytes) -> None:
    address = f"{repository.url}/repodata/repomd.xml"
    try:
        try:
            detached = fetcher.get(f"{address}.asc", limit=MAX_REPOMD).data
        except NotFound:
            raise BadSignature("it carries no signature") from None
        verify_message(index, repository.trust, detached=detached)
    except BadSignature as error:
        raise SourceFailed(redact_url(address), f"is not trusted: {error}") from None


def _check_dated(
    record: createrepo_c.RepomdRecord, index: bytes, kept: Response | None, now: float, address: str
) -> None:
    """repomd.xml has no date; that of primary.xml, as yum held it."""
    seen = made = record.timestamp
    if kept is not None and kept.data != index:
        with contextlib.suppress(SourceFailed):
            seen = _primary_record(kept.data, address).timestamp
    check_dated(made, seen, now, f"{address}/repodata/repomd.xml")


# Metadata -------------------------------------------------------------------------------

Read = Callable[[str, int, Callable[[bytes], None]], bytes]


def _packages(
    record: createrepo_c.RepomdRecord, read: Read, names: frozenset[str], address: str
) -> list[SystemPackage]:
    place = f"{address}/{record.location_href}"
    suffix = os.path.splitext(record.location_href)[1]
    suffix = "" if suffix == ".xml" else suffix
    if not can_unpack(suffix):
        hint = install_command("zstd") if suffix == ".zst" else ""
        raise SourceFailed(place, f"is packed as {suffix}, which is not read", hint=hint)
    algorithm = {"sha": "sha1"}.get(record.checksum_type, record.checksum_type)
    if algorithm not in ("sha256", "sha384", "sha512"):
        raise SourceFailed(place, f"is held to a {algorithm} only, which is too weak")

    def check(data: bytes) -> None:
        if hashlib.new(algorithm, data).hexdigest() != record.checksum:
            raise SourceFailed(place, "does not have the hash that repomd.xml states")

    try:
        data = unpack(read(record.location_href, MAX_PRIMARY, check), suffix, place)
    except NotFound:
        raise SourceFailed(place, "is named by repomd.xml, but not there") from None
    _check_document(data, place)
    return [_package(package, place) for package in _parse(data, names, place)]


def _primary_record(index: bytes, address: str) -> createrepo_c.RepomdRecord:
    library = _library()
    _check_document(index, f"{address}/repodata/repomd.xml")
    with _on_disk(index, f"{address}/repodata/repomd.xml") as path:
        repomd = library.Repomd()
        library.xml_parse_repomd(path, repomd, lambda kind, text: True)
    record = next((r for r in repomd.records if r.type == "primary"), None)
    if record is None or not record.checksum or not record.location_href:
        raise SourceFailed(f"{address}/repodata/repomd.xml", "names no primary.xml and its hash")
    if record.location_base or not _is_below(record.location_href):
        raise SourceFailed(f"{address}/repodata/repomd.xml", "names a file elsewhere")
    return record


_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]*?\sencoding\s*=\s*["']([^"'>]*)""")


def _check_document(data: bytes, place: str) -> None:
    """createrepo_c's parser is libxml2's, which would follow what a document type declares, and
    createrepo_c ends the whole process over bytes that are not of the encoding declared."""
    declared = _ENCODING.match(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text or (declared is not None and declared[1].lower() not in (b"utf-8", b"ascii")):
        raise SourceFailed(place, "is not in UTF-8, as every repository is")
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise SourceFailed(place, "declares a document type, which no repository has")


def _is_below(path: str) -> bool:
    return bool(path) and path[0] != "/" and ":" not in path and ".." not in path.split("/")


def _parse(data: bytes, names: frozenset[str], place: str) -> list[createrepo_c.Package]:
    library = _library()
    found: list[Any] = []

    def keep(package: Any) -> None:
        wanted = package.name in names and package.arch in (ARCHITECTURE, "noarch")
        if wanted and len(found) <= MAX_WANTED:
            found.append(package)

    with _on_disk(data, place) as path:
        library.xml_parse_primary(
            path, newpkgcb=None, pkgcb=keep, warningcb=lambda *_: True, do_files=0
        )
    if len(found) > MAX_WANTED:
        raise SourceFailed(place, f"has more than {MAX_WANTED} versions of what is wanted")
    return found


@contextlib.contextmanager
def _on_disk(data: bytes, place: str) -> Iterator[str]:
    """A file for createrepo_c, which reads files alone; what it raises becomes `SourceFailed`."""
    library = _library()
    with scratch_folder() as folder:
        path = os.path.join(folder, "metadata.xml")
        with open(path, "wb") as stream:
            stream.write(data)
        try:
            with _silence_stderr():
                yield path
        except (library.CreaterepoCError, ValueError) as error:
            message = str(error).strip().removeprefix(f"Parse error '{path}' ")
            raise SourceFailed(place, f"cannot be read: {message[:200]}") from None


@contextlib.contextmanager
def _silence_stderr() -> Iterator[None]:
    """Without what a library in C writes to standard error by itself, as GLib does."""
    try:
        kept = os.dup(2)
    except OSError:
        # It is closed already.
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _package(package: createrepo_c.Package, place: str) -> SystemPackage:
    version = join_evr(package.epoch or "", package.version or "", package.release or "")
    if package.location_base or not package.location_href:
        raise SourceFailed(place, f"{package.name} {version} lies elsewhere")
    requires = tuple((rpm_relation(*entry[:5]),) for entry in _entries(package.requires))
    against = [*_entries(package.conflicts), *_entries(package.obsoletes)]
    return SystemPackage(
        Ecosystem.RPM,
        package.name,
        version,
        package.location_href,
        package.pkgId if package.checksum_type == "sha256" else "",
        package.size_package or None,
        depends=requires,
        conflicts=tuple(rpm_relation(*entry[:5]) for entry in against),
        provides=tuple(rpm_relation(*entry[:5]) for entry in _entries(package.provides)),
        architecture=package.arch or "",
        built=package.time_build or 0,
    )


def _entries(entries: Any) -> Iterator[tuple[str, str, str, str, str]]:
    """Relations on names; files, rpm's own features and boolean ones name no package."""
    for name, flags, epoch, version, release, *_ in entries or ():
        if name and name[0] not in "/(" and not name.startswith("rpmlib("):
            yield name, flags or "", epoch or "", version or "", release or ""


def _library() -> Any:
    try:
        import createrepo_c
    except ModuleNotFoundError:
        raise WrongUsage(
            "reading rpm repositories needs createrepo_c",
            hint=install_command("rpm"),
        ) from None
    except ImportError as error:
        # Its wheels bring all but the system's GLib, which a small container lacks.
        raise WrongUsage(
            f"createrepo_c cannot be loaded: {error}",
            hint="apt-get install libglib2.0-0, or dnf install glib2",
        ) from None
    return createrepo_c
