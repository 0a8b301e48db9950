"""The order of RPM versions.

Source: rpm's ``rpmvercmp`` as described in the packaging guidelines; held equal to
``rpm.labelCompare`` by the tests where that can be imported.
"""

from __future__ import annotations

import re

from neuron_pin.errors import InvalidVersion

_SEGMENT = re.compile(r"[0-9]+|[A-Za-z]+|~|\^")


_VERSION = re.compile(r"([0-9]{1,9}:)?[A-Za-z0-9.+~^_]+-[A-Za-z0-9.+~^_]+")
"""dnf ends with a traceback over an epoch of more than 31 bits."""


def check_rpm_version(version: str) -> None:
    """Raise `InvalidVersion` for what is not ``[EPOCH:]VERSION-RELEASE``, as a package has."""
    if _VERSION.fullmatch(version) is None:
        raise InvalidVersion(f"{version!r} is not the version of an RPM package")


def compare_rpm(left: str, right: str) -> int:
    """-1, 0 or 1 for two ``[epoch:]version[-release]`` texts; raises `InvalidVersion`."""
    for ours, theirs in zip(_split(left), _split(right), strict=True):
        order = _compare_part(ours, theirs)
        if order:
            return order
    return 0


def _split(text: str) -> tuple[str, str, str]:
    epoch, colon, rest = text.partition(":")
    if not colon:
        epoch, rest = "0", text
    if not epoch.isdecimal() or not rest:
        raise InvalidVersion(f"{text!r} is not an RPM version")
    version, _, release = rest.partition("-")
    return epoch, version, release


def _compare_part(left: str, right: str) -> int:
    if left == right:
        return 0
    ours, theirs = _SEGMENT.findall(left), _SEGMENT.findall(right)
    for index in range(max(len(ours), len(theirs)) + 1):
        mine = ours[index] if index < len(ours) else ""
        other = theirs[index] if index < len(theirs) else ""
        if mine == other:
            if not mine:
                return 0
            continue
        # "~" is before even the end of a version, "^" only after the end.
        for mark, rank in (("~", -1), ("^", 1)):
            if mark in (mine, other):
                if mine == mark and (rank < 0 or not other):
                    return rank
                if other == mark and (rank < 0 or not mine):
                    return -rank
                return -1 if mine == mark else 1
        if not mine or not other:
            return 1 if mine else -1
        if mine.isdigit() != other.isdigit():
            return 1 if mine.isdigit() else -1
        if mine.isdigit():
            mine, other = mine.lstrip("0"), other.lstrip("0")
            if len(mine) != len(other):
                return 1 if len(mine) > len(other) else -1
            if mine == other:
                continue
        return 1 if mine > other else -1
    return 0
