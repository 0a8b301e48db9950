"""The nodes that the containers of a cluster's files run on: their driver, as far as a check is
told of it."""

from __future__ import annotations

import contextlib

from neuron_pin.audit.host import list_system_packages
from neuron_pin.audit.node_driver import NodeDriver
from neuron_pin.catalog import Catalog, public_version
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.errors import UnreadableInput
from neuron_pin.resolve import Resolution
from neuron_pin.target.detection import detect


def find_node(
    catalog: Catalog, driver: str, host: str | None, lock: Resolution | None
) -> NodeDriver:
    """The driver that ``--with-driver`` names, else that of the machine that is checked, else the
    lock's; with the runtime library of the lock."""
    locked = {p.key.name: public_version(p.version) for p in lock.packages} if lock else {}
    runtime = locked.get(RUNTIME, "")
    if driver:
        return NodeDriver(catalog, driver, "--with-driver", runtime)
    if host is not None:
        found = _find_on(host, catalog)
        said_by = "this machine" if host == "/" else host
        if found:
            return NodeDriver(catalog, found, said_by, runtime)
    if DRIVER in locked:
        return NodeDriver(catalog, locked[DRIVER], "the lock", runtime)
    return NodeDriver(catalog, runtime=runtime)


def _find_on(root: str, catalog: Catalog) -> str:
    """The driver that a machine runs, or else has installed; empty for none that can be told."""
    machine = detect(root)
    if machine.driver or machine.other_driver:
        return machine.driver
    with contextlib.suppress(UnreadableInput):
        # What of the machine cannot be read its own check says.
        for package in list_system_packages(root, catalog):
            if package.key.name == DRIVER:
                return public_version(package.version)
    return ""
