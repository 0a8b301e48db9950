"""Nothing that is written for a package manager admits a version that a rule excludes.

Run as a program it takes every release and operating system, each on the day of the release and
on the last day of the facts, and each package alone where a release does not have all of them:
python tests/outputs/test_excluded_versions.py [FAMILY…]
"""

from __future__ import annotations

import fnmatch
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, get_args

import pytest
from conftest import sample

import neuron_pin
from neuron_pin import Target
from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.errors import NeuronPinError, NoSolution
from neuron_pin.fs.toml import parse_toml
from neuron_pin.inputs.host.apt_policy import AptPolicy, KnownVersion, PackageFile
from neuron_pin.inputs.host.apt_preferences import parse_preferences
from neuron_pin.inputs.host.apt_sandbox import Archive, has_apt, scratch_apt
from neuron_pin.operations import relax
from neuron_pin.operations.lock_request import LockRequest
from neuron_pin.outputs.apt_preferences import render_apt_preferences
from neuron_pin.outputs.versionlock import render_versionlock_list, render_versionlock_toml
from neuron_pin.policy import Ecosystem, Rule
from neuron_pin.policy.rpmversion import compare_rpm
from neuron_pin.resolve import Resolution
from neuron_pin.resolve.rules import Context, first_exclusion, select_rules
from neuron_pin.sources.candidate import Candidate

Strength = Literal["major", "minor", "exact"]
FAMILIES = ("inf1", "inf2", "trn1", "trn2", "trn3")
FILE = PackageFile(site="apt.repos.neuron.amazonaws.com", archive="jammy", component="main")
PATH = "preferences.d/00-neuron-pin.pref"
RULES = select_rules(Rule.INSTANCE, Rule.OPERATING_SYSTEM, Rule.KERNEL, Rule.END_OF_SUPPORT)


def locks(
    catalog: Catalog, family: str, strength: Strength, *, every: bool = False
) -> Iterator[Resolution]:
    """A lock for each operating system and release, of all system packages that it has: of every
    one, or of a few."""
    systems = [s for s in catalog.systems if every or s.name in ("ubuntu22.04", "amzn2023")]
    for system in systems:
        for release in catalog.releases if every else catalog.releases[3::12]:
            members = catalog.members(release.sdk) if release.listed else ()
            names = {
                member.package
                for member in members
                if family in member.instances and len(catalog.packages[member.package].systems) == 2
            }
            if not names:
                continue
            for day in dict.fromkeys((release.date, catalog.announced if every else release.date)):
                phases = ["beta", "eos"] if day > release.date else ["beta"]
                python = "3.10" if day == release.date else "3.12"
                target = Target(
                    instance=family, os=system.name, python=python, as_of=day, phases=phases
                )
                groups = [sorted(names)]
                for group in groups:
                    try:
                        yield neuron_pin.lock(
                            group, target=target, sdk=release.sdk, pin=strength, offline=True,
                            catalog=catalog,
                        )  # fmt: skip
                    except NeuronPinError:
                        if every and len(group) > 1:
                            groups += [[name] for name in group]


def find_excluded(catalog: Catalog, resolution: Resolution) -> dict[str, list[str]]:
    """The known versions of each locked package that a rule excludes in every release that ships
    them, but the locked ones."""
    context, found = Context(catalog, resolution.target), {}
    for package in resolution.packages:
        found[package.key.name] = [
            version
            for version, rows in catalog.shipped(package.key.name).items()
            if version != package.version
            and all(
                first_exclusion(Candidate(package.key, version, "", member), context, RULES)
                for _, member in rows
            )
        ]
    return found


def admitted_by_list(text: str, name: str, version: str) -> bool:
    """dnf 4's versionlock: a union of patterns, without those behind an exclamation mark."""
    rows = [row for row in text.splitlines() if not row.startswith("#")]
    spellings = [f"{name}-0:{version}-1", f"{name}-0:{version}_3dcef56f0-1"]

    def matches(patterns: list[str]) -> bool:
        return any(fnmatch.fnmatchcase(s, p) for s in spellings for p in patterns)

    wanted = [row for row in rows if row.startswith(f"{name}-0:")]
    refused = [row[1:] for row in rows if row.startswith(f"!{name}-0:")]
    return matches(wanted) and not all(
        any(fnmatch.fnmatchcase(s, p) for p in refused) for s in spellings
    )


def admitted_by_toml(text: str, name: str, version: str) -> bool:
    """dnf 5's versionlock: any entry of the name whose conditions all hold."""
    holds = {">=": (0, 1), "<": (-1,), "=": (0,)}
    for entry in parse_toml(text)["packages"]:
        for spelling in (f"0:{version}-1", f"0:{version}_3dcef56f0-1"):
            if entry["name"] == name and all(
                compare_rpm(spelling, c["value"]) in holds[c["comparator"]]
                for c in entry["conditions"]
            ):
                return True
    return False


CASES = [(family, strength) for family in FAMILIES for strength in get_args(Strength)]


@pytest.mark.parametrize(("family", "strength"), sample(CASES, 4))
def test_no_excluded_version_is_admitted(catalog: Catalog, family: str, strength: Strength) -> None:
    assert check(catalog, locks(catalog, family, strength)) > 1


def check(catalog: Catalog, resolutions: Iterator[Resolution]) -> int:
    """Hold what is written of each lock to its exclusions; gives how many locks."""
    seen = 0
    texts: dict[str, list[tuple[str, str]]] = {}
    for resolution in resolutions:
        seen += 1
        refused = find_excluded(catalog, resolution)
        if resolution.target.system is Ecosystem.APT:
            text = render_apt_preferences(resolution, "x")
            rows = [(name, f"{v}-x") for name, found in refused.items() for v in found]
            texts.setdefault(text, rows)
            continue
        lines = render_versionlock_list(resolution, "x")
        toml = 'version = "1.0"\n' + render_versionlock_toml(resolution, "x")
        for name, versions in refused.items():
            chosen = next(p.version for p in resolution.packages if p.key.name == name)
            assert admitted_by_list(lines, name, chosen), (name, chosen, lines)
            assert admitted_by_toml(toml, name, chosen), (name, chosen, toml)
            for version in versions:
                assert not admitted_by_list(lines, name, version), (name, version, lines)
                assert not admitted_by_toml(toml, name, version), (name, version, toml)
    for text, rows in texts.items():
        policy = AptPolicy(parse_preferences(text, "x.pref")[0])
        for name, version in rows:
            known = KnownVersion(version, (FILE,))
            assert policy.verdict(name, known, None).priority < 0, (name, version, text)
    return seen


@pytest.mark.apt
@pytest.mark.skipif(not has_apt(), reason="needs apt")
@pytest.mark.parametrize("family", sample(FAMILIES, 2))
def test_real_apt_admits_no_excluded_version(catalog: Catalog, family: str) -> None:
    """The texts that differ, each in a root with every known version of its packages."""
    texts = {}
    for resolution in locks(catalog, family, "major"):
        if resolution.target.system is Ecosystem.APT:
            text = render_apt_preferences(resolution, "x")
            body = "\n".join(r for r in text.splitlines() if not r.startswith(("#", "Explan")))
            chosen = {package.key.name: package.version for package in resolution.packages}
            texts[body] = (text, find_excluded(catalog, resolution), chosen)
    assert texts
    names = sorted({name for _, found, _ in texts.values() for name in found})
    every = {name: [f"{v}-x" for v in catalog.shipped(name) if "x" not in v] for name in names}
    with scratch_apt([Archive(FILE, every)], {}, {PATH: ""}) as apt:
        for text, refused, chosen in texts.values():
            Path(apt.root, "etc/apt", PATH).write_text(text)
            said = apt.policy(sorted(refused))
            for name, versions in refused.items():
                assert said[name].priorities.get(f"{chosen[name]}-x", 990) == 990, name
                for version in versions:
                    if "x" not in version:
                        assert said[name].priorities[f"{version}-x"] < 0, (name, version, text)


def no_advice(request: LockRequest, error: NoSolution) -> NoSolution:
    """What would work instead takes longer than all the rest, and nobody reads it here."""
    return error


if __name__ == "__main__":
    relax.explain_conflict = no_advice
    for each in sys.argv[1:] or FAMILIES:
        for held in get_args(Strength):
            facts = load_catalog()
            count = check(facts, locks(facts, each, held, every=True))
            print(each, held, count, "locks", flush=True)
