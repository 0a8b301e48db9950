"""What to install, or else what comes nearest: alternatives that were planned before they are told.

Whoever has a machine and asks for an upgrade is offered neither another machine nor a release
that is no newer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType

from neuron_pin.catalog import Catalog, sdk_key
from neuron_pin.catalog.newness import get_system
from neuron_pin.errors import Change, NoSolution, Relaxation
from neuron_pin.operations.alternatives import Tries, find_alternatives
from neuron_pin.operations.lock_request import LockRequest, parse_sdk
from neuron_pin.record import NamedTuple

from .destination import TargetState, Wanted, find_target_state
from .losses import leave_out

MAX_TRIES = 60
"""Locks that are tried to find what works instead of a request that does not."""

MAX_RELEASES = 3
"""Newer releases that are tried by name."""


class Beginning(NamedTuple):
    """Where a plan begins: ``is_there`` says that something is installed, ``is_host`` that it
    is a machine that was read, ``sdk`` its release, empty for unknown.

    ``moves`` says that what is installed is what is wanted, ``has_python`` that the Python is the
    lock's, not an option's.  ``frameworks`` are what ``--framework`` would ask for instead.
    """

    is_there: bool = False
    is_host: bool = False
    sdk: str = ""
    moves: bool = False
    has_python: bool = False
    frameworks: Mapping[str, Wanted] = MappingProxyType({})


def find_destination(request: LockRequest, wanted: Wanted, beginning: Beginning) -> TargetState:
    """What `find_target_state` finds; raises `NoSolution` with alternatives that work."""
    try:
        return find_target_state(request, wanted)
    except NoSolution as error:
        error.relaxations = _nearest(request, wanted, beginning)
        raise


def list_newer(catalog: Catalog, sdk: str) -> list[str]:
    """The releases after another, newest first; none for an unknown one."""
    if not sdk:
        return []
    listed = (release.sdk for release in catalog.releases if release.listed)
    return sorted((r for r in listed if sdk_key(r) > sdk_key(sdk)), key=sdk_key, reverse=True)


def _nearest(request: LockRequest, wanted: Wanted, beginning: Beginning) -> tuple[Relaxation, ...]:
    """What would work, proven by finding it."""
    newer = list_newer(request.catalog, beginning.sdk)
    is_upgrade = any(request.sdk is None or request.sdk.admits(sdk) for sdk in newer)
    work = partial(_find_newer, newer if is_upgrade else None)
    changes = (
        (change, partial(work, other_request, other))
        for change, other_request, other in _changes(request, wanted, beginning)
    )
    return find_alternatives(changes, _outcome, Tries(MAX_TRIES), distinct=True)


def _find_newer(newer: list[str] | None, request: LockRequest, wanted: Wanted) -> TargetState:
    """What `find_target_state` finds if it is one of these releases, which may be any."""
    found = find_target_state(request, wanted)
    if newer is not None and found.sdk not in newer:
        raise NoSolution(f"SDK {found.sdk} is no upgrade")
    return found


def _outcome(found: TargetState) -> str:
    roots = [f"{root.key.name} {root.version}" for root in found.roots[:2]]
    release, python = found.resolution.sdk, found.resolution.target.python
    return ", ".join([f"SDK {release}", *roots, f"Python {python}"])


Alternative = tuple[Change, LockRequest, Wanted]


def _changes(request: LockRequest, wanted: Wanted, beginning: Beginning) -> Iterator[Alternative]:
    phases = request.target_options.phases
    yield from _single(request, wanted, beginning)
    if "eos" not in phases:
        eos = request.with_target(phases=(*phases, "eos"))
        for change, other_request, other in _single(eos, wanted, beginning):
            both = Change((("--phase", "eos"), *change.options))
            yield both, other_request, other


def _single(request: LockRequest, wanted: Wanted, beginning: Beginning) -> Iterator[Alternative]:
    options = request.target_options
    if "eos" not in options.phases:
        eos = request.with_target(phases=(*options.phases, "eos"))
        yield Change((("--phase", "eos"),)), eos, wanted
    if wanted.framework_version:
        if "beta" not in options.phases:
            # A Beta is never what was meant, unless its version was named.
            beta = request.with_target(phases=(*options.phases, "beta"))
            yield Change((("--phase", "beta"),)), beta, wanted
        other = wanted._replace(framework_version="")
        yield Change((("--framework-version", None),)), request, other
    if request.sdk is not None:
        everything = wanted._replace(named=(*wanted.named, *wanted.left), left=())
        yield Change((("--to", None),)), request._replace(sdk=None), everything
    yield from _pythons(request, wanted, beginning)
    if beginning.moves:
        yield from find_upgrade(request, wanted, beginning)
    if not beginning.is_host:
        yield from _systems(request, wanted, beginning)
    for name, instead in beginning.frameworks.items():
        yield Change((("--framework", name),)), request, instead
    if not beginning.is_there:
        for family in sorted(request.catalog.instances, reverse=True):
            if family != options.instance:
                other_family = request.with_target(instance=family)
                yield Change((("--instance", family),)), other_family, wanted


def find_upgrade(
    request: LockRequest, wanted: Wanted, beginning: Beginning
) -> Iterator[Alternative]:
    """The newest release that works by its name, without what it does not have."""
    everything = wanted._replace(named=(*wanted.named, *wanted.left), left=())
    for sdk in list_newer(request.catalog, beginning.sdk)[:MAX_RELEASES]:
        if request.sdk is not None and request.sdk.admits(sdk):
            continue
        newer = request._replace(sdk=parse_sdk(sdk, request.catalog))
        fewer, change = leave_out(newer, everything), (("--to", sdk),)
        found = [(Change(change), newer, fewer)]
        for other, with_python, wanted_of_it in _pythons(newer, fewer, beginning):
            found.append((Change((*change, *other.options)), with_python, wanted_of_it))
        for each in found:
            try:
                find_target_state(each[1], each[2])
            except NoSolution:
                continue
            yield each
            return


def _pythons(request: LockRequest, wanted: Wanted, beginning: Beginning) -> Iterator[Alternative]:
    """Any Python instead of the one asked for; a lock's is replaced by one that works."""
    if not request.target_options.python:
        return
    if not beginning.has_python:
        yield Change((("--python", None),)), request.with_target(python=None), wanted
        return
    try:
        found = find_target_state(request.with_target(python=None), wanted)
    except NoSolution:
        return
    python = found.resolution.target.python
    yield Change((("--python", python),)), request.with_target(python=python), wanted


def _systems(request: LockRequest, wanted: Wanted, beginning: Beginning) -> Iterator[Alternative]:
    options, catalog = request.target_options, request.catalog
    if not options.system:
        return
    own = get_system(catalog, options.system)
    others = [s for s in reversed(catalog.systems) if s.name != own.name and not s.only]
    others.sort(key=lambda s: (s.name[:4] != own.name[:4], s.ecosystem is not own.ecosystem))
    # What is left open follows from the system; what was given would not.
    given = bool(options.python) and not beginning.has_python
    without_python = (("--python", None),) if given else ()
    for system in others:
        changed = request.with_target(system=system.name)
        if not beginning.has_python:
            changed = changed.with_target(python=None)
        yield Change((("--os", system.name), *without_python)), changed, wanted
