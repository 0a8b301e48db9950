"""The target of a lock, an environment or a machine: what options leave open is as it is there."""

from __future__ import annotations

import os

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import find_system
from neuron_pin.inputs.file_kind import find_kind
from neuron_pin.policy import DEFAULT_PHASES
from neuron_pin.target import TargetOptions


def fill_in_place(options: TargetOptions, catalog: Catalog, place: str, root: str) -> TargetOptions:
    """The options with what they leave open taken from a place: a file, the folder of an
    environment, or ``host`` for the machine below ``root``.  Raises `UnreadableInput`."""
    if place == "host":
        from neuron_pin.target.detection import detect

        machine = detect(root)
        known = find_system(catalog, machine.os)
        return options.fill_in(machine.instance, known.name if known is not None else None)
    if os.path.isdir(place):
        from neuron_pin.inputs.host.distributions import environment_python

        return options.fill_in(python=environment_python(place))
    if place.endswith(".json") and find_kind(place).shown == "lock.json":
        return _fill_in_lock(options, place)
    from neuron_pin.inputs.locks.stated_target import read_stated_target

    return options.fill_in(*read_stated_target(place, catalog))


def _fill_in_lock(options: TargetOptions, path: str) -> TargetOptions:
    from neuron_pin.inputs.locks.lock_json import read_lock_json

    stated = read_lock_json(path).target
    options = options.fill_in(stated.instance, stated.os, stated.python)
    default = {phase.label for phase in DEFAULT_PHASES}
    return options._replace(
        phases=options.phases or tuple(p for p in stated.phases or () if p not in default),
        scope=stated.scope or options.scope,
        driver=options.driver or stated.driver or "",
    )
