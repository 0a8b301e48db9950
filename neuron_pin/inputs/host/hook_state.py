"""Whether a machine is held to a lock by a hook, and to which release."""

from __future__ import annotations

import os
import re

from neuron_pin.errors import UnreadableInput
from neuron_pin.fs.reading import read_bounded
from neuron_pin.policy import Pin, PinComparison

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
