"""Ratios of warm commands, each beside the most that it may be.

    python benchmarks/targets.py [--runs 9] [--cache FOLDER]

Commands take turns, whole processes, medians.  Closures are resolved anew each time (the locks in
the cache are removed before each run), offline, both caches warm: the first run fills them and
needs the public index in reach.  Without uv beside this interpreter its part is left out.

`latency.py` has the cold lock beside uv's, `growth.py` how time grows with packages and versions,
`page_cache.py` locks whose files are not in memory, `serve_load.py` and `serve_closure.py` the
served index, `apt_hook.py` the hook.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pairs import PIN, UV, look_for_python, paired

SMALL = ["torch==2.9.*", "transformers==4.57.*", "accelerate", "optimum-neuron"]
LARGE = [
    *SMALL, "ray[default,serve]", "mlflow", "jupyterlab", "gradio", "fastapi",
    "apache-airflow-providers-amazon", "langchain", "llama-index", "datasets", "peft", "trl",
    "boto3",
]  # fmt: skip
PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
MEBIBYTE = 1024


def peak(command: list[str]) -> float:
    """The most memory that a command had at once, in MiB."""
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(running.pid, 0)
    if status:
        sys.exit(f"{' '.join(command)} ends with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_maxrss / MEBIBYTE


def tell(what: str, ratio: float, most: float, base: str, rest: str = "") -> None:
    """One line: the ratio, what it may be, and whether it is more."""
    verdict = "ok" if ratio <= most else "MORE"
    print(f"{what:44} {ratio:6.2f} x {base:21} at most {most:<5} {verdict:5}{rest}", flush=True)


def compare_start(runs: int, folder: Path) -> None:
    """What needs no network, beside a bare interpreter."""
    given = folder / "requirements.txt"
    other = folder / "wanted.txt"
    for file in (given, other):
        file.write_text("torch-neuronx==2.8.*\nneuronx-cc\ntransformers>=4.50\n")
    where = ["--instance", "trn1", "--python", "3.11"]
    lock = [PIN, "lock", "--offline", "--instance", "trn2", "--os", "ubuntu24.04"]
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "--version": [PIN, "--version"],
        "embedded lock": lock,
        "explain": [PIN, "explain", "neuronx-cc", "--offline", *where],
        "check of a requirements file": [PIN, "check", str(given), *where],
        "check of a file by its content": [PIN, "check", str(other), *where],
    }  # fmt: skip
    # What is given is out of support.
    medians = paired(commands, runs, codes={name: 1 for name in commands if "check" in name})
    base = medians.pop("python -c pass")
    most = {"--version": 1.5, "embedded lock": 3.5, "check of a file by its content": 4.5}
    for name, seconds in medians.items():
        tell(name, seconds / base, most.get(name, 4.0), "python -c pass")


def compare_closure(
    runs: int, folder: Path, requirements: list[str], most: float, memory: float
) -> None:
    """A closure resolved anew, and taken from the cache, beside uv; ``memory`` is in MiB, 0 for no
    bound."""
    given = folder / f"{len(requirements)}.in"
    other = folder / "wanted.txt"
    for file in (given, other):
        file.write_text("\n".join(requirements) + "\n")
    cache = folder / "ours"
    ours = [PIN, "lock", "-r", str(given), "--python", PYTHON, "--platform",
            "manylinux_2_34_x86_64", "--cache-dir", str(cache)]  # fmt: skip
    theirs = [UV, "pip", "compile", "--no-config", "--quiet", "--no-header", "--no-annotate",
              str(given), "--python", sys.executable, "--python-platform",
              "x86_64-manylinux_2_34", "--cache-dir", str(folder / "uv")]  # fmt: skip
    for command in (ours, theirs):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} ends with {done.returncode}: {done.stderr[-1000:]}")
        count = sum("==" in line for line in done.stdout.splitlines() if line[:1].isalnum())
    ours, theirs = [*ours, "--offline"], [*theirs, "--offline"]
    found = look_for_python(theirs)

    def forget(name: str) -> None:
        if name == "anew":
            shutil.rmtree(cache / "locks", ignore_errors=True)

    commands = {"anew": ours, "uv": theirs, "uv, Python looked for": found, "again": ours}
    medians = paired(commands, runs, before=forget)
    forget("anew")
    size, beside = peak(ours), peak(theirs)
    bound = f"at most {memory:.0f}; " if memory else ""
    rest = f"  {size:.0f} MiB ({bound}uv {beside:.0f})"
    for base in ("uv", "uv, Python looked for"):
        tell(f"{count} packages, warm", medians["anew"] / medians[base], most, base, rest)
        tell(f"{count} packages, unchanged", medians["again"] / medians[base], 0.25, base)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = (options.cache or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        # No project that stands around where this is started has a say, nor is its file read.
        os.chdir(folder)
        compare_start(options.runs, folder)
        if Path(UV).exists():
            compare_closure(options.runs, folder, SMALL, 0.45, 0)
            compare_closure(options.runs, folder, LARGE, 0.9, 48)


if __name__ == "__main__":
    main()
