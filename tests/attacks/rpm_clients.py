"""neuron-pin and real dnf in front of one rpm repository."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

from conftest import Keys

from .clients import Outcome, Place, has_escapes, judged, read
from .rpm_cases import NAME, Case, Repository
from .world import Verdict

DNF = Path("/usr/bin/dnf")
CONFIGURATION = """[main]
gpgcheck=0
plugins=0
keepcache=0
cachedir={folder}/dnf-cache
persistdir={folder}/dnf-persist
logdir={folder}
reposdir=/none
[neuron]
name=neuron
baseurl={url}
repo_gpgcheck=1
gpgkey=file://{ring}
metadata_expire=0
"""


class RpmAttack(Place):
    """One case of an rpm repository."""

    def __init__(self, case: Case, keys: Keys, upstream: str) -> None:
        super().__init__()
        self.case, self._keys, self._upstream = case, keys, upstream
        self.ring = self.folder / "all.asc"
        # Configured all of them: what is wrong with one is for the client to see.
        exported = [keys.export(name) for name in ("neuron", "expired", "old", "gone", "rsa")]
        self.ring.write_bytes(b"".join(exported))
        self.url = f"http://127.0.0.1:{self.server.plain}/rpm"

    def _publish(self, *, good: bool) -> None:
        self.server.site.clear()
        repository = Repository(self.server, self._keys, self._upstream)
        (Repository.publish if good else self.case.fill)(repository)

    def neuron_pin(self, *options: str) -> Outcome:
        outputs = [self.folder / "versionlock.list", self.folder / "lock.json"]
        command = (
            sys.executable, "-m", "neuron_pin", "lock", NAME, "--os", "rocky9", "--python", "3.11",
            "--rpm-repo", f"[signed-by={self.ring}] {self.url}", "--cache-dir", self.folder / "cache",
            "--refresh", *options, *(word for path in outputs for word in ("-o", path)),
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
        if self.case.then:
            self._publish(good=True)
            done = self.run(*command, "-y", "makecache")
            assert done.code == 0, done.said
        self._publish(good=False)
        # Yes to the import of keys alone: nothing can be fetched of a package.
        update = self.run(*command, "-y", "--refresh", "makecache")
        install = self.run(*command, "--assumeno", "install", NAME)
        chosen = re.search(rf"^ {NAME} +x86_64 +(\S+) ", install.said, re.M)
        if update.code < 0:
            word = "hangs"
        elif chosen is not None and "evil" in chosen[1]:
            word = "accepted"
        elif chosen is None and "Failed writing received data" in update.said:
            # At the size that a file may have here.
            word = "fills the disk"
        elif chosen is None and "Traceback" in update.said + install.said:
            word = "breaks"
        else:
            word = Verdict.PASSED_OVER.value if chosen is not None else Verdict.REFUSED.value
        if has_escapes(update.said + install.said):
            word += ", unescaped"
        seconds, memory = update.seconds, max(update.mebibytes, install.mebibytes)
        return Outcome(word, seconds, memory, update.said + install.said)


def has_real_dnf() -> bool:
    return DNF.exists() and shutil.which("rpm") is not None
