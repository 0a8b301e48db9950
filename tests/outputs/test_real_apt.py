"""Real apt, in a private root, reads our preferences and picks the version that we chose."""

import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import Keys, Served, list_locked_together, sample, system_versions

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NeuronPinError

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(
        shutil.which("apt-cache") is None or shutil.which("apt-get") is None, reason="needs apt"
    ),
]

REVISION = "-ac18d186d"


class Apt(NamedTuple):
    """A private apt world with two repositories, Neuron's and another one."""

    root: Path
    config: Path
    neuron: Served
    options: list[str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "APT_CONFIG": str(self.config), "LC_ALL": "C.UTF-8"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def candidates(self, *names: str) -> dict[str, str]:
        done = self.run("apt-cache", "policy", *names)
        assert done.returncode == 0, done.stderr
        assert not done.stderr, done.stderr
        return dict(re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (\S+)", done.stdout, re.M))

    def pin(self, text: str) -> None:
        (self.root / "etc/apt/preferences.d/00-neuron-pin.pref").write_text(text)


def publish(
    server: Served, suite: str, packages: list[tuple[str, str]], keys: Keys | None = None
) -> None:
    stanzas = [
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: t <t@test.invalid>\n"
        f"Filename: pool/{name}_{version.replace(':', '%3a')}_amd64.deb\nSize: 1\n"
        f"SHA256: {hashlib.sha256(version.encode()).hexdigest()}\nDescription: test\n"
        for name, version in packages
    ]
    body = "\n".join(stanzas).encode()
    path = "main/binary-amd64/Packages"
    release = (
        f"Origin: test\nSuite: {suite}\nCodename: {suite}\nComponents: main\nArchitectures: amd64\n"
        "Date: Thu, 01 Oct 2026 00:00:00 UTC\n"
        f"SHA256:\n {hashlib.sha256(body).hexdigest()} {len(body)} {path}\n"
    ).encode()
    if keys is None:
        server.answers[f"/dists/{suite}/Release"] = (200, {}, release)
    else:
        server.answers[f"/dists/{suite}/InRelease"] = (200, {}, keys.sign(release, "neuron"))
    server.answers[f"/dists/{suite}/{path}"] = (200, {}, body)


def real_packages(catalog: Catalog) -> list[tuple[str, str]]:
    """Every system package's real versions, with a revision as the real archive has."""
    bare = ("aws-neuronx-tools", "2.26.14.0")
    versions = system_versions(catalog)
    return sorted((n, v if (n, v) == bare else v + REVISION) for n, v in versions)


@pytest.fixture
def apt(tmp_path: Path, serve, catalog: Catalog, keys: Keys) -> Apt:
    """Neuron's repository is signed, and its key named; the other one is trusted as it is."""
    neuron, other = serve(), serve()
    key = tmp_path / "neuron.asc"
    key.write_bytes(keys.export("neuron"))
    publish(neuron, "jammy", real_packages(catalog), keys)
    names = sorted({name for name, _ in real_packages(catalog)})
    others = [(n, v) for n in names for v in ("2.99.0.0-evil", "9.9-evil", "2.34.10.0-zzz")]
    publish(other, "stable", others)
    root = tmp_path / "root"
    for folder in (
        "etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d",
        "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg",
    ):  # fmt: skip
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("")
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir "{root}/";\nDir::State::status "{root}/var/lib/dpkg/status";\n'
        'APT::Architecture "amd64"; APT::Architectures { "amd64"; };\nAPT::Sandbox::User "root";\n'
        'Acquire::Languages "none"; Acquire::http::Proxy "DIRECT";\nDebug::NoLocking "1";\n'
        # apt trusts a binary cache by size and whole seconds, too coarse for tests.
        'Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";\n'
    )
    elsewhere = other.url.replace("127.0.0.1", "localhost")
    (root / "etc/apt/sources.list.d/test.list").write_text(
        f"deb [signed-by={key}] {neuron.url} jammy main\n"
        f"deb [trusted=yes] {elsewhere} stable main\n"
    )
    source = f"deb [signed-by={key}] {neuron.url} jammy main"
    world = Apt(root, config, neuron, ["--apt-repo", source])
    done = world.run("apt-get", "update", "-q")
    assert done.returncode == 0, done.stderr
    return world


SYSTEMS = ("ubuntu18.04", "ubuntu20.04", "ubuntu22.04", "ubuntu24.04", "debian12")


PARTS = 6


@pytest.mark.parametrize("part", sample(range(PARTS), PARTS))
def test_apt_picks_what_was_locked_for_every_release_and_instance(
    run, apt, catalog, part: int
) -> None:
    """No pin: the other repository's version.  With ours: the release's, each time.

    Operating systems differ by the packages that a release supports on them: what was locked
    together for one is not locked for another once more.
    """
    assert apt.candidates("aws-neuronx-tools") == {"aws-neuronx-tools": "9.9-evil"}
    preferences = apt.root / "etc/apt/preferences.d/00-neuron-pin.pref"
    asked: dict[str, dict[str, str]] = {}
    together = list_locked_together(catalog, SYSTEMS)
    assert {system for system, *_ in together} == set(SYSTEMS)
    together = together[part::PARTS]
    for system, release, instance, names in together:
        document = apt.root / "lock.json"
        document.unlink(missing_ok=True)
        done = run(
            "lock", *names, *apt.options, "--sdk", release.sdk, "--instance", instance,
            "--os", system, "--as-of", release.date, "--phase", "beta", "-o", preferences,
            "-o", document, "-U",
        )  # fmt: skip
        assert done.code == 0, done.err
        chosen = locked(document)
        assert set(chosen) == set(names)
        # The real one is asked once for the same stanzas.
        bare = re.sub(r"^(#|Explanation:).*\n", "", preferences.read_text(), flags=re.M)
        if bare not in asked:
            asked[bare] = apt.candidates(*names)
        assert asked[bare] == chosen
    assert len(asked) > 30 // PARTS


def locked(path: Path) -> dict[str, str]:
    return {p["name"]: p["version"] for p in json.loads(path.read_text())["packages"]}


# strength, the version that apt then takes
STRENGTHS = [
    ("exact", "2.26.14.0"),
    ("minor", "2.26.14.0"),
    ("major", "2.32.28.0-ac18d186d"),
]


@pytest.mark.parametrize(("strength", "expected"), STRENGTHS)
def test_pins_of_each_strength(run, apt: Apt, strength: str, expected: str) -> None:
    """2.26.14.0 was published without a revision: an exact pin reaches that, too."""
    done = run(
        "lock", "aws-neuronx-tools", *apt.options, "--sdk", "2.26.1", "--instance", "trn1",
        "--as-of", "2025-10-29", "--pin", strength, "--format", "apt-preferences",
    )  # fmt: skip
    assert done.code == 0, done.err
    apt.pin(done.out)
    assert apt.candidates("aws-neuronx-tools") == {"aws-neuronx-tools": expected}


@pytest.mark.parametrize("installed", ["", "2.18.3.0-x", "2.32.28.0-ac18d186d", "9.9-evil"])
def test_upgrades_never_leave_the_pin_whatever_is_installed(run, apt: Apt, installed: str) -> None:
    done = run(
        "lock", "aws-neuronx-tools", *apt.options, "--sdk", "2.31.1", "--instance", "trn1",
        "--as-of", "2026-08-12", "--format", "apt-preferences",
    )  # fmt: skip
    apt.pin(done.out)
    if installed:
        (apt.root / "var/lib/dpkg/status").write_text(
            "Package: aws-neuronx-tools\nStatus: install ok installed\nArchitecture: amd64\n"
            f"Maintainer: t <t@test.invalid>\nVersion: {installed}\nDescription: test\n\n"
        )
    for command in (("upgrade",), ("dist-upgrade",), ("install", "aws-neuronx-tools")):
        done = apt.run("apt-get", "-s", "-q", *command)
        planned = re.findall(r"^Inst aws-neuronx-tools (?:\[\S+\] )?\((\S+)", done.stdout, re.M)
        assert set(planned) <= {"2.31.15.0-ac18d186d"}
        if installed in ("", "2.18.3.0-x") and command[0] == "install":
            assert planned == ["2.31.15.0-ac18d186d"]


# what the repository does, what the error says
BROKEN: list[tuple[str, tuple[int, dict[str, str], bytes], str]] = [
    ("/dists/jammy/InRelease", (404, {}, b""), "neither InRelease nor Release"),
    ("/dists/jammy/InRelease", (200, {}, b"Origin: x\n"), "is not trusted"),
    ("/dists/jammy/main/binary-amd64/Packages", (200, {}, b"Package: x\n"), "hash"),
    ("/dists/jammy/main/binary-amd64/Packages", (404, {}, b""), "not there"),
]


@pytest.mark.parametrize(("path", "answer", "told"), BROKEN)
def test_a_repository_that_is_none_ends_with_its_address(run, apt, path, answer, told) -> None:
    apt.neuron.answers[path] = answer
    done = run("lock", "aws-neuronx-tools", *apt.options, "--instance", "trn1", "-o", "x.pref")
    assert done.code == 3
    assert told in done.err
    assert apt.neuron.url in done.err
    assert not Path("x.pref").exists()


def test_a_repository_line_is_read_as_in_sources_list() -> None:
    from neuron_pin.sources.apt.repository import parse_repository

    line = "deb [arch=amd64 signed-by=/k.gpg] https://apt.invalid/ jammy main extra"
    found = parse_repository(line)
    assert (found.url, found.suite) == ("https://apt.invalid", "jammy")
    assert found.components == ("main", "extra")
    assert parse_repository("file:///repo ./").components == ()
    for wrong in ("", "https://x", "https://x jammy", "ftp://x jammy main"):
        with pytest.raises(NeuronPinError):
            parse_repository(wrong)


def test_epochs_and_packages_of_no_release(run, apt: Apt, keys: Keys) -> None:
    """A pin of the policy names no epoch, so a version with one is none of the release's; of
    other packages the very version is pinned, epoch and revision included."""
    tools = "aws-neuronx-tools"
    offered = [("tool", "9:1.0-1"), ("tool", "9:1.0-2"), ("tool", "2.0-1"), ("plain", "1.5-2"),
               ("plain", "1.6-1"), (tools, f"2.32.28.0{REVISION}"), (tools, "9:2.32.28.0-2")]  # fmt: skip
    publish(apt.neuron, "jammy", offered, keys)
    assert apt.run("apt-get", "update", "-q").returncode == 0
    done = run("lock", tools, "apt:tool=9:1.0-1", "apt:plain=1.5-2", *apt.options, "--os",
               "ubuntu22.04", "--as-of", "2026-09-01", "--format", "apt-preferences", "--refresh")  # fmt: skip
    assert done.code == 0, done.err
    apt.pin(done.out)
    wanted = {"tool": "9:1.0-1", "plain": "1.5-2", tools: f"2.32.28.0{REVISION}"}
    assert apt.candidates(*wanted) == wanted
