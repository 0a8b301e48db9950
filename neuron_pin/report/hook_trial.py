"""The verdict of a hook on versions that somebody asks about, for people and programs."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

from neuron_pin.printable import join_printable

if TYPE_CHECKING:
    from neuron_pin.hooks.trial import Trial

SCHEMA_VERSION = 1


def render_hook_trial(trial: Trial) -> str:
    """A line for each change, with the reason below what is refused; at the end the command that
    installs what the lock has instead."""
    lines = [f"The lock is {trial.lock}."]
    for change in trial.changes:
        step = f"{change.old} -> {change.new}" if change.old else change.new
        outcome = f"refused ({change.rule})" if change.rule else "allowed"
        lines.append(f"{change.name} {step}: {outcome}")
        if change.reason:
            lines.append(f"  {change.reason}")
    lines += [f"note: {note}" for note in trial.notes]
    words = list(dict.fromkeys(word for change in trial.changes for word in change.install))
    if words:
        command = f"sudo {trial.installer} install {trial.option}".rstrip()
        lines += ["The lock allows:", f"  {command} {shlex.join(words)}"]
    return join_printable(lines)


def hook_trial_document(trial: Trial) -> str:
    """The JSON document, by docs/schemas/hook-test.schema.json."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "lock": trial.lock,
        "sdk": trial.sdk,
        "allowed": trial.is_allowed,
        "changes": [
            {
                "name": change.name,
                "installed": change.old,
                "version": change.new,
                "allowed": change.rule is None,
                "rule": change.rule,
                "reason": change.reason or None,
                "install": list(change.install),
            }
            for change in trial.changes
        ],
        "notes": list(trial.notes),
    }
    return json.dumps(document, indent=2) + "\n"
