"""Where a task changes files, and what of them it changed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from neuron_pin.errors import WrongUsage
from neuron_pin.hooks.installing import carry_out, is_program
from neuron_pin.hooks.location import HookKind, HookLocation, find_location
from neuron_pin.hooks.managed_file import HookLock
from neuron_pin.operations.write import FileChange
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import Resolution
from neuron_pin.target.detection import detect

from .arguments import Arguments

PLACE_ARGUMENTS = ("root", "scope", "venv", "allow_other_os", "overwrite")
SCOPES = ("system", "user", "venv")


class Prepared(NamedTuple):
    """The new texts of the files at a place."""

    place: HookLocation
    files: Sequence[FileChange]


def find_place(kind: HookKind, arguments: Arguments) -> HookLocation:
    """The machine below ``root`` for apt and dnf; for pip and uv what ``scope`` and ``venv`` say,
    the machine where they say nothing.  Raises `WrongUsage`."""
    root = arguments.root()
    venv, scope = arguments.text("venv"), arguments.text("scope")
    if kind in (HookKind.APT, HookKind.DNF):
        venv, scope = "", "system"
    elif scope:
        arguments.choice("scope", SCOPES)
    else:
        scope = "venv" if venv else "system"
    below = root if scope == "system" and root != "/" else None
    # Only what the request says: the environment that a controller's connection has active is
    # nobody's choice.
    environ = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return find_location(kind, scope, below, venv or None, environ)


def choose_manager(lock: HookLock) -> HookKind:
    """The package manager that a lock has packages for; raises `WrongUsage` for none."""
    system = lock.resolution.target.system
    if not lock.resolution.packages_of(system):
        raise WrongUsage(
            "the lock has no system packages, and no kinds are named",
            hint="kinds: [pip] or [uv] are for Python packages",
        )
    return HookKind.APT if system is Ecosystem.APT else HookKind.DNF


def check_family(resolution: Resolution, root: str) -> None:
    """Raise `WrongUsage` for a lock of another instance family than the machine's below ``root``:
    nothing is applied by guess."""
    found, wanted = detect(root).instance, resolution.target.instance
    if found and wanted and found != wanted:
        raise WrongUsage(
            f"the lock is for {wanted}, but this machine is {found}",
            hint="use the lock of its class",
        )


def finish_changes(prepared: Sequence[Prepared], *, is_check: bool) -> dict[str, Any]:
    """Write unless it is a check; says whether anything changed or would, the files, and for a
    controller's diff the texts of those that people read."""
    changes = [(each.place, file) for each in prepared for file in each.files]
    told = {
        "changed": any(file.changes for _, file in changes),
        "files": [file.path for _, file in changes],
        "diff": [row for each in prepared for row in describe_files(each.place, each.files)],
    }
    if not is_check:
        for each in prepared:
            carry_out(each.place, each.files, ())
    return told


def describe_files(place: HookLocation, files: Sequence[FileChange]) -> list[dict[str, str]]:
    """The files that change and that people read, with their texts before and after."""
    return [
        {
            "before_header": file.path,
            "after_header": file.path if file.after is not None else "/dev/null",
            "before": file.before,
            "after": file.after or "",
        }
        for file in files
        if file.changes and not is_program(file.path, place)
    ]
