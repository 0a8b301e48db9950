"""neuron-pin, pip and uv in front of one attack: what became of it, and what it cost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from .index_cases import Case
from .server import Answer, Server
from .world import ESC, Verdict, World

if sys.version_info >= (3, 11):
    import tomllib

else:
    import tomli as tomllib


SECONDS, MEBIBYTES = 30, 256
"""What an attack may cost."""
LARGEST, MEMORY = 1 << 30, 8 << 30
"""Bytes of a file, and of a process: some clients take what comes, as long as it comes."""

LAUNCHER = f"""
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, ({LARGEST}, {LARGEST}))
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
pid = os.fork()
if not pid:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(pid, 0)
with open(sys.argv[1], "w") as stream:
    stream.write(str(used.ru_maxrss))
os._exit(os.waitstatus_to_exitcode(status) & 255)
"""
"""A process counts as its own what its parent had in memory, so a small one starts the clients."""

TOOLS = "aws-neuronx-tools"
"""The system package that repositories have."""

PATIENCE = 60
"""Seconds after which a client is stopped."""


class Outcome(NamedTuple):
    """What a client did: its word for it, and what it took at most."""

    word: str
    seconds: float
    mebibytes: float
    said: str

    @property
    def in_bounds(self) -> bool:
        return self.seconds <= SECONDS and self.mebibytes <= MEBIBYTES

    def __str__(self) -> str:
        more = f", {self.seconds:.0f} s" if self.seconds > SECONDS else ""
        more += f", {self.mebibytes:.0f} MiB" if self.mebibytes > MEBIBYTES else ""
        return self.word + more


class Done(NamedTuple):
    """A process that has ended."""

    code: int
    said: str
    seconds: float
    mebibytes: float


def made_certificate(folder: Path) -> Path:
    """A key with a certificate of its own for this machine, which clients are told to trust."""
    path = folder / "tls.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3", "-subj",
         "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem",
         "-out", folder / "cert.pem"], check=True, capture_output=True,
    )  # fmt: skip
    path.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    return path


class Place:
    """A folder and a server of one attack, for as long as it is open; and clients in it."""

    def __init__(self, certificate: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="np-attack-"))
        self.certificate = certificate
        self.server = Server(str(certificate or ""))
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *command: object) -> Done:
        (self.folder / "ran").unlink(missing_ok=True)
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "NEURON_PIN_DEBUG")
            if name in os.environ
        }
        environment = {
            **kept,
            "HOME": str(self.folder), "TMPDIR": str(self.folder), "PIP_CONFIG_FILE": os.devnull,
            "RAN": str(self.folder / "ran"),
            "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        }  # fmt: skip
        environment |= self.environment
        if self.certificate is not None:
            environment["SSL_CERT_FILE"] = str(self.certificate)
        said, used = self.folder / "said", self.folder / "used"
        used.unlink(missing_ok=True)
        begun = time.monotonic()
        with said.open("wb") as stream:
            process = subprocess.Popen(
                [sys.executable, "-S", "-c", LAUNCHER, used, *map(str, command)], stdin=subprocess.DEVNULL, stdout=stream,
                stderr=stream, env=environment, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
            stop = threading.Timer(PATIENCE, os.killpg, (process.pid, signal.SIGKILL))
            stop.start()
            process.wait()
            stop.cancel()
        seconds = time.monotonic() - begun
        kibibytes = int(used.read_text()) if used.exists() else 0
        return Done(process.returncode, read(said), seconds, kibibytes / 1024)


class Attack(Place):
    """One case of a package index."""

    def __init__(self, case: Case, certificate: Path) -> None:
        super().__init__(certificate)
        self.case = case
        self.world = World(self.server, str(self.folder))

    def fill(self) -> None:
        """The indexes as the case has them, whatever was asked before."""
        self.server.site.clear()
        self.case.fill(self.world)

    def index(self, name: str) -> str:
        base = self.world.tls if self.case.tls else self.world.scheme
        return f"{base}/{name}/simple/"

    # Clients -------------------------------------------------------------------------------

    def neuron_pin(self, *options: str) -> Outcome:
        """Lock; what is locked must be of files that are GOOD, or pip refuses it."""
        self.fill()
        out = self.folder / "out"
        out.mkdir()
        outputs = [out / name for name in ("constraints.txt", "pylock.toml", "lock.json")]
        done = self.run(
            sys.executable, "-m", "neuron_pin", "lock", self.case.wanted, "--python", "3.11",
            "--index-url", self.index("public"), "--neuron-index-url", self.index("neuron"),
            "--generate-hashes", "--cache-dir", self.folder / "cache",
            "--cert", self.certificate, *options, *(word for path in outputs for word in ("-o", path)),
        )  # fmt: skip
        return judged(done, outputs, lambda: self._taken(outputs))

    def _taken(self, outputs: list[Path]) -> str:
        """What became of a lock that was made."""
        if self.case.expected is not Verdict.HELD:
            evil = [path for path in self._locked_files() if b"EVIL" in path]
            return "ACCEPTED" if evil else Verdict.PASSED_OVER.value
        pip = self._pip("--no-deps", "--require-hashes", "-r", outputs[0])
        return Verdict.HELD.value if pip.code != 0 and not self._was_taken() else "ACCEPTED"

    def _locked_files(self) -> list[bytes]:
        """What is served at the addresses that are locked."""
        document = tomllib.loads((self.folder / "out" / "pylock.toml").read_text())
        urls = [file["url"] for package in document["packages"] for file in package["wheels"]]
        paths = [url.removeprefix(self.world.scheme).removeprefix(self.world.tls) for url in urls]
        found = [self.server.site.get(path) for path in paths]
        return [answer.body for answer in found if isinstance(answer, Answer)]

    def pip(self) -> Outcome:
        return self._installed(lambda: self._pip(self.case.wanted))

    def _pip(self, *words: object) -> Done:
        return self.run(
            sys.executable, "-m", "pip", "install", "--no-cache-dir", "--no-input", "--no-color",
            "--disable-pip-version-check", "--progress-bar", "off", "--target", self._target(),
            "--index-url", self.index("public"), "--extra-index-url", self.index("neuron"),
            "--cert", self.certificate, *words,
        )  # fmt: skip

    def uv(self) -> Outcome:
        return self._installed(
            lambda: self.run(
                Path(sys.executable).parent / "uv", "pip", "install", "--no-cache", "--no-config",
                "--color", "never", "--no-progress", "--python", sys.executable, "--target",
                self._target(), "--index-url", self.index("public"), "--extra-index-url",
                self.index("neuron"), self.case.wanted,
            )
        )  # fmt: skip

    def _installed(self, install: Callable[[], Done]) -> Outcome:
        self.fill()
        done = install()
        if self._was_taken():
            word = "accepted"
        elif done.code == 0:
            word = Verdict.PASSED_OVER.value
        elif done.code < 0:
            word = "hangs"
        else:
            broke = "Traceback (most recent" in done.said or "panicked" in done.said
            word = "breaks" if broke else Verdict.REFUSED.value
        if has_escapes(done.said):
            word += ", unescaped"
        return Outcome(word, done.seconds, done.mebibytes, done.said)

    def _target(self) -> Path:
        shutil.rmtree(self.folder / "target", ignore_errors=True)
        return self.folder / "target"

    def _was_taken(self) -> bool:
        """Whether EVIL was installed, or has run."""
        if (self.folder / "ran").exists():
            return True
        files = (self.folder / "target").rglob("*.py")
        return any("EVIL" in read(path) for path in files)


def judged(done: Done, outputs: list[Path], taken: Callable[[], str]) -> Outcome:
    """What neuron-pin made of an attack; ``taken`` says it of a lock that was made."""
    written = [path for path in outputs if path.exists()]
    if done.code == 0:
        word = taken()
    elif done.code in (1, 2, 3):
        word = "LEFT FILES" if written else Verdict.REFUSED.value
    else:
        word = "HUNG" if done.code < 0 else "BROKE"
    if has_escapes(done.said) or any(has_escapes(read(path)) for path in written):
        word += ", UNESCAPED"
    return Outcome(word, done.seconds, done.mebibytes, done.said)


def newest_upstream() -> str:
    """The version of the tools that the newest release has, for apt and rpm alike."""
    from neuron_pin.catalog import Catalog
    from neuron_pin.catalog.catalog import EMBEDDED

    catalog = Catalog(EMBEDDED)
    members = catalog.members(catalog.releases[0].sdk)
    return next(member.version for member in members if member.package == TOOLS)


def read(path: Path) -> str:
    return path.read_bytes()[:8_000_000].decode("utf-8", "replace")


def has_escapes(text: str) -> bool:
    return any(c in text for c in ESC if not c.isprintable())
