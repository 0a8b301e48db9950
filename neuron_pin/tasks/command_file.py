"""The program, put where people find it."""

from __future__ import annotations

import os
import sys
import zipfile

from neuron_pin.errors import WrongUsage
from neuron_pin.fs.atomic import write_atomically
from neuron_pin.fs.below import refuse_link_out
from neuron_pin.fs.reading import read_bounded

MAX_BYTES = 64 * 1024 * 1024
MODE = 0o755


def place_command(path: str, root: str, *, is_check: bool) -> bool:
    """Make a file below a root the program that runs; whether that changes it, or would.

    Raises `CannotWrite`, and `WrongUsage` where the program is not one file.
    """
    if not os.path.isabs(path):
        raise WrongUsage(f"command: {path!r} is not an absolute path")
    own = sys.argv[0]
    if not zipfile.is_zipfile(own):
        raise WrongUsage("command: only neuron-pin.pyz can be put elsewhere")
    program = read_bounded(own, MAX_BYTES)
    path = os.path.join(root, path.lstrip("/"))
    refuse_link_out(root, path)
    if _is_program(path, program):
        return False
    if not is_check:
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
        write_atomically(path, program, new_mode=MODE)
        os.chmod(path, MODE)
    return True


def _is_program(path: str, program: bytes) -> bool:
    """Whether a file has these bytes and the mode of a program."""
    try:
        about = os.lstat(path)
        if about.st_size != len(program) or about.st_mode & 0o7777 != MODE:
            return False
        return read_bounded(path, MAX_BYTES) == program
    except OSError:
        return False
