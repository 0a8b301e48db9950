"""Remarks on a plan: the releases on the way, why a Python was chosen, and what stays."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog, public_version
from neuron_pin.catalog.known_in_part import describe_newer_releases
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.catalog.windows import Pair
from neuron_pin.inputs.state import State, find_release
from neuron_pin.operations.diff import Comparison
from neuron_pin.operations.lock_request import LockRequest
from neuron_pin.policy import Ecosystem, Phase
from neuron_pin.target import Scope

from .destination import TargetState, Wanted
from .hops import find_moves, find_pair
from .nearest import Beginning, find_upgrade, list_newer


def find_hops(
    start: State, destination: TargetState, catalog: Catalog
) -> tuple[tuple[str, ...], list[str]]:
    """The releases on the way, and remarks on them."""
    resolution = destination.resolution
    first = find_release(start, catalog) if start.versions else ""
    if not first:
        return (destination.sdk,), []
    own = find_pair(catalog, destination.sdk, resolution.target.family)
    old = {key.name: versions[0] for key, versions in start.versions.items()}
    if own is None or not old.keys() & {DRIVER, RUNTIME}:
        return (first, destination.sdk), []
    of_first = find_pair(catalog, first, resolution.target.family) or own
    before = Pair(
        public_version(old.get(DRIVER, of_first.driver)),
        public_version(old.get(RUNTIME, of_first.runtime)),
    )
    moves = find_moves(catalog, before, own, resolution.target.family)
    between = [move.sdk for move in moves if move.sdk]
    if not between:
        return (first, destination.sdk), []
    words = ", then ".join(
        f"{move.package} {move.version}" + (f" of SDK {move.sdk}" if move.sdk else "")
        for move in moves
    )
    note = (
        "the driver of one of these releases does not work with the runtime library of the other: "
        f"where containers and their host are updated apart, go by way of SDK {between[0]}: {words}"
    )
    if resolution.target.scope is Scope.BOTH:
        return (first, destination.sdk), [note]
    return (first, *dict.fromkeys(between), destination.sdk), [note]


def explain_python(request: LockRequest, destination: TargetState) -> str:
    """Why the environment gets its Python, empty where the user or the system chose it."""
    target, system = destination.resolution.target, destination.resolution.target.os
    if request.target_options.python or system is None or system.python in ("", target.python):
        return ""
    names = {root.key.name for root in destination.roots}
    listed = {
        python
        for member in request.catalog.members(destination.sdk)
        if member.package in names
        for python in member.pythons
    }
    others = [python for python in request.catalog.pythons if python in listed - {target.python}]
    chosen = f"; --python chooses another ({', '.join(others)})" if others else ""
    return (
        f"SDK {destination.sdk} has no packages for the Python {system.python} of {system.name}, "
        f"and {target.python} is the newest that it has{chosen}"
    )


def explain_standstill(
    request: LockRequest, destination: TargetState, wanted: Wanted, beginning: Beginning
) -> Iterator[str]:
    """Why a plan leads to no newer release though there is one, and what would."""
    if request.sdk is None:
        later = describe_newer_releases(request.catalog, destination.resolution.target.as_of)
        if later:
            yield f"{later}; no index was asked, and a lock that is not offline says what they have"
    newer = list_newer(request.catalog, beginning.sdk) if beginning.moves else []
    if request.sdk is not None or not newer or destination.sdk in newer:
        return
    for change, _, other in find_upgrade(request, wanted, beginning):
        left = ", ".join(requirement.name for requirement in other.left)
        yield f"no newer release has everything: {change} would leave out {left}"


def list_notes(
    comparison: Comparison,
    start: State,
    destination: TargetState,
    wanted: Wanted,
    catalog: Catalog,
) -> Iterator[str]:
    resolution = destination.resolution
    if start.versions and all(d.is_equal for d in comparison.differences):
        yield "these versions are installed already: only the environment is new, if any"
    yield from comparison.notes
    if any(d.backwards and d.key.ecosystem is Ecosystem.APT for d in comparison.differences):
        yield (
            "Ansible's apt module cannot go back to a version that pins of 990 and -1 allow, even "
            "with allow_downgrade: run this plan's apt-get install --allow-downgrades instead"
        )
    if start.versions:
        ended = [d.key.name for d in comparison.differences if d.phases[0] is Phase.EOS]
        if ended:
            yield f"out of support before this plan: {', '.join(ended)}"
        left = {requirement.name for requirement in wanted.left}
        kept = [
            d
            for d in comparison.differences
            if d.old and not d.new and not d.renamed_to and d.key.name not in left
        ]
        if kept:
            names = ", ".join(f"{d.key.name} {d.old[0]}" for d in kept)
            yield f"not changed by this plan: {names}"
    if destination.roots:
        yield (
            "packages other than Neuron packages are chosen by the installer; "
            "neuron-pin lock -o pylock.toml pins those too"
        )
    yield from resolution.warnings
    if resolution.support is not None:
        yield resolution.support.describe(resolution.target.as_of)
