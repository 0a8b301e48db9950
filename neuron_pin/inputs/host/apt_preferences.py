"""apt's preferences, read as apt reads them: the stanzas of its files, and what is wrong in them.

Source: apt_preferences(5).  What the stanzas decide is in `apt_policy`.  Held equal to
``apt-cache policy`` and ``apt-get`` by the tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import Enum, NamedTuple

NEVER = -32768
MAX_BYTES = 8 * 1024 * 1024
RELEASE_KEYS = "voanlcb"
"""The letters that a pin of a release may have before the equals sign."""
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
    if kind is PinType.RELEASE:
        for text in _find_dropped(data):
            silent(number, text)
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


def _find_dropped(data: str) -> Iterable[str]:
    """What apt drops of a pin of a release without a word, so that the rest of it counts alone."""
    if "=" not in data:
        return
    seen: set[str] = set()
    for part in filter(None, (fragment.strip() for fragment in data.split(","))):
        key = part[0].lower()
        if part[1:2] != "=" or key not in RELEASE_KEYS:
            yield f"apt drops {part!r}, which it does not know: the rest of the pin counts alone"
        elif key in seen:
            yield f"of two {key}= in one pin apt takes the last"
        seen.add(key)


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
