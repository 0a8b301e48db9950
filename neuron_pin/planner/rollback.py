"""The commands that undo the steps of a plan, in their order."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

from neuron_pin.operations.own_program import name_program_for_root

from .step import Part, Step


def list_rollback(steps: Sequence[Step]) -> Iterator[str]:
    """The commands that undo each step, the last first; but pins and the hook's lock come before
    the packages, and the repository goes last."""
    last_first = steps[::-1]
    enforcing = (Part.PINS, Part.LOCK)
    pins = [step for step in last_first if step.part in enforcing]
    repositories = [step for step in last_first if step.part is Part.REPOSITORY]
    between = [step for step in last_first if step.part not in (*enforcing, Part.REPOSITORY)]
    for step in (*pins, *between, *repositories):
        prefix = "sudo " if step.as_root else ""
        for command in step.back:
            is_plain = prefix == "" or not re.search(r"\|\||&&", command)
            yield f"{prefix}{command}" if is_plain else f"{prefix}sh -c {shlex.quote(command)}"


def pass_hook(back: Iterator[str], *, is_refused: bool, is_moved: bool) -> Iterator[str]:
    """The commands that roll back, past a hook of apt that refuses what was installed before:
    it was moved to the new release already, or somebody overrode it."""
    install = "sudo apt-get install "
    for command in back:
        if not is_refused or not command.startswith(install):
            yield command
        elif is_moved:
            yield "# First install the lock of the old release, or the hook refuses the next line:"
            yield f"# sudo {name_program_for_root()} hook install apt --lock OLD.json"
            yield command
        else:
            yield command.replace(install, f"sudo env NEURON_PIN_ALLOW=NP306 {install[5:]}", 1)
