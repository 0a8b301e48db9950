"""What is checked before anything is changed, as tests for a POSIX shell."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog, OperatingSystem
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.newness import CODENAMES
from neuron_pin.policy import Ecosystem
from neuron_pin.resolve import Resolution
from neuron_pin.target import Scope
from neuron_pin.target.tags import find_machine

from .step import Part, Step

SYSTEM_KIB = 2 * 1024 * 1024
ENVIRONMENT_KIB = 10 * 1024 * 1024
"""Free space that is asked for, in KiB: two GiB for system packages, ten for an environment
(a compiler's wheel alone is some 370 MB packed)."""

UV_INSTALLER = "curl -LsSf https://astral.sh/uv/install.sh | sh"
"""How uv is installed on any system.  Source: uv, "Installation"."""

PRODUCT = "/sys/devices/virtual/dmi/id/product_name"


def system_checks(resolution: Resolution, catalog: Catalog, root: str) -> Iterator[Step]:
    """Operating system, machine, instance family, kernel, disk space; and headers, where a
    driver is built."""
    target = resolution.target
    system = target.os
    if system is not None:
        stated, pattern = _release_pattern(system)
        named = f'case "{stated}" in {pattern}) ;; *) false ;; esac'
        test = f"( . {root}/etc/os-release && {named} )"
        release = f'. {root}/etc/os-release && echo "{stated}"'
        title = f"Check that the operating system is {system.name}"
        yield _check("os", title, test, system.source, release)
    machine = find_machine(target.platforms)
    yield _check(
        "machine",
        f"Check that the machine is {machine}",
        f'test "$(uname -m)" = {machine}',
        "",
        "uname -m",
    )
    if target.instance is not None and target.scope is not Scope.CONTAINER:
        yield _check(
            "instance",
            f"Check that the instance family is {target.instance}",
            f"grep -qis '^{target.instance}\\.' {root}{PRODUCT}",
            "release manifest",
            f"cat {root}{PRODUCT} 2>/dev/null || echo 'no EC2 instance type'",
        )
    if target.scope is not Scope.CONTAINER:
        yield from _kernel(resolution, catalog)
    if any(p.key.ecosystem is not Ecosystem.PIP for p in resolution.packages):
        title = "Check disk space: 2 GiB for system packages"
        yield _check("disk", title, _free("/", SYSTEM_KIB), "", _show_free("/"))


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
                f"Check that the kernel is {floor.kernel} or newer",
                f"printf '%s\\n%s\\n' {floor.kernel} \"$(uname -r)\" | sort -V -C",
                floor.source,
                "uname -r",
            )
    if system.ecosystem is Ecosystem.APT:
        offered = 'apt-cache show "linux-headers-$(uname -r)" >/dev/null 2>&1'
    else:
        listed = f'{package_manager(system)} -q list --showduplicates "kernel-devel-$(uname -r)"'
        offered = f"{listed} >/dev/null 2>&1"
    yield _check(
        "can-build",
        "Check that headers of the running kernel are installed or available",
        f'test -e "/lib/modules/$(uname -r)/build" || {offered}',
        "dkms builds the driver for the running kernel",
        'echo "no headers for $(uname -r)"',
    )


def environment_checks(
    python: str, installer: str, where: str, system: OperatingSystem | None
) -> Iterator[Step]:
    """The program that makes the environment, and space for it."""
    if installer == "uv":
        reason = ""
        if system is not None and system.python not in ("", python):
            reason = f"{system.name} has no package of Python {python}, and uv brings one; "
        yield _check(
            "uv",
            "Check that uv is installed",
            "command -v uv >/dev/null",
            f"{reason}to install uv: {UV_INSTALLER}",
            f"echo 'no uv; to install it: {UV_INSTALLER}'",
        )
    yield _check(
        "space",
        "Check disk space: 10 GiB for the environment",
        _free(where, ENVIRONMENT_KIB),
        "a compiler's wheel alone is some 370 MB packed",
        _show_free(where),
    )


def package_manager(system: OperatingSystem) -> str:
    """The command that installs system packages."""
    if system.ecosystem is Ecosystem.APT:
        return "apt-get"
    # Amazon Linux 2 has no dnf.
    return "yum" if system.name == "amzn2" else "dnf"


def _check(name: str, title: str, test: str, reason: str, found: str) -> Step:
    return Step(Part.CHECK, name, title, commands=(test,), reason=reason, found=found)


def _release_pattern(system: OperatingSystem) -> tuple[str, str]:
    """What of os-release(5) names a system, for a shell, and the pattern that it has to match: ID
    and VERSION_ID.  Rocky and RHEL name the minor version too; Debian's testing and unstable have
    a code name alone."""
    if system.name.startswith(("rocky", "rhel")):
        return "$ID$VERSION_ID", f"{system.name}|{system.name}.*"
    names = [name for name, of in CODENAMES.items() if of == system.name]
    if system.is_newer and system.name.startswith("debian") and names:
        patterns = [system.name, *(f"debian{name}" for name in names)]
        return "$ID${VERSION_ID:-$VERSION_CODENAME}", "|".join(patterns)
    return "$ID$VERSION_ID", system.name


def _free(path: str, kib: int) -> str:
    return f"test \"$(df -Pk {path} | awk 'NR == 2 {{ print $4 }}')\" -ge {kib}"


def _show_free(path: str) -> str:
    return f"df -Pk {path} | awk 'NR == 2 {{ print $4 \" KiB\" }}'"
