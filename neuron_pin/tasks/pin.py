"""Pins written from a lock: apt preferences, version locks of dnf, settings of pip and uv."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.hooks.installing import carry_out, is_installed, prepare_install, prepare_removal
from neuron_pin.hooks.kept_settings import keep_settings
from neuron_pin.hooks.location import HookKind, HookLocation, OnError, find_location
from neuron_pin.hooks.lock_input import check_operating_system, find_mismatches, load_hook_lock
from neuron_pin.hooks.managed_file import HookLock
from neuron_pin.hooks.programs import state_path
from neuron_pin.operations.write import FileChange
from neuron_pin.policy import Ecosystem

from .arguments import Arguments
from .day import read_day
from .lock_text import open_lock
from .pin_files import KINDS, describe_changes, hook_kind, list_pin_files

ARGUMENTS = (
    "root", "state", "kinds", "lock", "lock_content", "scope", "venv", "allow_other_os",
    "overwrite",
)  # fmt: skip


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """Write or remove pins; tells the files, and what of them changed or would."""
    arguments = Arguments(values)
    arguments.refuse_others(ARGUMENTS)
    is_present = arguments.choice("state", ("present", "absent"), "present") == "present"
    root = arguments.text("root", "/")
    kinds = arguments.words("kinds")
    for kind in kinds:
        if kind not in KINDS:
            raise WrongUsage(f"kinds: unknown kind {kind!r}", hint=f"known: {', '.join(KINDS)}")
    overwrite = arguments.flag("overwrite")
    warnings: list[str] = []
    prepared: list[tuple[HookLocation, list[FileChange]]] = []
    lock: HookLock | None = None
    if is_present:
        with open_lock(arguments.text("lock"), arguments.text("lock_content")) as path:
            lock = load_hook_lock(path, load_catalog(), OnError.ALLOW, None)
    for kind in kinds or _choose_kinds(root, lock):
        place = _find_place(kind, root, arguments)
        files = list_pin_files(kind, place)
        if lock is not None:
            check_operating_system(lock, place, allow_other=arguments.flag("allow_other_os"))
            warnings += find_mismatches(lock, place)
            own = keep_settings(lock, place, None, None, read_day(""))[0]
            prepared.append((place, prepare_install(place, own, overwrite=overwrite, files=files)))
        else:
            _refuse_hooked(kind, place)
            prepared.append((place, prepare_removal(place, overwrite=overwrite, files=files)))
    changes = [change for _, files in prepared for change in files]
    told = {
        "changed": any(change.changes for change in changes),
        "files": [change.path for change in changes],
        "diff": describe_changes(changes),
    }
    if not is_check:
        for place, files_of in prepared:
            carry_out(place, files_of, ())
    return {
        **told,
        "sdk": lock.resolution.sdk if lock is not None else None,
        "warnings": list(dict.fromkeys(warnings)),
    }


def _find_place(kind: str, root: str, arguments: Arguments) -> HookLocation:
    named = hook_kind(kind)
    is_system = named in (HookKind.APT, HookKind.DNF)
    venv = None if is_system else arguments.text("venv") or None
    scope = arguments.text("scope") or ("venv" if venv else "system")
    if is_system:
        scope = "system"
    below = root if scope == "system" and root != "/" else None
    return find_location(named, scope, below, venv, os.environ)


def _choose_kinds(root: str, lock: HookLock | None) -> list[str]:
    """The kinds that a machine has and a lock has packages for; to remove, every system kind."""
    if lock is None:
        return ["apt", "dnf4", "dnf5"]
    system = lock.resolution.target.system
    if not lock.resolution.packages_of(system):
        raise WrongUsage(
            "the lock has no system packages, and no kinds are named",
            hint="kinds: [pip] or [uv] pin Python packages",
        )
    if system is Ecosystem.APT:
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
