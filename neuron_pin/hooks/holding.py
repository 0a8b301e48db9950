"""The lock that a hook is to hold, and whether it is meant for the place."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from neuron_pin.catalog import Catalog
from neuron_pin.policy.calendar import add_months
from neuron_pin.relocking import read_resolution
from neuron_pin.target import detect, parse_day

from .piece import Held
from .place import HookScope, OnError, Place

MONTHS = 6
"""How long a lock is held before somebody should look at it again: the time for which the
policy promises an earlier framework version regular updates."""


def held_lock(path: str, catalog: Catalog, on_error: OnError, expires: str | None) -> Held:
    """A lock.json, with the day on which to look at it again; raises `UnreadableInput` or
    `WrongUsage`."""
    resolution, command = read_resolution(path, catalog)
    day: date = (
        parse_day(expires, "--expires") if expires else add_months(resolution.target.as_of, MONTHS)
    )
    return Held(resolution._replace(expires=day.isoformat()), command, on_error)


def mismatches(held: Held, place: Place) -> Iterator[str]:
    """What the lock was made for and the machine is not."""
    if place.scope is not HookScope.SYSTEM:
        return
    machine, target = detect(place.root), held.resolution.target
    if (
        target.os is not None
        and machine.os
        and machine.os
        not in (
            target.os.name,
            *target.os.aliases,
        )
    ):
        yield f"the lock is for {target.os.name}, and {place.root} has {machine.os}"
    if target.instance and machine.instance and machine.instance != target.instance:
        yield f"the lock is for {target.instance}, and this machine is {machine.instance}"
