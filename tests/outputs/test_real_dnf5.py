"""Real dnf 5 obeys our version locks and takes what we tell people to install."""

import re
from pathlib import Path

import pytest
from conftest import Run
from dnf5_world import Dnf5, dnf5_world, has_dnf5
from dnf_scenarios import Lab5, differences
from rpm_world import has_rpm_tools, repository

from neuron_pin.policy import Ecosystem, installable, parse_pin

pytestmark = pytest.mark.skipif(
    not has_dnf5, reason="needs dnf 5, of this machine or of script/dnf5-root"
)

RUNTIME, TOOLS, DRIVER = "aws-neuronx-runtime-lib", "aws-neuronx-tools", "aws-neuronx-dkms"
OFFERED = {
    RUNTIME: ("2.33.10.0{}-1", "2.33.10.01-1", "2.33.10.1{}-1", "2.34.10.0{}-1", "3.0.0.0{}-1"),
    TOOLS: ("2.31.15.0-1", "2.32.28.0-1", "9.9-1"),
    DRIVER: ("2.29.0.0-dkms", "2.30.2.0-dkms"),
}
# Of SDK 2.31.1.
LOCKED = {RUNTIME: "2.33.10.0{}-1", TOOLS: "2.31.15.0-1", DRIVER: "2.29.0.0-dkms"}


def choose(dnf: Dnf5, *words: str) -> dict[str, str]:
    """What ``dnf5 install`` would install: version and release by name."""
    done = dnf.run("--assumeno", "install", "--skip-unavailable", *words)
    rows = re.findall(r"^ (\S+)\s+x86_64\s+0:(\S+)\s+neuron\s", done.stdout, re.M)
    return dict(rows)


@pytest.fixture(params=["_3dcef56f0", "_dd5879008"])
def commit(request: pytest.FixtureRequest) -> str:
    """How a commit is spelled that begins with a digit, and with a letter: rpm orders them
    on two sides of a further part of the version."""
    return str(request.param)


@pytest.fixture
def dnf(tmp_path: Path, commit: str) -> Dnf5:
    repository(
        tmp_path / "repo",
        [(name, version.format(commit)) for name, all_ in OFFERED.items() for version in all_],
    )
    return dnf5_world(tmp_path, tmp_path / "repo")


@pytest.mark.parametrize("strength", ["exact", "minor"])
def test_the_version_lock_holds_the_release(
    run: Run, dnf: Dnf5, commit: str, strength: str
) -> None:
    path = dnf.root / "etc/dnf/versionlock.toml"
    done = run("lock", "--offline", *LOCKED, "--os", "amzn2023", "--instance", "trn1", "--sdk",
               "2.31.1", "--pin", strength, "-o", path)  # fmt: skip
    assert done.code == 0, done.err
    found = choose(dnf, *LOCKED)
    if strength == "exact":
        assert found == {name: version.format(commit) for name, version in LOCKED.items()}
    else:
        assert found[RUNTIME] == f"2.33.10.1{commit}-1"
    path.unlink()
    assert choose(dnf, RUNTIME) == {RUNTIME: f"3.0.0.0{commit}-1"}


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
    found = choose(dnf, installable(RUNTIME, pin, Ecosystem.RPM))
    assert found == {RUNTIME: expected.format(commit)}


@pytest.mark.skipif(not has_rpm_tools, reason="needs rpmbuild and createrepo_c")
def test_random_worlds_short(tmp_path: Path) -> None:
    """A few of the worlds that `dnf_scenarios` makes; by hand it runs hundreds."""
    assert differences(1, 8, tmp_path, Lab5) == []
