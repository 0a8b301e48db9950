"""Whether host and containers can be moved one after the other, or need a release between.

The driver is the host's, the runtime library the containers'.  Each must work with the other
after every single move.
"""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog, sdk_key, version_numbers
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.catalog.windows import Pair, find_clash
from neuron_pin.record import NamedTuple

MAX_MOVES = 4


class Move(NamedTuple):
    """An update of one of the two: the package, its new version and the release that ships it."""

    package: str
    version: str
    sdk: str


def find_moves(catalog: Catalog, start: Pair, end: Pair, family: str | None) -> list[Move]:
    """The fewest moves from one pair to the other of which each leaves a pair that works.

    Releases in between are taken the newest first.  Empty where there is no such way, or
    nothing to move.
    """
    releases = _pairs(catalog, family)
    low = min(version_numbers(start.driver), version_numbers(end.driver))
    high = max(version_numbers(start.driver), version_numbers(end.driver))
    between = [(sdk, pair) for sdk, pair in releases if low <= version_numbers(pair.driver) <= high]
    paths: list[tuple[Pair, list[Move]]] = [(start, [])]
    seen = {start}
    for _ in range(MAX_MOVES):
        longer: list[tuple[Pair, list[Move]]] = []
        for pair, moves in paths:
            for move, after in _moves(pair, end, between):
                if after in seen or find_clash(catalog, after, family):
                    continue
                seen.add(after)
                path = [*moves, move]
                if after == end:
                    return path
                longer.append((after, path))
        paths = longer
    return []


def _moves(pair: Pair, end: Pair, between: list[tuple[str, Pair]]) -> Iterator[tuple[Move, Pair]]:
    for sdk, other in [("", end), *between]:
        if other.driver != pair.driver:
            yield Move(DRIVER, other.driver, sdk), pair._replace(driver=other.driver)
        if other.runtime != pair.runtime:
            yield Move(RUNTIME, other.runtime, sdk), pair._replace(runtime=other.runtime)


def find_pair(catalog: Catalog, sdk: str, family: str | None) -> Pair | None:
    """A release's own driver and runtime library, none if it does not have both."""
    return dict(_pairs(catalog, family)).get(sdk)


def _pairs(catalog: Catalog, family: str | None) -> list[tuple[str, Pair]]:
    """Each release's own driver and runtime library, newest release first."""
    found = []
    for release in sorted(catalog.releases, key=lambda r: sdk_key(r.sdk), reverse=True):
        versions = {
            member.package: member.version
            for member in (catalog.members(release.sdk) if release.listed else ())
            if member.package in (DRIVER, RUNTIME) and member.is_for(family)
        }
        if len(versions) == 2:
            found.append((release.sdk, Pair(versions[DRIVER], versions[RUNTIME])))
    return found
