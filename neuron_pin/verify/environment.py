"""The target of a lock: which wheels fit it, and which markers are true there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Literal

from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags

from neuron_pin.record import NamedTuple

from .lockfile import Lock

LAST_PATCH = 99
"""A patch of Python later than any; where the patch is open, the first and the last decide."""
NEWEST_GLIBC = 99
"""Of locks that state no platforms: a wheel for any C library passes."""


class Environment(NamedTuple):
    """A target.  ``pythons`` are the first and the last full version it may have, the same where
    the patch is known; ``ranks`` are the tags that it takes, best lowest."""

    pythons: tuple[str, str]
    machine: str
    ranks: dict[Tag, int]

    def rank(self, tags: Iterable[Tag]) -> int | None:
        """The best rank of a wheel's tags, none if it does not fit."""
        found = [self.ranks[tag] for tag in tags if tag in self.ranks]
        return min(found) if found else None

    def holds(self, marker: Marker | None, extra: str = "") -> bool | None:
        """Whether a marker is true with an extra; none where this target does not decide that."""
        return self._evaluate(marker, {"extra": extra}, "metadata")

    def selects(self, marker: Marker | None, groups: Set[str]) -> bool | None:
        """Whether a package of a lock is for the target, by its marker (PEP 751): no extras, and
        those dependency groups; none where that cannot be told."""
        chosen = {"extras": frozenset[str](), "dependency_groups": frozenset(groups)}
        return self._evaluate(marker, chosen, "lock_file")

    def _evaluate(
        self,
        marker: Marker | None,
        more: Mapping[str, str | Set[str]],
        context: Literal["metadata", "lock_file"],
    ) -> bool | None:
        if marker is None:
            return True
        found = set()
        for python in dict.fromkeys(self.pythons):
            try:
                found.add(marker.evaluate({**self._variables(python), **more}, context))
            except (
                UndefinedComparison, UndefinedEnvironmentName, InvalidMarker, ValueError,
                RecursionError,
            ):  # fmt: skip
                return None
        return found.pop() if len(found) == 1 else None

    def admits(self, requires_python: str) -> bool | None:
        """Whether Requires-Python admits the target's; none where its patch decides.  What is not
        a specifier admits everything, as installers have it."""
        try:
            wanted = SpecifierSet(requires_python)
            found = {wanted.contains(python, prereleases=True) for python in self.pythons}
        except ValueError:
            return True
        return found.pop() if len(found) == 1 else None

    def _variables(self, python: str) -> dict[str, str | Set[str]]:
        return {
            "implementation_name": "cpython",
            "implementation_version": python,
            "os_name": "posix",
            "platform_machine": self.machine,
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": python,
            "python_version": ".".join(python.split(".")[:2]),
            "sys_platform": "linux",
        }


def environment_of(lock: Lock, python: str = "") -> Environment:
    """The target of a lock; ``python`` is its Python with the patch, empty where that is open."""
    series = lock.python or ".".join(python.split(".")[:2])
    full = python if python.count(".") == 2 else ""
    pythons = (full, full) if full else (f"{series}.0", f"{series}.{LAST_PATCH}")
    platforms = lock.platforms or tuple(_platforms(lock.machine))
    release = [int(part) for part in series.split(".")]
    ranks: dict[Tag, int] = {}
    for tag in cpython_tags(release, platforms=platforms):
        ranks.setdefault(tag, len(ranks))
    interpreter = f"cp{release[0]}{release[1]}"
    for tag in compatible_tags(release, interpreter=interpreter, platforms=platforms):
        ranks.setdefault(tag, len(ranks))
    return Environment(pythons, lock.machine, ranks)


def _platforms(machine: str) -> Iterable[str]:
    """PEP 600: every manylinux tag, newest first."""
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    for minor in range(NEWEST_GLIBC, 4, -1):
        yield f"manylinux_2_{minor}_{machine}"
        if minor in legacy:
            yield f"{legacy[minor]}_{machine}"
    yield f"linux_{machine}"
