"""Paths below a folder that is another machine: an image that is mounted there."""

from __future__ import annotations

import os

from neuron_pin.errors import CannotWrite


def refuse_link_out(root: str, path: str) -> None:
    """Raise `CannotWrite` where a folder of a path below ``root`` is a symbolic link that leads
    out of it: the file would be another machine's."""
    inside = os.path.realpath(root)
    at = root
    for part in os.path.relpath(os.path.dirname(path), root).split(os.sep):
        at = os.path.join(at, part)
        if os.path.islink(at) and os.path.commonpath((inside, os.path.realpath(at))) != inside:
            raise CannotWrite(path, f"{at} is a link that leads out of root")
