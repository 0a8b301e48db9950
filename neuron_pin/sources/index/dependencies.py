"""What a distribution requires of others, for one target; and markers of requirements."""

from __future__ import annotations

from neuron_pin.record import NamedTuple
from neuron_pin.target import Target
from neuron_pin.target.tags import marker_environment


class Dependency(NamedTuple):
    """One requirement of a distribution that holds for a target.

    ``specifier`` is PEP 440, empty for any.  ``extra`` is the distribution's own extra that
    brings it, empty for always.
    """

    name: str
    extras: tuple[str, ...]
    specifier: str
    extra: str


class Metadata(NamedTuple):
    """What is used of METADATA; ``repairs`` say what was read as something else."""

    name: str
    version: str
    dependencies: tuple[Dependency, ...]
    repairs: tuple[str, ...]


def marker_holds(marker: str, target: Target) -> bool:
    """PEP 508: whether a marker of a requirement of the user's holds for the target."""
    from packaging.markers import Marker

    environment = marker_environment(target.python_full, target.platforms)
    return Marker(marker).evaluate({**environment, "extra": ""})
