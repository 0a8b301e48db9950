"""The files of a folder: those that git has or does not ignore, or all where git does not tell.

Source: git-ls-files(1), gitignore(5); PEP 405 (``pyvenv.cfg``).  Git runs without the programs
that a repository's configuration could name.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterator, Sequence

from neuron_pin.errors import UnreadableInput

MAX_FILES = 1_000_000
MAX_FOLDERS = 200_000
"""How many files and folders of one folder are looked at."""
MAX_NESTED = 1000
"""How many repositories within a repository are listed."""
_WITHOUT = frozenset({".git", ".hg", ".svn", "node_modules", "__pycache__", "site-packages"})
_CHUNK = 1 << 20
_REFUSED = re.compile(r"warning: could not open directory '(.*?)/?': (.*)")


class FolderFiles:
    """Lists the files of a folder; what could not be listed is in ``problems`` and ``notes``
    afterwards, and ``environments`` are the virtual environments in it, which are not searched."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.problems: list[UnreadableInput] = []
        self.notes: list[str] = []
        self.environments: list[str] = []
        self._left = MAX_FILES

    def find(self) -> Iterator[str]:
        """The paths of all files, relative to the folder, each once and links too."""
        for path in self._list():
            if self._left == 0:
                problem = f"has more than {MAX_FILES} files: the rest was not looked at"
                self.problems.append(UnreadableInput(self.folder, None, problem))
                return
            self._left -= 1
            yield path

    def _list(self) -> Iterator[str]:
        if not _is_in_work_tree(self.folder):
            yield from self._walk("")
            return
        seen = False
        try:
            for path in self._list_by_git():
                seen = True
                yield path
        except _NoGit as refusal:
            why = f" ({refusal})" if str(refusal) else ""
            self.notes.append(
                f"{self.folder}: git does not say which files it ignores{why}; all were looked at"
            )
            yield from self._walk("")
            return
        if not seen:
            # The user named a folder that git ignores as a whole.
            yield from self._walk("")

    def _list_by_git(self) -> Iterator[str]:
        waiting, listed = deque([""]), 0
        while waiting:
            below = waiting.popleft()
            if listed == MAX_NESTED:
                problem = f"has more than {MAX_NESTED} repositories: the rest was not looked at"
                self.problems.append(UnreadableInput(self.folder, None, problem))
                return
            listed += 1
            last = ""
            for row in self._run_git(below, "--cached", "--stage"):
                about, _, name = row.partition("\t")
                path = os.path.join(below, name)
                if about.startswith("160000"):
                    # A submodule that was not checked out has no files.
                    if os.path.lexists(os.path.join(self.folder, path, ".git")):
                        waiting.append(path)
                elif path != last:
                    # What is not merged has up to three rows.
                    yield from self._unless_environment(path)
                last = path
            for name in self._run_git(below, "--others", "--exclude-standard"):
                path = os.path.join(below, name)
                if path.endswith("/"):
                    waiting.append(path[:-1])
                else:
                    yield from self._unless_environment(path)

    def _unless_environment(self, path: str) -> Iterator[str]:
        if path.endswith("/pyvenv.cfg"):
            self.environments.append(path.removesuffix("pyvenv.cfg"))
        yield path

    def _run_git(self, below: str, *options: str) -> Iterator[str]:
        """The rows of one ``git ls-files``, which may name folders that it could not read."""
        folder = os.path.join(self.folder, below)
        command = [
            *("git", "-C", folder or ".", "-c", "core.fsmonitor=false"),
            *("-c", "core.quotePath=false", "ls-files", "-z", *options),
        ]
        # Variables of a hook that git runs would name another repository.
        environ = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        environ.update(LC_ALL="C", GIT_OPTIONAL_LOCKS="0", GIT_NO_LAZY_FETCH="1")
        environ.update(GIT_ALLOW_PROTOCOL="none", GIT_TERMINAL_PROMPT="0")
        with tempfile.TemporaryFile() as errors:
            try:
                git = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=errors,
                    env=environ,
                )
            except OSError as error:
                raise _NoGit(f"git: {error.strerror}") from None
            with git:
                assert git.stdout is not None
                try:
                    yield from _split_rows(git.stdout.fileno())
                except GeneratorExit:
                    git.kill()
                    raise
            errors.seek(0)
            said = errors.read(_CHUNK).decode("utf-8", "replace").splitlines()
        for line in said:
            refused = _REFUSED.match(line)
            if refused is not None:
                path = os.path.join(folder, refused[1])
                self.problems.append(UnreadableInput(path, None, f"cannot be read: {refused[2]}"))
        if git.returncode:
            line = next((line for line in said if line.startswith("fatal: ")), "")
            raise _NoGit(line.removeprefix("fatal: ")[:200])

    def _walk(self, below: str) -> Iterator[str]:
        waiting, looked_into = deque([below]), 0
        while waiting:
            below = waiting.popleft()
            if looked_into == MAX_FOLDERS:
                problem = f"has more than {MAX_FOLDERS} folders: the rest was not looked at"
                self.problems.append(UnreadableInput(self.folder, None, problem))
                return
            looked_into += 1
            folder = os.path.join(self.folder, below)
            try:
                with os.scandir(folder) as found:
                    entries = sorted(
                        (entry.name, entry.is_dir(follow_symlinks=False)) for entry in found
                    )
            except OSError as error:
                problem = f"cannot be read: {error.strerror}"
                self.problems.append(UnreadableInput(folder, None, problem))
                continue
            names = {name for name, _ in entries}
            if below and ("pyvenv.cfg" in names or "conda-meta" in names):
                self.environments.append(f"{below}/")
                continue
            for name, is_folder in entries:
                path = os.path.join(below, name)
                if not is_folder:
                    yield path
                elif name not in _WITHOUT:
                    waiting.append(path)


class _NoGit(Exception):
    """Git does not list a folder; the text says why, empty for unknown."""


def is_in_environment(path: str, environments: Sequence[str]) -> bool:
    """Whether a path lies in one of the environments, or among installed packages."""
    return path.startswith(tuple(environments)) or any(
        f"/{name}/" in f"/{path}" for name in ("node_modules", "site-packages", "dist-packages")
    )


def _is_in_work_tree(folder: str) -> bool:
    """Whether a folder, or one above it, has git's data."""
    place = os.path.abspath(folder)
    while True:
        if os.path.lexists(os.path.join(place, ".git")):
            return True
        above = os.path.dirname(place)
        if above == place:
            return False
        place = above


def _split_rows(stream: int) -> Iterator[str]:
    """What a stream says between zero bytes; a row longer than a path can be is dropped."""
    rest = b""
    while chunk := os.read(stream, _CHUNK):
        *rows, rest = (rest + chunk).split(b"\0")
        yield from map(os.fsdecode, rows)
        rest = rest[-_CHUNK:]
