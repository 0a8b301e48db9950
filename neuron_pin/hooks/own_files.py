"""Files of neuron-pin that somebody else changed: edited by hand, diverted, owned by a package.

Source: dpkg-divert(1); deb-conffiles(5); dpkg(1), ``--force-confdef``.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shlex
from collections.abc import Iterator

from neuron_pin.audit import Finding, Severity
from neuron_pin.fs.ownership import Ownership, find_ownership
from neuron_pin.fs.reading import read_bounded
from neuron_pin.inputs.host.dpkg_status import MAX_BYTES, STATUS
from neuron_pin.policy import Rule

from . import apt
from .installing import list_files, read_if_any
from .location import HookKind, find_location
from .status import name_repair, read_status

DIVERSIONS = "var/lib/dpkg/diversions"
MAX_DIVERSIONS = 8 * 1024 * 1024
PLACES = ("etc/apt/preferences", "etc/apt/preferences.d/*", "etc/apt/apt.conf.d/*")
"""Where files for apt are that `lock` and hooks write."""


def check_own_files(root: str, today: str) -> Iterator[Finding]:
    """NP614: what is not as neuron-pin wrote it, or will not stay so.  ``today`` is an ISO date;
    raises `UnreadableInput`."""
    place = find_location(HookKind.APT, None, root, None, {})
    hooked = {piece.path for piece in list_files(place)}
    status = read_status(place, today)
    repair = name_repair(place, status.files, today)
    edited = {file.path for file in status.files if file.state == "edited"}
    own = _find_own(place.root)
    has_hook = os.path.lexists(place.below(apt.CONFIGURATION))
    for path in sorted(edited | {p for p, found in own.items() if found is Ownership.EDITED}):
        is_hook = has_hook and path in edited
        yield Finding(
            Rule.OVERRIDDEN_FILE,
            Severity.ERROR if is_hook else Severity.WARNING,
            os.path.basename(path),
            "it was edited by hand: apt obeys it as it is now",
            path,
            repair if is_hook else "write it again with the command in it and --overwrite",
        )
    yield from _diverted(place.root, hooked | own.keys())
    yield from _conffiles(place.root, sorted(hooked | own.keys()))


def _find_own(root: str) -> dict[str, Ownership]:
    """The files for apt that neuron-pin wrote below a root."""
    found: dict[str, Ownership] = {}
    for pattern in PLACES:
        for path in sorted(glob.glob(os.path.join(glob.escape(root), pattern))):
            ownership = find_ownership(read_if_any(path))
            if ownership is not Ownership.FOREIGN:
                found[path] = ownership
    return found


def _diverted(root: str, own: set[str]) -> Iterator[Finding]:
    """Files that a diversion of dpkg moves, or will."""
    path = os.path.join(root, DIVERSIONS)
    if not os.path.isfile(path):
        return
    lines = read_bounded(path, MAX_DIVERSIONS).decode("utf-8", "surrogateescape").splitlines()
    # Three lines each: the name, the name instead of it, and the package or a colon.
    for name, moved, by in zip(lines[::3], lines[1::3], lines[2::3], strict=False):
        here, there = (os.path.join(root, found.lstrip("/")) for found in (name, moved))
        is_moved = not os.path.lexists(here) and (
            find_ownership(read_if_any(there)) is not Ownership.FOREIGN
        )
        if here not in own and not is_moved:
            continue
        who = "locally" if by == ":" else f"by {by}"
        how = "--rename" if is_moved else "--no-rename"
        # dpkg lets only the package that made a diversion remove it, or one that is named.
        words = ["dpkg-divert", *(["--root", root] if root != "/" else [])]
        words += ["--package", by] if by != ":" else []
        yield Finding(
            Rule.OVERRIDDEN_FILE,
            Severity.ERROR if is_moved else Severity.WARNING,
            os.path.basename(here),
            f"it is diverted {who} to {moved}"
            + (": apt does not read it there" if is_moved else ", by its name"),
            here,
            f"sudo {shlex.join([*words, how, '--remove', name])}",
        )


def _conffiles(root: str, own: list[str]) -> Iterator[Finding]:
    """Files that a package brings as conffiles, and that differ from what it brought."""
    path = os.path.join(root, STATUS)
    if not own or not os.path.isfile(path):
        return
    data = b"\n" + read_bounded(path, MAX_BYTES)
    for here in own:
        name = "/" + os.path.relpath(here, root)
        row = re.search(rb"\n " + re.escape(os.fsencode(name)) + rb" ([0-9a-f]{32})\b", data)
        if row is None or not os.path.isfile(here):
            continue
        text = read_bounded(here, MAX_BYTES)
        if hashlib.md5(text, usedforsecurity=False).hexdigest().encode() == row[1]:
            continue
        stanza = data.rfind(b"\nPackage: ", 0, row.start())
        package = data[stanza + 10 : data.find(b"\n", stanza + 1)].decode("utf-8", "replace")
        yield Finding(
            Rule.OVERRIDDEN_FILE,
            Severity.WARNING,
            os.path.basename(here),
            f"it is a conffile of {package} and differs from what that brought: an upgrade of "
            f"{package} stops to ask, or keeps or replaces it as dpkg's options say",
            here,
            f"take the file out of {package}, or build {package} with this text",
        )
