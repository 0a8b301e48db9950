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
AT_NIGHT = """\
#clear Unattended-Upgrade::Package-Blacklist;
Unattended-Upgrade::Origins-Pattern { "site=127.0.0.1"; };
"""
"""What the docs give to who wants unattended runs to bring the locked versions."""
BLACKLIST = """\
Unattended-Upgrade::Package-Blacklist { "^aws-neuron"; "^tensorflow-model-server-neuron"; };
"""
"""What the docs give to who has the preferences without the hook."""
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

    def configure(self, name: str, text: str) -> None:
        (self.root / "etc/apt/apt.conf.d" / name).write_text(text)

    def versions(self, *names: str) -> dict[str, str]:
        done = self.call(
            "dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n", *names
        )
        rows = [line.split(" ") for line in done.stdout.splitlines()]
        return {row[0]: row[1] for row in rows if row[2] == "installed"}


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def debian(request, tmp_path_factory) -> Iterator[Debian]:
    folder = tmp_path_factory.mktemp("debian")
    root = folder / "root"
    made = subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", "--include=python3-minimal,unattended-upgrades",
         request.param, str(root)], capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        pytest.skip(f"needs a Debian mirror, which mmdebstrap reads: {made.stderr[-200:]}")
    archive(folder / "archives/neuron", NEURON)
    # The other one has a version below the locked one, too, as a company's mirror may.
    archive(folder / "archives/other", {**OTHER, COLLECTIVES: ["2.30.1.0-other"]})

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
        )
        found = Debian(root, neuron)
        done = found.apt("update")
        assert done.returncode == 0, done.stderr
        yield found
    shutil.rmtree(folder, ignore_errors=True)


RELEASE = ("--offline", "--sdk", "2.28.1", "--instance", "trn1", "--os", "ubuntu22.04",
           "--python", "3.10", "--phase", "eos", "--as-of", "2026-04-01")  # fmt: skip


def go_back(debian: Debian, *absent: str) -> None:
    """What was there before the lock's release, less the ones that are to be absent."""
    versions = [f"{name}={version}" for name, version in EARLIER.items()]
    done = debian.apt("install", "--allow-downgrades", *versions, "harmless=1.0")
    assert done.returncode == 0, done.stderr
    assert not absent or debian.apt("purge", *absent).returncode == 0


def lock_for(run, debian: Debian, *words: str, path: str = "lock.json") -> Path:
    """A lock whose packages come from the archive here."""
    done = run("lock", *RELEASE, *words, "-o", path)
    assert done.code == 0, done.err
    lock = Path(path)
    text = lock.read_text()
    for place in ("https://apt.repos.neuron.amazonaws.com", "apt.repos.neuron.amazonaws.com"):
        text = text.replace(place, debian.neuron if "//" in place else "127.0.0.1")
    lock.write_text(text)
    return lock


def assert_night_leaves_what_is_pinned(debian: Debian) -> None:
    """An unattended run ends well, brings what is not pinned and nothing outside of the lock."""
    before = debian.versions(*EARLIER, "harmless")
    assert before["harmless"] == "1.0"
    night = debian.call("unattended-upgrade", "-v")
    assert night.returncode == 0, night.stdout + night.stderr
    assert "refused" not in night.stdout + night.stderr
    assert debian.versions(*EARLIER, "harmless") == {**before, "harmless": "2.0"}


@pytest.mark.parametrize("strength", ["exact", "major"])
def test_unattended_runs_where_only_another_archive_is_allowed(run, debian, strength: str) -> None:
    """With the hook, and with the preferences alone and what the docs add to them.

    Of the tools that archive has a version above the lock's: they would hide how the run takes
    the others.
    """
    debian.configure("61origins", 'Unattended-Upgrade::Origins-Pattern { "site=localhost"; };\n')
    go_back(debian, TOOLS)
    lock = lock_for(run, debian, "--pin", strength)
    assert run("hook", "install", "apt", "--lock", lock, "--allow-other-os", "--root", debian.root,
               "--expires", "2099-01-01").code == 0  # fmt: skip
    assert_night_leaves_what_is_pinned(debian)
    assert run("hook", "remove", "apt", "--root", debian.root).code == 0

    go_back(debian, TOOLS)
    preferences = lock_for(run, debian, "--pin", strength, path="neuron.pref")
    there = debian.root / "etc/apt/preferences.d/neuron.pref"
    shutil.copy(preferences, there)
    debian.configure("91neuron", BLACKLIST)
    assert_night_leaves_what_is_pinned(debian)
    # Who asks gets the locked version.
    assert debian.apt("install", RUNTIME, TOOLS, COLLECTIVES).returncode == 0
    if strength == "exact":
        assert debian.versions(*LOCKED) == LOCKED
    there.unlink()
    (debian.root / "etc/apt/apt.conf.d/91neuron").unlink()


def test_the_hook_in_a_whole_debian(run, debian: Debian) -> None:
    debian.configure(
        "61origins",
        'Unattended-Upgrade::Origins-Pattern { "site=127.0.0.1"; "site=localhost"; };\n',
    )
    lock_for(run, debian)
    assert debian.neuron in Path("lock.json").read_text()
    go_back(debian)

    # Without the hook unattended upgrades take the newest.
    free = debian.call("unattended-upgrade", "-v", "--dry-run")
    assert free.returncode == 0, free.stdout + free.stderr
    assert f"{RUNTIME}_3.1.0.0" in free.stderr
    assert f"{TOOLS}_1%3a2.28.23.0" in free.stderr

    # Held to majors: unattended upgrades would move one package after the other, through
    # mixed releases, so they leave them alone, and nothing fails at night.
    major = lock_for(run, debian, "--pin", "major", path="major.json")
    done = run("hook", "install", "apt", "--lock", major, "--allow-other-os", "--root", debian.root)
    assert done.code == 0, done.err
    assert_night_leaves_what_is_pinned(debian)
    assert debian.apt("install", "--allow-downgrades", "harmless=1.0").returncode == 0
    by_day = debian.apt("dist-upgrade")
    assert by_day.returncode == 0, by_day.stderr
    moved = debian.versions(*EARLIER)
    assert moved[RUNTIME] == "2.34.10.0-ac18d186d"
    go_back(debian)

    installed = run("hook", "install", "apt", "--lock", "lock.json", "--allow-other-os", "--root", debian.root,
                    "--expires", "2099-01-01")  # fmt: skip
    assert installed.code == 0, installed.err
    assert "ubuntu22.04" in installed.err
    checked = debian.call("/usr/lib/neuron-pin/apt-hook", "--check")
    assert (checked.returncode, "Neuron SDK 2.28.1" in checked.stdout) == (0, True)

    # Held to versions, they are left alone as well, unless somebody wants them to go to the lock:
    # then they do, and the hook has nothing to refuse.
    assert_night_leaves_what_is_pinned(debian)
    assert debian.apt("install", "--allow-downgrades", "harmless=1.0").returncode == 0
    debian.configure("91neuron-at-night", AT_NIGHT)
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
