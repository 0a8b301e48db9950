"""Runs script/lock and script/test in fresh roots of Debian, for ``script/matrix``, whose comment
says what it is.  It needs nothing but Python.

Exit codes: 0 every command passed in every root; 1 one failed; 2 wrong usage, or no roots here;
130 or 143 stopped by a signal.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
ROOTS = ("bookworm", "trixie", "sid")
MIRROR = "http://deb.debian.org/debian"
CLONE = "root/neuron-pin"
PROGRAMS = ("mmdebstrap", "git", "unshare", "mount", "chroot", "tar")
PASSED_ON = re.compile(r"(PIP|UV)_[A-Z_]+|[a-z]+_proxy|[A-Z]+_PROXY")
"""Variables of this machine by which package managers are told where their registries are."""
PACKAGES = {"apt": "apt", "dnf": "dnf", "rpm": "rpm", "python": "python3-minimal"}
"""Columns of the table, and the packages whose versions they name."""
COUNTS = ("passed", "skipped", "failed")
_CLOSING = re.compile(r"=* ?(?P<counts>\d+ [a-z]+(, \d+ [a-z]+)*) in (?P<seconds>[\d.]+)s.*")
_COLORS = re.compile(r"\x1b\[[\d;]*m")
MOST_FAILURES = 20
"""How many names of failed tests are printed of a root; all are in its log."""

_ENTER = """
set -eu
mount --bind "$1" "$1"
mount --rbind /dev "$1/dev"
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
cd "$1"
shift
exec chroot . "$@"
"""
"""In a mount namespace of its own, which goes with the command."""


class Row(NamedTuple):
    """A root, what ran in it, and what came of it: ``seconds`` of both commands, ``test_seconds``
    of pytest alone."""

    root: str
    versions: dict[str, str]
    seconds: int
    test_seconds: int
    counts: dict[str, int]
    verdict: str


class Failed(Exception):
    """A root that could not be made."""


def read_arguments(words: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options, and after ``--`` the words for script/test."""
    own = list(words)
    for_tests: list[str] = []
    if "--" in own:
        at = own.index("--")
        own, for_tests = own[:at], own[at + 1 :]
    parser = argparse.ArgumentParser(
        prog="script/matrix", allow_abbrev=False,
        usage="%(prog)s [options] [bookworm] [trixie] [sid] [-- words for script/test]",
        description="Run script/lock and script/test in fresh minimal roots of Debian.",
    )  # fmt: skip
    parser.add_argument(
        "roots", nargs="*", metavar="ROOT", help=f"{', '.join(ROOTS)} (default: all)"
    )
    parser.add_argument(
        "--cache", type=Path, metavar="FOLDER",
        help="keep the fresh roots as tarballs in FOLDER, and use those that it has",
    )  # fmt: skip
    parser.add_argument(
        "--resume", action="store_true",
        help="leave out the roots that have passed with this commit and these words",
    )  # fmt: skip
    parser.add_argument("--mirror", default=MIRROR, metavar="URL", help="a mirror of Debian")
    parser.add_argument(
        "--apt-option", action="append", default=[], metavar="LINE",
        help="a line of apt.conf for the roots; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--copy", action="append", default=[], type=Path, metavar="PATH",
        help="copy PATH of this machine into the roots, such as a CA; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--logs", type=Path, default=PROJECT / "build/matrix", metavar="FOLDER",
        help="write the output of ROOT to FOLDER/ROOT.log, and its row to FOLDER/ROOT.json "
        "(default: build/matrix)",
    )  # fmt: skip
    options = parser.parse_args(own)
    for root in options.roots:
        if root not in ROOTS:
            parser.error(f"no root {root}: choose from {', '.join(ROOTS)}")
    for path in options.copy:
        if not path.exists():
            parser.error(f"--copy {path}: no such file or folder")
    if os.geteuid() != 0:
        parser.error("has to be run as root")
    for program in PROGRAMS:
        if shutil.which(program) is None:
            parser.error(f"needs {program}")
    return options, for_tests


def make_tarball(root: str, options: argparse.Namespace, cache: Path, log: Path) -> Path:
    """A fresh root: the minimal system with venv, the one thing that both commands ask for."""
    tarball = cache / f"{root}.tar"
    if tarball.exists():
        return tarball
    lines = list(options.apt_option)
    proxy = subprocess.run(
        ["apt-config", "shell", "proxy", "Acquire::http::Proxy"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()  # fmt: skip
    if proxy:
        lines.append(f'Acquire::http::Proxy "{proxy.removeprefix("proxy=").strip(chr(39))}"')
    part = cache / f"{root}.part.tar"
    command = [
        "mmdebstrap", "--quiet", "--variant=minbase", "--include=python3-venv",
        *(f"--aptopt={line}" for line in lines), root, str(part), options.mirror,
    ]  # fmt: skip
    if _run(command, log) != 0:
        part.unlink(missing_ok=True)
        raise Failed("mmdebstrap failed")
    part.replace(tarball)
    return tarball


def make_root(tarball: Path, folder: Path, copies: Sequence[Path], log: Path) -> None:
    """Unpack a root, and give it what is copied and a clone of the commit that is checked out."""
    folder.mkdir()
    if _run(["tar", "-C", str(folder), "-xpf", str(tarball), "--exclude=./dev/*"], log) != 0:
        raise Failed("the tarball could not be unpacked")
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    # What installers and container runtimes write and mmdebstrap does not. glibc of Debian 12 knows
    # localhost from there alone, and chromedriver's client asks for that name.
    (folder / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    for path in copies:
        parent = folder / str(path.absolute().parent).lstrip("/")
        parent.mkdir(parents=True, exist_ok=True)
        # Links are followed here and replaced there: those of a root may lead out of it.
        copy = ["cp", "-rL", "--remove-destination", str(path.absolute()), str(parent)]
        if _run(copy, log) != 0:
            raise Failed(f"{path} could not be copied")
    clone = ["git", "clone", "--quiet", "--no-hardlinks", str(PROJECT), str(folder / CLONE)]
    if _run(clone, log) != 0:
        raise Failed("git clone failed")


def enter(folder: Path, *words: str) -> list[str]:
    """The command that runs words in a root, with this machine's settings of package managers."""
    passed_on = [f"{name}={text}" for name, text in os.environ.items() if PASSED_ON.fullmatch(name)]
    return [
        "unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER, "sh",
        str(folder), "env", "-i", "HOME=/root", "LC_ALL=C.UTF-8",
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *passed_on, *words,
    ]  # fmt: skip


def read_versions(folder: Path) -> dict[str, str]:
    """The versions of `PACKAGES` in a root, without the epoch and the packager's revision."""
    versions = {}
    for column, package in PACKAGES.items():
        done = subprocess.run(
            enter(folder, "dpkg-query", "-W", "-f=${Version}", package),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        version = done.stdout.strip() if done.returncode == 0 else ""
        versions[column] = re.sub(r"^\d+:|[-+~].*$", "", version) or "-"
    return versions


def read_counts(text: str) -> tuple[dict[str, int], int]:
    """What pytest's last line says, and its seconds; an error of a fixture or of collecting is a
    failure."""
    counts, seconds = dict.fromkeys(COUNTS, 0), 0
    for line in text.splitlines():
        if found := _CLOSING.fullmatch(_COLORS.sub("", line.strip())):
            counts, seconds = dict.fromkeys(COUNTS, 0), round(float(found["seconds"]))
            for number, word in re.findall(r"(\d+) ([a-z]+)", found["counts"]):
                word = "failed" if word in ("error", "errors") else word
                if word in counts:
                    counts[word] += int(number)
    return counts, seconds


def read_failures(text: str) -> list[str]:
    """The tests that pytest's summary names as failed, or as in error."""
    lines = (_COLORS.sub("", line.strip()) for line in text.splitlines())
    found = (re.match(r"(?:FAILED|ERROR) (\S+\.py\S*)", line) for line in lines)
    return list(dict.fromkeys(match[1] for match in found if match))


def read_commit() -> str:
    """The commit that is checked out."""
    command = ["git", "-C", str(PROJECT), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def keep_row(row: Row, logs: Path, commit: str, words: Sequence[str]) -> None:
    """Keep a row for ``--resume``."""
    document = {"commit": commit, "words": list(words), **row._asdict()}
    (logs / f"{row.root}.json").write_text(json.dumps(document, indent=1) + "\n")


def find_row(root: str, logs: Path, commit: str, words: Sequence[str]) -> Row | None:
    """The row of a root that has passed with this commit and these words."""
    try:
        document = json.loads((logs / f"{root}.json").read_text())
        row = Row(**{field: document[field] for field in Row._fields})
        is_same = (document["commit"], document["words"]) == (commit, list(words))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return row if is_same and row.verdict == "passed" else None


def run_commands(root: str, scratch: Path, options: argparse.Namespace, words: list[str]) -> Row:
    """Make a root and run both commands in it."""
    log = options.logs / f"{root}.log"
    log.write_bytes(b"")
    folder = scratch / root
    begun = time.monotonic()
    versions = dict.fromkeys(PACKAGES, "-")
    verdict = "passed"
    try:
        tarball = make_tarball(root, options, options.cache or scratch, log)
        make_root(tarball, folder, options.copy, log)
        begun = time.monotonic()
        for command in (["script/lock"], ["script/test", *words]):
            with log.open("a") as out:
                out.write(f"\n$ {' '.join(command)}\n")
            inside = ["sh", "-c", f'cd /{CLONE} && exec "$@"', "sh", *command]
            if (code := _run(enter(folder, *inside), log)) != 0:
                verdict = f"{command[0]} failed ({code})"
                break
        versions = read_versions(folder)
    except Failed as error:
        verdict = str(error)
    seconds = int(time.monotonic() - begun)
    counts, test_seconds = read_counts(log.read_text(encoding="utf-8", errors="replace"))
    shutil.rmtree(folder, ignore_errors=True)
    return Row(root, versions, seconds, test_seconds, counts, verdict)


def render(rows: Sequence[Row]) -> str:
    """The table."""
    table = [["root", *PACKAGES, "seconds", "of tests", *COUNTS, "result"]]
    table += [
        [row.root, *row.versions.values(), str(row.seconds), str(row.test_seconds),
         *map(str, row.counts.values()), row.verdict]
        for row in rows
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return "".join(
        "  ".join(map(str.ljust, line, widths)).rstrip() + "\n" for line in table
    )  # fmt: skip


def tell(row: Row, log: Path) -> str:
    """A line about a root, and the tests that failed in it."""
    counts = ", ".join(f"{number} {name}" for name, number in row.counts.items())
    minutes = f"{row.seconds / 60:.1f} minutes, {row.test_seconds / 60:.1f} of them tests"
    lines = [f"script/matrix: {row.root}: {row.verdict}: {counts}; {minutes}"]
    if row.verdict != "passed" and log.exists():
        failures = read_failures(log.read_text(encoding="utf-8", errors="replace"))
        lines += [f"    {name}" for name in failures[:MOST_FAILURES]]
        if len(failures) > MOST_FAILURES:
            lines.append(f"    and {len(failures) - MOST_FAILURES} more")
    return "\n".join(lines)


def _run(command: Sequence[str], log: Path) -> int:
    """Run a command that writes to the log: its exit code."""
    with log.open("ab") as out:
        return subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, check=False
        ).returncode


def main(words: Sequence[str]) -> int:
    """Everything; the exit code."""
    options, for_tests = read_arguments(words)
    options.logs.mkdir(parents=True, exist_ok=True)
    if options.cache is not None:
        options.cache.mkdir(parents=True, exist_ok=True)
    commit = read_commit()
    rows: list[Row] = []
    stopped = 0
    # What was started ends with us, and the roots go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with tempfile.TemporaryDirectory(prefix="matrix-", ignore_cleanup_errors=True) as scratch:
            for root in dict.fromkeys(options.roots or ROOTS):
                log = options.logs / f"{root}.log"
                row = find_row(root, options.logs, commit, for_tests) if options.resume else None
                if row is None:
                    print(f"script/matrix: {root}: {log}", file=sys.stderr, flush=True)
                    row = run_commands(root, Path(scratch), options, for_tests)
                    keep_row(row, options.logs, commit, for_tests)
                rows.append(row)
                print(tell(row, log), file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        stopped = 130
    except SystemExit as signaled:
        stopped = int(signaled.code or 0)
    print(render(rows), end="")
    return stopped or int(any(row.verdict != "passed" for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
