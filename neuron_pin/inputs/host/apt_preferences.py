"""apt's preferences, read as apt reads them: which stanza decides on a version, and how.

Source: apt_preferences(5), and the order of things in libapt's ``policy.cc`` and
``versionmatch.cc`` (2.6): the first stanza of a package that matches a version decides, in
the order of the files; stanzas for ``*`` speak of whole archives and count where no other
matched.  Held equal to ``apt-cache policy`` and ``apt-get`` by the tests.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import lru_cache

from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy.debversion import deb_key
from neuron_pin.record import NamedTuple

DEFAULT = 500
INSTALLED = 100
NEVER = -32768
MAX_BYTES = 8 * 1024 * 1024
_READABLE = r"[A-Za-z0-9_.:-]+"


class PinType(Enum):
    """What a stanza compares."""

    VERSION = "version"
    RELEASE = "release"
    ORIGIN = "origin"


class Stanza(NamedTuple):
    """One stanza: where it stands, the packages that it names (none: all archives), what it
    compares with what, and the priority that it gives."""

    path: str
    line: int
    packages: tuple[str, ...]
    type: PinType
    data: str
    priority: int


class Problem(NamedTuple):
    """What apt will not like, or silently not do.  ``is_fatal`` ends every apt command;
    ``line`` is `None` for the whole file."""

    path: str
    line: int | None
    text: str
    is_fatal: bool


class PackageFile(NamedTuple):
    """Where a version is to be had: an archive as its Release file describes it and the host
    that it comes from, or dpkg's status (``is_status``)."""

    site: str = ""
    origin: str = ""
    archive: str = ""
    codename: str = ""
    label: str = ""
    component: str = ""
    version: str = ""
    architecture: str = "amd64"
    is_status: bool = False
    not_automatic: bool = False
    but_automatic_upgrades: bool = False


class KnownVersion(NamedTuple):
    """One version of a package and where it is to be had."""

    version: str
    files: tuple[PackageFile, ...]


class Verdict(NamedTuple):
    """A version's priority, and the stanza that gave it; none for apt's own default."""

    priority: int
    stanza: Stanza | None


# Reading --------------------------------------------------------------------------------


def parse_preferences(text: str, path: str) -> tuple[list[Stanza], list[Problem]]:
    """The stanzas of one file, up to the first fatal problem, and all its problems."""
    stanzas: list[Stanza] = []
    problems: list[Problem] = []
    for line, fields in _records(text, path, problems):
        stanza = _stanza(path, line, fields, problems)
        if problems and problems[-1].is_fatal:
            break
        if stanza is not None:
            stanzas.append(stanza)
    return stanzas, problems


def _records(
    text: str, path: str, problems: list[Problem]
) -> Iterable[tuple[int, dict[str, tuple[int, str]]]]:
    fields: dict[str, tuple[int, str]] = {}
    start, last = 0, ""
    for number, raw in enumerate([*text.split("\n"), ""], 1):
        line = raw.rstrip()
        if raw.startswith("#"):
            continue
        if not line:
            if fields:
                yield start, fields
            fields, last = {}, ""
            continue
        if line[0] in " \t":
            if last:
                fields[last] = (fields[last][0], f"{fields[last][1]} {line.strip()}")
            continue
        name, colon, value = line.partition(":")
        if not colon:
            problems.append(Problem(path, number, f"not a field: {line[:60]!r}", True))
            return
        start = start if fields else number
        key = name.strip().lower()
        if key in fields and key in ("package", "pin", "pin-priority"):
            message = f"a second {name.strip()} in one stanza; is an empty line missing above?"
            problems.append(Problem(path, number, message, False))
        last = key
        # Of two fields of one name apt takes the later one.
        fields[key] = (number, value.strip())


def _stanza(
    path: str, line: int, fields: dict[str, tuple[int, str]], problems: list[Problem]
) -> Stanza | None:
    def fatal(number: int, text: str) -> None:
        problems.append(Problem(path, number, text, True))

    def silent(number: int, text: str) -> None:
        problems.append(Problem(path, number, text, False))

    at, package = fields.get("package", (line, ""))
    if not package:
        fatal(line, "a stanza without Package")
        return None
    if "pin" not in fields:
        silent(line, "a stanza without Pin does nothing")
        return None
    number, pin = fields["pin"]
    word, _, data = pin.partition(" ")
    kinds = {kind.value: kind for kind in PinType}
    if "\t" in word:
        word, _, data = pin.partition("\t")
    kind = kinds.get(word.lower())
    if kind is None or (kind is PinType.VERSION and package == "*"):
        silent(number, f"pin type {word!r} is not understood; the stanza does nothing")
        return None
    where, written = fields.get("pin-priority", (line, ""))
    match = re.match(r"[+-]?\d{1,18}", written)
    priority = int(match[0]) if match else 0
    if written == "never":
        if package != "*":
            fatal(where, "'never' is for Package: * only")
            return None
        priority = NEVER
    elif priority == NEVER:
        priority = NEVER + 1
    if not -32768 <= priority <= 32767:
        fatal(where, f"priority {written} is out of range")
        return None
    if priority == 0:
        fatal(where, "no priority, or zero")
        return None
    if "," in package:
        silent(at, "names are separated by spaces: with a comma none of them is found")
    names = () if package == "*" else tuple(package.split())
    return Stanza(path, line, names, kind, data.strip(), priority)


def preference_files(root: str) -> tuple[list[str], list[Problem]]:
    """The files that apt reads below a root, in its order; those that it ignores are told.

    Source: apt_preferences(5): ``preferences``, then ``preferences.d`` in the order of bytes,
    names of letters, digits, ``-_.:`` without an extension or with ``.pref``.
    """
    folder = os.path.join(root, "etc/apt")
    found, problems = [], []
    if os.path.isfile(os.path.join(folder, "preferences")):
        found.append(os.path.join(folder, "preferences"))
    parts = os.path.join(folder, "preferences.d")
    try:
        names = sorted(os.listdir(parts), key=os.fsencode)
    except OSError:
        names = []
    for name in names:
        path = os.path.join(parts, name)
        extension = os.path.splitext(name)[1]
        if name.startswith(".") or not os.path.isfile(path):
            continue
        if not re.fullmatch(_READABLE, name, re.ASCII) or extension not in ("", ".pref"):
            problems.append(Problem(path, None, "apt does not read a file of this name", False))
            continue
        found.append(path)
    return found, problems


def read_preferences(root: str) -> tuple[list[Stanza], list[Problem]]:
    """All stanzas below a root in the order in which they decide, and all problems.

    Raises `UnreadableInput` for a file that cannot be read.
    """
    paths, problems = preference_files(root)
    stanzas: list[Stanza] = []
    for path in paths:
        data = read_bounded(path, MAX_BYTES)
        found, wrong = parse_preferences(data.decode("utf-8", "surrogateescape"), path)
        stanzas += found
        problems += wrong
    return stanzas, problems


# Deciding -------------------------------------------------------------------------------


class AptPolicy:
    """What apt decides with some stanzas in force, on a machine of one architecture."""

    def __init__(self, stanzas: Sequence[Stanza], architecture: str = "amd64") -> None:
        self._named = [stanza for stanza in stanzas if stanza.packages]
        self._general = [stanza for stanza in stanzas if not stanza.packages]
        self._architecture = architecture

    def verdict(self, name: str, known: KnownVersion, installed: str | None) -> Verdict:
        """The priority of a version; ``installed`` is the version on the machine, or none."""
        for stanza in self._named:
            if self._applies_to(stanza, name) and _matches(stanza, known):
                if all(self._of_file(file).priority == NEVER for file in known.files):
                    break
                return Verdict(stanza.priority, stanza)
        best = Verdict(-(1 << 31), None)
        for file in known.files:
            found = self._of_file(file)
            if file.is_status and known.version != installed:
                found = Verdict(-1, None)
            if found.priority > best.priority:
                best = found
        return best if known.files else Verdict(0, None)

    def candidate(
        self, name: str, versions: Iterable[KnownVersion], installed: str | None
    ) -> str | None:
        """The version that apt would install or keep, or none."""
        best, chosen = -1, None
        ordered = sorted(versions, key=lambda known: deb_key(known.version), reverse=True)
        for known in ordered:
            priority = self.verdict(name, known, installed).priority
            if priority == 0 or priority <= best:
                continue
            older = installed is not None and deb_key(known.version) < deb_key(installed)
            if older and priority < 1000:
                continue
            best, chosen = priority, known.version
        return chosen

    def _applies_to(self, stanza: Stanza, name: str) -> bool:
        for written in stanza.packages:
            pattern, colon, architecture = written.rpartition(":")
            if not colon or written.startswith("src:"):
                pattern, architecture = written, self._architecture
            if architecture not in (self._architecture, "any", "native"):
                continue
            is_pattern = any(char in pattern for char in "*[?") or _is_regex(pattern)
            if pattern == name or (is_pattern and _expression_matches(pattern, name)):
                return True
        return False

    def _of_file(self, file: PackageFile) -> Verdict:
        """The priority of an archive, from the stanzas for all packages."""
        found = Verdict(DEFAULT, None)
        if file.is_status or file.but_automatic_upgrades:
            found = Verdict(INSTALLED, None)
        elif file.not_automatic:
            found = Verdict(1, None)
        fixed = False
        for stanza in self._general:
            if (not fixed or stanza.priority == NEVER) and found.priority != NEVER:
                if _file_matches(stanza, file):
                    found, fixed = Verdict(stanza.priority, stanza), True
        return found


def _matches(stanza: Stanza, known: KnownVersion) -> bool:
    if stanza.type is not PinType.VERSION:
        return any(_file_matches(stanza, file) for file in known.files)
    version, data = known.version.lower(), stanza.data.lower()
    if data.endswith("*"):
        data = data[:-1]
        if version.startswith(data):
            return True
    elif version == data:
        return True
    return _expression_matches(stanza.data.removesuffix("*"), known.version)


_KEYS = {
    "v": "version",
    "o": "origin",
    "a": "archive",
    "n": "codename",
    "l": "label",
    "c": "component",
    "b": "architecture",
}


def _file_matches(stanza: Stanza, file: PackageFile) -> bool:
    data = stanza.data
    if stanza.type is PinType.ORIGIN:
        site = data[1:-1] if len(data) >= 2 and data[0] == data[-1] == '"' else data
        return not file.is_status and _expression_matches(site, file.site)
    if data == "*":
        return True
    if "=" not in data:
        if data[:1].isdigit():
            return not file.is_status and _text_matches(data, file.version)
        if file.is_status:
            return _expression_matches(data, "now")
        return _expression_matches(data, file.archive) or _expression_matches(data, file.codename)
    wanted = {}
    for part in (fragment.strip() for fragment in data.split(",")):
        if len(part) >= 3 and part[1] == "=" and part[0].lower() in _KEYS:
            wanted[_KEYS[part[0].lower()]] = part[2:]
    if file.is_status:
        # dpkg's status has no Release file; apt calls its archive and its component "now".
        if any(key in wanted for key in ("origin", "label", "version", "codename")):
            return False
        file = file._replace(archive="now", component="now", architecture="")
    elif not wanted:
        return False
    for key, pattern in wanted.items():
        value = getattr(file, key)
        if key == "version":
            if not _text_matches(pattern, value):
                return False
        elif not _expression_matches(pattern, value):
            return False
    return True


def _text_matches(pattern: str, text: str) -> bool:
    if pattern.endswith("*") and text.lower().startswith(pattern[:-1].lower()):
        return True
    return text.lower() == pattern.lower() or _expression_matches(pattern, text)


def _is_regex(pattern: str) -> bool:
    return len(pattern) > 1 and pattern[0] == pattern[-1] == "/"


def _expression_matches(pattern: str, text: str) -> bool:
    """fnmatch(3) without regard to case, or ``/regex/`` (POSIX, extended, likewise)."""
    expression = _compile(pattern)
    if expression is None:
        return False
    found = expression.search(text) if _is_regex(pattern) else expression.match(text)
    return found is not None


_CLASSES = {
    "alpha": "a-zA-Z",
    "digit": "0-9",
    "alnum": "a-zA-Z0-9",
    "upper": "A-Z",
    "lower": "a-z",
    "space": r"\s",
    "punct": r"!-/:-@\[-`{-~",
    "xdigit": "0-9a-fA-F",
}


@lru_cache(maxsize=4096)
def _compile(pattern: str) -> re.Pattern[str] | None:
    """The expression, or none for one that apt would not compile either."""
    if not _is_regex(pattern):
        return re.compile(fnmatch.translate(pattern), re.IGNORECASE)
    text = pattern[1:-1]
    if re.search(r"\(\?", text):
        return None
    # POSIX has no escapes inside of brackets, and Python no classes in them.
    text = re.sub(r"\[:(\w+):\]", lambda match: _CLASSES.get(match[1], ""), text)
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error:
        return None
