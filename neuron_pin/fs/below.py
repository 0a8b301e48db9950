"""Paths below a folder that is another machine: an image that is mounted there."""

from __future__ import annotations

import os


def find_link_out(root: str, path: str) -> str:
    """The symbolic link among the folders of a path below ``root`` that leads out of it, empty
    where none does."""
    inside = os.path.realpath(root)
    at = root
    for part in os.path.relpath(os.path.dirname(path), root).split(os.sep):
        at = os.path.join(at, part)
        if os.path.islink(at) and os.path.commonpath((inside, os.path.realpath(at))) != inside:
            return at
    return ""
