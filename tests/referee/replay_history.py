"""Replay the releases: what is inferred beyond older facts, against the release that came.

Usage: replay_history.py [--cut N] [RELEASE …].  Without RELEASE every release is replayed, with facts
cut one release earlier and then three.  The status is 1 if fewer are equal than `LEAST` says.

For each release R the embedded facts are cut N releases earlier: without the later releases, what
they ship, and what was announced after the last one that is left.  What stays are the names of
packages with their framework and their windows, each of which has a source of its own: they name
no version that a release ships.  A folder of wheels and an apt repository then have just what R
ships, made of the members of the catalog: file names, and of requirements only the kinds that real
wheels have (torch's X.Y; the windows of packages.json).  Neither says what belongs to R.

R counts as *equal* if the inferred release has, of every package, just the versions that R lists:

- a package that R changes has the new versions, and none of the facts' versions that R dropped;
- a package that R does not change has the version that the facts know;
- a package that R drops is on neither source, and not in the inferred release;
- a package that R brings back or adds is in it.

A release in which nothing is newer than the facts has no inferred release: the newest known one
then has to list what R lists.  Not compared are third-party packages (torch-xla: requirements of
wheels decide) and what no package manager installs (EFA's installer).  Instance families are not
compared either: no index states them.

In a real index older versions stay.  They change nothing of what is newer: a version that a known
release ships never is.  But what R drops is still there, and is carried over in the inferred
release; `--with-earlier` adds them, and compares what is new of R alone.

With each equal release everything is also locked for one instance family with --newer-than-facts
allow: the lock has to be possible, and to have nothing but versions of R.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import neuron_pin
from neuron_pin.catalog import (
    Catalog,
    FrameworkRole,
    Member,
    Package,
    Release,
    public_version,
    same_public,
    sdk_key,
)
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.importer.writer import render_shipped, render_spans
from neuron_pin.catalog.spans import derive_shipped, derive_spans
from neuron_pin.errors import NeuronPinError
from neuron_pin.policy import Ecosystem, PinPrecision
from neuron_pin.policy.version import spell_mark
from neuron_pin.resolve import NewerThanFacts, Request
from neuron_pin.resolve.beyond import Beyond
from neuron_pin.sources.apt import parse_repository
from neuron_pin.sources.http.record_cache import RecordCache
from neuron_pin.sources.options import IndexLocations, Network, SourceLocations
from neuron_pin.sources.session import open_sources
from neuron_pin.target import Target, make_target

sys.path.insert(0, str(Path(__file__).parent.parent))

from conftest import wheel
from deb_world import Deb, debs

LEAST = {1: 48, 3: 40}
"""By how many releases the facts are cut: how many releases have to be equal."""

WHY = {
    "2.3.0": "the first release: there are no earlier facts",
    "2.4.0": "there are no facts of three releases earlier",
    "2.5.0": "there are no facts of three releases earlier",
    "2.8.0": "lists again, in versions of 2.5.0, what 2.6.0 and 2.7.0 had left out",
    "2.20.0": "goes back to versions of 2.12.0 of two packages, for inf1 alone",
    "2.20.1": "2.20.0 went back to versions of 2.12.0 of two packages, for inf1 alone",
    "2.20.2": "2.20.0 went back to versions of 2.12.0 of two packages, for inf1 alone",
}
"""Why a release differs, of those that are known to."""

Shipped = dict[str, set[str]]
"""The versions of each package."""


def list_releases(catalog: Catalog) -> list[Release]:
    """The releases of the manifest, oldest first."""
    listed = [release for release in catalog.releases if release.listed]
    return sorted(listed, key=lambda release: sdk_key(release.sdk))


def is_compared(package: Package) -> bool:
    return package.kind.is_component and bool(package.systems)


def list_shipped(catalog: Catalog, members: Iterable[Member]) -> Shipped:
    """What a release has of the packages that are compared."""
    found: Shipped = {}
    for member in members:
        if member.version and is_compared(catalog.packages[member.package]):
            found.setdefault(member.package, set()).add(member.version)
    return found


def cut_facts(folder: Path, catalog: Catalog, releases: list[Release]) -> Catalog:
    """The facts as they were when the last of these releases was the newest."""
    shutil.copytree(EMBEDDED, folder)
    kept, last = {release.sdk for release in releases}, releases[-1].date
    for path in (folder / "members").iterdir():
        if path.stem not in kept:
            path.unlink()
    edit(folder / "releases.json", "releases", lambda row: row["sdk"] in kept)
    edit(folder / "lifecycle.json", "events", lambda row: is_before(row["announced"], last))
    edit(folder / "parts.json", "parts", lambda row: False)
    evidence = json.loads((folder / "evidence.json").read_text())
    for row in evidence["evidence"]:
        row["releases"] = [sdk for sdk in row["releases"] if sdk in kept]
    evidence["evidence"] = [row for row in evidence["evidence"] if row["releases"]]
    (folder / "evidence.json").write_text(json.dumps(evidence))
    head = json.loads((folder / "catalog.json").read_text())
    head |= {"version": releases[-1].sdk, "date": str(last), "announcements": str(last)}
    (folder / "catalog.json").write_text(json.dumps(head))
    ordered = [(release.sdk, catalog.members(release.sdk)) for release in releases]
    (folder / "spans.json").write_text(render_spans(derive_spans(ordered, catalog.packages)))
    (folder / "shipped.json").write_text(render_shipped(derive_shipped(ordered)))
    return Catalog(str(folder))


def edit(path: Path, name: str, keeps: Callable[[dict[str, str]], bool]) -> None:
    document = json.loads(path.read_text())
    document[name] = [row for row in document[name] if keeps(row)]
    path.write_text(json.dumps(document))


def is_before(day: str, last: date) -> bool:
    return date.fromisoformat(day) <= last


def publish(folder: Path, catalog: Catalog, releases: Iterable[Release]) -> tuple[Path, str]:
    """A folder of wheels and an apt repository with what some releases ship."""
    wheels, packages = folder / "wheels", set[tuple[str, str]]()
    wheels.mkdir(parents=True)
    for release in releases:
        for member in catalog.members(release.sdk):
            package = catalog.packages[member.package]
            if not member.version or not is_compared(package):
                continue
            if Ecosystem.PIP not in package.systems:
                packages.add((member.package, member.version.replace(".x", ".1")))
                continue
            version = spell_mark(public_version(member.version))
            name = f"{package.name.replace('-', '_')}-{version}-py3-none-any.whl"
            requires = tuple(list_requirements(package, version))
            (wheels / name).write_bytes(wheel(package.name, version, requires))
            series = ".".join(version.split(".")[:2])
            if package.framework == "pytorch":
                (wheels / f"torch-{series}.0-py3-none-any.whl").write_bytes(
                    wheel("torch", f"{series}.0")
                )
    return wheels, debs(folder / "repository", [Deb(*row) for row in sorted(packages)])


def list_requirements(package: Package, version: str) -> Iterator[str]:
    """What real wheels of a package require: its framework's X.Y, and what packages.json has as
    windows of packages that it does not work without."""
    if package.name == "torch-neuronx" and package.role is FrameworkRole.LEADER:
        yield f"torch=={'.'.join(version.split('.')[:2])}.*"
    for window in package.windows:
        if window.required and window.versions.contains(version):
            yield f"{window.other}{window.range}"


class Replay(NamedTuple):
    """One release: what was inferred of each package that differs, and what it lists."""

    release: Release
    inferred: bool
    differences: dict[str, tuple[set[str], set[str]]]
    lock: str


def replay(release: Release, cut: int, folder: Path, *, with_earlier: bool = False) -> Replay:
    """Infer a release from facts that are cut so many releases earlier."""
    catalog = Catalog(EMBEDDED)
    releases = list_releases(catalog)
    at = [each.sdk for each in releases].index(release.sdk)
    wanted = list_shipped(catalog, catalog.members(release.sdk))
    if at < cut:
        return Replay(release, False, {name: (set(), of) for name, of in wanted.items()}, "")
    known = cut_facts(folder / "facts", catalog, releases[: at - cut + 1])
    published = releases[: at + 1] if with_earlier else [release]
    wheels, line = publish(folder, catalog, published)
    target = make_target(
        known, instance=None, system=None, python="3.12", as_of=release.date, this_python="3.12"
    )
    found, inferred = infer(known, target, wheels, line)
    if with_earlier:
        facts = set(known.dates)
        wanted = {n: {v for v in of if not ships(catalog, n, v, facts)} for n, of in wanted.items()}
        newest = list_shipped(catalog, known.members(releases[at - cut].sdk))
        found = {name: of - newest.get(name, set()) for name, of in found.items()}
    differences = {
        name: (found.get(name, set()), wanted.get(name, set()))
        for name in sorted({*found, *wanted})
        if not is_equal(found.get(name, set()), wanted.get(name, set()))
    }
    problem = "" if differences or with_earlier else lock(known, release, catalog, wheels, line)
    return Replay(release, inferred, differences, problem)


def ships(catalog: Catalog, name: str, version: str, facts: set[str]) -> bool:
    return any(sdk in facts for sdk, _ in catalog.shipped(name).get(version, ()))


def is_equal(found: set[str], wanted: set[str]) -> bool:
    return len(found) == len(wanted) and all(
        any(same_public(listed, version) for version in found) for listed in wanted
    )


def infer(known: Catalog, target: Target, wheels: Path, line: str) -> tuple[Shipped, bool]:
    """What the inferred release has, or the newest known one if there is none."""
    request = Request(target, (), (), None, PinPrecision.EXACT)
    indexes = IndexLocations(find_links=(str(wheels),), no_index=True)
    locations = SourceLocations(
        indexes=indexes, repositories=(parse_repository(line),), is_named=True
    )
    with tempfile.TemporaryDirectory() as cache:
        network = Network(cache_folder=cache)
        with open_sources(locations, network, known, target, RecordCache(cache)) as sources:
            inferred = Beyond(NewerThanFacts.ALLOW, request, known, sources).infer()
    if inferred is None:
        newest = next(release for release in known.releases if release.is_final)
        return list_shipped(known, known.members(newest.sdk)), False
    return list_shipped(known, inferred.catalog.members(inferred.release.sdk)), True


def lock(known: Catalog, release: Release, catalog: Catalog, wheels: Path, line: str) -> str:
    """What is wrong with a lock of everything for the family that the release has most for; empty
    for nothing."""
    members = catalog.members(release.sdk)
    families = sorted({family for m in members for family in m.instances})
    family = max(families, key=lambda f: sum(f in m.instances for m in members))
    pythons = sorted({p for m in members for p in m.pythons}, key=sdk_key)
    with tempfile.TemporaryDirectory() as cache:
        try:
            found = neuron_pin.lock(
                target=neuron_pin.Target(
                    instance=family, python=pythons[len(pythons) // 2], as_of=release.date,
                    phases=("eos",),
                ),
                catalog=known, find_links=[wheels], no_index=True, apt_repo=[line],
                cache_dir=cache, newer_than_facts="allow",
            )  # fmt: skip
        except NeuronPinError as error:
            return f"cannot be locked for {family}: {error}: {getattr(error, 'causes', '')}"
    wanted = list_shipped(catalog, members)
    others = [
        f"{package.key.name} {package.version}"
        for package in found.packages
        if package.kind is not None and package.kind.is_component
        and not any(same_public(v, package.version) for v in wanted.get(package.key.name, ()))
    ]  # fmt: skip
    return f"the lock for {family} has {', '.join(others)}" if others else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("releases", nargs="*", metavar="RELEASE")
    parser.add_argument("--cut", type=int, action="append", metavar="N")
    parser.add_argument("--with-earlier", action="store_true")
    options = parser.parse_args()
    releases = list_releases(Catalog(EMBEDDED))
    wanted = [r for r in releases if r.sdk in options.releases] or releases
    too_few = False
    for cut in options.cut or sorted(LEAST):
        equal = 0
        for release in wanted:
            with tempfile.TemporaryDirectory() as folder:
                found = replay(release, cut, Path(folder), with_earlier=options.with_earlier)
            if not found.differences and not found.lock:
                equal += 1
                continue
            print(f"{release.sdk}: {WHY.get(release.sdk, 'not explained')}")
            print(f"  {found.lock}" if found.lock else "", end="\n" if found.lock else "")
            for name, (have, want) in found.differences.items():
                print(f"  {name}: inferred {sorted(have) or '-'}, released {sorted(want) or '-'}")
        print(f"facts cut {cut} earlier: {equal} of {len(wanted)} releases are equal")
        too_few = too_few or (wanted == releases and equal < LEAST.get(cut, 0))
    return int(too_few and not options.with_earlier)


if __name__ == "__main__":
    sys.exit(main())
