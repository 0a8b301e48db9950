"""Verify a lock against its indexes, knowing nothing of how it was made.

Usage: check_lock.py LOCK.JSON REQUIREMENT …

Nothing of neuron-pin is used here, only packaging and the standard library: a lock is right if
what was asked for is in it, if every requirement of every wheel in it is met by another package
of it, if nothing in it was put aside, if its files exist and have its hashes, and if nothing is
in it that nobody needs.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable, Iterator
from email.parser import BytesHeaderParser
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from packaging.markers import InvalidMarker, UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version

AGENT = "referee"
LARGE = 64 * 1024 * 1024
"""Bytes above which a file is not fetched to see its hash."""


class Unreachable(Exception):
    """What the indexes do not tell now cannot be verified; it is no fault of the lock."""


class File(NamedTuple):
    """A wheel of a page."""

    filename: str
    url: str
    sha256: str
    requires_python: str
    yanked: bool
    has_metadata: bool


class Checked(NamedTuple):
    """What is wrong with a lock, and how many packages could be looked into."""

    problems: list[str]
    verified: int


def check(document: dict[str, Any], asked: Iterable[str], python: str = "") -> Checked:
    """Verify a lock.json's document; ``asked`` are PEP 508 requirements, ``python`` is the
    target's with its patch, which a lock does not state."""
    lock = Lock(document)
    if python:
        lock.environment["python_full_version"] = python
    problems = list(lock.structure())
    verified = lock.follow([Requirement(text) for text in asked], problems)
    return Checked(problems, verified)


class Lock:
    def __init__(self, document: dict[str, Any]) -> None:
        self.rows = document["packages"]
        self.pip = {row["name"]: row for row in self.rows if row["ecosystem"] == "pip"}
        self.exclusions = document["exclusions"]
        self.provided: dict[str, set[str]] = {}
        target = document["target"]
        self.python = target["python"]
        self.tags = list(_tags(self.python, target["platforms"]))
        minor = self.python if self.python.count(".") == 1 else self.python.rpartition(".")[0]
        machine = target["platforms"][0].partition("_")[2]
        machine = "aarch64" if machine.endswith("aarch64") else "x86_64"
        self.environment = {
            "python_version": minor, "python_full_version": f"{minor}.0", "os_name": "posix",
            "sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine,
            "implementation_name": "cpython", "platform_python_implementation": "CPython",
            "implementation_version": f"{minor}.0", "platform_release": "", "platform_version": "",
        }  # fmt: skip

    def structure(self) -> Iterator[str]:
        """What can be said without an index."""
        keys = [(row["ecosystem"], row["name"]) for row in self.rows]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield f"{key} is locked twice"
        aside = {(row["ecosystem"], row["name"], row["version"]) for row in self.exclusions}
        for row in self.rows:
            if (row["ecosystem"], row["name"], row["version"]) in aside:
                yield f"{row['name']} {row['version']} is locked, and was put aside"
            for file in row["files"]:
                for digest in file["hashes"].values():
                    if not re.fullmatch("[0-9a-f]{64}", digest):
                        yield f"{file['url']}: {digest!r} is no SHA-256"

    def follow(self, asked: list[Requirement], problems: list[str]) -> int:
        """From what was asked to all that it needs; how many packages were looked into."""
        waiting = [(requirement, "", "the request") for requirement in asked]
        self.complete = True
        seen: set[tuple[str, str]] = set()
        verified: set[str] = set()
        while waiting:
            requirement, extra, needed_by = waiting.pop()
            if not self._holds(requirement, extra):
                continue
            name = canonicalize_name(requirement.name)
            row = self.pip.get(name)
            if row is None:
                problems.append(f"{needed_by} needs {requirement}, which is not locked")
                continue
            version = Version(row["version"])
            if not requirement.specifier.contains(version, prereleases=True):
                problems.append(f"{needed_by} needs {requirement}, locked is {version}")
            for wanted in ("", *map(canonicalize_name, requirement.extras)):
                if (name, wanted) in seen:
                    continue
                seen.add((name, wanted))
                try:
                    needs = self._needs(row, problems)
                except Unreachable:
                    self.complete = False
                    continue
                verified.add(name)
                if wanted and wanted not in self.provided[name]:
                    # As pip has it: an extra that is not declared brings nothing.
                    continue
                waiting += [(need, wanted, f"{name} {version}") for need in needs]
        if self.complete:
            for name in sorted(self.pip.keys() - {name for name, _ in seen}):
                problems.append(f"{name} is locked, and nobody needs it")
        return len(verified)

    def _holds(self, requirement: Requirement, extra: str) -> bool:
        if requirement.marker is None:
            return extra == ""
        try:
            holds = requirement.marker.evaluate({**self.environment, "extra": extra})
            # What is needed without the extra was met without it.
            return holds and (
                not extra or not requirement.marker.evaluate({**self.environment, "extra": ""})
            )
        except (UndefinedComparison, UndefinedEnvironmentName, InvalidMarker):
            return False

    def _needs(self, row: dict[str, Any], problems: list[str]) -> list[Requirement]:
        """What the best wheel of a locked version requires."""
        file = self._file(row, problems)
        found = []
        message = BytesHeaderParser().parsebytes(_metadata(file))
        extras = message.get_all("Provides-Extra", [])
        self.provided[row["name"]] = {canonicalize_name(str(extra)) for extra in extras}
        for line in message.get_all("Requires-Dist", []):
            try:
                requirement = Requirement(str(line))
            except InvalidRequirement:
                # Real wheels have such lines; what they were read as is told to the user.
                self.complete = False
                continue
            if requirement.url is None:
                found.append(requirement)
            else:
                self.complete = False
        return found

    def _file(self, row: dict[str, Any], problems: list[str]) -> File:
        name, version = row["name"], Version(row["version"])
        if not row["index"]:
            raise Unreachable
        fitting: list[tuple[int, File]] = []
        for file in _files(row["index"], name):
            try:
                project, found, _, tags = parse_wheel_filename(file.filename)
            except (InvalidWheelFilename, InvalidVersion):
                continue
            ranks = [self.tags.index(tag) for tag in tags if tag in self.tags]
            if project == name and found == version and ranks:
                fitting.append((min(ranks), file))
        if not fitting:
            # A source distribution, or an index of another day.
            raise Unreachable
        best = min(fitting, key=lambda pair: (pair[1].yanked, pair[0], pair[1].filename))[1]
        if not _admits(best.requires_python, self.environment["python_full_version"]):
            problems.append(f"{best.filename} is for Python {best.requires_python}")
        by_url = {file.url: file for _, file in fitting}
        for locked in row["files"]:
            stated = locked["hashes"].get("sha256", "")
            there = by_url.get(locked["url"])
            if there is None:
                problems.append(f"{locked['url']} is locked, and is no wheel of the target")
            elif stated and there.sha256 and stated != there.sha256:
                problems.append(f"{locked['url']}: the index states another hash")
            elif stated:
                data = _fetched(locked["url"], LARGE)
                if data is not None and hashlib.sha256(data).hexdigest() != stated:
                    problems.append(f"{locked['url']} has another hash")
        return best


def _admits(wanted: str, python: str) -> bool:
    try:
        return SpecifierSet(wanted).contains(python, prereleases=True)
    except InvalidSpecifier:
        return True


def _tags(python: str, platforms: list[str]) -> Iterator[Tag]:
    version = [int(part) for part in python.split(".")[:2]]
    yield from cpython_tags(version, platforms=platforms)
    interpreter = f"cp{version[0]}{version[1]}"
    yield from compatible_tags(version, interpreter=interpreter, platforms=platforms)


# Indexes -----------------------------------------------------------------------------------


def _fetched(url: str, limit: int = LARGE, accept: str = "*/*") -> bytes | None:
    """The bytes at an address; none for more than ``limit``.  Raises `Unreachable`."""
    request = urllib.request.Request(url, headers={"User-Agent": AGENT, "Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            data = answer.read(limit + 1)
    except (OSError, ValueError, urllib.error.URLError):
        raise Unreachable(url) from None
    return data if len(data) <= limit else None


def _files(index: str, name: str) -> Iterator[File]:
    address = f"{index.rstrip('/')}/{name}/"
    if urlsplit(address).scheme not in ("http", "https"):
        raise Unreachable
    data = _fetched(address, accept="application/vnd.pypi.simple.v1+json, text/html;q=0.1") or b""
    try:
        document = json.loads(data)
    except ValueError:
        yield from _anchors(data.decode("utf-8", "replace"), address)
        return
    for row in document.get("files", []):
        metadata = row.get("core-metadata", row.get("dist-info-metadata"))
        yield File(
            row["filename"], urljoin(address, row["url"]), row["hashes"].get("sha256", ""),
            row.get("requires-python") or "", row.get("yanked", False) is not False, bool(metadata),
        )  # fmt: skip


def _anchors(text: str, address: str) -> Iterator[File]:
    base = re.search(r'<base\s+href="([^"]*)"', text)
    address = urljoin(address, unescape(base[1])) if base else address
    for attributes in re.findall(r"<a\s([^>]*(?:\"[^\"]*\"[^>]*)*)>", text):
        values = {k: unescape(v) for k, v in re.findall(r'([\w-]+)\s*=\s*"([^"]*)"', attributes)}
        url, _, fragment = urljoin(address, values.get("href", "")).partition("#")
        digest = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else ""
        yield File(
            unquote(url.rpartition("/")[2]), url, digest, values.get("data-requires-python", ""),
            "data-yanked" in attributes,
            any(name in values for name in ("data-core-metadata", "data-dist-info-metadata")),
        )  # fmt: skip


def _metadata(file: File) -> bytes:
    if file.has_metadata:
        data = _fetched(f"{file.url}.metadata")
        if data is not None:
            return data
    data = _fetched(file.url)
    try:
        with zipfile.ZipFile(io.BytesIO(data) if data else _Remote(file.url)) as archive:
            name = next(
                n for n in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", n)
            )
            return archive.read(name)
    except (zipfile.BadZipFile, StopIteration, OSError, ValueError):
        raise Unreachable from None


class _Remote(io.RawIOBase):
    """A large file, of which only what is read is fetched."""

    def __init__(self, url: str) -> None:
        self.url, self.at = url, 0
        self.length = int(self._answer("bytes=0-0")[1].rpartition("/")[2])

    def _answer(self, wanted: str) -> tuple[bytes, str]:
        request = urllib.request.Request(self.url, headers={"User-Agent": AGENT, "Range": wanted})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.read(LARGE), answer.headers["Content-Range"] or ""
        except (OSError, ValueError, urllib.error.URLError):
            raise Unreachable(self.url) from None

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.length}[whence]
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        end = self.length if size < 0 else min(self.length, self.at + size)
        data = self._answer(f"bytes={self.at}-{end - 1}")[0] if end > self.at else b""
        self.at += len(data)
        return data


def main() -> int:
    with open(sys.argv[1], encoding="utf-8") as stream:
        document = json.load(stream)
    found = check(document, sys.argv[2:])
    for problem in found.problems:
        print(problem)
    print(f"{found.verified} of {len(document['packages'])} packages verified")
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main())
