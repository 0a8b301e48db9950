"""Whether a repository is believed: whose signature counts, from its options, and its date.

Source: sources.list(5) for ``signed-by``, ``trusted`` and ``check-valid-until``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from neuron_pin.errors import SourceFailed
from neuron_pin.record import NamedTuple

if TYPE_CHECKING:
    from neuron_pin.gpgv import Signed

TRUSTED_PARTS = "/etc/apt/trusted.gpg.d"
MAX_KEYRING = 16 * 1024 * 1024
MAX_SKEW = 86400
"""Seconds by which a repository's clock may be ahead of ours, as apt has it."""


class Trust(NamedTuple):
    """Whose signature counts for a repository.

    ``keyrings`` are paths, ``keys`` texts of keys in a source itself, ``fingerprints`` those
    that alone count, any if there are none.  ``unsigned`` takes it as it is (``trusted=yes``),
    ``outdated`` takes it past its ``Valid-Until``.
    """

    keyrings: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    unsigned: bool = False
    outdated: bool = False

    @property
    def names_key(self) -> bool:
        """Whether it says which key it is."""
        return bool(self.keyrings or self.keys)


def parse_options(text: str) -> tuple[dict[str, str], list[str]]:
    """The options in brackets at the front of a source's line, by their small names, and the
    words behind them."""
    words = text.split()
    if not words or not words[0].startswith("["):
        return {}, words
    inside, _, rest = " ".join(words)[1:].partition("]")
    pairs = (option.partition("=") for option in inside.split())
    return {name.lower(): value for name, _, value in pairs}, rest.split()


def parse_trust(options: Mapping[str, str]) -> Trust:
    """Whose signature counts: paths and fingerprints, or a key written out."""
    signed_by = options.get("signed-by", "").strip()
    unsigned = _is_yes(options.get("trusted", ""))
    outdated = options.get("check-valid-until", "yes").lower() in ("no", "false", "0")
    if "-----BEGIN PGP" in signed_by:
        return Trust(keys=(signed_by,), unsigned=unsigned, outdated=outdated)
    words = signed_by.replace(",", " ").split()
    paths = tuple(word for word in words if word.startswith("/"))
    prints = tuple(word.rstrip("!").upper() for word in words if not word.startswith("/"))
    return Trust(paths, (), prints, unsigned, outdated)


def _is_yes(text: str) -> bool:
    return text.lower() in ("yes", "true", "1")


def verify_message(
    message: bytes, trust: Trust, *, detached: bytes | None = None, as_apt: bool = False
) -> Signed:
    """The signed text, by a key that counts; raises `BadSignature`.

    Where no key is named those of the machine's apt count.  ``as_apt`` says that where this
    machine's apt asks sqv, a signature has to count for sqv too.
    """
    # Imported here: what a machine's apt has fetched is not verified again.
    from neuron_pin.gpgv import BadSignature, has_gpgv, verify
    from neuron_pin.sqv import uses_sqv, verify_by_sqv

    keys = _keys(trust)
    asks_sqv = as_apt and uses_sqv()
    if has_gpgv() or not asks_sqv:
        signed = verify(message, keys, detached=detached)
        if asks_sqv:
            also = verify_by_sqv(message, keys, detached=detached).fingerprints
            both = tuple(signer for signer in signed.fingerprints if signer in also)
            if not both:
                raise BadSignature("gpgv and sqv take signatures by different keys")
            signed = signed._replace(fingerprints=both)
    else:
        signed = verify_by_sqv(message, keys, detached=detached)
    if trust.fingerprints and not set(signed.fingerprints) & set(trust.fingerprints):
        signers = ", ".join(signed.fingerprints)
        raise BadSignature(f"it is signed by {signers}, not by the key named")
    return signed


def check_dated(made: float, seen: float, now: float, address: str) -> None:
    """Raises `SourceFailed` for what is dated after tomorrow, or before what was ``seen`` at the
    same place: that is a replay, or of a mirror left behind.  All are seconds since the epoch."""
    if made > now + MAX_SKEW:
        raise SourceFailed(address, f"is dated {_moment(made)}: one of the clocks is wrong")
    if made < seen:
        was, now_is = _moment(seen), _moment(made)
        raise SourceFailed(
            address,
            f"is dated {now_is}, older than the one of {was} that was seen here before",
            hint="a mirror left behind, or a replay; neuron-pin cache clear forgets the newer one",
        )


def _moment(seconds: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.gmtime(seconds))
    except (OverflowError, ValueError, OSError):
        return f"{seconds:g} seconds after 1970"


def _keys(trust: Trust) -> list[bytes]:
    from neuron_pin.gpgv import BadSignature

    found = [key.encode() for key in trust.keys]
    paths = list(trust.keyrings)
    if not found and not paths:
        try:
            paths = [
                os.path.join(TRUSTED_PARTS, name) for name in sorted(os.listdir(TRUSTED_PARTS))
            ]
        except OSError:
            paths = []
        paths = [path for path in paths if path.endswith((".gpg", ".asc"))]
        if not paths:
            raise BadSignature("no key is named for it")
    for path in paths:
        try:
            with open(path, "rb") as stream:
                found.append(stream.read(MAX_KEYRING))
        except OSError as error:
            raise BadSignature(f"the keyring {path} cannot be read: {error.strerror}") from None
    return found
