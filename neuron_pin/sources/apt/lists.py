"""The lists that a machine's apt has fetched of repositories.

Source: apt's ``URItoFileName`` for the names of lists.  What apt has fetched it has verified,
so the lists are taken as they are.
"""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from neuron_pin.errors import SourceFailed, UnreadableInput
from neuron_pin.fs.compression import MAX_UNPACKED, can_unpack, unpack
from neuron_pin.fs.reading import read_bounded

APT_HELPER = "/usr/lib/apt/apt-helper"
SECONDS = 60
_QUOTED = '\\|{}[]<>"^~_=!@#$%^&*'
_SUFFIXES = ("", ".gz", ".xz", ".zst", ".bz2", ".lz4")
"""Those that apt may keep its lists packed with."""


def list_name(uri: str) -> str:
    """The name that apt gives to what it fetches from an address."""
    parts = urlsplit(uri)
    host = "" if parts.scheme == "file" else parts.netloc.rpartition("@")[2]
    bare = host + unquote(parts.path)
    quoted = "".join(
        f"%{ord(char):02x}" if char in _QUOTED or not 0x20 < ord(char) < 0x7F else char
        for char in bare
    )
    return quoted.replace("/", "_")


def read_list(path: str) -> bytes | None:
    """A list, unpacked, by its path without extension; none if nothing was fetched.  Raises
    `SourceFailed`."""
    for suffix in _SUFFIXES:
        if not os.path.isfile(path + suffix):
            continue
        if not can_unpack(suffix):
            return _unpack_by_apt(path + suffix)
        try:
            data = read_bounded(path + suffix, MAX_UNPACKED)
        except UnreadableInput as error:
            raise SourceFailed(path + suffix, error.problem) from None
        return unpack(data, suffix, path + suffix)
    return None


def _unpack_by_apt(path: str) -> bytes:
    """A list in a form that only apt itself reads here, as LZ4."""
    import subprocess

    try:
        done = subprocess.run(
            [APT_HELPER, "cat-file", path], capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceFailed(path, f"cannot be unpacked: {error}") from None
    if done.returncode:
        problem = done.stderr.decode("utf-8", "replace").strip()[:200]
        raise SourceFailed(path, f"cannot be unpacked: {problem}")
    return done.stdout
