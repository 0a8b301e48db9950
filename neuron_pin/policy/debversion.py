"""The order of Debian versions.

Source: deb-version(7), "Sorting algorithm"; held equal to ``apt_pkg.version_compare`` by
the tests.
"""

from __future__ import annotations

from functools import lru_cache

from neuron_pin.errors import InvalidVersion

DebKey = tuple[int, tuple[object, ...], tuple[object, ...]]

_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-~:")


@lru_cache(maxsize=16384)
def deb_key(version: str) -> DebKey:
    """A key that sorts Debian versions as dpkg does; raises `InvalidVersion`."""
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "0", version
    upstream, dash, revision = rest.rpartition("-")
    if not dash:
        upstream, revision = rest, ""
    if (
        not epoch.isdecimal()
        or not epoch.isascii()
        or len(epoch) > 9
        or not upstream
        or (dash and not revision)
        or not _ALLOWED.issuperset(version)
    ):
        raise InvalidVersion(f"{version!r} is not a Debian version")
    # deb-version(7): an absent revision equals the revision "0", as empty digits equal zero.
    return int(epoch), _part_key(upstream), _part_key(revision)


def _part_key(text: str) -> tuple[object, ...]:
    key: list[object] = []
    index, end = 0, len(text)
    while True:
        start = index
        while index < end and not text[index].isdigit():
            index += 1
        # "~" sorts before the end of a part, letters before everything else; so each run of
        # non-digits ends with 0, the weight of the end.
        key.append((*(_weight(char) for char in text[start:index]), 0))
        if index == end and start == end and key[:-1]:
            return tuple(key)
        start = index
        while index < end and text[index].isdigit():
            index += 1
        # Digits that are not there count as zero; there is no limit to how many there may be.
        digits = text[start:index].lstrip("0")
        key.append((len(digits), digits))


def _weight(char: str) -> int:
    if char == "~":
        return -1
    return ord(char) if char.isalpha() else ord(char) + 256
