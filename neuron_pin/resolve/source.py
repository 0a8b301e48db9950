"""What the graph asks of a source of candidates, whatever kind it is of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from neuron_pin.inputs import Requirement
from neuron_pin.policy import PackageKey
from neuron_pin.record import NamedTuple
from neuron_pin.sources.candidate import Candidate, File

from .exclusion import Exclusion

Judged = tuple[Candidate, "Exclusion | None"]
"""A candidate, and the rule that excludes it or none."""


class SystemRelation(NamedTuple):
    """A relation of a system package: the versions of another that satisfy it.

    ``adds`` says that the other one is needed; else it binds only where that is installed.
    """

    key: PackageKey
    versions: frozenset[str]
    text: str
    adds: bool


class StatedRequirements(NamedTuple):
    """What a version that has to be built requires, as far as it is known without the build.

    ``is_certain`` says that the build is not asked for it; else it may tell something else."""

    requirements: Sequence[Requirement]
    is_certain: bool


class Source(Protocol):
    """Where candidates of one ecosystem come from, for one release."""

    def candidates(self, key: PackageKey) -> Iterable[Judged]:
        """Every candidate, best first, each with the rule that excludes it or none.

        May read a page of an index; called once a round for a key, so it must be cheap
        when asked again.
        """

    def requirements(self, candidate: Candidate, extras: frozenset[str]) -> Sequence[Requirement]:
        """What a candidate's metadata requires for the target, markers applied.

        May read metadata from an index.
        """

    def relations(self, candidate: Candidate) -> Sequence[SystemRelation]:
        """What a system package's repository says of it and others."""

    def names_revision(self, candidate: Candidate) -> bool:
        """Whether only its revision tells a candidate from another one of the repository."""

    def unusable(self, candidate: Candidate) -> Exclusion | None:
        """Why a candidate that everything else admits cannot be taken, or none.

        May read a source distribution; asked only when the graph would take it.
        """

    def stated_requirements(
        self, candidate: Candidate, extras: frozenset[str]
    ) -> StatedRequirements | None:
        """What a candidate requires that is unusable since it has to be built; none where nothing
        states it.  Asked where there is no answer; may read metadata from an index."""

    def expect(self, requirements: Iterable[Requirement]) -> None:
        """Told what the graph will come to, so that it can be read ahead."""

    def files(self, candidate: Candidate) -> tuple[File, ...]:
        """Every file of a candidate that fits the target, best first, with hashes.

        May read an index; asked of chosen candidates only.
        """

    def warnings(self, key: PackageKey, version: str) -> Sequence[str]:
        """What is to be said of a version that was chosen: what had to be read as something
        else in its metadata, what its source says of it."""


class CandidateProvider(Source, Protocol):
    """Where the graph's candidates come from, of every ecosystem."""

    def key_of(self, requirement: Requirement) -> PackageKey:
        """The package that a requirement means on the target."""
