"""The private machine from inside: servers of every host that a command may ask, and a root of its
own for each command.

Started by `private_machine` in namespaces of its own, as root.  Reads jobs as lines of JSON, and
writes what they did.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from loopback import raise_loopback

from pasted.hosts import HOSTS, start_servers
from pasted.worlds import PROJECT, WORLDS

SECONDS = 600
LONG = threading.Lock()
"""What listens on a port of its own goes one after another."""

_ENTER = r"""
set -eu
mount -t tmpfs -o size=64g tmpfs "$NP_SCRATCH"
mkdir "$NP_SCRATCH/work" "$NP_SCRATCH/root"
upper="${NP_UPPER:-$NP_SCRATCH/upper}"
mkdir -p "$upper"
if [ -n "${NP_UPPER:-}" ]; then work="$NP_UPPER.work"; mkdir -p "$work"; else work="$NP_SCRATCH/work"; fi
root="$NP_SCRATCH/root"
mount -t overlay overlay -o "lowerdir=$NP_LOWER,upperdir=$upper,workdir=$work,redirect_dir=on" "$root"
for place in $NP_BINDS; do
  mkdir -p "$root$place"
  mount --rbind "$place" "$root$place"
done
mount --rbind /proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/sys"
mkdir -p "$root/sys/devices/virtual/dmi/id"
echo trn2.48xlarge > "$root/sys/devices/virtual/dmi/id/product_name"
mkdir -p "$root$NP_FOLDER"
cd "$root$NP_FOLDER"
exec chroot "$root" /usr/bin/env -i $NP_VARIABLES bash -c 'cd "$1" && eval "$2"' bash "$NP_FOLDER" "$NP_COMMAND"
"""


class Inside:
    """Layers of files below each command, made when they are first asked for."""

    def __init__(self, folder: Path, values: dict[str, str]) -> None:
        self.folder = folder
        self.values = values
        self.layers: dict[str, str] = {}
        self.broken: dict[str, str] = {}
        self.making = threading.RLock()

    def lower(self, world: str) -> str:
        """What ``lowerdir`` of an overlay is for a world."""
        with self.making:
            if world in self.broken:
                raise RuntimeError(self.broken[world])
            if world not in self.layers:
                parent, script = WORLDS[world]
                below = self.lower(parent) if parent else "/"
                upper = self.folder / world
                text = script
                for name, value in self.values.items():
                    text = text.replace(f"@{name}@", value)
                done = self.enter("set -eu\n" + text, below, PROJECT, upper=upper)
                if done["code"] != 0:
                    # Made once, because what a second try finds is what the first left behind.
                    self.broken[world] = f"the world {world} was not made: {done['output'][-3000:]}"
                    raise RuntimeError(self.broken[world])
                self.layers[world] = f"{upper}:{below}"
            return self.layers[world]

    def enter(
        self, command: str, lower: str, folder: str, *, upper: Path | None = None,
        until: str = "", seconds: float = SECONDS,
    ) -> dict[str, Any]:  # fmt: skip
        """Run a command in a root of its own; ``until`` ends it once it has printed that."""
        scratch = tempfile.mkdtemp(dir=self.folder, prefix="run-")
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "NP_SCRATCH": scratch,
            "NP_UPPER": str(upper or ""),
            "NP_LOWER": lower,
            "NP_BINDS": self.values["BINDS"],
            "NP_FOLDER": folder,
            "NP_VARIABLES": self.values["VARIABLES"],
            "NP_COMMAND": command,
            # util-linux 2.39 and later pass the layers by a call that takes 255 bytes at most.
            "LIBMOUNT_FORCE_MOUNT2": "always",
        }
        begun = time.monotonic()
        with tempfile.TemporaryFile(dir=self.folder) as printed:
            started = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                 "sh", "-c", _ENTER],
                env=environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed,
                start_new_session=True,
            )  # fmt: skip
            code: int | str | None = None
            while code is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    code = started.wait(0.1 if until else seconds)
                if code is None and until:
                    printed.seek(0)
                    if until.encode() in printed.read():
                        code = "running"
                if code is None and time.monotonic() - begun > seconds:
                    code = "too long"
            if isinstance(code, str):
                os.killpg(started.pid, signal.SIGKILL)
                started.wait()
            printed.seek(0)
            output = printed.read().decode("utf-8", "replace")
        with contextlib.suppress(OSError):
            os.rmdir(scratch)
        return {"code": code, "output": output, "seconds": round(time.monotonic() - begun, 2)}

    def run(self, job: dict[str, Any]) -> dict[str, Any]:
        try:
            lower = self.lower(job["world"])
        except (RuntimeError, KeyError) as error:
            return {"code": "no world", "output": str(error), "seconds": 0}
        command, folder = job["command"], job["folder"]
        for name, value in self.values.items():
            command = command.replace(f"@{name}@", value)
            folder = folder.replace(f"@{name}@", value)
        with LONG if "neuron-pin serve" in command else contextlib.nullcontext():
            return self.enter(command, lower, folder, until=job["until"], seconds=job["seconds"])


def main(folder: str, values: str) -> None:
    raise_loopback()
    place = Path(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64g", "tmpfs", folder], check=True)
    known = json.loads(values)
    known.update(start_servers(place / "hosts"))
    known["HOSTS"] = "".join(f"127.0.0.1 {host}\n" for host in HOSTS)
    known["VARIABLES"] = " ".join(
        shlex.quote(f"{name}={value}")
        for name, value in {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root", "LC_ALL": "C.UTF-8", "COLUMNS": "80", "NO_COLOR": "1",
            "DEBIAN_FRONTEND": "noninteractive", "NEURON_PIN_AS_OF": "2026-08-20",
            "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
            "REQUESTS_CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt",
            "PIP_CERT": "/etc/ssl/certs/ca-certificates.crt",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore",
        }.items()
    )  # fmt: skip
    inside = Inside(place, known)
    out = threading.Lock()

    def answer(job: dict[str, Any]) -> None:
        done = {**inside.run(job), "id": job["id"]}
        with out:
            print(json.dumps(done), flush=True)

    print(json.dumps({"ready": True}), flush=True)
    with ThreadPoolExecutor(max_workers=2) as pool:
        for line in sys.stdin:
            pool.submit(answer, json.loads(line))


if __name__ == "__main__":
    main(*sys.argv[1:])
