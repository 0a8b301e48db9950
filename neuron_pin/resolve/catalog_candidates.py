"""The catalog as the graph's source of candidates: Neuron's own packages, no network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.sources.candidate import Candidate, File

from .candidate_selection import ReleaseCandidates
from .exclusion import Exclusion
from .release_candidates import make_package_key
from .rules import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .source import Judged, StatedRequirements, SystemRelation


def find_requirement_key(requirement: Requirement, context: Context) -> PackageKey:
    """The package that a requirement means: a name that Neuron ships as a system package is
    one of the target's system, any other is a Python package unless it says otherwise."""
    if requirement.name == SDK_NAME:
        return PackageKey(Ecosystem.SDK, SDK_NAME)
    package = context.catalog.packages.get(requirement.name)
    if requirement.ecosystem is not None and (
        package is None or requirement.ecosystem in package.systems
    ):
        return PackageKey(requirement.ecosystem, requirement.name)
    if package is not None and package.systems:
        return make_package_key(package, context.target.system)
    return PackageKey(requirement.ecosystem or Ecosystem.PIP, requirement.name)


class CatalogCandidates:
    """Candidates from the catalog alone.  Dependencies between packages are not known
    to it; that they come from one release is.  A `Source` of every ecosystem."""

    def __init__(self, context: Context, selection: ReleaseCandidates | None) -> None:
        self._context = context
        self._selection = selection
        self._offers: dict[PackageKey, list[Judged]] = {}

    def candidates(self, key: PackageKey) -> Iterable[Judged]:
        found = self._offers.get(key)
        if found is None:
            found = self._offers[key] = []
            if self._selection is not None:
                found += [(candidate, None) for candidate in self._selection.offered_of(key)]
                found += self._selection.excluded_of(key)
        return found

    def requirements(self, candidate: Candidate, extras: frozenset[str]) -> Sequence[Requirement]:
        return ()

    def relations(self, candidate: Candidate) -> Sequence[SystemRelation]:
        return ()

    def key_of(self, requirement: Requirement) -> PackageKey:
        return find_requirement_key(requirement, self._context)

    def expect(self, requirements: Iterable[Requirement]) -> None:
        """Nothing is to be read."""

    def names_revision(self, candidate: Candidate) -> bool:
        return False

    def unusable(self, candidate: Candidate) -> Exclusion | None:
        return None

    def stated_requirements(
        self, candidate: Candidate, extras: frozenset[str]
    ) -> StatedRequirements | None:
        return None

    def files(self, candidate: Candidate) -> tuple[File, ...]:
        return candidate.files

    def warnings(self, key: PackageKey, version: str) -> Sequence[str]:
        return ()
