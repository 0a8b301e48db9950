"""What rpm has installed.  Source: rpm(8); its database is read by rpm itself, since its
format is rpm's own affair."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Container

from neuron_pin.errors import UnreadableInput

DATABASES = ("usr/lib/sysimage/rpm", "var/lib/rpm", "usr/share/rpm")
"""Where rpm, its older releases and rpm-ostree keep it."""
_FILES = ("rpmdb.sqlite", "Packages.db", "Packages")
SECONDS = 60


def rpm_database(root: str) -> str:
    """The folder of rpm's database below a root, empty for none."""
    for folder in DATABASES:
        place = os.path.join(root, folder)
        if any(os.path.isfile(os.path.join(place, name)) for name in _FILES):
            return place
    return ""


def read_rpm_installed(root: str, names: Container[str]) -> dict[str, str]:
    """The versions, with release, of the named packages that are installed below a root;
    raises `UnreadableInput`."""
    place = rpm_database(root)
    if not place:
        return {}
    program = shutil.which("rpm")
    if program is None:
        raise UnreadableInput(place, None, "needs the program rpm to be read")
    command = [program, "--dbpath", os.path.abspath(place), "-qa", "--qf"]
    command += ["%{NAME}\\t%{VERSION}-%{RELEASE}\\n"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False, errors="replace"
        )
    except subprocess.TimeoutExpired:
        raise UnreadableInput(place, None, f"rpm took longer than {SECONDS} seconds") from None
    if done.returncode != 0:
        raise UnreadableInput(place, None, f"rpm cannot read it: {done.stderr.strip()[:300]}")
    rows = re.findall(r"^([^\t\n]+)\t([^\t\n]+)$", done.stdout, re.M)
    return {name: version for name, version in rows if name in names}
