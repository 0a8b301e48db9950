"""What is known of the place where an error came up."""

from __future__ import annotations

from collections.abc import Mapping

from neuron_pin.catalog import OperatingSystem
from neuron_pin.record import NamedTuple

THIRD_PARTY = frozenset({"protobuf", "numpy", "requests", "urllib3", "torch", "torch-xla"})
"""Packages of others that decide between causes."""


class Known(NamedTuple):
    """What a machine, an environment or a lock says.  ``None`` is unknown everywhere.

    ``origin`` says in words where it is from, empty for nowhere.  ``versions`` are the packages
    that are there, by name, and ``has_system`` and ``has_python`` whether all system packages, or
    all Python packages, are among them: then what is not named is not there.  ``driver`` is the
    loaded one, empty for no driver loaded; ``kernel`` is as ``uname -r`` prints it.
    ``headers`` are the kernels that have headers, ``modules`` those that a driver is built for.
    """

    origin: str = ""
    versions: Mapping[str, str] = {}
    has_system: bool = False
    has_python: bool = False
    driver: str | None = None
    kernel: str = ""
    system: OperatingSystem | None = None
    family: str = ""
    python: str = ""
    venv: str = ""
    has_devices: bool | None = None
    headers: frozenset[str] | None = None
    modules: frozenset[str] | None = None
