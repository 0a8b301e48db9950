"""pip: constraints and indexes in the configuration file of a scope."""

from __future__ import annotations

import os

from neuron_pin.outputs.constraints import render_bound_constraints

from .blocks import without_blocks
from .piece import Owner, Piece, own_file
from .pip_settings import edited, pip_options
from .place import HookScope, Place


def pieces(place: Place) -> list[Piece]:
    """The constraints, then the configuration that names them."""
    constraints, settings = paths(place)
    seen = constraints
    if place.scope is HookScope.SYSTEM:
        # What the file says is read on the machine, wherever its image lies now.
        seen = f"/{os.path.relpath(constraints, place.root)}"
    return [
        own_file(constraints, lambda held: render_bound_constraints(held.resolution, held.command)),
        Piece(
            settings,
            Owner.SHARED,
            lambda text, held: edited(settings, text, pip_options(held.resolution, seen)),
            without_blocks,
        ),
    ]


def paths(place: Place) -> tuple[str, str]:
    """The constraints file, and pip's configuration file.  Source: pip, "Configuration"."""
    if place.scope is HookScope.SYSTEM:
        return place.below("etc/neuron-pin/constraints.txt"), place.below("etc/pip.conf")
    if place.scope is HookScope.USER:
        return (
            os.path.join(place.config, "neuron-pin", "constraints.txt"),
            os.path.join(place.config, "pip", "pip.conf"),
        )
    return (
        os.path.join(place.venv, "neuron-pin", "constraints.txt"),
        os.path.join(place.venv, "pip.conf"),
    )
