"""Real apt and dpkg, in a private root, with the hook and without it."""

import json
import os
import random
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from apt_machine import (
    COLLECTIVES,
    DRIVER,
    LOCKED,
    NEURON,
    OF_2_27,
    OTHER,
    RELEASE,
    RELEASE_OF_2_29,
    RUNTIME,
    TOOLS,
    Machine,
    has_apt,
    rules,
    words,
)
from conftest import sample

from neuron_pin.cli import main
from neuron_pin.hooks.apt import render_configuration
from neuron_pin.hooks.location import OnError
from neuron_pin.hooks.program import state, verdict

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(not has_apt, reason="needs apt, dpkg and apt-utils"),
]


# What somebody types, what was there, the pins' strength, and the rules that refuse it.
TRANSACTIONS = [
    ("the locked version, by name", ["install", TOOLS], [], "exact", set()),
    ("the locked set, by name", ["install", RUNTIME, TOOLS, COLLECTIVES], [], "exact", set()),
    ("another major", ["install", f"{TOOLS}=3.*"], [], "exact", {"NP306"}),
    ("another major, of a pinned major", ["install", f"{TOOLS}=3.*"], [], "major", {"NP306"}),
    ("the policy's own advice", ["install", f"{TOOLS}=2.*"], [], "exact", {"NP306"}),
    ("an epoch", ["install", f"{TOOLS}=1:2.28.23.0-1"], [], "exact", {"NP306"}),
    ("another minor", ["install", f"{TOOLS}=2.29.*"], [], "exact", {"NP306"}),
    ("another minor, of a pinned minor", ["install", f"{TOOLS}=2.29.*"], [], "minor", {"NP306"}),
    ("another archive's", ["install", f"{TOOLS}=2.99.0.0-evil"], [], "exact", {"NP306"}),
    ("an old name", ["install", "aws-neuron-tools"], [], "exact", {"NP201"}),
    ("a name that nobody knows", ["install", "aws-neuronx-new-thing"], [], "exact", {"NP508"}),
    ("an upgrade to the lock", ["upgrade"], words(OF_2_27), "exact", set()),
    ("a dist-upgrade to the lock", ["dist-upgrade"], words(OF_2_27), "exact", set()),
    ("a downgrade", ["install", "--allow-downgrades", f"{TOOLS}=2.27.*"], words(LOCKED), "exact",
     {"NP306"}),
    ("a downgrade to the lock", ["install", "--allow-downgrades", f"{TOOLS}=2.28.23.0-1b3ca6425"],
     [f"{TOOLS}=3.0.5.0-ccc1"], "exact", set()),
    ("a removal", ["remove", TOOLS], words(LOCKED), "exact", set()),
    ("a purge", ["purge", TOOLS], words(LOCKED), "exact", set()),
    ("a held package, moved all the same",
     ["install", "--allow-change-held-packages", f"{TOOLS}=2.29.*"], [f"{TOOLS}=2.28.23.0-1b3ca6425!"],
     "exact", {"NP306"}),
    ("a package of another release, of pinned majors", ["install", f"{TOOLS}=2.29.*"],
     words({k: v for k, v in LOCKED.items() if k != DRIVER}), "major", {"NP507"}),
    ("all of another release, of pinned majors",
     ["install", f"{TOOLS}=2.32.*", f"{RUNTIME}=2.34.*", f"{COLLECTIVES}=2.34.*", f"{DRIVER}=2.30.*"],
     words({k: v for k, v in LOCKED.items() if k != DRIVER}), "major", set()),
    ("all but one of another release, of pinned majors",
     ["install", f"{TOOLS}=2.32.*", f"{RUNTIME}=2.34.*", f"{DRIVER}=2.30.*"], words(LOCKED), "major",
     {"NP507"}),
    ("a driver that the runtime library does not go with", ["install", f"{DRIVER}=2.30.2.0"],
     [*words({RUNTIME: LOCKED[RUNTIME]}), f"{DRIVER}=2.26.10.0"], "major", {"NP506", "NP507"}),
    ("a package that is newer than the facts", ["install", f"{TOOLS}=2.99.1.0-new"], [], "major",
     set()),
    ("something else", ["install", "harmless"], words(LOCKED), "exact", set()),
    ("a kernel of another series", ["install", "linux-image-6.14.0-1002-aws"],
     [f"{DRIVER}=2.26.5.0", "linux-image-6.8.0-1015-aws=6.8.0-1015.16"], "exact", {"NP111"}),
    ("a kernel of another series, without a driver", ["install", "linux-image-6.14.0-1002-aws"],
     ["linux-image-6.8.0-1015-aws=6.8.0-1015.16"], "exact", set()),
    ("another patch of the kernel, with headers",
     ["install", "linux-image-6.8.0-1016-aws", "linux-headers-6.8.0-1016-aws"],
     [f"{DRIVER}=2.26.5.0", "linux-headers-6.8.0-1015-aws=1"], "exact", set()),
    ("another patch of the kernel, without headers", ["install", "linux-image-6.8.0-1016-aws"],
     [f"{DRIVER}=2.26.5.0", "linux-headers-6.8.0-1015-aws=1"], "exact", {"NP112"}),
    ("another patch of the kernel, where nothing is built", ["install", "linux-image-6.8.0-1016-aws"],
     [f"{DRIVER}=2.26.5.0"], "exact", set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "before", "strength", "refused_by"),
    [row[1:] for row in TRANSACTIONS],
    ids=[row[0] for row in TRANSACTIONS],
)
def test_the_hook_refuses_what_the_lock_does_not_allow(
    held, command: list[str], before: list[str], strength: str, refused_by: set[str]
) -> None:
    machine = held(strength)
    machine.has(*before)
    there = machine.installed()
    done = machine.apt(*command)
    assert rules(done.stderr) == refused_by, done.stderr
    if not refused_by:
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 100
    assert machine.installed() == there
    assert "neuron-pin: " in done.stderr
    assert f"NEURON_PIN_ALLOW={','.join(sorted(refused_by))} apt-get" in done.stderr
    # By the documented way around it, once, and with a line in the log.
    allowed = machine.apt(*command, NEURON_PIN_ALLOW=",".join(refused_by))
    assert allowed.returncode == 0, allowed.stderr
    log = (machine.root / "var/log/neuron-pin.log").read_text()
    assert re.search(r"Z refused by ", log)
    assert re.search(r"Z allowed by NEURON_PIN_ALLOW=", log)
    assert machine.installed() != there


@pytest.mark.parametrize(
    ("command", "before"),
    sample([pytest.param(*row[1:3], id=row[0]) for row in TRANSACTIONS if row[4]], 4),
)
def test_without_the_hook_apt_does_all_of_that(
    plain: Machine, command: list[str], before: list[str]
) -> None:
    plain.has(*before)
    there = plain.installed()
    done = plain.apt(*command)
    assert done.returncode == 0, done.stderr
    assert plain.installed() != there


KERNELS = ["linux-image-aws=6.8.0.1015.17", "linux-image-6.8.0-1015-aws=6.8.0-1015.16",
           "linux-headers-6.8.0-1015-aws=1"]  # fmt: skip


def test_apt_goes_to_the_next_patch_of_the_kernel_by_itself_and_to_no_other_series(
    held, plain: Machine
) -> None:
    plain.has(f"{DRIVER}=2.26.10.0", *KERNELS, "linux-headers-aws=6.8.0.1015.17")
    machine = held("exact")
    done = machine.apt("dist-upgrade")
    assert done.returncode == 0, done.stderr
    found = machine.installed()
    assert found["linux-image-aws"] == "6.8.0.1016.18"
    assert found["linux-headers-aws"] == "6.8.0.1016.18"
    # Asked for, it passes the pins, and is what the hook refuses.
    asked = machine.apt("install", "linux-image-aws=6.14.0.1002.3")
    assert rules(asked.stderr) == {"NP111"}, asked.stderr


def test_headers_that_follow_need_not_come_at_once(held, plain: Machine) -> None:
    """unattended-upgrades may bring an image and its headers in two steps."""
    plain.has(f"{DRIVER}=2.26.10.0", *KERNELS, "linux-headers-aws=6.8.0.1015.17")
    machine = held("exact")
    assert machine.apt("install", "linux-image-aws").returncode == 0
    plain.has(f"{DRIVER}=2.26.10.0", *KERNELS)
    alone = machine.apt("install", "linux-image-aws")
    assert rules(alone.stderr) == {"NP112"}


def test_a_series_that_runs_already_goes_on(held, plain: Machine) -> None:
    plain.has(f"{DRIVER}=2.26.10.0", "linux-image-6.14.0-1001-aws=6.14.0-1001.1",
              "linux-image-aws=6.14.0.1001.1")  # fmt: skip
    machine = held("exact")
    assert machine.apt("dist-upgrade").returncode == 0
    assert machine.installed()["linux-image-aws"] == "6.14.0.1002.3"


def test_an_installed_kernel_stays_the_candidate_whatever_its_series(held, plain: Machine) -> None:
    """unattended-upgrades expects a candidate of what is installed."""
    plain.has(f"{DRIVER}=2.26.10.0", "linux-image-aws=6.17.0.1001.1")
    machine = held("exact")
    for command in (["install", "linux-image-aws"], ["dist-upgrade"]):
        done = machine.apt("-s", *command)
        assert done.returncode == 0, done.stderr
        assert "Inst linux" not in done.stdout


def test_unattended_upgrades_are_told_names_that_mean_the_same_to_every_reader() -> None:
    names = ["aws-neuronx-tools", "libstdc++6", "a.b"]
    text = render_configuration("/folder", OnError.ALLOW, names)
    block = text.partition("Package-Blacklist {")[2]
    expressions = re.findall(r'^    "(.*)";$', block, re.M)
    for name, expression in zip(names, expressions, strict=True):
        assert [n for n in (*names, "libstdccc6", "axb") if re.match(expression, n)] == [name]
        done = subprocess.run(
            ["grep", "-E", expression], input="\n".join((*names, "libstdccc6", "axb")), text=True,
            check=True, capture_output=True,
        )  # fmt: skip
        assert done.stdout.split() == [name]


def test_the_rest_of_the_release_is_pinned_too(held, plain: Machine, archives, lock_file) -> None:
    """A lock of one package: what else of Neuron's is installed moves within the release, so
    that a plain upgrade has nothing that the hook would refuse."""
    plain.has(*words(OF_2_27))
    lock = lock_file(TOOLS, *RELEASE, index=archives.neuron)
    assert (
        main(["hook", "install", "apt", "-q", "--lock", str(lock), "--root", str(plain.root)]) == 0
    )
    plain.point_hook_here()
    done = plain.apt("upgrade")
    assert done.returncode == 0, done.stderr
    assert plain.installed() == {name: LOCKED[name] for name in OF_2_27}


def test_exec_holds_apt_for_one_command(
    plain: Machine, archives, lock_file, tmp_path: Path
) -> None:
    lock = lock_file(*RELEASE, index=archives.neuron)
    # The one thing that is the machine's own below exec.
    log = Path("/var/log/neuron-pin.log")
    there = log.exists()

    def call(*command: str) -> subprocess.CompletedProcess[str]:
        pin = [sys.executable, "-m", "neuron_pin", "exec", "--lock", str(lock), "--cache-dir",
               str(tmp_path / "cache"), "--", "apt-get", "-q", "-y"]  # fmt: skip
        environment = {**os.environ, "APT_CONFIG": str(plain.config), "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            [*pin, *command], env=environment, capture_output=True, text=True, check=False
        )

    refused = call("install", f"{TOOLS}=3.*")
    assert refused.returncode == 100
    assert rules(refused.stderr) == {"NP306"}, refused.stderr
    done = call("install", TOOLS)
    assert done.returncode == 0, done.stderr
    assert plain.installed() == {TOOLS: LOCKED[TOOLS]}
    assert plain.apt("install", f"{TOOLS}=3.*").returncode == 0
    if not there:
        log.unlink(missing_ok=True)


def test_what_a_refusal_proposes_is_what_apt_then_does(held) -> None:
    machine = held("exact")
    machine.has(*words(OF_2_27))
    done = machine.apt("install", f"{TOOLS}=3.*", f"{RUNTIME}=3.*")
    assert rules(done.stderr) == {"NP306"}
    proposed = re.search(r"^    (?:sudo )?apt-get install (.*)$", done.stderr, re.M)
    assert proposed
    assert machine.apt("install", *shlex.split(proposed[1])).returncode == 0
    found = machine.installed()
    assert {found[TOOLS], found[RUNTIME]} == {LOCKED[TOOLS], LOCKED[RUNTIME]}


def test_what_a_refusal_proposes_goes_back_from_something_newer(held) -> None:
    machine = held("exact")
    machine.has(f"{TOOLS}=2.99.1.0-new")
    done = machine.apt("install", f"{TOOLS}=3.*")
    proposed = re.search(r"^    (?:sudo )?apt-get install (.*)$", done.stderr, re.M)
    assert proposed, done.stderr
    # Without --allow-downgrades, apt-get -y stops.
    assert machine.apt("install", *shlex.split(proposed[1])).returncode == 0
    assert machine.installed()[TOOLS] == LOCKED[TOOLS]


def test_a_refusal_keeps_the_old_lock_and_its_packages(
    run, plain: Machine, lock_file, archives
) -> None:
    lock = lock_file(TOOLS, *RELEASE, index=archives.neuron)
    done = run("hook", "install", "apt", "-q", "--lock", lock, "--root", plain.root)
    assert done.code == 0, done.err
    plain.point_hook_here()
    told = plain.apt("install", f"{TOOLS}=3.*").stderr
    (relock,) = re.findall(r"^    (neuron-pin lock .*)$", told, re.M)
    words = shlex.split(relock)
    # The lock that is enforced is not overwritten, no network is needed, nothing is added.
    assert {"--offline", TOOLS} <= set(words)
    written = words[words.index("-o") + 1]
    assert written != "lock.json"
    assert f"hook install apt --lock {written}" in told
    assert run(*words[1:]).code == 0


def test_the_override_repeats_what_was_typed(held) -> None:
    machine = held("exact")
    done = machine.apt("install", f"{TOOLS}=3.*")
    again = re.search(r"^    (?:sudo )?env (NEURON_PIN_ALLOW=NP306) (.*)$", done.stderr, re.M)
    assert again, done.stderr
    assert shlex.split(again[2]) == ["apt-get", "-q", "-y", "install", f"{TOOLS}=3.*"]
    environment = {**os.environ, "APT_CONFIG": str(machine.config), "LC_ALL": "C.UTF-8"}
    pasted = subprocess.run(
        ["sh", "-c", f"env {again[1]} {again[2]}"],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert pasted.returncode == 0, pasted.stderr
    assert machine.installed()[TOOLS].startswith("3.")


def test_a_plan_passes_the_hook_there_and_back(run, held) -> None:
    """Real apt refuses the steps of a plan until its first ones have moved the hook; rolling
    back restores the lock that the hook had, and then the versions."""
    machine = held("exact")
    machine.has(*words(LOCKED))
    conf = machine.root / "etc/apt/apt.conf.d/90neuron-pin"
    here = f"{machine.root}/usr/lib/neuron-pin"
    before = (machine.root / "var/lib/neuron-pin/apt.state").read_bytes()
    plan = json.loads(run("plan", "--from", "host", "--to", "2.32.0", "--instance", "trn1", "--os",
                          "ubuntu22.04", "--python", "3.11", "--framework", "none", "--root",
                          machine.root, "--format", "json").out)  # fmt: skip
    installs = [
        shlex.split(command)
        for step in plan["steps"]
        if step["part"] in ("driver", "runtime and tools")
        for command in step["commands"]
        if command.startswith("apt-get install")
    ]
    # One transaction: the new driver does not work with the old runtime library (NP506).
    assert len(installs) == 1
    assert rules(machine.apt(*installs[0][1:]).stderr) == {"NP306"}

    def carry_out(commands: list[str]) -> None:
        # The file as it was installed, and not as this private root needs it.
        conf.write_text(conf.read_text().replace(here, "/usr/lib/neuron-pin"))
        for command in commands:
            text = command.removeprefix("sudo ")
            if text.startswith("neuron-pin "):
                done = run(*shlex.split(text)[1:], "-q")
                assert done.code == 0, done.err
            elif not text.startswith("apt-get "):
                subprocess.run(["sh", "-c", text], check=True)
        machine.point_hook_here()

    carry_out([c for step in plan["steps"] if step["part"] == "lock" for c in step["commands"]])
    for install in installs:
        done = machine.apt(*install[1:])
        assert done.returncode == 0, done.stderr
    moved = machine.installed()
    assert all(moved[name] != version for name, version in LOCKED.items())
    carry_out([command for command in plan["back"] if "neuron.sources" not in command])
    assert (machine.root / "var/lib/neuron-pin/apt.state").read_bytes() == before
    for command in plan["back"]:
        back = shlex.split(command.removeprefix("sudo "))
        if back[:2] == ["apt-get", "install"]:
            done = machine.apt(*back[1:])
            assert done.returncode == 0, done.stderr
    assert machine.installed() == LOCKED


def test_a_newer_lock_is_another_state(held, lock_file, archives) -> None:
    machine = held("exact")
    assert machine.apt("install", f"{TOOLS}=2.29.*").returncode == 100
    held("exact", "--overwrite", release=("--sdk", "2.29.1", *RELEASE_OF_2_29))
    done = machine.apt("install", f"{TOOLS}=2.29.*")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("worlds", sample([8, 50], 2))
@pytest.mark.parametrize(
    "asked", [(), (TOOLS,), (DRIVER, RUNTIME)], ids=lambda names: "+".join(names)
)
def test_what_apt_chooses_by_itself_the_hook_never_refuses(
    plain: Machine, archives, lock_file, asked: tuple[str, ...], worlds: int
) -> None:
    """Of random machines: a plain upgrade has nothing in it that fails with the hook, or nobody
    would find out why nights fail."""
    lock = lock_file(*asked, *RELEASE, index=archives.neuron)
    words = ["hook", "install", "apt", "-q", "--lock", str(lock), "--root", str(plain.root)]
    choose = random.Random(len(asked))
    names = sorted(set(NEURON) - {"aws-neuron-tools", "aws-neuronx-new-thing"})
    moved = 0
    for _ in range(worlds):
        there = {n: choose.choice(NEURON[n]) for n in names if choose.random() < 0.6}
        there |= {
            n: choose.choice(v)
            for n, v in OTHER.items()
            if n not in NEURON and choose.random() < 0.3
        }
        plain.has(*(f"{name}={version}" for name, version in there.items()))
        assert main([*words, "--overwrite"]) == 0
        held = state.read_state(str(plain.root / "var/lib/neuron-pin/apt.state"))
        planned = plain.apt("-s", choose.choice(["upgrade", "dist-upgrade"]))
        assert planned.returncode == 0, planned.stderr
        lines = re.findall(r"^Inst (\S+) (?:\[(\S+)\] )?\((\S+) ", planned.stdout, re.M)
        rows = b"".join(
            f"{n} {old or '-'} amd64 none < {new} amd64 none /{n}.deb\n".encode()
            for n, old, new in lines
        )
        moved += sum("neuron" in n for n, _, _ in lines)
        changes = [verdict.Change(n, old, new) for n, old, new in lines]
        installed = {n: v for n, v in there.items() if held.is_neuron(n)}
        assert verdict.judge(held, changes, installed, "2026-11-25").refusals == []
        hook = plain.root / "usr/lib/neuron-pin/apt-hook"
        done = subprocess.run(
            [str(hook), "--stdin"], input=b"VERSION 3\n\n" + rows, capture_output=True, check=False,
            env={"PATH": "/usr/bin:/bin"},
        )  # fmt: skip
        assert done.returncode == 0, (there, lines, done.stderr.decode())
    assert moved > 1
