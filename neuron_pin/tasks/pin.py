"""Pins written from a lock: apt preferences, version locks of dnf, settings of pip and uv."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.hooks.installing import is_installed, prepare_install, prepare_removal
from neuron_pin.hooks.kept_settings import keep_settings
from neuron_pin.hooks.location import HookKind, HookLocation, OnError
from neuron_pin.hooks.lock_input import check_operating_system, find_mismatches, load_hook_lock
from neuron_pin.hooks.managed_file import HookLock
from neuron_pin.hooks.programs import state_path

from .arguments import Arguments
from .day import read_day
from .lock_text import open_lock
from .pin_files import KINDS, hook_kind, list_pin_files
from .placing import (
    PLACE_ARGUMENTS,
    Prepared,
    check_family,
    choose_manager,
    find_place,
    finish_changes,
)

ARGUMENTS = (*PLACE_ARGUMENTS, "state", "kinds", "lock", "lock_content")


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """Write or remove pins; tells the files, and what of them changed or would."""
    arguments = Arguments(values)
    arguments.refuse_others(ARGUMENTS)
    is_present = arguments.choice("state", ("present", "absent"), "present") == "present"
    root, overwrite = arguments.root(), arguments.flag("overwrite")
    kinds = arguments.choices("kinds", KINDS)
    warnings: list[str] = []
    prepared: list[Prepared] = []
    lock: HookLock | None = None
    if is_present:
        with open_lock(arguments.text("lock"), arguments.text("lock_content")) as path:
            lock = load_hook_lock(path, load_catalog(), OnError.ALLOW, None)
        check_family(lock.resolution, root)
    for kind in kinds or _choose_kinds(root, lock):
        place = find_place(hook_kind(kind), arguments)
        files = list_pin_files(kind, place)
        if lock is not None:
            check_operating_system(lock, place, allow_other=arguments.flag("allow_other_os"))
            warnings += find_mismatches(lock, place)
            own = keep_settings(lock, place, None, None, read_day(""))[0]
            changes = prepare_install(place, own, overwrite=overwrite, files=files)
        else:
            _refuse_hooked(kind, place)
            changes = prepare_removal(place, overwrite=overwrite, files=files)
        prepared.append(Prepared(place, changes))
    return {
        **finish_changes(prepared, is_check=is_check),
        "sdk": lock.resolution.sdk if lock is not None else None,
        "warnings": list(dict.fromkeys(warnings)),
    }


def _choose_kinds(root: str, lock: HookLock | None) -> list[str]:
    """The kinds that a machine has and a lock has packages for; to remove, every system kind."""
    if lock is None:
        return ["apt", "dnf4", "dnf5"]
    if choose_manager(lock) is HookKind.APT:
        return ["apt"]
    has_5 = os.path.exists(os.path.join(root, "usr/bin/dnf5"))
    return ["dnf5"] if has_5 else ["dnf4"]


def _refuse_hooked(kind: str, place: HookLocation) -> None:
    """Raise `WrongUsage` where a hook needs the pins."""
    if place.kind in (HookKind.APT, HookKind.DNF) and os.path.exists(state_path(place)):
        if is_installed(place):
            raise WrongUsage(
                f"{place.label} has a hook, which needs the pins of {kind}",
                hint="remove the hook: it takes its pins along",
            )
