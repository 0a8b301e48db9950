"""One file of a hook: its new text, from its present text and the lock."""

from __future__ import annotations

from collections.abc import Callable

from neuron_pin.fs.atomic import NEW_MODE
from neuron_pin.fs.ownership import mark
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.resolve import Resolution

from .location import OnError

PROGRAM_MODE = 0o755


class HookLock(NamedTuple):
    """What a hook enforces: the lock, the command that made it, and what to do where the hook
    cannot judge.  ``via`` is the address of the simple index that installers are pointed at,
    empty for none; then the lock may be empty.  ``is_expiry_chosen`` says that somebody chose the
    day of its review."""

    resolution: Resolution
    command: str
    on_error: OnError
    via: str = ""
    is_expiry_chosen: bool = False

    @property
    def chosen_expiry(self) -> str:
        """The day of review that somebody chose, as an ISO date; empty for none."""
        return self.resolution.expires if self.is_expiry_chosen else ""


class FileOwner(Enum):
    """Who owns a file."""

    PROGRAM = "program"
    """Ours, in a folder of ours: always replaced."""
    OURS = "ours"
    """Ours, in a folder of others: its first line says so, and an edit by hand is noticed."""
    SHARED = "shared"
    """Somebody else's, with our lines in it."""


Render = Callable[[HookLock], str]


class ManagedFile(NamedTuple):
    """A file of a hook.

    ``with_ours`` makes its text from the present one, ``without_ours`` removes ours again;
    neither writes anything, both raise `CannotWrite` or `BrokenSection`.  ``head`` is what a
    shared file begins with where we created it, and is removed with it.  ``stays`` keeps a
    shared file that is empty now: something else fails without it.  ``is_optional`` marks a
    file of ours that is not written where its new text is empty.
    """

    path: str
    owner: FileOwner
    with_ours: Callable[[str, HookLock], str]
    without_ours: Callable[[str], str] = lambda text: ""
    mode: int = NEW_MODE
    head: str = ""
    stays: bool = False
    is_optional: bool = False


def program(path: str, render: Render, mode: int = NEW_MODE) -> ManagedFile:
    """A file of ours in a folder of ours."""
    return ManagedFile(path, FileOwner.PROGRAM, lambda _, held: render(held), mode=mode)


def own_file(path: str, render: Render, *, is_optional: bool = False) -> ManagedFile:
    """A file of ours among others', marked as ours."""

    def made(_: str, held: HookLock) -> str:
        text = render(held)
        return mark(text) if text else ""

    return ManagedFile(path, FileOwner.OURS, made, is_optional=is_optional)
