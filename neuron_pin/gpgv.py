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
from collections.abc import Mapping, Sequence

from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.record import NamedTuple

SECONDS = 30
MAX_KEYRING = 16 * 1024 * 1024
_WEAK = {"1": "MD5", "2": "SHA-1", "3": "RIPEMD-160"}
_TOO_WEAK = ", which is too weak"
_BEGIN = rb"^-----BEGIN PGP SIGNED MESSAGE-----"
_ARMOR = rb"-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n(.*?)\r?\n?-----END PGP PUBLIC KEY BLOCK-----"


class BadSignature(Exception):
    """The text is not signed, or not by a key that counts; the text says why.  ``is_weak`` says
    that the key may be right, and the way in which it was used is too weak, ``is_weak_key`` that
    the key itself is."""

    is_weak = False
    is_weak_key = False


class Signed(NamedTuple):
    """A signed text, and the full fingerprints of the primary keys that signed it, in order."""

    text: bytes
    fingerprints: tuple[str, ...]


def has_gpgv() -> bool:
    """Whether this machine can check signatures."""
    return shutil.which("gpgv") is not None


def dearmor(data: bytes) -> bytes:
    """Keys as gpgv wants them: binary.  Raises `BadSignature` for what is no key."""
    if b"-----BEGIN PGP" not in data:
        if not data or not data[0] & 0x80:
            raise BadSignature("the keyring holds no key")
        return data
    blocks = []
    for body in re.findall(_ARMOR, data, re.DOTALL):
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

    ``keys`` are keyrings, armored or not.  As apt does, it asks for a good signature by one of
    them, neither expired nor revoked nor made with a weak digest, and for none that does not fit
    the text; those by other keys are passed over.
    """
    if not has_gpgv():
        raise BadSignature("gpgv, which checks signatures, is not installed")
    if detached is None and len(re.findall(_BEGIN, message, re.M)) != 1:
        # What gpgv would write of several is not what one of them signed.
        raise BadSignature("it carries no signature, or is not one signed text")
    with scratch_folder() as folder:
        paths = {name: os.path.join(folder, name) for name in ("keys", "in", "out", "sig")}
        _write(paths["keys"], b"".join(dearmor(key) for key in keys))
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
        signers = _judge(done.stdout.decode("utf-8", "replace"), done.returncode)
        if detached is not None:
            return Signed(message, signers)
        with open(paths["out"], "rb") as stream:
            return Signed(stream.read(), signers)


def _write(path: str, data: bytes) -> None:
    with open(path, "wb") as stream:
        stream.write(data)


def _judge(status: str, code: int) -> tuple[str, ...]:
    """The fingerprints behind a list of status lines; raises `BadSignature`."""
    rows = [line.split()[1:] for line in status.splitlines() if line.startswith("[GNUPG:] ")]
    signatures: list[dict[str, list[str]]] = [{}]
    for word, *rest in filter(None, rows):
        if word == "NEWSIG":
            signatures.append({})
        signatures[-1].setdefault(word, rest)
    problems: list[str] = []
    signers = []
    for found in signatures:
        problem = _problem(found)
        if problem:
            problems.append(problem)
        elif "GOODSIG" in found:
            signers.append(found["VALIDSIG"][-1])
        if "BADSIG" in found:
            raise BadSignature(problem)
    # gpgv ends with 2 where it lacks a key, with 1 where a signature is bad.
    if signers and (code == 0 or (code == 2 and problems)):
        return tuple(signers)
    raise _refuse(next(iter(problems), "it carries no signature"))


def _refuse(problem: str) -> BadSignature:
    refusal = BadSignature(problem)
    refusal.is_weak = problem.endswith(_TOO_WEAK)
    return refusal


def _problem(found: Mapping[str, Sequence[str]]) -> str:
    """Why one signature does not count, by its status lines; empty where it does, or is none."""
    for word, message in _BAD.items():
        if word in found:
            return message.format(key=(*found[word], "?")[0][:40])
    if "GOODSIG" not in found:
        return ""
    row = found.get("VALIDSIG", ())
    if len(row) < 10 or not re.fullmatch(r"[0-9A-F]{40,64}", row[-1]):
        return "gpgv names no key"
    if row[7] in _WEAK:
        return f"it is signed with {_WEAK[row[7]]}{_TOO_WEAK}"
    return ""


_BAD = {
    "BADSIG": "its signature by {key} does not fit the text",
    "EXPKEYSIG": "the key {key} that signed it has expired",
    "REVKEYSIG": "the key {key} that signed it has been revoked",
    "EXPSIG": "its signature by {key} has expired",
    "NO_PUBKEY": "it is signed by the key {key}, which is not trusted here",
    "ERRSIG": "its signature by {key} cannot be checked",
    "NODATA": "it carries no signature",
}
