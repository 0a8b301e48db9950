"""The parts of a plan."""

from __future__ import annotations

from neuron_pin.operations.diff import Comparison
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.resolve import Resolution


class Part(Enum):
    """Which part of a machine a step is about; plans have them in this order."""

    CHECK = "checks"
    LOCK = "lock"
    REPOSITORY = "repository"
    PINS = "pins"
    KERNEL = "kernel headers"
    DRIVER = "driver"
    RUNTIME = "runtime and tools"
    EFA = "efa"
    ENVIRONMENT = "environment"
    PROOF = "proof"


class WrittenFile(NamedTuple):
    """A file that a step writes as a whole, unless it has this text already."""

    path: str
    text: str
    mode: str = "0644"


class Step(NamedTuple):
    """One step.

    ``name`` is a short word by which a script skips the step.  ``commands`` are lines for a
    POSIX shell, run after ``files`` are written; ``as_root`` says that root runs them.  ``pins``
    are system packages, each with its version and the word for its package manager; the step
    installs them in one transaction with the command ``install``, before its commands.
    ``unless`` is a test that succeeds where the step was done before.  ``stops`` says that
    nothing may use the devices meanwhile, ``reboot`` that a reboot may be needed.  ``found`` is
    a command that prints what a check looked at.  ``warnings`` are what the step takes away.
    ``back`` undoes the step.
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
    found: str = ""
    warnings: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


class Plan(NamedTuple):
    """The steps, first to last, from one state to another.

    ``back`` are the commands that roll back, in their order; ``notes`` are remarks by the policy
    and the facts, ``hops`` the releases on the way, first to last.
    """

    start: str
    resolution: Resolution
    comparison: Comparison
    steps: tuple[Step, ...]
    back: tuple[str, ...]
    hops: tuple[str, ...]
    notes: tuple[str, ...]
