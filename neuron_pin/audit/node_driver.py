"""The driver of the nodes that a cluster's containers run on, against what these need."""

from __future__ import annotations

from collections.abc import Iterator

from neuron_pin.catalog import Catalog, version_numbers
from neuron_pin.catalog.cluster import read_cluster
from neuron_pin.catalog.names import DRIVER, RUNTIME
from neuron_pin.catalog.windows import Pair, find_clash
from neuron_pin.policy import Rule
from neuron_pin.record import NamedTuple
from neuron_pin.target import Target

from .finding import Finding, Severity


class NodeDriver(NamedTuple):
    """What is known of the nodes: the driver, empty for nothing, and who says so; ``runtime`` is
    the runtime library of a lock for the containers, empty for none."""

    catalog: Catalog
    version: str = ""
    said_by: str = ""
    runtime: str = ""

    def check_part(self, name: str, tag: str, label: str, place: str) -> Iterator[Finding]:
        """NP506: a part of the cluster that needs a newer driver."""
        if not self.version:
            return
        for need in read_cluster(self.catalog).drivers:
            if need.part != name or version_numbers(tag) < version_numbers(need.first):
                continue
            if version_numbers(self.version) < version_numbers(need.driver):
                reason = (
                    f"needs driver {need.driver} or newer, and the nodes have {self.version} "
                    f"({self.said_by}) [{need.source}]"
                )
                remedy = f"update {DRIVER} on the nodes to {need.driver} or newer"
                yield Finding(Rule.DRIVER_WINDOW, Severity.ERROR, label, reason, place, remedy)

    def check_release(self, sdk: str, label: str, place: str, target: Target) -> Iterator[Finding]:
        """NP506: a container of a release whose runtime library does not work with the driver."""
        if not self.version:
            return
        runtimes = self._list_runtimes(sdk, target)
        clashes = [self._find_clash(runtime, target) for runtime in runtimes]
        if not clashes or not all(clashes):
            return
        newest = max(runtimes, key=version_numbers)
        reason = (
            f"has {RUNTIME} {newest} (SDK {sdk}), which does not work with driver {self.version} "
            f"of the nodes ({self.said_by}) [{clashes[0]}]"
        )
        yield Finding(
            Rule.DRIVER_WINDOW, Severity.ERROR, label, reason, place, self._remedy(sdk, target)
        )

    def check_locked(self, label: str, place: str, target: Target) -> Iterator[Finding]:
        """NP506: a container of nobody's release, with the runtime library of the lock."""
        if not (self.version and self.runtime):
            return
        source = self._find_clash(self.runtime, target)
        if source:
            reason = (
                f"has the lock's {RUNTIME} {self.runtime}, which does not work with driver "
                f"{self.version} of the nodes ({self.said_by}) [{source}]"
            )
            remedy = f"update {DRIVER} on the nodes, or lock with --with-driver {self.version}"
            yield Finding(Rule.DRIVER_WINDOW, Severity.ERROR, label, reason, place, remedy)

    def _find_clash(self, runtime: str, target: Target) -> str:
        return find_clash(self.catalog, Pair(self.version, runtime), target.family)

    def _list_runtimes(self, sdk: str, target: Target) -> list[str]:
        """The runtime libraries of a release, of several for other families each."""
        release = next((r for r in self.catalog.releases if r.sdk == sdk and r.listed), None)
        if release is None:
            return []
        members = [m for m in self.catalog.members(sdk) if m.package == RUNTIME and m.version]
        return [m.version for m in members if m.is_for(target.family)]

    def _remedy(self, sdk: str, target: Target) -> str:
        """Update the driver, or go back to the newest release that works with it."""
        for release in self.catalog.releases:
            if not release.listed or version_numbers(release.sdk) >= version_numbers(sdk):
                continue
            runtimes = self._list_runtimes(release.sdk, target)
            if runtimes and not any(self._find_clash(runtime, target) for runtime in runtimes):
                return (
                    f"update {DRIVER} on the nodes, or use an image of SDK {release.sdk} or earlier"
                )
        return f"update {DRIVER} on the nodes"
