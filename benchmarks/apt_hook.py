"""Whole-process time and memory of apt's hook, as ratios to a bare system interpreter.

    python benchmarks/apt_hook.py [RUNS]

A transaction of 500 packages, as apt describes it, with 20 of Neuron's and with none; allowed
and refused; and the guard of ``on-error = refuse``.  Commands take turns, medians are printed.
The machine's own dpkg status is read, as it would be.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from neuron_pin.catalog import load_catalog
from neuron_pin.cli import main as neuron_pin
from neuron_pin.hooks.installing import carry_out, prepare_install
from neuron_pin.hooks.location import HookKind, OnError, find_location
from neuron_pin.hooks.lock_input import load_hook_lock

PYTHON = "/usr/bin/python3"
OTHERS = "libfoo{n}"
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "APT_HOOK_INFO_FD": "0"}


def transaction(neuron: list[tuple[str, str]], count: int) -> bytes:
    """What apt says of an upgrade: its configuration, then two lines a package."""
    lines = ["VERSION 3", *(f"Some::Option::Number-{n}=value%20{n}" for n in range(110)), ""]
    rows = [*neuron, *((OTHERS.format(n=n), "2.0-1") for n in range(count - len(neuron)))]
    for action in ("/var/cache/apt/archives/{name}_{version}_amd64.deb", "**CONFIGURE**"):
        for name, version in rows:
            path = action.format(name=name, version=version)
            lines.append(f"{name} 1.0-1 amd64 none < {version} amd64 none {path}")
    return ("\n".join(lines) + "\n").encode()


LAUNCH = """
import os, sys
child = os.fork()
if not child:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.execv(sys.argv[1], sys.argv[1:])
_, _, usage = os.wait4(child, 0)
print(usage.ru_maxrss)
"""


def seconds_of(command: list[str], file: Path, code: int) -> float:
    """The seconds of one run; ends the program for another exit code than is meant."""
    with file.open("rb") as stream:
        start = time.perf_counter()
        done = subprocess.run(
            command,
            stdin=stream,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
            check=False,
        )
        seconds = time.perf_counter() - start
    if done.returncode != code:
        sys.exit(f"{command} ended with {done.returncode}, not {code}")
    return seconds


def memory_of(command: list[str], file: Path) -> float:
    """Peak memory of one run in MiB, started by a process smaller than it is: a new process
    begins with its parent's."""
    with file.open("rb") as stream:
        done = subprocess.run(
            [PYTHON, "-IS", "-c", LAUNCH, *command],
            stdin=stream,
            capture_output=True,
            env=ENVIRONMENT,
            check=True,
        )
    return int(done.stdout) / 1024


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 25
    folder = Path(tempfile.mkdtemp())
    lock = folder / "lock.json"
    asked = ["--instance", "trn2", "--os", "ubuntu24.04", "--pin", "major"]
    neuron_pin(["lock", "--offline", "-q", *asked, "-o", str(lock)])
    root = folder / "root"
    (root / "etc/apt/preferences.d").mkdir(parents=True)
    (root / "etc/apt/apt.conf.d").mkdir(parents=True)
    place = find_location(HookKind.APT, None, str(root), None, {})
    held = load_hook_lock(str(lock), load_catalog(), OnError.ALLOW, None)
    carry_out(place, prepare_install(place, held, overwrite=False), [])
    (root / "var/lib/dpkg").mkdir(parents=True)
    shutil.copy("/var/lib/dpkg/status", root / "var/lib/dpkg/status")
    (root / "var/log").mkdir(parents=True)
    pins = [(p.key.name, p.version + "-1") for p in held.resolution.packages
            if p.key.ecosystem.value == "apt"]  # fmt: skip
    others = [(n, "1.0.0.0") for n in load_catalog().packages if n.startswith("aws-neuron")]
    names = {name for name, _ in pins}
    ours = [*pins, *(row for row in others if row[0] not in names)][:20]
    good = [*pins, *((f"{OTHERS}-neuron{n}", "1-1") for n in range(20 - len(pins)))]
    hook, guard = (str(root / "usr/lib/neuron-pin" / name) for name in ("apt-hook", "apt-guard"))
    file = folder / "transaction"
    bare = f"{PYTHON} -I -c pass"
    commands: dict[str, tuple[list[str], bytes, int]] = {
        bare: ([PYTHON, "-I", "-c", "pass"], b"", 0),
        "hook, 500 packages, none of Neuron's": ([hook], transaction([], 500), 0),
        "hook, 500 packages, 20 of Neuron's": ([hook], transaction(good, 500), 0),
        "hook, the same, refused": ([hook], transaction(ours, 500), 10),
        "guard, none of Neuron's": ([guard], transaction([], 500), 0),
        "guard, 20 of Neuron's": ([guard], transaction(good, 500), 0),
    }
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, (command, data, code) in commands.items():
            file.write_bytes(data)
            times[name].append(seconds_of(command, file, code))
    medians = {name: statistics.median(found[1:]) for name, found in times.items()}
    for name, (command, data, _) in commands.items():
        file.write_bytes(data)
        milliseconds, ratio = medians[name] * 1000, medians[name] / medians[bare]
        peak = memory_of(command, file)
        print(f"{name:40} {milliseconds:7.1f} ms {ratio:6.2f} x bare {peak:6.1f} MiB")
    size = os.path.getsize(root / "var/lib/neuron-pin/apt.state")
    print(f"state {size} bytes, dpkg status {os.path.getsize('/var/lib/dpkg/status')} bytes")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
