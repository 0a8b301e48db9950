"""What a plan is made of."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from neuron_pin.operations.diff import Comparison
from neuron_pin.resolve import Resolution


class Part(Enum):
    """Which part of a machine a step is about; plans have them in this order."""

    CHECK = "checks"
    REPOSITORY = "repository"
    PINS = "pins"
    KERNEL = "kernel headers"
    DRIVER = "driver"
    RUNTIME = "runtime and tools"
    EFA = "efa"
    ENVIRONMENT = "environment"
    PROOF = "proof"


class WrittenFile(NamedTuple):
    """A file that a step writes whole, if it is not so already."""

    path: str
    text: str
    mode: str = "0644"


class Step(NamedTuple):
    """One step.

    ``name`` is a short word by which a script leaves the step out.  ``commands`` are lines
    for a POSIX shell, run after ``files`` are written; ``as_root`` says whose they are.
    ``pins`` are system packages, each with its version and the word for its package
    manager, which the step installs in one
    transaction with ``install``, a command that takes them, before its commands.  ``unless``
    is a test that holds where the step was done before.  ``stops`` says that nothing may use
    the devices meanwhile, ``reboot`` that it may need one.  ``back`` undoes the step.
    """

    part: Part
    name: str
    title: str
    commands: tuple[str, ...] = ()
    files: tuple[WrittenFile, ...] = ()
    pins: tuple[tuple[str, str, str], ...] = ()
    install: str = ""
    unless: str = ""
    as_root: bool = False
    stops: bool = False
    reboot: bool = False
    reason: str = ""
    back: tuple[str, ...] = ()


class Plan(NamedTuple):
    """The steps, first to last, from one state to another.

    ``back`` are the commands of the way back, in their order; ``notes`` is what the policy
    and the facts say of the way, ``hops`` the releases on it, first to last.
    """

    start: str
    resolution: Resolution
    comparison: Comparison
    steps: tuple[Step, ...]
    back: tuple[str, ...]
    hops: tuple[str, ...]
    notes: tuple[str, ...]
