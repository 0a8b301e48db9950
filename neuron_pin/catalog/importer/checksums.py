"""Digests of what facts are made of, and signatures over them.

A folder carries ``SHA256SUMS``, one line a file as sha256sum(1) writes and checks it, and may
carry ``SHA256SUMS.asc``, a detached OpenPGP signature of that file.  A single file is signed by
``FILE.asc``.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping

from neuron_pin.errors import NeuronPinError, SourceFailed, UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.record import NamedTuple

SUMS = "SHA256SUMS"
MAX_BYTES = 64 * 1024 * 1024
MAX_FILES = 10_000


class NotAsStated(NeuronPinError):
    """A folder whose files are not those that its sums state; ``differing`` names them."""

    def __init__(self, folder: str, differing: tuple[str, ...]) -> None:
        self.differing = differing
        shown = ", ".join(differing[:5]) + (", …" if len(differing) > 5 else "")
        super().__init__(f"{folder}: not what its {SUMS} states: {shown}")


class Verified(NamedTuple):
    """What was verified: its path, how many files, the digest of all of it, and the key that
    signed it, empty where no signature was asked for."""

    path: str
    files: int
    sha256: str
    fingerprint: str


def render_sums(texts: Mapping[str, str]) -> str:
    """The text of ``SHA256SUMS`` for files by their path below the folder."""
    rows = [(hashlib.sha256(text.encode()).hexdigest(), name) for name, text in texts.items()]
    return "".join(f"{digest}  {name}\n" for digest, name in sorted(rows, key=lambda row: row[1]))


def verify_facts(path: str, signed_by: str = "") -> Verified:
    """Hold a folder to its ``SHA256SUMS``, and with ``signed_by``, a file of public keys, that
    or a single file to its signature.

    Raises `NotAsStated`, `SourceFailed` for a signature that does not count, and
    `UnreadableInput`.
    """
    if not os.path.isdir(path):
        data = read_bounded(path, MAX_BYTES)
        if not signed_by:
            raise UnreadableInput(
                path, None, "a file alone states no digest", hint="--signed-by KEY"
            )
        signer = _signer(path, data, signed_by)
        return Verified(path, 1, hashlib.sha256(data).hexdigest(), signer)
    place = os.path.join(path, SUMS)
    data = read_bounded(place, MAX_BYTES)
    signer = _signer(place, data, signed_by) if signed_by else ""
    stated = read_sums(place, data)
    found = _hash_files(path)
    differing = {
        name for name in stated.keys() | found.keys() if stated.get(name) != found.get(name)
    }
    if differing:
        raise NotAsStated(path, tuple(sorted(differing)))
    return Verified(path, len(stated), hashlib.sha256(data).hexdigest(), signer)


def _signer(path: str, data: bytes, signed_by: str) -> str:
    from neuron_pin.gpgv import BadSignature, verify

    signature = read_bounded(f"{path}.asc", MAX_BYTES)
    key = read_bounded(signed_by, MAX_BYTES)
    try:
        return verify(data, [key], detached=signature).fingerprints[0]
    except BadSignature as error:
        raise SourceFailed(path, f"is not trusted: {error}") from None


def read_sums(path: str, data: bytes) -> dict[str, str]:
    """Digests by the path below the folder; raises `UnreadableInput` for what is no list of
    sha256sum, or leads out of the folder."""
    found: dict[str, str] = {}
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        match = re.fullmatch(r"([0-9a-f]{64}) [ *]([^/\0][^\0]*)", line)
        if match is None or ".." in match[2].split("/"):
            raise UnreadableInput(path, number, "is not a line of sha256sum")
        found[match[2]] = match[1]
    return found


def _hash_files(folder: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            whole = os.path.join(place, name)
            below = os.path.relpath(whole, folder)
            if below in (SUMS, f"{SUMS}.asc"):
                continue
            if len(found) >= MAX_FILES:
                raise UnreadableInput(folder, None, f"holds more than {MAX_FILES} files")
            found[below] = hashlib.sha256(read_bounded(whole, MAX_BYTES)).hexdigest()
    return found
