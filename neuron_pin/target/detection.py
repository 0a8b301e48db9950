"""What a machine says of itself: instance type, operating system, driver, kernel."""

from __future__ import annotations

import os
import re

from neuron_pin.printable import make_printable
from neuron_pin.record import NamedTuple

MAX_SHOWN = 80
"""Characters of a text that is no version."""


class Detected(NamedTuple):
    """What could be told of this machine; empty where it could not.  ``driver`` is the
    version of the loaded kernel module, ``kernel`` what ``uname -r`` says.

    ``other_driver`` and ``other_kernel`` are what stands in their place where that is no version
    that can be compared: Bottlerocket's driver says ``2.x.7693.0``."""

    instance: str
    os: str
    python: str
    driver: str = ""
    kernel: str = ""
    other_driver: str = ""
    other_kernel: str = ""


OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
"""Where a system states its name: the first that exists.  Source: os-release(5)."""


def detect(root: str = "/", python: str = "") -> Detected:
    """Look at a machine: DMI for the instance type, os-release(5) for the system, the
    kernel module for the driver.

    Reads a few small files, never the network.
    """
    product = _read(os.path.join(root, "sys/devices/virtual/dmi/id/product_name")).strip().lower()
    family = product.partition(".")[0]
    instance = family if re.fullmatch(r"(inf|trn)\d[a-z]?", family) else ""
    fields = {}
    stated = next(filter(None, (_read(os.path.join(root, name)) for name in OS_RELEASE)), "")
    for line in stated.splitlines():
        name, _, value = line.partition("=")
        fields[name] = value.strip().strip("\"'")
    identifier, version = fields.get("ID", ""), fields.get("VERSION_ID", "")
    if identifier in ("rocky", "rhel", "debian"):
        version = version.partition(".")[0]
    driver, other_driver = _split(
        r"\d[\d.]{0,30}", _read(os.path.join(root, "sys/module/neuron/version"))
    )
    kernel, other_kernel = _split(
        r"\d{1,3}\.\d{1,3}[\w.+~-]{0,80}", _read(os.path.join(root, "proc/sys/kernel/osrelease"))
    )
    name = f"{identifier}{version}" if version else ""
    if identifier in ("debian", "ubuntu") and not version:
        # Debian's testing and unstable have no version, and a code name.
        name = fields.get("VERSION_CODENAME", "")
    return Detected(instance, name, python, driver, kernel, other_driver, other_kernel)


def _split(pattern: str, text: str) -> tuple[str, str]:
    """A text as what it should be, or as what it is instead; the other is empty."""
    stripped = text.strip()
    if re.fullmatch(pattern, stripped):
        return stripped, ""
    return "", make_printable(stripped[:MAX_SHOWN])


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(65536)
    except OSError:
        return ""
