"""The steps of a plan, each done unless it was done before; or only looked at."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Mapping

from neuron_pin.errors import NeuronPinError
from neuron_pin.planner import Part, Step
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.report.shell import render_step, render_test

REBOOT = 75
"""The exit code of a step after which the machine has to be rebooted: EX_TEMPFAIL."""
MAX_OUTPUT = 4000


class StepState(Enum):
    """What became of a step, or in a check what would."""

    DONE = "done"
    """It was done before, or is a check that succeeded."""
    CHANGED = "changed"
    SKIPPED = "skipped"
    PENDING = "pending"
    """It waits for a reboot."""


class StepResult(NamedTuple):
    """A step, and what became of it."""

    step: Step
    state: StepState

    def as_row(self) -> dict[str, str]:
        """For a controller."""
        return {
            "name": self.step.name,
            "part": self.step.part.value,
            "title": self.step.title,
            "state": self.state.value,
        }


class StepFailed(NeuronPinError):
    """A step failed; ``results`` are those before it, ``output`` the end of what it said."""

    def __init__(self, step: Step, message: str, output: str = "") -> None:
        self.step = step
        self.output = output
        self.results: tuple[StepResult, ...] = ()
        said = f": {output.strip()}" if output.strip() else ""
        super().__init__(f"{step.title}: {message}{said}")


class RebootNeeded(Exception):
    """The step is done, and the machine has to be rebooted before the next."""


def is_done(step: Step) -> bool:
    """Whether a step has nothing to do, but for installing packages; nothing is changed.

    A check that fails raises `StepFailed`.
    """
    if step.part is Part.CHECK:
        for command in step.commands:
            done = _shell(command)
            if done.returncode:
                found = _shell(step.found).stdout.strip() if step.found else ""
                raise StepFailed(step, "failed", f"found {found}" if found else step.reason)
        return True
    if step.part is Part.PROOF:
        return True
    if step.unless:
        return step.unless == "true" or _shell(step.unless).returncode == 0
    return False


def find_revision(name: str, version: str, *, is_apt: bool) -> str:
    """A version as the configured repositories have it, with its revision; the version itself
    where they do not tell."""
    if not is_apt:
        form = "%{epoch}:%{version}-%{release}\n"
        words = 'dnf -q --cacheonly repoquery --latest-limit 1 --qf "$1" "$2" 2>/dev/null'
        lines = _shell(words, form, f"{name}-{version}").stdout.splitlines()
        found = next((line for line in lines if line.partition(":")[2].startswith(version)), "")
        return found or version
    done = _shell(render_test("pin", is_apt=is_apt), name, version)
    found = done.stdout.strip().partition("=")[2]
    return found if done.returncode == 0 and found.startswith(version) else version


def check_idle(step: Step, *, is_apt: bool) -> None:
    """Raise `StepFailed` where something uses the devices that a step stops."""
    if step.stops and _shell(render_test("idle", is_apt=is_apt)).returncode:
        message = "processes use Neuron devices; stop them first (fuser -v /dev/neuron*)"
        raise StepFailed(step, message)


def do_step(step: Step, *, is_apt: bool, skip: Collection[str] = ()) -> None:
    """Do a step with the guards of the plan's own script.  Raises `StepFailed`, and
    `RebootNeeded` where it is done but has no effect before a reboot."""
    environ = {"NEURON_PIN_SKIP": " ".join(skip)}
    done = _shell(render_step(step, is_apt=is_apt), environ=environ)
    if done.returncode == REBOOT:
        raise RebootNeeded
    if done.returncode:
        raise StepFailed(step, f"exit code {done.returncode}", done.stdout[-MAX_OUTPUT:])


def _shell(
    script: str, *arguments: str, environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "-c", script, "neuron-pin", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
        | dict(environ or {}),
        check=False,
    )
