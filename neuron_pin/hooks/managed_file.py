"""One file of a hook: what it is to be, given what it is and the lock."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from neuron_pin.fs.atomic import NEW_MODE
from neuron_pin.fs.ownership import marked
from neuron_pin.resolve import Resolution

from .location import OnError

PROGRAM_MODE = 0o755


class Held(NamedTuple):
    """What a hook holds: the lock, the command that made it, and what to do where the hook
    cannot judge.  ``via`` is the address of the simple index that installers are pointed at,
    empty for none; then the lock may be empty."""

    resolution: Resolution
    command: str
    on_error: OnError
    via: str = ""


class Owner(Enum):
    """Whose file it is that a piece stands in."""

    PROGRAM = "program"
    """Ours, in a folder of ours: replaced whatever it has."""
    OURS = "ours"
    """Ours, in a folder of others: its first line says so, and an edit by hand is noticed."""
    SHARED = "shared"
    """Somebody else's: our lines stand in it."""


Render = Callable[[Held], str]


class Piece(NamedTuple):
    """A file of a hook.

    ``with_ours`` makes its text from the one that is there, ``without_ours`` takes ours out
    again; neither writes anything, both raise `CannotWrite` or `BrokenSection`.  ``head`` is
    what a shared file begins with where we made it, which goes with it.  ``stays`` keeps a
    shared file that has nothing in it any more: something else fails without it.
    ``is_optional`` is a file of ours that is not needed where its new text is empty.
    """

    path: str
    owner: Owner
    with_ours: Callable[[str, Held], str]
    without_ours: Callable[[str], str] = lambda text: ""
    mode: int = NEW_MODE
    head: str = ""
    stays: bool = False
    is_optional: bool = False


def program(path: str, render: Render, mode: int = NEW_MODE) -> Piece:
    """A file of ours in a folder of ours."""
    return Piece(path, Owner.PROGRAM, lambda _, held: render(held), mode=mode)


def own_file(path: str, render: Render, *, is_optional: bool = False) -> Piece:
    """A file of ours among others', marked as ours."""

    def made(_: str, held: Held) -> str:
        text = render(held)
        return marked(text) if text else ""

    return Piece(path, Owner.OURS, made, is_optional=is_optional)
