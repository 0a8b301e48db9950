"""Names that stand for several backends: ranges that reach into another, and packages beside one
that work with another alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from neuron_pin.catalog import Catalog, Package
from neuron_pin.catalog.backends import (
    Backend,
    describe_crossing,
    find_other_companion,
    list_admitted,
    list_ranges,
)
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, Rule

from .finding import Finding, Severity


def check_backends(group: Sequence[DetectedPackage], catalog: Catalog) -> Iterator[Finding]:
    """NP511: what is stated of a package whose name stands for several backends, in one
    environment: a range that allows more than one, and beside it what works with another one
    alone."""
    for statement in group:
        package = catalog.packages.get(statement.key.name)
        if package is None or not package.backends or statement.key.ecosystem is Ecosystem.SDK:
            continue
        own = list_stated(statement, package)
        if len(own) > 1 and statement.requirement is not None and statement.requirement.range:
            yield _cross(statement, package, own)
        for other in group if len(own) == 1 else ():
            foreign = find_other_companion(package.backends, own, other.key.name)
            if foreign is not None and other.key.ecosystem is Ecosystem.PIP:
                yield _clash(statement, other, own[0], foreign)


def select_backends(stated: Iterable[DetectedPackage], catalog: Catalog) -> list[DetectedPackage]:
    """The packages that stand for several backends, and those that work with one alone."""
    several = [package for package in catalog.packages_stating("backends") if package.backends]
    names = {package.name for package in several}
    names |= {c for package in several for backend in package.backends for c in backend.companions}
    return [statement for statement in stated if statement.key.name in names]


def list_stated(statement: DetectedPackage, package: Package) -> list[Backend]:
    """The backends that a version is, or that a range allows; none where nothing tells."""
    if statement.version:
        found = package.find_backend(statement.version)
        return [found] if found is not None else []
    if statement.requirement is None:
        return []
    return list_admitted(package.backends, statement.requirement.admits)


def _cross(statement: DetectedPackage, package: Package, own: Sequence[Backend]) -> Finding:
    assert statement.requirement is not None
    written = statement.requirement.text
    return Finding(
        Rule.ANOTHER_BACKEND,
        Severity.WARNING,
        package.name,
        describe_crossing(package.name, written, own),
        statement.place,
        f"write the one that the code is for: {list_ranges(package.name, own)}",
    )


def _clash(
    statement: DetectedPackage, other: DetectedPackage, own: Backend, foreign: Backend
) -> Finding:
    return Finding(
        Rule.ANOTHER_BACKEND,
        Severity.ERROR,
        f"{other.key.name} {other.version}".rstrip(),
        f"works with {foreign.name} alone, and {statement.key.name} beside it is {own.name} "
        f"[{foreign.source}; {own.source}]",
        other.place,
        f"leave {other.key.name} out, or take {statement.key.name}{foreign.versions}",
    )
