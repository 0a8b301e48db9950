"""A whole Debian below a folder, made of Debian's own packages: the hook where it will live."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from apt_machine import COLLECTIVES, NEURON, OTHER, RUNTIME, TOOLS, archive, has_apt, serving

pytestmark = [
    pytest.mark.long,
    pytest.mark.network,
    pytest.mark.apt,
    pytest.mark.skipif(
        not has_apt or shutil.which("mmdebstrap") is None or os.geteuid() != 0,
        reason="needs root and mmdebstrap",
    ),
]

LOCKED = {
    RUNTIME: "2.30.51.0-1b3ca6425", TOOLS: "2.28.23.0-1b3ca6425", COLLECTIVES: "2.30.59.0-bc30ece58",
}  # fmt: skip
EARLIER = {
    RUNTIME: "2.29.40.0-f7b7c6a3d", TOOLS: "2.27.33.0-5d9c0b901",
    COLLECTIVES: "2.29.41.0-ec8cd5e8b",
}  # fmt: skip


class Debian(NamedTuple):
    """A system below a folder, and where Neuron's archive is."""

    root: Path
    neuron: str

    def call(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it."""
        return subprocess.run(
            ["chroot", str(self.root), *words], capture_output=True, text=True, check=False,
            stdin=subprocess.DEVNULL, timeout=300,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                 "DEBIAN_FRONTEND": "noninteractive", **variables},
        )  # fmt: skip

    def apt(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return self.call("apt-get", "-q", "-y", *words, **variables)

    def versions(self, *names: str) -> dict[str, str]:
        done = self.call(
            "dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n", *names
        )
        rows = [line.split(" ") for line in done.stdout.splitlines()]
        return {row[0]: row[1] for row in rows if row[2] == "installed"}


@pytest.fixture(scope="module")
def debian(tmp_path_factory) -> Iterator[Debian]:
    folder = tmp_path_factory.mktemp("debian")
    root = folder / "root"
    made = subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", "--include=python3-minimal,unattended-upgrades",
         "bookworm", str(root)], capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        pytest.skip(f"needs a Debian mirror, which mmdebstrap reads: {made.stderr[-200:]}")
    archive(folder / "archives/neuron", NEURON)
    archive(folder / "archives/other", OTHER)

    with serving(folder / "archives") as port:
        neuron = f"http://127.0.0.1:{port}/neuron/"
        other = f"http://localhost:{port}/other/"
        shutil.rmtree(root / "etc/apt/sources.list.d", ignore_errors=True)
        (root / "etc/apt/sources.list").write_text(
            f"deb [trusted=yes] {neuron} ./\ndeb [trusted=yes] {other} ./\n"
        )
        (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
        # Services are not started in here.
        (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")
        (root / "usr/sbin/policy-rc.d").chmod(0o755)
        (root / "etc/apt/apt.conf.d/60test").write_text(
            'APT::Sandbox::User "root"; Acquire::http::Proxy "DIRECT";\n'
            'Unattended-Upgrade::Origins-Pattern { "site=127.0.0.1"; "site=localhost"; };\n'
        )
        found = Debian(root, neuron)
        done = found.apt("update")
        assert done.returncode == 0, done.stderr
        yield found
    shutil.rmtree(folder, ignore_errors=True)


def test_the_hook_in_a_whole_debian(run, debian: Debian) -> None:
    as_of = ("--phase", "eos", "--as-of", "2026-04-01")
    done = run("lock", "--offline", "--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04",
               "--python", "3.10", *as_of, "-o", "lock.json")  # fmt: skip
    assert done.code == 0, done.err
    lock = Path("lock.json")
    lock.write_text(
        lock.read_text().replace("https://apt.repos.neuron.amazonaws.com", debian.neuron)
    )
    assert debian.neuron in lock.read_text()
    earlier = [f"{name}={version}" for name, version in EARLIER.items()]
    assert debian.apt("install", *earlier, "harmless=1.0").returncode == 0

    # Without the hook unattended upgrades take the newest.
    free = debian.call("unattended-upgrade", "-v", "--dry-run")
    assert free.returncode == 0, free.stdout + free.stderr
    assert f"{RUNTIME}_3.1.0.0" in free.stderr
    assert f"{TOOLS}_1%3a2.28.23.0" in free.stderr

    # Held to majors: unattended upgrades would move one package after the other, through
    # mixed releases, so they leave them alone, and nothing fails at night.
    ranges = run("lock", "--offline", "--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04",
                 "--python", "3.10", *as_of, "--pin", "major", "-o", "major.json")  # fmt: skip
    assert ranges.code == 0, ranges.err
    major = Path("major.json")
    major.write_text(
        major.read_text().replace("https://apt.repos.neuron.amazonaws.com", debian.neuron)
    )
    done = run("hook", "install", "apt", "--lock", major, "--allow-other-os", "--root", debian.root)
    assert done.code == 0, done.err
    night = debian.call("unattended-upgrade", "-v")
    assert night.returncode == 0, night.stdout + night.stderr
    assert "refused" not in night.stdout + night.stderr
    assert debian.versions(*EARLIER, "harmless") == {**EARLIER, "harmless": "2.0"}
    assert debian.apt("install", "--allow-downgrades", "harmless=1.0").returncode == 0
    by_day = debian.apt("dist-upgrade")
    assert by_day.returncode == 0, by_day.stderr
    moved = debian.versions(*EARLIER)
    assert moved[RUNTIME] == "2.34.10.0-ac18d186d"
    assert debian.apt("install", "--allow-downgrades", *earlier, "harmless=1.0").returncode == 0

    installed = run("hook", "install", "apt", "--lock", "lock.json", "--allow-other-os", "--root", debian.root,
                    "--expires", "2099-01-01")  # fmt: skip
    assert installed.code == 0, installed.err
    assert "ubuntu22.04" in installed.err
    checked = debian.call("/usr/lib/neuron-pin/apt-hook", "--check")
    assert (checked.returncode, "Neuron SDK 2.28.1" in checked.stdout) == (0, True)

    # With it they go to the lock, and the hook has nothing to refuse.
    upgraded = debian.call("unattended-upgrade", "-v")
    assert upgraded.returncode == 0, upgraded.stdout + upgraded.stderr
    assert "refused" not in upgraded.stdout + upgraded.stderr
    assert debian.versions(*LOCKED, "harmless") == {**LOCKED, "harmless": "2.0"}

    refused = debian.apt("install", f"{TOOLS}=3.*")
    assert refused.returncode == 100
    assert "NP306" in refused.stderr
    # python-apt asks the same libapt: a refusal is an exception there.
    script = (
        "import apt\ncache = apt.Cache()\npackage = cache['aws-neuronx-tools']\n"
        "package.candidate = package.versions['3.0.5.0-ccc1']\npackage.mark_upgrade()\n"
        "package.mark_install()\ncache.commit()\n"
    )
    by_python = debian.call("python3", "-c", script)
    assert by_python.returncode != 0
    assert "NP306" in by_python.stderr
    assert debian.versions(TOOLS) == {TOOLS: LOCKED[TOOLS]}

    held = debian.call("apt-mark", "hold", TOOLS)
    assert held.returncode == 0
    assert debian.apt("dist-upgrade").returncode == 0
    assert debian.call("apt-mark", "unhold", TOOLS).returncode == 0
    assert debian.apt("remove", TOOLS).returncode == 0

    # The hook's Python goes away in the transaction that it judges.
    both = debian.apt("install", f"{TOOLS}=3.*", "python3-minimal-")
    assert both.returncode == 100, both.stderr
    assert "NP306" in both.stderr
    assert (debian.root / "usr/bin/python3").exists()
    gone = debian.apt("install", TOOLS, "python3-minimal-")
    assert gone.returncode == 0, gone.stderr
    assert debian.versions(TOOLS) == {TOOLS: LOCKED[TOOLS]}
    assert not (debian.root / "usr/bin/python3").exists()

    # Without a Python apt goes on, unless it was told otherwise, and then only for Neuron's.
    assert debian.apt("install", "--allow-downgrades", "harmless=1.0").returncode == 0
    assert debian.apt("install", f"{TOOLS}=3.*").returncode == 0
    strict = run("hook", "install", "apt", "--lock", "lock.json", "--allow-other-os", "--root", debian.root,
                 "--on-error", "refuse", "--expires", "2099-01-01")  # fmt: skip
    assert strict.code == 0, strict.err
    assert debian.apt("upgrade").returncode == 0
    assert debian.apt("install", "harmless").returncode == 0
    refused = debian.apt("install", "--allow-downgrades", f"{TOOLS}=2.29.*")
    assert refused.returncode == 100
    assert "on-error = refuse" in refused.stderr

    before = debian.versions(*LOCKED)
    assert run("hook", "remove", "apt", "--root", debian.root).code == 0
    left = list(debian.root.rglob("*neuron-pin*"))
    # The log of refusals outlives the hook.
    assert left == [debian.root / "var/log/neuron-pin.log"]
    assert debian.apt("install", "--allow-downgrades", f"{TOOLS}=2.29.*").returncode == 0
    assert debian.versions(*LOCKED) != before
