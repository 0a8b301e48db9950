"""Whether two closures of one set differ because one keeps what was asked for by name.

uv is the referee of our closure: each question is another lock of uv's, within constraints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from packaging.utils import canonicalize_name
from packaging.version import Version

Versions = Mapping[str, str]
"""A closure: versions by name."""
Lock = Callable[[Iterable[str], str], Versions | None]
"""uv's closure of the set within constraints, and with which pre-releases; none if it has none."""

AS_NEEDED = "if-necessary-or-explicit"
"""uv's default: pre-releases of what has nothing else."""
NAMED_ALONE = "explicit"
"""Pre-releases of what a constraint names one of."""


class Verdict(NamedTuple):
    """What is to be known of a difference: in words, and uv's closure with our versions of what was
    asked for by name, none if it has none."""

    words: list[str]
    rest: Versions | None


def judge(requirements: Iterable[str], mine: Versions, other: Versions, lock: Lock) -> Verdict:
    """Ask uv about a difference between our closure and its own."""
    found = [re.match(r"[\w.-]+", requirement) for requirement in requirements]
    names = [str(canonicalize_name(match[0])) for match in found if match]
    # What a marker leaves out here is in neither.
    named = [name for name in dict.fromkeys(names) if name in mine and name in other]
    # Where constraints leave nothing else a pre-release is no better version, but where a closure
    # has one of the same package it is allowed.
    early = [n for versions in (mine, other) for n, v in versions.items() if _is_early(v)]
    allowed = [f"{name}>=0.dev0" for name in early]
    valid = lock([f"{name}=={version}" for name, version in mine.items()], AS_NEEDED) == mine
    lines = ["uv takes our versions" if valid else "uv does not take our versions"]
    rest: Versions | None = other
    if any(mine[name] != other[name] for name in named):
        older = _find_older(named, mine, other)
        lines.append(f"named and newer here: {_join(_find_older(named, other, mine))}")
        lines.append(f"named and newer in uv's: {_join(older)}")
        lines += _find_better(older, {name: mine[name] for name in named}, allowed, lock)
        rest = lock([f"{name}=={mine[name]}" for name in named], AS_NEEDED)
        lines.append(_compare_rest(mine, rest))
    else:
        lines.append("all that was named is the same")
    if rest is not None:
        lines += _find_better(_find_older(mine, mine, rest), mine, allowed, lock)
    return Verdict(lines, rest)


def find_different(mine: Versions, other: Versions) -> list[str]:
    """The names that have not one version in both."""
    return [name for name in sorted({*mine, *other}) if mine.get(name) != other.get(name)]


def _find_older(names: Iterable[str], versions: Versions, other: Versions) -> list[str]:
    """Which are older than in another closure; what only one of them has is in neither."""
    shared = [name for name in names if name in versions and name in other]
    return [name for name in shared if Version(versions[name]) < Version(other[name])]


def _compare_rest(mine: Versions, rest: Versions | None) -> str:
    if rest is None:
        return "uv has no lock with our versions of what was named"
    pairs = [f"{n} {mine.get(n, '-')} / {rest.get(n, '-')}" for n in find_different(mine, rest)]
    return f"with our versions of what was named uv's differs in {_join(pairs)}"


def _is_early(version: str) -> bool:
    return Version(version).is_prerelease


def _find_better(older: list[str], kept: Versions, allowed: list[str], lock: Lock) -> Iterator[str]:
    """Whether what is newer in another closure can be that new with nothing of ``kept`` older."""
    least = [*allowed, *(f"{name}>={version}" for name, version in kept.items())]
    for name in older:
        better = lock([*least, f"{name}>{kept[name]}"], NAMED_ALONE)
        if better is None:
            yield f"uv has no lock with a newer {name} and none of these older"
        else:
            yield f"uv's lock with none of these older has {name} {better[name]}"


def _join(names: list[str]) -> str:
    return ", ".join(names) or "nothing"
