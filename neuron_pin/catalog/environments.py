"""Which Neuron packages do not go into one environment: each needs another range of a third."""

from __future__ import annotations

from collections.abc import Mapping

from neuron_pin.record import NamedTuple

from .backends import find_backend, find_other_companion
from .facts import Package, VersionRange, Window


class Side(NamedTuple):
    """A version of a package, and what it needs of another one, none for nothing."""

    name: str
    version: str
    window: Window | None

    @property
    def label(self) -> str:
        """``jax-neuronx 0.10.0.1.0.10466``."""
        return f"{self.name} {self.version}"


class Clash(NamedTuple):
    """Two versions that need ranges of one package which do not meet; or one that does not go
    with the other, which states no window then."""

    one: Side
    two: Side

    def describe(self) -> str:
        """Who needs what, and the sources."""
        one, two = self.one, self.two
        if two.window is None or one.window is None:
            window = one.window or two.window
            source = f" [{window.source}]" if window is not None else ""
            return f"{one.label} and {two.label} do not go together{source}"
        return (
            f"{one.label} needs {one.window.other} {one.window.range}, and {two.label} needs "
            f"{two.window.range} [{one.window.source}; {two.window.source}]"
        )


def list_required(package: Package | None, version: str, family: str | None) -> list[Window]:
    """What a version does not work without."""
    windows = package.windows if package is not None else ()
    return [w for w in windows if w.required and w.applies_to(version, family)]


def find_environment_clash(
    first: tuple[Package | None, str], second: tuple[Package | None, str], family: str | None
) -> Clash | None:
    """Why two packages, each with a version, do not go into one environment; none if they do."""
    (one, its_version), (two, other_version) = first, second
    if one is None or two is None or one.name == two.name:
        return None
    for own, other in (((one, its_version), two), ((two, other_version), one)):
        for window in own[0].windows:
            if window.other == other.name and window.range.is_empty:
                if window.applies_to(own[1], family):
                    sides = [
                        Side(each.name, version, window if each is own[0] else None)
                        for each, version in ((one, its_version), (two, other_version))
                    ]
                    return Clash(*sides)
    for mine in list_required(one, its_version, family):
        for theirs in list_required(two, other_version, family):
            if mine.other == theirs.other and not mine.range.meets(theirs.range):
                return Clash(
                    Side(one.name, its_version, mine), Side(two.name, other_version, theirs)
                )
    return None


def is_of_another_backend(clash: Clash, packages: Mapping[str, Package]) -> bool:
    """Whether two versions do not go together because one is for another backend that the name
    of the other stands for too."""
    for own, other in ((clash.one, clash.two), (clash.two, clash.one)):
        package = packages.get(own.name)
        backends = package.backends if package is not None else ()
        found = find_backend(backends, own.version)
        if found is not None and find_other_companion(backends, [found], other.name) is not None:
            return True
    return False


def meet(ranges: list[VersionRange]) -> bool:
    """Whether each two of some ranges meet."""
    return all(a.meets(b) for i, a in enumerate(ranges) for b in ranges[i + 1 :])
