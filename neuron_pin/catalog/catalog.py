"""The embedded facts, or a user's newer ones: loaded when asked for, and only that.

A catalog is a folder::

    catalog.json      date, version, repositories
    releases.json     every release with its date and where the date is from
    members/X.json    what release X ships, read when X is looked at
    packages.json     every package: kind, ecosystems, framework, windows
    lifecycle.json    dated events
    shipped.json      the releases that ship each version of a package
    spans.json        first and last release of packages, frameworks, Pythons, instances
    systems.json      operating systems, instance families
    names.json        what announcements call things
    kernels.json      the kernels that drivers were tested on, and need
    corrections.json  where sources disagree
    models.json       model classes: component, workload, phases
    evidence.json     what releases shipped beside what the manifest lists
    parts.json        what is known of releases that are newer than the manifest
    charts.json       releases of the Helm chart
    kubernetes.json   the parts that run in a Kubernetes cluster
    neff.json         which runtime library runs which compiled models
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

from neuron_pin.errors import UnknownName
from neuron_pin.policy import Event

from . import rows
from .facts import (
    Availability,
    Chart,
    Contradiction,
    Correction,
    Evidence,
    FrameworkRole,
    KernelFloor,
    Member,
    OperatingSystem,
    Package,
    Product,
    Release,
    Repositories,
    SkippedAnnouncement,
    TestedConfiguration,
)
from .files import Fields, Members, RowsByName, read_object
from .names import SubjectName, Title, canonicalize_name
from .version_range import INFERRED, sdk_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .parts import KnownPart

EMBEDDED = os.path.join(os.path.dirname(__file__), "data")
"""The catalog that ships with the package."""


class Catalog:
    """The facts of one folder.

    Properties read their file once, on first use; `members` reads one file a release.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        path = os.path.join(folder, "catalog.json")
        head = Fields(path, "catalog", read_object(path))
        self.date = head.day("date")
        self.version = head.text("version")
        self.source = head.text("source")
        # Up to when announcements are known: a manifest brings releases and none of those.
        self.announced = head.day_or_none("announcements") or self.date
        self.revision = head.number("revision")
        self.schema = head.number("schema")
        urls = Fields(path, "repositories", head.values.get("repositories"))
        self.repositories = Repositories(urls.text("pip"), urls.text("apt"), urls.text("rpm"))
        self._members: dict[str, tuple[Member, ...]] = {}
        self._shipped: dict[str, dict[str, list[tuple[str, Member]]]] = {}
        self.beyond: Mapping[tuple[str, str], str] = {}
        """Packages and versions of an inferred release that no known release ships, each with
        the reason why it has to be asked for; empty for none."""

    def with_inferred(
        self, release: Release, members: Sequence[Member], beyond: Mapping[tuple[str, str], str]
    ) -> Catalog:
        """The same facts and, as the newest, a release that was inferred, with what it has and
        which of that no known release ships."""
        present = {member.package for member in members}
        spans = {
            name: life._replace(last=release.sdk) if name in present else life
            for name, life in self.spans.packages.items()
        }
        # Imported late: few locks take what is newer than the facts.
        import copy

        found = copy.copy(self)
        found._members = {**self._members, release.sdk: tuple(members)}
        found.beyond = beyond
        found.__dict__["spans"] = self.spans._replace(packages=spans)
        found.__dict__["releases"] = (release, *self.releases)
        found.__dict__["dates"] = {release.sdk: release.date, **self.dates}
        return found

    @property
    def age(self) -> tuple[date, int]:
        """What says which of two catalogs is the newer: the day of its facts, and how many
        imports brought no later day."""
        return max(self.date, self.announced), self.revision

    # Releases ------------------------------------------------------------------------

    def _file(self, name: str) -> Fields:
        """One of the catalog's files, opened."""
        path = os.path.join(self.folder, f"{name}.json")
        return Fields(path, name, read_object(path))

    def _read_later(self, name: str, entry: str) -> Iterator[Fields]:
        """The rows of a file that not every catalog has: none for one that was written before
        there was such a file."""
        if os.path.lexists(os.path.join(self.folder, f"{name}.json")):
            yield from self._file(name).each(name, entry)

    @cached_property
    def releases(self) -> tuple[Release, ...]:
        """Every known release, newest first."""
        found = map(rows.read_release, self._file("releases").each("releases", "release"))
        return tuple(sorted(found, key=lambda release: sdk_key(release.sdk), reverse=True))

    def release(self, sdk: str) -> Release:
        """The release of that version, of an inferred one that a lock names the known release
        that it follows, under its name; raises `UnknownName`."""
        if sdk.endswith(INFERRED) and sdk not in self.dates:
            return self.release(sdk[: -len(INFERRED)])._replace(sdk=sdk)
        for release in self.releases:
            if release.sdk == sdk:
                return release
        known = [release.sdk for release in self.releases]
        # What is newer than all of them is no slip of the pen.
        is_newer = bool(known) and sdk_key(sdk) > sdk_key(known[0])
        hint = self.describe_known_releases(is_newer=is_newer)
        raise UnknownName("SDK release", sdk, () if is_newer else known, hint=hint)

    def describe_known_releases(self, *, is_newer: bool) -> str:
        """Which release is the newest, and which that is known in part is newer still, and how to
        see and get others: the hint for a release that is not known, or newer than all that are."""
        newest = next((release.sdk for release in self.releases if release.listed), "none")
        later = "".join(f", and in part {r.sdk}" for r in self.releases[:1] if r.in_part)
        newer = f"it is newer than the facts of {self.announced}: " if is_newer else ""
        return (
            f"{newer}the newest that the catalog knows is {newest}{later}; neuron-pin releases "
            "lists them; neuron-pin catalog update fetches newer ones"
        )

    def members(self, sdk: str) -> tuple[Member, ...]:
        """What a release ships, in the order of the file (by package, then version)."""
        known = self._members.get(sdk)
        if known is not None:
            return known
        if sdk.endswith(INFERRED):
            # Of a lock of another run: what was inferred then is what the lock says.
            return self.members(sdk[: -len(INFERRED)])
        path = os.path.join(self.folder, "members", f"{sdk}.json")
        self._members[sdk] = rows.read_members(path)
        return self._members[sdk]

    # Packages ------------------------------------------------------------------------

    @cached_property
    def packages(self) -> Mapping[str, Package]:
        """Every package by its name."""
        return RowsByName(
            self._packages_file, "packages", "package", lambda found: rows.read_package(found[-1])
        )

    @cached_property
    def _packages_file(self) -> Fields:
        return self._file("packages")

    def packages_stating(self, field: str) -> list[Package]:
        """The packages whose entries in the file have a field; the others are not read."""
        packages = self.packages
        entries = self._packages_file.entries("packages")
        return [packages[entry["name"]] for entry in entries if field in entry]

    def package(self, name: str) -> Package | None:
        """The package of that name, normalized, or none: not one of Neuron's."""
        return self.packages.get(canonicalize_name(name))

    def followers(self, framework: str) -> frozenset[str]:
        """The packages whose version follows a framework's."""
        return frozenset(
            package.name
            for package in self.packages_stating("framework")
            if package.framework == framework and package.role is FrameworkRole.FOLLOWER
        )

    # Life-cycle ----------------------------------------------------------------------

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """Every life-cycle event, in the order of the file."""
        return tuple(self._event(fields) for fields in self._lifecycle_file.each("events", "event"))

    @cached_property
    def _lifecycle_file(self) -> Fields:
        return self._file("lifecycle")

    @cached_property
    def left_out(self) -> tuple[SkippedAnnouncement, ...]:
        """Announcements of the life-cycle that no event stands for."""
        return tuple(map(rows.read_skipped, self._lifecycle_file.each("left_out", "left out")))

    @cached_property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Statements of a phase that an import met and did not take."""
        found = self._lifecycle_file.each("contradictions", "contradiction")
        return tuple(map(rows.read_contradiction, found))

    def _event(self, fields: Fields) -> Event:
        event = rows.read_event(fields)
        if event.effective is None and event.sdk in self.dates:
            # Announced for a release that had no date yet, and has one now.
            return event._replace(effective=self.dates[event.sdk])
        return event

    @cached_property
    def dates(self) -> dict[str, date]:
        """The day of every release, newest first."""
        return {release.sdk: release.date for release in self.releases}

    @cached_property
    def names(self) -> tuple[SubjectName, ...]:
        """What announcements call subjects."""
        return tuple(rows.read_name(row) for row in self._file("names").each("names", "name"))

    @cached_property
    def titles(self) -> tuple[Title, ...]:
        """What release notes call components and features."""
        return tuple(map(rows.read_title, self._file("names").each("titles", "title")))

    @cached_property
    def products(self) -> dict[str, Product]:
        """Products that are no packages, by their name as PEP 503 would normalize it."""
        found = map(rows.read_product, self._file("names").each("products", "product"))
        return {canonicalize_name(product.name): product for product in found}

    @cached_property
    def spans(self) -> Availability:
        """When packages, framework versions, Pythons and instance families came and went."""
        fields = self._file("spans")
        return Availability(
            packages=rows.read_spans(fields, "packages"),
            frameworks={
                name: rows.read_spans(fields, name, of)
                for name, of in fields.objects("frameworks").items()
            },
            pythons=rows.read_spans(fields, "pythons"),
            instances=rows.read_spans(fields, "instances"),
        )

    @cached_property
    def events_by_name(self) -> Mapping[str, tuple[Event, ...]]:
        """The same events by their subject's name."""
        return RowsByName(
            self._lifecycle_file, "events", "event", lambda found: tuple(map(self._event, found))
        )

    # Targets -------------------------------------------------------------------------

    @cached_property
    def _systems_file(self) -> Fields:
        return self._file("systems")

    @cached_property
    def systems(self) -> tuple[OperatingSystem, ...]:
        """The operating systems that releases support or supported."""
        return tuple(
            rows.read_system(fields) for fields in self._systems_file.each("systems", "system")
        )

    def system(self, name: str) -> OperatingSystem:
        """The operating system of that name or alias; raises `UnknownName`."""
        found = self.find_system(name.strip().lower())
        if found is not None:
            return found
        names = [system.name for system in self.systems]
        raise UnknownName("operating system", name, names, hint="known: " + ", ".join(names))

    def find_system(self, name: str) -> OperatingSystem | None:
        """The operating system of that name or alias, as a machine states it, or none."""
        return next((system for system in self.systems if system.is_called(name)), None)

    @cached_property
    def instances(self) -> dict[str, str]:
        """Instance families, each with the family under which releases list it."""
        return self._systems_file.strings("instances")

    def instance(self, name: str) -> str:
        """A known instance family's name; raises `UnknownName`.

        A size is accepted and dropped: ``trn1.32xlarge`` is of family ``trn1``.
        """
        family = name.strip().lower().partition(".")[0]
        if family not in self.instances:
            raise UnknownName(
                "instance family",
                name,
                self.instances,
                hint="known: " + ", ".join(sorted(self.instances)),
            )
        return family

    @cached_property
    def instance_repairs(self) -> dict[str, str]:
        """Misprints of instance families that have been met in manifests."""
        return self._systems_file.strings("instance_repairs", {})

    @cached_property
    def pythons(self) -> tuple[str, ...]:
        """The Python versions that any release lists, oldest first."""
        return self._systems_file.words("pythons")

    @cached_property
    def machines(self) -> tuple[str, ...]:
        """The machines that Neuron's packages are published for, as ``uname -m`` names them; empty
        for a catalog that was written before it stated them."""
        return self._systems_file.words("machines")

    @cached_property
    def _kernels_file(self) -> Fields:
        return self._file("kernels")

    @cached_property
    def tested(self) -> tuple[TestedConfiguration, ...]:
        """The kernels and C libraries that releases were tested on, newest release first."""
        return tuple(map(rows.read_tested, self._kernels_file.each("tested", "tested")))

    @cached_property
    def kernel_floors(self) -> tuple[KernelFloor, ...]:
        """The least kernels that drivers need."""
        return tuple(map(rows.read_kernel_floor, self._kernels_file.each("floors", "floor")))

    @cached_property
    def charts(self) -> tuple[Chart, ...]:
        """The known releases of the Neuron Helm chart, newest first."""
        found = map(rows.read_chart, self._read_later("charts", "chart"))
        return tuple(sorted(found, key=lambda chart: sdk_key(chart.version), reverse=True))

    @cached_property
    def corrections(self) -> tuple[Correction, ...]:
        """Where sources disagree, and which one is held to be right."""
        found = self._file("corrections").each("corrections", "correction")
        return tuple(map(rows.read_correction, found))

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """What releases shipped beside what their manifest lists: `members` has it already."""
        return tuple(map(rows.read_evidence, self._read_later("evidence", "evidence")))

    @cached_property
    def parts(self) -> tuple[KnownPart, ...]:
        """What is known of releases that are known in part."""
        from .parts import read_part

        return tuple(map(read_part, self._read_later("parts", "part")))

    @cached_property
    def patches(self) -> dict[tuple[str, str], Evidence]:
        """The versions that came on a day after their release, by package and version."""
        return {(e.package, e.version): e for e in self.evidence if e.published is not None}

    def newest_release(self, as_of: date) -> Release | None:
        """The newest release of a day that is no pre-release and known in full; none before the
        first."""
        return next((r for r in self.releases if r.is_final and r.date <= as_of), None)

    def releases_of(self, package: str, version: str) -> Sequence[Release]:
        """The releases that ship a version, newest first."""
        return [self.release(sdk) for sdk, _ in self.shipped(package).get(version, ())]

    def shipped(self, package: str) -> dict[str, list[tuple[str, Member]]]:
        """By version the releases that ship a package, newest first, each with what it says
        of it.  Reads one file, whatever the package."""
        known = self._shipped.get(package)
        if known is None:
            fields = Fields(self._shipped_file.path, package, self._shipped_file.get(package))
            known = self._shipped[package] = rows.read_shipped(fields, package)
        return known

    @cached_property
    def _shipped_file(self) -> Members:
        return Members(os.path.join(self.folder, "shipped.json"))
