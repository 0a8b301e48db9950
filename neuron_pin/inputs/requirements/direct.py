"""Requirements by address: ``NAME @ https://…``, and the address of an archive alone.

Source: PEP 508, direct references; PEP 427 and 625, how archives are called; pip, "VCS Support",
``#egg=NAME``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from neuron_pin.catalog import canonicalize_name


class DirectReference(NamedTuple):
    """A package that is taken from an address, which no index and no policy has a say in."""

    name: str
    url: str


_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_ADDRESS = r"(?:[a-z]+\+)?[a-z]+://[^\s;]+"
_NAMED = rf"({_NAME})\s*(?:\[[^\]]*\])?\s*@\s*({_ADDRESS})"
_WHEEL = rf"({_NAME})-[^-/]+(?:-\d[^-/]*)?-[^-/]+-[^-/]+-[^-/]+\.whl"
_ARCHIVE = rf"({_NAME})-\d[^-/]*\.(?:tar\.gz|zip)"


def read_direct(text: str) -> DirectReference | None:
    """What a requirement by address names; none for every other, and where the address does
    not say of which package it is."""
    named = re.match(_NAMED, text.strip())
    if named is not None:
        return DirectReference(canonicalize_name(named[1]), named[2])
    address = re.match(_ADDRESS, text.strip())
    if address is None:
        return None
    path, _, fragment = address[0].partition("#")
    egg = re.search(rf"(?:^|&)egg=({_NAME})", fragment)
    last = path.partition("?")[0].rpartition("/")[2]
    found = egg or re.fullmatch(_WHEEL, last) or re.fullmatch(_ARCHIVE, last)
    return DirectReference(canonicalize_name(found[1]), address[0]) if found is not None else None
