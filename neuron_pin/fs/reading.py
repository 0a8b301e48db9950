"""Files of the user's and of the machine's are read here: whole, and up to a bound."""

from __future__ import annotations

from neuron_pin.errors import UnreadableInput


def read_bounded(path: str, limit: int, error: type[UnreadableInput] = UnreadableInput) -> bytes:
    """A file of at most ``limit`` bytes; raises ``error`` for one that cannot be read or is
    larger."""
    try:
        with open(path, "rb") as stream:
            data = stream.read(limit + 1)
    except OSError as problem:
        raise error(path, None, f"cannot be read: {problem.strerror}") from None
    if len(data) > limit:
        raise error(path, None, f"larger than {limit} bytes")
    return data
