"""Hooks installed from a lock, removed, or looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import WrongUsage
from neuron_pin.hooks.installing import prepare_install, prepare_removals
from neuron_pin.hooks.kept_settings import keep_settings
from neuron_pin.hooks.location import HookKind, OnError
from neuron_pin.hooks.lock_input import (
    check_operating_system,
    describe_expiry,
    find_mismatches,
    load_hook_lock,
)
from neuron_pin.hooks.status import HookStatus, read_status

from .arguments import Arguments
from .day import read_day
from .lock_text import open_lock
from .placing import (
    PLACE_ARGUMENTS,
    Prepared,
    check_family,
    choose_manager,
    find_place,
    finish_changes,
)

KINDS = tuple(kind.value for kind in HookKind)
ON_ERROR = ("allow", "refuse")
ARGUMENTS = (*PLACE_ARGUMENTS, "state", "kinds", "lock", "lock_content", "on_error", "expires")


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """Install, remove, or tell the state; tells the hooks as they are afterwards."""
    arguments = Arguments(values)
    arguments.refuse_others(ARGUMENTS)
    state = arguments.choice("state", ("present", "absent", "status"), "present")
    kinds = [HookKind(kind) for kind in arguments.choices("kinds", KINDS)]
    if state == "present":
        told = _install(arguments, kinds, is_check)
    elif state == "absent":
        told = _remove(arguments, kinds or [HookKind.APT, HookKind.DNF], is_check)
    else:
        told = {"changed": False, "files": [], "diff": [], "warnings": []}
    day = read_day("").isoformat()
    shown = told.pop("kinds", None) or kinds or list(HookKind)
    hooks = [read_status(find_place(kind, arguments), day) for kind in shown]
    return {**told, "hooks": [describe_hook(hook) for hook in hooks]}


def describe_hook(status: HookStatus) -> dict[str, Any]:
    """A hook as a row: kind and state, and what is set."""
    row: dict[str, Any] = {"kind": status.kind, "state": status.state}
    if status.scope != "system":
        row["scope"] = status.scope
    stated = {"lock": status.lock, "expires": status.expires, "on_error": status.on_error}
    row.update((name, value) for name, value in stated.items() if value)
    if status.is_overdue:
        row["overdue"] = True
    if status.problems:
        row["problems"] = list(status.problems)
    return row


def _install(arguments: Arguments, kinds: list[HookKind], is_check: bool) -> dict[str, Any]:
    on_error, expires = arguments.text("on_error"), arguments.text("expires")
    if on_error:
        arguments.choice("on_error", ON_ERROR)
    with open_lock(arguments.text("lock"), arguments.text("lock_content")) as path:
        chosen = OnError(on_error or "allow")
        lock = load_hook_lock(path, load_catalog(), chosen, expires or None)
    check_family(lock.resolution, arguments.root())
    kinds = kinds or [choose_manager(lock)]
    day = read_day("")
    warnings: list[str] = []
    prepared = []
    for kind in kinds:
        place = find_place(kind, arguments)
        check_operating_system(lock, place, allow_other=arguments.flag("allow_other_os"))
        warnings += find_mismatches(lock, place)
        own, _ = keep_settings(lock, place, on_error or None, expires or None, day)
        warnings += [late for late in [describe_expiry(own, day)] if late]
        files = prepare_install(place, own, overwrite=arguments.flag("overwrite"))
        prepared.append(Prepared(place, files))
    told = finish_changes(prepared, is_check=is_check)
    told["sdk"] = lock.resolution.sdk
    return {**told, "warnings": list(dict.fromkeys(warnings)), "kinds": kinds}


def _remove(arguments: Arguments, kinds: list[HookKind], is_check: bool) -> dict[str, Any]:
    if arguments.text("lock") or arguments.text("lock_content"):
        raise WrongUsage("a lock is given, but the hook is to be removed")
    places = [find_place(kind, arguments) for kind in kinds]
    removals = prepare_removals(places, overwrite=arguments.flag("overwrite"))
    told = finish_changes([Prepared(*each) for each in removals], is_check=is_check)
    return {**told, "warnings": [], "kinds": kinds}
