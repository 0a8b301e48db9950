"""The nodes and edges of the one graph: packages of every ecosystem, ``neuron-sdk``, and bonds.

A *bond* is a node for what packages have to agree on without needing each other: the
framework version of an environment, or the range of another package that one works with.
It binds and adds nothing.
"""

from __future__ import annotations

from neuron_pin.catalog import VersionRange, Window
from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem, PackageKey
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


def make_edge(requirement: Requirement, key: PackageKey, parent: str) -> DependencyEdge:
    """The edge for a requirement."""
    identifier = str(key)
    if requirement.extras:
        identifier += "[" + ",".join(sorted(requirement.extras)) + "]"
    exact = requirement.is_exact
    return DependencyEdge(identifier, key, requirement.extras, requirement, parent, is_exact=exact)


def make_bond(
    name: str, parent: str, *, value: str = "", window: Window | None = None
) -> DependencyEdge:
    key = PackageKey(Ecosystem.BOND, name)
    return DependencyEdge(
        COMPATIBILITY + name,
        key,
        parent=parent,
        value=value,
        range=window.range if window is not None else None,
        is_required=window is not None and window.required,
    )


def list_bond_values(needs: list[DependencyEdge]) -> list[ResolvedNode]:
    """A bond has one possible value: what somebody is, or that nobody is there."""
    value = next((need.value for need in needs if need.value), "")
    candidate = Candidate(needs[0].key, value, "")
    required = [need.range for need in needs if need.is_required and need.range is not None]
    # What is required comes in time, even if nobody has asked for it yet.
    if not all(admits(need, candidate) for need in needs):
        return []
    if len(required) > 1:
        # Imported here: few locks have two of them.
        from neuron_pin.catalog.environments import meet

        if not meet(required):
            return []
    return [ResolvedNode(needs[0].identifier, candidate)]


def admits(need: DependencyEdge, candidate: Candidate) -> bool:
    if need.requirement is not None:
        return need.requirement.admits(candidate.version)
    if need.value:
        return need.value == candidate.version
    if need.versions is not None:
        is_absent = need.key.ecosystem is Ecosystem.BOND and not candidate.version
        return is_absent or candidate.version in need.versions
    if need.range is not None:
        return not candidate.version or need.range.contains(candidate.version)
    return True
