"""Folders for what is needed during a run only, gone after it, however it ended.

A folder is locked (flock(2)) for as long as its run lives; one of ours without a lock was left
behind by a process that was killed, and the next one takes it away.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator

from .atomic import is_free

PREFIX = "neuron-pin_"
"""Folders of older versions begin otherwise: they have no locks, and their runs may live."""


@contextlib.contextmanager
def scratch_folder() -> Iterator[str]:
    """A new folder in the system's place for temporary files; raises `OSError`."""
    place = os.environ.get("TMPDIR", "/tmp")  # noqa: S108 - a folder of its own is made in it
    if not os.path.isdir(place):
        # What the library does first: it tries each place with a file, which a kill would leave.
        place = tempfile.gettempdir()
    for name in os.listdir(place):
        if name.startswith(PREFIX):
            _remove_if_left(os.path.join(place, name))
    path, descriptor = _create(place)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)


def _create(place: str) -> tuple[str, int]:
    while True:
        path = tempfile.mkdtemp(prefix=PREFIX, dir=place)
        # Before it is locked somebody may take it for one that was left behind.
        try:
            descriptor = _open(path)
        except FileNotFoundError:
            continue
        if is_free(descriptor) is not False and os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _remove_if_left(path: str) -> None:
    with contextlib.suppress(OSError):
        descriptor = _open(path)
        try:
            if os.fstat(descriptor).st_uid == os.geteuid() and is_free(descriptor):
                shutil.rmtree(path, ignore_errors=True)
        finally:
            os.close(descriptor)
