"""What the commands of a script, or of a stage, leave behind for those that follow: Pythons,
indexes, files, the folder that they are in.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence

from neuron_pin.record import NamedTuple

from .helm import HelmChart
from .installer_settings import configured_indexes, is_installer_configuration, names_index
from .interpreters import Interpreters
from .shell import Command, read_own_folder
from .shell_words import Lines, Word, script_lines
from .wrappers import unwrap

MAX_FOLLOWED = 4 * 1024 * 1024
"""Characters of all scripts that are followed in one reading."""


def is_same_path(target: str, name: str) -> bool:
    """Whether two paths of an image are one, as far as can be told without its folders."""
    one, other = posixpath.normpath(target), posixpath.normpath(name)
    if one.startswith("/") and other.startswith("/"):
        return one == other
    return posixpath.basename(one) == posixpath.basename(other)


class Script(NamedTuple):
    """A script that another runs: where it is, and its lines."""

    path: str
    lines: Lines


class WrittenFile(NamedTuple):
    """A file that commands write: where, its lines with their numbers, and the file that those
    are in."""

    target: str
    rows: tuple[tuple[int, str], ...]
    file: str


FindScript = Callable[[str, str, str], "Script | None"]
"""The script of a name, as it is called in a file (a path) from a folder, empty for where that
begins; none where it is not to be had."""


class Session:
    """A shell's surroundings, as its commands make them.

    ``written`` are the files that commands write; ``indexes`` those that a configuration names;
    ``folder`` is the one that commands are in, relative to where they began, none for unknown;
    ``charts`` are those that Helm installs.
    """

    def __init__(self, find_script: FindScript | None = None) -> None:
        self.interpreters = Interpreters()
        self.indexes: list[str] = []
        self.written: list[WrittenFile] = []
        self.folder: str | None = ""
        self.charts: list[HelmChart] = []
        self.find_script = find_script
        self._folders: list[str | None] = []
        self._left = MAX_FOLLOWED

    def copy(self) -> Session:
        """What a stage that is built on this one begins with."""
        made = Session(self.find_script)
        made.interpreters = self.interpreters.copy()
        made.indexes = list(self.indexes)
        made.written = list(self.written)
        return made

    def notice(self, command: Command, file: str) -> None:
        """Take in what a command of a file writes, configures and goes to."""
        self.indexes += configured_indexes(command)
        for target in _written_files(command):
            where = self.place(target)
            for body in command.here:
                self.write(WrittenFile(where, body, file))
            text = " ".join(word.text for word in (*command.source, *command.words))
            if is_installer_configuration(where) and names_index(text):
                self.indexes.append(where)
            line = command.words[0].line if command.words else 0
            rows = _printed(command.source or command.words)
            if rows:
                self.written.append(WrittenFile(where, tuple((line, r) for r in rows), file))
        words = command.words
        if words and words[0].text in ("cd", "pushd"):
            self._folders.append(self.folder)
            self._go([word for word in words[1:] if not word.text.startswith("-")])
        if words and (words[0].text == "popd" or [w.text for w in words] == ["cd", "-"]):
            # The one that was pushed, or the one before.
            del self._folders[len(self._folders) - (words[0].text == "cd") :]
            self.folder = self._folders.pop() if self._folders else None

    def write(self, written: WrittenFile) -> None:
        """Take in a file."""
        self.written.append(written)
        text = "\n".join(row for _, row in written.rows)
        if is_installer_configuration(written.target) and names_index(text):
            self.indexes.append(written.target)

    def _go(self, words: Sequence[Word]) -> None:
        own = read_own_folder(words[0].text) if words and not words[0].is_known else None
        name = words[0].text if words and words[0].is_known else own
        if name is None or name.startswith("~"):
            self.folder = None
        elif name.startswith("/") or own is not None:
            self.folder = posixpath.normpath(name)
        elif self.folder is not None:
            self.folder = posixpath.normpath(posixpath.join(self.folder, name))

    def place(self, name: str) -> str:
        """A file's name from where the script began, as far as that is known."""
        if not self.folder or self.folder == "." or name.startswith(("/", "~", "$")):
            return name
        return posixpath.normpath(posixpath.join(self.folder, name))

    def follow(self, name: str, file: str) -> Script | None:
        """The script of a name; none where there is none, or too much was read already."""
        found: Script | None = None
        for written in reversed(self.written):
            if is_same_path(written.target, name):
                found = Script(written.file, script_lines(written.rows))
                break
        if self._left <= 0:
            return None
        if found is None and self.find_script is not None:
            found = self.find_script(name, file, self.folder or "")
        if found is not None:
            self._left -= sum(len(line) for _, line in found.lines) + 1000
        return found


def _written_files(command: Command) -> list[str]:
    words = [word.text for word in command.words]
    if any(word.endswith("tee") for word in words):
        words = [word.text for word in unwrap(command).command.words]
    if words and words[0].rpartition("/")[2] == "tee":
        return [*command.targets, *(word for word in words[1:] if not word.startswith("-"))]
    return [target for target in command.targets if not target.startswith("/dev/")]


def _printed(words: Sequence[Word]) -> list[str]:
    """The lines that ``echo`` or ``printf`` prints, as far as they are known."""
    if not words or words[0].text not in ("echo", "printf"):
        return []
    rest = [word for word in words[1:] if word.text not in ("-e", "-n", "-en", "-ne", "--")]
    if not all(word.is_known for word in rest):
        return []
    texts = [word.text for word in rest]
    if words[0].text == "printf" and len(texts) > 1:
        # A format with one %s a line is printed for each of its arguments.
        is_lines = re.fullmatch(r"\s*%s\s*(\\n)?", texts[0]) is not None
        return texts[1:] if is_lines else []
    return " ".join(texts).replace("\\n", "\n").splitlines()
