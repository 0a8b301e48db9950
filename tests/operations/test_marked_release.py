"""A release candidate of the SDK, and components with marks in the minor: imported, opt-in, pinned
in forms that real pip and apt take (fixtures/manifest/marks.json; nothing of the kind has been
published yet)."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from apt_machine import archive, has_apt
from conftest import FIXTURES, Run, failure, wheel

from neuron_pin.catalog import load_catalog
from neuron_pin.catalog.successors import find_successor
from neuron_pin.errors import NoSolution

MARKS = FIXTURES / "manifest/marks.json"
TARGET = (
    "--instance", "trn2", "--os", "ubuntu24.04", "--python", "3.12", "--as-of", "2027-02-01",
)  # fmt: skip
CANDIDATE = "2.34rc.0"


@pytest.fixture(autouse=True)
def _imported(run: Run) -> None:
    done = run("catalog", "import", MARKS)
    assert done.code == 0, done.err
    assert CANDIDATE in done.out


# options, the release that is chosen
CHOSEN = [
    ((), "2.33.0"),
    (("--phase", "beta"), "2.33.0"),
    (("--phase", "rc"), "2.35.0rc1"),
    (("--sdk", CANDIDATE, "--phase", "rc", "--phase", "beta"), CANDIDATE),
    (("--sdk", "latest"), "2.33.0"),
]


@pytest.mark.parametrize(("options", "sdk"), CHOSEN)
def test_a_candidate_has_to_be_asked_for(run: Run, options: tuple[str, ...], sdk: str) -> None:
    done = run("lock", "--offline", *TARGET, *options, "--format", "json")
    document = json.loads(done.out)
    assert document["sdk"] == sdk
    warned = any(f"SDK {sdk}" in w and "candidate" in w for w in document["warnings"])
    assert warned is ("rc" in sdk)


def test_the_candidate_says_why_it_is_not_chosen(run: Run) -> None:
    document = json.loads(run("lock", "--offline", *TARGET, "--format", "json").out)
    of_releases = {e["version"]: e for e in document["exclusions"] if e["name"] == "neuron-sdk"}
    assert of_releases[CANDIDATE]["rule"] == "NP202"


def test_the_candidate_supersedes_nothing(run: Run) -> None:
    words = ("lifecycle", "2.33.0", CANDIDATE, "--as-of", "2027-02-01", "--format", "json")
    (product,) = json.loads(run(*words).out)["products"]
    phases = {row["name"]: row["custom"] for row in product["releases"]}
    assert phases[CANDIDATE]["phase"] == "rc"
    # The patch release that is known by its date, and not the candidate.
    assert phases["2.33.0"]["supersededFrom"] == "2026-11-11"
    done = run("releases", "--as-of", "2027-02-01", "--format", "json")
    rows = {row["sdk"]: row["status"] for row in json.loads(done.out)["releases"]}
    assert (rows[CANDIDATE], rows["2.32.0"]) == ("rc", "superseded")


def test_the_candidate_ends_no_package() -> None:
    """What the newest final release ships is not left by a candidate after it."""
    successor = find_successor(load_catalog(), "aws-neuron-tools", date(2027, 2, 1))
    assert successor is not None
    assert (successor.name, successor.last_sdk) == ("aws-neuronx-tools", "")


def test_what_pip_cannot_name_is_refused_with_the_reason(run: Run) -> None:
    words = ("lock", "--offline", "neuronx-cc", "--sdk", CANDIDATE, *TARGET, "--phase", "beta")
    error = failure(run(*words), NoSolution)
    assert any("NP403" in cause and "PEP 440" in cause for cause in error.causes)


def test_pip_installs_what_was_locked(run: Run, tmp_path: Path) -> None:
    """A folder as index: the marked build in PEP 440's spelling, and final ones around it."""
    links = tmp_path / "links"
    links.mkdir()
    for name, version in (
        ("torch-neuronx", "2.9.0.2.16b0"), ("torch-neuronx", "2.9.0.2.15.1"),
        ("torch-neuronx", "2.9.0.2.17.0"), ("nki", "0.9rc1"), ("nki", "0.9.0"),
    ):  # fmt: skip
        filename = f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
        (links / filename).write_bytes(wheel(name, version))
    done = run(
        "lock", "--offline", "torch-neuronx", "nki", "--sdk", CANDIDATE, *TARGET,
        "--phase", "rc", "--phase", "beta", "-o", "c.txt",
    )  # fmt: skip
    assert done.code == 0, done.err
    report = tmp_path / "report.json"
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--isolated", "--dry-run", "--quiet", "--no-index",
         "--ignore-installed", "--find-links", str(links), "--report", str(report),
         "-c", "c.txt", "torch-neuronx", "nki"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert pip.returncode == 0, pip.stderr
    found = json.loads(report.read_text())["install"]
    assert {i["metadata"]["name"]: i["metadata"]["version"] for i in found} == {
        "torch-neuronx": "2.9.0.2.16b0",
        "nki": "0.9rc1",
    }


def test_a_lock_against_that_folder_finds_the_marked_build(run: Run, tmp_path: Path) -> None:
    for version in ("2.9.0.2.16b0", "2.9.0.2.15.1"):
        (tmp_path / f"torch_neuronx-{version}-py3-none-any.whl").write_bytes(
            wheel("torch-neuronx", version)
        )
    words = ("lock", "torch-neuronx", "--no-index", "-f", tmp_path, *TARGET, "--format", "json")
    done = run(*words, "--sdk", CANDIDATE, "--phase", "beta", "--phase", "rc")
    assert done.code == 0, done.err
    (package,) = json.loads(done.out)["packages"]
    assert (package["version"], package["phase"]) == ("2.9.0.2.16b0", "beta")
    # Unasked, the stable one.
    (package,) = json.loads(run(*words).out)["packages"]
    assert package["version"] == "2.9.0.2.15.1"


@pytest.mark.apt
@pytest.mark.skipif(not has_apt, reason="needs apt")
def test_apt_installs_what_was_locked(run: Run, tmp_path: Path) -> None:
    """Real apt in a private root: the marked build, and none of those around it."""
    repository, root = tmp_path / "repository", tmp_path / "root"
    archive(
        repository,
        {
            "aws-neuronx-tools": ["2.33.5.0-1", "2.34b.10.0-abc1", "2.34.10.0-1", "2.99.1.0-1"],
            "aws-neuronx-runtime-lib": ["2.33.1.0-1", "2.34rc.7.0-abc1", "2.34.7.0-1"],
        },
    )
    for folder in (
        "etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d",
        "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg",
    ):  # fmt: skip
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] file:{repository} ./\n")
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir "{root}/"; Dir::State::status "{root}/var/lib/dpkg/status";\n'
        'APT::Architecture "amd64"; APT::Architectures { "amd64"; }; APT::Sandbox::User "root";\n'
        'Acquire::Languages "none"; Debug::NoLocking "1"; Dir::Cache::pkgcache "";\n'
    )

    def ask(*words: str) -> str:
        done = subprocess.run(
            words, env={"APT_CONFIG": str(config), "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    ask("apt-get", "update", "-q")
    asked = ("lock", "--offline", "aws-neuronx-tools", "aws-neuronx-runtime-lib", *TARGET)
    marked = ("--sdk", CANDIDATE, "--phase", "rc", "--phase", "beta")
    done = run(*asked, *marked, "--format", "json")
    pins = [f"{p['name']}{p['pin']}" for p in json.loads(done.out)["packages"]]
    assert "aws-neuronx-tools=2.34b.10.0-*" in pins
    said = ask("apt-get", "-s", "install", *pins)
    assert "Inst aws-neuronx-tools (2.34b.10.0-abc1 " in said
    assert "Inst aws-neuronx-runtime-lib (2.34rc.7.0-abc1 " in said
    preferences = root / "etc/apt/preferences.d/00-neuron-pin.pref"
    assert run(*asked, *marked, "-o", preferences).code == 0
    # The archive of the test is no host of Neuron's: its origin has none.
    text = re.sub("^Pin: origin .*", 'Pin: origin ""', preferences.read_text(), flags=re.M)
    preferences.write_text(text)
    said = ask("apt-cache", "policy", "aws-neuronx-tools", "aws-neuronx-runtime-lib")
    assert "Candidate: 2.34b.10.0-abc1" in said
    assert "Candidate: 2.34rc.7.0-abc1" in said
