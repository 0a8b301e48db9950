"""Random apt worlds with random preferences, and what our reader says of them beside apt.

Run as a program it is the long form:  python tests/inputs/host/apt_scenarios.py SEED COUNT
"""

from __future__ import annotations

import functools
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from neuron_pin.audit.apt_builds import COMPARES_HASHES, gather_builds
from neuron_pin.audit.apt_view import view_packages
from neuron_pin.inputs.host.apt_policy import AptPolicy, KnownVersion, PackageFile
from neuron_pin.inputs.host.apt_preferences import parse_preferences
from neuron_pin.inputs.host.apt_sandbox import AptAnswer, Archive, ScratchApt, scratch_apt
from neuron_pin.inputs.host.dpkg_status import read_installed
from neuron_pin.outputs.apt_preferences import find_outside
from neuron_pin.policy.debversion import deb_key
from neuron_pin.sources.apt.packages import stanzas

NAMES = ["aws-neuronx-dkms", "aws-neuronx-tools", "aws-neuronx-runtime-lib", "harmless"]
SITES = ["apt.neuron.invalid", "deb.other.invalid", "evil.invalid"]
VERSIONS = [
    "2.25.145.0-aaa1", "2.26.14.0", "2.28.19.0-1b3ca6425", "2.28.19.01-x", "2.30.2.0-b", "20.1.0-1",
    "3.0.5-1", "3.1-1", "9.9-evil", "2.99.0.0-evil", "1:2.3-1", "2.28.19.0~rc1-1", "0.9",
]  # fmt: skip


@functools.cache
def compares_hashes() -> bool:
    """Whether this machine's apt takes files with other hashes for other builds."""
    if not shutil.which("dpkg-query"):
        return True
    command = ["dpkg-query", "-W", "-f=${Version}", "apt"]
    version = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return deb_key(version) >= deb_key(COMPARES_HASHES)


class World(NamedTuple):
    archives: list[Archive]
    installed: dict[str, str]
    held: frozenset[str]
    preferences: dict[str, str]
    fields: Mapping[str, str] = MappingProxyType({})


def make_world(chance: random.Random) -> World:
    archives = []
    # In half of the worlds archives have builds of their own of the same versions.
    is_rebuilt = chance.random() < 0.5
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
        found = {n: v for n, v in versions.items() if v}
        builds = {(n, v): build(chance) for n in found for v in found[n]} if is_rebuilt else {}
        archives.append(Archive(file, found, builds))
    known = {n for archive in archives for n in archive.versions}
    installed = {n: chance.choice(VERSIONS) for n in sorted(known) if chance.random() < 0.5}
    held = frozenset(n for n in installed if chance.random() < 0.15)
    preferences = {}
    paths = ["preferences", "preferences.d/00-neuron-pin.pref", "preferences.d/zz"]
    for path in chance.sample(paths, chance.randint(1, 3)):
        preferences[path] = "\n".join(stanza(chance) for _ in range(chance.randint(1, 4)))
    if chance.random() < 0.6:
        preferences["preferences.d/00-neuron-pin.pref"] = recipe(chance)
    fields = {n: chance.choice(_SIZES) for n in installed} if is_rebuilt else {}
    return World(archives, installed, held, preferences, fields)


_SIZES = ["", "Installed-Size: 3\n", "Installed-Size: 4\n"]


def build(chance: random.Random) -> str:
    """The fields of one file of a version: few sizes and hashes, so that some are alike."""
    digest = chance.choice(["", *(f"SHA256: {letter * 64}\n" for letter in "abc")])
    relation = chance.choice(["", "", "Breaks: nothing-of-this (<= 1)\n"])
    size = chance.choice([1, 1, 2])
    return f"{chance.choice(_SIZES)}{relation}Filename: pool/x.deb\nSize: {size}\n{digest}"


def recipe(chance: random.Random) -> str:
    """Our own three stanzas, for a major or an exact version."""
    name = chance.choice(NAMES[:3])
    regex = chance.choice([find_outside(["2."], []), find_outside(["2.28.19.0-"], ["2.28.19.0"])])
    rows = [(f"version /{regex}/", -1), (f'origin "{SITES[0]}"', 990), ("version *", -1)]
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


def builds_of(apt: ScratchApt, world: World, name: str) -> list[KnownVersion]:
    """The builds of a package, as our reader of the machine's lists tells them apart."""
    offered = []
    for number, archive in enumerate(world.archives):
        for version in archive.versions.get(name, ()):
            text = archive.builds.get((name, version), "Filename: pool/x.deb\nSize: 1\n")
            data = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n{text}\n".encode()
            (package,) = stanzas(data, [name], str(number))
            offered.append((package, archive.file))
    installed = read_installed(apt.root, [name]).get(name)
    builds = gather_builds(offered, installed, compares_hashes=compares_hashes())
    return [build.known for build in builds]


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
    with scratch_apt(
        world.archives, world.installed, world.preferences, held=world.held, fields=world.fields
    ) as apt:
        said = apt.policy(names)
        for name in names:
            versions, installed = builds_of(apt, world, name), world.installed.get(name)
            mine = tuple((v.version, policy.verdict(name, v, installed).priority) for v in versions)
            if mine != said[name].rows:
                wrong.append(f"{name}: priorities {mine}, apt {said[name].rows}")
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
    for view in view_packages(apt.root, names, compares_hashes=compares_hashes()):
        mine = tuple((version.version, version.priority) for version in view.versions)
        if (view.candidate, mine) != (said[view.name].candidate, said[view.name].rows):
            wrong.append(f"{view.name}: seen {view.candidate} {mine}, apt {said[view.name]}")
    if HAS_APT_PKG:
        done = apt.run("/usr/bin/python3", "-c", _APT_PKG, *names)
        for line in done.stdout.splitlines():
            name, candidate, *rows = line.split()
            found = tuple((r.rpartition("=")[0], int(r.rpartition("=")[2])) for r in rows)
            if (candidate, found) != (str(said[name].candidate), said[name].rows):
                wrong.append(f"{name}: apt_pkg {candidate} {found}, apt {said[name]}")
        if len(done.stdout.splitlines()) != len(names):
            wrong.append(f"apt_pkg: {done.stderr[-300:]}")
    return wrong


def commands(world: World, policy: AptPolicy, apt: ScratchApt, names: list[str]) -> list[str]:
    """What commands would do, by each solver that this apt has."""
    wrong = []
    chosen = {}
    for name in names:
        known = policy.choose(name, builds_of(apt, world, name), world.installed.get(name))
        is_change = known is not None and not any(file.is_status for file in known.files)
        chosen[name] = known.version if known is not None and is_change else None
    for solver in SOLVERS:
        words = ("apt-get", "-s", "-q", *solver)
        for command in ("upgrade", "dist-upgrade"):
            done = apt.run(*words, command)
            expected = {
                name: version
                for name, version in chosen.items()
                if version and name in world.installed and name not in world.held
            }
            if _planned(done.stdout) != expected:
                wrong.append(
                    f"{solver} {command}: {expected}, apt {done.stdout[-900:]}{done.stderr}"
                )
        for name, version in chosen.items():
            done = apt.run(*words, "install", name)
            expected = {name: version} if version else {}
            if _planned(done.stdout) != expected:
                wrong.append(f"{solver} install {name}: {expected}, apt {done.stdout[-900:]}")
    return wrong


def _planned(text: str) -> dict[str, str]:
    return dict(re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+)", text, re.M))


def _solvers() -> list[list[str]]:
    """The option of each solver: the classic one, and that of apt 3."""
    done = subprocess.run(["apt-get", "--version"], capture_output=True, text=True, check=False)
    if re.match(r"apt [12]\.", done.stdout):
        return [[]]
    return [["-o", f"APT::Solver={name}"] for name in ("internal", "3.0")]


SOLVERS = _solvers() if shutil.which("apt-get") else [[]]


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
