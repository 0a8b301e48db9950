"""Platform tags and marker variables of a target, not of this machine (PEP 425, 508, 600)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from neuron_pin.errors import WrongUsage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from packaging.tags import Tag


MACHINE = "x86_64"
"""The machine that is meant where none is named: of those that Neuron instances are."""


def platform_tags(glibc: str, machine: str = MACHINE) -> tuple[str, ...]:
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


def expand_platforms(platforms: Sequence[str]) -> tuple[str, ...]:
    """Platform tags as given, and what each implies: a newer C library runs what was built
    for an older one.  Raises `WrongUsage` for what is no tag of Linux."""
    found: list[str] = []
    legacy = {"manylinux2014": "2.17", "manylinux2010": "2.12", "manylinux1": "2.5"}
    for tag in platforms:
        # One after the other: a pattern that is not tried need not be made.
        if match := re.fullmatch(r"manylinux_2_(\d{1,2})_(\w+)", tag):
            found += platform_tags(f"2.{match[1]}", match[2])
        elif old := re.fullmatch(r"(manylinux(?:1|2010|2014))_(\w+)", tag):
            found += platform_tags(legacy[old[1]], old[2])
        elif musl := re.fullmatch(r"musllinux_1_(\d{1,2})_(\w+)", tag):
            # PEP 656: as for glibc.
            found += [f"musllinux_1_{n}_{musl[2]}" for n in range(int(musl[1]), -1, -1)]
            found.append(f"linux_{musl[2]}")
        elif re.fullmatch(r"linux_\w+", tag):
            found.append(tag)
        else:
            raise WrongUsage(
                f"--platform: {tag!r} is not a Linux platform tag",
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


@lru_cache(maxsize=4096)
def rank_tags(tags: str, python: str, platforms: tuple[str, ...]) -> int | None:
    """How well a wheel fits a CPython target, by the last part of its name (PEP 425), best lowest;
    none if it does not.  Real indexes have tags that are none (``py36+-none-any``): no installer
    would take such a wheel."""
    from packaging.tags import parse_tag

    ranks = wheel_tags(python, platforms)
    try:
        found = [ranks[tag] for tag in parse_tag(tags) if tag in ranks]
    except ValueError:
        return None
    return min(found) if found else None


def find_machine(platforms: tuple[str, ...]) -> str:
    """The machine, as ``uname -m`` names it, that platform tags are for."""
    return "aarch64" if platforms and platforms[0].endswith("aarch64") else MACHINE


def find_architecture(platforms: tuple[str, ...]) -> str:
    """The same machine, as dpkg names it."""
    return {"aarch64": "arm64"}.get(find_machine(platforms), "amd64")


def marker_environment(python_full: str, platforms: tuple[str, ...]) -> dict[str, str]:
    """PEP 508: the marker variables of the target, not of this machine."""
    return {
        "implementation_name": "cpython",
        "implementation_version": python_full,
        "os_name": "posix",
        "platform_machine": find_machine(platforms),
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": python_full,
        "python_version": ".".join(python_full.split(".")[:2]),
        "sys_platform": "linux",
    }
