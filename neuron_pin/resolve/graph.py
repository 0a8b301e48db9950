"""The nodes and edges of the one graph: packages of every ecosystem, ``neuron-sdk``, and bonds.

A *bond* is a node for what packages have to agree on without needing each other: the
framework version of an environment, or the range of another package that one works with.
It binds and adds nothing.
"""

from __future__ import annotations

from neuron_pin.catalog import VersionRange
from neuron_pin.inputs import Requirement
from neuron_pin.policy import PackageKey
from neuron_pin.record import NamedTuple
from neuron_pin.sources.candidate import Candidate

SDK_IDENTIFIER = "sdk:neuron-sdk"
COMPATIBILITY = "bond:"

DECIDED_FIRST = (SDK_IDENTIFIER, COMPATIBILITY)
"""How the identifiers begin of what is decided before any package, and has one value."""


class DependencyEdge(NamedTuple):
    """One edge of the graph: an identifier, and what it must satisfy.

    ``parent`` is who needs it: the origin of a user's requirement, or a package.  A bond
    carries a ``value`` (this is what I am) or a ``range`` (this is what I go with).
    """

    identifier: str
    key: PackageKey
    extras: frozenset[str] = frozenset()
    requirement: Requirement | None = None
    parent: str = ""
    value: str = ""
    range: VersionRange | None = None
    is_exact: bool = False
    """Whether it names one version."""
    is_required: bool = False
    """Of a range: whether the parent does not work where nothing of it is there."""
    versions: frozenset[str] | None = None
    """The versions that satisfy a relation between system packages, none for others."""
    text: str = ""

    def __str__(self) -> str:
        if self.text:
            return self.text
        if self.requirement is not None:
            return self.requirement.text
        if self.identifier.startswith(COMPATIBILITY):
            return f"{self.key.name} {self.value or self.range or ''}"
        return f"{self.key.name}=={self.value}" if self.value else self.key.name


class ResolvedNode(NamedTuple):
    """A node that has been decided: a candidate with extras, a release, or a bond's value."""

    identifier: str
    candidate: Candidate
    extras: frozenset[str] = frozenset()


class RequiredBy(NamedTuple):
    """A requirement, and the node that has it; none for a requirement of the user's."""

    requirement: DependencyEdge
    parent: ResolvedNode | None


class TooDeep(Exception):
    """A search of the graph was given up: there may be an answer."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
