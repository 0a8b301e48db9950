"""``script/fleet``: makes what needs the network, then runs the trial in namespaces of its own."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .archives import make_archives
from .hosts import CLASSES
from .roots import make_base, make_dnf_base
from .scenes import SCENES

PROJECT = Path(__file__).resolve().parent.parent.parent
CACHE = PROJECT / "build/fleet"
NAMESPACES = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
PROGRAMS = (
    "mmdebstrap",
    "apt-ftparchive",
    "dpkg-deb",
    "createrepo_c",
    "rpmbuild",
    "ssh",
    "unshare",
)
SHORT, LONG = 20, 1000


def read_arguments(words: list[str]) -> argparse.Namespace:
    """The options."""
    parser = argparse.ArgumentParser(prog="script/fleet", allow_abbrev=False)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--hosts", type=int, default=LONG, metavar="N", help="so many hosts")
    size.add_argument(
        "--short", action="store_true", help=f"{SHORT} hosts, and the scenes that change them"
    )
    parser.add_argument(
        "--classes", metavar="NAME[,NAME]", help="only these: " + ", ".join(c.name for c in CLASSES)
    )
    parser.add_argument("--forks", type=int, default=10, help="hosts at a time; default: 10")
    parser.add_argument("--cache", type=Path, default=CACHE, help="default: build/fleet")
    parser.add_argument("--only", metavar="NAME[,NAME]", help="only these scenes")
    options = parser.parse_args(words)
    known = {each.name for each in CLASSES}
    if options.classes and (unknown := set(options.classes.split(",")) - known):
        parser.error(f"no class {', '.join(sorted(unknown))}")
    names = {scene.__name__ for scene in SCENES}
    if options.only and (unknown := set(options.only.split(",")) - names):
        parser.error(f"no scene {', '.join(sorted(unknown))}; there are {', '.join(sorted(names))}")
    if options.hosts < 1:
        parser.error("--hosts has to be at least 1")
    for program in PROGRAMS:
        if shutil.which(program) is None:
            parser.error(f"needs {program}")
    return options


def main(words: list[str]) -> int:
    """Everything; the exit code."""
    options = read_arguments(words)
    make_archives(options.cache / "archives")
    make_base(options.cache)
    make_dnf_base(options.cache)
    wanted = {
        "hosts": SHORT if options.short else options.hosts,
        "classes": options.classes.split(",") if options.classes else None,
        "short": options.short,
        "forks": options.forks,
        "cache": str(options.cache.resolve()),
        "only": options.only.split(",") if options.only else None,
    }
    # What is mounted there is mounted in the namespace alone, and goes with it.
    with tempfile.TemporaryDirectory(prefix="fleet-", ignore_cleanup_errors=True) as place:
        return subprocess.run(
            [*NAMESPACES, sys.executable, "-m", "fleet_lab.inside",
             json.dumps({**wanted, "place": place})],
            env={**os.environ, "PYTHONPATH": f"{PROJECT / 'tests'}:{PROJECT}"}, check=False,
        ).returncode  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
