"""Writes SHA256SUMS of a folder of release artifacts, and compares two builds of a release.

    artifact_sums.py write FOLDER
    artifact_sums.py compare STATED OTHER

STATED and OTHER are each a folder that holds artifacts and their SHA256SUMS, or a SHA256SUMS file
alone.  ``compare`` names every file that differs, and in archives that both sides have, what of
them differs.  Exit codes: 0 the same; 1 not the same; 2 wrong usage or unreadable input.
Source: sha256sum(1) for the format.
"""

from __future__ import annotations

import hashlib
import re
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64}) [ *]([A-Za-z0-9_][A-Za-z0-9_.+-]*)", re.ASCII)
_MOST_FILES = 100
_MOST_SUMS_BYTES = 64 * 1024
_MOST_BYTES = 256 * 1024 * 1024
_MOST_MEMBERS = 10_000
_MOST_NAMED = 20


class UnreadableBuild(Exception):
    """A build that cannot be read, with the reason."""


@dataclass(frozen=True)
class Build:
    """The artifacts of a release as one machine built them."""

    place: Path
    sums: dict[str, str]
    folder: Path | None
    """Where the artifacts are; None where only their sums are known."""


@dataclass(frozen=True)
class Member:
    """What identifies a file in an archive, besides its name."""

    digest: str
    mode: int
    time: object


def sum_file(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    if path.stat().st_size > _MOST_BYTES:
        raise UnreadableBuild(f"{path}: larger than {_MOST_BYTES} bytes")
    with path.open("rb") as file:
        return _sum_stream(file)


def write_sums(folder: Path) -> None:
    """Write the SHA256SUMS of all files in a folder, sorted by name."""
    paths = sorted(path for path in folder.iterdir() if path.name != SUMS)
    text = "".join(f"{sum_file(path)}  {path.name}\n" for path in paths)
    (folder / SUMS).write_text(text, encoding="ascii", newline="\n")


def read_build(place: Path) -> Build:
    """Read a folder of artifacts, or a SHA256SUMS file.

    Raises `UnreadableBuild` where the sums are not readable, or where the files of the folder are
    not those that its SHA256SUMS states.
    """
    folder = place if place.is_dir() else None
    sums = _read_sums(place / SUMS if folder else place)
    if folder is not None:
        found = {path.name: path for path in folder.iterdir() if path.name != SUMS}
        for name in sorted(sums.keys() | found.keys()):
            if name not in sums:
                raise UnreadableBuild(f"{found[name]}: not stated in {SUMS}")
            if name not in found:
                raise UnreadableBuild(f"{place / SUMS}: states {name}, which is missing")
            if sum_file(found[name]) != sums[name]:
                raise UnreadableBuild(f"{found[name]}: not the file that {SUMS} states")
    return Build(place, sums, folder)


def compare_builds(stated: Build, other: Build) -> Iterator[str]:
    """One line for each difference; none where both builds are the same."""
    for name in sorted(stated.sums.keys() | other.sums.keys()):
        if name not in other.sums:
            yield f"missing  {name}: only in {stated.place}"
        elif name not in stated.sums:
            yield f"extra    {name}: only in {other.place}"
        elif stated.sums[name] != other.sums[name]:
            yield f"differs  {name}: stated {stated.sums[name]}, built {other.sums[name]}"
            if stated.folder and other.folder:
                yield from _compare_archives(stated.folder / name, other.folder / name)


def _read_sums(path: Path) -> dict[str, str]:
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_SUMS_BYTES + 1)
        lines = data.decode("ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UnreadableBuild(f"{path}: {error}") from error
    if not lines or len(data) > _MOST_SUMS_BYTES or len(lines) > _MOST_FILES:
        raise UnreadableBuild(f"{path}: not between 1 and {_MOST_FILES} sums")
    sums: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line)
        if match is None or match[2] in sums or match[2] == SUMS:
            raise UnreadableBuild(f"{path}:{number}: not a SHA-256 and the name of another file")
        sums[match[2]] = match[1]
    return sums


def _compare_archives(stated: Path, other: Path) -> Iterator[str]:
    read: Callable[[Path], dict[str, Member]]
    if stated.suffix == ".whl":
        read = _read_wheel
    elif stated.name.endswith(".tar.gz"):
        read = _read_tar
    else:
        return
    try:
        first, second = read(stated), read(other)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        yield f"         cannot be compared further: {error}"
        return
    differences = [
        f"         {name}: {_describe(first.get(name), second.get(name))}"
        for name in sorted(first.keys() | second.keys())
        if first.get(name) != second.get(name)
    ]
    yield from differences[:_MOST_NAMED]
    if len(differences) > _MOST_NAMED:
        yield f"         and {len(differences) - _MOST_NAMED} more"
    if not differences:
        yield "         the same files, packed in another order or by another zlib"


def _describe(stated: Member | None, other: Member | None) -> str:
    if stated is None or other is None:
        return "only in the build" if stated is None else "not in the build"
    parts = ("digest", "content"), ("mode", "mode"), ("time", "time")
    differing = [word for field, word in parts if getattr(stated, field) != getattr(other, field)]
    return f"another {' and '.join(differing)}"


def _read_wheel(path: Path) -> dict[str, Member]:
    with zipfile.ZipFile(path) as archive:
        infos = archive.infolist()
        _check_size(path, len(infos), sum(info.file_size for info in infos))
        members = {}
        for info in infos:
            with archive.open(info) as file:
                members[info.filename] = Member(
                    _sum_stream(file), info.external_attr >> 16, info.date_time
                )
        return members


def _read_tar(path: Path) -> dict[str, Member]:
    members: dict[str, Member] = {}
    total = 0
    with tarfile.open(path, "r:gz") as archive:
        for info in archive:
            total += info.size
            _check_size(path, len(members) + 1, total)
            file = archive.extractfile(info) if info.isreg() else None
            digest = _sum_stream(file) if file else f"{info.type!r} {info.linkname}"
            members[info.name] = Member(digest, info.mode, info.mtime)
    return members


def _check_size(path: Path, members: int, size: int) -> None:
    if members > _MOST_MEMBERS or size > _MOST_BYTES:
        raise OSError(f"{path}: more than {_MOST_MEMBERS} files or {_MOST_BYTES} bytes")


def _sum_stream(file: IO[bytes]) -> str:
    # hashlib.file_digest is in Python 3.11 and newer.
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def main(arguments: list[str]) -> int:
    """Run the command line; the exit code."""
    try:
        if len(arguments) == 2 and arguments[0] == "write":
            write_sums(Path(arguments[1]))
            return 0
        if len(arguments) == 3 and arguments[0] == "compare":
            stated, other = (read_build(Path(argument)) for argument in arguments[1:])
            differences = list(compare_builds(stated, other))
            for line in differences:
                print(line)
            if not differences:
                for name, digest in sorted(stated.sums.items()):
                    print(f"same     {name}: {digest}")
            return 1 if differences else 0
    except (UnreadableBuild, OSError) as error:
        print(f"artifact_sums.py: {error}", file=sys.stderr)
        return 2
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
