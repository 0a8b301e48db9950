"""Entries of the catalog's files as facts, one function a kind of entry.

Each raises `BrokenCatalog` for an entry that does not hold what its schema says.
"""

from __future__ import annotations

from collections.abc import Mapping

from neuron_pin.errors import BrokenCatalog
from neuron_pin.policy import Ecosystem, Event, EventType, Phase, SubjectKind

from .backends import Backend
from .facts import (
    AvailabilityRange,
    Chart,
    ComponentKind,
    Contradiction,
    Correction,
    Evidence,
    FrameworkRole,
    KernelFloor,
    Member,
    OperatingSystem,
    Package,
    Place,
    Product,
    Release,
    SkippedAnnouncement,
    TestedConfiguration,
    VersionRange,
    WheelBuild,
    Window,
)
from .files import Fields, read_object
from .names import SubjectName, Title

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeGuard

_SYSTEMS = {"pip": (Ecosystem.PIP,), "system": (Ecosystem.APT, Ecosystem.RPM), "none": ()}


def _are_texts(row: object, count: int) -> TypeGuard[list[str]]:
    """Whether a value is a list of so many strings."""
    return isinstance(row, list) and len(row) == count and set(map(type, row)) == {str}


def read_package(fields: Fields) -> Package:
    name = fields.text("name")
    try:
        kind = ComponentKind(fields.text("kind"))
        role = FrameworkRole(fields.text("role", ""))
        # Facts that an earlier version imported mark the driver alone.
        place = Place(fields.text("place", "host" if fields.flag("on_host") else "container"))
    except ValueError as error:
        raise fields.broken(str(error)) from None
    installed_by = fields.text("installed_by")
    if installed_by not in _SYSTEMS:
        raise fields.broken(f"'installed_by' is {installed_by!r}")
    windows = []
    for window in fields.each("windows", f"{fields.entry}, window"):
        windows.append(
            Window(
                read_span(window, "versions"),
                window.text("other"),
                read_span(window, "range"),
                window.text("source"),
                frozenset(window.words("instances")),
                window.flag("required"),
            )
        )
    return Package(
        name=name,
        kind=kind,
        systems=_SYSTEMS[installed_by],
        title=fields.text("title", ""),
        framework=fields.text("framework", ""),
        role=role,
        public_from=fields.text("public_from", ""),
        place=place,
        place_source=fields.text("place_source", ""),
        replaced_by=fields.text("replaced_by", ""),
        plain=read_span(fields, "plain") if "plain" in fields.values else None,
        placeholder=fields.text("placeholder", ""),
        windows=tuple(windows),
        backends=tuple(map(_read_backend, fields.each("backends", f"{fields.entry}, backend"))),
        wheels=tuple(
            WheelBuild(
                read_span(row, "versions"),
                frozenset(row.words("systems")),
                row.flag("portable"),
                row.text("source"),
            )
            for row in fields.each("wheels", f"{fields.entry}, wheels")
        ),
        requires=fields.words("requires"),
        requires_source=fields.text("requires_source", ""),
    )


def _read_backend(fields: Fields) -> Backend:
    parts = fields.number("framework_parts")
    if parts not in (2, 3):
        raise fields.broken("'framework_parts' is neither 2 nor 3")
    return Backend(
        name=fields.text("name"),
        versions=read_span(fields, "versions"),
        framework_parts=parts,
        seen=fields.words("seen"),
        framework_index=fields.text("framework_index", ""),
        from_index=frozenset(fields.words("from_index")),
        companions=frozenset(fields.words("companions")),
        instances=frozenset(fields.words("instances")),
        source=fields.text("source"),
    )


def read_product(fields: Fields) -> Product:
    return Product(
        fields.text("name"),
        fields.text("text"),
        fields.text("follows"),
        fields.text("framework"),
        fields.text("source"),
        frozenset(fields.words("instances")),
        fields.text("requirement", ""),
        fields.text("sdk", ""),
    )


def read_evidence(fields: Fields) -> Evidence:
    return Evidence(
        package=fields.text("package"),
        version=fields.text("version"),
        releases=fields.words("releases"),
        instances=frozenset(fields.words("instances")),
        pythons=frozenset(fields.words("pythons")),
        source=fields.text("source"),
        published=fields.day_or_none("published"),
    )


def read_span(fields: Fields, name: str) -> VersionRange:
    bounds = fields.values.get(name, ["", ""])
    if not _are_texts(bounds, 2):
        raise fields.broken(f"{name!r} is not a pair of versions")
    return VersionRange(*bounds)


def read_subject_kind(fields: Fields) -> SubjectKind:
    try:
        return SubjectKind(fields.text("kind"))
    except ValueError as error:
        raise fields.broken(str(error)) from None


def read_name(fields: Fields) -> SubjectName:
    return SubjectName(
        fields.text("words"),
        read_subject_kind(fields),
        fields.text("name"),
        fields.text("component", ""),
        fields.text("workload", ""),
    )


def read_event(fields: Fields) -> Event:
    kind = read_subject_kind(fields)
    try:
        type_ = EventType(fields.text("type", "phase"))
    except ValueError as error:
        raise fields.broken(str(error)) from None
    phase = fields.text("phase", "")
    return Event(
        kind=kind,
        name=fields.text("name"),
        version=fields.text("version", ""),
        phase=Phase.parse(phase) if phase else None,
        announced=fields.day("announced"),
        effective=fields.day_or_none("effective"),
        sdk=fields.text("sdk", ""),
        instances=frozenset(fields.words("instances")),
        replacement=fields.text("replacement", ""),
        source=fields.text("source"),
        note=fields.text("note", ""),
        type=type_,
        withdrawn=fields.text("withdrawn", ""),
        withdrawn_on=fields.day_or_none("withdrawn_on"),
        component=fields.text("component", ""),
        workload=fields.text("workload", ""),
    )


def read_chart(fields: Fields) -> Chart:
    images = fields.objects("images")
    if not all(isinstance(tag, str) for tag in images.values()):
        raise fields.broken("'images' is not an object of strings")
    return Chart(
        version=fields.text("chart"),
        sdk=fields.text("sdk", ""),
        date=fields.day_or_none("date"),
        images=tuple(sorted((name, str(tag)) for name, tag in images.items())),
        source=fields.text("source"),
    )


def read_kernel_floor(fields: Fields) -> KernelFloor:
    return KernelFloor(
        package=fields.text("package"),
        versions=read_span(fields, "versions"),
        os=fields.text("os"),
        kernel=fields.text("kernel"),
        source=fields.text("source"),
    )


def read_title(fields: Fields) -> Title:
    return Title(fields.text("words"), read_subject_kind(fields), fields.words("names"))


def read_contradiction(fields: Fields) -> Contradiction:
    return Contradiction(
        subject=fields.text("subject"),
        says=fields.text("says"),
        source=fields.text("source"),
        against=fields.text("against"),
        against_source=fields.text("against_source"),
    )


def read_correction(fields: Fields) -> Correction:
    return Correction(
        subject=fields.text("subject"),
        wrong=fields.text("wrong"),
        right=fields.text("right"),
        why=fields.text("why"),
        source=fields.text("source"),
        date=fields.day("date"),
    )


def read_spans(
    fields: Fields, name: str, values: Mapping[str, object] | None = None
) -> dict[str, AvailabilityRange]:
    found = {}
    rows = fields.objects(name) if values is None else values
    for key, row in rows.items():
        if not _are_texts(row, 4):
            raise fields.broken(f"{name} {key}: not three releases and instance families")
        found[key] = AvailabilityRange(*row)
    return found


def read_system(fields: Fields) -> OperatingSystem:
    try:
        ecosystem = Ecosystem(fields.text("ecosystem"))
    except ValueError as error:
        raise fields.broken(str(error)) from None
    return OperatingSystem(
        name=fields.text("name"),
        ecosystem=ecosystem,
        codename=fields.text("codename", ""),
        glibc=fields.text("glibc"),
        python=fields.text("python"),
        first_sdk=fields.text("first_sdk", ""),
        first_sdk_without=fields.text("first_sdk_without", ""),
        excepted=frozenset(fields.words("excepted")),
        only=frozenset(fields.words("only")),
        aliases=fields.words("aliases"),
        source=fields.text("source"),
        keyring=fields.text("keyring", ""),
    )


def read_tested(fields: Fields) -> TestedConfiguration:
    return TestedConfiguration(
        sdk=fields.text("sdk"),
        package=fields.text("package"),
        os=fields.text("os"),
        kernels=fields.words("kernels"),
        glibc=fields.text("glibc"),
        instances=frozenset(fields.words("instances")),
        source=fields.text("source"),
    )


def read_shipped(fields: Fields, package: str) -> dict[str, list[tuple[str, Member]]]:
    """What ``shipped.json`` says of one package: the releases that ship each version."""
    found: dict[str, list[tuple[str, Member]]] = {}
    for version, rows in fields.values.items():
        if not isinstance(rows, list):
            raise fields.broken(f"{version}: is not a list of releases")
        for row in rows:
            if not _are_texts(row, 3):
                raise fields.broken(f"{version}: a row is not three strings")
            sdk, instances, pythons = row
            member = Member(
                package, version, frozenset(instances.split()), frozenset(pythons.split())
            )
            found.setdefault(version, []).append((sdk, member))
    return found


def read_release(fields: Fields) -> Release:
    return Release(
        sdk=fields.text("sdk"),
        date=fields.day("date"),
        source=fields.text("source"),
        note=fields.text("note", ""),
        listed=not fields.flag("unlisted"),
        in_part=fields.flag("in_part"),
    )


def read_members(path: str) -> tuple[Member, ...]:
    """What the file of a release lists, in its order; raises `BrokenCatalog`."""
    found = []
    for number, row in enumerate(Fields(path, "members", read_object(path)).entries("members")):
        if not _are_texts(row, 4):
            raise BrokenCatalog(path, None, f"member {number} is not four strings")
        name, version, instances, pythons = row
        found.append(
            Member(name, version, frozenset(instances.split()), frozenset(pythons.split()))
        )
    return tuple(found)


def read_skipped(fields: Fields) -> SkippedAnnouncement:
    return SkippedAnnouncement(fields.text("what"), fields.text("reason"), fields.text("source"))
