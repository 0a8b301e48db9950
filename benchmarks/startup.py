"""Whole-process times of neuron-pin as ratios to a bare interpreter and to uv.

    python benchmarks/startup.py [RUNS]

Commands take turns (A B A B …), so that a machine whose speed drifts slows all of them; the
medians and their ratios are printed.  Ratios to uv need uv beside this interpreter, a warm
cache of both, and therefore one run with the package index in reach.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
REQUIREMENTS = ["torch==2.9.*", "transformers==4.57.*", "accelerate", "optimum-neuron"]


def paired(commands: dict[str, list[str]], runs: int) -> dict[str, float]:
    """Median seconds of each command, run in turns."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs + 1):
        for name, command in commands.items():
            start = time.perf_counter()
            subprocess.run(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True
            )
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(found[1:]) for name, found in times.items()}


def show(medians: dict[str, float], base: str) -> None:
    for name, seconds in medians.items():
        print(f"{name:42} {seconds * 1000:8.1f} ms  {seconds / medians[base]:6.2f} x {base}")


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    pin = str(BIN / "neuron-pin")
    target = ["lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04"]
    show(
        paired(
            {
                "python -c pass": [sys.executable, "-c", "pass"],
                "neuron-pin --version": [pin, "--version"],
                "neuron-pin lock --offline": [pin, *target],
                "neuron-pin lifecycle": [pin, "lifecycle"],
                "neuron-pin lifecycle --format json": [pin, "lifecycle", "--format", "json"],
                "neuron-pin lock --offline, an old release": [
                    pin,
                    "lock",
                    "--offline",
                    "--instance",
                    "trn1",
                    "--os",
                    "ubuntu20.04",
                    "--sdk",
                    "2.9.0",
                    "--as-of",
                    "2023-03-28",
                ],
            },
            runs,
        ),
        "python -c pass",
    )
    uv = BIN / "uv"
    if not uv.exists():
        return
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    with tempfile.TemporaryDirectory() as folder:
        reqs = Path(folder) / "reqs.txt"
        reqs.write_text("\n".join(REQUIREMENTS) + "\n")
        ours = [pin, "lock", "-r", str(reqs), "--python", version]
        ours += ["--platform", "manylinux_2_34_x86_64", "--cache-dir", f"{folder}/ours"]
        theirs = [str(uv), "pip", "compile", "--no-config", str(reqs), "--python-version", version]
        theirs += ["--python-platform", "x86_64-manylinux_2_34", "--cache-dir", f"{folder}/uv"]
        if any(
            subprocess.run(c, capture_output=True, check=False).returncode for c in (ours, theirs)
        ):
            print("the package index is out of reach; no comparison with uv")
            return
        print(
            f"{len(REQUIREMENTS)} requirements and their closure, warm, offline "
            f"({os.cpu_count()} cores):"
        )
        commands = {"uv": [*theirs, "--offline"], "neuron-pin": [*ours, "--offline"]}
        show(paired(commands, runs), "uv")


if __name__ == "__main__":
    main()
