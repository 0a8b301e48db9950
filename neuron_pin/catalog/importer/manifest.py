"""Reading the vendor's public release manifest, and what is irregular in it.

The manifest is JSON with strings for booleans, US dates, names in several spellings and
misprints.  Whatever is changed on the way is a `Repair`, whatever is new to the catalog
an `Unknown`; nothing is repaired silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from neuron_pin.catalog.catalog import Catalog
from neuron_pin.catalog.completion import complete_members
from neuron_pin.catalog.facts import (
    ComponentKind,
    FrameworkRole,
    Member,
    Package,
    same_public,
)
from neuron_pin.catalog.files import Fields, read_object
from neuron_pin.catalog.names import canonicalize_name
from neuron_pin.catalog.version_range import sdk_key
from neuron_pin.errors import InvalidVersion, UnreadableInput
from neuron_pin.policy import Form, Phase, parse_version

MAX_RELEASES = 10_000
MAX_MEMBERS = 2_000
"""Most releases, and packages of one release, that a manifest may have."""


_SDK = re.compile(
    r"\d{1,4}\.\d{1,4}(\.\d{1,4}|((a|b|rc)\d{0,4})\.\d{1,4}|\.\d{1,4}(a|b|rc)\d{1,4})"
)
"""``A.B.C``; of a pre-release with the mark in the minor, as the policy has it (``2.34rc.0``), or
at the end, as PEP 440 does (``2.34.0rc1``)."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One thing that was read as something else; ``count`` says how often."""

    what: str
    reason: str
    count: int

    def as_document(self) -> dict[str, str | int]:
        """Plain values for JSON."""
        return {"what": self.what, "reason": self.reason, "count": self.count}


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that the catalog did not know, and how it was taken."""

    kind: str
    name: str
    taken_as: str

    def as_document(self) -> dict[str, str]:
        """Plain values for JSON."""
        return {"kind": self.kind, "name": self.name, "taken_as": self.taken_as}


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as facts."""

    date: date
    version: str
    members: dict[str, tuple[Member, ...]]
    new_packages: tuple[Package, ...]
    new_instances: tuple[str, ...]
    new_pythons: tuple[str, ...]
    repositories: dict[str, str]
    repairs: tuple[Repair, ...]
    unknowns: tuple[Unknown, ...]


@dataclass(slots=True)
class _Reader:
    """What one reading gathers on its way."""

    path: str
    known: Catalog
    properties: dict[str, dict[str, Any]] = field(default_factory=dict)
    repairs: dict[tuple[str, str], int] = field(default_factory=dict)
    packages: dict[str, Package] = field(default_factory=dict)
    instances: set[str] = field(default_factory=set)
    pythons: set[str] = field(default_factory=set)
    unknowns: list[Unknown] = field(default_factory=list)

    def note_repair(self, what: str, reason: str) -> None:
        self.repairs[what, reason] = self.repairs.get((what, reason), 0) + 1

    def bad(self, problem: str) -> UnreadableInput:
        return UnreadableInput(self.path, None, problem, hint="is this a release manifest?")


def read_manifest(path: str, known: Catalog) -> Manifest:
    """Read a manifest file against what is known already.

    Raises `UnreadableInput` (a `BrokenCatalog`) for a file that is no manifest; every
    smaller irregularity is repaired or left out, and reported.
    """
    head = Fields(path, "manifest", read_object(path))
    reader = _Reader(path, known)
    for number, row in enumerate(head.entries("package_properties")):
        fields = Fields(path, f"package_properties {number}", row)
        reader.properties.setdefault(canonicalize_name(fields.text("name")), dict(fields.values))
    rows = head.entries("neuron_releases")
    if not rows:
        raise reader.bad("has no neuron_releases")
    if len(rows) > MAX_RELEASES:
        raise reader.bad(f"holds {len(rows)} releases, more than {MAX_RELEASES}")
    members: dict[str, tuple[Member, ...]] = {}
    for number, row in enumerate(rows):
        fields = Fields(path, f"release {number}", row)
        sdk = fields.text("neuron_version")
        if not _SDK.fullmatch(sdk):
            raise reader.bad(f"release {number}: {sdk[:40]!r} is not an SDK version")
        if sdk in members:
            raise reader.bad(f"release {sdk} is listed twice")
        members[sdk] = _members(reader, sdk, fields.entries("packages"))
    newest = max(members, key=sdk_key)
    published = _us_date(reader, head.text("manifest_date"))
    for sdk, found in members.items():
        if not found:
            # It could be the newest release, and everything would be gone from it.
            raise reader.bad(f"release {sdk} lists no packages")
    members, additions = complete_members(
        members, known.evidence, {**known.packages, **reader.packages}
    )
    reader.repairs |= additions
    _compare_parts(reader, members)
    return Manifest(
        date=published,
        version=newest,
        members=members,
        new_packages=tuple(reader.packages[name] for name in sorted(reader.packages)),
        new_instances=tuple(sorted(reader.instances)),
        new_pythons=tuple(sorted(reader.pythons, key=sdk_key)),
        repositories=_repositories(reader, head.entries("repos_n2")),
        repairs=tuple(
            Repair(what, reason, count) for (what, reason), count in sorted(reader.repairs.items())
        ),
        unknowns=tuple(reader.unknowns),
    )


def _compare_parts(reader: _Reader, members: dict[str, tuple[Member, ...]]) -> None:
    """Note what was known of a release in part and is not what its manifest lists."""
    for part in reader.known.parts:
        rows = [m for m in members.get(part.sdk, ()) if m.package == part.package]
        own = [m for m in rows if same_public(part.version, m.version)]
        lacking = part.instances - frozenset[str]().union(*(m.instances for m in own))
        if part.sdk in members and lacking:
            name = f"{part.package} {part.version} of {part.sdk} for {', '.join(sorted(lacking))}"
            taken = f"not in the manifest, which counts [{part.source}]"
            reader.unknowns.append(Unknown("part", name, taken))


def _members(reader: _Reader, sdk: str, rows: list[Any]) -> tuple[Member, ...]:
    if len(rows) > MAX_MEMBERS:
        raise reader.bad(f"release {sdk} holds {len(rows)} packages, more than {MAX_MEMBERS}")
    merged: dict[tuple[str, str, frozenset[str]], set[str]] = {}
    for number, row in enumerate(rows):
        fields = Fields(reader.path, f"release {sdk}, package {number}", row)
        name = _name(reader, fields.text("name"))
        version = _version(reader, sdk, name, fields.text("version").strip())
        if version is None:
            continue
        instances = set(_instances(reader, name, fields.words("supported_instances")))
        pythons = frozenset(_pythons(reader, name, fields.words("supported_python_versions")))
        merged.setdefault((name, version, pythons), set()).update(instances)
    return tuple(
        Member(name, version, frozenset(instances), pythons)
        for (name, version, pythons), instances in sorted(
            merged.items(), key=lambda item: (item[0][0], item[0][1], sorted(item[0][2]))
        )
    )


def _name(reader: _Reader, published: str) -> str:
    name = published if published == "libnrt.so" else canonicalize_name(published)
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,99}", name):
        raise reader.bad(f"{published[:60]!r} is not a package name")
    if name != published:
        reader.note_repair(f"name {published}", f"written {name} (PEP 503)")
    if reader.known.packages.get(name) is None and name not in reader.packages:
        reader.packages[name] = _new_package(reader, name)
    return name


def _new_package(reader: _Reader, name: str) -> Package:
    """A package that the catalog has no entry for, told from the manifest alone."""
    row = reader.properties.get(name, {})
    kind = row.get("package_type")
    systems = {"pip": "pip", "os": "system"}.get(str(kind), "")
    if not systems:
        systems = "system" if name.startswith("aws-neuron") else "pip"
    taken = f"{systems} package, by its " + ("package_type" if kind in ("pip", "os") else "name")
    reader.unknowns.append(Unknown("package", name, taken))
    from neuron_pin.policy import Ecosystem

    return Package(
        name=name,
        kind=ComponentKind.STANDALONE,
        systems=(Ecosystem.PIP,) if systems == "pip" else (Ecosystem.APT, Ecosystem.RPM),
        title=str(row.get("component", "")),
        role=FrameworkRole.NONE,
    )


def _version(reader: _Reader, sdk: str, name: str, published: str) -> str | None:
    if published.lower() in ("", "na", "n/a"):
        reader.note_repair(f"version {published!r} of {name}", "kept as a name without a version")
        return ""
    try:
        parsed = parse_version(published)
    except InvalidVersion:
        reader.unknowns.append(Unknown("version", f"{name} {published[:60]} of {sdk}", "left out"))
        return None
    if parsed.phase is Phase.ALPHA:
        # The policy defines marks of Beta and of release candidates alone.
        taken = "kept as an Alpha, by a mark that the policy does not define"
        unknown = Unknown("version", f"{name} {published} of {sdk}", taken)
        if unknown not in reader.unknowns:
            reader.unknowns.append(unknown)
    fresh = reader.packages.get(name)
    if fresh is not None and parsed.form is Form.EXTENSION:
        reader.packages[name] = fresh._replace(
            kind=ComponentKind.EXTENSION, framework=name, role=FrameworkRole.LEADER
        )
    return published


def _instances(reader: _Reader, name: str, published: Iterable[str]) -> Iterable[str]:
    repairs = reader.known.instance_repairs
    for word in published:
        family = word.strip().lower()
        if family in repairs:
            reader.note_repair(f"instance {word!r} of {name}", f"read as {repairs[family]}")
            family = repairs[family]
        if family not in reader.known.instances and family not in reader.instances:
            if not re.fullmatch(r"[a-z]{2,8}\d{1,2}[a-z]{0,4}", family):
                reader.unknowns.append(Unknown("instance", f"{word[:40]!r} of {name}", "left out"))
                continue
            reader.instances.add(family)
            reader.unknowns.append(Unknown("instance", family, "a new instance family"))
        yield family


def _pythons(reader: _Reader, name: str, published: Iterable[str]) -> Iterable[str]:
    for word in published:
        match = re.fullmatch(r"\W*(\d\.\d{1,2})\W*", word)
        if match is None:
            reader.unknowns.append(Unknown("Python", f"{word[:40]!r} of {name}", "left out"))
            continue
        if match[1] != word:
            reader.note_repair(f"Python {word!r} of {name}", f"read as {match[1]}")
        if match[1] not in reader.known.pythons and match[1] not in reader.pythons:
            reader.pythons.add(match[1])
            reader.unknowns.append(Unknown("Python", match[1], "a new Python version"))
        yield match[1]


def _us_date(reader: _Reader, published: str) -> date:
    try:
        return datetime.strptime(published, "%m/%d/%Y").date()
    except ValueError:
        pass
    try:
        return date.fromisoformat(published)
    except ValueError:
        raise reader.bad(f"manifest_date {published[:40]!r} is not a date") from None


def _repositories(reader: _Reader, rows: list[Any]) -> dict[str, str]:
    names = {"whl": "pip", "rpm": "rpm", "apt": "apt", "deb": "apt"}
    found = {}
    for number, row in enumerate(rows):
        fields = Fields(reader.path, f"repos_n2 {number}", row)
        name = names.get(fields.text("repo_type"))
        url = fields.text("repo_url")
        if name is None or not url.startswith("https://"):
            reader.unknowns.append(Unknown("repository", url[:80], "left out"))
            continue
        found[name] = url.rstrip("/")
    return found
