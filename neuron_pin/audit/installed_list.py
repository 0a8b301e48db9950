"""What is only known of packages that are installed together: of a list as of a machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog, public_version
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.catalog.windows import Pair, find_clash
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Rule
from neuron_pin.target import Target

from .dpkg_states import check_listed_state
from .finding import Finding, Severity
from .requirements import select_neuron


def check_installed(
    stated: Sequence[DetectedPackage], catalog: Catalog, target: Target
) -> Iterator[Finding]:
    """Findings on a list of what is installed: a driver and a runtime library that do not work
    together (NP506), and what dpkg has not finished (NP613)."""
    ours = select_neuron(stated, catalog)
    for package in ours:
        yield from check_listed_state(package)
    drivers = [p for p in ours if p.key.name == DRIVER and p.version]
    for runtime in (p for p in ours if p.key.name == RUNTIME and p.version):
        for driver in (d for d in drivers if d.key.ecosystem is runtime.key.ecosystem):
            pair = Pair(public_version(driver.version), public_version(runtime.version))
            source = find_clash(catalog, pair, target.family)
            if source:
                yield Finding(
                    Rule.DRIVER_WINDOW,
                    Severity.ERROR,
                    f"{RUNTIME} {runtime.version}",
                    f"does not work with driver {pair.driver} [{source}]",
                    runtime.place,
                    "neuron-pin plan --from host, on the machine that the list is of",
                )
