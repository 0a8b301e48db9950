"""Faults at every boundary of a run, found by strace(1): each system call by which it writes.

A run is traced once.  Then it is run again for each of those calls, and in that call it is
killed, or the call fails as on a full disk.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

WRITING = (
    "openat", "write", "pwrite64", "fsync", "fchmod", "fchown", "rename", "renameat", "renameat2",
    "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat",
    "ftruncate", "flock", "sendfile", "copy_file_range", "utimensat",
)  # fmt: skip


class Boundary(NamedTuple):
    """One system call of a run: which, the how-manieth of its name, and what it does."""

    call: str
    number: int
    what: str


def can_trace() -> bool:
    """Whether strace is there and may trace."""
    if shutil.which("strace") is None:
        return False
    done = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False)
    return done.returncode == 0


def boundaries(command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> list[Boundary]:
    """The calls of a run that change files; the run has to succeed."""
    log = cwd.parent / "trace"
    done = run(command, cwd, environment, "-o", str(log), "-e", f"trace={','.join(WRITING)}")
    assert done.returncode == 0, done.stderr
    counts: Counter[str] = Counter()
    found = []
    for line in log.read_text(errors="replace").splitlines():
        match = re.match(r"(\w+)\((.*)", line)
        if match is None or match[1] not in WRITING:
            continue
        call, what = match.groups()
        counts[call] += 1
        if call == "openat" and not re.search(r"O_CREAT|O_WRONLY|O_RDWR|O_TRUNC", what):
            continue
        if call == "write" and re.match(r"[12],", what):
            continue
        found.append(Boundary(call, counts[call], what[:100]))
    return found


def run(
    command: Sequence[str], cwd: Path, environment: Mapping[str, str], *options: str
) -> subprocess.CompletedProcess[str]:
    """Run a command under strace, without what it starts: strace counts the calls of each
    process for itself, and a fault would meet another than was meant."""
    return subprocess.run(
        ["strace", "-qq", *options, *command], cwd=cwd, env=dict(environment),
        capture_output=True, text=True, errors="replace", check=False, timeout=120,
    )  # fmt: skip


def disturbed(
    boundary: Boundary,
    fault: str,
    command: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
) -> subprocess.CompletedProcess[str]:
    """The run with a fault at one boundary: ``signal=KILL`` or ``error=ENOSPC``."""
    when = f"inject={boundary.call}:{fault}:when={boundary.number}"
    return run(
        command, cwd, environment, "-o", os.devnull, "-e", f"trace={boundary.call}", "-e", when
    )
