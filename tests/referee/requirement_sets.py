"""Lock the sets of fixtures/requirement-sets against the public index, and verify each lock.

Usage: requirement_sets.py [SET …].  The status is 1 if the checker finds fault with one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from referee.check_lock import check  # noqa: E402

SETS = ROOT / "fixtures" / "requirement-sets" / "sets.json"


def main() -> int:
    sets = json.loads(SETS.read_text())
    wanted = sys.argv[1:] or list(sets)
    wrong = packages = verified = 0
    for name in wanted:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lock.json"
            done = subprocess.run(
                [sys.executable, "-m", "neuron_pin", "lock", *sets[name], "--python", "3.11",
                 "-q", "-o", str(path)], cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode != 0:
                print(f"{name}: {done.stderr.splitlines()[0]}")
                continue
            document = json.loads(path.read_text())
        found = check(document, sets[name])
        packages, verified = packages + len(document["packages"]), verified + found.verified
        wrong += len(found.problems)
        for problem in found.problems:
            print(f"{name}: {problem}")
    print(f"{len(wanted)} sets, {packages} packages, {verified} verified, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
