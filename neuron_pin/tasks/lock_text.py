"""The lock of a request: a file of the host, or the text that the controller sent."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator

from neuron_pin.errors import UnreadableInput, WrongUsage


@contextlib.contextmanager
def open_lock(path: str, text: str) -> Iterator[str]:
    """The path of a lock.json; raises `WrongUsage` unless one of the two is given."""
    if bool(path) == bool(text):
        raise WrongUsage(
            "no lock is given" if not path else "a lock is given twice",
            hint="lock names the file, lock_content is its text",
        )
    if path:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="neuron-pin-") as folder:
        named = os.path.join(folder, "lock.json")
        with open(named, "w", encoding="utf-8") as stream:
            stream.write(text)
        try:
            yield named
        except UnreadableInput as error:
            if error.path != named:
                raise
            # The controller has never heard of that path.
            raise UnreadableInput("the lock", error.line, error.problem, hint=error.hint) from None
