"""Images of containers: what their layers leave, as far as a policy looks at it.

An unpacked root, a folder with an OCI layout, or a tarball of either, or of ``docker save``.
Source: OCI image layout, manifest and layer specifications 1.1 (whiteouts); Docker image
specification 1.2.  Nothing is unpacked by the names in a layer: the few files that matter are
read and laid into a folder of our own, as plain files.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

from neuron_pin.bounded import read_bounded
from neuron_pin.errors import UnreadableInput

MAX_DOCUMENT = 16 * 1024 * 1024
MAX_LAYERS = 500
MAX_MEMBERS = 5_000_000
MAX_FILE = 256 * 1024 * 1024
MAX_KEPT = 1024 * 1024 * 1024
MAX_RATIO = 200
MIN_UNPACKED = 1 << 30
"""Bounds: of a manifest, of layers, of the names in one, of one kept file and of all, in
bytes, and how many times its packed size a layer may unpack to, or to how many bytes."""

_KEPT = re.compile(
    r"(?:etc|usr/lib)/os-release"
    r"|var/lib/dpkg/status(?:\.d/[^/]+)?"
    r"|etc/apt/(?:sources\.list|preferences|trusted\.gpg)(?:\.d/[^/]+)?"
    r"|etc/apt/keyrings/[^/]+|usr/share/keyrings/[^/]+"
    r"|(?:var/lib|usr/lib/sysimage)/rpm/[^/]+"
    r"|(?:[^/]+/)*pyvenv\.cfg"
    r"|(?:[^/]+/)*(?:site|dist)-packages/[^/]+\.dist-info/(?:METADATA|RECORD)"
    r"|(?:[^/]+/)*(?:site|dist)-packages/[^/]*neuron[^/]*(?:/__init__)?\.py"
)


class Image(NamedTuple):
    """``root`` has the files that matter; ``problems`` say what could not be read of it, each
    with its place in the image."""

    root: str
    problems: tuple[UnreadableInput, ...]


@contextmanager
def opened_image(path: str) -> Iterator[Image]:
    """An image's files for as long as it is open; raises `UnreadableInput` for what is no
    image.  A layer that is damaged is a problem, the others are read all the same."""
    with tempfile.TemporaryDirectory(prefix="neuron-pin-") as root:
        files = _Files(path)
        if os.path.isdir(path):
            if os.path.isfile(os.path.join(path, "index.json")):
                _oci(_Folder(path), files)
            elif os.path.isfile(os.path.join(path, "manifest.json")):
                _docker(_Folder(path), files)
            else:
                _rootfs(path, files)
        else:
            _archive(path, files)
        files.lay(root)
        yield Image(root, tuple(files.problems))


class _Files:
    """The kept files by their path, layer over layer."""

    def __init__(self, image: str) -> None:
        self.image = image
        self.found: dict[str, bytes] = {}
        self.problems: list[UnreadableInput] = []
        self.size = 0

    def problem(self, where: str, text: str) -> None:
        self.problems.append(UnreadableInput(f"{self.image}!{where}", 0, text))

    def put(self, name: str, data: bytes) -> None:
        self.size += len(data) - len(self.found.get(name, b""))
        if self.size > MAX_KEPT:
            raise UnreadableInput(self.image, 0, f"has more than {MAX_KEPT} bytes to be read")
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
                self.problem("/" + name, f"cannot be laid out: {error.strerror}")
        own = os.path.join(root, "etc/os-release")
        if not os.path.exists(own) and "usr/lib/os-release" in self.found:
            # It is a link in most images.
            os.makedirs(os.path.dirname(own), exist_ok=True)
            with open(own, "xb") as stream:
                stream.write(self.found["usr/lib/os-release"])
        parts = sorted(n for n in self.found if n.startswith("var/lib/dpkg/status.d/"))
        status = os.path.join(root, "var/lib/dpkg/status")
        if parts and not os.path.exists(status):
            # Images without a shell keep one file a package.
            with open(status, "xb") as stream:
                stream.write(b"\n\n".join(self._as_installed(name) for name in parts))

    def _as_installed(self, name: str) -> bytes:
        data = self.found[name].strip()
        if re.search(rb"^Status:", data, re.M):
            return data
        return re.sub(rb"^(Package: .*)$", rb"\1\nStatus: install ok installed", data, flags=re.M)


def plain_name(name: str) -> str:
    """A member's name without leading slashes and dots; empty for one that leaves the root."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return "" if ".." in parts or "\0" in name else "/".join(parts)


# Where blobs are ------------------------------------------------------------------------


class _Folder:
    """A layout in a folder; no link in it is followed."""

    def __init__(self, path: str) -> None:
        self.path = path

    def open(self, name: str) -> tuple[IO[bytes], int]:
        place = os.path.join(self.path, plain_name(name) or "absent")
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            return os.fdopen(descriptor, "rb"), os.fstat(descriptor).st_size
        except OSError as error:
            raise UnreadableInput(place, 0, f"cannot be read: {error.strerror}") from None


class _Tar:
    """A layout in a tarball; what is behind a damaged place is not there."""

    def __init__(self, path: str, archive: tarfile.TarFile, files: _Files) -> None:
        self.path = path
        self.archive = archive
        self.members: dict[str, tarfile.TarInfo] = {}
        try:
            for count, member in enumerate(archive):
                if count > MAX_MEMBERS:
                    raise UnreadableInput(path, 0, f"more than {MAX_MEMBERS} names")
                if member.isreg():
                    self.members[plain_name(member.name)] = member
        except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
            files.problem("", f"is cut off or damaged: {error}")

    def open(self, name: str) -> tuple[IO[bytes], int]:
        member = self.members.get(plain_name(name))
        stream = self.archive.extractfile(member) if member is not None else None
        if stream is None or member is None:
            raise UnreadableInput(f"{self.path}!/{name}", 0, "is not there")
        return stream, member.size


def _archive(path: str, files: _Files) -> None:
    try:
        archive = tarfile.open(path, "r:*")  # noqa: SIM115 - closed below
    except OSError as error:
        raise UnreadableInput(path, 0, f"cannot be read: {error.strerror or error}") from None
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise UnreadableInput(path, 0, f"is no tarball: {error}") from None
    with archive:
        layout = _Tar(path, archive, files)
        if "index.json" in layout.members:
            _oci(layout, files)
        elif "manifest.json" in layout.members:
            _docker(layout, files)
        else:
            # The root of a container, as docker export writes it.
            with open(path, "rb") as stream:
                _layer(stream, os.path.getsize(path), "", files)


# Layouts --------------------------------------------------------------------------------


def _document(layout: _Folder | _Tar, name: str, digest: str = "") -> Any:
    stream, size = layout.open(name)
    with stream:
        if size > MAX_DOCUMENT:
            raise UnreadableInput(f"{layout.path}!/{name}", 0, f"larger than {MAX_DOCUMENT} bytes")
        data = stream.read(MAX_DOCUMENT)
    if digest and hashlib.sha256(data).hexdigest() != digest:
        raise UnreadableInput(f"{layout.path}!/{name}", 0, "its digest is another one")
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise UnreadableInput(f"{layout.path}!/{name}", 0, "is not JSON") from None


def _blob(layout: _Folder | _Tar, descriptor: Any) -> tuple[str, str]:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    if not isinstance(digest, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise UnreadableInput(layout.path, 0, "a descriptor has no sha256 digest")
    return f"blobs/sha256/{digest[7:]}", digest[7:]


def _oci(layout: _Folder | _Tar, files: _Files) -> None:
    document = _document(layout, "index.json")
    for _ in range(4):
        rows = document.get("manifests") if isinstance(document, dict) else None
        if rows is None:
            break
        if not isinstance(rows, list) or not rows:
            raise UnreadableInput(layout.path, 0, "its index has no manifests")
        document = _document(layout, *_blob(layout, _for_linux(rows)))
    layers = document.get("layers") if isinstance(document, dict) else None
    if not isinstance(layers, list):
        raise UnreadableInput(layout.path, 0, "its manifest has no layers")
    for number, row in enumerate(layers[:MAX_LAYERS], 1):
        try:
            name, digest = _blob(layout, row)
            stream, size = layout.open(name)
        except UnreadableInput as error:
            files.problems.append(error)
            continue
        with stream:
            _layer(stream, size, f"/layer {number}", files, digest)


def _for_linux(rows: list[Any]) -> Any:
    """Of several platforms the one that Neuron is for."""
    for row in rows:
        platform = row.get("platform") if isinstance(row, dict) else None
        if isinstance(platform, dict) and platform.get("architecture") == "amd64":
            return row
    return rows[0]


def _docker(layout: _Folder | _Tar, files: _Files) -> None:
    document = _document(layout, "manifest.json")
    first = document[0] if isinstance(document, list) and document else None
    layers = first.get("Layers") if isinstance(first, dict) else None
    if not isinstance(layers, list) or not all(isinstance(name, str) for name in layers):
        raise UnreadableInput(layout.path, 0, "its manifest.json has no layers")
    for number, name in enumerate(layers[:MAX_LAYERS], 1):
        try:
            stream, size = layout.open(name)
        except UnreadableInput as error:
            files.problems.append(error)
            continue
        with stream:
            _layer(stream, size, f"/layer {number}", files)


# Layers ---------------------------------------------------------------------------------


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


def _layer(stream: IO[bytes], size: int, where: str, files: _Files, digest: str = "") -> None:
    """Put a layer over what is there."""
    hashed = _Hashed(stream)
    try:
        unpacked = _unpacked(hashed)
        limit = max(MIN_UNPACKED, size * MAX_RATIO)
        bounded: Any = _Bounded(unpacked, limit)
        with tarfile.open(fileobj=bounded, mode="r|") as archive:
            for count, member in enumerate(archive):
                if count > MAX_MEMBERS:
                    raise ValueError(f"more than {MAX_MEMBERS} names")
                _member(archive, member, files, where)
        while digest and hashed.read(1 << 20):
            pass
    except UnreadableInput:
        raise
    except (tarfile.TarError, EOFError, OSError, zlib.error, ValueError) as error:
        files.problem(where or "/", f"is cut off or damaged: {error}")
        return
    except Exception as error:
        if type(error).__name__ not in ("LZMAError", "ZstdError"):
            raise
        files.problem(where or "/", f"is cut off or damaged: {error}")
        return
    if digest and hashed.sha256.hexdigest() != digest:
        files.problem(where, "its digest is another one than the manifest says")


def _unpacked(stream: _Hashed) -> Any:
    """A layer's tar stream, by its first bytes."""
    head = stream.read(6)
    whole: Any = _Prefixed(head, stream)
    if head[:2] == b"\x1f\x8b":
        import gzip

        return gzip.GzipFile(fileobj=whole)
    if head[:4] == b"\x28\xb5\x2f\xfd":
        from neuron_pin.sources.compression import zstd_stream

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


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, files: _Files, where: str) -> None:
    name = plain_name(member.name)
    if not name:
        if member.name.strip("./"):
            files.problem(f"{where}/{member.name[:200]}", "leaves the root; it was left out")
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
        data = files.found.get(plain_name(member.linkname))
        if data is not None and _KEPT.fullmatch(name):
            files.put(name, data)
        return
    if not member.isreg() or not _KEPT.fullmatch(name):
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


# An unpacked root -----------------------------------------------------------------------


def _rootfs(path: str, files: _Files) -> None:
    """Of a folder with a system in it; links are not followed, they may lead out of it."""
    if not any(os.path.isdir(os.path.join(path, name)) for name in ("etc", "usr", "opt", "var")):
        raise UnreadableInput(path, 0, "is no image: no layout, and no root of a system")
    count = 0
    for folder, inner, names in os.walk(path):
        below = os.path.relpath(folder, path)
        if below == ".":
            inner[:] = [name for name in inner if name not in ("proc", "sys", "dev")]
            below = ""
        for name in names:
            count += 1
            if count > MAX_MEMBERS:
                raise UnreadableInput(path, 0, f"has more than {MAX_MEMBERS} files")
            whole = os.path.join(below, name)
            if not _KEPT.fullmatch(whole):
                continue
            place = os.path.join(folder, name)
            try:
                if stat.S_ISREG(os.lstat(place).st_mode):
                    files.put(whole, read_bounded(place, MAX_FILE))
            except (OSError, UnreadableInput) as error:
                files.problem(f"/{whole}", str(error))
