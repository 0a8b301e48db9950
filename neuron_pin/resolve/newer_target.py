"""What of a target is newer than the facts, and what is not proven because of that (NP510)."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.names import DRIVER
from neuron_pin.catalog.newness import (
    Standing,
    compare_with_known,
    judge_kernel,
    judge_system,
    list_known_versions,
    list_tested_kernels,
    name_newest,
    tell_newer,
    tell_newer_python,
)
from neuron_pin.target import Scope, Target


def describe_newer_target(target: Target, catalog: Catalog) -> Iterator[str]:
    """A line for each part of a target that is newer than the facts: operating system, Python,
    kernel, driver.  Windows, markers, tags and the least kernels still apply."""
    system = target.os
    if system is not None and system.is_newer:
        newest = judge_system(catalog, system.name).newest
        last = newest.name if newest is not None else ""
        line = "no release says that its packages work there; a C library of "
        line += f"{system.glibc} or newer is assumed"
        if target.scope is not Scope.HOST:
            line += f", and Python {target.python}"
        if system.codename and newest is not None and system.codename == newest.codename:
            line += f"; an apt source names the suite of {last}, {system.codename}"
        yield tell_newer(catalog, system.name, last, line)
    if target.python_is_newer and target.scope is not Scope.HOST:
        line = "no release lists packages for it, and whether there are wheels only an index shows"
        yield tell_newer_python(catalog, target.python, line)
    if target.kernel and judge_kernel(catalog, target.kernel, system) is Standing.NEWER:
        tested = list_tested_kernels(catalog, system)[-1]
        line = "no driver was tested on it"
        yield tell_newer(catalog, f"kernel {target.kernel}", tested, line)
    # Most targets name no driver, and what is known of drivers is a file more to read.
    if not target.driver:
        return
    drivers = list_known_versions(catalog, DRIVER)
    if compare_with_known(target.driver, drivers) is Standing.NEWER:
        line = "which runtime libraries work with it, is not known beyond the stated ranges"
        yield tell_newer(catalog, f"driver {target.driver}", name_newest(drivers), line)
