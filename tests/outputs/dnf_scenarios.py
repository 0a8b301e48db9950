"""Random dnf worlds: what real dnf 4 and dnf 5 choose, compared with what our pins mean.

Each world has Neuron's repository as our ``*.repo`` describes it, another one with higher and
equal versions, something installed or nothing, other people's locks, and our lines between
them.  By hand: ``python tests/outputs/dnf_scenarios.py SEED COUNT``, and ``--dnf5`` behind it
for dnf 5.
"""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cmp_to_key
from pathlib import Path
from typing import NamedTuple

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from dnf5_world import run_inside
from dnf_world import PLUGINS, run_dnf
from rpm_world import Built, build

from neuron_pin.fs.sections import put_section
from neuron_pin.outputs.versionlock import conditions
from neuron_pin.policy import Ecosystem, Pin, parse_pin
from neuron_pin.policy.rpmversion import compare_rpm

NAMES = ("aws-neuronx-tools", "aws-neuronx-runtime-lib")
VERSIONS = ("2.2.0.0-1", "2.28.1.0-1", "2.28.1.0-2", "2.28.1.01-1", "2.29.0.0-1", "3.0.5.0-1",
            "20.1.0.0-1", "1:2.28.1.0-1", "2.28.1.0_3dcef56f0-1", "2.28.1.0_dd5879008-1",
            "2.28.1.0_dd5879008-2", "2.29.0.0_3dcef56f0-1", "2.28.1.01_dd5879008-1")  # fmt: skip
PINS = ("-0:2.*", "-0:2.28.*", "-0:2.28.1.0-*", "-0:2.28.1.0-1", "-0:3.*", "-0:4.*",
        "-0:2.28.1.0_dd5879008", "-0:2.28.1.0_dd5879008-2")  # fmt: skip
OTHERS = ("# theirs", "bash-0:5.*", "!kernel-0:5.*", "aws-neuronx-tool-0:1.*")


class World(NamedTuple):
    """One scenario: versions by name of both repositories, of what is installed, the pins."""

    neuron: dict[str, list[str]]
    other: dict[str, list[str]]
    installed: dict[str, str]
    pins: dict[str, str]
    before: str
    after: str


def make(chance: random.Random) -> World:
    def some() -> dict[str, list[str]]:
        return {name: chance.sample(VERSIONS, chance.randint(1, 6)) for name in NAMES}

    installed = {name: chance.choice(VERSIONS) for name in NAMES if chance.random() < 0.6}
    pins = {name: chance.choice(PINS) for name in NAMES if chance.random() < 0.85}
    lines = ["".join(f"{line}\n" for line in chance.sample(OTHERS, 2)) for _ in range(2)]
    return World(some(), some(), installed, pins, *lines)


def _newest(versions: list[str]) -> str | None:
    return max(versions, key=cmp_to_key(compare_rpm), default=None)


def _inside(pin: Pin | None, version: str) -> bool:
    if pin is None:
        return True
    return ":" not in version and pin.matches(version)


def predicted(world: World, name: str, command: str, is_dnf5: bool = False) -> str | None:
    """The version that is there afterwards, none for none.

    A locked name has the versions in its pin alone.  Of those Neuron's repository goes before
    others, and the highest wins; nothing is taken back.  To install what is installed does
    nothing.  An upgrade looks at what is not older, so that where Neuron's repository has
    neither the installed version nor a newer one, another repository's wins: a version lock
    cannot name a repository.  ``install`` of dnf 5 upgrades what is installed, and a repository
    that has a version in the pin hides those that come after it, also for an upgrade.
    """
    now = world.installed.get(name)
    if (command == "install") is (now is not None) and not (is_dnf5 and now is not None):
        return now
    pin = parse_pin(world.pins[name], Ecosystem.RPM) if name in world.pins else None
    for repository in (world.neuron, world.other):
        inside = [v for v in repository[name] if _inside(pin, v)]
        if is_dnf5 and inside:
            return _newest([*inside, *([now] if now is not None else [])])
        not_older = [v for v in inside if now is None or compare_rpm(v, now) >= 0]
        if not_older:
            return _newest(not_older)
    return now


class Lab:
    """Real dnf 4 with a pool of real packages."""

    is_dnf5 = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pool = build(folder / "pool", [Built(n, v) for n in NAMES for v in VERSIONS])
        self.number = 0

    def run(self, world: World) -> Iterator[tuple[str, str, str | None]]:
        """For each command and name: the version that is there afterwards."""
        self.number += 1
        here = self.folder / str(self.number)
        for repository, wanted in (("neuron", world.neuron), ("other", world.other)):
            (here / repository).mkdir(parents=True)
            for name, versions in wanted.items():
                for version in versions:
                    file = self._file(name, version)
                    os.link(file, here / repository / file.name)
            subprocess.run(["createrepo_c", "--quiet", "--no-database", str(here / repository)],
                           check=True, capture_output=True)  # fmt: skip
        image = here / "image"
        if world.installed:
            files = [str(self._file(*item)) for item in world.installed.items()]
            image.mkdir()
            self._install(image, files)
        self._lock(here, world)
        (here / "dnf.conf").write_text(
            "[main]\ngpgcheck=0\nplugins=1\n"
            f"[neuron]\nname=n\nbaseurl=file://{here}/neuron\npriority=1\n"
            f"[other]\nname=o\nbaseurl=file://{here}/other\n"
        )
        for name in NAMES:
            plan = self._plan(here, "install", name)
            yield "install", name, plan.get(name, world.installed.get(name))
        plan = self._plan(here, "upgrade")
        for name in NAMES:
            yield "upgrade", name, plan.get(name, world.installed.get(name))
        shutil.rmtree(here)

    def _install(self, image: Path, files: list[str]) -> None:
        subprocess.run(["rpm", "--root", str(image), "--dbpath", _dbpath(), "--justdb",
                        "--nodeps", "--ignorearch", "--ignoreos", "-i", *files],
                       check=True, capture_output=True)  # fmt: skip

    def _lock(self, here: Path, world: World) -> None:
        (here / "plugins").mkdir()
        locks = here / "versionlock.list"
        ours = "".join(
            f"{name}-{pattern}\n"
            for name, pin in world.pins.items()
            for pattern in parse_pin(pin, Ecosystem.RPM).to_rpm_patterns()
        )
        locks.write_text(put_section(world.before, ours) + world.after)
        conf = f"[main]\nenabled=1\nlocklist={locks}\n"
        (here / "plugins/versionlock.conf").write_text(conf)

    def _file(self, name: str, version: str) -> Path:
        # Two epochs of one version would have one file name.
        epoch, _, bare = version.rpartition(":")
        plain = self.pool / f"{name}-{bare}.x86_64.rpm"
        return self.pool / f"{epoch}-{plain.name}" if epoch else plain

    def _plan(self, here: Path, command: str, *names: str) -> dict[str, str]:
        done = run_dnf(
            "-c", str(here / "dnf.conf"), f"--installroot={here / 'image'}",
            "--releasever=9", "--forcearch=x86_64", f"--setopt=pluginpath={PLUGINS}",
            f"--setopt=pluginconfpath={here / 'plugins'}", "--setopt=cachedir=/cache",
            "--setopt=strict=0", "--assumeno", command, *names,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        assert "could not parse" not in done.stderr, done.stderr
        return dict(
            re.findall(r"^ (aws-\S+)\s+x86_64\s+(\S+)\s+(?:neuron|other)\s", done.stdout, re.M)
        )


OTHER_LOCK = """
[[packages]]
name = "bash"
comment = "theirs"
[[packages.conditions]]
key = "evr"
comparator = "<"
value = "0:6"
"""


class Lab5(Lab):
    """Real dnf 5 with the same packages."""

    is_dnf5 = True

    def _install(self, image: Path, files: list[str]) -> None:
        done = run_inside(
            "rpm", "--root", str(image), "--justdb", "--nodeps", "--ignorearch", "--ignoreos",
            "-i", *files,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr

    def _lock(self, here: Path, world: World) -> None:
        ours = ""
        for name, pin in world.pins.items():
            ours += f'[[packages]]\nname = "{name}"\n'
            for comparator, value in conditions(parse_pin(pin, Ecosystem.RPM)):
                ours += "[[packages.conditions]]\n" + "".join(
                    f'{key} = "{text}"\n'
                    for key, text in (("key", "evr"), ("comparator", comparator), ("value", value))
                )
        (here / "image/etc/dnf").mkdir(parents=True, exist_ok=True)
        (here / "image/etc/dnf/versionlock.toml").write_text(
            put_section('version = "1.0"\n' + (OTHER_LOCK if "bash" in world.before else ""), ours)
            + (OTHER_LOCK if "bash" in world.after else "")
        )

    def _plan(self, here: Path, command: str, *names: str) -> dict[str, str]:
        done = run_inside(
            "dnf5", "-c", str(here / "dnf.conf"), f"--installroot={here / 'image'}",
            "--releasever=9", "--forcearch=x86_64", "--setopt=cachedir=/cache",
            f"--setopt=reposdir={here / 'none'}", "--assumeno", command,
            *(["--skip-unavailable"] if names else []), *names,
        )  # fmt: skip
        assert "versionlock.toml" not in done.stderr, done.stderr
        rows = re.findall(r"^ (aws-\S+)\s+x86_64\s+(\S+)\s+(?:neuron|other)\s", done.stdout, re.M)
        return {name: version.removeprefix("0:") for name, version in rows}


def _dbpath() -> str:
    done = subprocess.run(["rpm", "--eval", "%{_dbpath}"], capture_output=True, text=True)
    return done.stdout.strip()


def differences(seed: int, count: int, folder: Path, kind: "type[Lab]" = Lab) -> list[str]:
    """Run that many worlds; one line for each in which real dnf does something else."""
    lab = kind(folder)
    found = []
    for number in range(seed, seed + count):
        world = make(random.Random(number))
        for command, name, real in lab.run(world):
            ours = predicted(world, name, command, lab.is_dnf5)
            if ours != real:
                found.append(f"{number}: {command} {name}: {ours} expected, dnf {real}: {world}")
            if real != world.installed.get(name) and name in world.pins:
                pin = parse_pin(world.pins[name], Ecosystem.RPM)
                assert real is not None
                assert _inside(pin, real), f"{number}: {name} {real} outside of {world.pins[name]}"
    return found


if __name__ == "__main__":
    start, amount = int(sys.argv[1]), int(sys.argv[2])
    with tempfile.TemporaryDirectory() as place:
        wrong = differences(start, amount, Path(place), Lab5 if "--dnf5" in sys.argv else Lab)
    print("\n".join(wrong))
    print(f"{amount} worlds, {len(wrong)} differences")
    sys.exit(bool(wrong))
