"""`hook test`: the same verdict as the hook's, without a transaction."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.cli import main
from neuron_pin.errors import WrongUsage

TOOLS, RUNTIME, DRIVER = "aws-neuronx-tools", "aws-neuronx-runtime-lib", "aws-neuronx-dkms"
LOCK = ("lock", "--offline", "-q", "--sdk", "2.31.1", "--instance", "trn2", "--os", "ubuntu24.04",
        "--python", "3.12", "--as-of", "2026-08-20")  # fmt: skip

Rooted = Callable[..., Path]


@pytest.fixture
def rooted(tmp_path: Path, run: Run) -> Rooted:
    """A machine's folder with a lock's hook and these packages installed."""

    def make(strength: str, installed: dict[str, str]) -> Path:
        root = tmp_path / "machine"
        (root / "etc/apt/preferences.d").mkdir(parents=True)
        (root / "etc/apt/apt.conf.d").mkdir()
        (root / "var/lib/dpkg").mkdir(parents=True)
        (root / "var/lib/dpkg/status").write_text(
            "".join(
                f"Package: {name}\nStatus: install ok installed\nVersion: {version}\n"
                "Architecture: amd64\n\n"
                for name, version in installed.items()
            )
        )
        assert run(*LOCK, "--pin", strength, "-o", "lock.json").code == 0
        done = run("hook", "install", "apt", "-q", "--lock", "lock.json", "--root", root,
                   "--expires", "2099-01-01")  # fmt: skip
        assert done.code == 0, done.err
        return root

    return make


def test_the_example_for_a_word_without_version_is_allowed(run: Run) -> None:
    assert run(*LOCK, "-o", "lock.json").code == 0
    for name in (TOOLS, "something-else"):
        hint = failure(run("hook", "test", name, "--lock", "lock.json"), WrongUsage).hint
        assert run("hook", "test", hint.split()[-1], "--lock", "lock.json").code == 0


def judged_by_hook(root: Path, changes: list[str], installed: dict[str, str]) -> tuple[bool, set]:
    """Whether the program that apt runs refuses a transaction, and the rules that it names."""
    lines = ["VERSION 3", "APT::Architecture=amd64", ""]
    for word in changes:
        name, _, version = word.partition("=")
        lines.append(f"{name} {installed.get(name, '-')} - - < {version} - - **UNPACK**")
    done = subprocess.run(
        [sys.executable, root / "usr/lib/neuron-pin/apt-hook", "--stdin", f"--root={root}"],
        input="\n".join([*lines, ""]), capture_output=True, text=True, check=False,
        env={},
    )  # fmt: skip
    assert done.returncode in (0, 10), done.stderr
    return done.returncode == 10, set(re.findall(r"^  (NP\d{3}) ", done.stderr, re.M))


KERNEL = "linux-image-5.4.0-1-aws"
BUILT = {DRIVER: "2.29.0.0-1", "linux-headers-6.8.0-1-aws": "1", "linux-image-6.8.0-1-aws": "1"}
# how strong pins are, what is installed, what is to come
TRANSACTIONS = [
    ("exact", {}, [f"{TOOLS}=2.31.15.0"]),
    ("exact", {}, [f"{TOOLS}=2.32.28.0"]),
    ("exact", {TOOLS: "2.31.15.0-1"}, [f"{TOOLS}=2.32.28.0-1"]),
    ("exact", {TOOLS: "2.32.28.0"}, [f"{TOOLS}=2.32.28.0"]),
    ("exact", {}, [f"{TOOLS}=3.0.0.0"]),
    ("exact", {}, [f"{TOOLS}=1:2.31.15.0"]),
    ("exact", {}, ["bash=5.2"]),
    ("exact", {}, ["aws-neuronx-something=1.0"]),
    ("exact", {}, [f"{TOOLS}=2.31.15.0", f"{RUNTIME}=2.34.10.0", "bash=5.2"]),
    ("major", {}, [f"{TOOLS}=2.32.28.0"]),
    ("major", {TOOLS: "2.31.15.0", RUNTIME: "2.33.10.0"}, [f"{TOOLS}=2.32.28.0"]),
    ("major", {TOOLS: "2.31.15.0", RUNTIME: "2.33.10.0"}, [f"{TOOLS}=3.1"]),
    ("exact", BUILT, [f"{KERNEL}=5.4.0-1"]),
    ("exact", BUILT, ["linux-image-6.8.0-2-aws=6.8.0-2"]),
    ("exact", BUILT, ["linux-image-6.8.0-2-aws=6.8.0-2", "linux-headers-6.8.0-2-aws=6.8.0-2"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("strength", "installed", "changes"),
    TRANSACTIONS,
    ids=[f"{s}-{n}" for n, (s, _, _) in enumerate(TRANSACTIONS)],
)
def test_the_verdict_is_that_of_the_hook(
    run: Run, rooted: Rooted, strength: str, installed: dict[str, str], changes: list[str]
) -> None:
    root = rooted(strength, installed)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    done = run("hook", "test", *changes, "--root", root, "--format", "json")
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
    document = json.loads(done.out)
    refused, rules = judged_by_hook(root, changes, installed)
    assert (done.code, document["allowed"]) == (int(refused), not refused)
    assert {c["rule"] for c in document["changes"] if c["rule"]} == rules
    assert {c["name"]: c["installed"] for c in document["changes"] if c["installed"]} == {
        name: installed[name]
        for name in (w.partition("=")[0] for w in changes)
        if name in installed
    }
    by_lock = run(
        "hook", "test", *changes, "--root", root, "--lock", "lock.json", "--format", "json"
    )
    assert by_lock.err == ""
    assert json.loads(by_lock.out) == document


def test_transactions_are_refused_and_allowed_by_several_rules(run: Run, rooted: Rooted) -> None:
    found = set()
    root = rooted("exact", BUILT)
    for _, _, changes in TRANSACTIONS[-3:]:
        document = json.loads(run("hook", "test", *changes, "--root", root, "--format", "json").out)
        found |= {change["rule"] for change in document["changes"]}
    assert found > {"NP112", None}


def test_a_pattern_is_the_newest_known_version(run: Run, rooted: Rooted) -> None:
    root = rooted("exact", {})
    base = ("hook", "test", "--root", root, "--format", "json")
    (change,) = json.loads(run(*base, f"{TOOLS}=2.31.*").out)["changes"]
    assert (change["version"], change["allowed"]) == ("2.31.15.0", True)
    unknown = json.loads(run(*base, f"{TOOLS}=3.*").out)
    assert (unknown["changes"][0]["version"], unknown["changes"][0]["rule"]) == ("3.0", "NP306")
    assert unknown["notes"]


def test_a_lock_of_rpm_is_judged_too(run: Run) -> None:
    code = main(["lock", "--offline", "-q", "--sdk", "2.31.1", "--instance", "trn2", "--os",
                 "amzn2023", "--python", "3.11", "--as-of", "2026-08-20", "-o", "lock.json"])  # fmt: skip
    assert code == 0
    done = run("hook", "test", f"{TOOLS}=2.32.28.0", "--lock", "lock.json", "--root", ".")
    assert done.code == 1
    assert "sudo dnf install 'aws-neuronx-tools-2.31.15.0[_-]*'" in done.out


@pytest.mark.parametrize(
    "words", [(), (TOOLS,), ("=1",), (f"{TOOLS}=1 2",), ("aws-neuronx\ttools=1",)]
)
def test_words_that_name_no_version_are_refused(run: Run, words: tuple[str, ...]) -> None:
    assert run(*LOCK, "-o", "lock.json").code == 0
    assert run("hook", "test", *words, "--lock", "lock.json").code == 2


def test_without_a_hook_a_lock_is_asked_for(run: Run) -> None:
    assert run("hook", "test", f"{TOOLS}=1", "--root", ".").code == 2


@pytest.mark.parametrize("version", ["2.28..0", "_3dcef56f0", "~1.0", "v2.28.0", "1:", "2.28,0"])
def test_what_is_no_version_of_any_manager_is_not_judged(run: Run, version: str) -> None:
    assert run(*LOCK, "-o", "lock.json").code == 0
    done = run("hook", "test", f"{TOOLS}={version}", "--lock", "lock.json")
    assert version in failure(done, WrongUsage).message


def test_an_epoch_is_the_reason_where_the_numbers_are_locked(run: Run) -> None:
    assert run(*LOCK, "-o", "lock.json").code == 0
    done = run("hook", "test", f"{TOOLS}=9:2.31.15.0-1", "--lock", "lock.json", "--format", "json")
    (change,) = json.loads(done.out)["changes"]
    assert (change["rule"], "epoch" in change["reason"]) == ("NP306", True)
