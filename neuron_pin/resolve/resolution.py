"""The answer: chosen candidates, exclusions, the release, where each came from."""

from __future__ import annotations

from neuron_pin.catalog import ComponentKind, Support
from neuron_pin.policy import UNKNOWN_PHASE, Ecosystem, PackageKey, Phase, Pin, Rule
from neuron_pin.record import NamedTuple
from neuron_pin.sources.candidate import File
from neuron_pin.target import Target

from .exclusion import Exclusion


class LockedPackage(NamedTuple):
    """One chosen version.

    ``kind`` is none for software that is not Neuron's.  ``sdk`` is the release that it was
    taken as a member of, `None` for none.  ``via`` names who needs it, sorted.  ``is_known`` is
    false for a version that is newer than the facts: what these say of a phase is not its own.
    """

    key: PackageKey
    version: str
    pin: Pin
    phase: Phase
    kind: ComponentKind | None
    sdk: str | None
    source: str
    files: tuple[File, ...]
    via: tuple[str, ...]
    is_known: bool = True

    @property
    def phase_label(self) -> str:
        """The phase as files and people are told it: what a version says of itself, and
        ``unknown`` where the facts say nothing of it."""
        return self.phase.label if self.is_known or self.phase.is_prerelease else UNKNOWN_PHASE

    @property
    def is_own(self) -> bool:
        """Whether it is a component of Neuron's, and not software that a release names a
        version of."""
        return self.kind is not None and self.kind.is_component


class NeededIndex(NamedTuple):
    """An index that ``packages`` (sorted names) have to be taken from for the sake of another
    package, ``of``; ``source`` says so."""

    url: str
    packages: tuple[str, ...]
    of: str
    source: str


class Resolution(NamedTuple):
    """What may be installed on a target, and why not the rest.

    ``sdk`` is the release, `None` where no package of Neuron's is in the answer.
    ``with_hashes`` says that hashes are wanted wherever a form may have them.  ``expires`` is
    the ISO date on which somebody should look at the lock again, empty for none.  ``support``
    is until when every part of it is sure of support, none where it has nothing of Neuron's.
    ``needed_indexes`` are those that a package of it needs beside PyPI and Neuron's.
    """

    sdk: str | None
    target: Target
    packages: tuple[LockedPackage, ...]
    exclusions: tuple[Exclusion, ...]
    warnings: tuple[str, ...]
    with_hashes: bool = False
    expires: str = ""
    support: Support | None = None
    needed_indexes: tuple[NeededIndex, ...] = ()

    def packages_of(self, ecosystem: Ecosystem) -> list[LockedPackage]:
        """The packages of one ecosystem, sorted by name."""
        return [package for package in self.packages if package.key.ecosystem is ecosystem]

    def only_own(self) -> Resolution:
        """The same with Neuron's own Python packages alone, for what an isolated build may take:
        what else it needs is its own business."""
        own = [package for package in self.packages_of(Ecosystem.PIP) if package.is_own]
        return self._replace(packages=tuple(own))

    def indexes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The package indexes that Neuron's own packages were taken from, and those of the
        others, each sorted; without those that are needed for some names alone."""
        packages = [p for p in self.packages_of(Ecosystem.PIP) if p.source]
        neuron = {p.source for p in packages if p.is_own}
        others = {p.source for p in packages} - neuron - {each.url for each in self.needed_indexes}
        return tuple(sorted(neuron)), tuple(sorted(others))

    def needed_urls(self) -> tuple[str, ...]:
        """The addresses of the indexes that are needed for some names alone, sorted."""
        return tuple(sorted({each.url for each in self.needed_indexes}))


def sorted_exclusions(exclusions: list[Exclusion]) -> tuple[Exclusion, ...]:
    """In an order that does not depend on how they were found."""
    return tuple(
        sorted(
            exclusions,
            key=lambda e: (str(e.key), _spread(e.version), e.rule.identifier, e.reason),
        )
    )


def _spread(version: str) -> tuple[tuple[int, int, str], ...]:
    parts = version.replace("+", ".").replace("-", ".").split(".")
    return tuple((1, int(p[:18]), p) if p.isdecimal() else (0, 0, p) for p in parts)


__all__ = ["Exclusion", "LockedPackage", "Resolution", "Rule", "sorted_exclusions"]
