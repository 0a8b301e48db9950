"""What has to hold before anything is changed, as tests of a POSIX shell."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog, OperatingSystem
from neuron_pin.catalog.windows import DRIVER
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution
from neuron_pin.target import Scope
from neuron_pin.target.tags import find_machine

from .step import Part, Step

SYSTEM_KIB = 2 * 1024 * 1024
ENVIRONMENT_KIB = 10 * 1024 * 1024
"""Free space that is asked for, in KiB: two GiB for system packages, ten for an environment
(a compiler's wheel alone is some 370 MB packed)."""

PRODUCT = "/sys/devices/virtual/dmi/id/product_name"


def system_checks(resolution: Resolution, catalog: Catalog, root: str) -> Iterator[Step]:
    """Operating system, machine, instance family, kernel, space; and headers, if a driver
    is to be built."""
    target = resolution.target
    system = target.os
    if system is not None:
        pattern = _release_pattern(system)
        named = f'case "$ID$VERSION_ID" in {pattern}) ;; *) false ;; esac'
        test = f"( . {root}/etc/os-release && {named} )"
        yield _check("os", f"The operating system is {system.name}", test, system.source)
    machine = find_machine(target.platforms)
    yield _check("machine", f"The machine is {machine}", f'test "$(uname -m)" = {machine}', "")
    if target.instance is not None and target.scope is not Scope.CONTAINER:
        yield _check(
            "instance",
            f"The instance is of family {target.instance}",
            f"grep -qi '^{target.instance}\\.' {root}{PRODUCT}",
            "release manifest",
        )
    if target.scope is not Scope.CONTAINER:
        yield from _kernel(resolution, catalog)
    if any(p.key.ecosystem is not Ecosystem.PIP for p in resolution.packages):
        yield _check("disk", "Two GiB are free for system packages", _free("/", SYSTEM_KIB), "")


def _kernel(resolution: Resolution, catalog: Catalog) -> Iterator[Step]:
    driver = next((p for p in resolution.packages if p.key.name == DRIVER), None)
    system = resolution.target.os
    if driver is None or system is None:
        return
    for floor in catalog.kernel_floors:
        if (
            floor.package == DRIVER
            and floor.os == system.name
            and floor.versions.contains(driver.version)
        ):
            yield _check(
                "kernel",
                f"The kernel is {floor.kernel} or newer",
                f"printf '%s\\n%s\\n' {floor.kernel} \"$(uname -r)\" | sort -V -C",
                floor.source,
            )
    if system.ecosystem is Ecosystem.APT:
        offered = 'apt-cache show "linux-headers-$(uname -r)" >/dev/null 2>&1'
    else:
        listed = f'{package_manager(system)} -q list --showduplicates "kernel-devel-$(uname -r)"'
        offered = f"{listed} >/dev/null 2>&1"
    yield _check(
        "can-build",
        "The headers of the running kernel are there, or can be had",
        f'test -e "/lib/modules/$(uname -r)/build" || {offered}',
        "the driver is built for the kernel that runs (dkms)",
    )


def environment_checks(python: str, installer: str, where: str) -> Iterator[Step]:
    """The program that makes the environment, and space for it."""
    if installer == "uv":
        yield _check("uv", "uv is there", "command -v uv >/dev/null", "it brings Pythons along")
    yield _check(
        "space",
        "Ten GiB are free for the environment",
        _free(where, ENVIRONMENT_KIB),
        "a compiler's wheel alone is some 370 MB packed",
    )


def package_manager(system: OperatingSystem) -> str:
    """The command that installs system packages."""
    if system.ecosystem is Ecosystem.APT:
        return "apt-get"
    # Amazon Linux 2 has no dnf.
    return "yum" if system.name == "amzn2" else "dnf"


def _check(name: str, title: str, test: str, reason: str) -> Step:
    return Step(Part.CHECK, name, title, commands=(test,), reason=reason)


def _release_pattern(system: OperatingSystem) -> str:
    """As os-release(5) has ID and VERSION_ID; Rocky and RHEL name the minor too."""
    if system.name.startswith(("rocky", "rhel")):
        return f"{system.name}|{system.name}.*"
    return system.name


def _free(path: str, kib: int) -> str:
    return f"test \"$(df -Pk {path} | awk 'NR == 2 {{ print $4 }}')\" -ge {kib}"
