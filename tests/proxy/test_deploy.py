"""The container file, built and run by real buildah; the unit, read by systemd itself."""

import os
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from neuron_pin.catalog.choosing import MACHINE_CATALOG

PROJECT = Path(__file__).parent.parent.parent
UNIT = PROJECT / "deploy/neuron-pin.service"
FACTS_UNIT = PROJECT / "deploy/neuron-pin-facts.service"
FACTS_TIMER = PROJECT / "deploy/neuron-pin-facts.timer"
CERTIFICATES = "/etc/ssl/certs"

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="needs systemd-analyze, of the package systemd"
)


def tool(*words: object, **options) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, timeout=600,
        **options,
    )  # fmt: skip
    if "remount /" in done.stderr:
        pytest.skip("needs a root that is a mount point, as a plain chroot has none: buildah")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("neuron-pin")
    unit = tmp_path / "neuron-pin.service"
    text = UNIT.read_text()
    assert text.count("/opt/neuron-pin/bin/neuron-pin serve") == 1
    unit.write_text(text.replace("/opt/neuron-pin/bin/neuron-pin serve", f"{program} serve"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
@pytest.mark.parametrize(("unit", "most"), [(UNIT, 1.5), (FACTS_UNIT, 1.6)])
def test_the_unit_may_do_little(unit: Path, most: float) -> None:
    told = tool("systemd-analyze", "security", "--offline=yes", "--no-pager", unit)
    level = re.search(rf"Overall exposure level for {unit.name}: ([\d.]+)", told)
    assert level is not None, told[-500:]
    assert float(level[1]) <= most


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_timer_of_facts(tmp_path: Path) -> None:
    program = str(Path(sys.executable).with_name("neuron-pin"))
    text = FACTS_UNIT.read_text()
    unit = tmp_path / FACTS_UNIT.name
    unit.write_text(text.replace("/opt/neuron-pin/bin/neuron-pin catalog", f"{program} catalog"))
    timer = tmp_path / FACTS_TIMER.name
    timer.write_text(FACTS_TIMER.read_text())
    assert program in unit.read_text()
    for path in (unit, timer):
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
    told = tool("systemd-analyze", "calendar", "daily")
    assert "Normalized form" in told


def test_the_unit_of_facts_writes_where_every_user_reads(run) -> None:
    (command,) = re.findall(r"^ExecStart=\S+/neuron-pin (.*)$", FACTS_UNIT.read_text(), re.M)
    words = command.split()
    assert words[words.index("--into") + 1] == MACHINE_CATALOG
    assert run(*words, "--feed", "/nonexistent").code == 3


def test_the_options_of_unit_and_image_are_real(run) -> None:
    for text in (UNIT.read_text(), (PROJECT / "deploy/Containerfile").read_text()):
        options = set(re.findall(r"--(?:listen|files|cache-dir|check)\b", text))
        told = run("serve", "--help").out
        assert options <= set(re.findall(r"--[a-z-]+", told))


@pytest.mark.long
@pytest.mark.network
@pytest.mark.skipif(
    shutil.which("buildah") is None or shutil.which("mmdebstrap") is None or os.geteuid() != 0,
    reason="needs root, buildah and mmdebstrap",
)
def test_the_image_is_built_and_serves(pair, tmp_path: Path) -> None:
    base = tmp_path / "base.tar"
    made = subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", "--include=python3-venv,ca-certificates",
         "bookworm", str(base)], capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        pytest.skip(f"needs a Debian mirror, which mmdebstrap reads: {made.stderr[-200:]}")
    store = ("--root", tmp_path / "store", "--runroot", tmp_path / "run",
             "--storage-driver", "vfs")  # fmt: skip
    variables = {**os.environ, "BUILDAH_ISOLATION": "chroot", "TMPDIR": str(tmp_path)}
    scratch = tool("buildah", *store, "from", "scratch", env=variables).strip()
    tool("buildah", *store, "add", scratch, base, "/", env=variables)
    tool("buildah", *store, "commit", "--rm", scratch, "base", env=variables)
    # buildah would raise the numbers of open files and of processes, which not every root may; that
    # of Debian 12 sets 32768 processes itself before it looks at what is given here.
    most = {"nofile": resource.RLIMIT_NOFILE, "nproc": resource.RLIMIT_NPROC}
    limits = []
    for name, limit in most.items():
        hard = resource.getrlimit(limit)[1]
        limits += ["--ulimit", f"{name}={32768 if hard < 0 else min(hard, 32768)}"]
    pip = f"--cert {CERTIFICATES}/ca-certificates.crt --disable-pip-version-check"
    tool(
        "buildah", *store, "build", "--format", "docker", *limits,
        "--build-arg", "BASE=localhost/base", "--build-arg", f"PIP_OPTIONS={pip}", "-v", f"{CERTIFICATES}:{CERTIFICATES}:ro",
        "-t", "served", "-f", PROJECT / "deploy/Containerfile", PROJECT, env=variables,
    )  # fmt: skip
    told = tool("buildah", *store, "inspect", "--type", "image", "served", env=variables)
    assert '"8099/tcp"' in told
    assert '"/var/cache/neuron-pin"' in told
    container = tool("buildah", *store, "from", *limits, "served", env=variables).strip()
    program = "/opt/neuron-pin/bin/neuron-pin"
    told_to = tmp_path / "told"
    told_to.mkdir(mode=0o777)
    told_to.chmod(0o777)

    def run_in_container(*words: object) -> str:
        """What a command prints, as the image's own user; chroot isolation leaves it the machine's
        network.  By a file: what buildah passes on may be cut where the machine is busy."""
        tool(
            "buildah", *store, "run", "-v", f"{told_to}:/told", container, "--", "sh", "-c",
            'exec "$@" > /told/out 2> /told/err', "sh", *words, env=variables,
        )  # fmt: skip
        return (told_to / "out").read_text()

    checked = run_in_container(program, "serve", "--check", *pair.options)
    assert "FAILED" not in checked
    assert re.search(r"ok +/simple/torch-neuronx/ +200 application/vnd.pypi", checked)
    assert run_in_container("id", "-u").strip() == "65532"
