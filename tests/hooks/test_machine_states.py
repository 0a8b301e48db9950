"""Packages installed by half, and files of neuron-pin that somebody else changed, on a machine of
real apt and dpkg."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import tarfile
from pathlib import Path

import pytest
from apt_machine import RELEASE, TOOLS, Machine, has_apt
from conftest import Run

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(not has_apt, reason="needs apt, dpkg and apt-utils"),
]
VERSION = "2.28.23.0-1b3ca6425"
PREFERENCES = "etc/apt/preferences.d/00-neuron-pin.pref"
UNFINISHED = [
    ("install ok half-configured", "error"),
    ("hold ok half-configured", "error"),
    ("install ok unpacked", "error"),
    ("install reinstreq half-installed", "error"),
    ("install ok half-installed", "error"),
    ("install reinstreq installed", "error"),
    ("install ok triggers-awaited", "warning"),
    ("install ok triggers-pending", "warning"),
]
FINISHED = [
    "install ok installed",
    "hold ok installed",
    "deinstall ok config-files",
    "purge ok not-installed",
]


def find(run: Run, rule: str, *words: object) -> list[dict[str, str]]:
    done = run(*words, "--format", "json")
    return [row for row in json.loads(done.out)["findings"] if row["rule"] == rule]


def put_state(machine: Machine, state: str) -> None:
    status = machine.root / "var/lib/dpkg/status"
    status.write_text(re.sub(r"^Status: .*$", f"Status: {state}", status.read_text(), flags=re.M))


@pytest.mark.parametrize(("state", "severity"), UNFINISHED, ids=[s for s, _ in UNFINISHED])
def test_a_package_installed_by_half(run: Run, plain: Machine, state: str, severity: str) -> None:
    assert plain.apt("install", f"{TOOLS}={VERSION}").returncode == 0
    put_state(plain, state)
    for words in (("check", "--root"), ("doctor", "--root"), ("check", "--image")):
        (row,) = find(run, "NP613", *words, plain.root)
        assert (row["subject"], row["severity"]) == (f"{TOOLS} {VERSION}", severity)
        assert row["place"].endswith("var/lib/dpkg/status")


@pytest.mark.parametrize(
    ("state", "calls"),
    [
        ("install ok half-configured", "dpkg"),
        ("install ok unpacked", "dpkg"),
        ("install ok triggers-pending\nTriggers-Pending: x", "dpkg"),
        ("install reinstreq half-installed", "apt-get"),
        ("install ok half-installed", "apt-get"),
        ("install reinstreq installed", "apt-get"),
    ],
)
def test_the_command_finishes_it(run: Run, plain: Machine, state: str, calls: str) -> None:
    assert plain.apt("install", f"{TOOLS}={VERSION}").returncode == 0
    put_state(plain, state)
    (row,) = find(run, "NP613", "check", "--root", plain.root)
    command, _, _ = row["remedy"].partition(";")
    words = shlex.split(command)
    assert words[:4] == ["sudo", "chroot", str(plain.root), calls]
    if calls == "apt-get":
        done = plain.apt(*words[4:])
    else:
        done = subprocess.run(
            ["dpkg", f"--root={plain.root}", "--force-script-chrootless", "--force-not-root",
             f"--log={plain.root}/dpkg.log", *words[4:]],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert find(run, "NP613", "check", "--root", plain.root) == []
    assert plain.installed() == {TOOLS: VERSION}


@pytest.mark.parametrize("state", FINISHED)
def test_what_is_finished_is_no_finding(run: Run, plain: Machine, state: str) -> None:
    plain.has(f"{TOOLS}={VERSION}")
    put_state(plain, state)
    assert find(run, "NP613", "doctor", "--root", plain.root) == []
    assert find(run, "NP613", "check", "--root", plain.root) == []


def test_without_a_version_nothing_was_unpacked(run: Run, plain: Machine) -> None:
    status = plain.root / "var/lib/dpkg/status"
    status.write_text(f"Package: {TOOLS}\nStatus: install reinstreq half-installed\n\n")
    done = run("check", "--root", plain.root, "--format", "json")
    rows = [
        (r["rule"], r["subject"]) for r in json.loads(done.out)["findings"] if TOOLS in r["subject"]
    ]
    assert rows == [("NP613", TOOLS)]


def test_in_a_layer_of_an_image(run: Run, plain: Machine, tmp_path: Path) -> None:
    plain.has(f"{TOOLS}={VERSION}")
    put_state(plain, "install ok half-configured")
    image = tmp_path / "image.tar"
    with tarfile.open(image, "w") as archive:
        archive.add(plain.root, ".")
    (row,) = find(run, "NP613", "check", "--image", image)
    assert "dpkg --configure -a" in row["remedy"]
    assert "sudo" not in row["remedy"]


def divert(machine: Machine, *words: str) -> None:
    subprocess.run(["dpkg-divert", "--root", machine.root, *words], check=True, capture_output=True)


@pytest.fixture
def hooked(run: Run, plain: Machine, archives, lock_file) -> Machine:
    """A machine with the hook as it was installed."""
    lock = lock_file(*RELEASE, index=archives.neuron)
    done = run(
        "hook", "install", "apt", "--lock", lock, "--root", plain.root, "--expires", "2099-01-01"
    )
    assert done.code == 0, done.err
    assert find(run, "NP614", "doctor", "--root", plain.root) == []
    return plain


@pytest.mark.parametrize("path", [PREFERENCES, "etc/apt/apt.conf.d/90neuron-pin"])
@pytest.mark.parametrize(("how", "severity"), [("--rename", "error"), ("--no-rename", "warning")])
@pytest.mark.parametrize("by", [["--local"], ["--package", "fleet-config"]])
def test_a_diverted_file(
    run: Run, hooked: Machine, path: str, how: str, severity: str, by: list[str]
) -> None:
    divert(hooked, *by, how, "--divert", f"/{path}.theirs", "--add", f"/{path}")
    # Of others, which concern nobody here.
    divert(hooked, "--local", "--no-rename", "--add", "/etc/apt/preferences.d/other")
    (row,) = find(run, "NP614", "doctor", "--root", hooked.root)
    assert row["severity"] == severity
    assert row["place"] == str(hooked.root / path)
    words = shlex.split(row["remedy"])
    assert words[:2] == ["sudo", "dpkg-divert"]
    subprocess.run(words[1:], check=True, capture_output=True)
    assert find(run, "NP614", "doctor", "--root", hooked.root) == []
    assert (hooked.root / path).exists()


def test_an_edited_file_of_the_hook(run: Run, hooked: Machine) -> None:
    path = hooked.root / "etc/apt/apt.conf.d/90neuron-pin"
    path.write_text(path.read_text() + "// mine\n")
    rows = json.loads(run("doctor", "--root", hooked.root, "--format", "json").out)["findings"]
    own = [row for row in rows if row["rule"] in ("NP612", "NP614")]
    assert [(row["rule"], row["severity"], row["place"]) for row in own] == [
        ("NP614", "error", str(path))
    ]
    assert "--overwrite" in own[0]["remedy"]


def test_edited_preferences_without_a_hook(run: Run, plain: Machine) -> None:
    path = plain.root / PREFERENCES
    done = run("lock", "--offline", *RELEASE, TOOLS, "-o", path)
    assert done.code == 0, done.err
    assert find(run, "NP614", "doctor", "--root", plain.root) == []
    path.write_text(path.read_text() + "\nPackage: mine\nPin: version 1.*\nPin-Priority: 990\n")
    (plain.root / "etc/apt/preferences.d/other.pref").write_text(
        "Package: x\nPin: version 1\nPin-Priority: 1\n"
    )
    (row,) = find(run, "NP614", "doctor", "--root", plain.root)
    assert (row["severity"], row["place"]) == ("warning", str(path))


def test_a_conffile_of_a_package(run: Run, hooked: Machine) -> None:
    path = hooked.root / PREFERENCES
    digest = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    status = hooked.root / "var/lib/dpkg/status"
    stanza = "Package: {}\nStatus: install ok installed\nVersion: 1\nConffiles:\n /etc/{} {}\nDescription: x\n\n"
    own = PREFERENCES.removeprefix("etc/")
    for shipped, packages in ((digest, []), ("0" * 32, ["fleet-config"]), ("newconffile", [])):
        status.write_text(stanza.format("other", "other.conf", "1" * 32)
                          + stanza.format("fleet-config", own, shipped))  # fmt: skip
        rows = find(run, "NP614", "doctor", "--root", hooked.root)
        assert [row["place"] for row in rows] == [str(path)] * len(packages)
        assert all("fleet-config" in row["reason"] for row in rows)


@pytest.mark.parametrize("text", ["", "one line\n", "/etc/apt/preferences\n/x\n", "\0\xff\n" * 5])
def test_odd_diversions(run: Run, hooked: Machine, text: str) -> None:
    (hooked.root / "var/lib/dpkg/diversions").write_text(text, encoding="latin-1")
    assert find(run, "NP614", "doctor", "--root", hooked.root) == []


def test_holds_are_seen(run: Run, plain: Machine) -> None:
    plain.has(f"{TOOLS}={VERSION}!")
    (row,) = find(run, "NP608", "doctor", "--root", plain.root)
    assert row["subject"].startswith(TOOLS)
    assert os.path.basename(row["place"]) == "status"
