"""Whether two closures of one set differ because one keeps what was asked for by name.

uv is the referee of our closure: each question is another lock of uv's, within constraints.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from packaging.utils import canonicalize_name
from packaging.version import Version

Versions = Mapping[str, str]
"""A closure: versions by name."""
Lock = Callable[[Iterable[str]], Versions | None]
"""uv's closure of the set within constraints, none if it has none."""


def describe(requirements: Iterable[str], mine: Versions, other: Versions, lock: Lock) -> list[str]:
    """What is to be known of a difference between our closure and uv's."""
    found = [re.match(r"[\w.-]+", requirement) for requirement in requirements]
    named = [str(canonicalize_name(match[0])) for match in found if match]
    exact = [f"{name}=={version}" for name, version in mine.items()]
    whole = lock(exact)
    lines = ["uv takes our versions" if whole == mine else "uv does not take our versions"]
    newer = [n for n in named if Version(mine[n]) > Version(other[n])]
    older = [n for n in named if Version(mine[n]) < Version(other[n])]
    if not newer and not older:
        lines.append("all that was asked for by name is the same")
        return lines
    lines.append(f"asked for by name and newer here: {', '.join(newer) or 'nothing'}")
    lines.append(f"newer in uv's: {', '.join(older) or 'nothing'}")
    kept = lock([f"{name}=={mine[name]}" for name in named])
    if kept is None:
        lines.append("uv has no lock with our versions of these")
    else:
        rest = [n for n in sorted({*mine, *kept}) if mine.get(n) != kept.get(n)]
        shown = ", ".join(f"{n} {mine.get(n, '-')} / {kept.get(n, '-')}" for n in rest)
        lines.append(f"with our versions of what was named, uv's has {shown or 'the same rest'}")
    lines += _find_better(named, older, mine, lock)
    return lines


def _find_better(named: list[str], older: list[str], mine: Versions, lock: Lock) -> Iterator[str]:
    """Whether what uv's closure has newer can be as new without something that was asked for by
    name becoming older."""
    least = [f"{name}>={mine[name]}" for name in named]
    for name in older:
        better = lock([*least, f"{name}>{mine[name]}"])
        if better is None:
            yield f"no lock has a newer {name} and nothing named older"
        else:
            yield f"a lock has {name} {better[name]} and nothing named older"
