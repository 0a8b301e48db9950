"""A private dnf world for tests: real dnf 4 with its versionlock plugin, and one repository."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from conftest import Keys
from rpm_world import repository

PLUGINS = Path("/usr/lib/python3/dist-packages/dnf-plugins")
has_dnf = shutil.which("dnf") is not None and (PLUGINS / "versionlock.py").is_file()


class Dnf(NamedTuple):
    """A private dnf world with one repository."""

    root: Path
    locks: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["dnf", "-c", str(self.root / "dnf.conf"), f"--installroot={self.root / 'image'}",
             "--releasever=9", "--forcearch=x86_64", f"--setopt=pluginpath={PLUGINS}",
             f"--setopt=pluginconfpath={self.root / 'plugins'}", "--setopt=cachedir=/cache",
             "--setopt=strict=0", *words],
            capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    def choose(self, *names: str) -> dict[str, str]:
        """What ``dnf install`` would install: version and release by name."""
        done = self.run("--assumeno", "install", *names)
        assert "Traceback" not in done.stderr, done.stderr
        assert "could not parse" not in done.stderr, done.stderr
        rows = re.findall(r"^ (\S+) +x86_64 +(\S+) +neuron ", done.stdout, re.M)
        return dict(rows)


def dnf_world(folder: Path, packages: list[tuple[str, str]], keys: Keys | None = None) -> Dnf:
    described = repository(folder / "repo", packages)
    (folder / "plugins").mkdir()
    locks = folder / "versionlock.list"
    locks.write_text("")
    (folder / "plugins" / "versionlock.conf").write_text(f"[main]\nenabled=1\nlocklist={locks}\n")
    (folder / "dnf.conf").write_text(
        f"[main]\ngpgcheck=0\nplugins=1\n[neuron]\nname=n\nbaseurl=file://{folder}/repo\n"
        + (f"repo_gpgcheck=1\ngpgkey=file://{folder}/key.asc\n" if keys else "")
    )
    dnf = Dnf(folder, locks)
    if keys is not None:
        (folder / "key.asc").write_bytes(keys.export("rsa"))
        signature = keys.sign(described, "rsa", detached=True)
        (folder / "repo/repodata/repomd.xml.asc").write_bytes(signature)
        done = dnf.run("--assumeyes", "makecache")
        assert done.returncode == 0, done.stderr
    return dnf
