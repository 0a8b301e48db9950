"""pip: constraints and indexes in the configuration file of a scope, or one index alone."""

from __future__ import annotations

import os

from neuron_pin.outputs.constraints import render_bound_constraints, render_constraints

from .blocks import remove_blocks
from .location import HookLocation, HookScope
from .managed_file import FileOwner, HookLock, ManagedFile, own_file
from .pip_settings import edit_pip_conf, pip_options, via_options


def list_files(place: HookLocation) -> list[ManagedFile]:
    """The constraints, then the configuration that names them."""
    constraints, settings = list_paths(place)
    seen = constraints
    if place.scope is HookScope.SYSTEM:
        # pip reads the path on the machine, wherever its image is mounted now.
        seen = f"/{os.path.relpath(constraints, place.root)}"
    return [
        own_file(constraints, _constraints, is_optional=True),
        ManagedFile(
            settings,
            FileOwner.SHARED,
            lambda text, held: (
                edit_pip_conf(
                    settings, text, via_options(held.via, held.resolution, seen), via=held.via
                )
                if held.via
                else edit_pip_conf(settings, text, pip_options(held.resolution, seen))
            ),
            remove_blocks,
        ),
    ]


def _constraints(held: HookLock) -> str:
    """The lock's versions; bound to files where no index of ours serves them."""
    if not held.via:
        return render_bound_constraints(held.resolution, held.command)
    if not held.resolution.packages:
        return ""
    return render_constraints(held.resolution, held.command)


def list_paths(place: HookLocation) -> tuple[str, str]:
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
