"""What takes the place of a package that newer releases do not ship."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from neuron_pin.policy import EventType

from .catalog import Catalog, canonicalize_name


class Successor(NamedTuple):
    """What an announcement or the catalog names in a package's place, and the announcement, empty
    for none; ``is_package`` is false for a product that no package is called after."""

    name: str
    source: str
    is_package: bool

    @property
    def label(self) -> str:
        """The name, with what it is where that is no package."""
        return self.name if self.is_package else f"{self.name}, which is not a package"


def find_successor(catalog: Catalog, name: str, as_of: date) -> Successor | None:
    """What was said by a day to take a package's place, none for nothing.

    An announcement counts before the catalog, the latest one before others.
    """
    for event in reversed(catalog.events_by_name.get(name, ())):
        is_replacement = event.type in (EventType.TRANSITION, EventType.NO_RELEASES)
        if is_replacement and event.stands(as_of) and event.replacement:
            return _successor(catalog, event.replacement, event.source)
    package = catalog.packages.get(name)
    if package is None or not package.replaced_by:
        return None
    return _successor(catalog, package.replaced_by, "")


def _successor(catalog: Catalog, name: str, source: str) -> Successor:
    return Successor(name, source, canonicalize_name(name) not in catalog.products)
