"""The hosts of the lab: ten classes of machines, and what is wrong with some of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

RELEASES: dict[str, dict[str, str]] = {
    "2.30.0": {
        "aws-neuronx-dkms": "2.28.0.0",
        "aws-neuronx-runtime-lib": "2.32.31.0",
        "aws-neuronx-collectives": "2.32.28.0",
        "aws-neuronx-tools": "2.30.10.0",
    },
    "2.31.1": {
        "aws-neuronx-dkms": "2.29.0.0",
        "aws-neuronx-runtime-lib": "2.33.10.0",
        "aws-neuronx-collectives": "2.33.10.0",
        "aws-neuronx-tools": "2.31.15.0",
    },
    "2.32.0": {
        "aws-neuronx-dkms": "2.30.2.0",
        "aws-neuronx-runtime-lib": "2.34.10.0",
        "aws-neuronx-collectives": "2.34.10.0",
        "aws-neuronx-tools": "2.32.28.0",
    },
}
"""The system packages of three SDK releases, as the catalog has them."""

DRIVER = "aws-neuronx-dkms"
REVISION = "abcdef012"
"""The vendor's versions end in a revision, but for the driver's."""

BEFORE, AFTER = "2.31.1", "2.32.0"
"""The roll-out: from one release to the next."""


def packaged(name: str, version: str) -> str:
    """A version as the repository has it."""
    return version if name == DRIVER else f"{version}-{REVISION}"


class HostClass(NamedTuple):
    """Machines that are alike.

    ``installed`` are versions by package; ``loaded`` is the version of the driver in the kernel,
    None for the installed one; ``held`` are packages on hold; ``half`` is a package whose
    configuration failed.
    """

    name: str
    instance: str
    os: str
    kernel: str
    installed: dict[str, str]
    loaded: str | None = None
    held: tuple[str, ...] = ()
    half: str | None = None

    @property
    def is_dnf(self) -> bool:
        return self.os in ("amzn2023", "rocky9")


_OLD, _NEW, _OLDER = RELEASES[BEFORE], RELEASES[AFTER], RELEASES["2.30.0"]

CLASSES: tuple[HostClass, ...] = (
    HostClass("trn2-noble", "trn2.48xlarge", "ubuntu24.04", "6.8.0-1016-aws", _OLD),
    HostClass("trn1-jammy", "trn1.32xlarge", "ubuntu22.04", "6.8.0-1015-aws", _OLD),
    HostClass("inf2-noble", "inf2.8xlarge", "ubuntu24.04", "6.8.0-1016-aws", _OLD),
    HostClass("trn1-debian", "trn1.2xlarge", "debian12", "6.1.0-28-cloud-amd64", _OLD),
    HostClass(
        "trn2-drifted", "trn2.48xlarge", "ubuntu24.04", "6.8.0-1016-aws",
        {**_OLD, "aws-neuronx-tools": _OLDER["aws-neuronx-tools"]},
    ),
    HostClass(
        "trn1-held", "trn1.32xlarge", "ubuntu22.04", "6.8.0-1015-aws", _OLD,
        held=("aws-neuronx-tools",),
    ),
    HostClass(
        "inf2-half", "inf2.8xlarge", "ubuntu24.04", "6.8.0-1016-aws", _OLD,
        half="aws-neuronx-tools",
    ),
    HostClass(
        "trn2-wrong-driver", "trn2.48xlarge", "ubuntu24.04", "6.8.0-1016-aws", _OLD,
        loaded=_OLDER[DRIVER],
    ),
    HostClass("trn2-older", "trn2.48xlarge", "ubuntu22.04", "6.8.0-1015-aws", _OLDER),
    HostClass("trn1-al2023", "trn1.32xlarge", "amzn2023", "6.1.115-126.197.amzn2023.x86_64", _OLD),
)  # fmt: skip


class Host(NamedTuple):
    """One host.  ``fault`` is None, ``unreachable``, ``refusing`` (an administrator's own hook
    of the package manager), ``full`` (its disk) or ``low`` (nearly).  ``address`` is where its sshd listens; None
    for a host that is entered without a network."""

    name: str
    of: HostClass
    fault: str | None
    address: str | None


SHARES = {"unreachable": 0.03, "refusing": 0.02, "full": 0.005, "low": 0.005}
"""Shares of the hosts that have a fault; at least one host each where there are ten or more."""
OVER_SSH = 0.02
MOST_OVER_SSH = 20


def draw_hosts(count: int, classes: Sequence[HostClass] = CLASSES) -> tuple[Host, ...]:
    """The hosts, the same for the same count: classes in turn, faults spread over them.

    The first host of all has no fault: it is the canary.
    """
    faults: list[str] = []
    for name, share in SHARES.items():
        faults += [name] * (max(1, round(count * share)) if count >= 10 else 0)
    # Those with a fault are spread evenly; a step that has no common divisor with the number of
    # classes reaches every class.
    places = dict(zip(_spread(count, len(faults)), faults, strict=True))
    over_ssh = min(MOST_OVER_SSH, max(1, round(count * OVER_SSH))) if count >= 10 else 0
    fault_free = [n for n in range(1, count) if n not in places and not _of(n, classes).is_dnf]
    by_ssh = (
        set(fault_free[:: max(1, len(fault_free) // over_ssh)][:over_ssh]) if over_ssh else set()
    )
    width = len(str(count))
    return tuple(
        Host(
            f"node{number:0{width}}",
            _of(number, classes),
            places.get(number),
            f"127.1.{number // 250}.{number % 250 + 1}" if number in by_ssh else None,
        )
        for number in range(count)
    )


def _of(number: int, classes: Sequence[HostClass]) -> HostClass:
    return classes[number % len(classes)]


def _spread(count: int, wanted: int) -> Iterator[int]:
    """Distinct numbers from 3 to count - 1, evenly spaced, of every class in turn."""
    step = (count - 3) / wanted if wanted else 0
    yield from (3 + int(number * step) for number in range(wanted))
