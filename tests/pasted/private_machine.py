"""A private machine: every command in a root, a process tree and a network of its own.

Nothing that is pasted there reaches this machine or any other: the hosts that commands ask are
servers inside.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from .worlds import PROJECT

ROOT = Path(__file__).resolve().parent.parent.parent
_NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
_PROBE = (
    'mount -t tmpfs tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/root" && mount -t overlay overlay '
    '-o "lowerdir=/,upperdir=$1/upper,workdir=$1/work,redirect_dir=on" "$1/root" && chroot "$1/root" true'
)


class Job(NamedTuple):
    """A command to paste: in which world and folder; ``until`` is what it prints when it is up,
    for one that goes on."""

    command: str
    world: str = "project"
    folder: str = PROJECT
    until: str = ""
    seconds: float = 600


class Done(NamedTuple):
    """What a command did: its exit code, or ``running``, ``too long``, ``no world``."""

    code: int | str
    output: str
    seconds: float


def why_not() -> str:
    """Why there can be no private machine here; empty if there can."""
    if os.geteuid() != 0:
        return "root"
    from apt_machine import has_apt

    if not has_apt:
        return "apt, dpkg and apt-utils"
    if sys.version_info >= (3, 14):
        return "Python 3.10 to 3.13, which Neuron packages are listed for"
    for program in ("unshare", "curl", "git", "gpg", "openssl"):
        if not any(os.access(f"{place}/{program}", os.X_OK) for place in os.get_exec_path()):
            return str(program)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*_NAMESPACES, "sh", "-c", _PROBE, "sh", folder], capture_output=True, check=False
        )
    return "" if done.returncode == 0 else "namespaces and overlays, which are not allowed here"


def _binds() -> str:
    """Folders that the private root has to see although they are file systems of their own."""
    wanted = {ROOT, Path(sys.prefix), Path(sys.base_prefix)}
    device = os.stat("/").st_dev
    return " ".join(str(path) for path in sorted(wanted) if path.stat().st_dev != device)


class PrivateMachine:
    """A private machine that is up; to be closed."""

    def __init__(self, folder: Path) -> None:
        values = {
            "PYTHON": sys.executable,
            "VERSION": f"{sys.version_info.major}.{sys.version_info.minor}",
            "PREFIX": sys.prefix,
            "SCRIPTS": str(Path(sys.prefix, "bin")),
            "ROOT": str(ROOT),
            "BINDS": _binds(),
        }
        self.log = (folder / "log").open("w+")
        inside = folder / "inside"
        inside.mkdir()
        self.process = subprocess.Popen(
            [*_NAMESPACES, sys.executable, "-m", "pasted.inside", str(inside), json.dumps(values)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, cwd="/",
            env={**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError(f"the private machine ended: {self.log.read()[-3000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, jobs: Iterable[Job]) -> list[Done]:
        """Run commands, two at a time, each on an untouched machine; what they did, in order."""
        wanted = list(jobs)
        assert self.process.stdin is not None
        for number, job in enumerate(wanted):
            self.process.stdin.write(json.dumps({**job._asdict(), "id": number}) + "\n")
        self.process.stdin.flush()
        answers = [self._read() for _ in wanted]
        answers.sort(key=lambda answer: answer["id"])
        return [Done(each["code"], each["output"], each["seconds"]) for each in answers]

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=60)
        self.log.close()


if __name__ == "__main__":
    # One command by hand: python -m pasted.private_machine WORLD COMMAND
    with tempfile.TemporaryDirectory() as place:
        machine = PrivateMachine(Path(place))
        for done in machine.run(Job(command, sys.argv[1]) for command in sys.argv[2:]):
            print(f"{done.output}exit code {done.code}, {done.seconds} s")
        machine.close()
