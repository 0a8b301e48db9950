"""Small records kept on disk between runs: what was made of a page or of a wheel.

Cheap to import and to read: a run that has everything it needs touches nothing else of
this room.  A record names its own key, so a digest need not be a strong one; a damaged or
foreign record counts as absent.  Writing is whole or not at all, and safe beside other
processes: each writes a file of its own and renames it.
"""

from __future__ import annotations

import contextlib
import json
import os
from binascii import crc32
from typing import Any

FORMAT = 2
"""Raised when the shape of any record changes; older ones then count as absent."""


class RecordCache:
    """Records by kind and key, below one folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def load(self, kind: str, key: str) -> list[Any] | None:
        """The record's values, or none."""
        try:
            with open(self._path(kind, key), "rb") as stream:
                document = json.loads(stream.read())
        except (OSError, ValueError):
            return None
        if (
            not isinstance(document, list)
            or len(document) < 2
            or document[0] != FORMAT
            or document[1] != key
        ):
            return None
        return document[2:]

    def save(self, kind: str, key: str, values: list[Any]) -> None:
        """Keep a record.  A cache that cannot be written is none, and no error."""
        data = json.dumps([FORMAT, key, *values], separators=(",", ":")).encode()
        keep(self._path(kind, key), data)

    def _path(self, kind: str, key: str) -> str:
        data = key.encode()
        digest = f"{crc32(data):08x}{crc32(data[::-1]):08x}"
        return os.path.join(self.folder, kind, digest[:2], digest[2:] + ".json")


def keep(path: str, data: bytes) -> None:
    """Put bytes into a cache's file, whole or not at all."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.urandom(6).hex()}")
    try:
        os.makedirs(folder, exist_ok=True)
        with open(temporary, "wb") as stream:
            stream.write(data)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
