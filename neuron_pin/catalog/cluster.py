"""The parts of Neuron that run in a Kubernetes cluster, as images and by the Helm chart
(``kubernetes.json``, ``charts.json``): which releases have a version of them, and what they need.

Up to SDK 2.29.1 the device plugin and the scheduler extension are packages of the release
manifest, whose versions are the tags of their images; of later releases charts state them.
"""

from __future__ import annotations

import os
from functools import lru_cache

from neuron_pin.record import NamedTuple

from .catalog import Catalog
from .facts import Chart
from .files import Fields, read_object
from .version_range import version_numbers

CHART = "neuron-helm-chart"
"""The name of the vendor's Helm chart."""
FILE = "kubernetes.json"


class ClusterPart(NamedTuple):
    """A part: the name of its image; ``package`` is the system package whose versions are the
    image's tags, ``setting`` the place of its image in the chart's values, each empty for none.

    ``apart`` are the parts that it does not run beside on a node.  ``is_foreign`` says that the
    image is not Neuron's own.
    """

    name: str
    title: str
    package: str
    setting: str
    apart: tuple[str, ...]
    apart_source: str
    is_foreign: bool
    source: str


class StatedVersion(NamedTuple):
    """A version of a part that a release's own manifests began to name."""

    part: str
    version: str
    sdk: str
    source: str


class NeededDriver(NamedTuple):
    """The least driver on the node that a part needs, from a version of the part on."""

    part: str
    first: str
    driver: str
    source: str


class Cluster(NamedTuple):
    """All that is known of parts of clusters, beside charts and the release manifest."""

    parts: tuple[ClusterPart, ...] = ()
    versions: tuple[StatedVersion, ...] = ()
    drivers: tuple[NeededDriver, ...] = ()

    def find(self, name: str) -> ClusterPart | None:
        """The part whose image has a name, none for another image."""
        return next((part for part in self.parts if part.name == name), None)


class KnownTag(NamedTuple):
    """That a release has a version of a part, and who says so."""

    sdk: str
    source: str


def read_cluster(catalog: Catalog) -> Cluster:
    """What a catalog has; nothing where it was written before there was such a file.  Raises
    `BrokenCatalog`."""
    return _read(catalog.folder)


@lru_cache(maxsize=2)
def _read(folder: str) -> Cluster:
    path = os.path.join(folder, FILE)
    if not os.path.lexists(path):
        return Cluster()
    fields = Fields(path, "kubernetes", read_object(path))
    return Cluster(
        tuple(map(_read_part, fields.each("parts", "part"))),
        tuple(map(_read_version, fields.each("versions", "version"))),
        tuple(map(_read_driver, fields.each("drivers", "driver"))),
    )


@lru_cache(maxsize=256)
def find_releases(catalog: Catalog, part: ClusterPart, tag: str) -> tuple[KnownTag, ...]:
    """The releases that have an image by its tag, newest first, each once."""
    found: dict[str, KnownTag] = {}
    for sdk, _ in catalog.shipped(part.package).get(tag, ()) if part.package else ():
        found.setdefault(sdk, KnownTag(sdk, f"release manifest, {sdk}"))
    for chart in catalog.charts:
        if chart.sdk and dict(chart.images).get(part.name) == tag:
            found.setdefault(chart.sdk, KnownTag(chart.sdk, chart.source))
    for stated in read_cluster(catalog).versions:
        if (stated.part, stated.version) == (part.name, tag):
            found.setdefault(stated.sdk, KnownTag(stated.sdk, stated.source))
    newest = sorted(found.values(), key=lambda known: version_numbers(known.sdk), reverse=True)
    return tuple(newest)


@lru_cache(maxsize=32)
def list_tags(catalog: Catalog, part: ClusterPart) -> tuple[str, ...]:
    """All tags of an image that the facts have, oldest first."""
    tags = {version for version in catalog.shipped(part.package) if version and part.package}
    tags |= {tag for chart in catalog.charts for name, tag in chart.images if name == part.name}
    tags |= {s.version for s in read_cluster(catalog).versions if s.part == part.name}
    return tuple(sorted(tags, key=version_numbers))


def find_chart(catalog: Catalog, version: str) -> Chart | None:
    """A release of the chart, none for one that the facts do not have."""
    return next((chart for chart in catalog.charts if chart.version == version), None)


def list_release_charts(catalog: Catalog, sdk: str) -> list[Chart]:
    """The charts that are for a release: those that say so, and those that say nothing and whose
    device plugin the release ships."""
    plugins = [part for part in read_cluster(catalog).parts if part.package]
    return [
        chart
        for chart in catalog.charts
        if chart.sdk == sdk
        or (
            not chart.sdk
            and any(
                sdk in (known.sdk for known in find_releases(catalog, part, tag))
                for part in plugins
                for name, tag in chart.images
                if name == part.name
            )
        )
    ]


def list_release_parts(catalog: Catalog, sdk: str) -> list[tuple[ClusterPart, str, str]]:
    """The parts that a release has, each with the tag of its image and who says so."""
    found = []
    for part in read_cluster(catalog).parts:
        for tag in reversed(list_tags(catalog, part)):
            source = next(
                (known.source for known in find_releases(catalog, part, tag) if known.sdk == sdk),
                "",
            )
            if source:
                found.append((part, tag, source))
                break
    return found


def _read_part(fields: Fields) -> ClusterPart:
    return ClusterPart(
        name=fields.text("name"),
        title=fields.text("title"),
        package=fields.text("package", ""),
        setting=fields.text("setting", ""),
        apart=fields.words("apart"),
        apart_source=fields.text("apart_source", ""),
        is_foreign=fields.flag("is_foreign"),
        source=fields.text("source"),
    )


def _read_version(fields: Fields) -> StatedVersion:
    return StatedVersion(
        fields.text("part"), fields.text("version"), fields.text("sdk"), fields.text("source")
    )


def _read_driver(fields: Fields) -> NeededDriver:
    return NeededDriver(
        fields.text("part"), fields.text("from"), fields.text("driver"), fields.text("source")
    )
