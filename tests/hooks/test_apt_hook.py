"""Real apt and dpkg, in a private root, with the hook and without it."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
from apt_machine import (
    COLLECTIVES,
    DRIVER,
    NEURON,
    OTHER,
    RUNTIME,
    TOOLS,
    Machine,
    archive,
    has_apt,
    machine,
)

from neuron_pin.cli import main
from neuron_pin.hooks.program import state, verdict

pytestmark = [
    pytest.mark.apt,
    pytest.mark.skipif(not has_apt, reason="needs apt, dpkg and apt-utils"),
]


class Archives(NamedTuple):
    """Where Neuron's archive is, and somebody else's: two hosts."""

    neuron: str
    other: str


@pytest.fixture(scope="session")
def archives(tmp_path_factory) -> Iterator[Archives]:
    if not has_apt:
        pytest.skip("needs apt, dpkg and apt-utils")
    folder = tmp_path_factory.mktemp("archives")
    archive(folder / "neuron", NEURON)
    archive(folder / "other", OTHER)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_port
    yield Archives(f"http://127.0.0.1:{port}/neuron/", f"http://localhost:{port}/other/")
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def lock_file(tmp_path_factory) -> Callable[..., Path]:
    """Locks by what they were asked for, made once."""
    made: dict[tuple[str, ...], Path] = {}

    def lock(*words: str, index: str = "") -> Path:
        key = (*words, index)
        if key not in made:
            path = tmp_path_factory.mktemp("locks") / "lock.json"
            code = main(["lock", "--offline", "-q", *words, "-o", str(path)])
            assert code == 0
            if index:
                document = json.loads(path.read_text())
                for package in document["packages"]:
                    package["index"] = index
                path.write_text(json.dumps(document))
            made[key] = path
        return made[key]

    return lock


RELEASE = ("--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.10",
           "--phase", "eos", "--as-of", "2026-04-01")  # fmt: skip


@pytest.fixture
def plain(tmp_path: Path, archives: Archives) -> Machine:
    """A machine without the hook."""
    return machine(tmp_path, archives.neuron, archives.other)


@pytest.fixture
def held(plain: Machine, archives: Archives, lock_file) -> Callable[..., Machine]:
    """The same machine with a lock's hook."""

    def install(strength: str = "exact", *more: str, release: tuple[str, ...] = RELEASE) -> Machine:
        lock = lock_file(*release, "--pin", strength, index=archives.neuron)
        code = main(["hook", "install", "apt", "-q", "--lock", str(lock), "--root",
                     str(plain.root), "--expires", "2099-01-01", *more])  # fmt: skip
        assert code == 0
        plain.point_hook_here()
        return plain

    return install


# What SDK 2.28.1 has.
LOCKED = {
    DRIVER: "2.26.10.0",
    RUNTIME: "2.30.51.0-1b3ca6425",
    TOOLS: "2.28.23.0-1b3ca6425",
    COLLECTIVES: "2.30.59.0-bc30ece58",
}
OF_2_27 = {
    RUNTIME: "2.29.40.0-f7b7c6a3d", TOOLS: "2.27.33.0-5d9c0b901",
    COLLECTIVES: "2.29.41.0-ec8cd5e8b",
}  # fmt: skip


def words(versions: dict[str, str]) -> list[str]:
    return [f"{name}={version}" for name, version in versions.items()]


def rules(text: str) -> set[str]:
    return set(re.findall(r"^  (NP\d+) ", text, re.M))


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
    assert "neuron-pin: refused, nothing was changed" in done.stderr
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
    [row[1:3] for row in TRANSACTIONS if row[4]],
    ids=[row[0] for row in TRANSACTIONS if row[4]],
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
    proposed = re.search(r"^    sudo apt-get install (.*)$", done.stderr, re.M)
    assert proposed
    assert machine.apt("install", *proposed[1].split()).returncode == 0
    found = machine.installed()
    assert {found[TOOLS], found[RUNTIME]} == {LOCKED[TOOLS], LOCKED[RUNTIME]}


def test_a_newer_lock_is_another_state(held, lock_file, archives) -> None:
    machine = held("exact")
    assert machine.apt("install", f"{TOOLS}=2.29.*").returncode == 100
    held("exact", "--overwrite", release=("--sdk", "2.29.1", *RELEASE_OF_2_29))
    done = machine.apt("install", f"{TOOLS}=2.29.*")
    assert done.returncode == 0, done.stderr


RELEASE_OF_2_29 = ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.10",
                   "--phase", "eos", "--as-of", "2026-05-01")  # fmt: skip


@pytest.mark.parametrize(
    "asked", [(), (TOOLS,), (DRIVER, RUNTIME)], ids=lambda names: "+".join(names)
)
def test_what_apt_chooses_by_itself_the_hook_never_refuses(
    plain: Machine, archives, lock_file, asked: tuple[str, ...]
) -> None:
    """Of random machines: a plain upgrade has nothing in it that fails with the hook, or nobody
    would find out why nights fail."""
    lock = lock_file(*asked, *RELEASE, index=archives.neuron)
    words = ["hook", "install", "apt", "-q", "--lock", str(lock), "--root", str(plain.root)]
    choose = random.Random(len(asked))
    names = sorted(set(NEURON) - {"aws-neuron-tools", "aws-neuronx-new-thing"})
    moved = 0
    for _ in range(25):
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
    assert moved > 5


# The matrix of broken hooks ------------------------------------------------------------


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


@pytest.mark.parametrize("on_error", ["allow", "refuse"])
@pytest.mark.parametrize(
    ("breaks", "by_itself", "guarded"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN]
)
def test_a_broken_hook_never_breaks_apt(
    held, on_error: str, breaks, by_itself: bool, guarded: bool
) -> None:
    machine = held("exact", "--on-error", on_error)
    if breaks is _closed_descriptor and on_error == "refuse":
        pytest.skip("the guard's data come on standard input")
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
        pytest.skip("may not mount a file system")
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


def test_half_configured_packages_can_be_finished(held) -> None:
    machine = held("exact")
    machine.has(f"{TOOLS}=3.0.5.0-ccc1")
    status = machine.root / "var/lib/dpkg/status"
    status.write_text(status.read_text().replace("ok installed", "ok half-configured"))
    done = machine.apt("install", "-f")
    assert done.returncode == 0, done.stderr
    assert machine.apt("install", "harmless").returncode == 0


# Putting it on and taking it away -------------------------------------------------------


def tree(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in sorted(root.rglob("*"))
    }


def test_installing_is_idempotent_shown_before_and_leaves_no_trace(
    run, plain: Machine, archives, lock_file
) -> None:
    lock = lock_file("--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04", "--python",
                     "3.10", "--phase", "eos", "--as-of", "2026-04-01", index=archives.neuron)  # fmt: skip
    words = ("hook", "install", "apt", "--lock", lock, "--root", plain.root)
    before = tree(plain.root)
    shown = run(*words, "--dry-run")
    assert shown.code == 0, shown.err
    assert tree(plain.root) == before
    assert "+DPkg::Pre-Install-Pkgs" in shown.out
    assert shown.err.count("would be written") == 8
    first = run(*words)
    assert first.code == 0, first.err
    after = tree(plain.root)
    again = run(*words)
    assert again.err.count("unchanged") == 8
    assert tree(plain.root) == after
    for line in re.findall(r"^\+(.+)$", shown.out, re.M):
        assert any(line.encode() in (data or b"") for data in after.values()) or "++" in line
    assert os.access(plain.root / "usr/lib/neuron-pin/apt-hook", os.X_OK)
    dry = run("hook", "remove", "apt", "--root", plain.root, "--dry-run")
    assert "-DPkg::Pre-Install-Pkgs" in dry.out
    assert tree(plain.root) == after
    plain.point_hook_here()
    assert plain.apt("install", f"{TOOLS}=3.*").returncode == 100
    # Moved for the test: an edit by hand.
    kept = run("hook", "remove", "apt", "--root", plain.root)
    assert kept.code == 2
    assert "edited by hand" in kept.err
    gone = run("hook", "remove", "apt", "--root", plain.root, "--overwrite")
    assert gone.code == 0, gone.err
    apts_own = ("var/cache", "var/log/apt")
    left = {k: v for k, v in tree(plain.root).items() if not k.startswith(apts_own)}
    assert left == {k: v for k, v in before.items() if not k.startswith(apts_own)}
    assert plain.apt("install", f"{TOOLS}=3.*").returncode == 0
    assert "nothing of ours" in run("hook", "remove", "apt", "--root", plain.root).err


def test_what_is_replaced_is_kept_and_comes_back(run, plain: Machine, archives, lock_file) -> None:
    lock = lock_file(*("--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04", "--python",
                       "3.10", "--phase", "eos", "--as-of", "2026-04-01"), index=archives.neuron)  # fmt: skip
    theirs = plain.root / "etc/apt/preferences.d/00-neuron-pin.pref"
    theirs.write_text("Package: harmless\nPin: version 1.*\nPin-Priority: 990\n")
    before = tree(plain.root)
    words = ("hook", "install", "apt", "--lock", lock, "--root", plain.root)
    refused = run(*words)
    assert refused.code == 2
    assert "was not written by neuron-pin" in refused.err
    assert tree(plain.root) == before
    assert run(*words, "--overwrite").code == 0
    assert theirs.read_text().startswith("# managed by neuron-pin")
    assert run(*words).code == 0
    assert run("hook", "remove", "apt", "--root", plain.root).code == 0
    assert tree(plain.root) == before


def test_lock_writes_the_state_alone(run, held, tmp_path: Path) -> None:
    machine = held("exact")
    state = machine.root / "var/lib/neuron-pin/apt.state"
    done = run("lock", "--offline", "--sdk", "2.29.1", *RELEASE_OF_2_29, "-o", state)
    assert done.code == 0, done.err
    assert machine.apt("install", f"{TOOLS}=2.29.*").returncode == 0
    # The preferences are still those of the earlier lock, and status says so.
    told = run("hook", "status", "apt", "--root", machine.root)
    assert told.code == 1
    assert "hold aws-neuronx-tools to different versions" in told.out


def test_status_names_what_is_moot_and_what_is_wrong(run, held) -> None:
    machine = held("exact", "--expires", "2026-06-01")
    machine.has(f"{TOOLS}=3.0.5.0-ccc1")
    told = run("hook", "status", "apt", "--root", machine.root, "-v")
    assert "moot: every package: expired on 2026-06-01" in told.out
    assert re.search(r"edited +\S+90neuron-pin", told.out)
    assert told.code == 1
    machine = held("exact", "--overwrite")
    theirs = machine.root / "etc/apt/preferences"
    theirs.write_text(f"Package: {TOOLS}\nPin: version 3.*\nPin-Priority: 990\n")
    told = run("hook", "status", "apt", "--root", machine.root)
    assert f"moot: {TOOLS}: another stanza comes first: {theirs}:1" in told.out
    assert (
        "moot: aws-neuronx-oci-hook: no version that it admits is installed or to be had"
        in told.out
    )
    assert "moot: aws-neuronx-k8-plugin: is neither installed nor in any" in told.out
    (machine.root / "usr/lib/neuron-pin/apt-hook").write_text("#!/bin/sh\n")
    (machine.root / "var/lib/neuron-pin/apt.state").write_text("neuron-pin hook st")
    told = run("hook", "status", "apt", "--root", machine.root)
    assert "apt-hook is of another version of neuron-pin" in told.out
    assert "apt.state is no state of this hook" in told.out


def test_absent_hooks_are_no_fault(run, plain: Machine) -> None:
    told = run("hook", "status", "apt", "--root", plain.root)
    assert (told.code, told.out) == (0, f"apt, system ({plain.root}): absent\n")
