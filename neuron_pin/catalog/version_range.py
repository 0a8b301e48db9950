"""Ranges of versions in plain numbers, and versions as releases name them, their own too."""

from __future__ import annotations

import re
from functools import lru_cache

from neuron_pin.policy import split_version
from neuron_pin.policy.version import spell_mark, version_order
from neuron_pin.record import NamedTuple


class VersionRange(NamedTuple):
    """Versions from one on, and below another; empty for open.

    Plain numbers, because a window is judged in every lock and needs no more of PEP 440.
    """

    first: str
    below: str

    def contains(self, version: str) -> bool:
        """Whether a version lies in it; local parts and revisions do not count.

        The hooks have a twin: ``hooks/program/verdict.py: within`` (``fixtures/hook-twins``).
        """
        numbers = version_numbers(version)
        if self.first and numbers < version_numbers(self.first):
            return False
        return not self.below or numbers < version_numbers(self.below)

    def meets(self, other: VersionRange) -> bool:
        """Whether some version could lie in both."""
        firsts = [version_numbers(r.first) for r in (self, other) if r.first]
        belows = [version_numbers(r.below) for r in (self, other) if r.below]
        return not firsts or not belows or max(firsts) < min(belows)

    @property
    def is_empty(self) -> bool:
        """Whether no version lies in it: of a window, that the two do not go together."""
        return self.below == "0"

    def __str__(self) -> str:
        clauses = [f">={self.first}"] if self.first else []
        clauses += [f"<{self.below}"] if self.below else []
        return ",".join(clauses) or "any version"


MAX_DIGITS = 18


@lru_cache(maxsize=8192)
def version_numbers(version: str) -> tuple[int, ...]:
    """The numbers of a version without its local part or revision; marks are dropped.

    The hooks have a twin: ``hooks/program/verdict.py: numbers`` (``fixtures/hook-twins``).
    """
    numbers = []
    for part in public_version(version).split("."):
        digits = part if part.isdigit() else part.rstrip("abcdefghijklmnopqrstuvwxyz0123456789")
        if not digits:
            digits = part[: len(part) - len(part.lstrip("0123456789"))]
        # No release has a number of so many digits, but an index may.
        numbers.append(int(digits[:MAX_DIGITS]) if digits.isdecimal() else 0)
    return tuple(numbers)


@lru_cache(maxsize=8192)
def public_version(version: str) -> str:
    """A version without epoch, local part (PEP 440) and revision: as releases name it.

    The hooks have a twin: ``hooks/program/verdict.py: public`` (``fixtures/hook-twins``).
    """
    return split_version(version)[1]


def same_public(listed: str, version: str) -> bool:
    """Whether a version is the one that a release lists, whatever its local part and revision;
    ``2.1.x`` stands for every patch.  An epoch makes it another one, as pins name none."""
    epoch, public, _ = split_version(version)
    if epoch.strip("0"):
        return False
    if listed.endswith(".x"):
        return public.startswith(listed[:-1])
    return listed == public or _trim(spell_mark(listed)) == _trim(spell_mark(public))


def _trim(version: str) -> tuple[str, ...]:
    parts = version.split(".")
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return tuple(parts)


INFERRED = "+"
"""What stands behind the newest known release in the name of an inferred one: ``2.32.0+``."""


@lru_cache(maxsize=8192)
def sdk_key(sdk: str) -> tuple[int, ...]:
    """A sort key for SDK versions, ``2.9.1`` before ``2.10.0``, ``2.34rc.0`` before ``2.34.0``,
    an inferred ``2.32.0+`` between 2.32.0 and 2.32.1."""
    if sdk.endswith(INFERRED):
        return (*sdk_key(sdk[:-1]), 1)
    if not sdk.replace(".", "").isdecimal():
        return version_order(sdk) if re.fullmatch(_MARKED_SDK, sdk) else _decimals(sdk)
    return _decimals(sdk)


_MARKED_SDK = r"\d{1,4}\.\d{1,4}((a|b|rc)\d{0,4})?\.\d{1,4}((a|b|rc)\d{0,4})?"


def _decimals(sdk: str) -> tuple[int, ...]:
    return tuple(int(part) for part in sdk.split(".") if part.isdecimal() and len(part) < 10)
