"""dnf: the version lock, and a hook that judges a transaction as apt's does: for dnf 4 a plugin,
for dnf 5 an action of libdnf5's actions plugin.

Source: dnf-plugins-core's versionlock(8); dnf, "Plugin Interface"; dnf5-versionlock(8).
"""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Iterator

from neuron_pin.errors import CannotWrite, UnreadableInput, WrongUsage
from neuron_pin.fs.ownership import Ownership, find_ownership
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.sections import put_section, remove_section
from neuron_pin.operations.own_program import name_program_for_root
from neuron_pin.outputs import FORMATS
from neuron_pin.outputs.versionlock import check_lines_of_others

from . import dnf5
from .location import HookLocation, OnError
from .managed_file import FileOwner, HookLock, ManagedFile, own_file
from .programs import (
    DNF5_GUARD,
    DNF5_HOOK,
    JUDGE,
    RPM_PACKAGES,
    place_program,
    source_of,
    state,
)

PLUGINS = (
    "usr/lib/python3.*/site-packages/dnf-plugins",
    "usr/lib/python3/dist-packages/dnf-plugins",
)
LIST = "etc/dnf/plugins/versionlock.list"
TOML = "etc/dnf/versionlock.toml"
CONFIGURATION = "etc/dnf/plugins/neuron-pin.conf"
MAX_BYTES = 4 * 1024 * 1024


def check_machine(place: HookLocation) -> None:
    """Raise `WrongUsage` where there is no dnf, or dnf 5 lacks the folder of its actions."""
    if not plugin_folders(place) and not dnf5.has_dnf5(place):
        raise WrongUsage(
            f"dnf is not installed below {place.root}",
            hint="neuron-pin looks for /usr/bin/dnf5, and for the plugins of dnf 4 in /"
            + " and /".join(PLUGINS),
        )
    dnf5.check_folder(place)


def list_files(place: HookLocation) -> list[ManagedFile]:
    """Every file, in the order in which they are written: for the versions of dnf that are
    installed, and those that are left of one that was removed since."""
    found = [*(place_program(place, part) for part in (*JUDGE, RPM_PACKAGES)), state(place)]
    toml = make_version_lock(place.below(TOML), "versionlock-toml")
    if dnf5.has_dnf5(place) or _is_left(toml):
        found.append(toml)
    actions = own_file(
        place.below(dnf5.ACTIONS),
        lambda held: dnf5.render_actions(
            held.on_error, shlex.quote(name_program_for_root()), held.chosen_expiry
        ),
    )
    if (dnf5.has_dnf5(place) and not dnf5.find_obstacle(place)) or _is_left(actions):
        found += [place_program(place, DNF5_HOOK), place_program(place, DNF5_GUARD), actions]
    folders = plugin_folders(place)
    if folders:
        # dnf fails without the list that versionlock.conf names, so the list comes first.
        found.append(make_list_lock(place))
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


def find_gaps(place: HookLocation) -> Iterator[str]:
    """What the machine's dnf lacks, so that less is enforced than could be."""
    if plugin_folders(place) and not has_versionlock(place):
        yield (
            "dnf's own versionlock plugin is not installed: other versions are refused, but dnf "
            "still chooses them; run: sudo dnf install python3-dnf-plugin-versionlock, then hook "
            "install dnf again"
        )
    if dnf5.has_dnf5(place):
        obstacle = dnf5.find_obstacle(place)
        if obstacle:
            yield obstacle


def has_versionlock(place: HookLocation) -> bool:
    """Whether dnf 4's own plugin is installed, which reads the list, and fails every transaction
    where the list is missing."""
    return os.path.exists(place.below("etc/dnf/plugins/versionlock.conf"))


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


def _is_left(piece: ManagedFile) -> bool:
    """Whether a file that we wrote, or our section of one, is still there."""
    try:
        text = read_bounded(piece.path, MAX_BYTES).decode("utf-8", "surrogateescape")
        if piece.owner is FileOwner.OURS:
            return find_ownership(text) is not Ownership.FOREIGN
        return piece.without_ours(text) != text
    except (UnreadableInput, CannotWrite, ValueError):
        return False


def make_list_lock(place: HookLocation) -> ManagedFile:
    """Our section of dnf 4's version lock, which its plugin needs even where it is empty."""
    locked = make_version_lock(place.below(LIST), "versionlock")
    return locked._replace(stays=has_versionlock(place))


def make_version_lock(path: str, name: str) -> ManagedFile:
    """Our section of a version lock, of the format of that name."""
    form = FORMATS[name]
    head = form.section_head or ""

    def with_ours(text: str, held: HookLock) -> str:
        check_lines_of_others(path, text, name)
        return put_section(text, form.render(held.resolution, held.command), head)

    return ManagedFile(path, FileOwner.SHARED, with_ours, remove_section, head=head)
