"""A case, an answer, and the question that every condition asks: which version is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from neuron_pin.catalog import Catalog
from neuron_pin.policy import Ecosystem
from neuron_pin.record import NamedTuple

from .known import Known


class Case(NamedTuple):
    """What a condition is decided by: the place, the catalog, and the groups of the message."""

    known: Known
    catalog: Catalog
    groups: Mapping[str, str]


class Answer(NamedTuple):
    """Whether a condition is true, `None` for unknown, and the fact in words."""

    truth: bool | None
    fact: str

    @property
    def negated(self) -> Answer:
        """The answer to the opposite, for the same fact."""
        return self._replace(truth=None if self.truth is None else not self.truth)


Decide = Callable[..., Answer]


def find_version(case: Case, name: str) -> Answer:
    """Whether a package is there; the fact is its version, or what would decide."""
    version = case.known.versions.get(name)
    if version is not None:
        return Answer(True, f"{name} {version} {verb(case)}")
    package = case.catalog.packages.get(name)
    is_system = package is not None and Ecosystem.PIP not in package.systems
    if case.known.has_system if is_system else case.known.has_python:
        return Answer(False, f"{name} {verb(case, negative=True)}")
    return Answer(None, f"which {name} is installed")


def verb(case: Case, *, negative: bool = False) -> str:
    """What is said of a version that is there, or is not: of a lock, or of what is installed."""
    if case.known.origin.endswith(".json"):
        return "is not in the lock" if negative else "is in the lock"
    return "is not installed" if negative else "is installed"
