"""Kill neuron-pin, or let the system fail it, at every call by which it writes; print a table.

Usage: faults.py [--every N] [--only TEXT].  Whatever happens, each file is its old self or its
new one, an error is told by a status and not by a traceback, the next run does all of it, and
nothing is left lying about after that.  The status is 1 if anything else was seen.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))
from faults import together
from faults.scenarios import COMMAND, SCENARIOS, Place, Scenario
from faults.tracing import Boundary, boundaries, can_trace, disturbed

FAULTS = {
    "killed": "signal=KILL",
    "disk full": "error=ENOSPC",
    "input/output error": "error=EIO",
    "read-only": "error=EROFS",
    "interrupted once": "error=EINTR",
}
"""What happens in the call, as strace(1) writes it."""

MISSED = "the call was not met again"
"""What is said where threads shared the calls otherwise in each of so many runs."""

ATTEMPTS = 5

MAY_BE_INTERRUPTED = ("openat", "write", "fsync", "flock")

PROGRAM_ITSELF = re.compile(r"cannot open shared object file|site-packages|\.py'$", re.MULTILINE)
"""What an error tells where the call read a library or a module, where threads share the calls."""


class Trial:
    """One scenario in a folder: what is there before it and after it, undisturbed."""

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        self.place = Place(folder / "place")
        self._prepare()
        self.before = self.place.content()
        self.shown_before = self._shown()
        command = [*COMMAND, *scenario.command(self.place)]
        self.boundaries = boundaries(command, self.place.files, self.place.environment)
        self.after = self.place.content()
        self.shown_after = self._shown()
        assert self.after != self.before, "the scenario changes nothing"

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: object) -> None:
        self.place.close()

    def _prepare(self) -> None:
        self.place.forget()
        self.scenario.before(self.place)

    def _shown(self) -> str:
        if not self.scenario.shown:
            return ""
        done = self.place.run(*self.scenario.shown)
        # The former content counts where it is, too.
        shown = done.stdout.replace("/.catalog.old", "/catalog")
        return shown if done.returncode == 0 else f"failed: {done.stderr}"

    def wrong(self, boundary: Boundary, fault: str) -> str:
        """What was not as it should be after one fault; empty for nothing."""
        is_killed = fault == "killed"
        for _ in range(ATTEMPTS):
            self._prepare()
            command = [*COMMAND, *self.scenario.command(self.place)]
            done = disturbed(
                boundary, FAULTS[fault], command, self.place.files, self.place.environment
            )
            if not is_killed or done.returncode != 0:
                break
        else:
            return MISSED
        if PROGRAM_ITSELF.search(done.stderr):
            # There is nothing that we could do.
            return ""
        if "Traceback" in done.stderr or "a bug in neuron-pin" in done.stderr:
            return f"a traceback: {done.stderr[-300:]}"
        if not is_killed and done.returncode not in (0, 2, 3):
            return f"status {done.returncode}: {done.stderr[-300:]}"
        # Where a folder of its own cannot be removed, the next run does it.
        left = [name for name in self.place.litter() if name.startswith("files/")]
        if not is_killed and left and boundary.call not in ("unlinkat", "rmdir"):
            return f"left {left[:3]}"
        found = self._torn()
        if found:
            return found
        again = self.place.run(*self.scenario.command(self.place))
        if again.returncode != 0:
            return f"the next run fails: {again.stderr[-300:]}"
        if self.place.litter():
            return f"after the next run there is {self.place.litter()[:3]}"
        if not self.scenario.shown and self.place.content() != self.after:
            return f"the next run gives something else: {self._differing()}"
        if self.place.server is not None:
            offline = self.place.run(*self.scenario.command(self.place), NEURON_PIN_OFFLINE="1")
            if offline.returncode != 0 or self.place.content() != self.after:
                return f"what is kept does not serve a run offline: {offline.stderr[-300:]}"
        return ""

    def _torn(self) -> str:
        if self.scenario.shown:
            shown = self._shown()
            if shown not in (self.shown_before, self.shown_after):
                return f"neither old nor new: {shown[:200]}"
            return ""
        for name, data in self.place.content().items():
            is_temporary = Path(name).name.startswith(".") and name.endswith(".tmp")
            if not is_temporary and data not in (self.before.get(name), self.after.get(name)):
                return f"{name} is neither its old self nor its new one"
        kept = self.before.keys() & self.after.keys()
        gone = sorted(kept - self.place.content().keys())
        return f"{gone[0]} is gone" if gone else ""

    def _differing(self) -> list[str]:
        now = self.place.content()
        names = sorted(now.keys() | self.after.keys())
        return [name for name in names if now.get(name) != self.after.get(name)][:3]


def applies(fault: str, boundary: Boundary) -> bool:
    return fault != "interrupted once" or boundary.call in MAY_BE_INTERRUPTED


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--every", type=int, default=1, metavar="N", help="each Nth call alone")
    options.add_argument("--only", default="", metavar="TEXT", help="scenarios whose name has it")
    given = options.parse_args()
    if not can_trace():
        print("faults.py needs strace, and leave to trace", file=sys.stderr)
        return 2
    failed = 0
    print(f"{'run':<26}{'fault':<22}{'calls':>6}{'missed':>8}{'wrong':>7}", flush=True)
    for scenario in SCENARIOS:
        if given.only not in scenario.name:
            continue
        with (
            tempfile.TemporaryDirectory(prefix="np-faults-") as folder,
            Trial(scenario, Path(folder)) as trial,
        ):
            for fault in FAULTS:
                failed += told(trial, fault, trial.boundaries[:: given.every])
    if not given.only:
        failed += together.main(max(1, 500 // given.every))
    print("nothing torn, nothing lost, nothing left" if not failed else f"{failed} wrong")
    return 1 if failed else 0


def told(trial: Trial, fault: str, chosen: Sequence[Boundary]) -> int:
    tried = [boundary for boundary in chosen if applies(fault, boundary)]
    wrong, missed = [], 0
    for boundary in tried:
        try:
            problem = trial.wrong(boundary, fault)
        except subprocess.TimeoutExpired:
            problem = "does not end"
        if problem == MISSED and trial.place.server is not None:
            missed += 1
        elif problem:
            wrong.append(f"    {boundary.call} {boundary.number} ({boundary.what}): {problem}")
    print(
        f"{trial.scenario.name:<26}{fault:<22}{len(tried):>6}{missed:>8}{len(wrong):>7}", flush=True
    )
    for line in wrong[:5]:
        print(line)
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
