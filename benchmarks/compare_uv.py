"""Our closures beside uv's, for the requirement sets of fixtures/requirement-sets.

    python benchmarks/compare_uv.py [--python 3.11] [SET …]

Prints a table in Markdown: for each set how many packages, how many versions differ, and
which.  Needs uv beside this interpreter and the public index in reach.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

BIN = Path(sys.executable).parent
SETS = Path(__file__).parent.parent / "fixtures" / "requirement-sets" / "sets.json"


def pins(text: str) -> dict[str, str]:
    lines = [line for line in text.splitlines() if "==" in line and not line.startswith(("#", " "))]
    return dict(line.split(" ")[0].split("==") for line in lines)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--python", default="3.11")
    parser.add_argument("--cache", default="")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    sets = json.loads(SETS.read_text())
    wanted = options.names or list(sets)
    total = same = 0
    print("| set | packages | same | differences (ours / uv's) |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch:
        cache = Path(options.cache or scratch)
        for name in wanted:
            reqs = Path(scratch) / "reqs.txt"
            reqs.write_text("\n".join(sets[name]) + "\n")
            ours = subprocess.run(
                [BIN / "neuron-pin", "lock", "-r", reqs, "--python", options.python, "--platform",
                 "manylinux_2_34_x86_64", "--cache-dir", cache / "ours"],
                capture_output=True, text=True, check=False, cwd=scratch,
            )  # fmt: skip
            theirs = subprocess.run(
                [BIN / "uv", "pip", "compile", "--no-config", "--quiet", reqs, "--python-version",
                 options.python, "--python-platform", "x86_64-manylinux_2_34", "--cache-dir",
                 cache / "uv", "--no-annotate", "--no-header"],
                capture_output=True, text=True, check=False, cwd=scratch,
            )  # fmt: skip
            if ours.returncode or theirs.returncode:
                problem = (ours.stderr if ours.returncode else theirs.stderr).strip()
                print(f"| {name} | | | {'ours' if ours.returncode else 'uv'}: {problem[:160]} |")
                continue
            mine, other = pins(ours.stdout), pins(theirs.stdout)
            names = sorted({*mine, *other})
            different = [n for n in names if mine.get(n) != other.get(n)]
            total, same = total + len(names), same + len(names) - len(different)
            shown = ", ".join(f"{n} {mine.get(n, '-')} / {other.get(n, '-')}" for n in different)
            print(
                f"| {name} | {len(names)} | {len(names) - len(different)} | {shown} |", flush=True
            )
    print(f"\n{same} of {total} versions are the same ({same / max(total, 1):.1%}).")
    return 0


if __name__ == "__main__":
    sys.exit(main())
