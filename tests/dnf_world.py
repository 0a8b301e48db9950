"""A private dnf world for tests: real dnf 4 with its versionlock plugin, and one repository."""

import atexit
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from conftest import Keys
from rpm_world import repository

PLUGINS = Path("/usr/lib/python3/dist-packages/dnf-plugins")
has_dnf = shutil.which("dnf") is not None and (PLUGINS / "versionlock.py").is_file()


class _Server:
    """dnf, started at the first question and stopped with the tests."""

    process: "subprocess.Popen[str] | None" = None

    @classmethod
    def ask(cls, words: list[str]) -> subprocess.CompletedProcess[str]:
        if cls.process is None:
            cls.process = subprocess.Popen(
                ["/usr/bin/python3", Path(__file__).parent / "dnf_server.py"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )  # fmt: skip
            atexit.register(cls.process.kill)
        assert cls.process.stdin is not None
        assert cls.process.stdout is not None
        with tempfile.TemporaryDirectory() as folder:
            outputs = [Path(folder, name) for name in ("out", "err")]
            cls.process.stdin.write(json.dumps([words, [str(path) for path in outputs]]) + "\n")
            cls.process.stdin.flush()
            code = int(cls.process.stdout.readline())
            return subprocess.CompletedProcess(words, code, *(path.read_text() for path in outputs))


def run_dnf(*words: str) -> subprocess.CompletedProcess[str]:
    """Real dnf with these words: its own command line, without the start of an interpreter."""
    return _Server.ask(list(words))


class Dnf(NamedTuple):
    """A private dnf world with one repository."""

    root: Path
    locks: Path

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run_dnf(
            "-c", str(self.root / "dnf.conf"), f"--installroot={self.root / 'image'}",
            "--releasever=9", "--forcearch=x86_64", f"--setopt=pluginpath={PLUGINS}",
            f"--setopt=pluginconfpath={self.root / 'plugins'}", "--setopt=cachedir=/cache",
            "--setopt=strict=0", *words,
        )  # fmt: skip

    def choose(self, *names: str) -> dict[str, str]:
        """What ``dnf install`` would install: version and release by name."""
        done = self.run("--assumeno", "install", *names)
        assert "Traceback" not in done.stderr, done.stderr
        assert "could not parse" not in done.stderr, done.stderr
        # A long name or version takes a line of its own.
        rows = re.findall(r"^ (\S+)\s+x86_64\s+(\S+)\s+neuron\s", done.stdout, re.M)
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
