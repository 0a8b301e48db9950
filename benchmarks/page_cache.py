"""The first lock after a boot or a restored cache: none of its files in memory, beside uv's.

    python benchmarks/page_cache.py [--runs 9] [--cache FOLDER]

Before each run the kernel is asked to forget the files of this interpreter, of the packages beside
it and of both caches (`posix_fadvise`): what another process has mapped stays, for both.  Caches
are filled by a first run, which needs the public index in reach; locks are resolved anew, offline.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from pairs import BIN, PIN, UV, look_for_python, paired
from targets import LARGE, PYTHON, SMALL, tell


def files(*folders: Path) -> Iterator[Path]:
    """All files below folders, without the standard library's own tests."""
    for folder in folders:
        for parent, folders_within, names in os.walk(folder):
            if "test" in folders_within:
                folders_within.remove("test")
            yield from (Path(parent, name) for name in names)


def forget(paths: Iterable[Path], *, written: bool = False) -> None:
    """Drop files from the page cache, after they have reached the disk if ``written`` says that
    they may not have."""
    for path in paths:
        try:
            file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            continue
        with contextlib.suppress(OSError):
            if written:
                os.fdatasync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(file)


def compare(name: str, requirements: list[str], most: float, runs: int, folder: Path) -> None:
    given, cache = folder / f"{name}.in", folder / f"{name} ours"
    given.write_text("\n".join(requirements) + "\n")
    ours = [PIN, "lock", "-r", str(given), "--python", PYTHON, "--platform",
            "manylinux_2_34_x86_64", "--cache-dir", str(cache)]  # fmt: skip
    theirs = [UV, "pip", "compile", "--no-config", "--quiet", "--no-header", "--no-annotate",
              str(given), "--python", sys.executable, "--python-platform",
              "x86_64-manylinux_2_34", "--cache-dir", str(folder / "uv")]  # fmt: skip
    paired({"ours": ours, "uv": theirs}, 1)
    programs = [Path(sysconfig.get_paths()[kind]) for kind in ("stdlib", "platlib", "purelib")]
    fixed = [*files(*programs, Path(PIN).parents[1] / "lib"), *BIN.iterdir()]
    fixed += files(Path(__file__).parents[1] / "neuron_pin")
    forget(files(folder / "uv"), written=True)

    def before(which: str) -> None:
        if which != "again":
            shutil.rmtree(cache / "locks", ignore_errors=True)
        forget(fixed)
        forget(files(cache), written=True)
        forget(files(folder / "uv"))

    commands = {"anew": [*ours, "--offline"], "again": [*ours, "--offline"],
                "uv": [*theirs, "--offline"],
                "uv, Python looked for": [*look_for_python(theirs), "--offline"]}  # fmt: skip
    medians = paired(commands, runs, before)
    for base in ("uv", "uv, Python looked for"):
        tell(f"{name}, not in memory", medians["anew"] / medians[base], most, base)
        tell(f"{name}, unchanged, not in memory", medians["again"] / medians[base], most, base)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--cache", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.cache or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        compare("44 packages", SMALL, 0.8, options.runs, folder)
        compare("359 packages", LARGE, 0.8, options.runs, folder)


if __name__ == "__main__":
    main()
