"""Whether what a source has of a Neuron package is what the release ships."""

from __future__ import annotations

from neuron_pin.catalog import ComponentKind, FrameworkRole, version_numbers
from neuron_pin.policy import PackageKey, Rule
from neuron_pin.sources.candidate import Candidate

from .candidate_selection import ReleaseCandidates
from .exclusion import Exclusion
from .rules import Context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .newer_versions import NewerVersions


class Membership:
    """What one release ships, for the sources that have it; ``selection`` is none where no
    release is involved, and everything passes."""

    def __init__(
        self,
        context: Context,
        selection: ReleaseCandidates | None,
        newer: NewerVersions | None = None,
    ) -> None:
        """``newer`` tells versions newer than every known release from those that others have;
        none where the lock is of a release that was asked for."""
        self.selection = selection
        self._context = context
        self._newer = newer

    def find_row(self, key: PackageKey, version: str) -> Candidate | None:
        """The release's own candidate for a version of a source, whatever its build."""
        if self.selection is None:
            return None
        offered = self.selection.offered_of(key)
        excluded = [candidate for candidate, _ in self.selection.excluded_of(key)]
        package = self._context.catalog.packages[key.name] if offered or excluded else None
        for row in (*offered, *excluded):
            assert row.member is not None and package is not None
            listed = row.member.version
            if listed == version or ("+" not in listed and package.lists(listed, version)):
                return row
        return None

    def check(self, candidate: Candidate) -> Exclusion | None:
        """The rule that excludes a version of Neuron's which the release does not offer to the
        target, or none."""
        selection, key = self.selection, candidate.key
        package = self._context.catalog.packages.get(key.name)
        if package is None or selection is None:
            return None
        for row, exclusion in selection.excluded_of(key):
            if row.member is candidate.member and candidate.member is not None:
                return exclusion._replace(version=candidate.version)
        if candidate.member is not None:
            return None
        offered = selection.offered_of(key)
        if package.kind is ComponentKind.DEPENDENCY:
            # A release may name one build of a framework version; of the versions that it
            # does not speak of, the framework's bond decides.
            series = version_numbers(candidate.version)[:2]
            rival = [row for row in offered if version_numbers(row.version)[:2] == series]
            if package.role is not FrameworkRole.FOLLOWER or not rival:
                return None
            offered = rival
        if self._newer is not None and self._newer.is_newer(key.name, candidate.version):
            return self._newer.exclude(candidate, inferred=bool(self._context.catalog.beyond))
        listed = ", ".join(row.version for row in offered) or "no version"
        return Exclusion(
            key,
            candidate.version,
            Rule.NOT_MEMBER,
            f"SDK {selection.release.sdk} has {listed} for the target",
            f"release manifest, {selection.release.sdk}",
        )
