"""All sources of one run as the graph's source of candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.sources.candidate import Candidate, File
from neuron_pin.sources.session import Sources

from .candidate_selection import ReleaseCandidates
from .catalog_candidates import CatalogCandidates, find_requirement_key
from .exclusion import Exclusion
from .index_candidates import IndexCandidates
from .membership import Membership
from .rules import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .newer_versions import NewerVersions
    from .source import Judged, Source, StatedRequirements, SystemRelation


class SourceCandidates:
    """Asks for each package the source of its ecosystem: indexes for Python packages, the
    repositories of an ecosystem where there are some, and else the catalog."""

    def __init__(
        self,
        context: Context,
        selection: ReleaseCandidates | None,
        sources: Sources,
        overrides: Mapping[str, Requirement] | None = None,
        newer: NewerVersions | None = None,
    ) -> None:
        self._context = context
        self._catalog = CatalogCandidates(context, selection)
        membership = Membership(context, selection, newer)
        self._sources: dict[Ecosystem, Source] = {}
        if sources.repositories:
            # Imported here: most runs name no repository.
            from .system_candidates import SystemCandidates

            for ecosystem in {repository.ecosystem for repository in sources.repositories}:
                self._sources[ecosystem] = SystemCandidates(context, membership, sources)
        self._sources[Ecosystem.PIP] = IndexCandidates(
            context, membership, sources, overrides or {}
        )

    def _of(self, key: PackageKey) -> Source:
        return self._sources.get(key.ecosystem, self._catalog)

    def candidates(self, key: PackageKey) -> Iterable[Judged]:
        return self._of(key).candidates(key)

    def requirements(self, candidate: Candidate, extras: frozenset[str]) -> Sequence[Requirement]:
        return self._of(candidate.key).requirements(candidate, extras)

    def relations(self, candidate: Candidate) -> Sequence[SystemRelation]:
        return self._of(candidate.key).relations(candidate)

    def names_revision(self, candidate: Candidate) -> bool:
        return self._of(candidate.key).names_revision(candidate)

    def unusable(self, candidate: Candidate) -> Exclusion | None:
        return self._of(candidate.key).unusable(candidate)

    def stated_requirements(
        self, candidate: Candidate, extras: frozenset[str]
    ) -> StatedRequirements | None:
        return self._of(candidate.key).stated_requirements(candidate, extras)

    def expect(self, requirements: Iterable[Requirement]) -> None:
        for requirement in requirements:
            self._of(self.key_of(requirement)).expect([requirement])

    def files(self, candidate: Candidate) -> tuple[File, ...]:
        return self._of(candidate.key).files(candidate)

    def warnings(self, key: PackageKey, version: str) -> Sequence[str]:
        return self._of(key).warnings(key, version)

    def key_of(self, requirement: Requirement) -> PackageKey:
        return find_requirement_key(requirement, self._context)
