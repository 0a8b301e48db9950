"""What a file, a machine, an environment or a target has that is newer than the facts (NP510),
or that cannot be compared with them (NP103, NP610): each a warning."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from neuron_pin.catalog import Catalog, OperatingSystem, public_version
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.newness import (
    UPDATE,
    JudgedSystem,
    Standing,
    compare_with_known,
    describe_newer,
    judge_kernel,
    judge_release,
    judge_system,
    list_known_versions,
    list_tested_kernels,
    name_newest,
)
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Rule
from neuron_pin.target import Target

from .finding import Finding, Severity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from neuron_pin.target.detection import Detected

    from .part import MakeFinding

MODULE = "sys/module/neuron/version"
"""Where a loaded driver states its version."""


COMPLETE = "neuron-pin catalog update fetches the rest of the release once it is published"
"""What to do about a release that is known in part."""


def check_newer_target(target: Target, catalog: Catalog, place: str) -> Iterator[Finding]:
    """NP510: the operating system and the Python that something is checked for."""
    system = target.os
    if system is not None and system.is_newer:
        yield report_newer_system(system.name, catalog, place)
    yield from check_newer_python(target, catalog, place)


def check_newer_python(target: Target, catalog: Catalog, place: str) -> Iterator[Finding]:
    """NP510: the Python that something is checked for."""
    if target.python_is_newer:
        reason = f"{describe_newer(catalog, name_newest(catalog.pythons))}: whether a release is "
        reason += "for it was not checked"
        yield _newer(f"Python {target.python}", reason, place)


def report_newer_system(name: str, catalog: Catalog, place: str) -> Finding:
    """NP510: an operating system."""
    newest = judge_system(catalog, name).newest
    reason = describe_newer(catalog, newest.name if newest is not None else "")
    return _newer(name, f"{reason}: whether a release supports it is not known", place)


def describe_unknown_system(
    name: str, judged: JudgedSystem, catalog: Catalog
) -> tuple[str, Severity]:
    """NP103: why an operating system that is not newer than the facts is not known, and how much
    that matters: of a distribution that releases support every version that they do is known."""
    known = ", ".join(system.name for system in catalog.systems)
    if judged.standing is Standing.UNREADABLE:
        reason = f"{name!r} has no version that can be compared with the known systems: {known}"
        return reason, Severity.WARNING
    if judged.newest is None:
        reason = f"the facts of {catalog.announced} have no release for this distribution; known "
        return f"{reason}are {known}", Severity.WARNING
    return f"no SDK release supports this operating system; known are {known}", Severity.ERROR


def check_newer_release(stated: DetectedPackage, catalog: Catalog) -> Iterator[Finding]:
    """NP510, or NP512 for one known in part: an SDK release, which an image's name states."""
    release = next((r for r in catalog.releases if r.sdk == stated.version), None)
    if release is not None and release.in_part:
        from neuron_pin.catalog.known_in_part import describe_known_part

        known = describe_known_part(catalog, release)
        reason = f"of {release.date}, newer than the facts of {catalog.announced}: {known} "
        reason += f"[{release.source}]"
        label = f"SDK {release.sdk}"
        yield Finding(Rule.KNOWN_IN_PART, Severity.WARNING, label, reason, stated.place, COMPLETE)
    if judge_release(catalog, stated.version) is Standing.NEWER:
        reason = (
            f"{describe_newer(catalog, name_newest(catalog.dates))}: what it ships is not known"
        )
        yield _newer(f"SDK {stated.version}", reason, stated.place)


def report_newer_version(newest: str, catalog: Catalog, finding: MakeFinding) -> Finding:
    """NP510: a version of a package, of which the facts know none above ``newest``."""
    reason = describe_newer(catalog, newest)
    remedy = f"{UPDATE}; or it came from another index"
    return finding(Rule.NEWER_THAN_FACTS, Severity.WARNING, reason, remedy)


def report_unknown_name(stated: DetectedPackage, catalog: Catalog) -> Finding:
    """NP510: a package that looks like a Neuron package and is not in the facts."""
    label = f"{stated.key.name} {stated.version}".rstrip()
    reason = (
        f"looks like a Neuron package and is not in the facts of {catalog.announced}: it may be "
        "newer, and was not checked"
    )
    return _newer(label, reason, stated.place)


def report_newer_range(newest: str, catalog: Catalog, finding: MakeFinding) -> Finding:
    """NP510: a range that begins above it."""
    reason = f"{describe_newer(catalog, newest)}: whether there is a version is not known"
    return finding(Rule.NEWER_THAN_FACTS, Severity.WARNING, reason, UPDATE)


def check_newer_kernel(
    machine: Detected, catalog: Catalog, system: OperatingSystem | None, place: str
) -> Iterator[Finding]:
    """NP510 or NP610: the kernel that runs."""
    if machine.other_kernel:
        yield _unreadable(f"kernel {machine.other_kernel}", "kernel", place)
    elif machine.kernel and judge_kernel(catalog, machine.kernel, system) is Standing.NEWER:
        tested = list_tested_kernels(catalog, system)[-1]
        reason = f"{describe_newer(catalog, tested)}: no driver was tested on it"
        yield _newer(f"kernel {machine.kernel}", reason, place)


def check_newer_driver(
    machine: Detected, installed: str, catalog: Catalog, place: str
) -> Iterator[Finding]:
    """NP510 or NP610: the loaded driver; one that is the ``installed`` one is judged as a
    package."""
    if machine.other_driver:
        yield _unreadable(f"driver {machine.other_driver}", "driver", place)
    elif machine.driver and machine.driver != installed:
        drivers = list_known_versions(catalog, DRIVER)
        if compare_with_known(machine.driver, drivers) is Standing.NEWER:
            reason = describe_newer(catalog, name_newest(drivers))
            yield _newer(f"driver {machine.driver}", reason, place)


def could_be(shown: str, version: str) -> bool:
    """Whether a version that names a letter in place of a number (``2.x.7693.0``) could be
    another one."""
    parts, others = shown.split("."), version.split(".")
    if len(parts) != len(others):
        return False
    return all(p == o or not p.isdecimal() for p, o in zip(parts, others, strict=True))


def _newer(subject: str, reason: str, place: str) -> Finding:
    return Finding(Rule.NEWER_THAN_FACTS, Severity.WARNING, subject, reason, place, UPDATE)


def _unreadable(subject: str, what: str, place: str) -> Finding:
    reason = f"not a {what} version that can be compared: what it works with was not checked"
    return Finding(Rule.UNREADABLE, Severity.WARNING, subject, reason, place, "")


def check_newer_machine(
    root: str, packages: Iterable[DetectedPackage], catalog: Catalog
) -> Iterator[Finding]:
    """What a machine below a root runs that the facts do not know: its operating system, its
    loaded driver and its kernel, and the versions of its Neuron ``packages``."""
    from neuron_pin.target.detection import detect

    machine = detect(root)
    judged = judge_system(catalog, machine.os)
    if judged.standing is Standing.NEWER:
        yield report_newer_system(machine.os, catalog, os.path.join(root, "etc/os-release"))
    installed = ""
    for stated in packages:
        if stated.key.name not in catalog.packages:
            yield report_unknown_name(stated, catalog)
            continue
        name, version = stated.key.name, public_version(stated.version)
        installed = version if name == DRIVER else installed
        known = list_known_versions(catalog, name)
        if compare_with_known(version, known) is Standing.NEWER:
            reason = describe_newer(catalog, name_newest(known))
            yield _newer(f"{name} {stated.version}", reason, stated.place)
    yield from check_newer_driver(machine, installed, catalog, os.path.join(root, MODULE))
    if installed or machine.driver or machine.other_driver:
        place = os.path.join(root, "proc/sys/kernel/osrelease")
        yield from check_newer_kernel(machine, catalog, judged.system, place)
