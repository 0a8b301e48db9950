"""Fuzz every parser in turn and print a table; the long form of test_parsers.py.

Usage: fuzz.py [--minutes N] [--keep FOLDER] [PARSER …].  Beside the seeds of fixtures/corpora
it breeds inputs in FOLDER, and goes on from there the next time.  An input that a parser does
not survive is left in FOLDER/PARSER.failed-*, and the status is 1.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
from parsers import CORPORA, PARSERS  # noqa: E402

SECONDS, MEGABYTES, BYTES = 10, 1024, 65536
"""What one input may take, what a parser may take with all of them, and an input's length."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--minutes", type=float, default=30.0, help="for all parsers together")
    options.add_argument("--keep", type=Path, default=None, metavar="FOLDER")
    options.add_argument("parsers", nargs="*", metavar="PARSER")
    given = options.parse_args()
    folder = given.keep or Path(tempfile.mkdtemp(prefix="neuron-pin-fuzz-"))
    wanted = given.parsers or list(PARSERS)
    seconds = max(1, round(given.minutes * 60 / len(wanted)))
    print(f"{'parser':<16}{'inputs':>9}{'a second':>10}{'paths':>8}{'MiB':>6}  found", flush=True)
    failed = 0
    for parser in wanted:
        failed += not explored(parser, folder, seconds)
    print(f"{len(wanted)} parsers, {seconds} s each: {failed or 'none'} failed; inputs in {folder}")
    return 1 if failed else 0


def explored(parser: str, folder: Path, seconds: int) -> bool:
    bred = folder / parser
    bred.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, str(HERE / "explore.py"), parser,
        f"-max_total_time={seconds}", f"-timeout={SECONDS}", f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={BYTES}", "-print_final_stats=1", "-verbosity=1",
        f"-artifact_prefix={folder / parser}.failed-", str(bred), str(CORPORA / parser),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    log = done.stderr + done.stdout
    inputs = number(log, r"stat::number_of_executed_units:\s*(\d+)")
    memory = number(log, r"stat::peak_rss_mb:\s*(\d+)")
    rate = number(log, r"stat::average_exec_per_sec:\s*(\d+)")
    paths = len(list(bred.iterdir()))
    print(
        f"{parser:<16}{inputs:>9}{rate:>10}{paths:>8}{memory:>6}  {found(log, done.returncode)}",
        flush=True,
    )
    return done.returncode == 0


def number(log: str, pattern: str) -> int:
    match = re.search(pattern, log)
    return int(match[1]) if match else 0


def found(log: str, status: int) -> str:
    if status == 0:
        return "nothing"
    error = re.search(r"=== Uncaught Python exception: ===\n(.*)", log)
    where = re.findall(r'File ".*?(neuron_pin/\S+?)", line (\d+)', log)
    kind = re.search(r"SUMMARY: libFuzzer: (\S+)|ERROR: libFuzzer: (\S+)", log)
    said = error[1] if error else (kind[0] if kind else log[-200:])
    return f"{said[:100]} {':'.join(where[-1]) if where else ''}"


if __name__ == "__main__":
    sys.exit(main())
