"""Real dnf 4, in a root of its own, with the version lock and the plugin and without them."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import failure, sample
from dnf_transactions import (
    COLLECTIVES,
    PACKAGES,
    TOOLS,
    TRANSACTIONS,
    install_hook,
    rules,
)
from dnf_world import PLUGINS, has_dnf
from rpm_world import build, has_rpm_tools, index

from neuron_pin.cli import main
from neuron_pin.errors import WrongUsage

pytestmark = pytest.mark.skipif(
    not (has_dnf and has_rpm_tools), reason="needs dnf, its plugins and rpm's tools"
)

FOLDER = "usr/lib/python3/dist-packages/dnf-plugins"


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("repo")
    out = build(folder, PACKAGES)
    index(out)
    return out


class Machine(NamedTuple):
    """A root with dnf's plugins."""

    root: Path
    config: Path

    def dnf(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["dnf", "-c", str(self.config), f"--installroot={self.root}", "--releasever=9",
             "--forcearch=x86_64", f"--setopt=pluginpath={self.root}/{FOLDER}",
             f"--setopt=pluginconfpath={self.root}/etc/dnf/plugins", "--setopt=cachedir=/cache",
             "--setopt=tsflags=nocontexts", "-y", *words],
            capture_output=True, text=True, check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8", **more},
        )  # fmt: skip

    def installed(self) -> dict[str, str]:
        done = subprocess.run(
            ["rpm", f"--root={self.root}", "-qa", "--qf", "%{NAME} %{VERSION}-%{RELEASE}\n"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return dict(row.split(" ") for row in done.stdout.splitlines())


@pytest.fixture
def plain(tmp_path: Path, repository: Path) -> Machine:
    root = tmp_path / "root"
    (root / FOLDER).mkdir(parents=True)
    shutil.copy(PLUGINS / "versionlock.py", root / FOLDER)
    plugins = root / "etc/dnf/plugins"
    plugins.mkdir(parents=True)
    (plugins / "versionlock.list").write_text("# of the administrator\n")
    (plugins / "versionlock.conf").write_text(
        f"[main]\nenabled=1\nlocklist={plugins}/versionlock.list\n"
    )
    (root / "var/log").mkdir(parents=True)
    config = tmp_path / "dnf.conf"
    config.write_text(
        f"[main]\ngpgcheck=0\nplugins=1\n[neuron]\nname=n\nbaseurl=file://{repository}\n"
    )
    return Machine(root, config)


@pytest.fixture
def held(plain: Machine, tmp_path: Path) -> Callable[..., Machine]:
    def install(strength: str = "exact", *more: str) -> Machine:
        install_hook(plain.root, tmp_path, strength, *more)
        return plain

    return install


@pytest.mark.parametrize(
    ("before", "command", "strength", "refused_by"),
    [row[1:] for row in TRANSACTIONS],
    ids=[row[0] for row in TRANSACTIONS],
)
def test_the_plugin_refuses_what_the_lock_does_not_allow(
    plain: Machine, held, before: list[str], command: list[str], strength: str, refused_by: set[str]
) -> None:
    if before:
        done = plain.dnf("install", *before)
        assert done.returncode == 0, done.stderr
    there = plain.installed()
    machine = held(strength)
    done = machine.dnf(*command)
    assert rules(done.stderr) == refused_by, done.stdout + done.stderr
    if not refused_by:
        assert done.returncode == 0, done.stderr
        assert machine.installed() != there
        return
    assert done.returncode == 1
    assert machine.installed() == there
    assert "neuron-pin: " in done.stderr
    allowed = machine.dnf(*command, NEURON_PIN_ALLOW=" ".join(refused_by))
    assert allowed.returncode == 0, allowed.stderr
    log = (machine.root / "var/log/neuron-pin.log").read_text()
    assert len(re.findall(r"Z (refused|allowed by NEURON_PIN_ALLOW)", log)) == 2


def test_what_the_version_lock_does_not_see_the_plugin_does(held, repository: Path) -> None:
    """A local file passes every version lock (measured); the plugin judges it."""
    machine = held("exact")
    package = next(repository.glob(f"{TOOLS}-3.0.5.0*.rpm"))
    done = machine.dnf("install", str(package))
    assert done.returncode == 1
    assert rules(done.stderr) == {"NP306"}, done.stderr
    named = machine.dnf("install", f"{TOOLS}-3.0.5.0")
    assert named.returncode == 1
    assert TOOLS not in machine.installed()


def test_without_the_hook_dnf_does_all_of_that(plain: Machine, repository: Path) -> None:
    package = next(repository.glob(f"{TOOLS}-3.0.5.0*.rpm"))
    assert plain.dnf("install", str(package), COLLECTIVES, "aws-neuronx-new-thing").returncode == 0
    assert plain.installed()[TOOLS] == "3.0.5.0-1"


BROKEN = ("no judge", "no state", "half a state", "a judge that fails")
CASES = [
    case
    for number, broken in enumerate(BROKEN)
    for case in sample([(broken, "allow"), (broken, "refuse")], 2, number % 2)
]


@pytest.mark.parametrize(("broken", "on_error"), CASES)
def test_a_broken_plugin_never_breaks_dnf(held, on_error: str, broken: str) -> None:
    machine = held("exact", "--on-error", on_error)
    judge = machine.root / "usr/lib/neuron-pin/verdict.py"
    state = machine.root / "var/lib/neuron-pin/dnf.state"
    if broken == "no judge":
        judge.unlink()
    elif broken == "a judge that fails":
        judge.write_text("raise SystemError('\\x01')\n")
    elif broken == "no state":
        state.unlink()
    else:
        state.write_bytes(state.read_bytes()[:999])
    assert machine.dnf("install", "harmless").returncode == 0
    assert machine.dnf("install", "kernel6.18").returncode == 0
    done = machine.dnf("install", TOOLS)
    assert "was not judged" in done.stderr
    assert "\x01" not in done.stderr
    assert done.returncode == (0 if on_error == "allow" else 1)
    if on_error == "refuse":
        assert machine.dnf("install", TOOLS, NEURON_PIN_ALLOW="on-error").returncode == 0
    assert machine.dnf("remove", TOOLS).returncode == 0


def test_installing_is_idempotent_and_leaves_no_trace(run, plain: Machine, held) -> None:
    before = {p: p.read_bytes() for p in plain.root.rglob("*") if p.is_file()}
    machine = held("exact")
    locks = (machine.root / "etc/dnf/plugins/versionlock.list").read_text()
    assert locks.startswith("# of the administrator\n")
    assert f"{TOOLS}-0:2.28.23.0-*" in locks
    told = run("hook", "status", "dnf", "--root", machine.root)
    assert told.code == 0, told.out
    assert "Neuron SDK 2.28.1 for trn1, amzn2023" in told.out
    assert run("hook", "remove", "dnf", "--root", machine.root).code == 0
    assert {p: p.read_bytes() for p in plain.root.rglob("*") if p.is_file()} == before
    assert "absent" in run("hook", "status", "dnf", "--root", machine.root).out


def test_the_list_that_dnf_needs_stays(run, plain: Machine, held) -> None:
    """Without its list the versionlock plugin ends every transaction of dnf."""
    locks = plain.root / "etc/dnf/plugins/versionlock.list"
    locks.write_text("")
    machine = held("exact")
    assert TOOLS in locks.read_text()
    assert run("hook", "remove", "dnf", "--root", machine.root).code == 0
    assert locks.read_text() == ""
    assert machine.dnf("install", "harmless").returncode == 0
    # Without that plugin the file is ours, and goes; the hook says what is missing.
    for name in ("versionlock.conf", "versionlock.list"):
        (machine.root / "etc/dnf/plugins" / name).unlink()
    (machine.root / FOLDER / "versionlock.py").unlink()
    lock = next(Path(machine.root).parent.glob("*.json"))
    done = run("hook", "install", "dnf", "--lock", lock, "--root", machine.root)
    assert "versionlock" in done.err
    refused = machine.dnf("install", f"{TOOLS}-3.0.5.0")
    assert rules(refused.stderr) == {"NP306"}, refused.stderr
    assert run("hook", "remove", "dnf", "--root", machine.root).code == 0
    assert not locks.exists()


def test_both_hooks_share_what_they_need(run, plain: Machine, held, tmp_path: Path) -> None:
    """apt's hook on the same machine: what dnf's still needs is not taken away with it."""
    machine = held("exact")
    for folder in ("etc/apt/apt.conf.d", "etc/apt/preferences.d"):
        (machine.root / folder).mkdir(parents=True)
    lock = tmp_path / "apt.json"
    asked = ["--sdk", "2.32.0", "--instance", "trn2", "--os", "ubuntu24.04"]
    assert main(["lock", "--offline", "-q", *asked, "-o", str(lock)]) == 0
    assert run("hook", "install", "apt", "--lock", lock, "--root", machine.root).code == 0
    assert run("hook", "remove", "apt", "--root", machine.root).code == 0
    assert (machine.root / "usr/lib/neuron-pin/verdict.py").is_file()
    assert not (machine.root / "usr/lib/neuron-pin/apt-hook").exists()
    assert run("hook", "remove", "dnf", "--root", machine.root).code == 0
    assert not (machine.root / "usr/lib/neuron-pin").exists()
    assert not (machine.root / "var/lib/neuron-pin").exists()


def test_a_machine_without_dnf_is_told_so(run, tmp_path: Path) -> None:
    assert run("lock", "--offline", "--instance", "trn2", "--os", "amzn2023", "--python", "3.12",
               "-o", "lock.json").code == 0  # fmt: skip
    done = run("hook", "install", "dnf", "--root", tmp_path)
    assert str(tmp_path) in failure(done, WrongUsage).message
    for place in ("usr/bin", "etc/dnf"):
        (tmp_path / place).mkdir(parents=True)
    (tmp_path / "usr/bin/dnf5").write_text("")
    done = run("hook", "install", "dnf", "--root", tmp_path)
    assert done.code == 0, done.err
    text = (tmp_path / "etc/dnf/versionlock.toml").read_text()
    assert 'name = "aws-neuronx-tools"' in text
    assert run("hook", "remove", "dnf", "--root", tmp_path).code == 0
    assert not (tmp_path / "etc/dnf/versionlock.toml").exists()


def test_another_root_is_judged_by_a_lock_of_its_own_or_not_at_all(
    held, tmp_path: Path, repository: Path
) -> None:
    """``dnf --installroot`` runs the plugin of the machine that it runs on."""
    machine = held("exact", "--on-error", "refuse")
    other = Machine(tmp_path / "other", machine.config)
    plugins = f"--setopt=pluginpath={machine.root}/{FOLDER}"
    settings = f"--setopt=pluginconfpath={machine.root}/etc/dnf/plugins"
    state = "var/lib/neuron-pin/dnf.state"
    (machine.root / "etc/dnf/plugins/versionlock.list").write_text("")
    done = other.dnf(plugins, settings, "install", f"{TOOLS}-3.0.5.0")
    assert done.returncode == 0, done.stderr
    assert f"no lock is enforced below {other.root}" in done.stderr
    assert other.dnf(plugins, settings, "remove", TOOLS).returncode == 0
    (other.root / state).parent.mkdir(parents=True)
    shutil.copy(machine.root / state, other.root / state)
    done = other.dnf(plugins, settings, "install", f"{TOOLS}-3.0.5.0")
    assert done.returncode == 1
    assert rules(done.stderr) == {"NP306"}, done.stderr


def test_zypper_has_no_hook(run) -> None:
    assert "zypper" in failure(run("hook", "install", "zypper"), WrongUsage).message
