"""A private apt world in a temporary folder: what real apt makes of preferences.

No network, nothing of the machine's own configuration, no privileges: apt reads the lists as
they are put there.  Source: apt.conf(5); the configuration file named by ``APT_CONFIG`` is
read first, so that ``Dir`` in it moves everything else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

from neuron_pin.errors import NeuronPinError
from neuron_pin.fs.scratch import scratch_folder
from neuron_pin.record import NamedTuple

from .apt_policy import PackageFile

SECONDS = 60
_FOLDERS = (
    "etc/apt/apt.conf.d",
    "etc/apt/preferences.d",
    "etc/apt/sources.list.d",
    "var/lib/apt/lists/partial",
    "var/lib/dpkg",
    "var/cache/apt/archives/partial",
)
_FIELDS = (
    ("Origin", "origin"),
    ("Label", "label"),
    ("Suite", "archive"),
    ("Codename", "codename"),
    ("Version", "version"),
)


class Archive(NamedTuple):
    """An archive, as a package file describes it, and the versions that it has, by name; ``builds``
    has the fields of a version's file where they matter, by name and version."""

    file: PackageFile
    versions: Mapping[str, Sequence[str]]
    builds: Mapping[tuple[str, str], str] = MappingProxyType({})


class AptAnswer(NamedTuple):
    """apt's own word on a package: the candidate, none for none, and each priority.

    ``rows`` are the version and the priority of every build, in apt's order, ``priorities`` the
    highest one of each version.
    """

    candidate: str | None
    priorities: Mapping[str, int]
    rows: tuple[tuple[str, int], ...] = ()


class AptFailed(NeuronPinError):
    """apt would not run, or not read what it was given."""


class ScratchApt:
    """One such world."""

    def __init__(self, root: str) -> None:
        self.root = root

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run one of apt's programs in it."""
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "APT_CONFIG": os.path.join(self.root, "apt.conf"),
            "LC_ALL": "C.UTF-8",
        }
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=SECONDS
        )

    def policy(self, names: Sequence[str]) -> dict[str, AptAnswer]:
        """What ``apt-cache policy`` says; raises `AptFailed` if it says that something is
        wrong."""
        done = self.run("apt-cache", "policy", *names)
        if done.returncode or done.stderr.strip():
            raise AptFailed(f"apt-cache policy: {done.stderr.strip()[:500]}")
        found: dict[str, AptAnswer] = {}
        for block in re.split(r"^(?=\S)", done.stdout, flags=re.M):
            head = re.match(r"(\S+):\n  Installed: .*\n  Candidate: (.*)\n", block)
            if head is None:
                continue
            rows = re.findall(r"^ (?:\*\*\*|   ) (\S+) (-?\d+)$", block, re.M)
            candidate = None if head[2] == "(none)" else head[2]
            builds = tuple((version, int(priority)) for version, priority in rows)
            best: dict[str, int] = {}
            for version, priority in builds:
                best[version] = max(priority, best.get(version, priority))
            found[head[1]] = AptAnswer(candidate, best, builds)
        return found


def has_apt() -> bool:
    """Whether this machine has apt."""
    return shutil.which("apt-cache") is not None


@contextmanager
def scratch_apt(
    archives: Sequence[Archive],
    installed: Mapping[str, str],
    preferences: Mapping[str, str],
    *,
    held: frozenset[str] = frozenset(),
    fields: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[ScratchApt]:
    """A world with those archives, packages and files of preferences (by their path below
    ``etc/apt``); ``fields`` are more of what dpkg's status says of a package, by name."""
    with scratch_folder() as root:
        for folder in _FOLDERS:
            os.makedirs(os.path.join(root, folder))
        _write(root, "apt.conf", _CONFIG.format(root=root))
        lines = []
        for number, archive in enumerate(archives):
            suite = archive.file.archive or f"s{number}"
            host = archive.file.site
            lines.append(f"deb [trusted=yes] http://{host}/{number} {suite} main\n")
            base = f"var/lib/apt/lists/{host}_{number}_dists_{suite}_"
            _write(root, f"{base}Release", _release(archive.file))
            _write(root, f"{base}main_binary-amd64_Packages", _packages(archive))
        _write(root, "etc/apt/sources.list", "".join(lines))
        status = [
            _stanza(name, version, "Status: " + _state(name, held) + fields.get(name, ""))
            for name, version in installed.items()
        ]
        _write(root, "var/lib/dpkg/status", "".join(status))
        for path, text in preferences.items():
            _write(root, f"etc/apt/{path}", text)
        yield ScratchApt(root)


def _state(name: str, held: frozenset[str]) -> str:
    return ("hold" if name in held else "install") + " ok installed\n"


# A binary cache is judged by size and whole seconds, too coarse for worlds made in one.
_CONFIG = """\
Dir "{root}/";
Dir::State::status "{root}/var/lib/dpkg/status";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "root";
Acquire::Languages "none";
Debug::NoLocking "1";
"""


def _release(file: PackageFile) -> str:
    lines = [f"{name}: {getattr(file, field)}\n" for name, field in _FIELDS if getattr(file, field)]
    lines.append("Components: main\nArchitectures: amd64\n")
    if file.not_automatic:
        lines.append("NotAutomatic: yes\n")
    if file.but_automatic_upgrades:
        lines.append("ButAutomaticUpgrades: yes\n")
    return "".join(lines)


def _packages(archive: Archive) -> str:
    return "".join(
        _stanza(
            name, version, archive.builds.get((name, version), "Filename: pool/x.deb\nSize: 1\n")
        )
        for name, found in archive.versions.items()
        for version in found
    )


def _stanza(name: str, version: str, more: str) -> str:
    return (
        f"Package: {name}\nVersion: {version}\nArchitecture: amd64\n"
        f"Maintainer: n <n@n.invalid>\n{more}Description: n\n\n"
    )


def _write(root: str, path: str, text: str) -> None:
    with open(os.path.join(root, path), "w", encoding="utf-8", errors="surrogateescape") as stream:
        stream.write(text)
