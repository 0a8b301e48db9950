"""A source distribution's metadata: static, as its PKG-INFO or its pyproject.toml states it, or
where that was allowed by name, as a wheel of it for another target or its build tells it.

Source: "Source distribution format" (PKG-INFO and pyproject.toml in the top folder), PEP 643 (from
Metadata 2.2 on a field that is not ``Dynamic`` is the same in every wheel that is built), PEP 517.
What setuptools wrote of the requirements when it made the archive is in the folder ``*.egg-info``.
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import SourceFailed
from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.sources.candidate import NotStatic
from neuron_pin.sources.http.client import Fetcher
from neuron_pin.sources.http.urls import redact_url

MAX_SDIST = 1024 * 1024 * 1024
MAX_UNPACKED = 4 * 1024 * 1024 * 1024
MAX_MEMBERS = 200_000
MAX_STATED = 8 * 1024 * 1024
"""Bytes of an archive, unpacked on the way to one file, its files, and bytes of that file."""

BUILD_SECONDS = 1800
"""Time that a build may take."""

_NEEDED = ("requires-dist", "provides-extra", "requires-python", "name", "version")


def read_sdist_metadata(
    fetcher: Fetcher,
    url: str,
    filename: str,
    sha256: str,
    stated: bytes | None,
    build_index: str,
    read_wheel: Callable[[], tuple[bytes, str] | None] = lambda: None,
) -> tuple[bytes, str]:
    """Metadata of the source distribution at an address, and a note on how it was had.

    ``stated`` is what the index serves as its metadata (PEP 658), if it does.  Where that,
    PKG-INFO and pyproject.toml leave something open, ``build_index`` lets the project's own build
    tell it, with requirements of the build from that index; without it raises `NotStatic`, with
    what they state.  ``read_wheel`` is asked before that build: what a wheel of the same version
    for another target requires, with the note on it, or none.  It runs nothing, and an old project
    whose build fails by now often has one.
    Raises `SourceFailed`, or `NotFound` for a file that is not there.
    """
    source = redact_url(url)
    if stated is not None:
        with contextlib.suppress(NotStatic):
            _check_static(stated)
            return stated, ""
    with scratch_folder() as folder:
        archive = Path(folder) / "archive"
        if url.startswith("file:"):
            archive = Path(unquote(urlsplit(url).path))
        else:
            fetcher.download(url, archive, MAX_SDIST, sha256=sha256)
        try:
            return _read_static(archive, filename, source), ""
        except NotStatic:
            if not build_index:
                raise
        if (found := read_wheel()) is not None:
            return found
        data = _build(archive, filename, source, build_index)
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return data, f"what it requires was told by its build, on this machine's Python {python}"


def _read_static(archive: Path, filename: str, source: str) -> bytes:
    """What an archive states of itself, as core metadata; raises `SourceFailed`, or `NotStatic`."""
    found = _read_files(archive, filename, source, lambda path: path == "PKG-INFO")
    _, data = next(found, ("", None))
    try:
        if data is None:
            raise NotStatic("it has no PKG-INFO")
        _check_static(data)
        return data
    except NotStatic as error:
        # Imported here: few locks come to it.
        from .egg_info import describe_requirements
        from .project_table import read_project_table

        egg_info: dict[str, bytes] = {}
        headers = BytesHeaderParser().parsebytes(data or b"")
        for path, content in _read_files(archive, filename, source, _tells_requirements):
            if path == "pyproject.toml":
                table = read_project_table(content, str(headers.get("Version", "")).strip())
                if table is not None:
                    return table
            else:
                egg_info.setdefault(path.rpartition("/")[2], content)
        raise NotStatic(str(error), describe_requirements(headers, egg_info)) from None


def _tells_requirements(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    return path == "pyproject.toml" or (
        folder.endswith(".egg-info") and name in ("requires.txt", "SOURCES.txt")
    )


def _read_files(
    archive: Path, filename: str, source: str, is_wanted: Callable[[str], bool]
) -> Iterator[tuple[str, bytes]]:
    """Files of an archive by their paths below its top folder, in its order; raises `SourceFailed`.

    Nothing is unpacked to the disk.
    """
    read = _from_zip if filename.endswith(".zip") else _from_tar
    try:
        yield from read(archive, source, is_wanted)
    except SourceFailed:
        raise
    except Exception as error:  # noqa: BLE001 - for damage they raise whatever it leads to
        raise SourceFailed(source, f"is not a source distribution: {error}") from None


def _from_tar(
    archive: Path, source: str, is_wanted: Callable[[str], bool]
) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(archive, "r|gz") as members:
        passed = 0
        for number, member in enumerate(members):
            passed += max(member.size, 0)
            if number > MAX_MEMBERS or passed > MAX_UNPACKED:
                break
            path = _below_top_folder(member.name)
            if member.isfile() and is_wanted(path):
                stream = members.extractfile(member)
                assert stream is not None
                yield path, _bounded(stream, source, path)


def _from_zip(
    archive: Path, source: str, is_wanted: Callable[[str], bool]
) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(archive) as members:
        for member in members.namelist()[:MAX_MEMBERS]:
            path = _below_top_folder(member)
            if is_wanted(path):
                with members.open(member) as stream:
                    yield path, _bounded(stream, source, path)


def _below_top_folder(member: str) -> str:
    """A member's path below the archive's top folder, empty for what is not in it."""
    top, _, path = member.removeprefix("./").partition("/")
    return path if top not in ("", "..") else ""


def _bounded(stream: IO[bytes], source: str, name: str) -> bytes:
    data = stream.read(MAX_STATED + 1)
    if len(data) > MAX_STATED:
        raise SourceFailed(source, f"has a {name} of more than {MAX_STATED} bytes")
    return data


def _check_static(data: bytes) -> None:
    """Raise `NotStatic` unless what a lock needs to know is static (PEP 643)."""
    message = BytesHeaderParser().parsebytes(data)
    stated = str(message.get("Metadata-Version", "")).strip()
    numbers = re.fullmatch(r"(\d{1,4})\.(\d{1,4})", stated)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < (2, 2):
        raise NotStatic(f"its PKG-INFO is of Metadata {stated[:10] or 'without version'}")
    dynamic = {str(field).strip().lower() for field in message.get_all("Dynamic", [])}
    for field in _NEEDED:
        if field in dynamic:
            raise NotStatic(f"its PKG-INFO says that {field.title()} is dynamic")


def _build(archive: Path, filename: str, source: str, index_url: str) -> bytes:
    """METADATA as the project's own build tells it: runs its code, in pip's isolation, with
    what the build requires taken from ``index_url``.

    Raises `SourceFailed` with the end of the build's output.
    """
    with scratch_folder() as folder:
        # pip goes by the file's name.
        named = Path(folder) / Path(filename).name
        named.symlink_to(archive.resolve())
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--isolated", "--dry-run", "--no-deps"]
        command += ["--ignore-installed", "--no-input", "--disable-pip-version-check"]
        command += ["--ignore-requires-python", "--index-url", index_url, "--report", str(report)]
        try:
            done = subprocess.run(
                [*command, str(named)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=BUILD_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SourceFailed(source, f"builds for more than {BUILD_SECONDS} s") from None
        output = done.stdout.decode(errors="replace")
        if done.returncode or not report.is_file():
            hint = "install pip beside neuron-pin" if "No module named pip" in output else ""
            lines = [line.strip() for line in output.splitlines()]
            message = " | ".join([line for line in lines if line.strip("─╰╭│>")][-8:])[-900:]
            raise SourceFailed(source, f"its build failed: {message}", hint=hint)
        return _as_headers(json.loads(report.read_bytes())["install"][0]["metadata"])


def _as_headers(metadata: dict[str, Any]) -> bytes:
    """pip's report of METADATA, as the file that it was made of."""
    lines = [f"Name: {metadata['name']}", f"Version: {metadata['version']}"]
    for field, header in (("provides_extra", "Provides-Extra"), ("requires_dist", "Requires-Dist")):
        lines += [f"{header}: {value}" for value in metadata.get(field, [])]
    return "\n".join([*lines, "", ""]).encode()
