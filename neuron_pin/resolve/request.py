"""What is asked of the graph."""

from __future__ import annotations

from collections.abc import Mapping

from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem, PinPrecision
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.target import Target


class NewerThanFacts(Enum):
    """What becomes of versions that are newer than every known release."""

    ALLOW = "allow"
    """They compete with those of known releases."""
    WARN = "warn"
    """They are named, and taken where nothing that is known meets a requirement."""
    REFUSE = "refuse"
    """They are excluded."""


class Preferences(NamedTuple):
    """What an existing lock has: its release, and versions by name.  They are kept as long
    as nothing speaks against them."""

    sdk: str
    versions: Mapping[str, str]


NO_PREFERENCES = Preferences("", {})


class Request(NamedTuple):
    """What is asked: requirements, constraints, the wanted release, how strong to pin.

    ``sdk`` is a requirement on ``neuron-sdk`` or none.  Without ``requirements`` every
    component that a release has for the target is asked for.  ``all_files`` wants every
    file of what is chosen, with hashes, and not only the best one.  ``unread`` are the ecosystems
    whose files nobody reads.  ``is_trial`` says that it shows what would work, and is given
    up where that is not soon found.
    """

    target: Target
    requirements: tuple[Requirement, ...]
    constraints: tuple[Requirement, ...]
    sdk: Requirement | None
    strength: PinPrecision
    all_files: bool = False
    preferred: Preferences = NO_PREFERENCES
    unread: frozenset[Ecosystem] = frozenset()
    is_trial: bool = False
