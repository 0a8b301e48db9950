"""What an installed hook was told, which holds until an option says otherwise: whether it refuses
what it cannot judge, and a day of review that somebody chose.

So the commands that plans and refusals print, which install another lock, need not repeat them.
"""

from __future__ import annotations

import re
from datetime import date

from . import apt, dnf
from .installing import read_existing
from .location import HookKind, HookLocation, OnError
from .managed_file import HookLock
from .program.state import Unusable, read_state
from .programs import state_path


def read_on_error(place: HookLocation) -> str:
    """What the configuration of an installed hook of apt or dnf says, empty for nothing.

    Raises `CannotWrite` for what is not a file, and `UnreadableInput`.
    """
    path = apt.CONFIGURATION if place.kind is HookKind.APT else dnf.CONFIGURATION
    found = re.search(r"on.error = (\w+)", read_existing(place.below(path)))
    return found[1] if found else ""


def keep_settings(
    held: HookLock, place: HookLocation, on_error: str | None, expires: str | None, today: date
) -> tuple[HookLock, tuple[str, ...]]:
    """A lock with the settings of the hook that is installed at a place, where the options
    ``on_error`` and ``expires`` leave them open; and those settings, for people.

    A day of review that has passed is not kept: whoever installs a lock reviews it.
    """
    if place.kind not in (HookKind.APT, HookKind.DNF):
        return held, ()
    kept = []
    if on_error is None and read_on_error(place) == OnError.REFUSE.value:
        held = held._replace(on_error=OnError.REFUSE)
        kept.append("on-error = refuse")
    if expires is None:
        day = _read_chosen_expiry(place)
        if day > today.isoformat():
            resolution = held.resolution._replace(expires=day)
            held = held._replace(resolution=resolution, is_expiry_chosen=True)
            kept.append(f"expires on {day}")
    return held, tuple(kept)


def _read_chosen_expiry(place: HookLocation) -> str:
    """The ISO date that somebody chose, empty for none; a damaged state has none."""
    try:
        values = read_state(state_path(place)).values
    except Unusable:
        return ""
    return values["expires"] if values.get("expires-chosen") else ""
