"""Keys of repositories that gpgv takes and sqv does not, which apt 3.0 and later verify with.

Source: RFC 9580 for packets and signatures; apt's ``default-sequoia.config`` for the days; what
sqv 1.3 and 1.5 say of keys of each kind.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy import Rule
from neuron_pin.record import NamedTuple
from neuron_pin.sqv import find_policy, uses_sqv

from .finding import Finding, Severity

MAX_POLICY = 1 << 20
MAX_PACKETS = 100_000
ENDED = {
    "md5": "",
    "sha1": "2026-02-01",
    "ripemd160": "",
    "sha224": "2026-02-01",
    "rsa1024": "2014-02-01",
    "dsa1024": "",
    "dsa2048": "2024-02-01",
    "dsa3072": "2024-02-01",
    "dsa4096": "2024-02-01",
}
"""The day from which an algorithm is refused where a policy states none; empty for long ago."""

_HASHES = {1: "md5", 2: "sha1", 3: "ripemd160", 11: "sha224"}
_RSA, _DSA = (1, 2, 3), 17
_CERTIFIES = (0x10, 0x11, 0x12, 0x13, 0x1F)
_PUBLIC_KEY, _SIGNATURE = 6, 2


class Certificate(NamedTuple):
    """A primary key: its algorithm with its size, empty for one that no policy ends, and the
    digests of its signatures on itself."""

    algorithm: str
    digests: tuple[str, ...]


def read_policy(root: str) -> dict[str, str]:
    """The days from which a machine's apt refuses algorithms, by their names, "" for long ago and
    "9999" for never; raises `UnreadableInput`."""
    # Imported here: few machines have a policy.
    from neuron_pin.fs.toml import parse_toml

    days = dict(ENDED)
    path = find_policy(root)
    if not path:
        return days
    try:
        document = parse_toml(read_bounded(path, MAX_POLICY).decode("utf-8", "replace"))
    except ValueError as error:
        raise UnreadableInput(path, None, f"not TOML: {error}") from None
    for section in ("hash_algorithms", "asymmetric_algorithms"):
        table = document.get(section)
        for name, value in table.items() if isinstance(table, dict) else ():
            if isinstance(value, Mapping):
                value = value.get("second_preimage_resistance")
            if value is not None:
                days[name] = {"always": "9999", "never": ""}.get(str(value), str(value)[:10])
    return days


def check_key_policy(
    root: str, subject: str, keyring: bytes, now: float, place: str, remedy: str
) -> Iterator[Finding]:
    """Whether sqv takes a key: an error where the machine's apt asks sqv, else a warning that a
    newer release's does."""
    is_asked = uses_sqv(root)
    try:
        days = read_policy(root) if is_asked else ENDED
    except UnreadableInput as error:
        reason = f"the policy of apt's sqv cannot be read: {error.problem}"
        yield Finding(
            Rule.APT_KEY, Severity.ERROR, subject, reason, error.path, "correct that file"
        )
        return
    problem = find_key_problem(keyring, days, now)
    if problem and is_asked:
        reason = f"this machine's apt, which asks sqv, refuses the key: {problem}"
        yield Finding(Rule.APT_KEY, Severity.ERROR, subject, reason, place, remedy)
    elif problem:
        reason = f"apt of Debian 13 and later, which asks sqv, refuses the key: {problem}"
        yield Finding(Rule.APT_KEY, Severity.WARNING, subject, reason, place, remedy)


def find_key_problem(keyring: bytes, days: Mapping[str, str], now: float) -> str:
    """Why sqv takes none of a binary keyring's keys, empty where it takes one or that is not
    known; ``now`` is in seconds since the epoch."""
    today = time.strftime("%Y-%m-%d", time.gmtime(now))
    problems = [_judge(found, days, today) for found in read_certificates(keyring)]
    return problems[0] if problems and all(problems) else ""


def _judge(found: Certificate, days: Mapping[str, str], today: str) -> str:
    day = days.get(found.algorithm, "9999")
    if day <= today:
        return f"it is of {_spell(found.algorithm)}{_since(day)}"
    ends = {digest: days.get(digest, "9999") for digest in found.digests}
    if not ends or any(day > today for day in ends.values()):
        return ""
    digest = found.digests[-1]
    return f"its signature on itself is made with {_spell(digest)}{_since(ends[digest])}"


def _since(day: str) -> str:
    return f", refused since {day}" if day else ""


def _spell(name: str) -> str:
    word = name.rstrip("0123456789")
    return f"{word.upper()}-{name[len(word) :]}" if word != "md" else "MD5"


def read_certificates(data: bytes) -> list[Certificate]:
    """The primary keys of a binary keyring; what is cut off ends it."""
    found: list[Certificate] = []
    identity = b""
    for tag, body in _packets(data):
        if tag == _PUBLIC_KEY:
            # Only keys of version 4 are known by this fingerprint; of others nothing is said.
            known = body[:1] == b"\x04" and len(body) > 8
            packed = b"\x99" + len(body).to_bytes(2, "big") + body if len(body) < 65536 else b""
            identity = hashlib.sha1(packed, usedforsecurity=False).digest()[-8:] if known else b""
            found.append(Certificate(_algorithm(body) if known else "", ()))
        elif tag == _SIGNATURE and found and identity:
            digest = _own_digest(body, identity)
            if digest:
                found[-1] = found[-1]._replace(digests=(*found[-1].digests, digest))
    return found


def _algorithm(body: bytes) -> str:
    """The algorithm and the size by which a policy calls it: that below its own size."""
    bits = int.from_bytes(body[6:8], "big")
    if body[5] in _RSA:
        return f"rsa{next((size for size in (4096, 3072, 2048) if bits >= size), 1024)}"
    if body[5] == _DSA:
        return f"dsa{next((size for size in (4096, 3072, 2048) if bits >= size), 1024)}"
    return ""


def _own_digest(body: bytes, identity: bytes) -> str:
    """The digest of a key's signature on itself; empty for a signature of another kind or key."""
    if body[:1] != b"\x04" or len(body) < 6 or body[1] not in _CERTIFIES:
        return ""
    hashed = int.from_bytes(body[4:6], "big")
    rest = body[6 + hashed :]
    unhashed = int.from_bytes(rest[:2], "big")
    issuers = [*_issuers(body[6 : 6 + hashed]), *_issuers(rest[2 : 2 + unhashed])]
    if identity not in issuers:
        return ""
    return _HASHES.get(body[3], f"digest{body[3]}")


def _issuers(area: bytes) -> Iterator[bytes]:
    """The identities of keys that subpackets name as the one that signed."""
    while area:
        length, taken = _length(area)
        part, area = area[taken : taken + length], area[taken + length :]
        if length == 0 or len(part) < length:
            return
        if part[0] & 0x7F in (16, 33):
            yield part[-8:]


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
