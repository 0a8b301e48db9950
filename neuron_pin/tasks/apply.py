"""A lock applied to this machine: the steps of a plan from what is installed, with the plan's own
guards; and rolled back to exactly what was there."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from neuron_pin.catalog import Catalog, load_catalog
from neuron_pin.errors import CannotWrite, NeuronPinError, WrongUsage
from neuron_pin.fs.reading import read_bounded
from neuron_pin.hooks.location import HookKind, OnError, find_location
from neuron_pin.hooks.lock_input import (
    check_operating_system,
    describe_expiry,
    find_mismatches,
    load_hook_lock,
)
from neuron_pin.inputs.state import read_state
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.planner import Plan
from neuron_pin.planner.planning import PlanOptions, plan
from neuron_pin.policy import DEFAULT_PHASES, Ecosystem, Phase
from neuron_pin.resolve import Resolution
from neuron_pin.settings import Settings
from neuron_pin.target.detection import detect

from .applying import Applying, Enforced
from .arguments import Arguments
from .command_file import place_command
from .day import read_day
from .lock_text import open_lock
from .placing import check_family
from .rolling_back import roll_back
from .snapshot import FILE, read_snapshot

ROOT = "/"
ARGUMENTS = (
    "root", "state", "lock", "lock_content", "category", "skip", "reload", "allow_other_os",
    "overwrite", "hook", "on_error", "expires", "packages", "command",
    "diff",
)  # fmt: skip
MARK = "var/lib/neuron-pin.rolling"
MAX_MARK_BYTES = 64
CATEGORIES = ("driver", "runtime", "tools", "driver_runtime_tools")


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """Apply or roll back; tells each step, and the packages before and after."""
    arguments = Arguments(values)
    arguments.refuse_others(ARGUMENTS)
    state = arguments.choice("state", ("present", "rolled_back"), "present")
    only_enforces = state == "present" and not arguments.flag("packages", True)
    if arguments.root() != ROOT and not only_enforces:
        raise WrongUsage("root: packages are installed on the machine itself, not below a folder")
    if only_enforces:
        return _with_command(_enforce(values, arguments, is_check), arguments, is_check)
    catalog = load_catalog()
    with open_lock(arguments.text("lock"), arguments.text("lock_content")) as path:
        with open(path, "rb") as stream:
            digest = hashlib.sha256(stream.read()).hexdigest()
        with _alone(is_check):
            snapshot = read_snapshot(ROOT)
            if state == "rolled_back":
                return roll_back(snapshot, digest, is_check=is_check)
            told = _apply(path, digest, arguments, catalog, is_check)
            return _with_command(told, arguments, is_check)


def _with_command(told: dict[str, Any], arguments: Arguments, is_check: bool) -> dict[str, Any]:
    """A result, with the program put where people find it."""
    path = arguments.text("command")
    if not path:
        return told
    is_changed = place_command(path, arguments.root(), is_check=is_check)
    row = _describe_step("command", f"Put the program at {path}", is_changed)
    return {
        **told, "changed": told["changed"] or is_changed, "steps": [*told["steps"], row]
    }  # fmt: skip


def _enforce(values: Mapping[str, Any], arguments: Arguments, is_check: bool) -> dict[str, Any]:
    """Hook and pins alone, as the tasks of these names write them."""
    from . import hook, pin  # what they import, most calls do not need

    task = hook if arguments.flag("hook") else pin
    known = {name: values[name] for name in values if name in task.ARGUMENTS and name != "state"}
    told = task.run(known, is_check)
    steps = [_describe_step("pins", "Pin the versions of the lock", told["changed"])]
    loaded = detect(arguments.root()).driver or None
    return {
        **{name: told[name] for name in ("changed", "sdk", "diff", "warnings")},
        "steps": steps,
        "before": {},
        "after": {},
        "reboot_required": False,
        "driver": {"loaded": loaded},
    }


def _describe_step(name: str, title: str, is_changed: bool) -> dict[str, str]:
    state = "changed" if is_changed else "done"
    return {"name": name, "part": "pins", "title": title, "state": state}


def _read_mark() -> str:
    """What a roll-out left on a machine that it drained; empty where no work is kept away."""
    path = os.path.join(ROOT, MARK)
    if not os.path.isfile(path):
        return ""
    return read_bounded(path, MAX_MARK_BYTES).decode("ascii", "replace").strip()


def _apply(
    path: str, digest: str, arguments: Arguments, catalog: Catalog, is_check: bool
) -> dict[str, Any]:
    resolution, command = read_resolution(path, catalog)
    system = resolution.target.system
    kind = HookKind.APT if system is Ecosystem.APT else HookKind.DNF
    place = find_location(kind, "system", None, None, {})
    on_error, expires = arguments.text("on_error"), arguments.text("expires")
    if on_error:
        arguments.choice("on_error", [each.value for each in OnError])
    lock = load_hook_lock(path, catalog, OnError(on_error or "allow"), expires or None)
    check_operating_system(lock, place, allow_other=arguments.flag("allow_other_os"))
    if "instance" not in arguments.words("skip"):
        check_family(resolution, ROOT)
    found = make_plan(
        resolution,
        command,
        catalog,
        arguments.choices("category", CATEGORIES),
        is_hooked=arguments.flag("hook"),
    )
    compare_with_lock(found, resolution)
    applying = Applying(
        found,
        Enforced(
            lock,
            place,
            overwrite=arguments.flag("overwrite"),
            installs_hook=arguments.flag("hook"),
            on_error=on_error or None,
            expires=expires or None,
        ),
        skip=arguments.words("skip"),
        reloads=arguments.flag("reload"),
        is_shown=arguments.flag("diff", True),
    )
    told = {**applying.run(digest, is_check=is_check), "mark": _read_mark()}
    if arguments.flag("hook"):
        late = describe_expiry(applying.lock, read_day(""))
        about_hook = [*find_mismatches(lock, place), *([late] if late else [])]
        told["warnings"] = list(dict.fromkeys([*told["warnings"], *about_hook]))
    return told


def make_plan(
    resolution: Resolution,
    command: str,
    catalog: Catalog,
    category: tuple[str, ...],
    *,
    is_hooked: bool,
) -> Plan:
    """The plan from this machine to a lock's release, for what is installed, or for ``category``
    where that is named; on a machine without Neuron packages driver, runtime and tools."""
    if not resolution.sdk:
        raise WrongUsage("the lock is of no SDK release, so there is no plan to it")
    target = resolution.target
    installed = read_state("host", catalog, None, ROOT).versions
    if not category and not installed:
        category = ("driver_runtime_tools",)
    settings = Settings(
        instance=target.instance,
        os=target.os.name if target.os is not None else None,
        python=target.python,
        scope=target.scope.value,
        as_of=target.as_of.isoformat(),
        phase=tuple(_name_phases(target.phases)),
        offline=True,
    )
    request = make_lock_request(
        settings, catalog, today=target.as_of, this_python=target.python, environ={}
    )
    return plan(
        request,
        start="host",
        to=resolution.sdk,
        named=(),
        framework="none" if category else None,
        framework_version="",
        category=category,
        ami="non-dlami",
        options=PlanOptions(installer="", venv="", root="", command=command, is_hooked=is_hooked),
    )


def compare_with_lock(found: Plan, resolution: Resolution) -> None:
    """Raise `WrongUsage` where the plan would install another version than the lock has."""
    locked = {package.key: package for package in resolution.packages}
    for package in found.resolution.packages:
        own = locked.get(package.key)
        if package.key.ecosystem is Ecosystem.PIP:
            continue
        if own is None:
            raise WrongUsage(
                f"the plan installs {package.key.name}, which the lock does not have",
                hint="make the lock anew, of every component: neuron-pin lock without names",
            )
        if own.version != package.version:
            raise WrongUsage(
                f"the lock has {own.key.name} {own.version}, the plan to SDK {resolution.sdk} "
                f"installs {package.version}",
                hint="a lock of a whole release can be applied: neuron-pin lock without names",
            )


def _name_phases(phases: frozenset[Phase]) -> list[str]:
    return sorted(phase.label for phase in phases - DEFAULT_PHASES)


@contextmanager
def _alone(is_check: bool) -> Iterator[None]:
    """Nobody else applies at the same time; raises `CannotWrite`."""
    if is_check:
        yield
        return
    path = os.path.join(ROOT, f"{FILE}.lock")
    try:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotWrite(path, f"cannot be created: {error.strerror}") from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise NeuronPinError(
                "another apply is running on this machine", hint="wait for it, then run again"
            ) from None
        yield
    finally:
        os.close(descriptor)
