"""What is no regular file: a pipe, standard input or a device, which gives what it has once."""

from __future__ import annotations

import os
import re

MAX_BYTES = 64 * 1024 * 1024
"""The most that is read of a pipe; what is longer is cut here, and whoever reads it says so."""

WAIT_SECONDS = 10.0
"""How long a named pipe is waited for: nobody may ever write to it."""

_given: dict[tuple[str, int, int], bytes | OSError] = {}


def read_once(path: str, about: os.stat_result) -> bytes:
    """The bytes of a file that is not regular: read to the end the first time, and remembered,
    so that whoever tells its kind takes nothing from whoever reads it.  Raises `OSError`; so
    does a named pipe to which nobody writes."""
    key = (path, about.st_dev, about.st_ino)
    if key not in _given:
        try:
            _given[key] = _read(path)
        except OSError as error:
            _given[key] = error
    found = _given[key]
    if isinstance(found, OSError):
        raise found
    return found


def _read(path: str) -> bytes:
    opened = re.fullmatch(r"/dev/std(in)|/(?:dev|proc/self)/fd/(\d{1,9})", path)
    if opened is not None:
        # What is open already has a writer, and ends where that one ends.
        descriptor, is_named = os.dup(int(opened[2] or 0)), False
    else:
        descriptor, is_named = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), True
    chunks: list[bytes] = []
    left = MAX_BYTES + 1
    try:
        while left:
            if is_named and not _is_ready(descriptor):
                raise OSError(0, f"nobody wrote to this pipe for {WAIT_SECONDS:g} seconds")
            chunk = os.read(descriptor, min(left, 1 << 20))
            if not chunk:
                break
            chunks.append(chunk)
            left -= len(chunk)
    finally:
        os.close(descriptor)
    return b"".join(chunks)


def _is_ready(descriptor: int) -> bool:
    """Whether there is something to read, or the end, before the time is over."""
    import select

    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    return bool(waiting.poll(WAIT_SECONDS * 1000))
