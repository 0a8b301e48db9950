"""Other archives of a machine that have a version of the plan, as another file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from neuron_pin.audit.other_archives import OtherArchive, find_other_archives
from neuron_pin.errors import SourceFailed
from neuron_pin.policy import Ecosystem, PackageKey, Pin, PinComparison, Rule
from neuron_pin.resolve import Resolution


def find_shared(root: str, resolution: Resolution) -> tuple[OtherArchive, ...]:
    """The other archives of the machine below a root, empty for none, that have a version of the
    plan; what cannot be read has none.  Raises `UnreadableInput`."""
    if not root:
        return ()
    try:
        return tuple(find_other_archives(root, resolution.packages_of(Ecosystem.APT)))
    except SourceFailed:
        # apt itself fails on such a list, and doctor says so.
        return ()


def find_shared_back(
    root: str, resolution: Resolution, before: Mapping[PackageKey, Sequence[str]]
) -> tuple[OtherArchive, ...]:
    """The same of the versions that are installed ``before``, which a rollback goes back to."""
    old = [
        package._replace(pin=Pin(before[package.key][0], PinComparison.FULL))
        for package in resolution.packages_of(Ecosystem.APT)
        if before.get(package.key)
    ]
    return find_shared(root, resolution._replace(packages=tuple(old)))


def warn_of_shared(
    shared: Sequence[OtherArchive], names: Sequence[str], by_name: Collection[str]
) -> Iterator[str]:
    """Where apt may take the file of another archive, a line for each package."""
    first = {other.name: other for other in reversed(shared)}
    for name in names:
        if name not in first:
            continue
        told = f"{first[name].describe()} ({Rule.TWO_ARCHIVES.identifier}): "
        if name in by_name:
            yield f"{told}it is installed by its name alone, which takes what the pins prefer"
        else:
            yield (
                f"{told}with a version in the command apt takes the file of the archive that it "
                "reads first; disable that source before this step"
            )


def warn_of_way_back(shared: Sequence[OtherArchive], names: Sequence[str]) -> Iterator[str]:
    """Where a rollback may take the file of another archive: it names a version, as apt lowers a
    package by its name alone only where its pins force it to."""
    for name in names:
        other = next((other for other in shared if other.name == name), None)
        if other is not None:
            yield (
                f"{other.describe()} ({Rule.TWO_ARCHIVES.identifier}): disable that source before "
                "you roll back, as apt takes the file of the archive that it reads first"
            )
