"""New majors: which pins ask for a major version that no known release has."""

from __future__ import annotations

from neuron_pin.catalog import Catalog
from neuron_pin.inputs import Requirement


def names_major(requirement: Requirement, catalog: Catalog) -> bool:
    """Whether a pin is one of a new major: it matches nothing that a known release ships."""
    pin = requirement.pin
    return pin is not None and not any(map(pin.matches, catalog.shipped(requirement.name)))
