"""Times of commands as ratios: in turns (A B A B …), so that a machine whose speed drifts
slows all of them; medians of whole processes."""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

BIN = Path(sys.executable).parent
PIN = str(BIN / "neuron-pin")
UV = str(BIN / "uv")


def paired(
    commands: dict[str, list[str]],
    runs: int,
    before: Callable[[str], None] = lambda name: None,
    after: Callable[[str], None] = lambda name: None,
    codes: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, float]:
    """Median seconds of each command; the first turn is not counted.

    ``before`` and ``after`` are called around each run, outside of its time.  ``codes`` are exit
    codes other than 0 with which commands have to end.
    """
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            before(name)
            start = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            times[name].append(time.perf_counter() - start)
            if done.returncode != codes.get(name, 0):
                sys.exit(f"{name} ends with {done.returncode}: {done.stderr[-2000:]}")
            after(name)
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def look_for_python(command: list[str]) -> list[str]:
    """uv's command line without the interpreter that it names.

    With it named uv starts it once a cache.  As uv is mostly run, it looks for one on the PATH,
    where there may be launchers that it has to start.
    """
    at = command.index("--python")
    return [*command[:at], "--python-version", platform.python_version(), *command[at + 2 :]]


def show(medians: dict[str, float], base: str) -> None:
    """Print milliseconds, and the ratio to one of the commands."""
    for name, seconds in medians.items():
        print(f"{name:42} {seconds * 1000:8.1f} ms  {seconds / medians[base]:6.2f} x {base}")
