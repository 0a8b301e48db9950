"""What the command that a lock records says: what was asked for, and from which index."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from .addresses import without_credentials
from .lockfile import Lock

SDK = "neuron-sdk"
"""What a lock of all components is said to be needed by; it is no package of the lock."""
PLACE = "command line"
"""What ``via`` says of a package that the command names."""
NEURON_OPTION = "--neuron-index-url"

_FLAGS = (
    "--all-extras", "--diff", "--dry-run", "--generate-hashes", "--no-index", "--offline",
    "--overwrite", "--quiet", "--refresh", "--upgrade", "--verbose",
)  # fmt: skip
"""The options of ``neuron-pin lock`` that take no value."""


def words_of(lock: Lock) -> list[str] | None:
    """The words behind ``neuron-pin lock``, none where the lock records no such command."""
    try:
        words = shlex.split(lock.command)
    except ValueError:
        return None
    return words[2:] if words[:2] == ["neuron-pin", "lock"] else None


def recorded_requests(lock: Lock) -> list[Requirement]:
    """The requirements for Python packages on the command line that the lock records.

    A name that is locked for apt or rpm was asked for there.  With overrides these are not what
    was locked, so there are none.
    """
    words = words_of(lock)
    if words is None or any(word.startswith("--overri") for word in words):
        return []
    python = {row.name for row in lock.packages if row.ecosystem == "pip"}
    others = {row.name for row in lock.packages} - python | {SDK}
    found = []
    for word in _positional(words):
        requirement = _requirement(word.removeprefix("pip:"))
        if requirement is not None and not requirement.url:
            if canonicalize_name(requirement.name) not in others:
                found.append(requirement)
    return found


def is_named(words: Sequence[str], name: str) -> bool:
    """Whether a word of a command may ask for a package: in the form of pip, apt or rpm, and not
    told from the value of an option."""
    wanted = canonicalize_name(name)
    for word in words:
        written = re.sub(r"^(?:pip|apt|rpm):\s*", "", word.strip(), flags=re.IGNORECASE)
        match = re.match(r"[A-Za-z0-9._+-]+", written)
        found = canonicalize_name(match[0]) if match else ""
        if found == wanted or re.fullmatch(re.escape(wanted) + r"-\d.*", found, re.ASCII):
            return True
    return False


def recorded_neuron_index(lock: Lock) -> str:
    """The index that the command names as Neuron's, empty for none."""
    found = ""
    words = iter(words_of(lock) or ())
    for word in words:
        option, equals, value = word.partition("=")
        # An option may be cut short, as long as it is one alone.
        if len(option) > len("--ne") and NEURON_OPTION.startswith(option):
            found = value if equals else next(words, "")
    return without_credentials(found)


def _requirement(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except (InvalidRequirement, ValueError, RecursionError):
        return None


def _positional(words: Sequence[str]) -> Iterator[str]:
    """The words of a command line that are neither options nor their values."""
    left = iter(words)
    for word in left:
        if not word.startswith("-"):
            yield word
        elif word.startswith("--"):
            if "=" not in word and not any(flag.startswith(word) for flag in _FLAGS):
                next(left, None)
        elif not re.fullmatch("-[qvU]+", word) and len(word) == 2:
            next(left, None)
