"""``plan`` and ``hook install`` where another archive of the machine has a locked version too."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run
from planned_host import SITE

from neuron_pin.inputs.host.apt_policy import PackageFile
from neuron_pin.inputs.host.apt_sandbox import Archive, ScratchApt, has_apt, scratch_apt

TOOLS = "aws-neuronx-tools"
LOCKED = "2.32.28.0-1b3ca6425"
OTHER = "mirror.invalid"

pytestmark = [pytest.mark.apt, pytest.mark.skipif(not has_apt(), reason="needs apt")]


def archive(site: str, size: int, version: str = LOCKED) -> Archive:
    """An archive whose file of the tools has a size, and with it a hash, of its own."""
    fields = f"Filename: pool/x.deb\nSize: {size}\nSHA256: {str(size) * 64}\n"
    return Archive(
        PackageFile(site=site, archive="jammy"), {TOOLS: [version]}, {(TOOLS, version): fields}
    )


def ready(apt: ScratchApt) -> None:
    Path(apt.root, "etc/os-release").write_text('ID=ubuntu\nVERSION_ID="22.04"\n')
    folder = Path(apt.root, "sys/devices/virtual/dmi/id")
    folder.mkdir(parents=True)
    (folder / "product_name").write_text("trn1.32xlarge\n")


def planned(run: Run, apt: ScratchApt) -> dict:
    done = run("plan", "--from", "host", "--root", apt.root, "--to", "2.32.0", "--as-of",
               "2026-08-20", "--format", "json")  # fmt: skip
    assert done.code == 0, done.err
    plan: dict = json.loads(done.out)
    return plan


def step_of(plan: dict) -> tuple[list[str], list[str]]:
    """The words behind ``apt-get`` that install the tools, and what is warned of."""
    for step in plan["steps"]:
        for command in step["commands"]:
            words = [word.strip("'") for word in command.split()]
            if words[:2] == ["apt-get", "install"] and any(w.startswith(TOOLS) for w in words):
                return words[1:], step["warnings"]
    raise AssertionError(plan["steps"])


def fetched_from(apt: ScratchApt, words: list[str]) -> list[str]:
    """The hosts that real apt would fetch the tools from."""
    done = apt.run("apt-get", "-o", "Acquire::AllowInsecureRepositories=1", "--print-uris", "-qq",
                   "--allow-unauthenticated", *words)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return re.findall(r"^'http://([^/]+)/", done.stdout, re.M)


# Which archive stands first, and what is installed before.
@pytest.mark.parametrize("order", [(OTHER, SITE), (SITE, OTHER)])
def test_the_plan_installs_by_name_what_another_archive_has_too(run: Run, order) -> None:
    both = [archive(site, 1 + (site == OTHER)) for site in order]
    with scratch_apt(both, {TOOLS: "2.28.19.0-x"}, {}) as apt:
        ready(apt)
        plan = planned(run, apt)
        words, warnings = step_of(plan)
        assert TOOLS in words
        assert any("NP615" in text and OTHER in text for text in warnings)
        for step in plan["steps"]:
            for file in step["files"]:
                if file["path"].endswith(".pref"):
                    Path(apt.root, "etc/apt/preferences.d/00.pref").write_text(file["text"])
        assert fetched_from(apt, words) == [SITE]
        if order[0] == OTHER:
            # What it is for: with the version in the command, real apt takes the other file.
            version = [f"{TOOLS}={LOCKED}" if word == TOOLS else word for word in words]
            assert fetched_from(apt, version) == [OTHER]


def test_the_script_installs_by_name_too(run: Run) -> None:
    """It looks a version up where the plan names one."""
    both = [archive(SITE, 1), archive(OTHER, 2, "2.32.28.0-zzzz")]
    with scratch_apt(both, {TOOLS: "2.28.19.0-x"}, {}) as apt:
        ready(apt)
        done = run("plan", "--from", "host", "--root", apt.root, "--to", "2.32.0", "--as-of",
                   "2026-08-20", "--format", "sh")  # fmt: skip
    assert f'p={TOOLS}; set -- "$@" "$p"' in done.out
    assert f"$(pin {TOOLS}" not in done.out


def test_what_is_lowered_keeps_its_version_and_is_warned_of(run: Run) -> None:
    both = [archive(OTHER, 2), archive(SITE, 1)]
    with scratch_apt(both, {TOOLS: "2.99.0.0-x"}, {}) as apt:
        ready(apt)
        words, warnings = step_of(planned(run, apt))
    assert any(word.startswith(f"{TOOLS}=") for word in words)
    assert any("NP615" in text and "disable that source" in text for text in warnings)


@pytest.mark.parametrize(
    "other",
    [
        archive(OTHER, 1),  # a mirror: the very file
        archive(OTHER, 2, "2.30.10.0-39feaa591"),
    ],
)
def test_other_archives_that_are_no_matter(run: Run, other: Archive) -> None:
    with scratch_apt([other, archive(SITE, 1)], {TOOLS: "2.28.19.0-x"}, {}) as apt:
        ready(apt)
        words, warnings = step_of(planned(run, apt))
        assert any(word.startswith(f"{TOOLS}=") for word in words)
        assert warnings == []


def test_another_revision_of_the_locked_version_matters(run: Run) -> None:
    """``NAME=2.32.28.0-*`` takes the highest revision, whatever the pins."""
    both = [archive(SITE, 1), archive(OTHER, 2, "2.32.28.0-zzzz")]
    with scratch_apt(both, {TOOLS: "2.28.19.0-x"}, {}) as apt:
        ready(apt)
        words, _ = step_of(planned(run, apt))
    assert TOOLS in words


def test_the_way_back_is_warned_of(run: Run) -> None:
    """A rollback names the version, which another archive has too."""
    old = "2.28.19.0-x"
    fields = {(TOOLS, old): f"Filename: pool/x.deb\nSize: 3\nSHA256: {'3' * 64}\n"}
    other = Archive(PackageFile(site=OTHER, archive="jammy"), {TOOLS: [old]}, fields)
    own = archive(SITE, 1)
    own = own._replace(versions={TOOLS: [LOCKED, old]})
    with scratch_apt([other, own], {TOOLS: old}, {}) as apt:
        ready(apt)
        plan = planned(run, apt)
        _, warnings = step_of(plan)
    assert any(f"{TOOLS}={old[:-2]}" in command for command in plan["back"])
    assert any("NP615" in text and "before you roll back" in text for text in warnings)


def lock(run: Run, pin: str = "exact") -> None:
    done = run("lock", "--offline", TOOLS, "--sdk", "2.32.0", "--instance", "trn1", "--os",
               "ubuntu22.04", "--as-of", "2026-08-20", "--pin", pin, "-o", "lock.json")  # fmt: skip
    assert done.code == 0, done.err


@pytest.mark.parametrize("pin", ["exact", "major"])
@pytest.mark.parametrize(("installed", "by_name"), [("2.28.19.0-x", True), ("9.99.0.0-x", False)])
def test_remedies_and_refusals_go_by_the_pins(
    run: Run, pin: str, installed: str, by_name: bool
) -> None:
    lock(run, pin)
    with scratch_apt([archive(OTHER, 2), archive(SITE, 1)], {TOOLS: installed}, {}) as apt:
        ready(apt)
        done = run("hook", "install", "apt", "--lock", "lock.json", "--root", apt.root)
        assert done.code == 0, done.err
        done = run("check", "--host", "--root", apt.root, "--lock", "lock.json", "--format", "json")
        remedies = [r["remedy"] for r in json.loads(done.out)["findings"] if r["rule"] == "NP306"]
        hook = Path(apt.root, "usr/lib/neuron-pin/apt-hook")
        change = f"{TOOLS} {installed} amd64 none < 9.100.0.0-x amd64 none /x.deb\n"
        told = subprocess.run(
            [sys.executable, "-IS", hook, "--stdin", f"--root={apt.root}"],
            input=f"VERSION 3\n\n{change}", text=True, capture_output=True, check=False,
        )  # fmt: skip
        assert told.returncode == 10, told.stderr
        refused = told.stderr.partition("What the lock allows")[2].partition("To do it")[0]
        if pin == "exact" or not by_name:
            (remedy,) = remedies
        else:
            # The range admits it.
            assert not remedies
            remedy = refused
        for text in (remedy, refused):
            assert ("=" in text.partition("apt-get")[2]) is not by_name, text
            assert (OTHER in text) is not by_name, text
        words = shlex.split(refused.partition("apt-get")[2])
        assert fetched_from(apt, words) == ([SITE] if by_name else [OTHER])


def test_hook_install_warns(run: Run) -> None:
    lock(run)
    with scratch_apt([archive(OTHER, 2), archive(SITE, 1)], {}, {}) as apt:
        ready(apt)
        words = ("hook", "install", "apt", "--lock", "lock.json", "--root", apt.root)
        done = run(*words, "--dry-run")
        assert done.code == 0, done.err
        assert "NP615" in done.err
        assert OTHER in done.err
        Path(apt.root, "etc/apt/sources.list").write_text("nonsense\n")
        done = run(*words, "--dry-run")
        assert done.code == 0, done.err
        assert "is not known" in done.err
