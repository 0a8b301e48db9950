"""Runs of neuron-pin that write files: what is there before, the command, and what is watched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from conftest import FIXTURES

from .index import index_lock, publish
from .server import Server

COMMAND = (sys.executable, "-m", "neuron_pin")
LOCK = (
    "lock",
    "--instance",
    "trn1",
    "--os",
    "ubuntu22.04",
    "--python",
    "3.11",
    "--as-of",
    "2026-03-01",
)
OUTPUTS = ("constraints.txt", "neuron.pref", "lock.json")


class Place:
    """A folder for one run: ``files``, whose content is watched, and ``cache``, of which names."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = root / "files"
        self.cache = root / "cache"
        self.files.mkdir(parents=True)
        self.server: Server | None = None

    def close(self) -> None:
        if self.server is not None:
            self.server.close()

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        return {
            **kept,
            "HOME": str(self.root / "home"), "XDG_CACHE_HOME": str(self.cache),
            "XDG_DATA_HOME": str(self.files), "PIP_CONFIG_FILE": os.devnull,
            "TMPDIR": str(self.root / "tmp"), "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        }  # fmt: skip

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *words], cwd=self.files, env={**self.environment, **variables}, capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip

    def content(self) -> dict[str, bytes]:
        """Every file that is watched, whatever its name."""
        found = {}
        for path in sorted(self.files.rglob("*")):
            if path.is_file():
                found[str(path.relative_to(self.files))] = path.read_bytes()
        return found

    def litter(self) -> list[str]:
        """Temporary files and folders, anywhere."""
        (self.root / "tmp").mkdir(exist_ok=True)
        found = [p for p in self.root.rglob(".*") if p.name.endswith((".tmp", ".new", ".old"))]
        return sorted(
            str(p.relative_to(self.root)) for p in [*found, *(self.root / "tmp").iterdir()]
        )

    def forget(self) -> None:
        shutil.rmtree(self.root)
        self.files.mkdir(parents=True)
        (self.root / "tmp").mkdir()


class Scenario(NamedTuple):
    """``before`` makes what is there; ``command`` is what is disturbed.

    ``shown`` is a command that reads what was written: whatever befell, it shows what it showed
    before or what it shows after.  Without one each file is its old self or its new one.
    """

    name: str
    before: Callable[[Place], None]
    command: Callable[[Place], tuple[str, ...]]
    shown: tuple[str, ...] = ()


def outputs(*words: str) -> tuple[str, ...]:
    return (*LOCK, *words, "--upgrade", *(word for name in OUTPUTS for word in ("-o", name)))


def done(place: Place, *words: str) -> None:
    made = place.run(*words)
    assert made.returncode == 0, made.stderr


def with_old_lock(place: Place) -> None:
    done(place, *outputs("--offline", "--sdk", "2.27.0"))


def with_lock(place: Place) -> None:
    done(place, *outputs("--offline", "--sdk", "2.28.0"))
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", place.files / "venv"], check=True
    )


def hook(verb: str) -> Callable[[Place], tuple[str, ...]]:
    return lambda place: (
        "hook", verb, "apt", "pip", "uv", "--root", str(place.files / "root"),
        *(("--lock", "lock.json") if verb == "install" else ()), "--venv", str(place.files / "venv"),
    )  # fmt: skip


def with_root(place: Place) -> None:
    with_lock(place)
    (place.files / "root/etc/apt/preferences.d").mkdir(parents=True)
    (place.files / "root/etc/apt/apt.conf.d").mkdir(parents=True)


def with_hook(place: Place) -> None:
    with_root(place)
    done(place, *hook("install")(place))


def with_import(place: Place) -> None:
    done(place, "catalog", "import", str(FIXTURES / "manifest" / "irregular.json"))


SHOWN = ("catalog", "show", "--format", "json")


def importing(place: Place) -> tuple[str, ...]:
    return "catalog", "import", str(FIXTURES / "manifest" / "irregular.json")


def with_index(place: Place) -> None:
    if place.server is None:
        place.server = Server()
    publish(place.server)


def locking(place: Place) -> tuple[str, ...]:
    assert place.server is not None
    publish(place.server)
    return index_lock(place.server)


def with_findings(place: Place) -> None:
    (place.files / "requirements.txt").write_text("torch-neuronx\nneuronx-cc==2.*\n")
    (place.files / "Dockerfile").write_text("FROM ubuntu:22.04\nRUN pip install torch-neuronx\n")


FIX = ("check", "--fix", "--as-of", "2026-03-01", "requirements.txt", "Dockerfile")

SCENARIOS = [
    Scenario(
        "lock over a lock", with_old_lock, lambda place: outputs("--offline", "--sdk", "2.28.0")
    ),
    Scenario("lock that fills the cache", with_index, locking),
    Scenario("check --fix", with_findings, lambda place: FIX),
    Scenario("hook install", with_root, hook("install")),
    Scenario("hook remove", with_hook, hook("remove")),
    Scenario("catalog import", lambda place: None, importing, SHOWN),
    Scenario("catalog import over one", with_import, importing, SHOWN),
]
