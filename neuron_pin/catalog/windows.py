"""Which driver works with which runtime library, and with which kernel."""

from __future__ import annotations

from collections.abc import Iterable

from neuron_pin.record import NamedTuple

from .catalog import Catalog
from .facts import KernelFloor, version_numbers
from .names import DRIVER, RUNTIME


class Pair(NamedTuple):
    """A driver and a runtime library, by version."""

    driver: str
    runtime: str


def find_clash(catalog: Catalog, pair: Pair, family: str | None) -> str:
    """The source that says that a driver and a runtime library do not work together, empty
    if none does."""
    for name, own, other_name, other in (
        (DRIVER, pair.driver, RUNTIME, pair.runtime),
        (RUNTIME, pair.runtime, DRIVER, pair.driver),
    ):
        package = catalog.packages.get(name)
        for window in package.windows if package is not None else ():
            if window.other == other_name and window.applies_to(own, family):
                if not window.range.contains(other):
                    return window.source
    return ""


def find_floor_above(
    catalog: Catalog, driver: str, system: str, running: str
) -> KernelFloor | None:
    """The least kernel that a driver needs on an operating system, if the one that runs there
    (``6.8.0-1015-aws``) is older."""
    for floor in catalog.kernel_floors:
        applies = floor.os == system and floor.versions.contains(driver)
        if applies and parse_kernel_series(running) < version_numbers(floor.kernel):
            return floor
    return None


def find_tested_kernels(
    catalog: Catalog, sdks: Iterable[str], system: str
) -> tuple[list[str], str]:
    """The kernels that the driver of some releases was tested on with an operating system, and
    who says so; none where nobody does.  A patch release was tested on what its minor was."""
    minors = {sdk.rpartition(".")[0] for sdk in sdks}
    tested = [
        row
        for row in catalog.tested
        if row.package == DRIVER and row.os == system and row.sdk.rpartition(".")[0] in minors
    ]
    kernels = {kernel for row in tested for kernel in row.kernels}
    return sorted(kernels, key=version_numbers), tested[0].source if tested else ""


def parse_kernel_series(running: str) -> tuple[int, ...]:
    """The two numbers by which a kernel is tested: 6.8 of ``6.8.0-1015-aws``.

    The hooks have a twin: ``hooks/program/verdict.py: series`` (``fixtures/hook-twins``).
    """
    return version_numbers(running)[:2]
