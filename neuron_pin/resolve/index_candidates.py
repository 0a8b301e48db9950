"""Simple indexes as a source of candidates, judged as they come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from neuron_pin.catalog.lookalikes import find_intended
from neuron_pin.errors import SourceFailed
from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.sources.candidate import Candidate, File, NotStatic
from neuron_pin.sources.index.locations import Index
from neuron_pin.sources.index.project_record import IndexVersion, ProjectRecord
from neuron_pin.sources.session import Sources

from .exclusion import Exclusion
from .membership import Membership
from .rules import Context, first_exclusion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from packaging.version import Version

    from neuron_pin.sources.index.dependencies import Metadata

    from .source import Judged, StatedRequirements, SystemRelation

MAX_LEFT_OPEN = 2
"""Source distributions of one package without static metadata, after which older ones, whose
metadata is older too, are not fetched to be read."""

FEW_ASKED = 4
"""Versions of one package that are asked what they require before older ones are read ahead."""

MOST_AHEAD = 32
"""Versions of one package whose metadata is read ahead at once."""


class _Lazy:
    """A sequence that is made as far as it is read, and kept."""

    __slots__ = ("_made", "_source")

    def __init__(self, source: Iterator[Judged]) -> None:
        self._source = source
        self._made: list[Judged] = []

    def __iter__(self) -> Iterator[Judged]:
        yield from self._made
        at = len(self._made)
        while True:
            while at < len(self._made):
                yield self._made[at]
                at += 1
            item = next(self._source, None)
            if item is None:
                return
            self._made.append(item)


class IndexCandidates:
    """Python packages from indexes, Neuron's only where the release ships them: a `Source`."""

    def __init__(
        self,
        context: Context,
        membership: Membership,
        sources: Sources,
        overrides: Mapping[str, Requirement],
    ) -> None:
        self._context = context
        self._overrides = overrides
        self._membership = membership
        self._sources = sources
        # Candidates stay alive in here, so that their identity is a key.
        self._known: dict[PackageKey, Iterable[Judged]] = {}
        self._offers: dict[int, tuple[Index, IndexVersion]] = {}
        self._left_open: dict[PackageKey, list[str]] = {}
        self._unusable: dict[int, Exclusion | None] = {}
        self._stated: dict[int, str] = {}
        self._asked: dict[PackageKey, set[str]] = {}
        self._held_back: tuple[PackageKey, Sequence[Requirement]] | None = None
        self._repairs: dict[tuple[PackageKey, str], tuple[str, ...]] = {}

    def candidates(self, key: PackageKey) -> Iterable[Judged]:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = _Lazy(self._python_candidates(key))
        return found

    def requirements(self, candidate: Candidate, extras: frozenset[str]) -> Sequence[Requirement]:
        known = self._offers.get(id(candidate))
        if known is None:
            return ()
        index, offer = known
        is_passing = self._read_older(candidate)
        metadata = self._sources.metadata(index, candidate.key.name, offer)
        if metadata.repairs:
            self._repairs[candidate.key, candidate.version] = metadata.repairs
        found = self._make_requirements(candidate, extras, metadata)
        if not is_passing:
            self.expect(found)
        else:
            # Of most of these versions nothing more is wanted: what the last one requires is read
            # ahead when something else is asked for.
            self.expect([requirement for requirement in found if self._is_new(requirement.name)])
            self._held_back = (candidate.key, found)
        return found

    def stated_requirements(
        self, candidate: Candidate, extras: frozenset[str]
    ) -> StatedRequirements | None:
        # Imported here, with what it imports: few locks come to it.
        from .source import StatedRequirements

        index, offer = self._offers[id(candidate)]
        stated = self._stated.get(id(candidate), "")
        if not (stated or offer.has_wheel):
            return None
        metadata = self._sources.metadata_without_build(index, candidate.key.name, offer, stated)
        if metadata is None:
            return None
        found = self._make_requirements(candidate, extras, metadata[0])
        self.expect(found)
        return StatedRequirements(found, metadata[1])

    def _make_requirements(
        self, candidate: Candidate, extras: frozenset[str], metadata: Metadata
    ) -> list[Requirement]:
        parent = f"{candidate.key.name} {candidate.version}"
        found = []
        for dependency in metadata.dependencies:
            if dependency.extra and dependency.extra not in extras:
                continue
            wanted = frozenset(dependency.extras)
            override = self._overrides.get(dependency.name)
            if override is not None:
                found.append(override._replace(extras=override.extras | wanted))
                continue
            text = dependency.name
            if wanted:
                text += "[" + ",".join(sorted(wanted)) + "]"
            found.append(
                Requirement(
                    Ecosystem.PIP,
                    dependency.name,
                    wanted,
                    None,
                    dependency.specifier,
                    "",
                    parent,
                    text + dependency.specifier,
                )
            )
        return found

    def _is_new(self, name: str) -> bool:
        """Whether no page of a project has been asked for."""
        indexes = self._sources.indexes.likely(name)
        return all(self._sources.known_project(index, name) is None for index in indexes)

    def _read_older(self, candidate: Candidate) -> bool:
        """Start to read what older versions require where one after the other is passed over: as
        many more as have been asked for.  Tells whether it is so."""
        held_back = self._held_back
        if held_back is not None and held_back[0] != candidate.key:
            self._held_back = None
            self.expect(held_back[1])
        key = candidate.key
        asked = self._asked.setdefault(key, set())
        asked.add(candidate.version)
        if len(asked) < FEW_ASKED or not self._sources.is_reading:
            return False
        is_older, left = False, min(len(asked), MOST_AHEAD)
        for other, exclusion in self.candidates(key):
            if not is_older:
                is_older = other is candidate
            elif exclusion is None and not other.is_sdist:
                index, offer = self._offers[id(other)]
                self._sources.expect_metadata(index, key.name, offer)
                left -= 1
                if not left:
                    break
        return True

    def unusable(self, candidate: Candidate) -> Exclusion | None:
        known = self._offers.get(id(candidate))
        if known is None or not known[1].is_sdist:
            return None
        # It is asked again and again, and counts once.
        if id(candidate) not in self._unusable:
            self._unusable[id(candidate)] = self._find_unusable(candidate, known)
        return self._unusable[id(candidate)]

    def _find_unusable(
        self, candidate: Candidate, known: tuple[Index, IndexVersion]
    ) -> Exclusion | None:
        key, (index, offer) = candidate.key, known
        left_open = self._left_open.setdefault(key, [])
        why = f"like those of {', '.join(left_open)}, not read"
        if len(left_open) < MAX_LEFT_OPEN:
            try:
                self._sources.metadata(index, key.name, offer)
                return None
            except NotStatic as error:
                left_open.append(offer.version)
                why = str(error)
                self._stated[id(candidate)] = error.stated
        rule, lacks = Rule.NO_WHEEL, "no wheel"
        if candidate.has_wheel:
            rule, lacks = Rule.PLATFORM, f"no wheel for Python {self._context.target.python}"
        # Nobody is told to run what a stranger put under a name that is meant for another.
        intended = find_intended(key.name, self._context.catalog)
        advice = f"--build {key.name} allows one"
        if intended:
            advice = f"did you mean {' or '.join(intended)}?"
        return Exclusion(
            key,
            candidate.version,
            rule,
            f"{lacks}, and what its source distribution requires is known after a build only "
            f"({why}); {advice}",
            f"index {index.url}",
        )

    def relations(self, candidate: Candidate) -> Sequence[SystemRelation]:
        return ()

    def names_revision(self, candidate: Candidate) -> bool:
        return False

    def files(self, candidate: Candidate) -> tuple[File, ...]:
        known = self._offers.get(id(candidate))
        if known is None:
            return candidate.files
        index, offer = known
        return self._sources.files(index, candidate.key.name, offer)

    def expect(self, requirements: Iterable[Requirement]) -> None:
        """Start to read what the graph will come to."""
        if not self._sources.reads_ahead:
            return
        for requirement in requirements:
            for index in self._sources.indexes.likely(requirement.name):
                self._sources.expect(index, requirement.name, requirement.range, requirement.extras)

    def warnings(self, key: PackageKey, version: str) -> Sequence[str]:
        found = [f"{key.name} {version}: {r}" for r in self._repairs.get((key, version), ())]
        for index in self._sources.indexes.of(key.name):
            project = self._sources.known_project(index, key.name)
            if project is not None and project.status in ("archived", "deprecated"):
                reason = f": {project.reason}" if project.reason else ""
                found.append(f"{key.name} is {project.status} on {index.url}{reason}")
        return found

    # Python packages -------------------------------------------------------------------

    def _python_candidates(self, key: PackageKey) -> Iterator[Judged]:
        package = self._context.catalog.packages.get(key.name)
        bound = self._sources.indexes.bindings.get(key.name)
        selection = self._membership.selection
        backend = selection.frameworks.get(key.name) if selection is not None else None
        if backend is not None and bound is None:
            bound = self._sources.indexes.bind(backend.framework_index)
        if bound is not None and (package is None or backend is not None):
            yield from self._bound_candidates(key, bound)
            return
        if package is None or package.public_from == "0":
            deciding = self._find_deciding(key.name)
            only_pre = not any(project.has_final_release() for _, project in deciding)
            if len(deciding) == 1:
                index, project = deciding[0]
                yield from self._judge(key, index, project.offers(), only_pre)
                yield from self._invalid(key, index, project.invalid)
            else:
                yield from self._merge(key, deciding, only_pre)
            return
        everywhere = [
            (index, found)
            for index in self._sources.indexes.of(key.name)
            if (found := self._sources.project(index, key.name)) is not None
        ]
        yield from self._merge(key, everywhere, False)
        seen = {o.version.partition("+")[0] for _, project in everywhere for o in project.offers()}
        yield from self._find_missing(key, seen)

    def _find_deciding(self, name: str) -> list[tuple[Index, ProjectRecord]]:
        """The indexes that decide what there is of a name.

        Files that the user named, and the first index that has it: nobody can shadow a
        package of a private index by a higher version on a public one.  Others only if that
        one says that they have the same project (PEP 708).
        """
        found: list[tuple[Index, ProjectRecord]] = []
        for index in self._sources.indexes.of(name):
            project = self._sources.project(index, name)
            if project is None:
                continue
            if project.rows or project.invalid or not index.is_flat:
                found.append((index, project))
            if not index.is_flat:
                for other in self._sources.indexes.find_tracked(
                    index, name, project.tracked_indexes
                ):
                    same = self._sources.project(other, name)
                    if same is not None:
                        found.append((other, same))
                break
        return found

    def _merge(
        self,
        key: PackageKey,
        sources: Sequence[tuple[Index, ProjectRecord]],
        only_prereleases: bool,
    ) -> Iterator[Judged]:
        pairs = [(index, offer) for index, project in sources for offer in project.offers()]
        pairs.sort(key=lambda pair: _sort_key(pair[1].version), reverse=True)
        for index, offer in pairs:
            yield from self._judge(key, index, [offer], only_prereleases)
        for index, project in sources:
            yield from self._invalid(key, index, project.invalid)

    def _bound_candidates(self, key: PackageKey, bound: Index) -> Iterator[Judged]:
        """A name that the user has bound to an index: what others have of it is named."""
        for index in self._sources.indexes.of(key.name):
            project = None
            if index.url != bound.url:
                project = self._sources.project(index, key.name)
            for offer in project.offers() if project else ():
                candidate = self._candidate(key, index, offer, False)
                reason = f"{key.name} is bound to {bound.url} and is not taken from {index.url}"
                source = f"index {bound.url}"
                rule = Rule.UNTRUSTED_INDEX
                yield candidate, Exclusion(key, offer.version, rule, reason, source)
        try:
            project = self._sources.project(bound, key.name)
        except SourceFailed as error:
            error.hint = error.hint or f"--index {key.name}=URL names a mirror of this index"
            raise
        if project is not None:
            only_pre = not project.has_final_release()
            yield from self._judge(key, bound, project.offers(), only_pre)
            yield from self._invalid(key, bound, project.invalid)

    def _judge(
        self, key: PackageKey, index: Index, offers: Iterable[IndexVersion], only_prereleases: bool
    ) -> Iterator[Judged]:
        project = self._sources.project(index, key.name)
        quarantined = project is not None and project.status == "quarantined"
        for offer in offers:
            candidate = self._candidate(key, index, offer, only_prereleases)
            self._offers[id(candidate)] = (index, offer)
            if quarantined:
                reason = (project.reason if project else "") or "quarantined by its index"
                source = f"index {index.url}"
                rule = Rule.QUARANTINED
                yield candidate, Exclusion(key, offer.version, rule, reason, source)
            else:
                yield (
                    candidate,
                    first_exclusion(candidate, self._context) or self._membership.check(candidate),
                )

    def _candidate(
        self, key: PackageKey, index: Index, offer: IndexVersion, only_prereleases: bool
    ) -> Candidate:
        row = self._membership.find_row(key, offer.version)
        file = File(
            offer.filename,
            offer.url,
            (("sha256", offer.sha256),) if offer.sha256 else (),
            offer.size,
            offer.uploaded,
        )
        return Candidate(
            key=key,
            version=offer.version,
            source=index.url,
            member=row.member if row else None,
            files=(file,) if offer.fits or offer.is_sdist else (),
            requires_python=offer.requires_python,
            yanked=offer.yanked,
            public=not index.is_trusted,
            has_wheel=offer.has_wheel,
            fits=offer.fits,
            prerelease=offer.prerelease and not only_prereleases,
            uploaded=offer.uploaded,
            is_sdist=offer.is_sdist,
        )

    def _invalid(self, key: PackageKey, index: Index, names: Sequence[str]) -> Iterator[Judged]:
        for name in names:
            candidate = Candidate(key, name, index.url)
            reason = "its file name is not valid (PEP 427, PEP 440)"
            yield (
                candidate,
                Exclusion(key, name, Rule.INVALID_FILE, reason, f"index {index.url}"),
            )

    def _find_missing(self, key: PackageKey, seen: set[str]) -> Iterator[Judged]:
        """Versions that the release offers and no index has: said, not passed over."""
        selection = self._membership.selection
        if selection is None or not any(i.is_trusted for i in self._sources.indexes.all):
            return
        for row in selection.offered_of(key):
            public = row.version.partition("+")[0]
            package = self._context.catalog.packages[key.name]
            if public not in seen and not any(package.lists(public, other) for other in seen):
                neuron = next(i for i in self._sources.indexes.all if i.is_trusted)
                yield (
                    row,
                    Exclusion(
                        key,
                        row.version,
                        Rule.PLATFORM,
                        "the release lists it, but the index does not have it",
                        f"index {neuron.url}",
                    ),
                )


def _sort_key(version: str) -> Version:
    from packaging.version import Version

    return Version(version)
