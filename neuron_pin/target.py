"""What is installed onto: instance family, operating system, Python, platform, date, phases."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from neuron_pin.catalog import Catalog, OperatingSystem
from neuron_pin.errors import WrongUsage
from neuron_pin.policy import DEFAULT_PHASES, Ecosystem, Phase

if TYPE_CHECKING:
    from packaging.tags import Tag

    from neuron_pin.settings import Settings

DEFAULT_GLIBC = "2.28"
"""The C library assumed where no operating system is named: the manylinux floor that most
wheels are built for today."""


class Scope(Enum):
    """Which side of a container's wall is installed."""

    HOST = "host"
    CONTAINER = "container"
    BOTH = "both"


class Target(NamedTuple):
    """A place to install onto; none where the user left a part open.

    ``family`` is the instance family under which releases list ``instance`` (``trn1`` for
    ``trn1n``).  ``python`` is ``3.12``, ``python_full`` ``3.12.3``: the first of the series,
    ``3.12.0``, where the patch is open.  ``platforms`` are wheel platform tags, best first.
    ``driver`` is the version of the driver that the host has and keeps, ``kernel`` the one
    that runs there (``6.8.0-1015-aws``); both are empty for open.  ``support_until`` is the
    day up to which support must be guaranteed, none where nothing is asked.
    """

    instance: str | None
    family: str | None
    os: OperatingSystem | None
    python: str
    python_full: str
    platforms: tuple[str, ...]
    scope: Scope
    as_of: date
    phases: frozenset[Phase]
    driver: str = ""
    kernel: str = ""
    support_until: date | None = None

    @property
    def system(self) -> Ecosystem:
        """The ecosystem of system packages; apt where no operating system is named."""
        return self.os.ecosystem if self.os else Ecosystem.APT

    @property
    def label(self) -> str:
        """One line for people: ``trn2, ubuntu24.04, Python 3.12``."""
        parts = [self.instance or "any instance", self.os.name if self.os else "any Linux"]
        parts.append(f"Python {self.python}")
        if self.scope is not Scope.BOTH:
            parts.append(self.scope.value)
        if self.driver:
            parts.append(f"driver {self.driver}")
        if self.kernel:
            parts.append(f"kernel {self.kernel}")
        return ", ".join(parts)


def make_target(
    catalog: Catalog,
    *,
    instance: str | None,
    system: str | None,
    python: str | None,
    platforms: Sequence[str] = (),
    scope: str = "both",
    as_of: date,
    phases: Sequence[str] = (),
    this_python: str,
    driver: str = "",
    kernel: str = "",
    support_until: date | None = None,
) -> Target:
    """A target from what the user said; raises `UnknownName` or `WrongUsage`.

    Python is the given one, else the operating system's, else ``this_python``, that of the
    running interpreter, as pip and uv have it.
    """
    chosen = catalog.system(system) if system else None
    version = python or (chosen.python if chosen else this_python)
    if not re.fullmatch(r"3\.\d{1,2}(\.\d{1,3})?", version):
        raise WrongUsage(f"{version!r} is not a Python version", hint="write it as 3.12 or 3.12.3")
    name = catalog.instance(instance) if instance else None
    series = ".".join(version.split(".")[:2])
    allowed = frozenset(Phase.parse(phase) for phase in phases)
    return Target(
        instance=name,
        family=catalog.instances[name] if name else None,
        os=chosen,
        python=series,
        python_full=version if version != series else f"{series}.0",
        platforms=_expanded(platforms) or _platforms(chosen.glibc if chosen else DEFAULT_GLIBC),
        scope=Scope(scope),
        as_of=as_of,
        phases=DEFAULT_PHASES | allowed,
        driver=_driver(driver),
        kernel=_kernel(kernel),
        support_until=support_until,
    )


def _driver(text: str) -> str:
    if text and not re.fullmatch(r"\d{1,4}(\.\d{1,6}){1,3}", text):
        raise WrongUsage(
            f"--with-driver: {text!r} is no version of the driver", hint="write it as 2.26.5.0"
        )
    return text


def _kernel(text: str) -> str:
    if text and not re.fullmatch(r"\d{1,3}\.\d{1,3}[\w.+~-]{0,80}", text):
        raise WrongUsage(
            f"--with-kernel: {text!r} is no kernel",
            hint="write it as uname -r does: 6.8.0-1015",
        )
    return text


def _platforms(glibc: str, machine: str = "x86_64") -> tuple[str, ...]:
    """PEP 600: every manylinux tag up to the target's glibc, then plain linux.

    Neuron's own wheels carry the plain tag; pip on Linux accepts it.
    """
    legacy = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    tags = []
    for minor in range(int(glibc.partition(".")[2]), 4, -1):
        tags.append(f"manylinux_2_{minor}_{machine}")
        if minor in legacy:
            tags.append(f"{legacy[minor]}_{machine}")
    return (*tags, f"linux_{machine}")


def _expanded(platforms: Sequence[str]) -> tuple[str, ...]:
    """Platform tags as given, and what each implies: a newer C library runs what was built
    for an older one.  Raises `WrongUsage` for what is no tag of Linux."""
    found: list[str] = []
    legacy = {"manylinux2014": "2.17", "manylinux2010": "2.12", "manylinux1": "2.5"}
    for tag in platforms:
        match = re.fullmatch(r"manylinux_2_(\d{1,2})_(\w+)", tag)
        musl = re.fullmatch(r"musllinux_1_(\d{1,2})_(\w+)", tag)
        old = re.fullmatch(r"(manylinux(?:1|2010|2014))_(\w+)", tag)
        if match:
            found += _platforms(f"2.{match[1]}", match[2])
        elif old:
            found += _platforms(legacy[old[1]], old[2])
        elif musl:
            # PEP 656: as for glibc.
            found += [f"musllinux_1_{n}_{musl[2]}" for n in range(int(musl[1]), -1, -1)]
            found.append(f"linux_{musl[2]}")
        elif re.fullmatch(r"linux_\w+", tag):
            found.append(tag)
        else:
            raise WrongUsage(
                f"--platform: {tag!r} is no platform tag of Linux",
                hint="write it as manylinux_2_34_x86_64",
            )
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=8)
def wheel_tags(python: str, platforms: tuple[str, ...]) -> dict[Tag, int]:
    """PEP 425: the tags that a CPython target accepts, each with its rank, best lowest."""
    from packaging.tags import compatible_tags, cpython_tags

    release = tuple(int(part) for part in python.split("."))
    interpreter = "cp" + "".join(str(part) for part in release)
    found: dict[Tag, int] = {}
    for tag in cpython_tags(release, platforms=platforms):
        found.setdefault(tag, len(found))
    for tag in compatible_tags(release, interpreter, platforms):
        found.setdefault(tag, len(found))
    return found


def machine_of(platforms: tuple[str, ...]) -> str:
    """The machine, as ``uname -m`` names it, that platform tags are for."""
    return "aarch64" if platforms and platforms[0].endswith("aarch64") else "x86_64"


def marker_environment(python_full: str, platforms: tuple[str, ...]) -> dict[str, str]:
    """PEP 508: the marker variables of the target, not of this machine."""
    return {
        "implementation_name": "cpython",
        "implementation_version": python_full,
        "os_name": "posix",
        "platform_machine": machine_of(platforms),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python_full,
        "python_version": ".".join(python_full.split(".")[:2]),
        "sys_platform": "linux",
    }


class Detected(NamedTuple):
    """What could be told of this machine; empty where it could not.  ``driver`` is the
    version of the loaded kernel module, ``kernel`` what ``uname -r`` says."""

    instance: str
    os: str
    python: str
    driver: str = ""
    kernel: str = ""


def detect(root: str = "/", python: str = "") -> Detected:
    """Look at a machine: DMI for the instance type, os-release(5) for the system, the
    kernel module for the driver.

    Reads four small files, never the network.
    """
    product = _read(os.path.join(root, "sys/devices/virtual/dmi/id/product_name")).strip().lower()
    family = product.partition(".")[0]
    instance = family if re.fullmatch(r"(inf|trn)\d[a-z]?", family) else ""
    fields = {}
    for line in _read(os.path.join(root, "etc/os-release")).splitlines():
        name, _, value = line.partition("=")
        fields[name] = value.strip().strip("\"'")
    identifier, version = fields.get("ID", ""), fields.get("VERSION_ID", "")
    if identifier in ("rocky", "rhel", "debian"):
        version = version.partition(".")[0]
    driver = _read(os.path.join(root, "sys/module/neuron/version")).strip()
    if not re.fullmatch(r"\d[\d.]{0,30}", driver):
        driver = ""
    kernel = _read(os.path.join(root, "proc/sys/kernel/osrelease")).strip()
    if not re.fullmatch(r"\d{1,3}\.\d{1,3}[\w.+~-]{0,80}", kernel):
        kernel = ""
    return Detected(instance, f"{identifier}{version}" if version else "", python, driver, kernel)


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as stream:
            return stream.read(65536)
    except OSError:
        return ""


def target_of(
    settings: Settings, catalog: Catalog, today: date, this_python: str, root: str = "/"
) -> Target:
    """The target that the settings describe; ``--target auto`` fills in from this machine."""
    instance, system, python = settings.instance, settings.os, settings.python
    driver, kernel = settings.with_driver or "", settings.with_kernel or ""
    if settings.target == "auto":
        found = detect(root, this_python)
        instance = instance or found.instance or None
        system = system or found.os or None
        python = python or found.python
        if settings.scope == "container":
            # A container runs on whatever driver its host has loaded.
            driver = driver or found.driver
        kernel = kernel or found.kernel
        if not instance:
            raise WrongUsage(
                "this machine does not say that it is an Inferentia or Trainium instance",
                hint="name the instance family with --instance",
            )
    return make_target(
        catalog,
        instance=instance,
        system=system,
        python=python,
        platforms=settings.platform,
        scope=settings.scope or "both",
        as_of=parse_day(settings.as_of) if settings.as_of else today,
        phases=settings.phase,
        this_python=this_python,
        driver=driver,
        kernel=kernel,
        support_until=parse_day(settings.require_support_until, "--require-support-until")
        if settings.require_support_until
        else None,
    )


def parse_day(text: str, option: str = "--as-of") -> date:
    """An ISO date that an option gives; raises `WrongUsage`."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUsage(
            f"{option}: {text!r} is not a date", hint="write it as 2026-08-17"
        ) from None
