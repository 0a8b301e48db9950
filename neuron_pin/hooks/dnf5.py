"""dnf 5: a file of libdnf5's actions plugin, which has each transaction judged.

Source: libdnf5-actions(8).  An option that the plugin does not know ends every command of
dnf 5, so nothing is written for a plugin without ``raise_error`` (before its version 1.4.0).
"""

from __future__ import annotations

import glob
import os
import re

from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.fs.reading import read_bounded

from .location import HookLocation, OnError
from .programs import FOLDER

PLUGINS = tuple(
    f"usr/{folder}/libdnf5/plugins/actions.so" for folder in ("lib64", "lib", "lib/*-linux-gnu*")
)
SETTINGS = "etc/dnf/libdnf5-plugins/actions.conf"
FOLDER_OF_ACTIONS = "etc/dnf/libdnf5-plugins/actions.d"
ACTIONS = f"{FOLDER_OF_ACTIONS}/neuron-pin.actions"
PACKAGE = "libdnf5-plugin-actions"
MAX_PLUGIN = 16 * 1024 * 1024


def has_dnf5(place: HookLocation) -> bool:
    """Whether dnf 5 is installed."""
    return os.path.exists(place.below("usr/bin/dnf5"))


def find_obstacle(place: HookLocation) -> str:
    """Why dnf 5 would run no action file of ours, and what helps; empty where it would."""
    again = "then hook install dnf again"
    folder = glob.escape(place.root)
    found = [path for pattern in PLUGINS for path in glob.glob(os.path.join(folder, pattern))]
    if not found:
        return (
            f"libdnf5's actions plugin is not installed, so dnf 5 is bound by the version lock "
            f"alone; run: sudo dnf5 install {PACKAGE}, {again}"
        )
    try:
        is_new = any(b"raise_error=" in read_bounded(path, MAX_PLUGIN) for path in found)
    except UnreadableInput as error:
        return f"libdnf5's actions plugin cannot be read: {error.message}"
    if not is_new:
        return (
            f"{found[0]} has no raise_error (before version 1.4.0), so dnf 5 is bound by the "
            f"version lock alone; run: sudo dnf5 upgrade {PACKAGE}, {again}"
        )
    settings = place.below(SETTINGS)
    try:
        text = read_bounded(settings, MAX_PLUGIN).decode("utf-8", "replace")
    except UnreadableInput:
        text = ""
    if not re.search(r"^\s*enabled\s*=\s*(1|true|yes|on)\s*$", text, re.M | re.I):
        return f"{settings} does not enable libdnf5's actions plugin; set enabled = 1, {again}"
    return ""


def check_folder(place: HookLocation) -> None:
    """Raise `WrongUsage` where the plugin is installed, and the folder that it reads is not
    there: whoever configures it elsewhere would have a hook that is never called."""
    folder = place.below(FOLDER_OF_ACTIONS)
    if has_dnf5(place) and not find_obstacle(place) and not os.path.isdir(folder):
        raise WrongUsage(
            f"{folder} is not a folder, but libdnf5's actions plugin reads its files there",
            hint=f"install {PACKAGE} again, or create the folder",
        )


def render_actions(on_error: OnError, program: str, expires: str = "") -> str:
    """The text of the file; ``program`` is how root calls neuron-pin, ``expires`` the day of
    review that somebody chose, empty for none.

    The shell fails for exit code 10 alone: with ``raise_error=1`` every other failure would end
    the transaction, too.  With ``--installroot`` dnf 5 reads this file of the machine that it
    runs on, and the hook the lock of the root that is installed into.
    """
    day = f"# expires = {expires}: the day on which the lock is to be reviewed."
    guard = f"/{FOLDER}/dnf5-guard"
    lines = [
        "# neuron-pin enforces a lock of AWS Neuron packages. To see its state:",
        f"#     {program} hook status dnf",
        "# To remove it:",
        f"#     sudo {program} hook remove dnf",
        f"# on-error = {on_error.value}: what becomes of a Neuron package that cannot be judged.",
        *([day] if expires else []),
    ]
    for packages, kind in (("*neuron*", "neuron"), ("kernel*", "kernel")):
        script = f'{guard} {on_error.value} {kind} "$0"; test $? -ne 10'
        words = f"/bin/sh -c {script.replace(' ', chr(92) + ' ')} ${{conf.installroot}}"
        lines.append(f"pre_transaction:{packages}:in:mode=json raise_error=1:{words}")
    return "\n".join(lines) + "\n"
