"""A plan: from a state to what the policy allows, as ordered steps."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.newness import get_system
from neuron_pin.catalog.successors import find_current_name
from neuron_pin.errors import NoSolution, UnknownName, WrongUsage
from neuron_pin.inputs import Requirement, parse_requirement
from neuron_pin.inputs.host.dpkg_status import read_installed
from neuron_pin.inputs.host.hook_state import read_hook_pins, read_hook_states
from neuron_pin.inputs.locks.lock_json import read_lock_json
from neuron_pin.inputs.state import State, find_release, read_state, spell_alike
from neuron_pin.operations.diff import compare
from neuron_pin.operations.lock_request import LockRequest, parse_sdk
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.record import NamedTuple
from neuron_pin.resolve import LockedPackage
from neuron_pin.sources.apt.sources_list import read_apt_sources
from neuron_pin.target import TargetOptions
from neuron_pin.target.detection import detect

from .checks import environment_checks, system_checks
from .destination import Ami, Wanted, parse_wanted
from .efa import efa_steps
from .environment import default_installer, environment_path, environment_steps
from .lock_steps import hook_steps, list_enforced
from .losses import describe_left, find_swap, leave_out, list_left
from .nearest import Beginning, find_destination
from .notes import explain_python, explain_standstill, find_hops, list_notes
from .rollback import list_rollback, pass_hook
from .shared_archives import find_shared, find_shared_back
from .step import Part, Plan, Step
from .system import Machine, system_steps


class PlanOptions(NamedTuple):
    """How the steps are done.

    ``installer`` is ``pip``, ``uv`` or empty for what fits; ``venv`` the environment's folder,
    empty for the default; ``root`` is put before the paths of system files.  ``is_hooked`` says
    that a hook enforces the new release before anything is installed, besides those that are there.
    """

    installer: str
    venv: str
    root: str
    command: str
    is_hooked: bool = False


INSTALLERS = ("pip", "uv")


class CurrentState(NamedTuple):
    """What is installed: the packages, the target's options with what the machine or the lock
    says filled in, whether the Neuron repository is configured (read of a host with apt, else
    assumed where something is installed), and what is on hold.

    ``is_release`` says that it is a whole release, of which nobody installs everything.
    ``hooks`` are the releases that the machine's hooks enforce, by package manager, and
    ``enforced`` the files of its pins, none for a machine that was not read; ``refused`` are
    packages in versions that the hook of apt does not allow.  ``apt_root`` is the root of the
    machine whose apt was read, empty for none.
    """

    state: State
    target: TargetOptions
    configured: bool = False
    held: frozenset[str] = frozenset()
    is_release: bool = False
    hooks: Mapping[str, str] = MappingProxyType({})
    enforced: tuple[str, ...] | None = None
    refused: frozenset[str] = frozenset()
    apt_root: str = ""


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
        try:
            request = request._replace(sdk=parse_sdk(to, catalog))
        except UnknownName:
            if os.path.exists(to):
                raise _explain_end(to, catalog) from None
            raise
    situation = read_current_state(start, catalog, request.target_options, options.root or "/")
    wanted = list_requested(
        situation,
        catalog,
        framework=framework,
        framework_version=framework_version,
        category=category,
        ami=ami,
        named=named,
        as_of=request.target.as_of,
    )
    given = request.target_options
    request = request.with_target(**situation.target._asdict()).without_network()
    if not named:
        wanted = leave_out(request, wanted)
    instead: list[str] = []
    if not named and not framework_version:
        # A lock's packages are those of no framework.
        chosen = framework or (wanted.framework if wanted.framework != "none" else "")
        instead = [name for name in ("pytorch", "jax", "none") if name != chosen]
    beginning = Beginning(
        is_there=bool(situation.state.versions),
        is_host=start == "host",
        sdk=find_release(situation.state, catalog) if situation.state.versions else "",
        moves=bool(wanted.named or wanted.left) and not named,
        has_python=situation.target.python != given.python,
        frameworks={
            name: list_requested(
                situation,
                catalog,
                framework=name,
                framework_version="",
                category=category,
                ami=ami,
                named=(),
                as_of=request.target.as_of,
            )
            for name in instead
        },
    )
    return make_plan(request, situation, wanted, options, beginning)


def _explain_end(to: str, catalog: Catalog) -> WrongUsage:
    """A file or folder as the end of a plan; raises `UnreadableInput` for one that is broken."""
    sdk = find_release(read_state(to, catalog, None), catalog)
    hint = f"{to} has SDK {sdk}: --to {sdk}" if sdk else "name the release that it is of"
    return WrongUsage(f"--to {to}: a plan leads to an SDK release, not to a file", hint=hint)


def read_current_state(
    text: str, catalog: Catalog, target: TargetOptions, root: str
) -> CurrentState:
    """What ``--from`` names: ``nothing``, or a state that `read_state` knows.

    A host also gives the instance family, operating system and kernel where the options leave
    them open; a release, what is listed for the family.  Raises `UnreadableInput`,
    `UnknownName` or `WrongUsage`.
    """
    if text == "nothing":
        return CurrentState(NOTHING, target, enforced=())
    family = catalog.instances[catalog.instance(target.instance)] if target.instance else None
    state = read_state(text, catalog, family, root)
    if text != "host":
        # What has Neuron packages got them from its repository: rolling back leaves that alone.
        return CurrentState(state, _fill_in(state, target), True, is_release=_is_release(state))
    machine = detect(root)
    target = target.fill_in(machine.instance, machine.os, kernel=machine.kernel)
    system = get_system(catalog, target.system) if target.system else None
    hooks = read_hook_states(root)
    enforced = list_enforced(root, system.ecosystem) if system is not None else ()
    if system is None or system.ecosystem is not Ecosystem.APT:
        configured = bool(state.versions)
        return CurrentState(state, target, configured, hooks=hooks, enforced=enforced)
    installed = read_installed(root, [key.name for key in state.versions])
    held = frozenset(name for name, found in installed.items() if found.is_held)
    host = urlsplit(catalog.repositories.apt).hostname
    sources = read_apt_sources(root)
    configured = any(urlsplit(s.repository.url).hostname == host for s in sources)
    pins = read_hook_pins(root, "apt")
    refused = frozenset(
        name
        for name, found in installed.items()
        if name in pins and not pins[name].matches(found.version)
    )
    return CurrentState(state, target, configured, held, False, hooks, enforced, refused, root)


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
    as_of: date,
) -> Wanted:
    """What to install: what the options say, or else what is installed, of the new release, under
    the names of a day.

    From a whole release, which has everything, as from nothing.
    """
    state = situation.state
    there = {} if situation.is_release else state.versions
    system = [key.name for key in there if key.ecosystem is not Ecosystem.PIP]
    moved = () if category else tuple(_today(system, catalog, as_of))
    if not there or framework or framework_version or named:
        wanted = parse_wanted(framework or "pytorch", framework_version, category, ami, named)
        return wanted._replace(moved=moved)
    wanted = parse_wanted("none", "", category, ami, named)
    if category:
        return wanted
    of_pip = [key.name for key in there if key.ecosystem is Ecosystem.PIP]
    named = [parse_requirement(name, state.label) for name in _own(of_pip, catalog, as_of)]
    return wanted._replace(categories=frozenset(), named=tuple(named), moved=moved)


def _own(names: Sequence[str], catalog: Catalog, as_of: date) -> list[str]:
    """The Neuron packages among these, each under its current name."""
    ours = [n for n in names if n in catalog.packages and catalog.packages[n].kind.is_component]
    return list(dict.fromkeys(_today(ours, catalog, as_of)))


def _today(names: Sequence[str], catalog: Catalog, as_of: date) -> list[str]:
    """Packages under their current names: system packages were renamed."""
    found = []
    for name in names:
        instead = ""
        if _is_system(name, catalog):
            instead = find_current_name(catalog, name, as_of)
        found.append(instead if instead and _is_system(instead, catalog) else name)
    return found


def _is_system(name: str, catalog: Catalog) -> bool:
    package = catalog.packages.get(name)
    return package is not None and Ecosystem.APT in package.systems


def make_plan(
    request: LockRequest,
    situation: CurrentState,
    wanted: Wanted,
    manner: PlanOptions,
    beginning: Beginning,
) -> Plan:
    """The ordered steps; raises `NoSolution` with alternatives that work."""
    catalog, start = request.catalog, situation.state
    destination = find_destination(request, wanted, beginning)
    resolution = destination.resolution
    target = resolution.target
    if not resolution.packages and not destination.efa:
        raise NoSolution(
            f"nothing to install: SDK {destination.sdk} has none of these for {target.label}"
        )
    end = State(
        f"SDK {destination.sdk}",
        destination.sdk,
        {package.key: (package.version,) for package in resolution.packages},
        target.family,
    )
    start = spell_alike(start, end, catalog)
    situation = situation._replace(state=start)
    relevant = State(start.label, start.sdk, _relevant(situation, end, catalog))
    comparison = compare(relevant, end, catalog, target.as_of)
    assert target.os is not None  # find_target_state asks for one
    manager = "apt" if target.os.ecosystem is Ecosystem.APT else "dnf"
    machine = Machine(
        target.os,
        manner.root,
        manner.command,
        situation.configured or wanted.ami is not Ami.PLAIN,
        situation.held,
        situation.enforced,
        manager in situation.hooks or manner.is_hooked,
        find_shared(situation.apt_root, resolution),
        find_shared_back(situation.apt_root, resolution, start.versions),
    )
    steps = list(system_checks(resolution, catalog, manner.root))
    if situation.hooks.get(manager, destination.sdk) != destination.sdk:
        steps += hook_steps(resolution, manner.root, situation.enforced or ())
    swap = find_swap(
        situation.state.versions,
        destination,
        wanted.framework,
        {requirement.name for requirement in wanted.named},
        catalog,
    )
    left = [requirement.name for requirement in wanted.left]
    told = describe_left(left, destination, catalog)
    # Of a whole release nobody installs everything: what it had is no loss yet.
    had = list_left(start.versions, destination, catalog) if situation.is_release else []
    warnings = (*((swap.describe(),) if swap is not None else ()), *((told,) if told else ()))
    path = manner.venv or environment_path(destination, wanted, catalog)
    installer = manner.installer or default_installer(target.os, target.python)
    if destination.roots and not wanted.ami.has_environment:
        steps += environment_checks(target.python, installer, ".", target.os)
    steps += system_steps(resolution, comparison, machine, catalog, fresh=not start.versions)
    steps += efa_steps(destination)
    steps += environment_steps(
        destination,
        path=path,
        installer=installer,
        has_environment=wanted.ami.has_environment,
        command=manner.command,
        catalog=catalog,
        python_reason=explain_python(request, destination),
        warnings=warnings,
    )
    steps += _proof(resolution.packages_of(machine.system.ecosystem), machine)
    order = list(Part)
    steps.sort(key=lambda step: order.index(step.part))
    hops, notes = find_hops(start, destination, catalog)
    return Plan(
        start=start.label,
        resolution=resolution,
        comparison=comparison,
        steps=tuple(steps),
        back=tuple(
            pass_hook(
                list_rollback(steps),
                is_refused=bool(situation.refused),
                is_moved=situation.hooks.get("apt") == destination.sdk,
            )
        ),
        hops=hops,
        # The lock and the comparison may both say that a release is known in part.
        notes=tuple(
            dict.fromkeys(
                [
                    *warnings,
                    *([describe_left(had, destination, catalog)] if had and swap is None else []),
                    *explain_standstill(request, destination, wanted, beginning),
                    *notes,
                    *list_notes(comparison, start, destination, wanted, catalog),
                ]
            )
        ),
    )


def _relevant(
    situation: CurrentState, end: State, catalog: Catalog
) -> Mapping[PackageKey, tuple[str, ...]]:
    """Of what is installed, the Neuron packages of the ecosystems that the plan is about; of a
    whole release, those that are installed afterwards too."""
    about = {key.ecosystem for key in end.versions}
    return {
        key: versions
        for key, versions in situation.state.versions.items()
        if (key in end.versions or not situation.is_release)
        and key.ecosystem in about
        and key.name in catalog.packages
    }


def _proof(packages: Sequence[LockedPackage], machine: Machine) -> Iterator[Step]:
    names = [package.key.name for package in packages]
    if not names:
        return
    query = "dpkg-query -W" if machine.system.ecosystem is Ecosystem.APT else "rpm -q"
    yield Step(
        Part.PROOF,
        "versions",
        "Show the installed versions",
        commands=(f"{query} {' '.join(names)}",),
    )
