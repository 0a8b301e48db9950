"""Random apt worlds with random preferences, and what our reader says of them beside apt.

Run as a program it is the long form:  python tests/inputs/host/apt_scenarios.py SEED COUNT
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from neuron_pin.audit.apt_view import view_packages
from neuron_pin.inputs.host.apt_preferences import (
    AptPolicy,
    KnownVersion,
    PackageFile,
    parse_preferences,
)
from neuron_pin.inputs.host.apt_sandbox import AptAnswer, Archive, ScratchApt, scratch_apt
from neuron_pin.outputs.apt_preferences import find_outside
from neuron_pin.policy.debversion import deb_key

NAMES = ["aws-neuronx-dkms", "aws-neuronx-tools", "aws-neuronx-runtime-lib", "harmless"]
SITES = ["apt.neuron.invalid", "deb.other.invalid", "evil.invalid"]
VERSIONS = [
    "2.25.145.0-aaa1", "2.26.14.0", "2.28.19.0-1b3ca6425", "2.28.19.01-x", "2.30.2.0-b", "20.1.0-1",
    "3.0.5-1", "3.1-1", "9.9-evil", "2.99.0.0-evil", "1:2.3-1", "2.28.19.0~rc1-1", "0.9",
]  # fmt: skip
STATUS = PackageFile(is_status=True, component="now")


class World(NamedTuple):
    archives: list[Archive]
    installed: dict[str, str]
    held: frozenset[str]
    preferences: dict[str, str]


def make_world(chance: random.Random) -> World:
    archives = []
    for number, site in enumerate(SITES[: chance.randint(1, 3)]):
        file = PackageFile(
            site=site,
            origin=chance.choice(["", "AWS Neuron", "Debian"]),
            archive=chance.choice(["stable", "jammy", "testing"]),
            codename=chance.choice(["", "jammy", "bookworm"]),
            label=chance.choice(["", "Neuron"]),
            component="main",
            version=chance.choice(["", "12.1", "22.04"]),
            not_automatic=chance.random() < 0.15,
            but_automatic_upgrades=chance.random() < 0.1,
        )
        if file.but_automatic_upgrades:
            file = file._replace(not_automatic=True)
        versions = {
            name: chance.sample(VERSIONS, chance.randint(0, 5)) for name in NAMES if number or name
        }
        archives.append(Archive(file, {n: v for n, v in versions.items() if v}))
    known = {n for archive in archives for n in archive.versions}
    installed = {n: chance.choice(VERSIONS) for n in sorted(known) if chance.random() < 0.5}
    held = frozenset(n for n in installed if chance.random() < 0.15)
    preferences = {}
    paths = ["preferences", "preferences.d/00-neuron-pin.pref", "preferences.d/zz"]
    for path in chance.sample(paths, chance.randint(1, 3)):
        preferences[path] = "\n".join(stanza(chance) for _ in range(chance.randint(1, 4)))
    if chance.random() < 0.6:
        preferences["preferences.d/00-neuron-pin.pref"] = recipe(chance)
    return World(archives, installed, held, preferences)


def recipe(chance: random.Random) -> str:
    """Our own three stanzas, for a major or an exact version."""
    name = chance.choice(NAMES[:3])
    regex = chance.choice([find_outside(["2."], []), find_outside(["2.28.19.0-"], ["2.28.19.0"])])
    rows = [(f"version /{regex}/", -1), (f'origin "{SITES[0]}"', 990), ("release *", -1)]
    return "\n".join(f"Package: {name}\nPin: {pin}\nPin-Priority: {p}\n" for pin, p in rows)


def stanza(chance: random.Random) -> str:
    names = chance.choice([*NAMES, "*", "aws-neuronx-*", "/tools|dkms/", "AWS-*", "harmless:amd64",
                           "aws-neuronx-tools harmless", "harmless:any", "harmless:i386"])  # fmt: skip
    pin = chance.choice([
        "version 2.*", "version 2.28.19.0-*", "version 2.28.19.0*", "version *", "version 3.0.5-1",
        "version /^2\\./", "version /[[:digit:]]\\.9/", "version 1:2.*", "version 2",
        'origin "apt.neuron.invalid"', "origin evil.invalid", "origin *.invalid", 'origin ""',
        "release *", "release a=stable", "release o=AWS Neuron", "release n=jammy,c=main",
        "release a=now", "release jammy", "release v=22.*", "release l=Neuron", "release b=amd64",
        "release 12.*", "release a=st*", "release o=AWS*,a=testing", "release q=1",
    ])  # fmt: skip
    if names == "*" and pin.startswith("version"):
        pin = "release *"
    priority = chance.choice([-1, -10, 1, 99, 100, 400, 500, 501, 990, 995, 999, 1000, 1001])
    comment = chance.choice(["", "Explanation: why\n", "# a comment\n"])
    return f"{comment}Package: {names}\nPin: {pin}\nPin-Priority: {priority}\n"


def files_of(world: World, name: str) -> list[KnownVersion]:
    found: dict[str, list[PackageFile]] = {}
    for archive in world.archives:
        for version in archive.versions.get(name, ()):
            found.setdefault(version, []).append(archive.file)
    if name in world.installed:
        found.setdefault(world.installed[name], []).append(STATUS)
    return [KnownVersion(version, tuple(files)) for version, files in found.items()]


def ours(world: World) -> AptPolicy:
    stanzas = []
    for path in sorted(world.preferences, key=lambda p: (p != "preferences", p)):
        found, problems = parse_preferences(world.preferences[path], path)
        assert not [p for p in problems if p.is_fatal], problems
        stanzas += found
    return AptPolicy(stanzas)


def differences(world: World) -> list[str]:
    """Where apt and we do not agree: priorities, candidates, what commands would do."""
    policy, wrong = ours(world), []
    known = {n for archive in world.archives for n in archive.versions} | set(world.installed)
    names = sorted(known)
    with scratch_apt(world.archives, world.installed, world.preferences, held=world.held) as apt:
        said = apt.policy(names)
        for name in names:
            versions, installed = files_of(world, name), world.installed.get(name)
            mine = {v.version: policy.verdict(name, v, installed).priority for v in versions}
            if mine != dict(said[name].priorities):
                wrong.append(f"{name}: priorities {mine}, apt {dict(said[name].priorities)}")
            candidate = policy.candidate(name, versions, installed)
            if candidate != said[name].candidate:
                wrong.append(f"{name}: candidate {candidate}, apt {said[name].candidate}")
            if _is_pinned_by_us_alone(world, name) and not _is_trusted(world, name, candidate):
                wrong.append(f"{name}: {candidate} of another archive wins")
        wrong += commands(world, policy, apt, names)
        wrong += views(apt, said, names)
    return wrong


def _is_pinned_by_us_alone(world: World, name: str) -> bool:
    ours = world.preferences.get("preferences.d/00-neuron-pin.pref", "")
    first = "preferences" not in world.preferences
    return first and ours.count(f"Package: {name}\n") == 3 and f'origin "{SITES[0]}"' in ours


def _is_trusted(world: World, name: str, candidate: str | None) -> bool:
    """Nothing, what is there already, or a version that the trusted archive has."""
    trusted = world.archives[0].versions.get(name, ())
    return candidate in (None, world.installed.get(name), *trusted)


_APT_PKG = """
import sys, apt_pkg
apt_pkg.init()
cache = apt_pkg.Cache(None)
depcache = apt_pkg.DepCache(cache)
for name in sys.argv[1:]:
    package = cache[name]
    candidate = depcache.get_candidate_ver(package)
    print(name, candidate.ver_str if candidate else None, *(
        f"{v.ver_str}={depcache.policy.get_priority(v)}" for v in package.version_list))
"""
HAS_APT_PKG = (
    subprocess.run(
        ["/usr/bin/python3", "-c", "import apt_pkg"], capture_output=True, check=False
    ).returncode
    == 0
    if Path("/usr/bin/python3").exists()
    else False
)


def views(apt: ScratchApt, said: dict[str, AptAnswer], names: list[str]) -> list[str]:
    """Two more judges of the same root: apt_pkg, and our view of a machine from its files."""
    wrong = []
    for view in view_packages(apt.root, names):
        mine = {version.version: version.priority for version in view.versions}
        if (view.candidate, mine) != (said[view.name].candidate, dict(said[view.name].priorities)):
            wrong.append(f"{view.name}: seen {view.candidate} {mine}, apt {said[view.name]}")
    if HAS_APT_PKG:
        done = apt.run("/usr/bin/python3", "-c", _APT_PKG, *names)
        for line in done.stdout.splitlines():
            name, candidate, *rows = line.split()
            found = {row.rpartition("=")[0]: int(row.rpartition("=")[2]) for row in rows}
            if (candidate, found) != (str(said[name].candidate), dict(said[name].priorities)):
                wrong.append(f"{name}: apt_pkg {candidate} {found}, apt {said[name]}")
        if len(done.stdout.splitlines()) != len(names):
            wrong.append(f"apt_pkg: {done.stderr[-300:]}")
    return wrong


def commands(world: World, policy: AptPolicy, apt: ScratchApt, names: list[str]) -> list[str]:
    wrong = []
    for command in ("upgrade", "dist-upgrade"):
        done = apt.run("apt-get", "-s", "-q", command)
        planned = dict(re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", done.stdout, re.M))
        expected = {}
        for name, installed in world.installed.items():
            candidate = policy.candidate(name, files_of(world, name), installed)
            if candidate and deb_key(candidate) != deb_key(installed) and name not in world.held:
                expected[name] = candidate
        if planned != expected:
            wrong.append(f"{command}: {expected}, apt {planned} {done.stderr[-300:]}")
    for name in names:
        done = apt.run("apt-get", "-s", "-q", "install", name)
        planned = dict(re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", done.stdout, re.M))
        present = world.installed.get(name)
        candidate = policy.candidate(name, files_of(world, name), present)
        expected = {name: candidate} if candidate and candidate != present else {}
        if planned != expected:
            wrong.append(f"install {name}: {expected}, apt {planned} {done.stderr[-300:]}")
    return wrong


def main() -> int:
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    failed = 0
    for number in range(seed, seed + count):
        world = make_world(random.Random(number))
        found = differences(world)
        if found:
            failed += 1
            print(number, *found, sep="\n  ")
    print(f"{count - failed} of {count} scenarios agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
