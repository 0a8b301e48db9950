"""Core metadata: what a distribution requires, for a target.

Source: core metadata specification; PEP 508 markers, evaluated for the target and not for
this machine.
"""

from __future__ import annotations

from neuron_pin.target import Target, marker_environment


def marker_holds(marker: str, target: Target, extras: frozenset[str]) -> bool:
    """Whether a marker holds for the target with any of the extras, or with none."""
    from packaging.markers import Marker

    parsed = Marker(marker)
    environment = marker_environment(target.python, target.platforms)
    return any(
        parsed.evaluate({**environment, "extra": extra}) for extra in (extras or frozenset({""}))
    )
