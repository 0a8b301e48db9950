"""A plan carried out on this machine, step by step; what was there is saved first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neuron_pin.hooks.installing import prepare_install
from neuron_pin.hooks.kept_settings import keep_settings
from neuron_pin.hooks.location import HookLocation
from neuron_pin.hooks.managed_file import HookLock
from neuron_pin.inputs.host.hook_state import read_hook_states
from neuron_pin.operations.write import FileChange
from neuron_pin.planner import Part, Plan, Step
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple
from neuron_pin.target.detection import detect

from .day import read_day
from .package_database import Packages, mark_automatic, read_packages, run_program
from .pin_files import list_pin_files
from .placing import Prepared, describe_files, finish_changes
from .snapshot import Snapshot, read_files, read_snapshot, write_snapshot
from .step_run import (
    RebootNeeded,
    StepFailed,
    StepResult,
    StepState,
    check_idle,
    do_step,
    find_revision,
    is_done,
)

ROOT = "/"
_FOR_PACKAGES = ("update",)
"""Steps that only serve a later one that installs."""


class Enforced(NamedTuple):
    """What is enforced from now on, and where; ``overwrite`` takes files that were edited.

    ``installs_hook`` has a hook where the machine has none yet; ``on_error`` and ``expires`` are
    what it is told, None for what an installed one was told.
    """

    lock: HookLock
    place: HookLocation
    overwrite: bool
    installs_hook: bool = False
    on_error: str | None = None
    expires: str | None = None


class Applying:
    """One plan on this machine."""

    def __init__(
        self,
        found: Plan,
        enforced: Enforced,
        *,
        skip: Sequence[str],
        reloads: bool,
        is_shown: bool = True,
    ) -> None:
        self._plan = found
        self._enforced = enforced
        self._skip = tuple(skip)
        self._reloads = reloads
        self._is_shown = is_shown
        self._files: list[FileChange] = []
        self._system = found.resolution.target.system
        self._is_apt = self._system is Ecosystem.APT
        kind = "apt" if self._is_apt else "dnf"
        self._is_hooked = enforced.installs_hook or kind in read_hook_states(ROOT)
        self.lock, _ = keep_settings(
            enforced.lock, enforced.place, enforced.on_error, enforced.expires, read_day("")
        )

    def run(self, digest: str, *, is_check: bool) -> dict[str, Any]:
        """Do what is not done yet, and tell it; raises `StepFailed` with the steps before."""
        before = read_packages(self._system)
        self._files = [] if "pins" in self._skip else self._prepare_files()
        files = [file for file in self._files if file.changes]
        steps = list(self._list_steps(has_files=bool(files)))
        results: list[StepResult] = []
        needs_reboot = False
        states = self._look(steps, before)
        changes = any(state is StepState.CHANGED for _, state in states)
        if changes and not is_check:
            self._save(digest, before)
        for step, state in states:
            if needs_reboot and state is not StepState.DONE:
                results.append(StepResult(step, StepState.PENDING))
                continue
            if state is StepState.CHANGED and not is_check:
                try:
                    self._do(step)
                except RebootNeeded:
                    needs_reboot = True
                except StepFailed as error:
                    error.results = tuple(results)
                    raise
            results.append(StepResult(step, state))
        old = self._select(before)
        if is_check:
            changed = [step for step, state in states if state is StepState.CHANGED]
            new = self._predict(before, changed)
        else:
            after = read_packages(self._system) if changes else before
            if changes and not needs_reboot:
                self._finish(after)
            new = self._select(after)
        return {
            "changed": changes,
            "steps": [result.as_row() for result in results],
            "sdk": self._plan.resolution.sdk,
            "before": old,
            "after": new,
            "reboot_required": needs_reboot,
            "driver": self._tell_driver(),
            "diff": [
                *describe_files(self._enforced.place, files),
                *_describe_packages(old, new),
            ],
            # Of a move that is done already there is nothing to say.
            "warnings": list(self._plan.notes) if changes else [],
        }

    # Steps ---------------------------------------------------------------------------

    def _list_steps(self, *, has_files: bool) -> list[Step]:
        """The plan's steps, those that write hooks and pins as one: what they enforce is the
        lock's, and the files are those that hook and pin would write."""
        found: list[Step] = []
        enforcing = Step(
            Part.PINS,
            "pins",
            f"Pin the versions of SDK {self._plan.resolution.sdk}",
            as_root=True,
            unless="" if has_files else "true",
        )
        is_placed = False
        for step in self._plan.steps:
            if step.part in (Part.PINS, Part.LOCK):
                continue
            # Pins come before everything that asks apt or dnf for a version.
            if not is_placed and step.part not in (Part.CHECK, Part.REPOSITORY):
                found.append(enforcing)
                is_placed = True
            if step.part is Part.EFA or step.part is Part.ENVIRONMENT:
                continue
            found.append(step)
        if not is_placed:
            found.append(enforcing)
        if self._is_hooked:
            # A hook refuses what its lock does not have, and so is moved first.
            found.remove(enforcing)
            at = next((n for n, s in enumerate(found) if s.part is not Part.CHECK), len(found))
            found.insert(at, enforcing)
        return found

    def _look(self, steps: Sequence[Step], packages: Packages) -> list[tuple[Step, StepState]]:
        """What each step has to do; runs the checks of the plan."""
        states: list[tuple[Step, StepState]] = []
        if packages.unfinished and "repair" not in self._skip:
            states.append((_REPAIR, StepState.CHANGED))
        for step in steps:
            if step.name in self._skip:
                states.append((step, StepState.SKIPPED))
            elif self._is_done(step, packages) and not self._needs_reload(step):
                states.append((step, StepState.DONE))
            else:
                # Before anything is changed: a machine in use keeps its pins, too.
                check_idle(step, is_apt=self._is_apt)
                states.append((step, StepState.CHANGED))
        # Package lists are fetched for what is installed later, and for nothing else.
        installs = any(
            state is StepState.CHANGED and step.name not in _FOR_PACKAGES and _installs(step)
            for step, state in states
        )
        return [
            (step, StepState.DONE)
            if step.name in _FOR_PACKAGES and state is StepState.CHANGED and not installs
            else (step, state)
            for step, state in states
        ]

    def _is_done(self, step: Step, packages: Packages) -> bool:
        """Whether a step has nothing to do.  What is installed is known by now: no program has to
        be asked for each package again."""
        if step.pins and not step.unless and step.part not in (Part.CHECK, Part.PROOF):
            found = self._select_installed(packages)
            return all(
                found.get(name, "").partition("-")[0] == version for name, version, _ in step.pins
            )
        return is_done(step)

    def _needs_reload(self, step: Step) -> bool:
        """Whether another driver is loaded than the one that a step installs."""
        if not (self._reloads and step.reboot and step.pins):
            return False
        loaded = detect(ROOT).driver
        return bool(loaded) and loaded != step.pins[0][1]

    def _do(self, step: Step) -> None:
        if step.name == "pins" and not step.commands:
            finish_changes([Prepared(self._enforced.place, self._files)], is_check=False)
            return
        if step is _REPAIR:
            if self._is_apt:
                run_program(step.commands[0].split(), environ={"DEBIAN_FRONTEND": "noninteractive"})
            return
        skip = () if self._reloads else ("reload",)
        do_step(step, is_apt=self._is_apt, skip=skip)

    def _prepare_files(self) -> list[FileChange]:
        """The new texts of the hook, where the machine has one, else of the pins alone."""
        place, overwrite = self._enforced.place, self._enforced.overwrite
        if self._is_hooked:
            return prepare_install(place, self.lock, overwrite=overwrite)
        kinds = ["apt"] if self._is_apt else _list_dnf_kinds(place)
        return [
            change
            for kind in kinds
            for change in prepare_install(
                place, self.lock, overwrite=overwrite, files=list_pin_files(kind, place)
            )
        ]

    # What was there ------------------------------------------------------------------

    def _save(self, digest: str, before: Packages) -> None:
        """Keep what is there, unless it was kept when this lock was begun before."""
        known = read_snapshot(ROOT)
        if known is not None and known.digest == digest and known.state != "rolled_back":
            write_snapshot(ROOT, known._replace(state="begun", after=None))
            return
        files = read_files(ROOT, self._system)
        sdk = self._plan.resolution.sdk or ""
        before = mark_automatic(before, self._system)
        write_snapshot(ROOT, Snapshot(digest, sdk, "begun", self._system, before, None, files))

    def _finish(self, after: Packages) -> None:
        known = read_snapshot(ROOT)
        if known is not None:
            write_snapshot(ROOT, known._replace(state="applied", after=after))

    # What is told --------------------------------------------------------------------

    def _select_installed(self, packages: Packages) -> dict[str, str]:
        """The versions of packages whose installation is finished, without the epoch of rpm."""
        found = {
            self._strip_architecture(name): version
            for name, version in packages.versions.items()
            if name not in packages.unfinished
        }
        if self._is_apt:
            return found
        return {name: version.partition(":")[2] for name, version in found.items()}

    def _select(self, packages: Packages) -> dict[str, str]:
        names = {package.key.name for package in self._plan.resolution.packages}
        plain = {self._strip_architecture(name): v for name, v in packages.versions.items()}
        return {name: plain[name] for name in sorted(names) if name in plain}

    def _strip_architecture(self, name: str) -> str:
        return name.partition(":")[0] if self._is_apt else name.rpartition(".")[0]

    def _predict(self, before: Packages, steps: Sequence[Step]) -> dict[str, str]:
        """The packages as these steps leave them.  Where somebody is shown the difference they
        have their revisions, if the machine's package lists have those."""
        found = self._select(before)
        for step in steps:
            for name, version, _ in step.pins:
                if found.get(name, "").partition("-")[0] != version:
                    found[name] = (
                        find_revision(name, version, is_apt=self._is_apt)
                        if self._is_shown
                        else version
                    )
        return dict(sorted(found.items()))

    def _tell_driver(self) -> dict[str, str | None]:
        machine = detect(ROOT)
        return {"loaded": machine.driver or machine.other_driver or None}


_REPAIR = Step(
    Part.REPOSITORY,
    "repair",
    "Finish installations that were interrupted",
    commands=("dpkg --configure -a",),
    as_root=True,
)


def _describe_packages(old: Mapping[str, str], new: Mapping[str, str]) -> list[dict[str, str]]:
    if old == new:
        return []
    named = "installed packages"
    return [
        {
            "before_header": named,
            "after_header": named,
            "before": "".join(f"{name} {version}\n" for name, version in old.items()),
            "after": "".join(f"{name} {version}\n" for name, version in new.items()),
        }
    ]


def _installs(step: Step) -> bool:
    return bool(step.pins) or any("install" in command for command in step.commands)


def _list_dnf_kinds(place: HookLocation) -> list[str]:
    from neuron_pin.hooks.dnf import plugin_folders
    from neuron_pin.hooks.dnf5 import has_dnf5

    kinds = ["dnf4"] if plugin_folders(place) else []
    return [*kinds, "dnf5"] if has_dnf5(place) else kinds
