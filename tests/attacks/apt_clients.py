"""neuron-pin and real apt in front of one apt repository."""

from __future__ import annotations

from pathlib import Path

from conftest import Keys

from .apt_cases import Repository
from .clients import TOOLS, Outcome
from .system_clients import Case, SystemAttack

CONFIGURATION = """Dir "{root}/"; Dir::State::status "{root}/var/lib/dpkg/status";
APT::Architecture "amd64"; APT::Architectures {{ "amd64"; }}; APT::Sandbox::User "root";
Acquire::Languages "none"; Acquire::Retries "0"; Acquire::http::Proxy "DIRECT"; Debug::NoLocking "1";
"""


class AptAttack(SystemAttack):
    """One case of an apt repository."""

    system, form = "ubuntu22.04", "neuron.pref"

    def __init__(self, case: Case, keys: Keys, upstream: str) -> None:
        super().__init__(case, keys, upstream, Repository)
        address = f"http://127.0.0.1:{self.server.plain}/apt"
        self.line = f"deb [signed-by={self.ring}] {address} jammy main"

    def source(self) -> tuple[str, str]:
        return "--apt-repo", self.line

    def apt(self) -> Outcome:
        """Update, then ask what would be installed."""
        root = self.folder / "root"
        for name in ("etc/apt/apt.conf.d", "etc/apt/preferences.d", "etc/apt/sources.list.d",
                     "var/lib/apt/lists/partial", "var/cache/apt/archives/partial", "var/lib/dpkg"):  # fmt: skip
            (root / name).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        (root / "etc/apt/sources.list").write_text(f"{self.line}\n")
        configuration = self.folder / "apt.conf"
        configuration.write_text(CONFIGURATION.format(root=root))
        self.environment = {"APT_CONFIG": str(configuration), "LC_ALL": "C.UTF-8"}
        # apt tells times by the second.
        return self.installed(
            ("/usr/bin/apt-get", "-q", "update"),
            ("/usr/bin/apt-get", "-q", "-s", "install", TOOLS),
            rf"^Inst {TOOLS} \((\S+)",
            pause=1,
        )


def has_real_apt() -> bool:
    return Path("/usr/bin/apt-get").exists()
