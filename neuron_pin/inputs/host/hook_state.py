"""Whether a machine is held to a lock by a hook, and to which release."""

from __future__ import annotations

import hashlib
import os
import re

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy import Pin, PinComparison
from neuron_pin.record import NamedTuple

STATES = "var/lib/neuron-pin"
"""The folder of what hooks judge by, one file a package manager."""

MAX_BYTES = 4 * 1024 * 1024


def read_hook_states(root: str) -> dict[str, str]:
    """The release that each hook of a machine holds, by package manager; empty for a lock
    without one.  Raises `UnreadableInput`."""
    found = {}
    for manager in ("apt", "dnf"):
        path = os.path.join(root, STATES, f"{manager}.state")
        if os.path.isfile(path):
            text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
            sdk = re.search(r"^value\tsdk\t([\d.]*)$", text, re.M)
            found[manager] = sdk[1] if sdk else ""
    return found


def read_hook_family(root: str) -> str:
    """The instance family of the lock that a machine's hook enforces; empty where no hook says
    one."""
    for manager in ("apt", "dnf"):
        path = os.path.join(root, STATES, f"{manager}.state")
        try:
            text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
        except UnreadableInput:
            continue
        found = re.search(r"^value\tfamily\t([a-z]+\d[a-z]?)$", text, re.M)
        if found:
            return found[1]
    return ""


def read_hook_pins(root: str, manager: str) -> dict[str, Pin]:
    """What the hook of a package manager allows of each package; empty for no hook.  Raises
    `UnreadableInput`."""
    path = os.path.join(root, STATES, f"{manager}.state")
    if not os.path.isfile(path):
        return {}
    text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
    kinds = "|".join(comparison.value for comparison in PinComparison)
    rows = re.findall(rf"^pin\t([^\t]+)\t({kinds})\t([^\t]+)\t", text, re.M)
    return {name: Pin(base, PinComparison(reach)) for name, reach, base in rows}


class Enforced(NamedTuple):
    """What a hook enforces on a machine: the release, the instance family, the day of review and
    the day of the facts of its lock (ISO 8601), each empty where it has none, and the SHA-256 of
    its pins, which is the same for hooks that allow the same."""

    kind: str
    sdk: str
    family: str
    expires: str
    facts: str
    pins: str


CONSTRAINTS = "etc/neuron-pin/constraints.txt"
"""What the hook of pip has in the scope of the machine."""
UV_SETTINGS = "etc/uv/uv.toml"


def read_enforced(root: str) -> list[Enforced]:
    """What the hooks of a machine enforce for all its users, by kind; raises `UnreadableInput`."""
    found = []
    for manager in ("apt", "dnf"):
        path = os.path.join(root, STATES, f"{manager}.state")
        if os.path.isfile(path):
            text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
            values = dict(re.findall(r"^value\t([a-z-]+)\t([^\t\n]*)$", text, re.M))
            pins = re.findall(r"^pin\t([^\t]+\t[^\t]+\t[^\t]+\t[^\t]+)\t", text, re.M)
            sdk, family, expires, facts = (
                values.get(name, "") for name in ("sdk", "family", "expires", "facts")
            )
            found.append(Enforced(manager, sdk, family, expires, facts, _digest(pins)))
    for kind, place in (("pip", CONSTRAINTS), ("uv", UV_SETTINGS)):
        path = os.path.join(root, place)
        if not os.path.isfile(path):
            continue
        text = read_bounded(path, MAX_BYTES).decode("utf-8", "replace")
        release = re.search(r"^# Neuron SDK ([\d.]+)", text, re.M)
        # With constraints on a version, or on a file.
        pins = re.findall(r"^\s*[\"']?([A-Za-z0-9][\w.-]*\s*(?:==|@)[^#\n]+)", text, re.M)
        if pins and (release is not None or "neuron-pin" in text):
            found.append(Enforced(kind, release[1] if release else "", "", "", "", _digest(pins)))
    return found


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
