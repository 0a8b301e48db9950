"""What is newer than the facts, as against what they know and what they lack: decided here and
nowhere else.

Facts have a day.  What came after it they do not know, which is not "no": it is *newer*.  What
is older than the newest that they know, or lies between, and is not in them is *unknown*: no
release had it.  Pure: functions from a value and the facts to a `Standing`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import Enum

from .catalog import Catalog
from .facts import public_version, version_numbers

_READABLE = re.compile(r"\d{1,18}(\.\d{1,18})*((a|b|c|rc|\.?dev|\.?post)\d{0,9})?(\.\d{1,18})*")
"""Versions that can be compared by their numbers; a mark as PEP 440 and deb-version(7) have it."""


class Standing(Enum):
    """What the facts say of a value: a version, a system, a Python, a kernel, a driver."""

    KNOWN = "known"
    NEWER = "newer"
    """Newer than the newest that the facts know."""
    UNKNOWN = "unknown"
    """Older than that, or between what they know, and not in them; or of a kind that they do not
    order."""
    UNREADABLE = "unreadable"
    """No version that can be compared: ``2.x.7693.0``."""


def compare_with_known(version: str, known: Collection[str]) -> Standing:
    """What a list of known versions says of another.

    The same major or a new one is newer; without a known version nothing is.
    """
    public = public_version(version)
    if public in known:
        return Standing.KNOWN
    if not _READABLE.fullmatch(public):
        return Standing.UNREADABLE
    numbers = version_numbers(public)
    if known and numbers > max(map(version_numbers, known)):
        return Standing.NEWER
    return Standing.UNKNOWN


def judge_version(catalog: Catalog, package: str, version: str) -> Standing:
    """What the facts say of a package's version, by all that any release shipped."""
    return compare_with_known(version, [known for known in catalog.shipped(package) if known])


def name_newest(versions: Collection[str]) -> str:
    """The newest of some versions, by their numbers; empty for none."""
    return max(versions, key=version_numbers, default="")


def describe_newer(catalog: Catalog, newest: str) -> str:
    """``newer than the facts of 2026-08-21, which end with 2.30.2.0``."""
    end = f", which end with {newest}" if newest else ""
    return f"newer than the facts of {catalog.announced}{end}"


UPDATE = "fetch newer facts: neuron-pin catalog update"
"""What to do about something that is newer than the facts."""
