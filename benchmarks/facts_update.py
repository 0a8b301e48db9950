"""Whole-process time and memory of `catalog update` from a TLS server on loopback.

    python benchmarks/facts_update.py [RUNS] [FOLDER]

The feed is the embedded facts with a later day, signed.  An update takes them, a check finds
nothing newer.  With FOLDER, a clone of the vendor's repository or a mirror of it, the same of a
listed folder with its manifest and pages.  Medians are printed; each update begins with no catalog
and no cache.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from conftest import Keys
from feed_world import (
    FeedServer,
    make_facts,
    pack_feed,
    publish_feed,
    served,
    state_sums,
)
from sources.http.test_access import openssl

LAUNCH = """
import os, sys, time
start = time.perf_counter()
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execv(sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
seconds = time.perf_counter() - start
busy = usage.ru_utime + usage.ru_stime
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss, busy, seconds)
"""


class Run(NamedTuple):
    """Seconds of a process, those of the processor, and the MiB that it needed at most."""

    seconds: float
    busy: float
    memory: float


def make_authority(folder: Path) -> Path:
    """A certificate authority, as the tests of TLS make theirs."""
    folder.mkdir()
    openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out",
            "ca.pem", "-subj", "/CN=Test", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
    return folder


def measure(home: Path, options: list[str], code: int) -> Run:
    """One run; ends the program for another exit code."""
    command = [sys.executable, "-m", "neuron_pin", "catalog", "update", *options]
    environment = {
        **os.environ,
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "PYTHONPATH": str(Path(__file__).parent.parent),
        # An installed program is compiled.
        "PYTHONPYCACHEPREFIX": str(home.parent / "compiled"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    done = subprocess.run(
        [sys.executable, "-IS", "-c", LAUNCH, *command],
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    # The launcher's own start is not the program's.
    status, memory, busy, seconds = done.stdout.split()
    if int(status) != code:
        sys.exit(f"{command} ended with {status}, not {code}\n{done.stderr}")
    return Run(float(seconds), float(busy), int(memory) / 1024)


def show(name: str, rows: list[Run]) -> None:
    """A line of the table: the median and the fastest time, that of the processor, and the most
    memory."""
    times = [row.seconds * 1000 for row in rows]
    busy = statistics.median(row.busy * 1000 for row in rows)
    print(
        f"{name:34} {statistics.median(times):6.0f} ms (fastest {min(times):4.0f}, processor"
        f" {busy:4.0f}) {max(row.memory for row in rows):6.1f} MiB"
    )


def compare(name: str, home: Path, options: list[str], runs: int) -> None:
    """Updates, each of which has everything to fetch, and checks that find nothing newer."""
    measure(home, options, 0)
    updates = []
    for _ in range(runs):
        shutil.rmtree(home, ignore_errors=True)
        updates.append(measure(home, options, 0))
    show(f"{name}: update", updates)
    show(f"{name}: nothing newer", [measure(home, [*options, "--check"], 0) for _ in range(runs)])


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    # Sockets of gpg's agent need a short path.
    with tempfile.TemporaryDirectory(prefix="np-") as name:
        folder = Path(name)
        (folder / "gpg").mkdir(mode=0o700)
        (folder / "server").mkdir()
        keys = Keys(str(folder / "gpg"))
        keys.make("neuron")
        key = folder / "key.asc"
        key.write_bytes(keys.export("neuron"))
        facts = make_facts(folder / "facts", announcements="2099-01-01")
        with served(make_authority(folder / "authority"), folder / "server") as server:
            publish_feed(server, pack_feed(facts), keys)
            options = server.options("--signed-by", key)
            compare("the project's facts", folder / "home", options, runs)
            if len(sys.argv) > 2:
                publish_vendors(server, Path(sys.argv[2]))
                compare("the vendor's files", folder / "home", server.options(), runs)
        subprocess.run(["gpgconf", "--homedir", keys.home, "--kill", "all"], check=False)


def publish_vendors(server: FeedServer, mirror: Path) -> None:
    """The manifest and the pages of a clone, with their checksums."""
    wanted = [*mirror.rglob("n2-manifest.json"), *mirror.rglob("announcements/**/*.rst")]
    files = {str(path.relative_to(mirror)): path.read_bytes() for path in wanted}
    publish_feed(server, state_sums(files))


if __name__ == "__main__":
    main()
