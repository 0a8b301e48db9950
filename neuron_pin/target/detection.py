"""What a machine says of itself: instance type, operating system, driver, kernel."""

from __future__ import annotations

import os
import re

from neuron_pin.record import NamedTuple


class Detected(NamedTuple):
    """What could be told of this machine; empty where it could not.  ``driver`` is the
    version of the loaded kernel module, ``kernel`` what ``uname -r`` says."""

    instance: str
    os: str
    python: str
    driver: str = ""
    kernel: str = ""


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
    driver = _read(os.path.join(root, "sys/module/neuron/version")).strip()
    if not re.fullmatch(r"\d[\d.]{0,30}", driver):
        driver = ""
    kernel = _read(os.path.join(root, "proc/sys/kernel/osrelease")).strip()
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}[\w.+~-]{0,80}", kernel):
        kernel = ""
    return Detected(instance, f"{identifier}{version}" if version else "", python, driver, kernel)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(65536)
    except OSError:
        return ""
