"""What a machine had before a plan was applied, kept beside the hooks' states, so that exactly
that can be rolled back: its packages, and the files of its hooks and pins."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from typing import Any

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.atomic import remove_atomically, write_atomically
from neuron_pin.fs.reading import read_bounded
from neuron_pin.hooks.installing import list_files
from neuron_pin.hooks.location import HookKind, find_location
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

from .package_database import Packages

FILE = "var/lib/neuron-pin/before-apply.json"
FORMAT = 1
MAX_BYTES = 64 * 1024 * 1024


class SavedFile(NamedTuple):
    """A file as it was: its bytes and its mode."""

    data: bytes
    mode: int


class Snapshot(NamedTuple):
    """The state before the plan of a lock was applied.

    ``digest`` names the lock.  ``state`` is ``begun``, ``applied`` or ``rolled_back``.  ``after``
    are the packages when the plan was done, none while it is not.  ``files`` are those of hooks
    and pins by their path below the root.
    """

    digest: str
    sdk: str
    state: str
    system: Ecosystem
    before: Packages
    after: Packages | None
    files: Mapping[str, SavedFile]


def read_snapshot(root: str) -> Snapshot | None:
    """The snapshot of a machine, none where there is none; raises `UnreadableInput`."""
    path = os.path.join(root, FILE)
    if not os.path.lexists(path):
        return None
    try:
        document = json.loads(read_bounded(path, MAX_BYTES))
        if document["format"] != FORMAT:
            problem = f"has format {document['format']!r}; {FORMAT} is read"
            raise UnreadableInput(path, None, problem)
        after = document["after"]
        return Snapshot(
            str(document["digest"]),
            str(document["sdk"]),
            str(document["state"]),
            Ecosystem(document["system"]),
            _read_packages(document["before"]),
            _read_packages(after) if after is not None else None,
            {
                name: SavedFile(base64.b64decode(row["data"], validate=True), int(row["mode"]))
                for name, row in document["files"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        hint = "move it away: then nothing that was applied before can be rolled back"
        raise UnreadableInput(path, None, "is not a snapshot", hint=hint) from None


def write_snapshot(root: str, snapshot: Snapshot) -> None:
    """Write it as a whole, readable by root alone."""
    path = os.path.join(root, FILE)
    document = {
        "format": FORMAT,
        "digest": snapshot.digest,
        "sdk": snapshot.sdk,
        "state": snapshot.state,
        "system": snapshot.system.value,
        "before": _as_row(snapshot.before),
        "after": _as_row(snapshot.after) if snapshot.after is not None else None,
        "files": {
            name: {"data": base64.b64encode(file.data).decode(), "mode": file.mode}
            for name, file in snapshot.files.items()
        },
    }
    os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    write_atomically(path, json.dumps(document, indent=1) + "\n", new_mode=0o600)


def read_files(root: str, system: Ecosystem) -> dict[str, SavedFile]:
    """The files of the machine's hooks and pins, by their path below the root."""
    found = {}
    for name in _list_names(root, system):
        path = os.path.join(root, name)
        with open(path, "rb") as stream:
            found[name] = SavedFile(stream.read(), os.stat(path).st_mode & 0o7777)
    return found


def restore_files(root: str, system: Ecosystem, files: Mapping[str, SavedFile]) -> list[str]:
    """Give the files of hooks and pins back their bytes, and remove those that were not there;
    what calls others goes first and comes last.  Gives the paths that changed."""
    changed = []
    for name in reversed(_list_names(root, system)):
        if name not in files and remove_atomically(os.path.join(root, name)):
            changed.append(name)
    for name in files:
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        if write_atomically(path, files[name].data, new_mode=files[name].mode):
            changed.append(name)
    return changed


def find_different_files(
    root: str, system: Ecosystem, files: Mapping[str, SavedFile]
) -> dict[str, tuple[SavedFile | None, SavedFile | None]]:
    """The files that restoring would change, each as it is and as it was."""
    present = read_files(root, system)
    return {
        name: (present.get(name), files.get(name))
        for name in sorted(present.keys() | files.keys())
        if present.get(name) != files.get(name)
    }


def _list_names(root: str, system: Ecosystem) -> list[str]:
    """The files of hooks and pins that exist below a root, in the order in which they are
    written: programs before what calls them."""
    kind = HookKind.APT if system is Ecosystem.APT else HookKind.DNF
    files = list_files(find_location(kind, "system", root, None, {}))
    names = [os.path.relpath(file.path, root) for file in files]
    return [name for name in names if os.path.isfile(os.path.join(root, name))]


def _as_row(packages: Packages) -> dict[str, Any]:
    return {
        "versions": dict(sorted(packages.versions.items())),
        "held": sorted(packages.held),
        "automatic": sorted(packages.automatic),
        "unfinished": sorted(packages.unfinished),
    }


def _read_packages(row: Mapping[str, Any]) -> Packages:
    versions = {str(name): str(version) for name, version in row["versions"].items()}
    return Packages(
        versions,
        frozenset(row["held"]),
        frozenset(row["unfinished"]),
        frozenset(row["automatic"]),
    )
