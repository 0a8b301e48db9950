"""What binds the versions of some system packages on a machine: apt's preferences, dnf's version
locks.

Source: apt_preferences(5); dnf-versionlock(8) for dnf 4, and its page in dnf5 for dnf 5.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.ownership import Ownership, find_ownership
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.sections import BEGIN, END
from neuron_pin.record import NamedTuple

from .apt_policy import AptPolicy
from .apt_preferences import read_preferences

VERSION_LOCK = "etc/dnf/plugins/versionlock.list"
"""The list of dnf 4."""
VERSION_LOCK_TOML = "etc/dnf/versionlock.toml"
"""The one of dnf 5."""
MAX_BYTES = 4 * 1024 * 1024


class Pin(NamedTuple):
    """One stanza or line.  ``manager`` is ``apt``, ``dnf`` or ``dnf5``; ``names`` are packages as
    they are written; ``type`` and ``value`` are those of a stanza, or ``versionlock`` and what is
    locked; ``priority`` is none for a version lock.  ``is_own`` says that neuron-pin wrote it."""

    manager: str
    names: tuple[str, ...]
    type: str
    value: str
    priority: int | None
    path: str
    line: int
    is_own: bool = False


def read_pins(root: str, names: Collection[str]) -> tuple[list[Pin], list[UnreadableInput]]:
    """The pins of the named packages below a root, in the order in which they count, and the
    files that cannot be read."""
    pins: list[Pin] = []
    problems: list[UnreadableInput] = []
    for read in (_read_apt, _read_list, _read_toml):
        try:
            pins += read(root, names)
        except UnreadableInput as error:
            problems.append(error)
    return pins, problems


def _read_apt(root: str, names: Collection[str]) -> Iterator[Pin]:
    own: dict[str, bool] = {}
    for stanza in read_preferences(root)[0]:
        if any(map(AptPolicy([stanza]).concerns, names)):
            path = stanza.path
            if path not in own:
                text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
                own[path] = find_ownership(text) is Ownership.OURS
            yield Pin(
                "apt", stanza.packages, stanza.type.value, stanza.data, stanza.priority,
                path, stanza.line, own[path],
            )  # fmt: skip


def _read_list(root: str, names: Collection[str]) -> Iterator[Pin]:
    """Lines of ``NAME-EPOCH:VERSION-RELEASE.ARCH``, with ``!`` before what is excluded."""
    path = os.path.join(root, VERSION_LOCK)
    if not os.path.isfile(path):
        return
    text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
    is_own = False
    for number, line in enumerate(text.splitlines(), 1):
        stated = line.strip()
        if stated in (BEGIN, END):
            is_own = stated == BEGIN
        if not stated or stated.startswith("#"):
            continue
        name = _name_of(stated.lstrip("!"), names)
        if name:
            yield Pin("dnf", (name,), "versionlock", stated, None, path, number, is_own)


def _name_of(pattern: str, names: Collection[str]) -> str:
    """The longest of the names that a pattern of a version lock begins with, empty for none."""
    found = [n for n in names if re.fullmatch(rf"{re.escape(n)}(?:-[\d*?\[].*)?", pattern)]
    return max(found, key=len, default="")


def _read_toml(root: str, names: Collection[str]) -> Iterator[Pin]:
    path = os.path.join(root, VERSION_LOCK_TOML)
    if not os.path.isfile(path):
        return
    from neuron_pin.fs.toml import parse_toml_file

    text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
    packages = parse_toml_file(path, text).get("packages")
    for row in packages if isinstance(packages, list) else ():
        name = row.get("name") if isinstance(row, dict) else None
        if not isinstance(name, str) or name not in names:
            continue
        conditions = row.get("conditions")
        words = [
            f"{c.get('key')} {c.get('comparator')} {c.get('value')}"
            for c in (conditions if isinstance(conditions, list) else ())
            if isinstance(c, dict)
        ]
        found = re.search(rf"^\s*name\s*=\s*[\"']{re.escape(name)}[\"']", text, re.M)
        line = text.count("\n", 0, found.start()) + 1 if found else 0
        before = text[: found.start()] if found else ""
        is_own = before.rfind(BEGIN) > before.rfind(END)
        yield Pin("dnf5", (name,), "versionlock", ", ".join(words), None, path, line, is_own)
