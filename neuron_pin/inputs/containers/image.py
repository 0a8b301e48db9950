"""Images of containers: what their layers leave, as far as a policy looks at it.

An unpacked root, a folder with an OCI layout or of skopeo's ``dir:``, or a tarball of one of
these, or of ``docker save``.
Source: OCI image layout, manifest and layer specifications 1.1 (whiteouts); Docker image
specification 1.2.  Nothing is unpacked by the names in a layer: the few files that matter are
read and laid into a folder of our own, as plain files.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.record import NamedTuple
from neuron_pin.reporter import SILENT, Reporter

from .layers import (
    KEPT,
    LINKED,
    MAX_FILE,
    MAX_MEMBERS,
    STATUS,
    LayerFiles,
    StrictMember,
    normalize_member_name,
    put_layer,
)

MAX_DOCUMENT = 16 * 1024 * 1024
MAX_LAYERS = 500
"""Bounds: bytes of a manifest, and layers."""


class Image(NamedTuple):
    """``root`` has the files that matter; ``problems`` say what could not be read of it, each
    with its place in the image."""

    root: str
    problems: tuple[UnreadableInput, ...]


@contextmanager
def open_image(path: str, reporter: Reporter = SILENT) -> Iterator[Image]:
    """An image's files for as long as it is open; raises `UnreadableInput` for what is no
    image.  A layer that is damaged is a problem, the others are read anyway."""
    with scratch_folder() as root:
        files = LayerFiles(path, reporter)
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


# Where blobs are ------------------------------------------------------------------------


class _Folder:
    """A layout in a folder; no link in it is followed."""

    def __init__(self, path: str) -> None:
        self.path = path

    def open(self, name: str) -> tuple[IO[bytes], int]:
        place = os.path.join(self.path, normalize_member_name(name) or "absent")
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            return os.fdopen(descriptor, "rb"), os.fstat(descriptor).st_size
        except OSError as error:
            raise UnreadableInput(place, None, f"cannot be read: {error.strerror}") from None


class _Tar:
    """A layout in a tarball; what is behind a damaged place is not there."""

    def __init__(self, path: str, archive: tarfile.TarFile, files: LayerFiles) -> None:
        self.path = path
        self.archive = archive
        self.members: dict[str, tarfile.TarInfo] = {}
        try:
            for count, member in enumerate(archive):
                if count > MAX_MEMBERS:
                    raise UnreadableInput(path, None, f"more than {MAX_MEMBERS} names")
                if member.isreg():
                    self.members[normalize_member_name(member.name)] = member
        except UnreadableInput:
            raise
        except Exception as error:  # noqa: BLE001 - for damage they raise whatever it leads to
            files.problem("", f"is cut off or damaged: {error}")

    def open(self, name: str) -> tuple[IO[bytes], int]:
        member = self.members.get(normalize_member_name(name))
        stream = self.archive.extractfile(member) if member is not None else None
        if stream is None or member is None:
            raise UnreadableInput(f"{self.path}!/{name}", None, "does not exist")
        return stream, member.size


def _archive(path: str, files: LayerFiles) -> None:
    try:
        archive = tarfile.open(path, "r:*", tarinfo=StrictMember)  # noqa: SIM115 - closed below
    except OSError as error:
        raise UnreadableInput(path, None, f"cannot be read: {error.strerror or error}") from None
    except Exception:  # noqa: BLE001 - for damage they raise whatever it leads to
        raise UnreadableInput(path, None, "not a tarball") from None
    with archive:
        layout = _Tar(path, archive, files)
        if "index.json" in layout.members:
            _oci(layout, files)
        elif "manifest.json" in layout.members:
            _docker(layout, files)
        else:
            # The root of a container, as docker export writes it.  Where it is damaged shows
            # once more.
            files.problems.clear()
            with open(path, "rb") as stream:
                put_layer(stream, os.path.getsize(path), "", files)


# Layouts --------------------------------------------------------------------------------


def _document(layout: _Folder | _Tar, name: str, digest: str = "") -> Any:
    stream, size = layout.open(name)
    with stream:
        if size > MAX_DOCUMENT:
            raise UnreadableInput(
                f"{layout.path}!/{name}", None, f"larger than {MAX_DOCUMENT} bytes"
            )
        try:
            data = stream.read(MAX_DOCUMENT)
        except Exception as error:  # noqa: BLE001 - for damage they raise whatever it leads to
            raise UnreadableInput(
                f"{layout.path}!/{name}", None, f"is cut off or damaged: {error}"
            ) from None
    if digest and hashlib.sha256(data).hexdigest() != digest:
        raise UnreadableInput(
            f"{layout.path}!/{name}", None, "its digest differs from the manifest's"
        )
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise UnreadableInput(f"{layout.path}!/{name}", None, "is not JSON") from None


def _digest(layout: _Folder | _Tar, descriptor: Any) -> str:
    digest = descriptor.get("digest") if isinstance(descriptor, dict) else None
    if not isinstance(digest, str) or not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise UnreadableInput(layout.path, None, "a descriptor has no sha256 digest")
    return digest[7:]


def _oci(layout: _Folder | _Tar, files: LayerFiles) -> None:
    document = _document(layout, "index.json")
    for _ in range(4):
        rows = document.get("manifests") if isinstance(document, dict) else None
        if rows is None:
            break
        if not isinstance(rows, list) or not rows:
            raise UnreadableInput(layout.path, None, "its index has no manifests")
        digest = _digest(layout, _for_linux(rows))
        document = _document(layout, f"blobs/sha256/{digest}", digest)
    _manifest(layout, document, files, "blobs/sha256/")


def _manifest(layout: _Folder | _Tar, document: Any, files: LayerFiles, below: str) -> None:
    """The layers of a manifest; ``below`` is what the names of blobs begin with."""
    layers = document.get("layers") if isinstance(document, dict) else None
    if not isinstance(layers, list):
        raise UnreadableInput(layout.path, None, "its manifest has no layers")
    for number, row in enumerate(layers[:MAX_LAYERS], 1):
        files.reporter.examined(f"{layout.path}, layer {number}", number - 1, len(layers))
        try:
            digest = _digest(layout, row)
            stream, size = layout.open(below + digest)
        except UnreadableInput as error:
            files.problems.append(error)
            continue
        with stream:
            put_layer(stream, size, f"/layer {number}", files, digest)


def _skopeo(layout: _Folder | _Tar, document: dict[str, Any], files: LayerFiles) -> None:
    """What skopeo writes for ``dir:``: blobs by their digests, beside the manifest; with
    ``--all`` several manifests, too."""
    rows = document.get("manifests")
    if isinstance(rows, list) and rows:
        digest = _digest(layout, _for_linux(rows))
        document = _document(layout, f"{digest}.manifest.json", digest)
    _manifest(layout, document, files, "")


def _for_linux(rows: list[Any]) -> Any:
    """Of several platforms the one that Neuron is for."""
    for row in rows:
        platform = row.get("platform") if isinstance(row, dict) else None
        if isinstance(platform, dict) and platform.get("architecture") == "amd64":
            return row
    return rows[0]


def _docker(layout: _Folder | _Tar, files: LayerFiles) -> None:
    document = _document(layout, "manifest.json")
    if isinstance(document, dict):
        _skopeo(layout, document, files)
        return
    first = document[0] if isinstance(document, list) and document else None
    layers = first.get("Layers") if isinstance(first, dict) else None
    if not isinstance(layers, list) or not all(isinstance(name, str) for name in layers):
        raise UnreadableInput(layout.path, None, "its manifest.json has no layers")
    for number, name in enumerate(layers[:MAX_LAYERS], 1):
        files.reporter.examined(f"{layout.path}, layer {number}", number - 1, len(layers))
        try:
            stream, size = layout.open(name)
        except UnreadableInput as error:
            files.problems.append(error)
            continue
        with stream:
            put_layer(stream, size, f"/layer {number}", files)


# An unpacked root -----------------------------------------------------------------------


def _rootfs(path: str, files: LayerFiles) -> None:
    """Of a folder with a system in it; links are not followed, they may lead out of it."""
    if not any(os.path.isdir(os.path.join(path, name)) for name in ("etc", "usr", "opt", "var")):
        raise UnreadableInput(
            path, None, "not an image: neither an image layout nor the root of a system"
        )
    count = 0
    for folder, inner, names in os.walk(path):
        below = os.path.relpath(folder, path)
        if below == ".":
            inner[:] = [name for name in inner if name not in ("proc", "sys", "dev")]
            below = ""
        for name in names:
            count += 1
            if count > MAX_MEMBERS:
                raise UnreadableInput(path, None, f"has more than {MAX_MEMBERS} files")
            if count % 1000 == 0:
                files.reporter.examined(f"{path}, {count} files", 0, 0)
            whole = os.path.join(below, name)
            if not KEPT.fullmatch(whole):
                continue
            place = os.path.join(folder, name)
            try:
                mode = os.lstat(place).st_mode
                if stat.S_ISLNK(mode) and whole == STATUS:
                    files.problem(f"/{whole}", LINKED)
                if stat.S_ISREG(mode):
                    files.put(whole, read_bounded(place, MAX_FILE))
            except (OSError, UnreadableInput) as error:
                files.problem(f"/{whole}", str(error))
