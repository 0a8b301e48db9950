"""Files of the user's and of the machine's are read here: whole, and up to a bound."""

from __future__ import annotations

import os
import stat

from neuron_pin.errors import UnreadableInput

STANDARD_INPUT = "/dev/stdin"


def read_bounded(
    path: str, limit: int, error: type[UnreadableInput] = UnreadableInput, *, hint: str = ""
) -> bytes:
    """A file of at most ``limit`` bytes; raises ``error`` for one that cannot be read or is
    larger, with the ``hint`` what to do about its size."""
    try:
        data = read_head(path, limit + 1)
    except OSError as problem:
        raise error(path, None, f"cannot be read: {problem.strerror}") from None
    if len(data) > limit:
        raise error(path, None, f"larger than {limit} bytes", hint=hint)
    return data


def read_head(path: str, size: int) -> bytes:
    """The first ``size`` bytes of a file, or all of a shorter one; raises `OSError`."""
    about = os.stat(path)
    if not (stat.S_ISREG(about.st_mode) or stat.S_ISDIR(about.st_mode)):
        from .pipes import read_once

        return read_once(path, about)[:size]
    with open(path, "rb") as stream:
        return stream.read(size)
