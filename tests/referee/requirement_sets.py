"""Lock the sets of fixtures/requirement-sets against the public index, and verify each lock.

Usage: requirement_sets.py [--files] [SET …].  The status is 1 if a lock is wrong, or cannot be
made.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
SETS = ROOT / "fixtures" / "requirement-sets" / "sets.json"


def command(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "neuron_pin", *map(str, words)], cwd=ROOT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def main() -> int:
    sets = json.loads(SETS.read_text())
    words = sys.argv[1:]
    files = ["--files"] if "--files" in words else []
    wanted = [word for word in words if word != "--files"] or list(sets)
    count: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for name in wanted:
        requirements = sets[name]["requirements"]
        builds = [word for project in sets[name].get("build", []) for word in ("--build", project)]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lock.json"
            done = command("lock", *requirements, *builds, "--python", "3.11", "-q", "-o", path)
            if done.returncode != 0:
                count["not locked"] += 1
                print(f"{name}: {done.stderr.splitlines()[0]}")
                continue
            done = command("verify", path, *requirements, *files, "--format", "json")
        if done.returncode not in (0, 1, 3):
            count["wrong"] += 1
            print(f"{name}: {done.stderr.splitlines()[0]}")
            continue
        found = json.loads(done.stdout)
        count.update({key: found[key] for key in ("packages", "verified", "wrong")})
        for problem in found["problems"]:
            print(f"{name}: {problem['place']}: {problem['check']}: {problem['message']}")
        told = {
            (row["package"]["name"], row["reason"], row["detail"]) for row in found["not_verified"]
        }
        for package, reason, detail in sorted(told):
            print(f"{name}: not verified: {package}: {reason}: {detail}")
        reasons.update(reason for _, reason, _ in told)
    print(
        f"{len(wanted)} sets, {count['not locked']} not locked, {count['packages']} packages, "
        f"{count['verified']} verified, {count['wrong']} wrong; not verified: {dict(reasons)}"
    )
    return 1 if count["wrong"] or count["not locked"] else 0


if __name__ == "__main__":
    sys.exit(main())
