"""The environments that one file may make: by markers, extras, dependency groups and forks.

Source: PEP 508 (markers), PEP 735 (dependency groups), PEP 751 (``extras`` and
``dependency_groups`` in the markers of a lock).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from neuron_pin.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


MAX_MARKER = 4096
"""Characters of a marker; a longer one counts as always true."""


class World(NamedTuple):
    """A Python that a file may be installed for, and the marker variables there."""

    python: str
    variables: Mapping[str, str]


class Environment(NamedTuple):
    """What is installed together: a part of the file, such as ``extra train`` with all that
    it brings, empty for what everybody gets; and the Python, empty for unknown."""

    part: str
    python: str


class Markers:
    """Evaluates markers in some worlds, each text once."""

    def __init__(self, worlds: Sequence[World], requires_python: str = "") -> None:
        """``requires_python`` leaves the worlds out whose Python a project is not for."""
        self.worlds = _limit(worlds, requires_python)
        self._known: dict[tuple[str, str, str, str], bool] = {}
        self._parsed: dict[str, Any] = {}

    def narrow(self, supported: Sequence[str]) -> None:
        """Leave the worlds out that no one of these markers holds in; all of them where none
        would be left."""
        worlds = [w for w in self.worlds if any(self.holds(marker, w) for marker in supported)]
        self.worlds = tuple(worlds) or self.worlds

    def holds(self, marker: str, world: World, extra: str = "", group: str = "") -> bool:
        """Whether a marker holds with at most one extra and one group chosen; one that cannot
        be read counts as true, so that nothing is left out for it."""
        if not marker or len(marker) > MAX_MARKER:
            return True
        key = (marker, world.python, extra, group)
        if key not in self._known:
            self._known[key] = self._evaluate(marker, world, extra, group)
        return self._known[key]

    def _evaluate(self, marker: str, world: World, extra: str, group: str) -> bool:
        from packaging.markers import InvalidMarker, Marker

        variables: dict[str, Any] = {
            **world.variables,
            "extra": extra,
            "extras": {extra} if extra else set(),
            "dependency_groups": {group} if group else set(),
        }
        try:
            if marker not in self._parsed:
                self._parsed[marker] = Marker(marker)
            return bool(self._parsed[marker].evaluate(variables, context="lock_file"))
        except (InvalidMarker, ValueError, LookupError, RecursionError):
            return True

    def find_environments(self, marker: str, parts: Iterable[str]) -> frozenset[Environment]:
        """The environments that a requirement with this marker is in, of those parts."""
        worlds = [world for world in self.worlds if self.holds(marker, world)]
        return frozenset(Environment(part, world.python) for part in parts for world in worlds)


def _limit(worlds: Sequence[World], requires_python: str) -> tuple[World, ...]:
    if not requires_python or len(worlds) < 2:
        return tuple(worlds)
    from packaging.specifiers import SpecifierSet

    try:
        allowed = SpecifierSet(requires_python[:MAX_MARKER])
        # A range may begin with a patch: what matters is whether it has any of the series.
        kept = [
            world
            for world in worlds
            if any(allowed.contains(f"{world.python}.{patch}") for patch in (0, 5, 10, 20, 30))
        ]
    except ValueError:
        # packaging's own, or a number of more digits than Python reads.
        return tuple(worlds)
    return tuple(kept or worlds)


def describe_environments(
    environments: Collection[Environment], among: Collection[Environment]
) -> str:
    """Which of a file's environments these are, empty for all of them: ``Python 3.10, extra
    train``."""
    parts = sorted({e.part for e in environments})
    words = []
    pythons = {e.python for e in environments}
    if pythons != {e.python for e in among if e.part in parts or not e.part}:
        words.append(f"Python {_join_pythons(pythons, {e.python for e in among})}")
    # What everybody gets needs no name.
    if "" not in parts:
        words.append(" or ".join(parts[:3]) + (" or others" if len(parts) > 3 else ""))
    return ", ".join(words)


def _join_pythons(pythons: Collection[str], among: Collection[str]) -> str:
    """``3.9 to 3.11`` of neighbors, ``3.9 or 3.12`` of others."""
    ordered = sorted(among, key=_numbers)
    runs: list[list[str]] = []
    for python in ordered:
        if python not in pythons:
            runs.append([])
        elif runs:
            runs[-1].append(python)
        else:
            runs.append([python])
    shown = [r[0] if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs if r]
    return " or ".join(shown)


def _numbers(python: str) -> list[int]:
    return [int(part) for part in python.split(".") if part.isdecimal()]
