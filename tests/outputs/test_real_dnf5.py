"""Real dnf 5 obeys our version locks and takes what we tell people to install."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Run
from rpm_world import repository

from neuron_pin.policy import Ecosystem, installable, parse_pin

pytestmark = pytest.mark.skipif(shutil.which("dnf5") is None, reason="needs dnf 5")

RUNTIME, TOOLS, DRIVER = "aws-neuronx-runtime-lib", "aws-neuronx-tools", "aws-neuronx-dkms"
OFFERED = {
    RUNTIME: ("2.33.10.0{}-1", "2.33.10.01-1", "2.33.10.1{}-1", "2.34.10.0{}-1", "3.0.0.0{}-1"),
    TOOLS: ("2.31.15.0-1", "2.32.28.0-1", "9.9-1"),
    DRIVER: ("2.29.0.0-dkms", "2.30.2.0-dkms"),
}
# Of SDK 2.31.1.
LOCKED = {RUNTIME: "2.33.10.0{}-1", TOOLS: "2.31.15.0-1", DRIVER: "2.29.0.0-dkms"}


class Dnf5(NamedTuple):
    """A root with a version lock and one repository."""

    root: Path

    def choose(self, *words: str) -> dict[str, str]:
        """What ``dnf5 install`` would install: version and release by name."""
        done = subprocess.run(
            ["dnf5", f"--installroot={self.root}", "--releasever=9", "--forcearch=x86_64",
             "--setopt=gpgcheck=0", "--setopt=pkg_gpgcheck=0",
             f"--setopt=reposdir={self.root}/repos", "--setopt=cachedir=/cache",
             "--assumeno", "install", "--skip-unavailable", *words],
            capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        rows = re.findall(r"^ (\S+)\s+x86_64\s+0:(\S+)\s+neuron\s", done.stdout, re.M)
        return dict(rows)


@pytest.fixture(params=["_3dcef56f0", "_dd5879008"])
def commit(request: pytest.FixtureRequest) -> str:
    """How a commit is spelled that begins with a digit, and with a letter: rpm orders them
    on two sides of a further part of the version."""
    return str(request.param)


@pytest.fixture
def dnf(tmp_path: Path, commit: str) -> Dnf5:
    root = tmp_path / "root"
    repository(
        tmp_path / "repo",
        [(name, version.format(commit)) for name, all_ in OFFERED.items() for version in all_],
    )
    (root / "repos").mkdir(parents=True)
    (root / "etc/dnf").mkdir(parents=True)
    (root / "repos/neuron.repo").write_text(
        f"[neuron]\nname=n\nbaseurl=file://{tmp_path}/repo\ngpgcheck=0\n"
    )
    return Dnf5(root)


@pytest.mark.parametrize("strength", ["exact", "minor"])
def test_the_version_lock_holds_the_release(
    run: Run, dnf: Dnf5, commit: str, strength: str
) -> None:
    path = dnf.root / "etc/dnf/versionlock.toml"
    done = run("lock", "--offline", *LOCKED, "--os", "amzn2023", "--instance", "trn1", "--sdk",
               "2.31.1", "--pin", strength, "-o", path)  # fmt: skip
    assert done.code == 0, done.err
    found = dnf.choose(*LOCKED)
    if strength == "exact":
        assert found == {name: version.format(commit) for name, version in LOCKED.items()}
    else:
        assert found[RUNTIME] == f"2.33.10.1{commit}-1"
    path.unlink()
    assert dnf.choose(RUNTIME) == {RUNTIME: f"3.0.0.0{commit}-1"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("-0:2.33.10.0-*", "2.33.10.0{}-1"),
        ("-0:2.33.10.0{}", "2.33.10.0{}-1"),
        ("-0:2.33.10.0{}-1", "2.33.10.0{}-1"),
        ("-0:2.*", "2.34.10.0{}-1"),
    ],
)
def test_what_people_are_told_to_install(
    dnf: Dnf5, commit: str, written: str, expected: str
) -> None:
    pin = parse_pin(written.format(commit), Ecosystem.RPM)
    found = dnf.choose(installable(RUNTIME, pin, Ecosystem.RPM))
    assert found == {RUNTIME: expected.format(commit)}
