"""The candidates of one release, sorted into those that it offers and those it does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from neuron_pin.catalog import Release
from neuron_pin.catalog.backends import Backend
from neuron_pin.policy import PackageKey
from neuron_pin.sources.candidate import Candidate

from .exclusion import Exclusion


class ReleaseCandidates:
    """The candidates that a release offers, best first, and those it does not, with why;
    ``frameworks`` are the backends by the name of what has to come from their index.

    ``judge`` sorts what the release ships of one package into these; it is asked for a package
    when that is first asked for, since a lock comes to few of them.
    """

    __slots__ = ("_exclusions", "_judge", "_offered", "_waiting", "frameworks", "release")

    def __init__(
        self,
        release: Release,
        waiting: Iterable[PackageKey],
        judge: Callable[[ReleaseCandidates, PackageKey], None],
    ) -> None:
        self.release = release
        self._waiting = dict.fromkeys(waiting)
        self._judge = judge
        self._offered: dict[PackageKey, list[Candidate]] = {}
        self.frameworks: dict[str, Backend] = {}
        self._exclusions: dict[PackageKey, list[tuple[Candidate, Exclusion]]] = {}

    @property
    def offered(self) -> dict[PackageKey, list[Candidate]]:
        """The candidates of every package of which there are any."""
        for key in list(self._waiting):
            self.judge(key)
        return self._offered

    @property
    def exclusions(self) -> dict[PackageKey, list[tuple[Candidate, Exclusion]]]:
        """What is excluded of every package of which anything is."""
        for key in list(self._waiting):
            self.judge(key)
        return self._exclusions

    def offered_of(self, key: PackageKey) -> Sequence[Candidate]:
        """The candidates of one package."""
        self.judge(key)
        return self._offered.get(key, ())

    def excluded_of(self, key: PackageKey) -> Sequence[tuple[Candidate, Exclusion]]:
        """What is excluded of one package."""
        self.judge(key)
        return self._exclusions.get(key, ())

    def judge(self, key: PackageKey) -> None:
        """Sort what the release ships of a package, unless that is done."""
        if key in self._waiting:
            del self._waiting[key]
            self._judge(self, key)

    def offer(self, key: PackageKey, candidates: list[Candidate]) -> None:
        """Record the candidates of a package."""
        self._offered[key] = candidates

    def exclude(self, candidate: Candidate, exclusion: Exclusion) -> None:
        """Record an exclusion."""
        self._exclusions.setdefault(candidate.key, []).append((candidate, exclusion))
