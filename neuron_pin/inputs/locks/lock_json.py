"""A lock.json of the user's, read."""

from __future__ import annotations

import os
import shlex

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.lockfile import LockDocument, parse_lock

MAX_BYTES = 64 * 1024 * 1024


def read_lock_json(path: str) -> LockDocument:
    """Read a lock that ``neuron-pin lock -o lock.json`` wrote; raises `UnreadableInput`."""
    if not os.path.lexists(path):
        hint = f"neuron-pin lock NAME --instance FAMILY -o {shlex.quote(path)} writes it"
        raise UnreadableInput(path, None, "there is no such file", hint=hint)
    if os.path.isdir(path):
        inner = os.path.join(path, "lock.json")
        hint = f"name the file: {inner}" if os.path.isfile(inner) else "name a lock.json"
        raise UnreadableInput(path, None, "is a folder", hint=hint)
    return parse_lock(read_bounded(path, MAX_BYTES, UnreadableInput), path)
