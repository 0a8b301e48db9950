"""Requirements by address, ``NAME @ https://…`` or the address of an archive alone, and by the
path of a file.

Source: PEP 508, direct references; PEP 427 and 625, how archives are called; pip, "VCS Support",
``#egg=NAME``.
"""

from __future__ import annotations

import re

from neuron_pin.catalog import canonicalize_name
from neuron_pin.record import NamedTuple


class DirectReference(NamedTuple):
    """A package that is taken from an address or a path, which no index has a say in; ``version``
    is what the name of a wheel states, empty for unknown."""

    name: str
    url: str
    version: str = ""


_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_ADDRESS = r"(?:[a-z]+\+)?[a-z]+://[^\s;]+"
_NAMED = rf"({_NAME})\s*(?:\[[^\]]*\])?\s*@\s*({_ADDRESS})"
_WHEEL = rf"({_NAME})-([^-/]+)(?:-\d[^-/]*)?-[^-/]+-[^-/]+-[^-/]+\.whl"
# pip: what has a separator in it, or is called as archives are, is a path.
_PATH = (
    rf"(?!{_NAME}\s*(?:\[[^\]]*\])?\s*@|[a-z+]+://)"
    r"(\.{1,2}|[^\s;\[/]*/[^\s;\[]*|[^\s;\[]+\.(?:whl|tar\.gz|zip))\s*(?:[\[;].*)?"
)
_IN_PATHS = ("/", ".whl", ".tar.gz", ".zip")
_ARCHIVE = rf"({_NAME})-\d[^-/]*\.(?:tar\.gz|zip)"


def find_local_path(text: str) -> str:
    """The path of a local file or folder that a requirement names, empty for every other."""
    if not text.lstrip().startswith(".") and not any(part in text for part in _IN_PATHS):
        return ""
    # Neither a path nor an address has a space, and runs of them would cost the square of their
    # length.
    found = re.fullmatch(_PATH, " ".join(text.split()))
    return found[1] if found is not None else ""


def read_direct(text: str) -> DirectReference | None:
    """What a requirement by address names; none for every other, and where the address does
    not say of which package it is."""
    path = find_local_path(text)
    if path:
        file = path.rpartition("/")[2]
        wheel = re.fullmatch(_WHEEL, file)
        local = wheel or re.fullmatch(_ARCHIVE, file)
        version = wheel[2] if wheel is not None else ""
        return DirectReference(canonicalize_name(local[1]), path, version) if local else None
    if "://" not in text:
        return None
    named = re.match(_NAMED, " ".join(text.split()))
    if named is not None:
        return DirectReference(canonicalize_name(named[1]), named[2], _wheel_version(named[2]))
    address = re.match(_ADDRESS, text.strip())
    if address is None:
        return None
    path, _, fragment = address[0].partition("#")
    egg = re.search(rf"(?:^|&)egg=({_NAME})", fragment)
    last = path.partition("?")[0].rpartition("/")[2]
    last = last.replace("%2B", "+").replace("%2b", "+")
    found = egg or re.fullmatch(_WHEEL, last) or re.fullmatch(_ARCHIVE, last)
    if found is None:
        return None
    return DirectReference(canonicalize_name(found[1]), address[0], _wheel_version(address[0]))


def pin_direct(line: str) -> str:
    """A constraint by the address or path of a wheel as one to the version in its file's name,
    which is all that a constraint can say where the package is taken from an index; every other
    line as it is.  Without the local part, which no release states of its packages."""
    reference = read_direct(line) if "@" in line or ".whl" in line else None
    if reference is None or not reference.version:
        return line
    marker = re.search(r"\s;\s*(.*)$", line)
    public = reference.version.partition("+")[0]
    return f"{reference.name}=={public}" + (f" ; {marker[1]}" if marker else "")


def _wheel_version(address: str) -> str:
    """The version in the name of the wheel that an address is of; empty for others."""
    last = address.partition("#")[0].partition("?")[0].rpartition("/")[2]
    wheel = re.fullmatch(_WHEEL, last.replace("%2B", "+").replace("%2b", "+"))
    return wheel[2] if wheel is not None else ""
