"""neuron-pin and real apt in front of one apt repository."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from conftest import Keys

from .apt_cases import NAME, Case, Repository
from .clients import Outcome, Place, has_escapes, judged, read
from .world import Verdict

CONFIGURATION = """Dir "{root}/"; Dir::State::status "{root}/var/lib/dpkg/status";
APT::Architecture "amd64"; APT::Architectures {{ "amd64"; }}; APT::Sandbox::User "root";
Acquire::Languages "none"; Acquire::Retries "0"; Acquire::http::Proxy "DIRECT"; Debug::NoLocking "1";
"""


class AptAttack(Place):
    """One case of an apt repository."""

    def __init__(self, case: Case, keys: Keys, upstream: str) -> None:
        super().__init__()
        self.case, self._keys, self._upstream = case, keys, upstream
        rings = self.folder / "keys"
        rings.mkdir()
        for name in ("neuron", "expired", "old", "gone", "rsa"):
            # Configured all of them: what is wrong with one is for the client to see.
            (rings / f"{name}.asc").write_bytes(keys.export(name))
        self.ring = rings / "all.asc"
        self.ring.write_bytes(b"".join(path.read_bytes() for path in sorted(rings.iterdir())))

    @property
    def line(self) -> str:
        return f"deb [signed-by={self.ring}] http://127.0.0.1:{self.server.plain}/apt jammy main"

    def _publish(self, *, good: bool) -> None:
        self.server.site.clear()
        repository = Repository(self.server, self._keys, self._upstream)
        (Repository.publish if good else self.case.fill)(repository)

    def neuron_pin(self) -> Outcome:
        outputs = [self.folder / "neuron.pref", self.folder / "lock.json"]
        command = (
            sys.executable, "-m", "neuron_pin", "lock", NAME, "--os", "ubuntu22.04", "--python",
            "3.11", "--apt-repo", self.line, "--cache-dir", self.folder / "cache", "--refresh",
            *(word for path in outputs for word in ("-o", path)),
        )  # fmt: skip
        if self.case.then:
            self._publish(good=True)
            assert self.run(*command).code == 0
            for path in outputs:
                path.unlink()
        self._publish(good=False)
        done = self.run(*command)

        def taken() -> str:
            packages = json.loads(read(outputs[1]))["packages"]
            is_evil = any("evil" in package["version"] for package in packages)
            return "ACCEPTED" if is_evil or not packages else Verdict.PASSED_OVER.value

        return judged(done, outputs, taken)

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
        if self.case.then:
            self._publish(good=True)
            assert self.run("/usr/bin/apt-get", "-q", "update").code == 0
            time.sleep(1)
        self._publish(good=False)
        update = self.run("/usr/bin/apt-get", "-q", "update")
        install = self.run("/usr/bin/apt-get", "-q", "-s", "install", NAME)
        chosen = re.search(rf"^Inst {NAME} \((\S+)", install.said, re.M)
        if update.code < 0:
            word = "hangs"
        elif chosen is not None and "evil" in chosen[1]:
            word = "accepted"
        else:
            word = Verdict.PASSED_OVER.value if chosen is not None else Verdict.REFUSED.value
        if has_escapes(update.said + install.said):
            word += ", unescaped"
        seconds, memory = update.seconds, max(update.mebibytes, install.mebibytes)
        return Outcome(word, seconds, memory, update.said + install.said)


def has_real_apt() -> bool:
    return Path("/usr/bin/apt-get").exists()
