"""Layers of an image, one over the other: the few files that matter, read and never unpacked.

Source: OCI image layer specification 1.1 (whiteouts).  Names that escape the root are skipped,
links are not followed, and what a layer unpacks to has a bound.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tarfile
from typing import IO, TYPE_CHECKING, Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.reporter import SILENT, Reporter

if TYPE_CHECKING:
    from typing_extensions import Self

MAX_MEMBERS = 5_000_000
MAX_FILE = 256 * 1024 * 1024
MAX_KEPT = 1024 * 1024 * 1024
MAX_RATIO = 200
MIN_UNPACKED = 1 << 30
"""Bounds: of the names in a layer, of one kept file and of all, in bytes, and how many times
its packed size a layer may unpack to, or to how many bytes."""

KEPT = re.compile(
    r"(?:etc|usr/lib)/os-release"
    r"|var/lib/dpkg/status(?:\.d/[^/]+)?"
    r"|etc/apt/(?:sources\.list|preferences|trusted\.gpg)(?:\.d/[^/]+)?"
    r"|etc/apt/keyrings/[^/]+|usr/share/keyrings/[^/]+"
    r"|(?:var/lib|usr/lib/sysimage|usr/share)/rpm/[^/]+"
    r"|(?:[^/]+/)*pyvenv\.cfg"
    r"|(?:[^/]+/)*[^/]+\.dist-info/(?:METADATA|RECORD|INSTALLER)"
    r"|(?:[^/]+/)*[^/]+\.egg-info(?:/PKG-INFO)?"
    r"|(?:[^/]+/)*[^/]+\.egg/EGG-INFO/PKG-INFO|(?:[^/]+/)*[^/]*neuron[^/]*\.egg"
    r"|(?:[^/]+/)*(?:site|dist)-packages/[^/]+\.(?:pth|egg-link)"
    r"|(?:[^/]+/)*conda-meta/[^/]*neuron[^/]*\.json"
    r"|(?:[^/]+/)*(?:site|dist)-packages/[^/]*neuron[^/]*(?:/__init__)?\.py"
)
STATUS = "var/lib/dpkg/status"
LINKED = "is a link, which is not followed: the packages in it were not checked"


class LayerFiles:
    """The kept files by their path, layer over layer."""

    def __init__(self, image: str, reporter: Reporter = SILENT) -> None:
        self.image = image
        self.reporter = reporter
        self.found: dict[str, bytes] = {}
        self.problems: list[UnreadableInput] = []
        self.size = 0

    def problem(self, where: str, text: str) -> None:
        self.problems.append(UnreadableInput(f"{self.image}!{where}", None, text))

    def put(self, name: str, data: bytes) -> None:
        self.size += len(data) - len(self.found.get(name, b""))
        if self.size > MAX_KEPT:
            raise UnreadableInput(self.image, None, f"has more than {MAX_KEPT} bytes to be read")
        self.found[name] = data

    def remove(self, name: str) -> None:
        for known in [k for k in self.found if k == name or k.startswith(name + "/")]:
            self.size -= len(self.found.pop(known))

    def lay(self, root: str) -> None:
        """Write them below a folder of our own; what would leave it is not written."""
        for name, data in self.found.items():
            place = os.path.join(root, name)
            try:
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "xb") as stream:
                    stream.write(data)
            except OSError as error:
                # One layer has a file where another has a folder, or a name is too long.
                self.problem("/" + name, f"cannot be written: {error.strerror}")
        own = os.path.join(root, "etc/os-release")
        if not os.path.exists(own) and "usr/lib/os-release" in self.found:
            # It is a link in most images.
            os.makedirs(os.path.dirname(own), exist_ok=True)
            with open(own, "xb") as stream:
                stream.write(self.found["usr/lib/os-release"])


def normalize_member_name(name: str) -> str:
    """A member's name without leading slashes and dots; empty for one that escapes the root."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "" if ".." in parts or "\0" in name else "/".join(parts)


class EndMissing(tarfile.ReadError):
    """A tarball stops without the mark of its end."""


class StrictMember(tarfile.TarInfo):
    """A member for ``tarfile.open(tarinfo=…)``, which takes a damaged header behind the first
    one, and half a header, for the end of the tarball.

    Source: POSIX, pax, ustar Interchange Format: two blocks of zeros end an archive.
    """

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> Self:
        """The next member of an archive; raises `tarfile.ReadError` for what is no header, and
        `EndMissing` for nothing at all."""
        # Not frombuf: newer Pythons do not read headers by it.
        try:
            return super().fromtarfile(archive)
        except tarfile.HeaderError as error:
            kind = type(error).__name__
            if kind == "EOFHeaderError":
                raise
            if kind in _STOPS:
                raise EndMissing(_STOPS[kind]) from None
            raise tarfile.ReadError("the header of a file in it is damaged") from None


_STOPS = {
    "EmptyHeaderError": "it stops before the mark of its end",
    "TruncatedHeaderError": "it stops inside the header of a file",
}
"""What tarfile's kinds of `tarfile.HeaderError` say of an end that is not marked."""


class _Bounded(io.RawIOBase):
    """A stream that stops where it has given more than a bound."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self.stream = stream
        self.left = limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(min(size, 1 << 20) if size > 0 else 1 << 20)
        self.left -= len(data)
        if self.left < 0:
            raise ValueError("unpacks to far more than its size")
        return data


class _Hashed(io.RawIOBase):
    """A stream that computes its digest on the way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.sha256 = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self.stream.read(size)
        self.sha256.update(data)
        return data


def put_layer(
    stream: IO[bytes], size: int, where: str, files: LayerFiles, digest: str = ""
) -> None:
    """Put a layer over what is there; what is damaged is a problem of ``files``.  ``size`` is
    its packed size in bytes, ``digest`` the sha256 that it should have, empty for any."""
    hashed = _Hashed(stream)
    stopped: EndMissing | None = None
    try:
        unpacked = _unpack(hashed)
        limit = max(MIN_UNPACKED, size * MAX_RATIO)
        bounded: Any = _Bounded(unpacked, limit)
        try:
            with tarfile.open(fileobj=bounded, mode="r|", tarinfo=StrictMember) as archive:
                for count, member in enumerate(archive):
                    if count > MAX_MEMBERS:
                        raise ValueError(f"more than {MAX_MEMBERS} names")
                    _member(archive, member, files, where)
        except EndMissing as error:
            stopped = error
        while digest and hashed.read(1 << 20):
            pass
    except UnreadableInput:
        raise
    except Exception as error:  # noqa: BLE001 - for damage they raise whatever it leads to
        files.problem(where or "/", f"is cut off or damaged: {error}")
        return
    if digest and hashed.sha256.hexdigest() != digest:
        files.problem(where, "its digest differs from the manifest's")
    elif stopped is not None and not digest:
        # With its digest a layer is whole, whatever it lacks.
        files.problem(where or "/", f"is cut off or damaged: {stopped}")


def _unpack(stream: _Hashed) -> Any:
    """A layer's tar stream, by its first bytes."""
    head = stream.read(6)
    whole: Any = _Prefixed(head, stream)
    if head[:2] == b"\x1f\x8b":
        import gzip

        return gzip.GzipFile(fileobj=whole)
    if head[:4] == b"\x28\xb5\x2f\xfd":
        from neuron_pin.fs.compression import zstd_stream

        return zstd_stream(whole)
    if head == b"\xfd7zXZ\x00":
        import lzma

        return lzma.LZMAFile(whole)
    if head[:3] == b"BZh":
        import bz2

        return bz2.BZ2File(whole)
    return whole


class _Prefixed(io.RawIOBase):
    """A stream with the bytes that were read of it put back."""

    def __init__(self, head: bytes, stream: Any) -> None:
        self.head = head
        self.stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if self.head:
            data = self.head[:size] if size >= 0 else self.head
            self.head = self.head[len(data) :]
            return data
        data = self.stream.read(size)
        return bytes(data)


def _member(
    archive: tarfile.TarFile, member: tarfile.TarInfo, files: LayerFiles, where: str
) -> None:
    name = normalize_member_name(member.name)
    if not name:
        if member.name.strip("./"):
            files.problem(f"{where}/{member.name[:200]}", "escapes the root; it was skipped")
        return
    base = os.path.basename(name)
    if base == ".wh..wh..opq":
        files.remove(os.path.dirname(name))
        return
    if base.startswith(".wh."):
        files.remove(os.path.join(os.path.dirname(name), base[4:]))
        return
    if member.isdir():
        return
    files.remove(name)
    if member.islnk():
        data = files.found.get(normalize_member_name(member.linkname))
        if data is not None and KEPT.fullmatch(name):
            files.put(name, data)
        return
    if member.issym() and name == STATUS:
        files.problem(f"{where}/{name}", LINKED)
    if not member.isreg() or not KEPT.fullmatch(name):
        return
    if member.size > MAX_FILE:
        files.problem(f"{where}/{name}", f"larger than {MAX_FILE} bytes")
        return
    stream = archive.extractfile(member)
    if stream is not None:
        data = stream.read(MAX_FILE)
        if len(data) != member.size:
            raise EOFError("a file in it ends too soon")
        files.put(name, data)
