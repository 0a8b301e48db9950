"""Writing a catalog folder: the embedded one when it is rebuilt, or a user's newer one.

The text is made to be reviewed: sorted, one fact a line.  Members and ``catalog.json`` come
from the manifest, events from announcements; the other files are curated and carried over,
with what is new added.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from neuron_pin.catalog.catalog import EMBEDDED, Catalog
from neuron_pin.catalog.choosing import old_beside
from neuron_pin.catalog.cluster import read_cluster
from neuron_pin.catalog.facts import Availability, AvailabilityRange, Chart, Member, Package
from neuron_pin.catalog.files import read_object
from neuron_pin.catalog.images import FILE as IMAGES
from neuron_pin.catalog.images import Images, load_images
from neuron_pin.catalog.model_classes import read_model_classes
from neuron_pin.catalog.neff import read_neff_facts
from neuron_pin.catalog.spans import derive_shipped, derive_spans
from neuron_pin.catalog.version_range import sdk_key
from neuron_pin.errors import CannotWrite
from neuron_pin.fs.atomic import sync, write_atomically, write_new_files
from neuron_pin.policy import Ecosystem, Event, EventType, Phase, parse_version

from .announcements import GUESSED_DAY, Announcements
from .checksums import SUMS, render_sums
from .manifest import Manifest
from .tested_table import sort_tested

CURATED = (
    "packages.json",
    "lifecycle.json",
    "systems.json",
    "kernels.json",
    "names.json",
    "corrections.json",
    "releases.json",
    "models.json",
    "evidence.json",
    "parts.json",
    "charts.json",
    "images.json",
    "kubernetes.json",
    "neff.json",
)


def render_catalog(
    manifest: Manifest | None,
    known: Catalog,
    source: str,
    announcements: Announcements | None = None,
    charts: Sequence[Chart] = (),
    images: Images | None = None,
) -> dict[str, str]:
    """The files of the catalog that results from a manifest, announcements, charts, and from
    the facts of ``known``, by their path in the folder, with their sums; ``source`` says where
    they are from."""
    texts = _texts(manifest, known, source, announcements, charts)
    if images is not None:
        texts[IMAGES] = _one_a_line(images.as_document())
    texts[SUMS] = render_sums(texts)
    return texts


def install_catalog(
    texts: Mapping[str, str],
    target: str,
    check: Callable[[str], None] = lambda folder: None,
) -> None:
    """Put the files of a catalog into a folder.

    The folder appears whole or not at all: it is made beside its place and renamed, by one
    process at a time.  Files of the embedded one, which is under version control, are replaced
    one by one.  ``check`` is called with the new folder before it takes its place; what it
    raises leaves the former one as it is.  Raises `CannotWrite`, and `BrokenCatalog` for files
    that are no catalog.
    """
    folder = Path(target).absolute()
    if folder.resolve() == Path(EMBEDDED).resolve():
        for name, text in texts.items():
            write_atomically(str(folder / name), text)
        return
    fresh = folder.with_name(f".{folder.name}.new")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder.parent):
            try:
                shutil.rmtree(fresh, ignore_errors=True)
                write_new_files(str(fresh), texts)
                _read_back(str(fresh))
                check(str(fresh))
                _put_in_place(fresh, folder)
            except BaseException:
                shutil.rmtree(fresh, ignore_errors=True)
                raise
    except OSError as error:
        raise CannotWrite(str(folder), error.strerror or str(error)) from None


def _put_in_place(fresh: Path, folder: Path) -> None:
    """At every moment the former content or the new one is there, under its name or as the old
    one beside it, which readers know."""
    old = Path(old_beside(str(folder)))
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    try:
        fresh.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    sync(str(folder.parent))
    shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """While nobody else writes into a folder."""
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            # Some network file systems have no locks.
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read_back(folder: str) -> None:
    """Read what was written as it will be used; raises `BrokenCatalog`."""
    fresh = Catalog(folder)
    for release in fresh.releases:
        if release.listed:
            fresh.members(release.sdk)
    _ = dict(fresh.packages), fresh.events, fresh.systems, fresh.spans, fresh.instances, fresh.names
    _ = read_model_classes(fresh)
    _ = fresh.evidence, fresh.parts
    _ = [fresh.shipped(name) for name in fresh.packages]
    _ = fresh.tested, fresh.kernel_floors, fresh.corrections, fresh.left_out, fresh.products
    _ = fresh.pythons, fresh.instance_repairs, fresh.machines, fresh.charts, read_cluster(fresh)
    _ = read_neff_facts(fresh)
    load_images(fresh)


def _texts(
    manifest: Manifest | None,
    known: Catalog,
    source: str,
    announcements: Announcements | None,
    charts: Sequence[Chart],
) -> dict[str, str]:
    curated = {name: read_object(_find_curated(known, name)) for name in CURATED}
    parts = curated["parts.json"]
    in_part = {release.sdk for release in known.releases if release.in_part}
    parts["parts"] = [row for row in parts["parts"] if row["sdk"] in in_part]
    head = {"schema": known.schema, "version": known.version, "source": source}
    day, announced = known.date, known.announced
    urls = known.repositories._asdict()
    listed = {r.sdk: known.members(r.sdk) for r in known.releases if r.listed}
    packages = dict(known.packages)
    if manifest is not None:
        _add_manifest(curated, manifest, source)
        listed |= manifest.members
        packages |= {package.name: package for package in manifest.new_packages}
        urls |= manifest.repositories
        head["version"] = max(manifest.version, known.version, key=sdk_key)
        day = max(day, manifest.date)
    if announcements is not None:
        _set_days(curated, announcements)
        rows = curated["lifecycle.json"]["events"]
        rows += [_event_row(event) for event in announcements.events]
        rows.sort(key=_event_order)
        disagree = curated["lifecycle.json"].setdefault("contradictions", [])
        _add_tested(curated["kernels.json"], known, announcements)
        new = [each.as_document() for each in announcements.contradictions]
        disagree += [row for row in new if row not in disagree]
        if not disagree:
            del curated["lifecycle.json"]["contradictions"]
        if announcements.newest is not None:
            announced = max(announced, announcements.newest)
    if charts:
        fresh = {chart.version for chart in charts}
        kept = (chart for chart in known.charts if chart.version not in fresh)
        rows = sorted((*charts, *kept), key=lambda chart: sdk_key(chart.version), reverse=True)
        curated["charts.json"]["charts"] = [chart.as_document() for chart in rows]
    is_later = max(day, announced) > known.age[0]
    revision = 0 if is_later else known.revision + 1
    texts = {
        "catalog.json": json.dumps(
            head
            | {"date": day.isoformat(), "announcements": announced.isoformat()}
            | ({"revision": revision} if revision else {})
            | {"repositories": dict(sorted(urls.items()))},
            indent=1,
        )
        + "\n"
    }
    for name, value in curated.items():
        texts[name] = _one_a_line(value)
    for sdk, members in listed.items():
        texts[f"members/{sdk}.json"] = _member_text(members)
    order = sorted(listed, key=sdk_key)
    ordered = [(sdk, listed[sdk]) for sdk in order]
    # A pre-release is no release that something came with, or was left out of.
    final = [row for row in ordered if parse_version(row[0]).phase >= Phase.STABLE]
    texts["spans.json"] = render_spans(derive_spans(final, packages))
    texts["shipped.json"] = render_shipped(derive_shipped(ordered))
    return texts


def _find_curated(known: Catalog, name: str) -> str:
    """A curated file of a catalog; the embedded one where the catalog was written before there
    was such a file."""
    own = os.path.join(known.folder, name)
    return own if os.path.lexists(own) else os.path.join(EMBEDDED, name)


def _add_manifest(curated: dict[str, dict[str, Any]], manifest: Manifest, source: str) -> None:
    dated = {row["sdk"] for row in curated["releases.json"]["releases"]}
    for row in curated["releases.json"]["releases"]:
        if row["sdk"] in manifest.members:
            # It was known by its date, or in part; its day stays.
            row.pop("unlisted", None)
            row.pop("in_part", None)
    parts = curated["parts.json"]
    parts["parts"] = [row for row in parts["parts"] if row["sdk"] not in manifest.members]
    for sdk in manifest.members:
        if sdk not in dated:
            curated["releases.json"]["releases"].append(
                {
                    "sdk": sdk,
                    "date": manifest.date.isoformat(),
                    "source": source,
                    "note": GUESSED_DAY,
                }
            )
    curated["releases.json"]["releases"].sort(key=lambda row: sdk_key(row["sdk"]))
    curated["packages.json"]["packages"] += [_package_row(p) for p in manifest.new_packages]
    curated["packages.json"]["packages"].sort(key=lambda row: row["name"])
    systems = curated["systems.json"]
    systems["instances"].update({family: family for family in manifest.new_instances})
    systems["pythons"] = sorted({*systems["pythons"], *manifest.new_pythons}, key=sdk_key)


def _set_days(curated: dict[str, dict[str, Any]], announcements: Announcements) -> None:
    """Date releases as pages state it, and what took effect with them."""
    for row in curated["releases.json"]["releases"]:
        stated = announcements.release_days.get(row["sdk"])
        if stated is None or row.get("note") != GUESSED_DAY:
            continue
        guessed, row["date"] = row["date"], stated.day.isoformat()
        row["source"] = stated.source
        del row["note"]
        for event in curated["lifecycle.json"]["events"]:
            if event.get("sdk") == row["sdk"] and event.get("effective") == guessed:
                event["effective"] = row["date"]


def _add_tested(kernels: dict[str, Any], known: Catalog, announcements: Announcements) -> None:
    """The rows of ``kernels.json`` with those that pages brought, the newest release first."""
    if announcements.tested:
        rows = sort_tested((*known.tested, *announcements.tested))
        kernels["tested"] = [
            {**row._asdict(), "kernels": list(row.kernels), "instances": sorted(row.instances)}
            for row in rows
        ]


def _event_row(event: Event) -> dict[str, Any]:
    row = {
        "kind": event.kind.value,
        "name": event.name,
        "version": event.version,
        "component": event.component,
        "workload": event.workload,
        "type": event.type.value if event.type is not EventType.PHASE else "",
        "phase": event.phase.label if event.phase is not None else "",
        "announced": event.announced.isoformat(),
        "effective": event.effective.isoformat() if event.effective else "",
        "sdk": event.sdk,
        "instances": sorted(event.instances),
        "replacement": event.replacement,
        "source": event.source,
        "note": event.note,
    }
    return {name: value for name, value in row.items() if value}


def _event_order(row: dict[str, Any]) -> tuple[str, ...]:
    names = ("kind", "name", "version", "announced", "type", "phase")
    return tuple(row.get(name, "") for name in names)


def render_spans(spans: Availability) -> str:
    """``spans.json``: a line for each name."""
    parts = {
        "packages": _sort_ranges(spans.packages),
        "frameworks": {name: _sort_ranges(of) for name, of in spans.frameworks.items()},
        "pythons": _sort_ranges(spans.pythons),
        "instances": _sort_ranges(spans.instances),
    }
    return _one_a_line(parts)


def render_shipped(shipped: Mapping[str, Mapping[str, Sequence[tuple[str, Member]]]]) -> str:
    """``shipped.json``: a line for each version of a package."""
    parts = {
        name: {
            version: [[sdk, *_member_row(member)[2:]] for sdk, member in rows]
            for version, rows in versions.items()
        }
        for name, versions in sorted(shipped.items())
    }
    return _one_a_line(parts)


def _sort_ranges(lives: Mapping[str, AvailabilityRange]) -> dict[str, list[str]]:
    return {name: list(lives[name]) for name in sorted(lives, key=lambda n: (sdk_key(n), n))}


def _member_text(members: tuple[Member, ...]) -> str:
    return _one_a_line({"members": [_member_row(member) for member in members]})


def _member_row(member: Member) -> list[str]:
    instances = " ".join(sorted(member.instances))
    pythons = " ".join(sorted(member.pythons, key=sdk_key))
    return [member.package, member.version, instances, pythons]


def _package_row(package: Package) -> dict[str, Any]:
    installed_by = "pip" if Ecosystem.PIP in package.systems else "system"
    row = {
        "name": package.name,
        "kind": package.kind.value,
        "installed_by": installed_by,
        "title": package.title,
    }
    if package.framework:
        row |= {"framework": package.framework, "role": package.role.value}
    return row


def _one_a_line(value: dict[str, Any]) -> str:
    """JSON with every entry of a list, or of an object, on a line of its own."""
    lines = []
    for name, part in value.items():
        dumped = json.dumps(name)
        if isinstance(part, list) and part and not isinstance(part[0], str):
            rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in part)
            lines.append(f"{dumped}: [\n{rows}\n]")
        elif isinstance(part, dict):
            rows = ",\n".join(
                f"{json.dumps(key)}: {json.dumps(row, ensure_ascii=False)}"
                for key, row in sorted(part.items())
            )
            lines.append(f"{dumped}: {{\n{rows}\n}}")
        else:
            lines.append(f"{dumped}: {json.dumps(part, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
