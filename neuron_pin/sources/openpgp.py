"""Signatures, checked by ``gpgv`` as apt checks them.

Only what gpgv writes as the signed text is trusted, never the file that came in: text around
the signed block passes gpgv.  Source: gpgv(1), GnuPG's ``doc/DETAILS`` (status lines), apt's
``gpgv`` method (which digests are too weak).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from typing import NamedTuple

from neuron_pin.scratch import scratch_folder

SECONDS = 30
MAX_KEYRING = 16 * 1024 * 1024
_WEAK = {"1": "MD5", "2": "SHA-1", "3": "RIPEMD-160"}
_ARMOUR = rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(.*?)\r?\n?-----END PGP PUBLIC KEY BLOCK-----"


class BadSignature(Exception):
    """The text is not signed, or not by a key that counts; the text says why."""


class Signed(NamedTuple):
    """A signed text, and the full fingerprint of the primary key that signed it."""

    text: bytes
    fingerprint: str


def has_gpgv() -> bool:
    """Whether this machine can check signatures."""
    return shutil.which("gpgv") is not None


def dearmoured(data: bytes) -> bytes:
    """Keys as gpgv wants them: binary.  Raises `BadSignature` for what is no key."""
    if b"-----BEGIN PGP" not in data:
        if not data or not data[0] & 0x80:
            raise BadSignature("the keyring holds no key")
        return data
    blocks = []
    for body in re.findall(_ARMOUR, data, re.DOTALL):
        # Headers end with an empty line; the last line, of a checksum, begins with "=".
        lines = body.replace(b"\r", b"").split(b"\n")
        start = lines.index(b"") + 1 if b"" in lines else 0
        text = b"".join(line for line in lines[start:] if not line.startswith(b"="))
        try:
            blocks.append(base64.b64decode(text, validate=True))
        except binascii.Error:
            raise BadSignature("the keyring is damaged") from None
    if not blocks:
        raise BadSignature("the keyring holds no public key")
    return b"".join(blocks)


def verify(message: bytes, keys: Sequence[bytes], *, detached: bytes | None = None) -> Signed:
    """The signed text of a clear-signed message, or the message itself under a detached
    signature; raises `BadSignature`.

    ``keys`` are keyrings, armoured or not.  One good signature by one of them is asked for,
    and none that is bad, expired, revoked or made with a weak digest.
    """
    if not has_gpgv():
        raise BadSignature("gpgv, which checks signatures, is not installed")
    with scratch_folder() as folder:
        paths = {name: os.path.join(folder, name) for name in ("keys", "in", "out", "sig")}
        _write(paths["keys"], b"".join(dearmoured(key) for key in keys))
        _write(paths["in"], message)
        command = ["gpgv", "--quiet", "--status-fd", "1", "--homedir", folder]
        command += ["--keyring", paths["keys"]]
        if detached is None:
            command += ["--output", paths["out"], paths["in"]]
        else:
            _write(paths["sig"], detached)
            command += [paths["sig"], paths["in"]]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise BadSignature(f"gpgv takes more than {SECONDS} s") from None
        fingerprint = _judge(done.stdout.decode("utf-8", "replace"), done.returncode)
        if detached is not None:
            return Signed(message, fingerprint)
        with open(paths["out"], "rb") as stream:
            return Signed(stream.read(), fingerprint)


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as stream:
        stream.write(data)


def _judge(status: str, code: int) -> str:
    """The fingerprint behind a list of status lines; raises `BadSignature`."""
    rows = [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
    found: dict[str, list[list[str]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row[1:])
    for word, told in _BAD.items():
        if word in found:
            key = (found[word][0] or ["?"])[0]
            raise BadSignature(told.format(key=key[:40]))
    valid = found.get("VALIDSIG", [])
    if len(valid) != 1 or len(found.get("GOODSIG", [])) != 1:
        raise BadSignature("it carries no signature" if not valid else "it is signed twice")
    if code:
        raise BadSignature(f"gpgv refuses it (exit {code})")
    row = valid[0]
    if len(row) < 10 or not re.fullmatch(r"[0-9A-F]{40,64}", row[-1]):
        raise BadSignature("gpgv names no key")
    if row[7] in _WEAK:
        raise BadSignature(f"it is signed with {_WEAK[row[7]]}, which is too weak")
    return row[-1]


_BAD = {
    "BADSIG": "its signature by {key} does not fit the text",
    "EXPKEYSIG": "the key {key} that signed it has expired",
    "REVKEYSIG": "the key {key} that signed it has been revoked",
    "EXPSIG": "its signature by {key} has expired",
    "NO_PUBKEY": "it is signed by the key {key}, which is not trusted here",
    "ERRSIG": "its signature by {key} cannot be checked",
    "NODATA": "it carries no signature",
}
