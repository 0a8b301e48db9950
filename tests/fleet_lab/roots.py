"""The roots of the lab: one small Debian, a layer for each class, and a layer for each host."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from .archives import APT_HOST, RPM_HOST
from .hosts import Host, HostClass, packaged
from .mounts import bind, mount, overlay, unmount
from .stubs import write_stubs

SUITE = "bookworm"
PACKAGES = ("python3-minimal", "python3-apt", "openssh-server")
DNF_PACKAGES = ("dnf", "rpm", "dnf-plugins-core")
DISKS = {"full": (2 << 20, 0), "low": (16 << 20, 8 << 20)}
"""Bytes of the disk of a host that is full, or nearly, and how many are free."""

HOST_BYTES = 16 << 20
"""What a host has for itself after all: the program, unpacked and compiled, is most of it."""

_SYSTEMS = {
    "ubuntu24.04": ("ubuntu", "24.04", "noble"),
    "ubuntu22.04": ("ubuntu", "22.04", "jammy"),
    "debian12": ("debian", "12", "bookworm"),
    "amzn2023": ("amzn", "2023", ""),
    "rocky9": ("rocky", "9.5", ""),
}

_APT_CONF = """APT::Sandbox::User "root";
APT::Architectures { "amd64"; };
Acquire::Languages "none"; Acquire::Retries "0";
Dpkg::Use-Pty "0"; DPkg::Options { "--force-unsafe-io"; };
"""

_REFUSING_APT = """DPkg::Pre-Install-Pkgs { "/usr/local/sbin/freeze"; };
"""
_FREEZE = """#!/bin/sh
# An administrator's own freeze of a machine.
grep -q aws-neuronx || exit 0
echo "this machine is frozen until the end of the quarter" >&2
exit 1
"""

_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
}  # fmt: skip


def make_base(folder: Path) -> Path:
    """A small Debian below ``folder``, made once."""
    base = folder / "base"
    if base.exists():
        return base
    scratch = folder / "base.new"
    shutil.rmtree(scratch, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    # A mirror may be older than the signature's term; the signature itself is checked.
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", "--aptopt=Acquire::Check-Valid-Until \"false\"",
         "--aptopt=APT::Install-Recommends \"false\"", f"--include={','.join(PACKAGES)}",
         SUITE, str(scratch)],
        check=True,
    )  # fmt: skip
    scratch.rename(base)
    return base


def make_dnf_base(folder: Path) -> Path:
    """The same with dnf 4, whole."""
    base = folder / "base-dnf"
    if base.exists():
        return base
    scratch = folder / "base-dnf.new"
    shutil.rmtree(scratch, ignore_errors=True)
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=apt", "--aptopt=Acquire::Check-Valid-Until \"false\"",
         "--aptopt=APT::Install-Recommends \"false\"",
         f"--include={','.join((*PACKAGES, *DNF_PACKAGES))}", SUITE, str(scratch)],
        check=True,
    )  # fmt: skip
    scratch.rename(base)
    return base


class Roots:
    """The mounted roots below ``place``, a file system in memory of this mount namespace alone:
    all of it goes with the last process of the lab.  Where so many hosts have no room in memory,
    their files are in the folder itself."""

    def __init__(self, place: Path, cache: Path, count: int) -> None:
        self.place = place
        self.cache = cache
        self.layers: dict[str, list[Path]] = {}
        place.mkdir(parents=True, exist_ok=True)
        if 2 * count * HOST_BYTES < _available_memory():
            mount("tmpfs", place, "tmpfs", 0, "size=75%,mode=755")

    def root(self, host: Host) -> Path:
        """Where the root of a host is."""
        return self.place / "roots" / host.name

    def upper(self, host: Host) -> Path:
        """Where the files are that a host has for itself."""
        if host.fault in DISKS:
            return self.place / "disk" / host.name / "upper"
        return self.place / "upper" / host.name

    def make_class(self, of: HostClass) -> None:
        """Make the layer of a class: its system, repositories and installed packages."""
        base = make_dnf_base(self.cache) if of.is_dnf else make_base(self.cache)
        work, upper = self.place / "work" / of.name, self.place / "class" / of.name
        root = self.place / "class-root" / of.name
        overlay([base], upper, work, root)
        mount("proc", root / "proc", "proc")
        _describe(root, of)
        write_stubs(root)
        for name in ("apt", "dnf"):
            if of.is_dnf == (name == "dnf"):
                (_set_up_dnf if name == "dnf" else _set_up_apt)(root, of)
        _write(
            root / "sys/module/neuron/version", f"{of.loaded or of.installed['aws-neuronx-dkms']}\n"
        )
        (root / "run/lab/calls").unlink(missing_ok=True)
        unmount(root / "proc")
        unmount(root)
        self.layers[of.name] = [upper, base]

    def make_host(self, host: Host) -> None:
        """Mount the root of a host and give it what it has for itself."""
        root = self.root(host)
        upper, work = self.upper(host), self.place / "work" / host.name
        if host.fault in DISKS:
            upper.parent.mkdir(parents=True)
            mount("tmpfs", upper.parent, "tmpfs", 0, f"size={DISKS[host.fault][0]},mode=755")
            work = upper.parent / "work"
        overlay(self.layers[host.of.name], upper, work, root)
        mount("proc", root / "proc", "proc")
        lab = root / "run/lab"
        _write(root / "etc/hostname", f"{host.name}\n")
        _write(lab / "osrelease", f"{host.of.kernel}\n")
        _write(lab / "boot-id", f"{host.name}-first\n")
        bind(lab / "osrelease", root / "proc/sys/kernel/osrelease")
        bind(lab / "boot-id", root / "proc/sys/kernel/random/boot_id")
        if host.fault == "refusing":
            _write(root / "usr/local/sbin/freeze", _FREEZE, 0o755)
            _write(root / "etc/apt/apt.conf.d/10freeze", _REFUSING_APT)
        if host.fault in DISKS:
            mount("tmpfs", root / "tmp", "tmpfs", 0, "size=16m,mode=1777")
            _fill(root / "var/lib/fill", leave=DISKS[host.fault][1])
        if host.fault == "unreachable":
            (lab / "lost").touch()

    def run(self, root: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a root."""
        return run_in(root, *words)


def run_in(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a root, with nothing of this machine's environment."""
    return subprocess.run(
        ["chroot", str(root), *words], env=_ENVIRONMENT, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def read_packages(root: Path) -> dict[str, str]:
    """Every package of a root with its state and version: of dpkg, or of rpm."""
    if (root / "var/lib/rpm/rpmdb.sqlite").exists():
        listed = run_in(root, "rpm", "-qa", "--qf", "%{NAME} installed %{VERSION}-%{RELEASE}\n")
    else:
        listed = run_in(
            root, "dpkg-query", "-W", "-f", "${Package} ${db:Status-Abbrev}:${Version}\n"
        )
    return dict(line.split(" ", 1) for line in listed.stdout.splitlines())


def _available_memory() -> int:
    """Bytes that programs can have."""
    found = re.search(r"MemAvailable: +([0-9]+) kB", Path("/proc/meminfo").read_text())
    return int(found[1]) << 10 if found else 0


def _describe(root: Path, of: HostClass) -> None:
    identifier, version, codename = _SYSTEMS[of.os]
    (root / "etc/os-release").unlink(missing_ok=True)
    like = "fedora" if of.is_dnf else "debian"
    _write(
        root / "etc/os-release",
        f'NAME="{identifier}"\nPRETTY_NAME="{identifier} {version}"\nID={identifier}\n'
        f'ID_LIKE="{like}"\nVERSION_ID="{version}"\nVERSION_CODENAME={codename}\n',
    )
    _write(root / "sys/devices/virtual/dmi/id/product_name", f"{of.instance}\n")
    _write(root / "etc/hosts", f"127.0.0.1 localhost {APT_HOST} {RPM_HOST}\n")
    (root / "run/lab").mkdir(parents=True, exist_ok=True)
    (root / f"lib/modules/{of.kernel}/build").mkdir(parents=True, exist_ok=True)


def _set_up_apt(root: Path, of: HostClass) -> None:
    _write(root / "etc/apt/apt.conf.d/00lab", _APT_CONF)
    for path in (root / "etc/apt/sources.list", *(root / "etc/apt/sources.list.d").iterdir()):
        path.unlink(missing_ok=True)
    _write(
        root / "etc/apt/sources.list.d/neuron.list",
        f"deb [trusted=yes] http://{APT_HOST}/ {_SYSTEMS[of.os][2]} main\n",
    )
    _do(root, "apt-get", "-qq", "update")
    wanted = dict(of.installed)
    if of.half:
        del wanted[of.half]
    words = [f"{name}={packaged(name, version)}" for name, version in wanted.items()]
    _do(root, "apt-get", "-qq", "-y", "install", *words)
    if of.half:
        (root / "run/lab/fail-configuration").touch()
        word = f"{of.half}={packaged(of.half, of.installed[of.half])}"
        assert run_in(root, "apt-get", "-qq", "-y", "install", word).returncode != 0
        (root / "run/lab/fail-configuration").unlink()
    if of.held:
        _do(root, "apt-mark", "hold", *of.held)


def _set_up_dnf(root: Path, of: HostClass) -> None:
    shutil.rmtree(root / "etc/yum.repos.d", ignore_errors=True)
    _write(
        root / "etc/yum.repos.d/neuron.repo",
        f"[neuron]\nname=Neuron\nbaseurl=http://{RPM_HOST}/\nenabled=1\ngpgcheck=0\n",
    )
    _write(
        root / "etc/dnf/dnf.conf",
        "[main]\ngpgcheck=0\nplugins=1\npluginpath=/usr/lib/python3/dist-packages/dnf-plugins\n"
        "pluginconfpath=/etc/dnf/plugins\n",
    )
    _write(root / "etc/rpm/macros.lab", "%_dbpath /var/lib/rpm\n")
    _write(root / "etc/dnf/vars/releasever", "2023\n")
    (root / "usr/local/bin").mkdir(parents=True, exist_ok=True)
    (root / "usr/local/bin/yum").symlink_to("/usr/bin/dnf")
    words = [f"{name}-{version}" for name, version in of.installed.items()]
    _do(root, "dnf", "-q", "-y", "install", *words)
    # A machine of dnf has no dpkg and no apt of its own.
    shutil.rmtree(root / "etc/apt")
    shutil.rmtree(root / "var/lib/dpkg")


def _do(root: Path, *words: str) -> None:
    done = run_in(root, *words)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")


def _fill(path: Path, *, leave: int) -> None:
    """Fill the disk that a file is on, but for so many bytes."""
    disk = os.statvfs(path.parent)
    with path.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
        stream.write(b"\0" * max(0, disk.f_bavail * disk.f_frsize - leave))
        while not leave:
            stream.write(b"\0" * 4096)


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
