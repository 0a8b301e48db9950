"""Edges of the graph: how they are made, and which candidates they admit."""

from __future__ import annotations

from neuron_pin.catalog import Window
from neuron_pin.inputs import Requirement
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.sources.candidate import Candidate

from .graph import COMPATIBILITY, DependencyEdge, ResolvedNode


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
