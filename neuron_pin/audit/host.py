"""A machine, or the file system below a folder, checked against the policy."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import urlsplit

from neuron_pin.catalog import Catalog, OperatingSystem, public_version
from neuron_pin.catalog.family_names import is_name_of_form
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.catalog.newness import JudgedSystem, Standing, judge_kernel, judge_system
from neuron_pin.catalog.support import find_target_parts
from neuron_pin.catalog.windows import (
    Pair,
    find_clash,
    find_floor_above,
    find_tested_kernels,
    parse_kernel_series,
)
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.host.distributions import environment_python
from neuron_pin.inputs.host.dpkg_status import (
    STATUS,
    has_dpkg_status,
    list_dpkg_names,
    parse_installed,
    read_dpkg_status,
)
from neuron_pin.inputs.host.rpm_database import read_rpm_installed, rpm_database
from neuron_pin.inputs.locks.detected import DetectedPackage, distribution_of
from neuron_pin.policy import Ecosystem, PackageKey, Rule
from neuron_pin.sources.apt.sources_list import read_apt_sources
from neuron_pin.target import Target
from neuron_pin.target.detection import Detected, detect

from .dpkg_states import check_states, list_apt_names
from .environment import check_environment
from .finding import Finding, Severity
from .newer import (
    MODULE,
    check_newer_driver,
    check_newer_kernel,
    check_newer_machine,
    could_be,
    describe_unknown_system,
    report_newer_system,
)
from .part import check_part
from .remedy import list_supported_systems, target_remedy
from .repositories import check_apt
from .requirements import check_packages
from .scope import check_scope

MakeTarget = Callable[[str | None, str], Target]


def check_host(
    root: str,
    catalog: Catalog,
    make_target: MakeTarget,
    within_days: int,
    now: float,
    *,
    is_running: bool,
    environments: Iterable[str],
) -> tuple[list[Finding], list[DetectedPackage]]:
    """The findings on a machine below a root, and the Neuron packages on it and in these
    environments of it.

    ``is_running`` says that it is a machine and not an image: then its instance family, its
    kernel, the loaded driver and the age of apt's lists count too.  ``now`` is in seconds since
    the epoch.  What cannot be read is a finding, and the rest is checked.
    """
    machine = detect(root)
    judged = judge_system(catalog, machine.os)
    known = judged.system
    target = make_target("", known.name if known is not None else "")
    packages: list[DetectedPackage] = []
    unreadable: list[Finding] = []
    unfinished: list[Finding] = []
    try:
        packages = list(list_system_packages(root, catalog))
        unfinished += check_states(root, list_apt_names(catalog), is_image=not is_running)
    except UnreadableInput as error:
        unreadable.append(report_unreadable(error))
    names = {found.key.name for found in packages} & catalog.packages.keys()
    # Of packages that go on beyond the end of the system's support it says nothing.
    goes_on = known is not None and bool(names) and names <= known.excepted
    findings = list(
        _system(
            machine.os,
            judged,
            root,
            catalog,
            target,
            within_days,
            is_running=is_running,
            goes_on=goes_on,
        )
    )
    findings += unreadable
    findings += unfinished
    findings += check_packages(packages, catalog, target, within_days)
    if not is_running:
        for found in packages:
            label = f"{found.key.name} {found.version}"
            findings += check_scope(found.key.name, label, found.place, catalog)
    findings += _driver(packages, root, catalog, target, machine)
    if os.path.isdir(os.path.join(root, "etc/apt")) and _concerns_apt(root, catalog, packages):
        findings += check_apt(root, catalog, now, is_image=not is_running)
    stated = list(packages)
    for folder in environments:
        # Of a folder of pip install --target nothing tells the Python, the system's least of all.
        is_of_system = folder.endswith("/python3/dist-packages")
        python = environment_python(folder) or ("" if is_of_system else None)
        own = make_target(python, known.name if known is not None else "")
        try:
            more, inside = check_environment(folder, catalog, own, within_days, root)
        except UnreadableInput as error:
            findings.append(report_unreadable(error))
            continue
        findings += more
        stated += inside
    return list(dict.fromkeys(findings)), stated


def check_machine_facts(root: str, catalog: Catalog) -> Iterator[Finding]:
    """What a machine below a root has that is newer than the facts, by its system packages."""
    try:
        packages = list(list_system_packages(root, catalog))
    except UnreadableInput:
        # Who looks at pins says so (NP603).
        packages = []
    yield from check_newer_machine(root, packages, catalog)


def report_unreadable(error: UnreadableInput) -> Finding:
    """What could not be read, as a finding."""
    place = f"{error.path}:{error.line}" if error.line else error.path
    return Finding(Rule.UNREADABLE, Severity.ERROR, place, error.problem, place, error.hint)


def _system(
    name: str,
    judged: JudgedSystem,
    root: str,
    catalog: Catalog,
    target: Target,
    within_days: int,
    *,
    is_running: bool,
    goes_on: bool,
) -> Iterator[Finding]:
    """Whether the operating system, unless what is on it goes on, and the instance family are
    supported."""
    place = os.path.join(root, "etc/os-release")
    if target.os is None and not name:
        reason = "the operating system is unknown: no os-release file states its name and version"
        yield Finding(
            Rule.OPERATING_SYSTEM,
            Severity.WARNING,
            "this system",
            reason,
            place,
            "say which system it is: --os ubuntu24.04",
        )
    elif target.os is None:
        reason, severity = describe_unknown_system(name, judged, catalog)
        remedy = "move to " + " or ".join(list_supported_systems(catalog, target, name)[:3])
        yield Finding(Rule.OPERATING_SYSTEM, severity, name, reason, place, remedy)
    elif target.os.is_newer:
        yield report_newer_system(target.os.name, catalog, place)
    instance = target.family if is_running else None
    for part in find_target_parts(
        catalog,
        python="",
        system=None if goes_on else target.os,
        instance=instance,
        as_of=target.as_of,
    ):

        def finding(
            rule: Rule, severity: Severity, reason: str, remedy: str = "", label: str = ""
        ) -> Finding:
            return Finding(rule, severity, label or name, reason, place, remedy)

        remedy = target_remedy(part, catalog, target)
        yield from check_part(part, target.as_of, within_days, finding, Rule.TARGET_ENDED, remedy)


def list_system_packages(root: str, catalog: Catalog) -> Iterator[DetectedPackage]:
    """The Neuron system packages that are installed, those of names that the facts do not have
    too; raises `UnreadableInput`."""
    names = _SystemNames(catalog)
    vendor = distribution_of(detect(root).os)
    status = os.path.join(root, STATUS)
    if os.path.lexists(status) or has_dpkg_status(root):
        data = read_dpkg_status(root)
        if data.strip() and b"Package:" not in data:
            raise UnreadableInput(status, None, "is not a dpkg status file")
        every = [name for name in list_dpkg_names(data) if name in names]
        for name, found in sorted(parse_installed(data, every).items()):
            if not found.version:
                continue  # Unpacking it failed, which `check_states` says.
            key = PackageKey(Ecosystem.APT, name)
            yield DetectedPackage(key, found.version, None, "", status, vendor=vendor)
    database = rpm_database(root)
    if database:
        for name, version in sorted(read_rpm_installed(root, names).items()):
            key = PackageKey(Ecosystem.RPM, name)
            yield DetectedPackage(key, version, None, "", database, vendor=vendor)


class _SystemNames:
    """The names of system packages that are Neuron's, or of their form."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._known = frozenset(list_apt_names(catalog))

    def __contains__(self, name: object) -> bool:
        if not isinstance(name, str) or "neuron" not in name:
            return name in self._known
        return name in self._known or is_name_of_form(name, self._catalog)


def _driver(
    packages: list[DetectedPackage],
    root: str,
    catalog: Catalog,
    target: Target,
    machine: Detected,
) -> Iterator[Finding]:
    """Whether the loaded driver is the installed one, and works with the other packages; and
    whether the facts know it, and the kernel."""
    loaded, kernel = machine.driver, machine.kernel
    full = {statement.key.name: statement.version for statement in packages}
    versions = {name: public_version(version) for name, version in full.items()}
    installed = versions.get(DRIVER, "")
    place = os.path.join(root, MODULE)
    shown = loaded or machine.other_driver
    if installed and shown and shown != installed and not could_be(shown, installed):
        yield Finding(
            Rule.NOT_LOADED,
            Severity.ERROR,
            f"{DRIVER} {installed}",
            f"the kernel still runs driver {shown}",
            place,
            "stop what uses Neuron devices, then run "
            "sudo modprobe -r neuron && sudo modprobe neuron; or reboot",
        )
    yield from check_newer_driver(machine, installed, catalog, place)
    if installed or shown:
        running = os.path.join(root, "proc/sys/kernel/osrelease")
        yield from check_newer_kernel(machine, catalog, target.os, running)
    # Of a loaded driver whose version cannot be compared nothing is known.
    runs = loaded or ("" if shown else installed)
    runtime = versions.get(RUNTIME, "")
    if runs and runtime:
        source = find_clash(catalog, Pair(runs, runtime), target.family)
        if source:
            yield Finding(
                Rule.DRIVER_WINDOW,
                Severity.ERROR,
                f"{RUNTIME} {full[RUNTIME]}",
                f"does not work with driver {runs} [{source}]",
                place if loaded else os.path.join(root, STATUS),
                "neuron-pin plan --from host",
            )
    if kernel and installed and target.os is not None:
        floor = find_floor_above(catalog, installed, target.os.name, kernel)
        if floor is None:
            yield from _untested_kernel(installed, kernel, root, catalog, target.os)
        else:
            yield Finding(
                Rule.KERNEL,
                Severity.ERROR,
                f"{DRIVER} {installed}",
                f"needs kernel {floor.kernel} or newer, but {kernel} is running [{floor.source}]",
                os.path.join(root, "proc/sys/kernel/osrelease"),
                f"boot a kernel of {floor.kernel} or newer",
            )


def _untested_kernel(
    driver: str, kernel: str, root: str, catalog: Catalog, system: OperatingSystem
) -> Iterator[Finding]:
    """NP111: a running kernel of a series that the installed driver was not tested on with the
    operating system; one that is newer than all tested ones is NP510."""
    sdks = [sdk for sdk, _ in catalog.shipped(DRIVER).get(driver, ())]
    tested, source = find_tested_kernels(catalog, sdks, system.name)
    is_tested = parse_kernel_series(kernel) in map(parse_kernel_series, tested)
    if not tested or is_tested or judge_kernel(catalog, kernel, system) is Standing.NEWER:
        return
    yield Finding(
        Rule.KERNEL_UNTESTED,
        Severity.WARNING,
        f"{DRIVER} {driver}",
        f"was tested on {system.name} with kernel {', '.join(tested)}, but {kernel} is running "
        f"[{source}]",
        os.path.join(root, "proc/sys/kernel/osrelease"),
        f"boot a kernel of the series {' or '.join(tested)}, or test the driver on yours",
    )


def _concerns_apt(root: str, catalog: Catalog, packages: list[DetectedPackage]) -> bool:
    """Whether the machine's apt installs, or is set up to install, Neuron packages."""
    if any(statement.key.ecosystem is Ecosystem.APT for statement in packages):
        return True
    host = urlsplit(catalog.repositories.apt).hostname
    try:
        return any(urlsplit(s.repository.url).hostname == host for s in read_apt_sources(root))
    except UnreadableInput:
        return True
