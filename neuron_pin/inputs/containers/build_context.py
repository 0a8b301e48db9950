"""Where the files lie that a build copies: beside the Dockerfile, or in a folder above it, which
``docker build -f docker/Dockerfile .`` begins with."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Sequence

MAX_ABOVE = 10
"""How many folders above a file are looked at for the repository that it is in."""


def find_in_context(path: str, copied: Iterable[str], guessed: Iterable[str] = ()) -> str:
    """The first of the copied files, relative to the folder of ``path`` or to one above it
    within its repository, else the first guessed one beside it; empty for none."""
    own = os.path.dirname(path)
    sources = [plain for name in copied if not (plain := _plain(name)).startswith("..")]
    beside = [plain for name in guessed if not (plain := _plain(name)).startswith("..")]
    for folder in [own, *(list_above(own) or ())] if sources else [own]:
        for name in [*sources, *beside] if folder == own else sources:
            where = os.path.join(folder, name)
            if os.path.isfile(where):
                return where if folder == own else os.path.normpath(where)
    return ""


def list_copied(copies: Sequence[tuple[str, str]], name: str) -> list[str]:
    """The files of the context that may be ``name`` in the image, where a folder was copied."""
    found = []
    for source, target in copies:
        folder = posixpath.normpath(target).rstrip("/")
        if not posixpath.isabs(name) and (folder == "." or posixpath.normpath(source) == "."):
            # In the working folder; of a context as a whole it is most often the target.
            found.append(posixpath.join(source, name))
        elif posixpath.normpath(name).startswith(f"{folder}/"):
            found.append(posixpath.join(source, posixpath.normpath(name)[len(folder) + 1 :]))
    return found


def _plain(name: str) -> str:
    return os.path.normpath(name.lstrip("/") or ".")


def list_above(own: str, most: int = MAX_ABOVE) -> list[str] | None:
    """The folders above one, at most so many, up to the one of its repository; `None` without a
    repository."""
    found: list[str] = []
    folder = own
    while len(found) <= most:
        if os.path.lexists(os.path.join(folder, ".git")):
            return found
        above = os.path.normpath(os.path.join(folder, os.pardir))
        if os.path.realpath(above) == os.path.realpath(folder or os.curdir):
            break
        found.append(above)
        folder = above
    return None
