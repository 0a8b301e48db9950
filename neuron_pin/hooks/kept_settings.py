"""What an installed hook was told, which holds until an option says otherwise: whether it refuses
what it cannot judge, and a day of review that somebody chose.

So the commands that plans and refusals print, which install another lock, need not repeat them.
"""

from __future__ import annotations

import re
from datetime import date

from neuron_pin.errors import CannotWrite, UnreadableInput
from neuron_pin.record import NamedTuple

from . import apt, dnf, dnf5
from .installing import read_existing
from .location import HookKind, HookLocation, OnError
from .managed_file import HookLock
from .programs import state_path

_DAY = r"\d{4}-\d\d-\d\d"


class KeptSettings(NamedTuple):
    """``on_error`` is ``allow``, ``refuse``, or empty where nothing says it; ``expires`` is the
    ISO date that somebody chose, empty for none."""

    on_error: str
    expires: str

    def list_options(self, today: str) -> list[str]:
        """The options of ``hook install`` that repeat these settings; a day of review that has
        passed is left out."""
        refuses = self.on_error == OnError.REFUSE.value
        words = ["--on-error", self.on_error] if refuses else []
        return [*words, "--expires", self.expires] if self.expires > today else words


def read_kept_settings(place: HookLocation) -> KeptSettings:
    """What an installed hook of apt or dnf was told, by its configuration or by its state,
    whichever still says it: one of them may be damaged or gone."""
    paths: tuple[str, ...] = (dnf.CONFIGURATION, dnf5.ACTIONS)
    if place.kind is HookKind.APT:
        paths = (apt.CONFIGURATION,)
    configuration = "".join(_readable(place.below(path)) for path in paths)
    state = _readable(state_path(place))
    on_error = _find(r"on.error = (allow|refuse)\b", configuration)
    expires = _find(rf"expires = ({_DAY})\b", configuration)
    if not expires and re.search(r"^value\texpires-chosen\tyes$", state, re.M):
        expires = _find(rf"^value\texpires\t({_DAY})$", state)
    on_error = on_error or _find(r"^value\ton-error\t(allow|refuse)$", state)
    return KeptSettings(on_error, expires if _is_day(expires) else "")


def _readable(path: str) -> str:
    """The text of a file, empty for what cannot be read."""
    try:
        return read_existing(path)
    except (CannotWrite, UnreadableInput):
        return ""


def _find(expression: str, text: str) -> str:
    found = re.search(expression, text, re.M)
    return found[1] if found else ""


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def keep_settings(
    held: HookLock, place: HookLocation, on_error: str | None, expires: str | None, today: date
) -> tuple[HookLock, tuple[str, ...]]:
    """A lock with the settings of the hook that is installed at a place, where the options
    ``on_error`` and ``expires`` leave them open; and those settings, for people.

    A day of review that has passed is not kept: whoever installs a lock reviews it.
    """
    if place.kind not in (HookKind.APT, HookKind.DNF):
        return held, ()
    settings = read_kept_settings(place)
    kept = []
    if on_error is None and settings.on_error == OnError.REFUSE.value:
        held = held._replace(on_error=OnError.REFUSE)
        kept.append("on-error = refuse")
    if expires is None:
        day = settings.expires
        if day > today.isoformat():
            resolution = held.resolution._replace(expires=day)
            held = held._replace(resolution=resolution, is_expiry_chosen=True)
            kept.append(f"expires on {day}")
    return held, tuple(kept)
