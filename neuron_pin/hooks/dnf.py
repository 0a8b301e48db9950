"""dnf: the version lock, and a plugin that judges a transaction as apt's hook does.

Source: dnf-plugins-core's versionlock(8); dnf, "Plugin Interface".
"""

from __future__ import annotations

import glob
import os

from neuron_pin.errors import WrongUsage
from neuron_pin.fs.sections import put_section, remove_section
from neuron_pin.outputs import FORMATS

from .location import HookLocation, OnError
from .managed_file import FileOwner, HookLock, ManagedFile, own_file
from .programs import JUDGE, place_program, source_of, state

PLUGINS = (
    "usr/lib/python3.*/site-packages/dnf-plugins",
    "usr/lib/python3/dist-packages/dnf-plugins",
)
LIST = "etc/dnf/plugins/versionlock.list"
TOML = "etc/dnf/versionlock.toml"
CONFIGURATION = "etc/dnf/plugins/neuron-pin.conf"


def check_machine(place: HookLocation) -> None:
    """Raise `WrongUsage` where there is no dnf."""
    if not plugin_folders(place) and not _has_dnf5(place):
        raise WrongUsage(
            f"dnf is not installed below {place.root}",
            hint="neuron-pin looks for dnf's plugins in /" + " and /".join(PLUGINS),
        )


def list_files(place: HookLocation) -> list[ManagedFile]:
    """Every file, in the order in which they are written."""
    found = [*(place_program(place, part) for part in JUDGE), state(place)]
    if _has_dnf5(place):
        found.append(_make_version_lock(place.below(TOML), "versionlock-toml"))
    folders = plugin_folders(place)
    if folders:
        # dnf fails without the list that versionlock.conf names, so the list comes first.
        locked = _make_version_lock(place.below(LIST), "versionlock")
        found.append(locked._replace(stays=has_versionlock(place)))
        found.append(
            own_file(
                place.below(CONFIGURATION),
                lambda held: render_configuration(held.on_error, held.chosen_expiry),
            )
        )
    for folder in folders:
        path = os.path.join(folder, "neuron_pin.py")
        found.append(own_file(path, lambda _: source_of("dnf_plugin.py")))
    return found


def has_versionlock(place: HookLocation) -> bool:
    """Whether dnf 4's own plugin is installed, which reads the list, and fails every transaction
    where the list is missing."""
    return os.path.exists(place.below("etc/dnf/plugins/versionlock.conf"))


def _has_dnf5(place: HookLocation) -> bool:
    return os.path.exists(place.below("usr/bin/dnf5"))


def plugin_folders(place: HookLocation) -> list[str]:
    """Where the machine's dnf 4 looks for plugins."""
    return [
        folder
        for pattern in PLUGINS
        for folder in sorted(glob.glob(os.path.join(glob.escape(place.root), pattern)))
    ]


def render_configuration(on_error: OnError, expires: str = "") -> str:
    """The text of the plugin's configuration; ``expires`` is the day of review that somebody
    chose, empty for none, which ``hook install`` keeps."""
    day = f"expires = {expires}\n" if expires else ""
    return f"[main]\nenabled = 1\non_error = {on_error.value}\n{day}"


def _make_version_lock(path: str, name: str) -> ManagedFile:
    """Our section of a version lock."""
    form = FORMATS[name]
    head = form.section_head or ""

    def with_ours(text: str, held: HookLock) -> str:
        return put_section(text, form.render(held.resolution, held.command), head)

    return ManagedFile(path, FileOwner.SHARED, with_ours, remove_section, head=head)
