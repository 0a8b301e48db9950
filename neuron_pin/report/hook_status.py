"""The state of hooks, for people and programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuron_pin.policy import Rule
from neuron_pin.printable import join_printable

if TYPE_CHECKING:
    from neuron_pin.catalog import FactsAge
    from neuron_pin.hooks.status import HookStatus

SCHEMA_VERSION = 1
NEWER = Rule.NEWER_THAN_FACTS.identifier
MAX_NAMED = 2
"""Packages that are named of several with the same reason."""


def render_hook_status(found: Sequence[HookStatus], *, verbose: bool) -> str:
    """A paragraph for each hook; with ``verbose`` every file and every pin without effect."""
    lines = []
    for status in found:
        held = f": {status.lock}" if status.lock else ""
        lines.append(f"{status.place}: {status.state}{held}")
        if status.expires:
            late = ", which has passed: the lock is enforced as it is" * status.is_overdue
            lines.append(f"  review by {status.expires}{late}")
        if status.newer:
            lines.append(f"  {_tell_newer(status)}")
        if status.on_error:
            lines.append(f"  on-error = {status.on_error}")
        lines += [f"  problem: {problem}" for problem in status.problems]
        by_reason: dict[str, list[str]] = {}
        for pin in status.ineffective:
            by_reason.setdefault(pin.reason, []).append(pin.name)
        for reason, names in by_reason.items():
            verb = "are " if len(names) > 1 and reason.startswith("is ") else ""
            reason = verb + reason.removeprefix("is ") if verb else reason
            lines.append(f"  no effect: {_count_pins(names, verbose=verbose)}: {reason}")
        if verbose:
            lines += [f"  {file.state:8}  {file.path}" for file in status.files]
    return join_printable(lines)


def _tell_newer(status: HookStatus) -> str:
    """NP510: which locked versions the facts of the lock do not know."""
    named = ", ".join(f"{name} {version}" for name, version in status.newer)
    verb = "is" if len(status.newer) == 1 else "are"
    of = status.facts or "the lock"
    return f"{named} {verb} newer than the facts of {of}: only the pin is enforced ({NEWER})"


def _count_pins(names: Sequence[str], *, verbose: bool) -> str:
    """One name, or how many pins there are and the first of them."""
    if len(names) == 1:
        return names[0]
    shown = list(names) if verbose else [*names[:MAX_NAMED], *(["…"] if names[MAX_NAMED:] else [])]
    return f"{len(names)} pins ({', '.join(shown)})"


def hook_status_document(found: Sequence[HookStatus], age: FactsAge) -> str:
    """The JSON document, by docs/schemas/hook-status.schema.json."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "facts": age.as_document(),
        "hooks": [
            {
                "kind": status.kind,
                "scope": status.scope,
                "place": status.place,
                "state": status.state,
                "lock": status.lock or None,
                "expires": status.expires or None,
                "overdue": status.is_overdue,
                "on_error": status.on_error or None,
                "facts": status.facts or None,
                "newer": [{"name": name, "version": v} for name, v in status.newer],
                "files": [file._asdict() for file in status.files],
                "moot": [pin._asdict() for pin in status.ineffective],
                "problems": list(status.problems),
            }
            for status in found
        ],
    }
    return json.dumps(document, indent=2) + "\n"
