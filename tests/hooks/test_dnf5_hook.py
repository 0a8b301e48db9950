"""Real dnf 5, in a root of its own, with the version lock and the action and without them."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run, failure
from dnf5_world import Dnf5, dnf5_world, find_plugin, has_dnf5
from dnf_transactions import (
    LOCKED,
    PACKAGES,
    TOOLS,
    TRANSACTIONS,
    install_hook,
    rules,
)
from rpm_world import build, has_rpm_tools, index

from neuron_pin.errors import WrongUsage

pytestmark = [
    pytest.mark.skipif(
        not (has_dnf5 and find_plugin()),
        reason="needs dnf 5, of this machine or of script/dnf5-root",
    ),
    pytest.mark.skipif(not has_rpm_tools, reason="needs rpmbuild and createrepo_c"),
]

Held = Callable[..., Dnf5]
PROGRAMS = "usr/lib/neuron-pin"
STATE = "var/lib/neuron-pin/dnf.state"
ACTIONS = "etc/dnf/libdnf5-plugins/actions.d/neuron-pin.actions"
TOML = "etc/dnf/versionlock.toml"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = build(tmp_path_factory.mktemp("repo"), PACKAGES)
    index(out)
    return out


@pytest.fixture
def plain(tmp_path: Path, repository: Path) -> Dnf5:
    """A machine with dnf 5 and its actions plugin, which dnf 5 of the tests installs into."""
    machine = dnf5_world(tmp_path, repository)
    plugin = find_plugin()
    assert plugin is not None
    for folder in ("usr/bin", "usr/lib64/libdnf5/plugins", "var/log",
                   "etc/dnf/libdnf5-plugins/actions.d"):  # fmt: skip
        (machine.root / folder).mkdir(parents=True)
    (machine.root / "usr/bin/dnf5").write_text("")
    shutil.copy(plugin, machine.root / "usr/lib64/libdnf5/plugins")
    (machine.root / "etc/dnf/libdnf5-plugins/actions.conf").write_text(
        "[main]\nname = actions\nenabled = 1\n"
    )
    return machine


@pytest.fixture
def held(plain: Dnf5, tmp_path: Path) -> Held:
    def install(strength: str = "exact", *more: str) -> Dnf5:
        install_hook(plain.root, tmp_path, strength, *more)
        return plain

    return install


def plugins_of(machine: Dnf5) -> str:
    """The option that has dnf 5 read a machine's actions, with its programs where they are."""
    folder = machine.root.with_name("plugins")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(machine.root / "etc/dnf/libdnf5-plugins", folder)
    for path in folder.glob("actions.d/*"):
        path.write_text(path.read_text().replace("/usr/lib", f"{machine.root}/usr/lib"))
    return f"--setopt=pluginconfpath={folder}"


def dnf(machine: Dnf5, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return machine.run(plugins_of(machine), "-y", *words, **more)


@pytest.mark.parametrize(
    ("before", "command", "strength", "refused_by"),
    [row[1:] for row in TRANSACTIONS],
    ids=[row[0] for row in TRANSACTIONS],
)
def test_the_action_refuses_what_the_lock_does_not_allow(
    plain: Dnf5,
    held: Held,
    before: list[str],
    command: list[str],
    strength: str,
    refused_by: set[str],
) -> None:
    if before:
        done = dnf(plain, "install", *before)
        assert done.returncode == 0, done.stderr
    there = plain.installed()
    machine = held(strength)
    done = dnf(machine, *command)
    assert rules(done.stderr) == refused_by, done.stdout + done.stderr
    if not refused_by:
        assert done.returncode == 0, done.stderr
        assert machine.installed() != there
        return
    assert done.returncode == 1
    assert machine.installed() == there
    assert "neuron-pin hook install dnf" in done.stderr
    allowed = dnf(machine, *command, NEURON_PIN_ALLOW=" ".join(refused_by))
    assert allowed.returncode == 0, allowed.stderr
    log = (machine.root / "var/log/neuron-pin.log").read_text()
    assert len(re.findall(r"Z (refused|allowed by NEURON_PIN_ALLOW)", log)) == 2


def test_the_version_lock_binds_local_files_and_the_action_what_passes_it(
    plain: Dnf5, held: Held, repository: Path
) -> None:
    """dnf 4 differs: there a local file passes the version lock."""
    package = str(next(repository.glob(f"{TOOLS}-3.0.5.0*.rpm")))
    machine = held("exact")
    done = dnf(machine, "install", package)
    assert done.returncode == 1
    assert "exclude" in done.stderr
    (machine.root / TOML).unlink()
    refused = dnf(machine, "install", package)
    assert refused.returncode == 1
    assert rules(refused.stderr) == {"NP306"}, refused.stderr
    # What a refusal proposes is what dnf 5 takes, also where something newer is installed.
    proposed = re.search(rf"dnf5 install ('?{TOOLS}-\S+)\n", refused.stderr)
    assert proposed is not None, refused.stderr
    done = dnf(machine, "install", package, NEURON_PIN_ALLOW="NP306")
    assert done.returncode == 0, done.stderr
    assert machine.installed()[TOOLS] == "3.0.5.0-1"
    done = dnf(machine, "install", proposed[1].strip("'"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.installed()[TOOLS] == LOCKED[TOOLS]


def _replace(root: Path, program: str, old: str, new: str) -> int:
    path = root / PROGRAMS / program
    text = path.read_text()
    assert old in text
    return path.write_text(text.replace(old, new, 1))


def _state(root: Path, data: bytes | None) -> int:
    path = root / STATE
    path.unlink()
    return 0 if data is None else path.write_bytes(data)


Break = Callable[[Path], object]

# How a hook is broken, and whether the shell program before it still refuses where it was told to.
BROKEN: list[tuple[str, Break, bool]] = [
    ("the shell program is missing", lambda root: (root / PROGRAMS / "dnf5-guard").unlink(), False),
    ("the program is missing", lambda root: (root / PROGRAMS / "dnf5-hook").unlink(), True),
    ("the judge is missing", lambda root: (root / PROGRAMS / "verdict.py").unlink(), True),
    ("the judge fails", lambda root: (root / PROGRAMS / "verdict.py").write_text("raise SystemError('\\x01')\n"),
     True),
    ("its Python is missing", lambda root: _replace(root, "dnf5-hook", "python3", "python3.is-gone"), True),
    ("the program may not be run", lambda root: (root / PROGRAMS / "dnf5-hook").chmod(0o644), True),
    ("the program does not parse", lambda root: _replace(root, "dnf5-hook", "import json", "import ("), True),
    ("the program prints", lambda root: _replace(root, "dnf5-hook", "import json", "print('x')\nraise OSError\nimport json"),
     True),
    ("the program is killed", lambda root: _replace(root, "dnf5-hook", "limit_time()\n        if", "os.kill(os.getpid(), 9)\n        if"),
     True),
    ("the judge hangs", lambda root: (_replace(root, "dnf5-hook", "SECONDS = 5", "SECONDS = 1"),
                                      (root / PROGRAMS / "verdict.py").write_text("while True: pass\n")), True),
    ("the program hangs", lambda root: (_replace(root, "dnf5-guard", "timeout 10", "timeout 1"),
                                        _replace(root, "dnf5-hook", "import json", "while True: pass\nimport json")), True),
    ("the state is missing", lambda root: _state(root, None), True),
    ("the state is empty", lambda root: _state(root, b""), True),
    ("the state is no text", lambda root: _state(root, bytes(range(256)) * 999), True),
    ("dnf 5 does not know a request", lambda root: _replace(root, "dnf5-guard", "IGNORE_EXCLUDES", "NOTHING"), True),
]  # fmt: skip


@pytest.mark.parametrize("on_error", ["allow", "refuse"])
@pytest.mark.parametrize(
    ("breaks", "guarded"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_hook_never_breaks_dnf5(
    held: Held, breaks: Break, guarded: bool, on_error: str
) -> None:
    machine = held("exact", "--on-error", on_error)
    breaks(machine.root)
    assert dnf(machine, "install", "harmless", "kernel6.18").returncode == 0
    done = dnf(machine, "install", TOOLS)
    assert "\x01" not in done.stderr
    if on_error == "refuse" and guarded:
        assert done.returncode == 1, done.stderr
        assert TOOLS not in machine.installed()
        assert dnf(machine, "install", TOOLS, NEURON_PIN_ALLOW="on-error").returncode == 0
    else:
        assert done.returncode == 0, done.stderr
    if guarded:
        assert "not judged" in done.stderr


def test_a_full_disk_changes_no_verdict(held: Held) -> None:
    machine = held("exact")
    (machine.root / TOML).unlink()
    folder = machine.root / "var/log"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(folder)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs leave to mount a tmpfs: {mounted.stderr.decode()[-200:]}")
    try:
        with pytest.raises(OSError, match="No space left"):
            (folder / "fill").write_bytes(b"x" * 65536)
        done = dnf(machine, "install", f"{TOOLS}-3.0.5.0")
        assert done.returncode == 1
        assert rules(done.stderr) == {"NP306"}
        assert "not logged" in done.stderr
        assert "No space left" in done.stderr
        assert dnf(machine, "install", f"{TOOLS}-2.28.23.0").returncode == 0
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_another_root_is_judged_by_a_lock_of_its_own_or_not_at_all(
    held: Held, tmp_path: Path, repository: Path
) -> None:
    """dnf5 --installroot reads the action of the machine that it runs on."""
    machine = held("exact", "--on-error", "refuse")
    other = dnf5_world(tmp_path / "other", repository)
    plugins = plugins_of(machine)
    done = other.run(plugins, "-y", "install", f"{TOOLS}-3.0.5.0")
    assert done.returncode == 0, done.stderr
    assert f"no lock is enforced below {other.root}" in done.stderr
    assert other.run(plugins, "-y", "remove", TOOLS).returncode == 0
    (other.root / "var/lib/neuron-pin").mkdir(parents=True)
    shutil.copy(machine.root / STATE, other.root / STATE)
    done = other.run(plugins, "-y", "install", f"{TOOLS}-3.0.5.0")
    assert done.returncode == 1
    assert rules(done.stderr) == {"NP306"}


def test_installing_is_idempotent_and_leaves_no_trace(run: Run, plain: Dnf5, held: Held) -> None:
    before = {p: p.read_bytes() for p in plain.root.rglob("*") if p.is_file()}
    machine = held("exact")
    written = {p: p.read_bytes() for p in plain.root.rglob("*") if p.is_file()}
    held("exact")
    assert {p: p.read_bytes() for p in plain.root.rglob("*") if p.is_file()} == written
    told = run("hook", "status", "dnf", "--root", machine.root)
    assert told.code == 0, told.out
    assert run("hook", "remove", "dnf", "--root", machine.root).code == 0
    assert {p: p.read_bytes() for p in plain.root.rglob("*") if p.is_file()} == before


def test_what_dnf5_lacks_is_told_and_nothing_is_written_for_it(
    run: Run, plain: Dnf5, held: Held, tmp_path: Path
) -> None:
    plugin = plain.root / "usr/lib64/libdnf5/plugins/actions.so"
    actions = plain.root / ACTIONS
    held("exact")
    lock = tmp_path / "exact.json"
    again = ("hook", "install", "dnf", "--lock", lock, "--root", plain.root)
    # The plugin reads a folder that is not there.
    assert run("hook", "remove", "dnf", "--root", plain.root).code == 0
    actions.parent.rmdir()
    before = sorted(plain.root.rglob("*"))
    assert str(actions.parent) in failure(run(*again), WrongUsage).message
    assert sorted(plain.root.rglob("*")) == before
    # An old plugin would end every command of dnf 5 at an option that it does not know.
    plugin.write_bytes(plugin.read_bytes().replace(b"raise_error=", b"arise_error="))
    assert "version lock alone" in run(*again).err
    assert not actions.exists()
    assert (plain.root / TOML).exists()
    plugin.unlink()
    assert "version lock alone" in run(*again).err
    assert not actions.exists()


def test_an_action_that_is_not_called_is_a_problem(run: Run, plain: Dnf5, held: Held) -> None:
    held("exact")
    assert run("doctor", "--root", plain.root).code == 0
    (plain.root / "etc/dnf/libdnf5-plugins/actions.conf").write_text("[main]\nenabled = 0\n")
    for command in (("hook", "status", "dnf"), ("doctor",)):
        done = run(*command, "--root", plain.root)
        assert done.code == 1
        assert "actions.conf" in done.out
    # dnf 5 was removed with its plugin: our files are found and go all the same.
    for name in ("usr/bin/dnf5", "usr/lib64/libdnf5/plugins/actions.so"):
        (plain.root / name).unlink()
    assert run("hook", "remove", "dnf", "--root", plain.root).code == 0
    assert not (plain.root / ACTIONS).exists()
    assert not (plain.root / TOML).exists()
    assert not (plain.root / PROGRAMS).exists()
