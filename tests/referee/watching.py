"""Every lock that a test makes in this process is verified by `check_lock`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neuron_pin.outputs.lock_json import lock_document
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution

from .check_lock import Checked, check

FOUND: list[Checked] = []
"""What was found in this process, lock by lock."""


def verified(make: Callable[..., Resolution]) -> Callable[..., Resolution]:
    """The function that makes locks, which fails for one that is wrong."""

    def watched(
        settings: Any, catalog: Any, requirements: Any, files: Any, **more: Any
    ) -> Resolution:
        resolution = make(settings, catalog, requirements, files, **more)
        asked = [*requirements, *(r for file in files for r in file.requirements)]
        texts = [
            f"{r.name}{f'[{chr(44).join(r.extras)}]' if r.extras else ''}{r.range}"
            + (f" ; {r.marker}" if r.marker else "")
            for r in asked
            if r.ecosystem is not Ecosystem.APT and r.ecosystem is not Ecosystem.RPM
            and r.name in {p.key.name for p in resolution.packages if p.key.ecosystem is Ecosystem.PIP}
        ]  # fmt: skip
        if texts and not settings.override:
            found = check(lock_document(resolution, ""), texts, resolution.target.python_full)
            FOUND.append(found)
            assert not found.problems, found.problems
        return resolution

    return watched
