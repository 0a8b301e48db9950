"""Every way in which apt's hook can be broken: real apt goes on, or does as it was told."""

import hashlib
import shutil
import subprocess
import zlib
from pathlib import Path

import pytest
from apt_machine import (
    LOCKED,
    RELEASE,
    TOOLS,
    has_apt,
    rules,
)
from conftest import sample

from neuron_pin.catalog import load_catalog
from neuron_pin.hooks.program.state import parse_state
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.outputs.hook_state import render_hook_state
from neuron_pin.sources.candidate import File

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(not has_apt, reason="needs apt, dpkg and apt-utils"),
]


def _without_program(root: Path) -> None:
    for program in ("apt-hook", "verdict.py"):
        (root / "usr/lib/neuron-pin" / program).unlink()


def _without_judge(root: Path) -> None:
    (root / "usr/lib/neuron-pin/verdict.py").unlink()


def _without_python(root: Path) -> None:
    hook = root / "usr/lib/neuron-pin/apt-hook"
    hook.write_text(hook.read_text().replace("#!/usr/bin/python3", "#!/usr/bin/python3.is-gone", 1))


def _not_executable(root: Path) -> None:
    (root / "usr/lib/neuron-pin/apt-hook").chmod(0o644)


def _broken_program(root: Path) -> None:
    hook = root / "usr/lib/neuron-pin/apt-hook"
    hook.write_text("#!/usr/bin/python3 -IS\nraise SystemExit(3\n")


def _state(change):
    def make(root: Path) -> None:
        path = root / "var/lib/neuron-pin/apt.state"
        data = path.read_bytes()
        path.unlink()
        new = change(data)
        if new is not None:
            path.write_bytes(new)

    return make


def _killed(root: Path) -> None:
    hook = root / "usr/lib/neuron-pin/apt-hook"
    text = hook.read_text().replace("    limit_time()\n", "    os.kill(os.getpid(), 9)\n", 1)
    hook.write_text(text.replace("        limit_time()\n", "        os.kill(os.getpid(), 9)\n", 1))


def _crashed(root: Path) -> None:
    hook = root / "usr/lib/neuron-pin/apt-hook"
    hook.write_text(hook.read_text().replace("limit_time()\n", "os.abort()\n", 2))


def _slow(root: Path) -> None:
    judge = root / "usr/lib/neuron-pin/verdict.py"
    judge.write_text("while True: pass\n")
    hook = root / "usr/lib/neuron-pin/apt-hook"
    hook.write_text(hook.read_text().replace("SECONDS = 5", "SECONDS = 1", 1))


def _closed_descriptor(root: Path) -> None:
    hook = root / "usr/lib/neuron-pin/apt-hook"
    hook.write_text(
        hook.read_text().replace(
            '    descriptor = 0 if', '    os.closerange(3, 64)\n    descriptor = 0 if', 1
        )
    )  # fmt: skip


def _protocol(root: Path) -> None:
    path = root / "etc/apt/apt.conf.d/90neuron-pin"
    path.write_text(path.read_text().replace('Version "3"', 'Version "2"'))


# How a hook is broken, and whether it can still tell that Neuron is concerned: by itself,
# and with the guard before it.
BROKEN = [
    ("the program is missing", _without_program, False, True),
    ("the judge is missing", _without_judge, True, True),
    ("its Python is missing", _without_python, False, True),
    ("the program may not be run", _not_executable, False, True),
    ("the program does not parse", _broken_program, False, True),
    ("the state is missing", _state(lambda data: None), True, True),
    ("the state is empty", _state(lambda data: b""), True, True),
    ("the state is half written", _state(lambda data: data[: len(data) // 2]), True, True),
    ("the state has another byte", _state(lambda d: d.replace(b"2.28.1", b"2.28.2", 1)), True, True),
    ("the state is of another version", _state(lambda d: d.replace(b"state 1", b"state 9", 1)), True,
     True),
    ("the state is a folder of bytes", _state(lambda data: bytes(range(256)) * 999), True, True),
    ("the hook is killed", _killed, False, True),
    ("the hook crashes", _crashed, False, True),
    ("the hook is slow", _slow, True, True),
    ("the descriptor is closed", _closed_descriptor, False, True),
    ("apt speaks an older version", _protocol, True, True),
]  # fmt: skip


# Under "refuse" apt gives the guard its data on standard input, which has no descriptor to close.
CASES = [
    case
    for number, row in enumerate(BROKEN)
    for case in sample(
        [
            pytest.param(*row[1:], on_error, id=f"{row[0]}-{on_error}")
            for on_error in ("allow", "refuse")
            if (row[1], on_error) != (_closed_descriptor, "refuse")
        ],
        2, number % 2 if row[1] != _closed_descriptor else 0,
    )
]  # fmt: skip


@pytest.mark.parametrize(("breaks", "by_itself", "guarded", "on_error"), CASES)
def test_a_broken_hook_never_breaks_apt(
    held, breaks, by_itself: bool, guarded: bool, on_error: str
) -> None:
    machine = held("exact", "--on-error", on_error)
    breaks(machine.root)
    for command in (["install", "harmless"], ["install", "linux-image-6.14.0-1002-aws"],
                    ["remove", "harmless"]):  # fmt: skip
        done = machine.apt(*command)
        assert done.returncode == 0, done.stderr
    done = machine.apt("install", f"{TOOLS}=3.*")
    if on_error == "allow":
        assert done.returncode == 0, done.stderr
        assert machine.installed()[TOOLS] == "3.0.5.0-ccc1"
        if by_itself:
            assert "was not judged" in done.stderr
            assert "on-error = allow" in done.stderr
            assert "was not judged" in (machine.root / "var/log/neuron-pin.log").read_text()
        return
    assert guarded
    assert done.returncode == 100, done.stderr
    assert TOOLS not in machine.installed()
    assert "on-error = refuse" in done.stderr
    done = machine.apt("install", f"{TOOLS}=3.*", NEURON_PIN_ALLOW="on-error")
    assert done.returncode == 0, done.stderr


def test_a_missing_program_is_named_with_the_repair(held) -> None:
    machine = held("exact")
    _without_judge(machine.root)
    told = machine.apt("install", f"{TOOLS}=3.*").stderr
    assert f"{machine.root}/usr/lib/neuron-pin/verdict.py" in told
    assert "Error(" not in told
    assert "sudo neuron-pin hook install apt" in told


def test_an_unwritable_log_changes_no_verdict(held) -> None:
    machine = held("exact")
    log = machine.root / "var/log/neuron-pin.log"
    for target in ("/dev/full", str(machine.root / "no-folder/log")):
        log.unlink(missing_ok=True)
        log.symlink_to(target)
        done = machine.apt("install", f"{TOOLS}=3.*")
        assert done.returncode == 100
        assert rules(done.stderr) == {"NP306"}
        assert "not logged" in done.stderr
        assert machine.apt("install", TOOLS).returncode == 0


def test_a_full_disk_changes_no_verdict(held, tmp_path: Path) -> None:
    """A file system of one page, full, under the log."""
    machine = held("exact")
    folder = machine.root / "var/log"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "none", str(folder)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"needs leave to mount a tmpfs: {mounted.stderr.decode()[-200:]}")
    try:
        (folder / "apt").mkdir(exist_ok=True)
        with pytest.raises(OSError, match="No space left"):
            (folder / "fill").write_bytes(b"x" * 65536)
        done = machine.apt("install", f"{TOOLS}=3.*")
        assert done.returncode == 100
        assert rules(done.stderr) == {"NP306"}
        assert "No space left" in done.stderr
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_dpkg_is_called_by_hand_and_says_nothing(held) -> None:
    """What no hook can do, stated in the docs: dpkg itself calls none."""
    machine = held("exact")
    machine.apt("install", "-d", f"{TOOLS}=3.*")
    deb = next((machine.root / "var/cache/apt/archives").glob(f"{TOOLS}_3*.deb"))
    done = subprocess.run(
        ["dpkg", f"--root={machine.root}", f"--log={machine.root}/dpkg.log", "--force-script-chrootless", "--force-not-root", "-i",
         str(deb)], capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_local_deb_is_judged_too(held) -> None:
    machine = held("exact")
    machine.apt("install", "-d", f"{TOOLS}=3.*")
    deb = next((machine.root / "var/cache/apt/archives").glob(f"{TOOLS}_3*.deb"))
    local = machine.root / "local.deb"
    shutil.copy(deb, local)
    done = machine.apt("install", str(local))
    assert rules(done.stderr) == {"NP306"}, done.stderr


def test_another_file_of_the_locked_version_is_refused(held) -> None:
    """As from another archive that apt reads first; the lock has the hash of its repository's."""
    machine = held("exact")
    version = LOCKED[TOOLS]
    machine.apt("install", "-d", f"{TOOLS}={version}")
    deb = next((machine.root / "var/cache/apt/archives").glob(f"{TOOLS}_*.deb"))
    local = machine.root / "local.deb"
    shutil.copy(deb, local)
    state = machine.root / "var/lib/neuron-pin/apt.state"
    digest = hashlib.sha256(deb.read_bytes()).hexdigest()
    with_hash(state, TOOLS, version, "0" * 64)
    done = machine.apt("install", str(local))
    assert rules(done.stderr) == {"NP615"}, done.stderr
    assert digest in done.stderr
    assert TOOLS not in machine.installed()
    again = machine.apt("install", str(local), NEURON_PIN_ALLOW="NP615")
    assert again.returncode == 0, again.stderr
    machine.has()
    with_hash(state, TOOLS, version, digest)
    done = machine.apt("install", str(local))
    assert done.returncode == 0, done.stderr


def test_the_state_has_the_hashes_of_locked_files(lock_file) -> None:
    lock, _ = read_resolution(str(lock_file(*RELEASE)), load_catalog())
    tools = next(p for p in lock.packages if p.key.name == TOOLS)
    file = File("x.deb", "https://neuron.invalid/x.deb", (("sha256", "a" * 64),))
    with_file = lock._replace(packages=(tools._replace(files=(file,)),))
    text = render_hook_state(with_file, "neuron-pin lock")
    assert f"\nsha256\t{TOOLS}\t{tools.version}\t{'a' * 64}\n" in text
    assert parse_state(text.encode()).hashes == {(TOOLS, tools.version): frozenset(["a" * 64])}


def with_hash(state: Path, name: str, version: str, digest: str) -> None:
    """A state with the hash of a locked file."""
    lines = state.read_text().splitlines()[:-1]
    lines = [line for line in lines if not line.startswith("sha256\t")]
    text = "\n".join([*lines, f"sha256\t{name}\t{version}\t{digest}"]) + "\n"
    count = text.count("\n")
    state.chmod(0o644)
    state.write_text(f"{text}end\t{count}\t{zlib.crc32(text.encode()):08x}\n")


def test_half_configured_packages_can_be_finished(held) -> None:
    machine = held("exact")
    machine.has(f"{TOOLS}=3.0.5.0-ccc1")
    status = machine.root / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace("ok installed", "ok half-configured"))
    done = machine.apt("install", "-f")
    assert done.returncode == 0, done.stderr
    assert machine.apt("install", "harmless").returncode == 0
