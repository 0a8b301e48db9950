"""Parts of Neuron in a Kubernetes cluster, by their images and the Helm chart: their phase,
versions that do not belong together, and the driver that they need."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog, version_numbers
from neuron_pin.catalog.cluster import (
    CHART,
    ClusterPart,
    find_chart,
    find_releases,
    list_tags,
    read_cluster,
)
from neuron_pin.catalog.newness import Standing, compare_with_known, name_newest
from neuron_pin.catalog.support import Part, package_part, subject_part
from neuron_pin.inputs.cluster.found import ClusterFile, NamedChart, NamedImage, Switch
from neuron_pin.policy import Rule, Subject, SubjectKind
from neuron_pin.record import NamedTuple
from neuron_pin.target import Target

from .finding import Finding, Severity
from .newer import report_newer_version
from .node_driver import NodeDriver
from .part import check_part
from .unread import UnreadPart

_VERSION = re.compile(r"v?\d{1,6}(?:\.\d{1,6}){1,4}")
_EXACT = re.compile(r"=?\s*v?(\d+\.\d+\.\d+)")
_LATEST = frozenset({"", "latest"})
_RESOURCE = "aws.amazon.com/neurondevice"
_ALWAYS_ON = "devicePlugin"
"""What the chart installs unless its values say no.  Source: its README, "Device Plugin
Configuration"."""
_EVENT = "k8s resource name neurondevice"
"""What the facts call the end of that resource."""


class PartUse(NamedTuple):
    """A part that a file names, by the tag of its image, and where."""

    part: ClusterPart
    tag: str
    place: str

    @property
    def label(self) -> str:
        """``neuron-scheduler 2.31.0.0``."""
        return f"{self.part.name} {self.tag}"


def find_part(catalog: Catalog, image: NamedImage, *, is_neuron: bool) -> ClusterPart | None:
    """The part that an image is, none for another image.  Where the values of a chart override a
    tag alone, their place tells the part, if the file ``is_neuron``'s."""
    cluster = read_cluster(catalog)
    if image.repository:
        return cluster.find(image.name)
    named = (part for part in cluster.parts if part.setting == image.setting and image.setting)
    return next(named, None) if is_neuron else None


def check_parts(
    path: str,
    found: ClusterFile,
    uses: Sequence[tuple[ClusterPart, NamedImage]],
    catalog: Catalog,
    target: Target,
    within_days: int,
    node: NodeDriver,
) -> tuple[list[Finding], list[UnreadPart]]:
    """The findings on the parts of a file, and what of them the facts do not know."""
    findings: list[Finding] = []
    unread: list[UnreadPart] = []
    known: list[PartUse] = []
    for part, image in uses:
        if part.is_foreign:
            continue
        place = f"{path}:{image.line}"
        if image.tag in _LATEST:
            if image.digest and not image.tag:
                reason = "a digest alone, which tells no version"
                unread.append(UnreadPart(place, image.text, reason, Severity.WARNING))
            elif image.tag or not image.is_open:
                findings.append(_without_version(part, image, catalog, place))
            continue
        if _VERSION.fullmatch(image.tag) is None:
            reason = "its tag is no version of Neuron's"
            unread.append(UnreadPart(place, image.text, reason))
            continue
        known.append(PartUse(part, image.tag, place))
    for use in dict.fromkeys(known):
        findings += _check_version(use, catalog, target, within_days, unread)
        findings += node.check_part(use.part.name, use.tag, use.label, use.place)
    findings += _check_together(
        [*dict.fromkeys(known), *_add_defaults(path, found, catalog)], catalog
    )
    for chart in found.charts:
        findings += check_chart(path, chart, catalog, target, node, unread)
    findings += _check_switches(path, found.switches, catalog)
    findings += _check_resources(path, found, catalog, target, within_days)
    return findings, unread


def _without_version(part: ClusterPart, image: NamedImage, catalog: Catalog, place: str) -> Finding:
    """NP504: an image that is another one tomorrow."""
    what = f"the tag {image.tag}" if image.tag else "no tag"
    reason = f"{what}: which version runs depends on the day that the node pulls it"
    newest = next(iter(reversed(list_tags(catalog, part))), "")
    remedy = f"name a version: {part.name}:{newest}" if newest else "name a version"
    return Finding(
        Rule.NO_VERSION, Severity.WARNING, image.text or part.name, reason, place, remedy
    )


def _check_version(
    use: PartUse, catalog: Catalog, target: Target, within_days: int, unread: list[UnreadPart]
) -> Iterator[Finding]:
    """The phase of a version, and whether the facts know it."""

    def finding(rule: Rule, severity: Severity, reason: str, remedy: str = "") -> Finding:
        return Finding(rule, severity, use.label, reason, use.place, remedy)

    tags = list_tags(catalog, use.part)
    newest = name_newest(tags)
    judged = _judge(use.part, use.tag, catalog, target)
    remedy = f"use {use.part.name}:{newest}" if newest and newest != use.tag else ""
    yield from check_part(judged, target.as_of, within_days, finding, remedy=remedy)
    if use.tag in tags:
        known = find_releases(catalog, use.part, use.tag)
        days = [catalog.dates[each.sdk] for each in known if each.sdk in catalog.dates]
        if days and min(days) > target.as_of:
            first = known[-1]
            reason = f"comes with SDK {first.sdk} of {min(days)} [{first.source}]"
            yield finding(Rule.NOT_RELEASED_YET, Severity.ERROR, reason)
    elif _is_followed(use.part, catalog) and compare_with_known(use.tag, tags) is Standing.NEWER:
        yield report_newer_version(newest, catalog, finding)
    else:
        # Images are built between releases, too.
        reason = f"the facts of {catalog.announced} do not have this version"
        unread.append(UnreadPart(use.place, use.label, reason))


def _is_followed(part: ClusterPart, catalog: Catalog) -> bool:
    """Whether the facts have the versions of a part up to their day: those that charts bring."""
    newest = next((chart for chart in catalog.charts if chart.images), None)
    return newest is not None and part.name in dict(newest.images)


def _judge(part: ClusterPart, tag: str, catalog: Catalog, target: Target) -> Part:
    if part.package:
        return package_part(catalog, part.package, tag, target.family, target.as_of)
    return subject_part(catalog, Subject(SubjectKind.FEATURE, part.name), target.as_of)


def _add_defaults(path: str, found: ClusterFile, catalog: Catalog) -> Iterator[PartUse]:
    """The device plugin and the scheduler extension that the only chart of a file, or of the chart
    whose values it is, brings, where its values switch them on or leave them on and do not override
    them."""
    charts = [chart for chart in found.charts if not chart.is_own]
    if not charts:
        path, charts = found.beside_path, [c for c in found.beside if not c.is_own]
    exact = _EXACT.fullmatch(charts[0].version) if len(charts) == 1 else None
    known = find_chart(catalog, exact[1]) if exact is not None else None
    if known is None:
        return
    switched = {switch.setting: switch.is_on for switch in found.switches}
    stated = {image.setting for image in found.images} | {image.name for image in found.images}
    for part in read_cluster(catalog).parts:
        tag = dict(known.images).get(part.name, "")
        is_on = switched.get(part.setting, part.setting == _ALWAYS_ON)
        if part.package and tag and is_on and not stated & {part.name, part.setting}:
            yield PartUse(part, tag, f"{path}:{charts[0].line}")


def _check_together(uses: Sequence[PartUse], catalog: Catalog) -> Iterator[Finding]:
    """NP507: a device plugin and a scheduler extension that nothing has together.  A part with
    two versions in one file is for two clusters."""
    ours = [use for use in uses if use.part.package]
    tags: dict[str, set[str]] = {}
    for use in ours:
        tags.setdefault(use.part.name, set()).add(use.tag)
    single = [use for use in ours if len(tags[use.part.name]) == 1]
    places = {use.part.name: use for use in reversed(single)}
    origins = {name: _origins(use, catalog) for name, use in places.items()}
    known = {name: found for name, found in origins.items() if found}
    if len(known) < 2 or set.intersection(*map(set, known.values())):
        return
    newest = max(known, key=lambda name: version_numbers(places[name].tag))
    for name in known:
        if name == newest:
            continue
        use, other = places[name], places[newest]
        reason = (
            f"is of {known[name][0]}, but {other.part.name} {other.tag} is of {known[newest][0]}"
        )
        fitting = _find_fitting(use.part, other, catalog)
        remedy = f"use {name}:{fitting}" if fitting else ""
        yield Finding(Rule.MIXED_RELEASES, Severity.ERROR, use.label, reason, use.place, remedy)


def _origins(use: PartUse, catalog: Catalog) -> list[str]:
    """The releases, and the charts, that have a version."""
    found = [f"SDK {known.sdk}" for known in find_releases(catalog, use.part, use.tag)]
    return found + [
        f"chart {chart.version}"
        for chart in catalog.charts
        if dict(chart.images).get(use.part.name) == use.tag
    ]


def _find_fitting(part: ClusterPart, other: PartUse, catalog: Catalog) -> str:
    """The newest version of a part that goes with one of another part, empty for none."""
    wanted = set(_origins(other, catalog))
    for tag in reversed(list_tags(catalog, part)):
        if wanted.intersection(_origins(PartUse(part, tag, ""), catalog)):
            return tag
    return ""


def check_chart(
    path: str,
    chart: NamedChart,
    catalog: Catalog,
    target: Target,
    node: NodeDriver,
    unread: list[UnreadPart],
) -> Iterator[Finding]:
    """The findings on a chart that a file asks for; what the facts do not know of it is added to
    ``unread``."""
    place = f"{path}:{chart.line}"
    label = f"{chart.name} {chart.version}".rstrip()
    versions = [each.version for each in catalog.charts]
    newest = name_newest(versions)

    def finding(rule: Rule, severity: Severity, reason: str, remedy: str = "") -> Finding:
        return Finding(rule, severity, label, reason, place, remedy)

    if not chart.version:
        reason = "no version: which one is installed depends on the day"
        remedy = f"name a version: {CHART} {newest}"
        yield finding(Rule.NO_VERSION, Severity.WARNING, reason, remedy)
        return
    exact = _EXACT.fullmatch(chart.version)
    if exact is None:
        if _allows_majors(chart.version):
            reason = f"{chart.version} allows another major version of the chart"
            remedy = f"write ~{newest}, or one version" if newest else ""
            yield finding(Rule.UNPINNED, Severity.WARNING, reason, remedy)
        return
    version = exact[1]
    known = find_chart(catalog, version)
    if known is not None:
        for name, tag in known.images:
            yield from node.check_part(name, tag, f"{label} ({name} {tag})", place)
        if known.date is not None and known.date > target.as_of:
            reason = f"was released on {known.date} [{known.source}]"
            yield finding(Rule.NOT_RELEASED_YET, Severity.ERROR, reason)
    elif compare_with_known(version, versions) is Standing.NEWER:
        yield report_newer_version(newest, catalog, finding)
    else:
        reason = f"the facts of {catalog.announced} do not have this version"
        unread.append(UnreadPart(place, label, reason))


def _allows_majors(constraint: str) -> bool:
    """Whether a range of a chart's versions goes beyond one major version.  Source: Helm, "Charts"
    (version ranges), Masterminds/semver."""
    ways = [way.strip() for way in constraint.split("||")]
    majors = set()
    for way in ways:
        words = re.sub(r"([=<>~^!]+)\s+", r"\1", way).replace(",", " ").split()
        bounded = any(word.startswith("<") for word in words) or " - " in way
        begins = re.match(r"[~^=v]*(\d+)(?:\.|$)", words[0]) if words else None
        if begins is None and not bounded:
            return True
        majors.add(begins[1] if begins is not None else way)
    return len(majors) > 1


def _check_switches(path: str, switches: Sequence[Switch], catalog: Catalog) -> Iterator[Finding]:
    """NP617: parts that values switch on together and that do not run beside each other."""
    cluster = read_cluster(catalog)
    by_setting = {part.setting: part for part in cluster.parts}
    by_name = {part.name: part for part in cluster.parts}
    for switch in switches:
        part = by_setting.get(switch.setting)
        if part is None or not switch.is_on:
            continue
        for name in part.apart:
            setting = by_name[name].setting if name in by_name else ""
            others = [s for s in switches if (s.setting, s.group) == (setting, switch.group)]
            if not any(other.is_on for other in others):
                continue
            yield Finding(
                Rule.CLUSTER_PARTS,
                Severity.ERROR,
                part.title,
                f"does not run on a node beside {by_name[name].title} [{part.apart_source}]",
                f"{path}:{switch.line}",
                f"set {setting}.enabled to false, or {switch.setting}.enabled",
            )


def _check_resources(
    path: str, found: ClusterFile, catalog: Catalog, target: Target, within_days: int
) -> Iterator[Finding]:
    """Resources whose name is out of support."""
    lines = sorted({each.line for each in found.resources if each.name == _RESOURCE})
    part = subject_part(catalog, Subject(SubjectKind.API, _EVENT), target.as_of)
    for line in lines:
        place = f"{path}:{line}"

        def finding(
            rule: Rule, severity: Severity, reason: str, remedy: str = "", place: str = place
        ) -> Finding:
            return Finding(rule, severity, _RESOURCE, reason, place, remedy)

        remedy = "ask for aws.amazon.com/neuron"
        yield from check_part(part, target.as_of, within_days, finding, remedy=remedy)
