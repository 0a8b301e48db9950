"""The first line of a file that is ours alone: it says so, and holds the digest of the rest,
so that an edit by hand is noticed before it is overwritten or removed."""

from __future__ import annotations

from neuron_pin.record import Enum

PREFIX = "# managed by neuron-pin, sha256 "


class Ownership(Enum):
    """Whose file it is."""

    OURS = "ours"
    EDITED = "edited"
    """Written by us, and changed since."""
    FOREIGN = "foreign"


def mark(text: str) -> str:
    """A text with our first line."""
    return f"{PREFIX}{_digest(text)}\n{text}"


def find_ownership(text: str) -> Ownership:
    """Whose text it is."""
    first, _, rest = text.partition("\n")
    if not first.startswith(PREFIX):
        return Ownership.FOREIGN
    return Ownership.OURS if first[len(PREFIX) :] == _digest(rest) else Ownership.EDITED


def _digest(text: str) -> str:
    # Loads OpenSSL, and few locks write such a file.
    import hashlib

    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
