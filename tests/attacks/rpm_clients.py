"""neuron-pin and real dnf in front of one rpm repository."""

from __future__ import annotations

from pathlib import Path

from conftest import Keys

from .clients import TOOLS, Outcome
from .rpm_cases import Repository
from .system_clients import Case, SystemAttack

DNF = Path("/usr/bin/dnf")
CONFIGURATION = """[main]
gpgcheck=0
plugins=0
keepcache=0
logdir={folder}
reposdir=/none
[neuron]
name=neuron
baseurl={url}
repo_gpgcheck=1
gpgkey=file://{ring}
metadata_expire=0
"""


class RpmAttack(SystemAttack):
    """One case of an rpm repository."""

    system, form = "rocky9", "versionlock.list"

    def __init__(self, case: Case, keys: Keys, upstream: str) -> None:
        super().__init__(case, keys, upstream, Repository)
        self.url = f"http://127.0.0.1:{self.server.plain}/rpm"

    def source(self) -> tuple[str, str]:
        return "--rpm-repo", f"[signed-by={self.ring}] {self.url}"

    def dnf(self) -> Outcome:
        """Ask what would be installed."""
        configuration = self.folder / "dnf.conf"
        configuration.write_text(
            CONFIGURATION.format(folder=self.folder, url=self.url, ring=self.ring)
        )
        self.environment = {"LC_ALL": "C.UTF-8"}
        command = (
            DNF, "-c", configuration, f"--installroot={self.folder / 'image'}", "--releasever=9",
            "--forcearch=x86_64", "--setopt=cachedir=/cache", "--setopt=strict=0",
        )  # fmt: skip
        # Yes to the import of keys alone: nothing can be fetched of a package.
        return self.installed(
            (*command, "-y", "--refresh", "makecache"),
            (*command, "--assumeno", "install", TOOLS),
            rf"^ {TOOLS} +x86_64 +(\S+) ",
        )


def has_real_dnf() -> bool:
    return DNF.exists()
