"""OpenPGP packets: the keys of a keyring that may sign, and who made a signature.

Source: RFC 4880 and RFC 9580 for packets, signatures and their subpackets.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator

from neuron_pin.record import NamedTuple

MAX_PACKETS = 100_000
HASHES = {1: "md5", 2: "sha1", 3: "ripemd160", 11: "sha224"}

_RSA, _DSA = (1, 2, 3), 17
_CERTIFIES = (0x10, 0x11, 0x12, 0x13, 0x1F)
_BINDS = 0x18
_SIGNS = 0x02
_PUBLIC_KEY, _SIGNATURE, _SUBKEY = 6, 2, 14
_ISSUER, _KEY_FLAGS, _FINGERPRINT = 16, 27, 33
_ARMORED = rb"^-----BEGIN PGP SIGNATURE-----(.*?)^-----END PGP SIGNATURE-----"


class Key(NamedTuple):
    """A primary key or a subkey: the last eight bytes of its fingerprint, empty where that is not
    known, its algorithm with its size, empty for one that no policy ends, the digests of the
    signatures by which its certificate holds it, and whether it may sign."""

    identity: bytes
    algorithm: str
    digests: tuple[str, ...] = ()
    signs: bool = True


class Certificate(NamedTuple):
    """A primary key with its subkeys."""

    primary: Key
    subkeys: tuple[Key, ...] = ()


def read_certificates(data: bytes) -> list[Certificate]:
    """The certificates of a binary keyring; what is cut off ends it."""
    found: list[Certificate] = []
    for tag, body in _packets(data):
        if tag == _PUBLIC_KEY:
            found.append(Certificate(_read_key(body)))
        elif tag == _SUBKEY and found:
            # Whether it may sign its binding signature says.
            key = _read_key(body)._replace(signs=False)
            found[-1] = found[-1]._replace(subkeys=(*found[-1].subkeys, key))
        elif tag == _SIGNATURE and found:
            found[-1] = _bind(found[-1], body)
    return found


def find_signers(message: bytes) -> frozenset[bytes]:
    """The identities of the keys that a clear-signed message, or a detached signature, names as
    those that signed; empty where none shows."""
    armored = re.search(_ARMORED, message, re.DOTALL | re.MULTILINE)
    data = message
    if armored is not None:
        # The last line, of a checksum, begins with "=".
        rows = armored[1].replace(b"\r", b"").partition(b"\n\n")[2].split(b"\n")
        try:
            data = base64.b64decode(b"".join(row for row in rows if row[:1] != b"="))
        except binascii.Error:
            return frozenset()
    return frozenset(
        issuer
        for tag, body in _packets(data)
        if tag == _SIGNATURE
        for kind, value in _subpackets(body)
        if (issuer := _issuer(kind, value))
    )


def _bind(certificate: Certificate, body: bytes) -> Certificate:
    """The certificate with what a signature of its primary key says of that or of the last
    subkey; unchanged for a signature of another kind or key."""
    primary, subkeys = certificate
    if body[:1] != b"\x04" or len(body) < 6 or not primary.identity:
        return certificate
    told = list(_subpackets(body))
    if primary.identity not in (_issuer(kind, value) for kind, value in told):
        return certificate
    digest = HASHES.get(body[3], f"digest{body[3]}")
    flags = next((value[0] for kind, value in told if kind == _KEY_FLAGS and value), None)
    if body[1] in _CERTIFIES and not subkeys:
        signs = primary.signs if flags is None else bool(flags & _SIGNS)
        held = primary._replace(digests=(*primary.digests, digest), signs=signs)
        return Certificate(held, subkeys)
    if body[1] == _BINDS and subkeys:
        last = subkeys[-1]
        signs = last.signs or bool((flags or 0) & _SIGNS)
        last = last._replace(digests=(*last.digests, digest), signs=signs)
        return Certificate(primary, (*subkeys[:-1], last))
    return certificate


def _read_key(body: bytes) -> Key:
    # Only keys of version 4 are known by this fingerprint; of others nothing is said.
    if body[:1] != b"\x04" or not 8 < len(body) < 65536:
        return Key(b"", "")
    packed = b"\x99" + len(body).to_bytes(2, "big") + body
    identity = hashlib.sha1(packed, usedforsecurity=False).digest()[-8:]
    return Key(identity, _algorithm(body))


def _algorithm(body: bytes) -> str:
    """The algorithm and the size by which a policy calls it: that below its own size."""
    bits = int.from_bytes(body[6:8], "big")
    if body[5] in _RSA:
        return f"rsa{next((size for size in (4096, 3072, 2048) if bits >= size), 1024)}"
    if body[5] == _DSA:
        return f"dsa{next((size for size in (4096, 3072, 2048) if bits >= size), 1024)}"
    return ""


def _issuer(kind: int, value: bytes) -> bytes:
    """The identity of the key that a subpacket names as the one that signed, empty for none."""
    return value[-8:] if kind in (_ISSUER, _FINGERPRINT) and len(value) >= 8 else b""


def _subpackets(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The subpackets of a signature of version 4: the kind of each, and its value."""
    if body[:1] != b"\x04" or len(body) < 6:
        return
    hashed = int.from_bytes(body[4:6], "big")
    rest = body[6 + hashed :]
    unhashed = int.from_bytes(rest[:2], "big")
    for area in (body[6 : 6 + hashed], rest[2 : 2 + unhashed]):
        left = area
        while left:
            length, taken = _length(left)
            part, left = left[taken : taken + length], left[taken + length :]
            if length == 0 or len(part) < length:
                break
            yield part[0] & 0x7F, part[1:]


def _length(data: bytes) -> tuple[int, int]:
    """A length of a subpacket or a packet in the new form, and the bytes that state it."""
    if data[0] < 192:
        return data[0], 1
    if data[0] < 255:
        return ((data[0] - 192) << 8) + (data[1] if len(data) > 1 else 0) + 192, 2
    return int.from_bytes(data[1:5], "big"), 5


def _packets(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(MAX_PACKETS):
        if at + 2 > len(data) or not data[at] & 0x80:
            return
        head = data[at]
        if head & 0x40:
            tag = head & 0x3F
            if 224 <= data[at + 1] < 255:
                # In parts: no key or signature is.
                return
            length, taken = _length(data[at + 1 : at + 6])
        else:
            tag, form = (head >> 2) & 0x0F, head & 3
            if form == 3:
                return
            taken = 1 << form
            length = int.from_bytes(data[at + 1 : at + 1 + taken], "big")
        start = at + 1 + taken
        if start + length > len(data):
            return
        yield tag, data[start : start + length]
        at = start + length
