"""Take out every guard of promises.toml, one at a time: the tests named beside it have to fail.

Usage: removal.py [--only TEXT] [--every N].  Works on a copy of the tree.  Prints a line a guard, and
how many were noticed; the status is 1 if one was not, or if the tests fail with all guards in place.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent.parent
TABLE = Path(__file__).parent / "promises.toml"
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "build", "dist", "__pycache__", ".*_cache")
SECONDS = 300
"""What the tests of one guard may take; without their guard some would never end."""
ALL_SECONDS = 1800
"""What the tests of all guards together may take, with the guards in place."""
NOT_ENDED = -1


class Guard(NamedTuple):
    """A text of a file that keeps a promise, and what takes it out."""

    promise: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        line = next(line for line in self.old.split("\n") if line.strip()).strip()
        return f"{self.promise:<4}{self.file.removeprefix('neuron_pin/')}: {line[:70]}"


def read_guards() -> Iterator[Guard]:
    """Every guard, in the order of the promises."""
    for promise, rows in tomllib.loads(TABLE.read_text()).items():
        for row in rows:
            yield Guard(promise, row["file"], row["old"], row["new"], tuple(row["tests"]))


def copy_tree(tree: Path) -> Path:
    """The project, at a place where guards may be taken out of it."""
    return Path(shutil.copytree(ROOT, tree, ignore=LEFT_OUT))


def run_without(tree: Path, guard: Guard | None, tests: tuple[str, ...]) -> int:
    """pytest's status with a guard taken out of a tree, or with all of them in place;
    `NOT_ENDED` if the time was over first."""
    path = tree / guard.file if guard else None
    before = path.read_text() if path else ""
    if guard and path:
        path.write_text(before.replace(guard.old, guard.new))
    try:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-p", "no:randomly", "-q", *tests], cwd=tree, check=False,
            env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL if guard else None,
            stderr=subprocess.DEVNULL if guard else None, timeout=SECONDS if guard else ALL_SECONDS,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired:
        return NOT_ENDED
    finally:
        if path:
            path.write_text(before)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--only", default="", metavar="TEXT", help="guards whose line has it")
    options.add_argument("--every", type=int, default=1, metavar="N", help="one guard of N")
    given = options.parse_args()
    guards = [guard for guard in read_guards() if given.only in str(guard)][:: given.every]
    if not guards:
        print(f"no guard's line has {given.only!r}; they begin as C1 sources/http/transport.py: …")
        return 2
    words = {1: "noticed", NOT_ENDED: "noticed: the tests do not end"}
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="np-guards-") as folder:
        tree = copy_tree(Path(folder) / "tree")
        tests = tuple(dict.fromkeys(test for guard in guards for test in guard.tests))
        status = run_without(tree, None, tests)
        if status != 0:
            what = "do not end" if status == NOT_ENDED else "fail"
            print(f"the tests {what} with every guard in place")
            return 1
        for guard in guards:
            # 1 is a test that failed; anything else is none that ran.
            status = run_without(tree, guard, guard.tests)
            unnoticed += status not in words
            print(f"{guard}  {words.get(status, 'NOT NOTICED')}", flush=True)
    promises = len({guard.promise for guard in guards})
    print(f"{len(guards)} guards of {promises} promises, {len(guards) - unnoticed} noticed")
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
