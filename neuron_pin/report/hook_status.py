"""The state of hooks, for people and programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from neuron_pin.printable import join_printable

if TYPE_CHECKING:
    from neuron_pin.hooks.status import HookStatus

SCHEMA_VERSION = 1


def render_hook_status(found: Sequence[HookStatus], *, verbose: bool) -> str:
    """A paragraph a hook; files only where something is wrong with them, or all."""
    lines = []
    for status in found:
        held = f": {status.lock}" if status.lock else ""
        lines.append(f"{status.place}: {status.state}{held}")
        if status.expires:
            lines.append(f"  to be looked at again by {status.expires}")
        if status.on_error:
            lines.append(f"  on-error = {status.on_error}")
        lines += [f"  problem: {problem}" for problem in status.problems]
        lines += [f"  moot: {pin.name}: {pin.reason}" for pin in status.ineffective]
        if verbose:
            lines += [f"  {file.state:8}  {file.path}" for file in status.files]
    return join_printable(lines)


def hook_status_document(found: Sequence[HookStatus]) -> str:
    """The JSON document, by docs/schemas/hook-status.schema.json."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "hooks": [
            {
                "kind": status.kind,
                "scope": status.scope,
                "place": status.place,
                "state": status.state,
                "lock": status.lock or None,
                "expires": status.expires or None,
                "on_error": status.on_error or None,
                "files": [file._asdict() for file in status.files],
                "moot": [pin._asdict() for pin in status.ineffective],
                "problems": list(status.problems),
            }
            for status in found
        ],
    }
    return json.dumps(document, indent=2) + "\n"
