"""The facts of a machine for fleets: what it is, what is installed, what binds it, and what a check
finds."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable

from neuron_pin import __version__
from neuron_pin.audit import Finding, Severity
from neuron_pin.audit.environment import NeuronNames
from neuron_pin.audit.host import list_system_packages, report_unreadable
from neuron_pin.audit.requirements import list_neuron_names
from neuron_pin.catalog import Catalog, public_version
from neuron_pin.catalog.names import DRIVER
from neuron_pin.errors import UnreadableInput, WrongUsage
from neuron_pin.fleet.host_facts import (
    STOPS_LOCK,
    HostEnvironment,
    HostFacts,
    HostFinding,
    HostHook,
    HostLock,
    HostPackage,
    HostPin,
    HostState,
)
from neuron_pin.fleet.parsing import MAX_NAME
from neuron_pin.fleet.releases import find_common_release
from neuron_pin.fs.reading import read_bounded, read_head
from neuron_pin.inputs.host.distributions import environment_python, read_distributions
from neuron_pin.inputs.host.dpkg_status import INSTALLED, Installed, read_installed
from neuron_pin.inputs.host.environments import find_environments
from neuron_pin.inputs.host.hook_state import read_enforced
from neuron_pin.inputs.host.pins import read_pins
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.lockfile import parse_lock
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.printable import make_printable
from neuron_pin.target.detection import detect

from .check import Check, Wanted

LOCK = "etc/neuron-pin/lock.json"
"""Where roll-outs keep the lock of a host."""
MAX_LOCK = 64 * 1024 * 1024
THIRD_PARTY = frozenset(
    {"jax", "jaxlib", "numpy", "protobuf", "tensorflow", "torch", "torch-xla", "torchvision"}
    | {"transformers", "vllm"}
)
"""Packages of others that a summary has, since releases state which of their versions they go
with."""
_MACHINES = {3: "i686", 40: "armv7l", 62: "x86_64", 183: "aarch64"}
"""What ``uname -m`` says, by the ``e_machine`` of elf(5)."""


def gather_facts(
    root: str,
    check: Check,
    catalog: Catalog,
    *,
    name: str | None = None,
    is_full: bool = False,
    is_checked: bool = True,
) -> HostFacts:
    """The facts of the machine below a root, judged by a check; raises `WrongUsage` for a name that
    no host can have.

    ``name`` is what to call the host, none for the name that it has itself; ``is_checked`` says
    whether to check it too.  What cannot be read is among the findings, and the rest is gathered.
    All places are as the host itself has them.
    """
    if name is not None and (len(name) > MAX_NAME or not name.isprintable()):
        raise WrongUsage(
            f"--name: {make_printable(name[:60])} is no name of a host",
            hint=f"write at most {MAX_NAME} characters in one line",
        )
    root = os.path.abspath(root)
    findings: list[Finding] | None = None
    if is_checked:
        checked = check.run(Wanted((), (), (), root))
        findings, stated = list(checked.findings), checked.stated
    else:
        stated = _list_installed(root, catalog)
    machine = detect(root)
    own = list_neuron_names(catalog)
    packages = _list_packages(root, stated)
    of_system = [name for name in sorted(own) if catalog.packages[name].systems]
    pins, problems = read_pins(root, of_system)
    try:
        hooks = tuple(HostHook(*found) for found in read_enforced(root))
    except UnreadableInput as error:
        hooks = ()
        problems.append(error)
    lock = _read_lock(root, problems)
    if findings is not None:
        told = {finding.place for finding in findings}
        findings += [f for f in map(report_unreadable, problems) if f.place not in told]
    environments = _list_environments(stated, own, is_full=is_full)
    installed = {package.name: package.version for package in packages}
    driver = machine.driver or machine.other_driver
    counts = Counter(finding.rule.identifier for finding in findings or ())
    state = HostState(
        gather="full" if is_full else "summary",
        program=__version__,
        catalog=catalog.announced.isoformat(),
        os=machine.os,
        machine=_find_machine(root),
        instance=machine.instance or (check.target().instance or ""),
        kernel=machine.kernel or machine.other_kernel,
        pythons=_list_pythons(root),
        default_python=_find_default_python(root),
        loaded_driver=driver,
        installed_driver=public_version(installed[DRIVER]) if DRIVER in installed else "",
        devices=_count_devices(root),
        sdk=find_common_release(installed.items(), catalog),
        packages=packages,
        environments=environments,
        pins=tuple(
            HostPin(
                p.manager, p.names, p.type, p.value, p.priority, _place(p.path, p.line), p.is_own
            )
            for p in pins
        ),
        hooks=hooks,
        lock=lock,
        rules=tuple(sorted(counts.items())) if findings is not None else None,
        findings=_make_findings(findings, is_full=is_full) if findings is not None else None,
    )
    label = _find_name(root) if name is None else name
    return HostFacts(label, check.target().as_of.isoformat(), _without_root(state, root))


def _list_installed(root: str, catalog: Catalog) -> tuple[DetectedPackage, ...]:
    """What a check would state, without one; what cannot be read is left out."""
    stated: list[DetectedPackage] = []
    with contextlib.suppress(UnreadableInput):
        stated += list_system_packages(root, catalog)
    for folder in find_environments(root, NeuronNames(catalog)).folders:
        with contextlib.suppress(UnreadableInput):
            for found in read_distributions(folder, frozenset(), root):
                key = PackageKey(Ecosystem.PIP, found.name)
                stated.append(DetectedPackage(key, found.version, None, "", folder))
    return tuple(stated)


def _list_packages(root: str, stated: Iterable[DetectedPackage]) -> tuple[HostPackage, ...]:
    """The Neuron system packages, with what dpkg says of them."""
    system = [s for s in stated if s.key.ecosystem in (Ecosystem.APT, Ecosystem.RPM)]
    of_dpkg: dict[str, Installed] = {}
    # Of what cannot be read the check says so.
    with contextlib.suppress(UnreadableInput):
        of_dpkg = read_installed(root, [s.key.name for s in system])
    found = []
    for package in sorted(system, key=lambda s: s.key.name):
        name = package.key.name
        about = of_dpkg.get(name) if package.key.ecosystem is Ecosystem.APT else None
        state = "" if about is None or about.state == INSTALLED else about.state
        is_held = about is not None and about.is_held
        ecosystem = package.key.ecosystem.value
        found.append(HostPackage(ecosystem, name, package.version, is_held, state))
    return tuple(dict.fromkeys(found))


def _list_environments(
    stated: Iterable[DetectedPackage], own: frozenset[str], *, is_full: bool
) -> tuple[HostEnvironment, ...]:
    """The environments, those with equal packages together."""
    packages: dict[str, dict[str, str]] = {}
    for package in stated:
        if package.key.ecosystem is Ecosystem.PIP:
            name = package.key.name
            if is_full or name in own or name in THIRD_PARTY:
                packages.setdefault(package.place, {})[name] = package.version
    same: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for folder, versions in packages.items():
        key = (environment_python(folder), tuple(sorted(versions.items())))
        same.setdefault(key, []).append(folder)
    found = [
        HostEnvironment(tuple(sorted(paths)), python, versions)
        for (python, versions), paths in same.items()
    ]
    return tuple(sorted(found))


def _make_findings(findings: Iterable[Finding], *, is_full: bool) -> tuple[HostFinding, ...]:
    """The findings, first those that can stop a lock, then errors: a summary leaves out the
    last."""
    ordered = sorted(
        findings,
        key=lambda f: (
            f.rule.identifier not in STOPS_LOCK,
            f.severity is not Severity.ERROR,
            f.rule.identifier,
        ),
    )
    return tuple(
        HostFinding(
            found.rule.identifier, found.severity.value, found.subject, found.place,
            found.reason if is_full else "", found.remedy if is_full else "",
        )
        for found in ordered
    )  # fmt: skip


def _read_lock(root: str, problems: list[UnreadableInput]) -> HostLock | None:
    path = os.path.join(root, LOCK)
    if not os.path.lexists(path):
        return None
    try:
        data = read_bounded(path, MAX_LOCK)
    except UnreadableInput as error:
        problems.append(error)
        return None
    sdk = ""
    try:
        sdk = parse_lock(data, path).sdk or ""
    except UnreadableInput as error:
        problems.append(error)
    return HostLock(path, hashlib.sha256(data).hexdigest(), sdk)


def _list_pythons(root: str) -> tuple[str, ...]:
    """The Pythons that programs find: ``3.10`` for ``/usr/bin/python3.10``."""
    found = set()
    for folder in ("usr/bin", "usr/local/bin"):
        try:
            names = os.listdir(os.path.join(root, folder))
        except OSError:
            continue
        found |= {m[1] for m in (re.fullmatch(r"python(3\.\d{1,2})", n) for n in names) if m}
    return tuple(sorted(found, key=lambda python: int(python[2:])))


def _find_default_python(root: str) -> str:
    """The Python that ``python3`` starts, where it is a link to one; empty where that is not
    told."""
    for folder in ("usr/local/bin", "usr/bin"):
        try:
            target = os.readlink(os.path.join(root, folder, "python3"))
        except OSError:
            continue
        found = re.fullmatch(r"python(3\.\d{1,2})", os.path.basename(target))
        return found[1] if found is not None else ""
    return ""


def _count_devices(root: str) -> int:
    try:
        names = os.listdir(os.path.join(root, "dev"))
    except OSError:
        return 0
    return sum(re.fullmatch(r"neuron\d{1,4}", name) is not None for name in names)


def _find_machine(root: str) -> str:
    """What ``uname -m`` says there: of another root, by the programs in it."""
    if os.path.realpath(root) == "/":
        return os.uname().machine
    for name in ("usr/bin/env", "bin/true", "bin/sh"):
        path = os.path.join(root, name)
        # A link may lead out of the root.
        if os.path.isfile(path) and not os.path.islink(path):
            try:
                head = read_head(path, 20)
            except OSError:
                continue
            if head[:4] == b"\x7fELF" and len(head) == 20:
                number = int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")
                return _MACHINES.get(number, "")
    return ""


def _find_name(root: str) -> str:
    """The name that a host has itself.  Source: hostname(5)."""
    if os.path.realpath(root) == "/":
        return os.uname().nodename
    try:
        text = read_head(os.path.join(root, "etc/hostname"), 4096).decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines()]
    return next((line for line in lines if line and not line.startswith("#")), "")[:255]


def _place(path: str, line: int) -> str:
    return f"{path}:{line}" if line else path


def _without_root(state: HostState, root: str) -> HostState:
    """The same with all places as the host has them."""
    prefix = root.rstrip("/")
    if not prefix:
        return state

    def own(text: str) -> str:
        return text.replace(f"{prefix}/", "/")

    return state._replace(
        environments=tuple(
            e._replace(paths=tuple(own(path) for path in e.paths)) for e in state.environments
        ),
        pins=tuple(p._replace(place=own(p.place)) for p in state.pins),
        lock=state.lock._replace(place=own(state.lock.place)) if state.lock else None,
        findings=tuple(
            HostFinding(f.rule, f.severity, *map(own, (f.subject, f.place, f.reason, f.remedy)))
            for f in state.findings
        )
        if state.findings is not None
        else None,
    )
