"""Mounts by the system call: a thousand programs called mount would take longer than the hosts."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

MS_BIND = 4096
_LIBRARY = ctypes.CDLL(None, use_errno=True)


def mount(source: str | Path, target: Path, kind: str, flags: int = 0, data: str = "") -> None:
    """Mount; raises OSError."""
    code = _LIBRARY.mount(
        os.fsencode(source), os.fsencode(target), kind.encode(), flags, data.encode()
    )
    if code != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), f"mount {kind} {target}")


def bind(source: Path, target: Path) -> None:
    """Make a file or folder seen at another place, too."""
    mount(source, target, "none", MS_BIND)


def overlay(lower: list[Path], upper: Path, work: Path, target: Path) -> None:
    """Lay a folder for changes over others, the first of which is on top."""
    for folder in (upper, work, target):
        folder.mkdir(parents=True, exist_ok=True)
    layers = ":".join(map(str, lower))
    mount("overlay", target, "overlay", 0, f"lowerdir={layers},upperdir={upper},workdir={work}")


def unmount(target: Path) -> None:
    """Unmount; raises OSError."""
    if _LIBRARY.umount2(os.fsencode(target), 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), f"umount {target}")
