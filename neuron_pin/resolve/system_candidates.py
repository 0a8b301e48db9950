"""Repositories of system packages as a source of candidates, and their relations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cmp_to_key
from typing import TYPE_CHECKING

from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.sources.candidate import Candidate, File

from .exclusion import Exclusion
from .membership import Membership
from .rules import Context, first_exclusion
from .source import Judged, StatedRequirements, SystemRelation

if TYPE_CHECKING:
    from neuron_pin.sources.session import Sources
    from neuron_pin.sources.system_package import Relation, SystemPackage, SystemRepository

    Offered = tuple[SystemRepository, SystemPackage]


def _newer(left: Offered, right: Offered) -> int:
    return right[1].compare(left[1])


_newest_first = cmp_to_key(_newer)


class SystemCandidates:
    """What the repositories of one ecosystem have of Neuron's packages, and of others asked
    for: a `Source`."""

    def __init__(self, context: Context, membership: Membership, sources: Sources) -> None:
        self._context = context
        self._membership = membership
        self._sources = sources
        self._read: frozenset[str] = frozenset()
        self._packages: dict[str, list[Offered]] = {}
        # Candidates stay alive in here, so that their identity is a key.
        self._known: dict[int, tuple[Candidate, SystemPackage]] = {}
        self._judged: dict[PackageKey, list[Judged]] = {}
        self._revisions: dict[PackageKey, dict[tuple[str, str], list[str]]] = {}

    def candidates(self, key: PackageKey) -> Iterable[Judged]:
        found = self._judged.get(key)
        if found is None:
            found = self._judged[key] = [
                (
                    candidate,
                    first_exclusion(candidate, self._context)
                    or self._membership.check(candidate)
                    or self._older_revision(candidate),
                )
                for candidate in self._candidates(key)
            ]
        return found

    def requirements(self, candidate: Candidate, extras: frozenset[str]) -> Sequence[Requirement]:
        return ()

    def unusable(self, candidate: Candidate) -> Exclusion | None:
        return None

    def expect(self, requirements: Iterable[Requirement]) -> None:
        """Nothing is read ahead: a repository is read at once."""

    def stated_requirements(
        self, candidate: Candidate, extras: frozenset[str]
    ) -> StatedRequirements | None:
        return None

    def files(self, candidate: Candidate) -> tuple[File, ...]:
        return candidate.files

    def _candidates(self, key: PackageKey) -> Iterator[Candidate]:
        """Every version of a package, newest first: of several revisions of one upstream
        version that are no numbers, the repository's latest first."""
        # Imported late: few locks read a repository.
        from urllib.parse import urlsplit

        self._need(key)
        neuron = urlsplit(self._context.catalog.repositories.of(key.ecosystem)).hostname
        for repository, package in self._in_order(key):
            row = self._membership.find_row(key, package.version)
            file = File(
                package.filename.rpartition("/")[2],
                f"{repository.url}/{package.filename}",
                (("sha256", package.sha256),) if package.sha256 else (),
                package.size,
            )
            # A repository that the user named is trusted; of those that a machine happens to
            # have only Neuron's own is, whatever the others call themselves.
            public = repository.is_of_machine and urlsplit(repository.url).hostname != neuron
            candidate = Candidate(
                key,
                package.version,
                repository.url,
                row.member if row else None,
                (file,),
                public=public,
                c_library=package.c_library,
                release=row.release if row else "",
            )
            self._known[id(candidate)] = (candidate, package)
            yield candidate

    def _need(self, key: PackageKey) -> None:
        """Read what is wanted of the repositories: all Neuron packages at once."""
        if key.name in self._read:
            return
        names = {
            name
            for name, package in self._context.catalog.packages.items()
            if key.ecosystem in package.systems
        }
        wanted = frozenset(names | {key.name}) - self._read
        for repository, package in self._sources.system_packages(key.ecosystem, wanted):
            self._packages.setdefault(package.name, []).append((repository, package))
        self._read |= wanted

    def _in_order(self, key: PackageKey) -> list[Offered]:
        # Only one repository's own builds can be ordered: what another one has under the same
        # version says nothing about them.
        groups: dict[tuple[str, str], list[Offered]] = {}
        for offered in self._packages.get(key.name, []):
            groups.setdefault((offered[0].url, offered[1].upstream), []).append(offered)
        for group_key, group in groups.items():
            revisions = {package.version for _, package in group}
            if len(revisions) > 1 and not all(p.has_ordered_revision for _, p in group):
                # By date where the index has one, else what stands later in it.
                group.reverse()
                group.sort(key=lambda offered: offered[1].built, reverse=True)
                latest = list(dict.fromkeys(package.version for _, package in group))
                self._revisions.setdefault(key, {})[group_key] = latest
            else:
                group.sort(key=_newest_first)
        in_order = sorted(groups.values(), key=lambda group: _newest_first(group[0]))
        return [offered for group in in_order for offered in group]

    def _older_revision(self, candidate: Candidate) -> Exclusion | None:
        """That another revision of the same version came later, where revisions are commits
        and have no order of their own."""
        for (source, _), versions in self._revisions.get(candidate.key, {}).items():
            if source == candidate.source and candidate.version in versions[1:]:
                return Exclusion(
                    candidate.key,
                    candidate.version,
                    Rule.OLDER_REVISION,
                    f"the repository has a later build of the same version: {versions[0]}",
                    candidate.source,
                )
        return None

    def names_revision(self, candidate: Candidate) -> bool:
        known = self._revisions.get(candidate.key, {})
        return any(
            source == candidate.source and candidate.version in versions
            for (source, _), versions in known.items()
        )

    def warnings(self, key: PackageKey, version: str) -> Sequence[str]:
        found = []
        for versions in self._revisions.get(key, {}).values():
            if version in versions:
                others = ", ".join(v for v in versions if v != version)
                found.append(
                    f"{key.name} {version}: the repository also has {others}, other builds of the "
                    "same version, which cannot be ordered; the one added last was chosen, and the "
                    "pin names it"
                )
        return found

    # Relations -------------------------------------------------------------------------

    def relations(self, candidate: Candidate) -> Sequence[SystemRelation]:
        """What a candidate needs of packages that the repositories or the catalog know,
        and what it may not be beside.  The operating system's own packages are not judged."""
        known = self._known.get(id(candidate))
        if known is None:
            return ()
        package = known[1]
        edges = []
        for group in package.depends:
            edge = self._require_group(candidate.key.ecosystem, package, group)
            if edge is not None:
                edges.append(edge)
        for relation in package.conflicts:
            edges += self._refuse_relation(candidate.key, package, relation)
        return edges

    def _require_group(
        self, ecosystem: Ecosystem, package: SystemPackage, group: tuple[Relation, ...]
    ) -> SystemRelation | None:
        choices = []
        for relation in group:
            providers = self._providers(relation)
            if relation.name in self._context.catalog.packages or relation.name in self._packages:
                providers.setdefault(relation.name, set())
            elif not providers:
                # One of the operating system's will do.
                return None
            choices += list(providers.items())
        if any(name == package.name for name, _ in choices):
            return None
        # As apt does: the first alternative that is available.
        name, versions = next((c for c in choices if c[1]), choices[0])
        text = " | ".join(str(relation) for relation in group)
        return SystemRelation(PackageKey(ecosystem, name), frozenset(versions), text, adds=True)

    def _refuse_relation(
        self, key: PackageKey, package: SystemPackage, relation: Relation
    ) -> Iterator[SystemRelation]:
        for name, versions in self._providers(relation).items():
            if name == package.name:
                continue
            others = {p.version for _, p in self._packages[name]} - versions
            text = f"no {relation} beside it"
            yield SystemRelation(
                PackageKey(key.ecosystem, name), frozenset(others), text, adds=False
            )

    def _providers(self, relation: Relation) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name, pairs in self._packages.items():
            versions = {p.version for _, p in pairs if p.satisfies(relation)}
            if versions:
                found[name] = versions
        return found
