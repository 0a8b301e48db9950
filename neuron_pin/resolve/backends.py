"""What a lock says of names that stand for several backends (NP511)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from neuron_pin.catalog import Catalog, Package, public_version
from neuron_pin.catalog.backends import (
    describe_crossing,
    describe_move,
    find_other_companion,
    list_admitted,
    list_ranges,
)
from neuron_pin.errors import NoSolution
from neuron_pin.inputs import Requirement
from neuron_pin.policy import (
    Ecosystem,
    Form,
    NeuronVersion,
    Pin,
    PinComparison,
    PinPrecision,
    Rule,
    derive_pin,
)
from neuron_pin.sources.candidate import Candidate

from .resolution import LockedPackage, NeededIndex


def refuse_other_companions(requirements: Sequence[Requirement], catalog: Catalog) -> None:
    """Raise `NoSolution` for a requirement on what works with another backend alone than the one
    that another requirement asks for: no release can have both."""
    for requirement in requirements:
        package = catalog.packages.get(requirement.name)
        if package is None or not package.backends:
            continue
        own = list_admitted(package.backends, requirement.admits)
        for other in requirements if len(own) == 1 else ():
            foreign = find_other_companion(package.backends, own, other.name)
            if foreign is None:
                continue
            raise NoSolution(
                f"{requirement.text} and {other.text} are for different backends "
                f"({Rule.ANOTHER_BACKEND.identifier})",
                [
                    f"{requirement.text} ({requirement.origin}): {own[0].name} [{own[0].source}]",
                    f"{other.text} ({other.origin}): works with {foreign.name} alone "
                    f"[{foreign.source}]",
                ],
                hint=f"leave {other.name} out, or take {list_ranges(package.name, [foreign])}; "
                "who needs both makes two environments",
            )


def derive_member_pin(
    candidate: Candidate, package: Package, strength: PinPrecision
) -> tuple[NeuronVersion, Pin]:
    """The version of a release's member, and the pin that holds it.

    Releases list versions in the short form without their build.  That of an index is pinned as
    it is; without one, the closest honest pin is every build of the version.
    """
    listed = candidate.member.version if candidate.member is not None else candidate.version
    parsed = package.parse(listed)
    if parsed.form is not Form.SHORT_EXTENSION:
        return parsed, derive_pin(parsed, strength)
    if candidate.files:
        parsed = package.parse(public_version(candidate.version))
    elif strength is PinPrecision.EXACT and len(parsed.own) == _WITHOUT_BUILD:
        return parsed, Pin(parsed.public, PinComparison.PREFIX)
    return parsed, derive_pin(parsed, strength)


_WITHOUT_BUILD = 2
"""Own parts of a version in the short form that has no build: 3.0 of 2.14.3.0."""


def find_needed_indexes(
    packages: Iterable[LockedPackage], catalog: Catalog
) -> tuple[NeededIndex, ...]:
    """The indexes that locked packages need for their framework: where the framework is locked
    too, the one that it was taken from, which may be a mirror."""
    locked = {p.key.name: p for p in packages if p.key.ecosystem is Ecosystem.PIP}
    found = []
    for name, chosen in locked.items():
        package = catalog.packages.get(name)
        backend = package.find_backend(chosen.version) if package is not None else None
        if backend is None or not backend.framework_index:
            continue
        taken = [locked[each].source for each in sorted(backend.from_index) if each in locked]
        url = next(filter(None, taken), backend.framework_index)
        found.append(NeededIndex(url, tuple(sorted(backend.from_index)), name, backend.source))
    return tuple(found)


def describe_needed_indexes(
    needed: Iterable[NeededIndex], packages: Iterable[LockedPackage]
) -> Iterator[str]:
    """Which index has to be named to an installer for what the lock has not chosen itself."""
    names = {package.key.name for package in packages}
    for each in needed:
        if not names & set(each.packages):
            yield (
                f"{each.of} needs {', '.join(each.packages)} from {each.url}: add "
                f"--extra-index-url {each.url} [{each.source}]"
            )


def describe_changes(
    requirements: Sequence[Requirement],
    preferred: Mapping[str, str],
    chosen: Mapping[str, str],
    catalog: Catalog,
) -> Iterator[str]:
    """Of the packages that were chosen: that what was asked for reaches into another backend, or
    that the lock before had another one."""
    rule = Rule.ANOTHER_BACKEND.identifier
    for name, version in chosen.items():
        package = catalog.packages.get(name)
        if package is None or not package.backends:
            continue
        new = package.find_backend(version)
        old = package.find_backend(preferred.get(name, ""))
        if old is not None and new is not None and old != new:
            yield f"{describe_move(name, old, new)} ({rule})"
        for requirement in requirements:
            own = list_admitted(package.backends, requirement.admits)
            if requirement.name == name and requirement.range and len(own) > 1:
                yield (
                    f"{describe_crossing(name, requirement.text, own)}; this lock has "
                    f"{version}{f', {new.name}' if new else ''} ({rule})"
                )
