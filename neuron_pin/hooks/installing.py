"""Hooks installed on a machine and removed again, each as a whole or not at all.

Every new text is made before anything is written; then files are replaced one by one, each
atomically, in an order in which nothing is called before it exists.
"""

from __future__ import annotations

import contextlib
import os
import shlex
from collections.abc import Callable, Sequence
from importlib import import_module
from urllib.parse import quote

from neuron_pin.errors import CannotWrite, UnreadableInput
from neuron_pin.fs.below import refuse_link_out
from neuron_pin.fs.ownership import Ownership, find_ownership
from neuron_pin.fs.reading import read_bounded
from neuron_pin.fs.sections import BrokenSection
from neuron_pin.inputs.host.hook_state import STATES
from neuron_pin.operations.write import MAX_BYTES, FileChange, write

from .location import HookKind, HookLocation, HookScope
from .managed_file import FileOwner, HookLock, ManagedFile
from .programs import FOLDER, LOG


def list_files(place: HookLocation) -> list[ManagedFile]:
    """The files of a kind of hook at a place, in the order in which they are written."""
    pieces: Callable[[HookLocation], list[ManagedFile]] = import_module(
        f"{__package__}.{place.kind.value}"
    ).list_files
    return pieces(place)


def prepare_install(
    place: HookLocation,
    held: HookLock,
    *,
    overwrite: bool,
    files: Sequence[ManagedFile] | None = None,
) -> list[FileChange]:
    """Every file's new text; writes nothing.  ``files`` are those to write, none for all of the
    hook.

    A file at one of our paths that is not ours, or was edited by hand, is refused unless
    ``overwrite``; then its text is kept beside the state, and restored when the hook is
    removed.  Raises `CannotWrite` or `WrongUsage`.
    """
    if place.kind is HookKind.DNF and files is None:
        from .dnf import check_machine

        check_machine(place)
    found = []
    for piece in list_files(place) if files is None else files:
        before = read_existing(piece.path)
        if (
            piece.owner is FileOwner.OURS
            and before
            and find_ownership(before) is not Ownership.OURS
        ):
            if not overwrite:
                raise CannotWrite(
                    piece.path,
                    "has been edited by hand since neuron-pin wrote it"
                    if find_ownership(before) is Ownership.EDITED
                    else "exists already, and was not written by neuron-pin",
                    hint="--overwrite replaces it and keeps a copy, which hook remove restores; "
                    "--dry-run --overwrite shows the difference",
                )
            found.append(
                FileChange(_backup(place, piece), read_existing(_backup(place, piece)), before)
            )
        after: str | None = _edit(piece, before, held)
        if piece.is_optional and not after:
            after = None
        found.append(FileChange(piece.path, before, after, piece.mode))
    _refuse_links_out(place, found)
    return found


def prepare_removals(
    places: Sequence[HookLocation], *, overwrite: bool
) -> list[tuple[HookLocation, list[FileChange]]]:
    """What `prepare_removal` gives for each place, as one after another: the last hook takes the
    programs along that they share."""
    prepared: list[tuple[HookLocation, list[FileChange]]] = []
    gone: set[str] = set()
    for at, place in enumerate(places):
        kinds = [earlier.kind for earlier in places[:at]]
        changes = prepare_removal(place, overwrite=overwrite, without=kinds)
        changes = [file for file in changes if file.path not in gone]
        gone.update(file.path for file in changes if file.after is None)
        prepared.append((place, changes))
    return prepared


def prepare_removal(
    place: HookLocation,
    *,
    overwrite: bool,
    files: Sequence[ManagedFile] | None = None,
    without: Sequence[HookKind] = (),
) -> list[FileChange]:
    """Every file as it is without ours, in the reverse order; writes nothing.  ``files`` are
    those to remove, none for all of the hook.

    Files stay that another kind of hook needs, unless the machine is ``without`` that kind by then.
    The log stays: it is the record of refusals and overrides.  Raises `CannotWrite` for a file of
    ours that was edited by hand, unless ``overwrite``; then a copy of it is kept.
    """
    needed = {
        piece.path
        for kind in HookKind
        if kind is not place.kind and kind not in without and place.scope is HookScope.SYSTEM
        for other in [place._replace(kind=kind)]
        if is_installed(other)
        for piece in list_files(other)
    }
    found = []
    for piece in reversed(list_files(place) if files is None else files):
        if piece.path in needed or not os.path.lexists(piece.path):
            continue
        before = read_existing(piece.path)
        after: str | None = None
        if piece.owner is FileOwner.SHARED:
            after = _without(piece, before)
            if after == before:
                continue
            # A file that is empty now is removed: it was made for our lines.
            is_used = piece.stays or (after.strip() and after != piece.head)
            after = after if is_used else None
        elif piece.owner is FileOwner.OURS:
            owner = find_ownership(before)
            backup = read_existing(_backup(place, piece))
            if owner is Ownership.FOREIGN:
                continue
            if owner is Ownership.EDITED and not overwrite:
                raise CannotWrite(
                    piece.path,
                    "has been edited by hand since neuron-pin wrote it",
                    hint="--overwrite removes it and keeps a copy",
                )
            if owner is Ownership.EDITED:
                copy = f"{_backup(place, piece)}.edited"
                found.append(FileChange(copy, read_existing(copy), before))
            after = backup or None
            if backup:
                found.append(FileChange(_backup(place, piece), backup, None))
        found.append(FileChange(piece.path, before, after, piece.mode))
    _refuse_links_out(place, found)
    return found


def _refuse_links_out(place: HookLocation, files: Sequence[FileChange]) -> None:
    """Raise `CannotWrite` where a file of a machine below a root would be one of this machine."""
    if place.is_elsewhere:
        for file in files:
            refuse_link_out(place.root, file.path)


def list_logs(place: HookLocation) -> list[str]:
    """The logs of a place's hook that exist; removal keeps them."""
    if place.kind not in (HookKind.APT, HookKind.DNF):
        return []
    return [path for path in (place.below(LOG), place.below(f"{LOG}.1")) if os.path.isfile(path)]


def is_program(path: str, place: HookLocation) -> bool:
    """Whether a file is one of those that the hook itself reads and nobody edits: its programs,
    the state, copies of replaced files."""
    folders = (place.below(FOLDER), place.below(STATES))
    return path.startswith(tuple(f"{folder}/" for folder in folders))


def carry_out(
    place: HookLocation, prepared: Sequence[FileChange], again: Sequence[str]
) -> list[str]:
    """Write and remove; gives the paths where something was done.

    ``again`` is the command line, shown where root has to run it; empty for a program's call.
    Raises `CannotWrite`, before anything is written, where this user may not write.
    """
    changed = [file for file in prepared if file.changes]
    for file in changed:
        _check_may_write(file.path, place, again)
    for folder in {os.path.dirname(file.path): None for file in changed if file.after is not None}:
        try:
            os.makedirs(folder, mode=0o755, exist_ok=True)
        except OSError as error:
            raise CannotWrite(folder, f"cannot be created: {error.strerror}") from None
    done = [path for path, was_done in write(changed) if was_done]
    if any(file.after is None for file in changed):
        _remove_empty_folders(place, [file.path for file in changed])
    return done


def is_installed(place: HookLocation) -> bool:
    """Whether a place has files that only this kind of hook writes."""
    for piece in list_files(place):
        text = read_existing(piece.path)
        if piece.owner is FileOwner.OURS and text and find_ownership(text) is not Ownership.FOREIGN:
            return True
        if piece.owner is FileOwner.SHARED and text:
            with contextlib.suppress(CannotWrite):
                if _without(piece, text) != text:
                    return True
    return False


def read_existing(path: str) -> str:
    """A file's text, empty for none; raises `CannotWrite` for what is not a file."""
    if not os.path.lexists(path):
        return ""
    if os.path.islink(path) or not os.path.isfile(path):
        raise CannotWrite(path, "is not a regular file; it was not changed")
    return read_bounded(path, MAX_BYTES).decode("utf-8", "surrogateescape")


def read_if_any(path: str) -> str:
    """A file's text; empty for what is not a file, or cannot be read."""
    try:
        return read_existing(path)
    except (CannotWrite, UnreadableInput):
        return ""


def _edit(piece: ManagedFile, before: str, held: HookLock) -> str:
    try:
        return piece.with_ours(before, held)
    except BrokenSection as error:
        raise _broken(piece, error) from None


def _without(piece: ManagedFile, before: str) -> str:
    try:
        return piece.without_ours(before)
    except BrokenSection as error:
        raise _broken(piece, error) from None


def _broken(piece: ManagedFile, error: BrokenSection) -> CannotWrite:
    return CannotWrite(
        f"{piece.path}:{error.line}", f"{error}", hint="correct or remove the markers by hand"
    )


def _backup(place: HookLocation, piece: ManagedFile) -> str:
    return os.path.join(place.backups, quote(os.path.abspath(piece.path), safe=""))


def _check_may_write(path: str, place: HookLocation, again: Sequence[str]) -> None:
    folder = os.path.dirname(path)
    while not os.path.isdir(folder) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    if os.access(folder, os.W_OK | os.X_OK):
        return
    needs_root = place.scope is HookScope.SYSTEM and os.geteuid() != 0
    raise CannotWrite(
        path,
        "only root can write here" if needs_root else f"{folder} is not writable",
        hint=("run: sudo " + shlex.join(again) if again else "run it as root")
        if needs_root
        else "",
    )


def _remove_empty_folders(place: HookLocation, paths: Sequence[str]) -> None:
    """Remove folders that were made for our files alone, where they are empty."""
    ours = {place.below(FOLDER), place.below(STATES), place.backups}
    if place.kind in (HookKind.PIP, HookKind.UV):
        ours |= {os.path.dirname(path) for path in paths}
        ours |= {os.path.dirname(place.backups)}
    for folder in sorted(ours, key=len, reverse=True):
        if os.path.basename(folder) in ("neuron-pin", "backup", "pip", "uv"):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
