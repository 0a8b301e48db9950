"""Real dnf 5 obeys our version locks and takes what we tell people to install."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import Run
from dnf5_world import IS_HERE, ROOT, Dnf5, dnf5_world, has_dnf5, run_inside
from dnf_scenarios import Lab5, differences
from rpm_world import Built, build, has_rpm_tools, index, repository

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


_has_zypper = bool(shutil.which("zypper")) if IS_HERE else (ROOT / "usr/bin/zypper").is_file()


def zypper(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run_inside("zypper", "--root", str(root), "--non-interactive", "--no-gpg-checks", *words)


@pytest.mark.skipif(not has_rpm_tools, reason="needs rpmbuild and createrepo_c")
@pytest.mark.skipif(not _has_zypper, reason="needs zypper beside dnf 5")
def test_why_no_lock_is_written_for_zypper(tmp_path: Path) -> None:
    """Its locks hide versions; a package that obsoletes the locked one takes its place, and what
    is installed outside of the lock stays."""
    other = ("Obsoletes: aws-neuronx-tools < 99", "Provides: aws-neuronx-tools = 99")
    built = [
        *(Built(TOOLS, f"{version}-1") for version in ("2.28.23.0", "2.32.28.0", "3.0.5.0")),
        Built("tools-of-others", "1-1", other),
        # zypper calls a system broken that has none.
        Built("glibc", "2.39-1"),
    ]
    repository = build(tmp_path / "rpms", built)
    index(repository)
    root = tmp_path / "root"
    (root / "etc/zypp/repos.d").mkdir(parents=True)
    (root / "etc/zypp/repos.d/n.repo").write_text(
        f"[n]\nname=n\nbaseurl=dir://{repository}\nenabled=1\ngpgcheck=0\n"
    )
    lock = "type: package\nversion: {}\nmatch_type: glob\ncase_sensitive: on\nsolvable_name: {}\n"
    (root / "etc/zypp/locks").write_text(
        "\n".join(lock.format(bound, TOOLS) for bound in ("< 2.28.23.0", ">= 2.28.24"))
    )
    run_inside("rpm", f"--root={root}", "--initdb")

    def install(*files: str) -> None:
        paths = [str(repository / f"{file}.x86_64.rpm") for file in files]
        done = run_inside("rpm", f"--root={root}", "-i", "--nodeps", "--justdb", *paths)
        assert done.returncode == 0, done.stderr

    install("glibc-2.39-1")
    assert zypper(root, "refresh").returncode == 0
    assert zypper(root, "install", "-D", f"{TOOLS}-2.28.23.0-1").returncode == 0
    assert zypper(root, "install", "-D", f"{TOOLS}-3.0.5.0-1").returncode == 4
    install(f"{TOOLS}-2.28.23.0-1")
    done = zypper(root, "update", "-D")
    assert "tools-of-others" in done.stdout.partition("going to be installed")[2], done.stdout
    assert TOOLS in done.stdout.partition("going to be REMOVED")[2]
    run_inside("rpm", f"--root={root}", "-e", "--justdb", TOOLS)
    install(f"{TOOLS}-3.0.5.0-1")
    done = zypper(root, "install", "-D", "--oldpackage", f"{TOOLS}=2.28.23.0-1")
    assert done.returncode == 4, done.stdout
