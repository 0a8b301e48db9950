"""What the sources of one lock have beyond the facts, and whether the lock takes it."""

from __future__ import annotations

from collections.abc import Sequence

from neuron_pin.catalog import Catalog, public_version
from neuron_pin.errors import SourceFailed
from neuron_pin.inputs import SDK_NAME
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.policy.version import version_order

from .exclusion import Exclusion
from .newer_versions import NewerVersions
from .release_candidates import make_package_key
from .request import NewerThanFacts, Request
from .resolution import Resolution

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.sources.session import Sources

    from .inferred_release import InferredRelease


class Beyond:
    """The versions that a lock's sources have, asked for beyond what releases list.

    ``mode`` says what becomes of newer ones.  ``newer`` tells which they are; none where they do
    not count: the lock is of a release or of a day that was asked for.
    """

    def __init__(
        self, mode: NewerThanFacts, request: Request, catalog: Catalog, sources: Sources
    ) -> None:
        self.mode = mode
        self._request = request
        self._catalog = catalog
        self._sources = sources
        self._offers: dict[PackageKey, list[tuple[str, list[str]]] | None] = {}
        newest = next((release for release in catalog.releases if release.is_final), None)
        self.newer = None
        if newest is not None and newest.date <= request.target.as_of and not _names_sdk(request):
            self.newer = NewerVersions(catalog, newest)

    def infer(self) -> InferredRelease | None:
        """The release beyond the facts, where the lock may take it; none where there is none.

        Reads what the sources have of every Neuron package."""
        newer = self.newer
        if newer is None or self.mode is NewerThanFacts.REFUSE:
            return None
        if self.mode is NewerThanFacts.WARN and not (
            self.is_needed() or self._request.preferred.sdk == f"{newer.newest.sdk}+"
        ):
            return None
        # Imported here: few locks take what is newer than the facts.
        from .inferred_release import infer_release

        packages = self._catalog.packages.values()
        self._sources.expect_pages(p.name for p in packages if Ecosystem.PIP in p.systems)
        demands = (*self._request.requirements, *self._request.constraints)
        return infer_release(self._catalog, newer.newest, self._list_versions, demands)

    def is_needed(self) -> bool:
        """Whether a requirement is met by newer versions and by none that a release ships."""
        newer = self.newer
        if newer is None:
            return False
        for requirement in (*self._request.requirements, *self._request.constraints):
            name = requirement.name
            package = self._catalog.packages.get(name)
            if package is None or not package.kind.is_component:
                continue
            if any(map(requirement.admits, newer.list_known(name))):
                continue
            versions = self._list_versions(name) or ()
            if any(requirement.admits(v) and newer.is_newer(name, v) for v in versions):
                return True
        return False

    def describe_missing(self) -> list[str]:
        """What each source has of the Neuron packages of which none has what was asked for; and
        that newer versions are refused where they alone would do."""
        causes = []
        for requirement in self._request.requirements:
            name = requirement.name
            package = self._catalog.packages.get(name)
            if package is None or not package.kind.is_component or not package.systems:
                continue
            key = make_package_key(package, self._request.target.system)
            offers = [(source, found) for source, found in self._offers_of(key) or [] if found]
            allowed = [v for _, found in offers for v in found if requirement.admits(v)]
            newer = self.newer
            if not allowed:
                causes += [f"{source} has {name} {_name_some(f, 'older')}" for source, f in offers]
            elif newer is not None and all(newer.is_newer(name, v) for v in allowed):
                if self.mode is NewerThanFacts.REFUSE:
                    causes.append(
                        f"{requirement.text}: {_name_some(allowed, 'older')}, newer than the facts "
                        f"of {self._catalog.age[0]}, and --newer-than-facts refuse excludes them "
                        f"({Rule.NEWER_THAN_FACTS.identifier})"
                    )
        return causes

    def describe_newer(self, found: Resolution) -> list[str]:
        """What a lock has that is newer than the facts, or could have: in a line."""
        day = self._catalog.age[0]
        taken = [package for package in found.packages if not package.is_known]
        if taken:
            named = _name_some([f"{p.key.name} {public_version(p.version)}" for p in taken], "more")
            verb = "is" if len(taken) == 1 else "are"
            rule = Rule.NEWER_THAN_FACTS.identifier
            line = (
                f"{named} {verb} newer than the facts of {day} ({rule}): {found.sdk} is inferred "
            )
            line += "of what the sources have"
            unknown = [p for p in taken if not p.phase.is_prerelease]
            if len(unknown) == len(taken):
                line += ", and the phase is unknown"
            elif unknown:
                names = _name_some([p.key.name for p in unknown], "more")
                line += f", and the phase of {names} is unknown"
            system = found.target.system
            if found.packages_of(system) and not self._sources.repositories_of(system):
                line += f"; the {system.value} packages are those of {self._known_sdk()}: "
                line += f"--{system.value}-repo names a repository that may have newer ones"
            return [line]
        if self.mode is NewerThanFacts.REFUSE:
            return []
        newest: dict[PackageKey, Exclusion] = {}
        count = 0
        for exclusion in found.exclusions:
            if exclusion.rule in (Rule.NEWER_THAN_FACTS, Rule.NEW_MAJOR):
                count += 1
                known = newest.get(exclusion.key)
                if known is None or _order(exclusion) > _order(known):
                    newest[exclusion.key] = exclusion
        if not newest:
            return []
        named = _name_some(
            [f"{k.name} {public_version(e.version)}" for k, e in newest.items()], "more"
        )
        few = "" if count == len(newest) else f" (of {count} newer versions)"
        how = "an exact version takes one"
        is_open = self.mode is not NewerThanFacts.ALLOW
        if is_open and any(e.rule is Rule.NEWER_THAN_FACTS for e in newest.values()):
            how = f"--newer-than-facts allow takes them, {how}"
        rules = sorted({exclusion.rule.identifier for exclusion in newest.values()})
        return [f"newer than the facts of {day}: {named}{few}; {how} ({', '.join(rules)})"]

    def _known_sdk(self) -> str:
        return f"SDK {self.newer.newest.sdk}" if self.newer is not None else "the catalog"

    def _list_versions(self, name: str) -> Sequence[str] | None:
        package = self._catalog.packages[name]
        offers = self._offers_of(make_package_key(package, self._request.target.system))
        return None if offers is None else [v for _, versions in offers for v in versions]

    def _offers_of(self, key: PackageKey) -> list[tuple[str, list[str]]] | None:
        """By trusted source the versions of a package, newest first; none where no source is for
        its ecosystem, or one could not be read: what needs it will say so."""
        if key not in self._offers:
            read = self._read_index if key.ecosystem is Ecosystem.PIP else self._read_repositories
            try:
                self._offers[key] = read(key)
            except SourceFailed:
                self._offers[key] = None
        return self._offers[key]

    def _read_index(self, key: PackageKey) -> list[tuple[str, list[str]]] | None:
        trusted = [index for index in self._sources.indexes.of(key.name) if index.is_trusted]
        if not trusted:
            return None
        found = []
        for index in trusted:
            project = self._sources.project(index, key.name)
            versions = [offer.version for offer in project.offers()] if project else []
            found.append((f"index {index.url}", versions))
        return found

    def _read_repositories(self, key: PackageKey) -> list[tuple[str, list[str]]] | None:
        if not self._sources.repositories_of(key.ecosystem):
            return None
        # Imported late: few locks read a repository.
        from urllib.parse import urlsplit

        names = frozenset(
            name for name, p in self._catalog.packages.items() if key.ecosystem in p.systems
        )
        neuron = urlsplit(self._catalog.repositories.of(key.ecosystem)).hostname
        found: dict[str, dict[str, list[str]]] = {name: {} for name in names}
        for repository, package in self._sources.system_packages(key.ecosystem, names):
            if not repository.is_of_machine or urlsplit(repository.url).hostname == neuron:
                of_source = found[package.name].setdefault(f"repository {repository.url}", [])
                of_source.append(package.version)
        for name, sources in found.items():
            self._offers[PackageKey(key.ecosystem, name)] = [
                (source, sorted(versions, key=version_order, reverse=True))
                for source, versions in sources.items()
            ]
        return self._offers[key]


def _names_sdk(request: Request) -> bool:
    """Whether a release was asked for."""
    asked = (*request.requirements, *request.constraints)
    return request.sdk is not None or any(r.name == SDK_NAME and r.range for r in asked)


MAX_NAMED = 4
"""Versions and packages that a sentence names."""


def _name_some(texts: Sequence[str], rest: str) -> str:
    named = ", ".join(texts[:MAX_NAMED])
    more = len(texts) - MAX_NAMED
    return f"{named} and {more} {rest}" if more > 0 else named


def _order(exclusion: Exclusion) -> tuple[bool, tuple[int, ...]]:
    """What is named first: what a lock can take without a version of its own."""
    return exclusion.rule is Rule.NEWER_THAN_FACTS, version_order(exclusion.version)
