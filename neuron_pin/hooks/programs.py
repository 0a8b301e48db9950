"""The programs that hooks install on a machine, where, and the state that they judge by."""

from __future__ import annotations

import os
import shlex

from neuron_pin.fs.atomic import NEW_MODE
from neuron_pin.inputs.host.hook_state import STATES
from neuron_pin.operations.own_program import name_program_for_root
from neuron_pin.outputs.hook_state import render_hook_state
from neuron_pin.policy import Ecosystem

from .location import HookKind, HookLocation
from .managed_file import PROGRAM_MODE, HookLock, ManagedFile, program

FOLDER = "usr/lib/neuron-pin"
LOG = "var/log/neuron-pin.log"

JUDGE = tuple((name, name, NEW_MODE) for name in ("state.py", "verdict.py", "telling.py"))
APT_HOOK = ("apt_hook.py", "apt-hook", PROGRAM_MODE)
APT_GUARD = ("apt_guard.sh", "apt-guard", PROGRAM_MODE)
RPM_PACKAGES = ("rpm_packages.py", "rpm_packages.py", NEW_MODE)
DNF5_HOOK = ("dnf5_hook.py", "dnf5-hook", PROGRAM_MODE)
DNF5_GUARD = ("dnf5_guard.sh", "dnf5-guard", PROGRAM_MODE)

HERE = os.path.join(os.path.dirname(__file__), "program")


def source_of(name: str) -> str:
    """The text of one of the programs."""
    with open(os.path.join(HERE, name), encoding="utf-8") as stream:
        return stream.read()


def place_program(place: HookLocation, named: tuple[str, str, int]) -> ManagedFile:
    """A program in the machine's folder of them."""
    source, name, mode = named
    return program(place.below(f"{FOLDER}/{name}"), lambda _: source_of(source), mode)


def state_path(place: HookLocation) -> str:
    """The path of the state of a kind of hook: a machine may have both, of two locks."""
    return place.below(f"{STATES}/{place.kind.value}.state")


def state(place: HookLocation) -> ManagedFile:
    """What the programs judge by."""

    def render(held: HookLock) -> str:
        return render_hook_state(
            held.resolution,
            held.command,
            is_expiry_chosen=held.is_expiry_chosen,
            on_error=held.on_error.value,
            program=shlex.quote(name_program_for_root()),
            shared=_find_shared(place, held),
        )

    return program(state_path(place), render)


def _find_shared(place: HookLocation, held: HookLock) -> list[tuple[str, str]]:
    """The packages that another archive has too, each with one such archive; none where that
    cannot be read, which `lock_input.find_mismatches` says."""
    if place.kind is not HookKind.APT:
        return []
    # Imported here: no other hook reads a machine's package lists.
    from neuron_pin.audit.other_archives import list_readable

    found = list_readable(place.root, held.resolution.packages_of(Ecosystem.APT))
    return sorted({other.name: other.site for other in reversed(found)}.items())
