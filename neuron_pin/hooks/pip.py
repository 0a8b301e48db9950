"""pip: constraints and indexes in the configuration file of a scope, or one index alone."""

from __future__ import annotations

import os

from neuron_pin.outputs.constraints import render_bound_constraints, render_constraints
from neuron_pin.record import NamedTuple

from .blocks import remove_blocks
from .location import HookLocation, HookScope
from .managed_file import FileOwner, HookLock, ManagedFile, own_file
from .pip_levels import ADDING, describe_replaced, find_command_sections, find_stronger
from .pip_settings import VIA_LABEL, edit_pip_conf, pip_options, read_own_options, via_options


def list_files(place: HookLocation) -> list[ManagedFile]:
    """The constraints, also those of builds, then the configuration that names them."""
    paths = list_paths(place)

    def edit(text: str, held: HookLock) -> str:
        wanted = _options(place, paths, held)
        commands = find_command_sections(place, paths.settings, wanted)
        return edit_pip_conf(paths.settings, text, wanted, via=held.via, commands=commands)

    return [
        own_file(paths.constraints, _constraints, is_optional=True),
        own_file(paths.builds, _build_constraints, is_optional=True),
        ManagedFile(paths.settings, FileOwner.SHARED, edit, remove_blocks),
    ]


def _options(place: HookLocation, paths: PipPaths, held: HookLock) -> dict[str, tuple[str, ...]]:
    seen = [paths.constraints, paths.builds if _build_constraints(held) else ""]
    if place.scope is HookScope.SYSTEM:
        # pip reads the path on the machine, wherever its image is mounted now.
        seen = [f"/{os.path.relpath(path, place.root)}" if path else "" for path in seen]
    if held.via:
        return via_options(held.via, held.resolution, *seen)
    return pip_options(held.resolution, *seen)


def _constraints(held: HookLock) -> str:
    """The lock's versions; bound to files where no index of ours serves them."""
    if not held.via:
        return render_bound_constraints(held.resolution, held.command)
    if not held.resolution.packages:
        return ""
    return render_constraints(held.resolution, held.command)


def _build_constraints(held: HookLock) -> str:
    """The same of Neuron's packages alone, for isolated builds; empty for none."""
    own = held.resolution.only_own()
    return _constraints(held._replace(resolution=own)) if own.packages else ""


def describe_other_levels(place: HookLocation, text: str) -> tuple[list[str], list[str]]:
    """What pip's other files and variables have to say beside the hook's own file, of which the
    text is given: what the hook takes out of force, and what takes the hook out of force."""
    path = list_paths(place).settings
    own = read_own_options(path, text)
    if f"\n{VIA_LABEL}" not in text:
        own = {name: values for name, values in own.items() if name in ADDING}
    return list(describe_replaced(place, path, text)), find_stronger(place, path, text, own)


class PipPaths(NamedTuple):
    """The files of a hook of pip: constraints, those of isolated builds, pip's configuration."""

    constraints: str
    builds: str
    settings: str


def list_paths(place: HookLocation) -> PipPaths:
    """Where a hook of pip has its files.  Source: pip, "Configuration"."""
    if place.scope is HookScope.SYSTEM:
        folder, settings = place.below("etc/neuron-pin"), place.below("etc/pip.conf")
    elif place.scope is HookScope.USER:
        folder = os.path.join(place.config, "neuron-pin")
        settings = os.path.join(place.config, "pip", "pip.conf")
    else:
        folder = os.path.join(place.venv, "neuron-pin")
        settings = os.path.join(place.venv, "pip.conf")
    return PipPaths(
        os.path.join(folder, "constraints.txt"),
        os.path.join(folder, "build-constraints.txt"),
        settings,
    )
