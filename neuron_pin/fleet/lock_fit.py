"""Whether a host can take a lock, and what stops it: which rule on which fact.

Only facts decide.  A fact that is missing makes the answer unknown, not yes or no.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.catalog.newness import judge_system
from neuron_pin.catalog.windows import Pair, find_clash, find_floor_above, parse_kernel_series
from neuron_pin.inputs.host.apt_policy import AptPolicy, KnownVersion, PackageFile
from neuron_pin.inputs.host.apt_preferences import PinType, Stanza
from neuron_pin.policy import Ecosystem, Rule
from neuron_pin.record import Enum, NamedTuple
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.target import Scope

from .host_facts import STOPS_APT, STOPS_LOCK, HostPin, HostState


class Fit(Enum):
    """What a lock is to a host."""

    HAS = "has it"
    CAN = "can take it"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    OTHER = "another class"


class Blocker(NamedTuple):
    """Why a host cannot take a lock: a rule and the fact behind it; without a rule, what is not
    known."""

    rule: str
    fact: str


class LockFit(NamedTuple):
    """The answer for one kind of host."""

    fit: Fit
    blockers: tuple[Blocker, ...] = ()


def judge_lock(state: HostState, lock: Resolution, catalog: Catalog) -> LockFit:
    """What a lock is to a kind of host."""
    other = tuple(_find_other_class(state, lock, catalog))
    if other:
        return LockFit(Fit.OTHER, other)
    unknown = tuple(_find_unknown(state, lock))
    # What is inside of containers is not among the facts of their host.
    if lock.target.scope is not Scope.CONTAINER and _has(state, lock):
        return LockFit(Fit.HAS)
    blockers = tuple(dict.fromkeys(_find_blockers(state, lock, catalog)))
    if blockers:
        return LockFit(Fit.BLOCKED, blockers)
    return LockFit(Fit.UNKNOWN, unknown) if unknown else LockFit(Fit.CAN)


def _block(rule: Rule, fact: str) -> Blocker:
    return Blocker(rule.identifier, fact)


def _find_other_class(state: HostState, lock: Resolution, catalog: Catalog) -> Iterator[Blocker]:
    """In what the host is of another class than the lock's target."""
    target = lock.target
    if target.family and state.instance:
        family = catalog.instances.get(state.instance, state.instance)
        if family != target.family:
            yield _block(Rule.INSTANCE, f"the instance family is {state.instance}")
    if target.scope is Scope.CONTAINER:
        return
    if target.os is not None and state.os:
        known = judge_system(catalog, state.os).system
        if (known.name if known is not None else state.os) != target.os.name:
            yield _block(Rule.OPERATING_SYSTEM, f"the operating system is {state.os}")
    if state.machine and target.platforms and state.machine != target.machine:
        yield _block(Rule.PLATFORM, f"the machine is {state.machine}")
    pythons = _list_pythons(state)
    if target.python and pythons and _has_python(lock) and target.python not in pythons:
        yield _block(Rule.PYTHON, f"Python {', '.join(sorted(pythons, key=_order))} and no other")


def _find_unknown(state: HostState, lock: Resolution) -> Iterator[Blocker]:
    """The facts that the answer needs and that are missing."""
    target = lock.target
    if target.family and not state.instance:
        yield Blocker("", "the instance family is not known")
    if target.scope is Scope.CONTAINER:
        if RUNTIME in _versions(lock) and not (state.loaded_driver or state.installed_driver):
            yield Blocker("", "the driver is not known")
        return
    if target.os is not None and not state.os:
        yield Blocker("", "the operating system is not known")
    if DRIVER in _versions(lock) and not state.kernel:
        yield Blocker("", "the kernel is not known")
    if target.python and _has_python(lock) and not _list_pythons(state):
        yield Blocker("", "no Python is known")
    if state.left_out.packages or state.left_out.pins:
        yield Blocker("", "the summary leaves out packages or pins")
    has_apt = target.system is Ecosystem.APT and bool(lock.packages_of(Ecosystem.APT))
    deciding = STOPS_LOCK if has_apt else STOPS_LOCK - STOPS_APT
    if missing := sorted(deciding & state.missing.keys()):
        yield Blocker("", f"the summary leaves out findings of {', '.join(missing)}")
    unread = Rule.UNREADABLE.identifier
    for finding in state.findings or ():
        if finding.rule == unread and finding.place.endswith(("/dpkg/status", "/rpm")):
            yield Blocker(unread, f"{finding.place} could not be read")


def _has(state: HostState, lock: Resolution) -> bool:
    """Whether all of the lock's Neuron packages are installed, as a whole."""
    system = [p for p in lock.packages if p.key.ecosystem is not Ecosystem.PIP]
    own = [p for p in lock.packages_of(Ecosystem.PIP) if p.is_own]
    if not system and not own:
        return False
    installed = {p.name: p.version for p in state.packages if not p.state}
    if not all(p.key.name in installed and p.pin.matches(installed[p.key.name]) for p in system):
        return False
    return not own or any(
        all(p.key.name in found and p.pin.matches(found[p.key.name]) for p in own)
        for found in (dict(environment.packages) for environment in state.environments)
    )


def _find_blockers(state: HostState, lock: Resolution, catalog: Catalog) -> Iterator[Blocker]:
    target, versions = lock.target, _versions(lock)
    driver = versions.get(DRIVER)
    loaded = state.loaded_driver or state.installed_driver
    if target.driver and loaded and loaded != target.driver:
        yield _block(Rule.DRIVER_KEPT, f"driver {loaded}, and the lock is for {target.driver}")
    if driver is None and RUNTIME in versions and loaded:
        if find_clash(catalog, Pair(loaded, versions[RUNTIME].version), target.family):
            yield _block(Rule.DRIVER_WINDOW, f"driver {loaded}")
    if target.scope is Scope.CONTAINER:
        return
    if driver is not None and state.kernel and target.os is not None:
        floor = find_floor_above(catalog, driver.version, target.os.name, state.kernel)
        if floor is not None:
            line = ".".join(map(str, parse_kernel_series(state.kernel)))
            yield _block(Rule.KERNEL, f"kernel {line}, and {floor.kernel} or newer is needed")
    system = [p for p in lock.packages if p.key.ecosystem is target.system]
    if not system:
        return
    installed = {package.name: package for package in state.packages}
    for package in system:
        found = installed.get(package.key.name)
        if found is None:
            continue
        if found.state:
            yield _block(Rule.NOT_CONFIGURED, f"{found.name} is {found.state}")
        if found.is_held and not package.pin.matches(found.version):
            yield _block(Rule.HELD, f"{found.name} {found.version} is on hold")
    if target.system is Ecosystem.APT:
        for finding in state.findings or ():
            if finding.rule in STOPS_APT and finding.severity == "error":
                yield Blocker(finding.rule, f"{finding.subject} [{finding.place}]")
    yield from _find_pinned(state, system, catalog)


def _find_pinned(
    state: HostState, packages: list[LockedPackage], catalog: Catalog
) -> Iterator[Blocker]:
    """NP606: versions that pins of others do not allow.  Those of neuron-pin give way to the
    next lock."""
    foreign = [pin for pin in state.pins if not pin.is_own]
    site = urlsplit(catalog.repositories.apt).hostname or ""
    apt = AptPolicy([stanza for pin in foreign if (stanza := _make_stanza(pin)) is not None])
    installed = {package.name: package.version for package in state.packages}
    for package in packages:
        name = package.key.name
        if package.key.ecosystem is Ecosystem.APT:
            known = KnownVersion(package.version, (PackageFile(site=site),))
            found = apt.verdict(name, known, installed.get(name))
            if found.stanza is not None and found.priority < 0:
                where = f"{found.stanza.path}:{found.stanza.line}".removesuffix(":0")
                yield _block(Rule.PIN_OVERRIDDEN, f"{name} is pinned away from it [{where}]")
            continue
        for pin in foreign:
            if pin.manager == "dnf" and name in pin.names and _refuses(pin, package):
                yield _block(Rule.PIN_OVERRIDDEN, f"{name} is locked as {pin.value} [{pin.place}]")


def _make_stanza(pin: HostPin) -> Stanza | None:
    if pin.manager != "apt" or pin.priority is None:
        return None
    kinds = {kind.value: kind for kind in PinType}
    if pin.type not in kinds:
        return None
    path, _, line = pin.place.rpartition(":")
    number = int(line) if path and line.isdecimal() and len(line) < 9 else 0
    return Stanza(
        path if number else pin.place, number, pin.names, kinds[pin.type], pin.value, pin.priority
    )


def _refuses(pin: HostPin, package: LockedPackage) -> bool:
    """Whether a line of dnf 4's version lock excludes a version, whatever its release is."""
    pattern = pin.value.lstrip("!")
    name, version = package.key.name, package.version
    words = [f"{name}-{epoch}{version}{end}" for epoch in ("", "0:") for end in ("", "-1")]
    is_named = pattern == name or any(fnmatch.fnmatchcase(word, pattern) for word in words)
    return is_named if pin.value.startswith("!") else not is_named


def _versions(lock: Resolution) -> dict[str, LockedPackage]:
    return {package.key.name: package for package in lock.packages}


def _has_python(lock: Resolution) -> bool:
    return bool(lock.packages_of(Ecosystem.PIP))


def _list_pythons(state: HostState) -> set[str]:
    return {*state.pythons, *(found.python for found in state.environments if found.python)}


def _order(python: str) -> tuple[int, ...]:
    return tuple(int(part) for part in python.split(".") if part.isdecimal())
