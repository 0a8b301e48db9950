"""Files for Kubernetes clusters checked against the policy: the parts of Neuron, and the
containers with Neuron packages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.cluster import CHART
from neuron_pin.inputs.cluster.found import ClusterFile, NamedImage
from neuron_pin.inputs.containers.image_reference import BaseImage, read_image_name
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, PackageKey
from neuron_pin.record import NamedTuple

from .cluster_parts import check_parts, find_part
from .finding import Finding, Severity
from .images import VENDORS, check_image_reference, report_without_version
from .node_driver import NodeDriver
from .recipe import MakeTarget
from .release_day import check_release_day
from .texts import mentions_neuron
from .unread import UnreadPart


class CheckedCluster(NamedTuple):
    """The findings on a file, each once; the releases that its containers are of; what was not
    read; and how many of its images and charts are Neuron's."""

    findings: list[Finding]
    stated: list[DetectedPackage]
    unread: list[UnreadPart]
    number: int


def check_cluster_file(
    path: str,
    found: ClusterFile,
    catalog: Catalog,
    make_target: MakeTarget,
    within_days: int,
    node: NodeDriver,
) -> CheckedCluster:
    """Check what a file names.  Images that are not Neuron's are not judged."""
    target = make_target("", "")
    named = {image: find_part(catalog, image, is_neuron=True) for image in found.images}
    if not _is_about_neuron(path, found):
        named = {i: find_part(catalog, i, is_neuron=False) for i in found.images}
    uses = [(part, image) for image, part in named.items() if part is not None]
    findings, unread = check_parts(path, found, uses, catalog, target, within_days, node)
    stated: list[DetectedPackage] = []
    number = len(uses) + len(found.charts)
    for image, part in named.items():
        if part is not None:
            continue
        place = f"{path}:{image.line}"
        base = read_image_name(image.text, image.line)
        if not (base.repository or base.sdk):
            if image.requests:
                findings += node.check_locked(image.text, place, target)
            continue
        number += 1
        findings += _check_container(path, image, base, catalog, make_target, within_days, node)
        unread += _list_unread(image, base, place)
        if base.sdk:
            key = PackageKey(Ecosystem.SDK, "neuron-sdk")
            stated.append(DetectedPackage(key, base.sdk, None, "", place, f"{place}, container"))
    for part_of_file in found.unread:
        severity = Severity.WARNING if part_of_file.names else None
        where = f"{path}:{part_of_file.line}"
        unread.append(UnreadPart(where, part_of_file.text, part_of_file.reason, severity))
    return CheckedCluster(
        list(dict.fromkeys(findings)), stated, list(dict.fromkeys(unread)), number
    )


_NEURON_TAG = re.compile(r"\d+(?:\.\d+){3}")
"""How Neuron tags its device plugin and scheduler extension.  Other charts have parts of the same
names, with other tags."""


def _is_about_neuron(path: str, found: ClusterFile) -> bool:
    """Whether a file is about Neuron, so that values which override a tag alone are those of its
    chart: by a chart or an image, by the form of such a tag, or by what else it says."""
    if any(chart.name == CHART for chart in found.charts):
        return True
    if any("neuron" in image.text for image in found.images):
        return True
    alone = [image for image in found.images if not image.repository and image.setting]
    if any(_NEURON_TAG.fullmatch(image.tag) for image in alone):
        return True
    return bool(alone) and os.path.isfile(path) and mentions_neuron(path)


def _check_container(
    path: str,
    image: NamedImage,
    base: BaseImage,
    catalog: Catalog,
    make_target: MakeTarget,
    within_days: int,
    node: NodeDriver,
) -> Iterator[Finding]:
    """A container with Neuron packages, by its image's name."""
    place = f"{path}:{image.line}"
    if VENDORS.match(image.text) and _lacks_version(image):
        yield report_without_version(image.text, image.tag, "the node pulls it", place)
    yield from check_image_reference(image.text, place, catalog, make_target, within_days)
    target = make_target("", "")
    if base.sdk:
        key = PackageKey(Ecosystem.SDK, "neuron-sdk")
        release = DetectedPackage(key, base.sdk, None, "", place)
        yield from check_release_day(release, catalog, target)
        yield from node.check_release(base.sdk, image.text, place, target)
    elif image.requests:
        yield from node.check_locked(image.text, place, target)


def _lacks_version(image: NamedImage) -> bool:
    """Whether another image may be behind the name tomorrow."""
    if image.tag:
        return image.tag == "latest"
    return not image.digest and not image.is_open


def _list_unread(image: NamedImage, base: BaseImage, place: str) -> Iterator[UnreadPart]:
    """A container whose name tells no release."""
    if image.digest and not image.tag:
        severity = Severity.WARNING if VENDORS.match(image.text) else None
        yield UnreadPart(place, image.text, "a digest alone, which tells no release", severity)
    elif image.tag and not _lacks_version(image) and not (base.sdk or base.framework_version):
        yield UnreadPart(place, image.text, "its name tells no release")
