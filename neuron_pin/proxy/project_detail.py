"""A project's files as the policy has them: listed, yanked with a reason, or withheld.

Pure: pages, facts and a view come in.  What an installer may take by itself is listed; what
the policy leaves to an exact pin (end of support, pre-releases) is yanked (PEP 592), so that
every client reaches it by ``==`` and prints why; what must not be had under the name at all is
withheld.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from urllib.parse import quote

from packaging.version import InvalidVersion, Version

from neuron_pin.catalog import (
    Catalog,
    ComponentKind,
    Member,
    Package,
    same_public,
    version_numbers,
)
from neuron_pin.catalog.newness import Standing, judge_version, list_known_versions
from neuron_pin.catalog.support import find_first_day, find_package_phase
from neuron_pin.policy import Ecosystem, PackageKey, Phase, Rule, phase_at
from neuron_pin.printable import blank_unprintable
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import Exclusion
from neuron_pin.resolve.rules import Context, first_exclusion, select_rules
from neuron_pin.sources.candidate import Candidate
from neuron_pin.sources.index.locations import Index
from neuron_pin.sources.index.project_page import ListedFile, ProjectPage
from neuron_pin.sources.index.simple import parse_sdist_name, wheel_parts

from .view import View

WITHHOLDING = select_rules(Rule.UNTRUSTED_INDEX, Rule.NOT_RELEASED_YET, Rule.INSTANCE)
"""The rules of the filter that keep a file from being served at all."""

YANKING = select_rules(Rule.END_OF_SUPPORT, Rule.PRE_RELEASE)
"""Those for which a file is served as yanked."""

NEWER = Rule.NEWER_THAN_FACTS
"""What is said of a version that is newer than the facts, which is served."""

MAX_TEXT = 500
_UNSAFE = re.compile(r"[\s\"<>\\^`{|}]")
_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!~=()-]{0,299}")
_DIGEST = re.compile(r"[0-9a-fA-F]{32,128}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[0-2]\d:[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|\+00:00)")


class ServedFile(NamedTuple):
    """A file that is served.

    ``file`` is as its index states it, with what the policy adds: ``yanked`` is the index's
    reason or the policy's, which is then in ``exclusion``; ``uploaded`` may be the day of the
    first release that shipped it.  ``version`` is the one in the file's name, empty where none
    can be read.  ``is_newer`` says that it is newer than the facts (NP510).
    """

    file: ListedFile
    origin: Index
    version: str
    phase: Phase = Phase.STABLE
    exclusion: Exclusion | None = None
    is_newer: bool = False


class Withheld(NamedTuple):
    """A file that is not served, and why."""

    filename: str
    version: str
    origin: str
    rule: Rule
    reason: str
    source: str


class ProjectDetail(NamedTuple):
    """One project as a view has it.

    ``status`` and ``reason`` are PEP 792's, ``tracks`` and ``alternates`` addresses (PEP 708).
    ``facts`` is the day of the facts that it was judged by, none where these say nothing of it.
    """

    name: str
    view: View
    entries: tuple[ServedFile, ...]
    withheld: tuple[Withheld, ...]
    status: str = "active"
    reason: str = ""
    tracks: tuple[str, ...] = ()
    alternates: tuple[str, ...] = ()
    facts: date | None = None

    @property
    def newer(self) -> tuple[str, ...]:
        """The versions that are newer than the facts (NP510), oldest first."""
        return _sort(entry.version for entry in self.entries if entry.is_newer)

    @property
    def versions(self) -> list[str]:
        """The versions of its files, oldest first (PEP 700)."""
        return list(_sort(entry.version for entry in self.entries if entry.version))


def _sort(versions: Iterable[str]) -> tuple[str, ...]:
    return tuple(str(version) for version in sorted(set(map(Version, versions))))


def evaluate_project(
    name: str,
    pages: Sequence[tuple[Index, ProjectPage]],
    view: View,
    catalog: Catalog,
    today: date,
    bound: Index | None = None,
) -> ProjectDetail:
    """Judge every file of a project's pages; ``bound`` is the index that the user has bound
    the name to."""
    judged = _FileEvaluator(name, view, catalog, today, bound)
    entries: dict[str, ServedFile] = {}
    withheld: list[Withheld] = []
    for index, page in pages:
        for found in judged.page(index, page):
            if isinstance(found, Withheld):
                withheld.append(found)
                continue
            first = entries.setdefault(found.file.filename, found)
            if first is not found and dict(first.file.hashes) != dict(found.file.hashes):
                reason = f"{first.origin.url} has another file of this name"
                withheld.append(judged.withheld(found, Rule.UNTRUSTED_INDEX, reason))
    serving = {entry.origin for entry in entries.values()}
    deciding = [(index, page) for index, page in pages if index in serving]
    status, reason = judged.status(deciding or pages)
    return ProjectDetail(
        name,
        view,
        tuple(entries.values()),
        tuple(withheld),
        status,
        reason,
        tuple(i.page(name) for i, _ in deciding if not i.url.startswith("file:")),
        tuple(dict.fromkeys(_address(a) for _, page in deciding for a in page.alternates)),
        catalog.announced if name in catalog.packages else None,
    )


class _FileEvaluator:
    """Judges the files of one project, each version once."""

    def __init__(
        self, name: str, view: View, catalog: Catalog, today: date, bound: Index | None
    ) -> None:
        self.name = name
        self._view = view
        self._catalog = catalog
        self._bound = bound
        self._package = catalog.packages.get(name)
        target = view.target(catalog, today)
        release = catalog.release(view.sdk) if view.sdk else None
        self._context = Context(catalog, target, release)
        self._verdicts: dict[tuple[Index, str, str], Exclusion | None] = {}
        self._shipped = catalog.shipped(name) if self._package else {}
        self._days: dict[str, str] = {}
        self._standings: dict[str, Standing] = {}
        self._known = list_known_versions(catalog, name) if self._package else []

    def page(self, index: Index, page: ProjectPage) -> Iterator[ServedFile | Withheld]:
        """Every file of a page."""
        for number, filename in enumerate(page.names):
            file = _clean(page.file(number))
            version = _version(filename, self.name)
            entry = ServedFile(file, index, version)
            if not _FILENAME.fullmatch(filename) or (self._package and not version):
                reason = "neither PEP 427 nor PEP 440 can read the file name"
                yield self.withheld(entry, Rule.INVALID_FILE, reason)
            elif page.status == "quarantined":
                reason = _one_line(page.reason) or "quarantined by its index"
                yield self.withheld(entry, Rule.QUARANTINED, reason)
            elif self._bound is not None and self._package is None and index != self._bound:
                reason = f"{self.name} is bound to {self._bound.url}"
                yield self.withheld(entry, Rule.UNTRUSTED_INDEX, reason)
            else:
                yield self._evaluate(entry)

    def withheld(self, entry: ServedFile, rule: Rule, reason: str, source: str = "") -> Withheld:
        """A file with the reason why it is not served."""
        where = source or f"index {entry.origin.url}"
        filename = _one_line(entry.file.filename)
        return Withheld(filename, entry.version, entry.origin.url, rule, reason, where)

    def status(self, pages: Sequence[tuple[Index, ProjectPage]]) -> tuple[str, str]:
        """PEP 792: the index's own word, else what has been announced of the package."""
        for _, page in pages:
            if page.status in ("archived", "quarantined", "deprecated"):
                return page.status, _one_line(page.reason)
        if self._package is None:
            return "active", ""
        target = self._context.target
        events = self._catalog.events_by_name.get(self.name, ())
        fact = phase_at(events, self.name, "", target.family, target.as_of)
        if fact.phase is not Phase.EOS or fact.event is None:
            return "active", ""
        reason = f"out of support since {fact.event.effective}"
        replaced = fact.event.replacement
        if replaced:
            return "deprecated", f"{reason}; replaced by {replaced}"
        return "archived", reason

    def _evaluate(self, entry: ServedFile) -> ServedFile | Withheld:
        file = entry.file
        key = (entry.origin, entry.version, file.uploaded[:10])
        if key not in self._verdicts:
            self._verdicts[key] = self._verdict(entry)
        exclusion = self._verdicts[key]
        if self._package is not None and not file.uploaded:
            # PEP 700's form; the hour is nobody's guess.
            day = self._day(entry.version)
            file = file._replace(uploaded=f"{day}T00:00:00.000000Z" if day else "")
            entry = entry._replace(file=file)
        entry = entry._replace(is_newer=self._is_newer(entry.version))
        if exclusion is None:
            return entry._replace(phase=self._phase(entry.version))
        if exclusion.rule not in (Rule.END_OF_SUPPORT, Rule.PRE_RELEASE):
            return self.withheld(entry, exclusion.rule, exclusion.reason, exclusion.source)
        reason = f"{exclusion.rule.identifier}: {exclusion.reason}"
        if file.yanked:
            reason = f"{file.yanked}; {reason}"
        return entry._replace(
            file=file._replace(yanked=reason),
            phase=self._phase(entry.version),
            exclusion=exclusion,
        )

    def _verdict(self, entry: ServedFile) -> Exclusion | None:
        if self._package is None and not entry.file.uploaded:
            return None
        candidate = Candidate(
            PackageKey(Ecosystem.PIP, self.name),
            entry.version,
            entry.origin.url,
            public=not entry.origin.is_trusted,
            uploaded=entry.file.uploaded,
        )
        found = first_exclusion(candidate, self._context, WITHHOLDING) or self._not_shipped_yet(
            entry
        )
        if found is None and self._package is not None:
            found = self._membership(candidate, self._package)
            found = found or first_exclusion(candidate, self._context, YANKING)
        return found

    def _phase(self, version: str) -> Phase:
        if self._package is None:
            return Phase.STABLE
        target = self._context.target
        found = find_package_phase(
            self._catalog, self.name, version, target.family, target.as_of
        ).phase
        if found is Phase.STABLE and Version(version).is_prerelease:
            return Phase.RC if "rc" in version else Phase.BETA
        return found

    def _is_newer(self, version: str) -> bool:
        """NP510, of Neuron's own packages: of others the facts know no newest version."""
        if self._package is None or not self._package.kind.is_component:
            return False
        if version not in self._standings:
            self._standings[version] = judge_version(self._catalog, self.name, version, self._known)
        return self._standings[version] is Standing.NEWER

    def _day(self, version: str) -> str:
        """The day of the first release that shipped a version, empty if none has."""
        public = version.partition("+")[0]
        if public not in self._days:
            day = find_first_day(self._catalog, self._shipped, public)
            self._days[public] = day.isoformat() if day is not None else ""
        return self._days[public]

    def _not_shipped_yet(self, entry: ServedFile) -> Exclusion | None:
        """Where an index states no day, the first release's counts; and on a past day nothing
        of Neuron's is there that no release had shipped."""
        package = self._package
        if package is None or entry.file.uploaded:
            return None
        day, as_of = self._day(entry.version), self._context.target.as_of
        if day > as_of.isoformat():
            reason = f"first shipped on {day}, after {as_of}"
        elif not day and self._view.as_of is not None and not package.public_from:
            reason = f"no release up to {as_of} has shipped it"
        else:
            return None
        return self._exclude(entry.version, Rule.NOT_RELEASED_YET, reason, "release manifest")

    def _membership(self, candidate: Candidate, package: Package) -> Exclusion | None:
        """In the view of a release: whether it has a version, for the family."""
        release = self._context.release
        if release is None:
            return None
        rows = [
            m for m in self._catalog.members(release.sdk) if m.package == self.name and m.version
        ]
        source = f"release manifest, {release.sdk}"
        own = [m for m in rows if same_public(m.version, candidate.version)]
        family = self._context.target.family
        if own:
            listed = frozenset().union(*(m.instances for m in own))
            if family is None or family in listed:
                return None
            reason = f"listed for {', '.join(sorted(listed))}, not for {family}"
            return self._exclude(candidate.version, Rule.INSTANCE, reason, source)
        if package.kind is ComponentKind.DEPENDENCY and not _rivals(rows, candidate.version):
            return None
        versions = ", ".join(dict.fromkeys(m.version for m in rows)) or "none"
        reason = f"release {release.sdk} has {versions}"
        return self._exclude(candidate.version, Rule.NOT_MEMBER, reason, source)

    def _exclude(self, version: str, rule: Rule, reason: str, source: str) -> Exclusion:
        return Exclusion(PackageKey(Ecosystem.PIP, self.name), version, rule, reason, source)


def _rivals(rows: Sequence[Member], version: str) -> list[Member]:
    """A release may name one build of a framework version; of those that it does not speak
    of, the framework's own bond decides."""
    series = version_numbers(version)[:2]
    return [member for member in rows if version_numbers(member.version)[:2] == series]


def _version(filename: str, name: str) -> str:
    """The version in a file's name, empty if there is none of this project."""
    wheel = wheel_parts(filename)
    if wheel is not None and wheel[0] != name:
        return ""
    text = wheel[1] if wheel is not None else parse_sdist_name(filename, name)
    try:
        return str(Version(text)) if text else ""
    except InvalidVersion:
        return ""


def _clean(file: ListedFile) -> ListedFile:
    """A file with what an index states of it, as far as that is what it should be."""
    metadata = file.metadata
    return file._replace(
        url=_address(file.url),
        hashes=_digests(file.hashes),
        requires_python=_one_line(file.requires_python),
        yanked=None if file.yanked is None else _one_line(file.yanked),
        metadata=None if metadata is None else _digests(metadata),
        uploaded=_time(file.uploaded),
    )


def _address(url: str) -> str:
    """An address without what RFC 3986 has no place for."""
    if url.isascii() and url.isprintable() and not _UNSAFE.search(url):
        return url
    return quote(url, safe="%/:?#[]@!$&'()*+,;=~")


def _digests(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (algorithm, digest.lower())
        for algorithm, digest in pairs
        if algorithm.isalnum() and algorithm.isascii() and _DIGEST.fullmatch(digest)
    )


def _time(text: str) -> str:
    """An upload time in one form, empty for what is none."""
    match = _TIME.fullmatch(text)
    if match is None:
        return ""
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return ""
    return f"{text[:19]}.{(match[1] or '')[1:]:0<6}Z"


def _one_line(text: str) -> str:
    """A text of an index's on one line, without what would steer a terminal."""
    return " ".join(blank_unprintable(text[: MAX_TEXT * 2]).split())[:MAX_TEXT]
