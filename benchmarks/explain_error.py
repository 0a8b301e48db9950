"""Processor time of `explain-error` on logs of 1, 4 and 16 MB, beside `grep -F` for the same words.

    python benchmarks/explain_error.py [RUNS]

Two kinds of log: one as the runtime writes it, without an error, and one of which every line has
the words that a pattern begins with, and none matches.  Medians, less the time of a log of one
line; the growth from 1 to 16 MB says whether time grows with length alone.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from neuron_pin.diagnosis.messages import load_messages

MEGABYTE = 1_000_000
USUAL = (
    "2026-Mar-02 10:00:01.000001 {n}:{n} INFO  NRT:nrt_execute  request {n} took {n} us on nc3\n"
)
NEARLY = "nrt_init nrt_init NEFF features status GLIBC torch_xla load_from_neff kernel- {n}\n"


OUTPUT = Path(tempfile.gettempdir(), "explain-error-output")
"""A file: grep stops at the first match where its output is /dev/null."""


def measure(command: list[str], runs: int) -> float:
    """The median processor time of a command, in seconds."""
    times = []
    flags = os.O_WRONLY | os.O_CREAT
    for _ in range(runs):
        child = os.posix_spawnp(
            command[0], command, os.environ,
            file_actions=[(os.POSIX_SPAWN_OPEN, fd, str(OUTPUT), flags, 0o600) for fd in (1, 2)],
        )  # fmt: skip
        usage = os.wait4(child, 0)[2]
        times.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    os.environ["NEURON_PIN_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        log, words = Path(folder, "log"), Path(folder, "words")
        words.write_text("".join(f"{p.anchor}\n" for m in load_messages() for p in m.patterns))
        ours = [sys.executable, "-m", "neuron_pin", "explain-error", str(log)]
        grep = ["grep", "-acF", "-f", str(words), str(log)]
        log.write_text("nothing\n")
        start = measure(ours, runs)
        print(f"start-up: {start * 1000:.0f} ms")
        for label, line in (("usual", USUAL), ("nearly", NEARLY)):
            first = 0.0
            for size in (1, 4, 16):
                text = "".join(line.format(n=n) for n in range(size * MEGABYTE // len(line)))
                log.write_text(text)
                own = measure(ours, runs) - start
                peer = measure(grep, runs)
                first = first or own
                print(
                    f"{label:7} {size:2} MB: {own * 1000:6.0f} ms, {own / first:4.1f} of 1 MB, "
                    f"grep {peer * 1000:6.0f} ms"
                )

    OUTPUT.unlink()


if __name__ == "__main__":
    main()
