"""Whether a file names a Neuron package at all: a look at its bytes, before anything is read."""

from __future__ import annotations

import re

from neuron_pin.catalog import Catalog

from .requirements import is_neuron

_WORD = "neuron"


class Mentions:
    """Tells whether bytes name a Neuron package, in any case of letters."""

    def __init__(self, catalog: Catalog) -> None:
        others = [
            name
            for name, package in (*catalog.packages.items(), *catalog.products.items())
            if _WORD not in name
            and (name in catalog.products or is_neuron(catalog.packages.get(name)))
        ]
        self._parts = tuple({re.split("[-_.]", name)[0].encode() for name in others})
        names = "|".join(re.escape(name).replace(r"\-", "[-_.]") for name in others)
        self._others = re.compile(rf"(?<![a-z0-9])(?:{names})(?![a-z0-9])".encode())

    def find(self, data: bytes) -> bool:
        """Whether there is such a name."""
        data = data.lower()
        if _WORD.encode() in data:
            return True
        has_part = any(part in data for part in self._parts)
        return has_part and self._others.search(data) is not None

    def find_nearly(self, data: bytes) -> bool:
        """Whether there is such a name, or one that somebody may have meant for it."""
        if self.find(data):
            return True
        data = data.lower()
        # An edit leaves one of the halves nearly as it is: a search for those is fast.
        has_half = any(half in data for half in _HALVES) or _HALF.search(data) is not None
        return has_half and _EDITED.search(data) is not None


_HALVES = (b"neu", b"uron", b"eron", b"neruo")
_HALF = re.compile(rb"ne.ron")


def _edit(word: str) -> set[str]:
    """Patterns for a word after one edit."""
    edited = {word[1:], word[:-1], f"{word[1]}{word[0]}{word[2:]}"}
    for at in range(1, len(word) - 1):
        edited |= {f"{word[:at]}.?{word[at + 1 :]}", f"{word[:at]}.{word[at:]}"}
        edited.add(f"{word[:at]}{word[at + 1]}{word[at]}{word[at + 2 :]}")
    return edited


_EDITED = re.compile("|".join(sorted(_edit(_WORD))).encode())
