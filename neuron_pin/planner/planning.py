"""A plan: from a state to what a policy allows, as steps in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog, ComponentKind, public_version, sdk_key
from neuron_pin.catalog.windows import DRIVER, RUNTIME, Pair
from neuron_pin.errors import NoSolution, UnknownName
from neuron_pin.inputs import Requirement, parse_requirement
from neuron_pin.inputs.host.dpkg_status import read_installed
from neuron_pin.inputs.host.hook_state import read_hook_states
from neuron_pin.inputs.locks.lock_json import read_lock_json
from neuron_pin.inputs.state import State, read_state
from neuron_pin.operations.diff import Comparison, compare
from neuron_pin.operations.lock_request import LockRequest, parse_sdk
from neuron_pin.policy import Ecosystem, PackageKey, Phase
from neuron_pin.resolve import LockedPackage, Resolution
from neuron_pin.sources.apt.sources_list import read_apt_sources
from neuron_pin.target import Scope, TargetOptions
from neuron_pin.target.detection import detect

from .checks import environment_checks, system_checks
from .destination import TargetState, Wanted, find_target_state, parse_wanted
from .environment import default_installer, environment_path, environment_steps
from .hops import find_moves, find_pair
from .step import Part, Plan, Step
from .system import Machine, system_steps


class PlanOptions(NamedTuple):
    """How the steps are to be carried out.

    ``installer`` is ``pip``, ``uv`` or empty for what fits; ``venv`` the environment's
    folder, empty for the usual; ``root`` is put before the paths of system files.
    """

    installer: str
    venv: str
    root: str
    command: str


INSTALLERS = ("pip", "uv")


class CurrentState(NamedTuple):
    """What is there: the packages, the target's options with what the machine or the lock says
    filled in, whether Neuron's repository is configured, and what is on hold.

    ``is_release`` says that it is a whole release, of which nobody has everything.  ``hooks``
    are the releases that the machine's hooks hold, by package manager.
    """

    state: State
    target: TargetOptions
    configured: bool = False
    held: frozenset[str] = frozenset()
    is_release: bool = False
    hooks: Mapping[str, str] = MappingProxyType({})


NOTHING = State("nothing", "", {})


def plan(
    request: LockRequest,
    *,
    start: str,
    to: str | None,
    named: Sequence[Requirement],
    framework: str | None,
    framework_version: str,
    category: Sequence[str],
    ami: str,
    options: PlanOptions,
) -> Plan:
    """The plan from the state that ``start`` names to the release that ``to`` does, both as
    `--from` and `--to` have them; reads no network.

    Raises `UnknownName`, `WrongUsage`, `UnreadableInput` or `NoSolution`.
    """
    if options.installer and options.installer not in INSTALLERS:
        raise UnknownName("installer", options.installer, INSTALLERS, hint="pip or uv")
    catalog = request.catalog
    if to and to != "latest":
        request = request._replace(sdk=parse_sdk(to, catalog))
    situation = read_current_state(start, catalog, request.target_options, options.root or "/")
    wanted = list_requested(
        situation,
        catalog,
        framework=framework,
        framework_version=framework_version,
        category=category,
        ami=ami,
        named=named,
    )
    request = request.with_target(**situation.target._asdict()).without_network()
    return make_plan(request, situation, wanted, options)


def read_current_state(
    text: str, catalog: Catalog, target: TargetOptions, root: str
) -> CurrentState:
    """What ``--from`` names: ``nothing``, or a state that `read_state` knows.

    Of a host, the instance family, operating system and kernel come along where the options
    leave them open; of a release, what is listed for the family.  Raises `UnreadableInput`,
    `UnknownName` or `WrongUsage`.
    """
    if text == "nothing":
        return CurrentState(NOTHING, target)
    family = catalog.instances[catalog.instance(target.instance)] if target.instance else None
    state = read_state(text, catalog, family, root)
    if text != "host":
        return CurrentState(state, _fill_in(state, target), is_release=_is_release(state))
    machine = detect(root)
    target = target.fill_in(machine.instance, machine.os, kernel=machine.kernel)
    system = catalog.system(target.system) if target.system else None
    hooks = read_hook_states(root)
    if system is None or system.ecosystem is not Ecosystem.APT:
        return CurrentState(state, target, hooks=hooks)
    installed = read_installed(root, [key.name for key in state.versions])
    held = frozenset(name for name, found in installed.items() if found.is_held)
    host = urlsplit(catalog.repositories.apt).hostname
    sources = read_apt_sources(root)
    configured = any(urlsplit(s.repository.url).hostname == host for s in sources)
    return CurrentState(state, target, configured, held, hooks=hooks)


def _is_release(state: State) -> bool:
    return bool(state.sdk) and state.label == f"SDK {state.sdk}"


def _fill_in(state: State, target: TargetOptions) -> TargetOptions:
    """What a lock was made for, where the options leave it open."""
    if not state.label.endswith(".json"):
        return target
    locked = read_lock_json(state.label).target
    return target.fill_in(locked.instance, locked.os, locked.python)


def list_requested(
    situation: CurrentState,
    catalog: Catalog,
    *,
    framework: str | None,
    framework_version: str,
    category: Sequence[str],
    ami: str,
    named: Sequence[Requirement],
) -> Wanted:
    """What is to be installed: what the options say, or else what is there, moved.

    Of a release, which has everything, as from nothing.
    """
    state = situation.state
    there = {} if situation.is_release else state.versions
    system = [key.name for key in there if key.ecosystem is not Ecosystem.PIP]
    moved = () if category else tuple(_today(system, catalog))
    if not there or framework or framework_version or named:
        wanted = parse_wanted(framework or "pytorch", framework_version, category, ami, named)
        return wanted._replace(moved=moved)
    wanted = parse_wanted("none", "", category, ami, named)
    if category:
        return wanted
    of_pip = [key.name for key in there if key.ecosystem is Ecosystem.PIP]
    named = [parse_requirement(name, state.label) for name in _own(of_pip, catalog)]
    return wanted._replace(categories=frozenset(), named=tuple(named), moved=moved)


def _own(names: Sequence[str], catalog: Catalog) -> list[str]:
    """Those of Neuron's own, each by the name that it has today."""
    kinds = (ComponentKind.EXTENSION, ComponentKind.STANDALONE)
    ours = [n for n in names if n in catalog.packages and catalog.packages[n].kind in kinds]
    return list(dict.fromkeys(_today(ours, catalog)))


def _today(names: Sequence[str], catalog: Catalog) -> list[str]:
    """System packages by the name that took their place."""
    found = []
    for name in names:
        package = catalog.packages.get(name)
        instead = package.replaced_by if package is not None else ""
        is_system = package is not None and Ecosystem.APT in package.systems
        found.append(instead if instead and is_system else name)
    return found


def make_plan(
    request: LockRequest, situation: CurrentState, wanted: Wanted, manner: PlanOptions
) -> Plan:
    """The ordered steps; raises `NoSolution` with what comes nearest."""
    catalog, start = request.catalog, situation.state
    destination = find_target_state(request, wanted)
    resolution = destination.resolution
    target = resolution.target
    if not resolution.packages and not destination.efa:
        raise NoSolution(
            f"nothing to install: release {destination.sdk} has nothing of that for {target.label}"
        )
    end = State(
        f"SDK {destination.sdk}",
        destination.sdk,
        {package.key: (package.version,) for package in resolution.packages},
    )
    relevant = State(start.label, start.sdk, _relevant(situation, end, catalog))
    comparison = compare(relevant, end, catalog, target.as_of)
    assert target.os is not None  # find_destination asks for one
    machine = Machine(target.os, manner.root, manner.command, situation.configured, situation.held)
    steps = list(system_checks(resolution, catalog, manner.root))
    path = manner.venv or environment_path(destination, wanted, catalog)
    installer = manner.installer or default_installer(target.os, target.python)
    if destination.roots and not wanted.ami.has_environment:
        steps += environment_checks(target.python, installer, ".")
    steps += system_steps(resolution, comparison, machine, catalog, fresh=not start.versions)
    steps += _efa(destination)
    steps += environment_steps(
        destination,
        path=path,
        installer=installer,
        has_environment=wanted.ami.has_environment,
        command=manner.command,
        catalog=catalog,
    )
    steps += _proof(resolution.packages_of(machine.system.ecosystem), machine)
    order = list(Part)
    steps.sort(key=lambda step: order.index(step.part))
    hops, notes = _hops(start, destination, catalog)
    return Plan(
        start=start.label,
        resolution=resolution,
        comparison=comparison,
        steps=tuple(steps),
        back=tuple(_rollback_steps(steps)),
        hops=hops,
        notes=(
            *notes,
            *_notes(comparison, start, destination, wanted, catalog),
            *_describe_holds(situation, resolution),
        ),
    )


def _relevant(
    situation: CurrentState, end: State, catalog: Catalog
) -> Mapping[PackageKey, tuple[str, ...]]:
    """Of what is there, Neuron's packages of the ecosystems that the plan is about; of a
    whole release, what it has of those that are to be installed."""
    about = {key.ecosystem for key in end.versions}
    return {
        key: versions
        for key, versions in situation.state.versions.items()
        if (key in end.versions or not situation.is_release)
        and key.ecosystem in about
        and key.name in catalog.packages
    }


def _efa(destination: TargetState) -> Iterator[Step]:
    if not destination.efa:
        return
    version = destination.efa
    full = version if version == "latest" or version.count(".") > 1 else f"{version}.0"
    name = f"aws-efa-installer-{full}.tar.gz"
    url = "https://efa-installer.amazonaws.com"
    yield Step(
        Part.EFA,
        "efa",
        f"Install the EFA driver, {full}",
        commands=(
            f"curl -fsSLO {url}/{name}",
            f"curl -fsSLO {url}/{name}.sig",
            f"curl -fsSLO {url}/aws-efa-installer.key",
            "gpg --import aws-efa-installer.key",
            f"gpg --verify {name}.sig {name}",
            f"tar -xf {name}",
            "cd aws-efa-installer && ./efa_installer.sh --yes",
        ),
        as_root=True,
        reboot=True,
        unless="test -d /opt/amazon/efa/bin",
        reason="for several instances that work together; of no package manager",
        back=("cd aws-efa-installer && ./efa_installer.sh --uninstall",),
    )


def _proof(packages: Sequence[LockedPackage], machine: Machine) -> Iterator[Step]:
    names = [package.key.name for package in packages]
    if not names:
        return
    query = "dpkg-query -W" if machine.system.ecosystem is Ecosystem.APT else "rpm -q"
    yield Step(
        Part.PROOF, "versions", "What is installed now", commands=(f"{query} {' '.join(names)}",)
    )


def _rollback_steps(steps: Sequence[Step]) -> Iterator[str]:
    """The undoing of each step, the last first; but what pins comes off before what is
    pinned, and the repository goes last."""
    last_first = steps[::-1]
    pins = [step for step in last_first if step.part is Part.PINS]
    repositories = [step for step in last_first if step.part is Part.REPOSITORY]
    between = [step for step in last_first if step.part not in (Part.PINS, Part.REPOSITORY)]
    for step in (*pins, *between, *repositories):
        prefix = "sudo " if step.as_root else ""
        yield from (f"{prefix}{command}" for command in step.back)


def find_release(start: State, catalog: Catalog) -> str:
    """The release that most of what is installed comes from, the newest of several."""
    if start.sdk:
        return start.sdk
    counts: Counter[str] = Counter()
    for release in catalog.releases:
        if release.listed:
            versions = {(m.package, m.version) for m in catalog.members(release.sdk)}
            counts[release.sdk] = sum(
                (key.name, public_version(found)) in versions
                for key, all_found in start.versions.items()
                for found in all_found
            )
    best = max(counts, key=lambda sdk: (counts[sdk], sdk_key(sdk)), default="")
    return best if counts[best] else ""


def _hops(
    start: State, destination: TargetState, catalog: Catalog
) -> tuple[tuple[str, ...], list[str]]:
    """The releases on the way, and what is to be said of them."""
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
        "driver and runtime library of these releases do not work with each other's: where "
        f"containers are moved apart from their host, go by SDK {between[0]}: {words}"
    )
    if resolution.target.scope is Scope.BOTH:
        return (first, destination.sdk), [note]
    return (first, *dict.fromkeys(between), destination.sdk), [note]


def _describe_holds(situation: CurrentState, resolution: Resolution) -> Iterator[str]:
    """That a hook of the machine holds another release, and would refuse the steps."""
    for manager, sdk in situation.hooks.items():
        if sdk != resolution.sdk:
            what = f"SDK {sdk}" if sdk else "a lock without a release"
            yield (
                f"this machine's {manager} is held to {what}: its hook refuses these steps until "
                f"it holds this one: neuron-pin lock --sdk {resolution.sdk} … -o lock.json, "
                f"then sudo neuron-pin hook install {manager} --lock lock.json"
            )


def _notes(
    comparison: Comparison,
    start: State,
    destination: TargetState,
    wanted: Wanted,
    catalog: Catalog,
) -> Iterator[str]:
    resolution = destination.resolution
    if start.versions and all(d.is_equal for d in comparison.differences):
        yield "what is there is what the policy chooses: only the environment is new, if any"
    yield from comparison.notes
    if start.versions:
        ended = [d.key.name for d in comparison.differences if d.phases[0] is Phase.EOS]
        if ended:
            yield f"a support boundary is crossed: {', '.join(ended)} had reached its end"
        kept = [d for d in comparison.differences if d.old and not d.new and not d.renamed_to]
        if kept:
            names = ", ".join(f"{d.key.name} {d.old[0]}" for d in kept)
            yield f"not moved, they stay as they are: {names}"
    if destination.roots:
        yield (
            "packages that are not Neuron's are chosen by the installer; "
            "neuron-pin lock -o pylock.toml fixes those too"
        )
    yield from resolution.warnings
    support = resolution.support
    if support is not None:
        yield f"support of every part is guaranteed until {support.until}"
