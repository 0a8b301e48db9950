"""A machine that plans begin from, and their commands run on it."""

import shlex
import subprocess
from pathlib import Path

from conftest import Run

SITE = "apt.repos.neuron.amazonaws.com"


def a_host(root: Path, *, held: str = "install") -> Path:
    """A Debian root with an older Neuron on it."""
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "etc/apt/sources.list.d").mkdir(parents=True)
    (root / "sys/devices/virtual/dmi/id").mkdir(parents=True)
    (root / "sys/devices/virtual/dmi/id/product_name").write_text("trn2.48xlarge\n")
    (root / "etc/os-release").write_text('ID=ubuntu\nVERSION_ID="24.04"\n')
    rows = [
        ("aws-neuron-dkms", "2.2.14.0", "install"),
        ("aws-neuronx-runtime-lib", "2.32.31.0-0234f5ed2", "install"),
        ("aws-neuronx-collectives", "2.32.28.0-452cba8de", "install"),
        ("aws-neuronx-tools", "2.30.10.0-39feaa591", held),
    ]
    (root / "var/lib/dpkg/status").write_text(
        "".join(
            f"Package: {name}\nStatus: {mark} ok installed\nVersion: {version}\n\n"
            for name, version, mark in rows
        )
    )
    return root


def paste(run: Run, commands: list[str]) -> None:
    """Run a plan's commands for a private root: ours by the fixture, others by a shell."""
    for command in commands:
        text = command.removeprefix("sudo ")
        if text.startswith("neuron-pin "):
            done = run(*shlex.split(text)[1:], "-q")
            assert done.code == 0, (command, done.err)
        elif text.startswith(("tar ", "mkdir ", "rm -f", "sh -c", "test ")):
            subprocess.run(["sh", "-c", text], check=True)


def contents(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }
