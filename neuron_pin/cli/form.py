"""Which neuron-pin this is: its version, and whether its hot modules are compiled."""

from __future__ import annotations

import os

from neuron_pin import __version__


def is_compiled() -> bool:
    """Whether ``script/compiled`` built this: told by names of files, none of which is opened."""
    folder = os.path.join(os.path.dirname(os.path.dirname(__file__)), "resolve")
    try:
        names = os.listdir(folder)
    except OSError:
        # In a zip archive nothing is compiled.
        return False
    return any(name.startswith("forward.") and name.endswith((".so", ".pyd")) for name in names)


def describe_version() -> str:
    """The one line that ``--version`` prints."""
    return f"neuron-pin {__version__}" + (" (compiled)" if is_compiled() else "")
