"""Which side of a container's wall a package belongs on, and why it is not for the other."""

from __future__ import annotations

from neuron_pin.catalog import Catalog, Package, Place
from neuron_pin.inputs import SDK_NAME, Requirement
from neuron_pin.policy import Ecosystem
from neuron_pin.target import Scope

Grounds = tuple[str, str]
"""Why a rule excludes a candidate: the reason, and the announcement, release or index that says
so."""

_ELSEWHERE = {
    Place.HOST: "belongs on the host, not in a container",
    Place.CLUSTER: "belongs to the Kubernetes cluster, not in the container of a workload",
    Place.CONTAINER: "belongs in the container, not on its host",
}


def judge_place(package: Package, scope: Scope) -> Grounds | None:
    """Why a package is not for one side of a container's wall, none if it is."""
    if scope.has(package.place):
        return None
    return _ELSEWHERE[package.place], package.place_source or "the vendor's container recipes"


def judge_name(requirement: Requirement, scope: Scope, catalog: Catalog) -> Grounds | None:
    """The same for what a requirement names.  A Python package that is not Neuron's is the
    container's, a system package may be for either side."""
    package = catalog.packages.get(requirement.name)
    if package is not None:
        return judge_place(package, scope)
    is_python = requirement.ecosystem in (None, Ecosystem.PIP) and requirement.name != SDK_NAME
    if scope is Scope.HOST and is_python:
        return _ELSEWHERE[Place.CONTAINER], "--scope host"
    return None
