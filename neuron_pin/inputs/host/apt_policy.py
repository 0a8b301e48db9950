"""What apt decides by its preferences: the priority of each version, and its candidate.

Source: apt_preferences(5), and the order of things in libapt's ``policy.cc`` and
``versionmatch.cc`` (2.6, 3.0, 3.3): the first stanza of a package that matches a version decides,
in the order of the files; stanzas for ``*`` speak of whole archives and count where no other
matched.  Held equal to ``apt-cache policy`` and ``apt-get`` by the tests.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from neuron_pin.policy.debversion import deb_key
from neuron_pin.record import NamedTuple

from .apt_preferences import NEVER, PinType, Stanza

DEFAULT = 500
INSTALLED = 100


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
    """One build of a version of a package, and where it is to be had.  What apt takes for other
    builds of that version are others, see `apt_builds`."""

    version: str
    files: tuple[PackageFile, ...]


class Verdict(NamedTuple):
    """A version's priority, and the stanza that gave it; none for apt's own default."""

    priority: int
    stanza: Stanza | None


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

    def concerns(self, name: str) -> bool:
        """Whether one of the stanzas names a package."""
        return any(self._applies_to(stanza, name) for stanza in self._named)

    def candidate(
        self, name: str, versions: Iterable[KnownVersion], installed: str | None
    ) -> str | None:
        """The version that apt would install or keep, or none."""
        chosen = self.choose(name, versions, installed)
        return None if chosen is None else chosen.version

    def choose(
        self, name: str, versions: Iterable[KnownVersion], installed: str | None
    ) -> KnownVersion | None:
        """The build that apt would install or keep, or none; of one version in several builds the
        first that is given wins at equal priority, as in the order of apt's sources."""
        best, chosen = -1, None
        ordered = sorted(versions, key=lambda known: deb_key(known.version), reverse=True)
        for known in ordered:
            priority = self.verdict(name, known, installed).priority
            if priority == 0 or priority <= best:
                continue
            older = installed is not None and deb_key(known.version) < deb_key(installed)
            if older and priority < 1000:
                continue
            best, chosen = priority, known
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
