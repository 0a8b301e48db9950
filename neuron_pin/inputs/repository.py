"""The files of a repository that ``check`` reads: those of a known kind that name a Neuron
package, or name a file that does."""

from __future__ import annotations

import errno
import os
import re
import stat
from functools import cache
from typing import Protocol

from neuron_pin.errors import UnreadableInput
from neuron_pin.record import NamedTuple
from neuron_pin.reporter import SILENT, Reporter

from .file_kind import (
    HEAD,
    KINDS,
    REQUIREMENTS,
    FileKind,
    Form,
    compile_names,
    has_name,
    kind_by_name,
)
from .folder_files import FolderFiles, is_in_environment

MAX_BYTES = 64 * 1024 * 1024
"""The largest file that is looked through."""
MAX_OTHER = 1024 * 1024
"""The largest file of a kind that is not read that is looked at."""
OTHERS = ("*.tf", "*.mk", "*.ipynb", "tox.ini", "noxfile.py", "mise.toml", ".mise.toml")
"""Names of files of no kind that install packages all the same."""
PROSE = ("*.txt", "*.in", "*.md", "*.rst")
"""Names of files of no kind that tell people what to install."""
_STEP = 500
"""Files between two reports of progress."""


class Mentions(Protocol):
    """Whether the bytes of a file name a Neuron package, or something that is nearly one."""

    def find(self, data: bytes) -> bool: ...
    def find_nearly(self, data: bytes) -> bool: ...


class KnownFile(NamedTuple):
    """A file, by its path and its kind."""

    path: str
    kind: FileKind


class Repository(NamedTuple):
    """What a folder has: the files to check; the number of all files; what was passed over, as
    words with a number; what could not be read; links that were not followed; what to know of
    the search; and files of other kinds that name a Neuron package, which may install it."""

    files: tuple[KnownFile, ...]
    number: int
    passed_over: tuple[tuple[str, int], ...]
    problems: tuple[UnreadableInput, ...]
    links: tuple[UnreadableInput, ...]
    notes: tuple[str, ...]
    others: tuple[str, ...] = ()


class _Link(Exception):
    """A path is a symbolic link."""


def search_repository(folder: str, mentions: Mentions, reporter: Reporter = SILENT) -> Repository:
    """The files below a folder that are to be checked.  No link out of it is followed."""
    return _Search(folder, mentions, reporter).run()


class _Search:
    def __init__(self, folder: str, mentions: Mentions, reporter: Reporter) -> None:
        self.folder = folder
        self.mentions = mentions
        self.reporter = reporter
        self.real = os.path.realpath(folder)
        self.found: list[KnownFile] = []
        self.silent: list[KnownFile] = []
        self.problems: list[UnreadableInput] = []
        self.links: list[UnreadableInput] = []
        self.others: list[str] = []
        self.of_links = 0
        self.number = 0

    def run(self) -> Repository:
        listed = FolderFiles(self.folder)
        candidates: list[str] = []
        may_be = _any_kind()
        for path in listed.find():
            self.number += 1
            if self.number % _STEP == 0:
                self.reporter.examined(f"{self.folder}: {self.number} files", 0, 0)
            if may_be.search(f"/{path}") is not None:
                candidates.append(path)
        environments = listed.environments
        inside = [path for path in candidates if is_in_environment(path, environments)]
        own = sorted(set(candidates).difference(inside))
        for done, path in enumerate(own):
            if done % _STEP == 0:
                self.reporter.examined(path, done, len(own))
            self._take(path)
        self._take_those_that_name_others()
        known = len(self.found) + len(self.silent)
        odd = len(self.problems) + len(self.links) + self.of_links + len(inside)
        passed = [
            ("of other kinds", self.number - known - odd),
            ("without a Neuron package", len(self.silent)),
            ("of installed packages", len(inside)),
            ("behind links", self.of_links),
        ]
        return Repository(
            tuple(sorted(self.found)),
            self.number,
            tuple((words, count) for words, count in passed if count),
            (*listed.problems, *self.problems),
            tuple(self.links),
            tuple(listed.notes),
            tuple(sorted(self.others)),
        )

    def _take(self, relative: str) -> None:
        path = os.path.join(self.folder, relative) if self.folder != "." else relative
        kind = kind_by_name(relative)
        try:
            self._take_file(path, kind)
        except _Link:
            self._take_link(path, kind)
        except FileNotFoundError:
            # Git still has a file that was deleted.
            self.number -= 1
        except OSError as error:
            if kind is not None:
                problem = f"cannot be read: {error.strerror}"
                self.problems.append(UnreadableInput(path, None, problem))

    def _take_file(self, path: str, kind: FileKind | None, *, is_link: bool = False) -> None:
        limit = HEAD if kind is None else MAX_BYTES
        limit = MAX_OTHER if has_name(path, OTHERS) else limit
        data, is_whole = _read(path, limit, follow=is_link)
        if kind is None:
            # Nearly all such files are small and name nothing, which is told at once.
            if is_whole and not self.mentions.find(_plain(data)):
                return
            kind = _recognize(path, data)
            if kind is None:
                if self.mentions.find(_plain(data)) and not has_name(path, PROSE):
                    self.others.append(path)
                return
            if not is_whole:
                data, is_whole = _read(path, MAX_BYTES, follow=is_link)
        if not is_whole:
            problem = f"larger than {MAX_BYTES} bytes"
            self.problems.append(UnreadableInput(path, None, problem))
        elif _is_binary(data):
            self.problems.append(UnreadableInput(path, None, "not a text: it has zero bytes"))
        elif self.mentions.find_nearly(_plain(data)):
            self.found.append(KnownFile(path, kind))
        else:
            self.silent.append(KnownFile(path, kind))

    def _take_link(self, path: str, kind: FileKind | None) -> None:
        """A link to a file of the folder is read where its name alone tells the kind."""
        target = os.path.realpath(path)
        is_inside = target.startswith(os.path.join(self.real, ""))
        if kind is None:
            self.of_links += 1
        elif not os.path.exists(path):
            self.links.append(UnreadableInput(path, None, "a link to a file that is missing"))
        elif not is_inside:
            problem = "a link out of the folder, which is not followed"
            self.links.append(UnreadableInput(path, None, problem, hint="check the file by name"))
        elif kind_by_name(target) is not None or not os.path.isfile(target):
            self.of_links += 1
        else:
            try:
                self._take_file(path, kind, is_link=True)
            except OSError as error:
                problem = f"cannot be read: {error.strerror}"
                self.problems.append(UnreadableInput(path, None, problem))

    def _take_those_that_name_others(self) -> None:
        """A Dockerfile that installs a requirements file, and a requirements file that includes
        one, are judged with it."""
        by_name: dict[str, list[str]] = {}
        for file in self.found:
            by_name.setdefault(os.path.basename(file.path), []).append(os.path.dirname(file.path))
        waiting = [
            file
            for file in self.silent
            if file.kind.form is Form.COMMANDS or file.kind is REQUIREMENTS
        ]
        while by_name and waiting:
            names = re.compile(b"|".join(re.escape(os.fsencode(name)) for name in by_name))
            added = [file for file in waiting if _includes(file, names, by_name)]
            if not added:
                break
            by_name = {}
            for file in added:
                folder = os.path.dirname(file.path)
                by_name.setdefault(os.path.basename(file.path), []).append(folder)
            self.found += added
            waiting = [file for file in waiting if file not in set(added)]
            self.silent = [file for file in self.silent if file not in set(added)]


def _includes(file: KnownFile, names: re.Pattern[bytes], by_name: dict[str, list[str]]) -> bool:
    """Whether a file names one of those others, which are in these folders."""
    try:
        data, _ = _read(file.path, MAX_BYTES, follow=True)
    except OSError:
        return False
    folder = os.path.dirname(file.path) or "."
    for name in set(names.findall(data)):
        for other in by_name[os.fsdecode(name)]:
            way = os.path.relpath(other or ".", folder)
            # A name alone is that of a file beside or below; others are named with their way.
            if not way.startswith("..") or os.fsencode(way) in data:
                return True
    return False


def _recognize(path: str, head: bytes) -> FileKind | None:
    for kind in KINDS:
        if has_name(path, kind.maybe, kind.never) and kind.recognizes(path, head):
            return kind
    return None


@cache
def _any_kind() -> re.Pattern[str]:
    names = (name for kind in KINDS for name in (*kind.names, *kind.maybe))
    return compile_names((*names, *OTHERS))


def _plain(data: bytes) -> bytes:
    """The text of a file in an encoding whose letters are those of ASCII."""
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return data
    return data.decode("utf-16", "replace").encode("utf-8", "replace")


def _is_binary(data: bytes) -> bool:
    return b"\0" in data[:HEAD] and data[:2] not in (b"\xff\xfe", b"\xfe\xff")


def _read(path: str, limit: int, *, follow: bool) -> tuple[bytes, bool]:
    """A file, and whether that is all of it: of one that is larger than ``limit`` there is the
    beginning.  Raises `_Link` and `OSError`."""
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | (0 if follow else os.O_NOFOLLOW)
    try:
        stream = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ELOOP and not follow:
            raise _Link from None
        raise
    try:
        about = os.fstat(stream)
        if not stat.S_ISREG(about.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        is_whole = about.st_size <= limit
        return os.read(stream, about.st_size if is_whole else HEAD), is_whole
    finally:
        os.close(stream)
