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
from neuron_pin.hooks.location import HookKind, OnError, find_location
from neuron_pin.hooks.lock_input import check_operating_system, load_hook_lock
from neuron_pin.inputs.state import read_state
from neuron_pin.operations.read_lock import read_resolution
from neuron_pin.operations.read_settings import make_lock_request
from neuron_pin.planner import Plan
from neuron_pin.planner.planning import PlanOptions, plan
from neuron_pin.policy import DEFAULT_PHASES, Ecosystem, Phase
from neuron_pin.resolve import Resolution
from neuron_pin.settings import Settings

from .applying import Applying, Enforced
from .arguments import Arguments
from .lock_text import open_lock
from .placing import check_family
from .rolling_back import roll_back
from .snapshot import FILE, read_snapshot

ROOT = "/"
ARGUMENTS = (
    "root", "state", "lock", "lock_content", "category", "skip", "reload", "allow_other_os",
    "overwrite",
)  # fmt: skip
CATEGORIES = ("driver", "runtime", "tools", "driver_runtime_tools")


def run(values: Mapping[str, Any], is_check: bool) -> dict[str, Any]:
    """Apply or roll back; tells each step, and the packages before and after."""
    arguments = Arguments(values)
    arguments.refuse_others(ARGUMENTS)
    if arguments.text("root", ROOT) != ROOT:
        raise WrongUsage("root: packages are installed on the machine itself, not below a folder")
    state = arguments.choice("state", ("present", "rolled_back"), "present")
    catalog = load_catalog()
    with open_lock(arguments.text("lock"), arguments.text("lock_content")) as path:
        with open(path, "rb") as stream:
            digest = hashlib.sha256(stream.read()).hexdigest()
        with _alone(is_check):
            snapshot = read_snapshot(ROOT)
            if state == "rolled_back":
                return roll_back(snapshot, digest, is_check=is_check)
            return _apply(path, digest, arguments, catalog, is_check)


def _apply(
    path: str, digest: str, arguments: Arguments, catalog: Catalog, is_check: bool
) -> dict[str, Any]:
    resolution, command = read_resolution(path, catalog)
    system = resolution.target.system
    kind = HookKind.APT if system is Ecosystem.APT else HookKind.DNF
    place = find_location(kind, "system", None, None, {})
    lock = load_hook_lock(path, catalog, OnError.ALLOW, None)
    check_operating_system(lock, place, allow_other=arguments.flag("allow_other_os"))
    if "instance" not in arguments.words("skip"):
        check_family(resolution, ROOT)
    found = make_plan(resolution, command, catalog, arguments.choices("category", CATEGORIES))
    compare_with_lock(found, resolution)
    applying = Applying(
        found,
        Enforced(lock, place, arguments.flag("overwrite")),
        skip=arguments.words("skip"),
        reloads=arguments.flag("reload"),
    )
    return applying.run(digest, is_check=is_check)


def make_plan(
    resolution: Resolution, command: str, catalog: Catalog, category: tuple[str, ...]
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
        options=PlanOptions(installer="", venv="", root="", command=command),
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
