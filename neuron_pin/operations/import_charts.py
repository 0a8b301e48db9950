"""The Neuron Helm chart in a folder: its version and the tags of its images.

Needs the extra ``check`` (PyYAML).  A chart says which images it brings, and not which SDK release
it is for: that only the notes of its release say.  Source: Helm, "Charts" (``Chart.yaml``,
``values.yaml``).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.cluster import CHART, read_cluster
from neuron_pin.catalog.facts import Chart
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.yaml_document import YamlMap, read_yaml

_PLACES = ("", f"charts/{CHART}", CHART)
_VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")
_TAG = re.compile(r"[\w][\w.-]{0,127}")


def find_chart_folder(path: str) -> str:
    """The folder of the chart in a folder: that itself, or in a checkout of its repository; empty
    for another folder."""
    for place in _PLACES:
        folder = os.path.join(path, place) if place else path
        files = ("Chart.yaml", "values.yaml")
        if all(os.path.isfile(os.path.join(folder, name)) for name in files):
            return folder
    return ""


def read_chart_folder(folder: str, known: Catalog) -> Chart:
    """What the chart in a folder brings; raises `UnreadableInput`."""
    path = os.path.join(folder, "Chart.yaml")
    about = _read_mapping(path)
    name, version = about.text("name"), about.text("version")
    if name is None or name.text != CHART:
        raise UnreadableInput(path, name.line if name else None, f"is no chart called {CHART}")
    if version is None or _VERSION.fullmatch(version.text) is None:
        line = version.line if version is not None else None
        raise UnreadableInput(path, line, "has no version such as 1.9.0")
    path = os.path.join(folder, "values.yaml")
    names = {part.name for part in read_cluster(known).parts}
    images: dict[str, str] = {}
    for repository, tag, line in _list_images(_read_mapping(path)):
        image = repository.rpartition("/")[2]
        if image not in names:
            continue
        if _TAG.fullmatch(tag) is None or images.setdefault(image, tag) != tag:
            raise UnreadableInput(path, line, f"{image} has no tag, or two: {tag[:80]!r}")
    if not images:
        raise UnreadableInput(path, None, "names no image of a part that the facts know")
    source = f"neuron-helm-charts, values.yaml of chart {version.text}"
    return Chart(version.text, "", None, tuple(sorted(images.items())), source)


def merge_charts(noted: Sequence[Chart], found: Sequence[Chart], known: Catalog) -> list[Chart]:
    """The charts of notes, and those of folders with what notes, or the known facts, say of their
    release and day."""
    charts = {chart.version: chart for chart in noted}
    before = {chart.version: chart for chart in known.charts}
    for chart in found:
        stated = charts.get(chart.version) or before.get(chart.version)
        if stated is not None:
            same = dict(stated.images).items() <= dict(chart.images).items()
            if same and stated.images:
                # The folder says nothing else.
                charts.setdefault(chart.version, stated)
                continue
            source = "; ".join(dict.fromkeys((stated.source, chart.source)))
            chart = chart._replace(sdk=stated.sdk, date=stated.date, source=source)
        charts[chart.version] = chart
    return list(charts.values())


def _read_mapping(path: str) -> YamlMap:
    documents = read_yaml(path)
    root = documents[0].root if documents else None
    if not isinstance(root, YamlMap):
        raise UnreadableInput(path, None, "has no mapping")
    return root


def _list_images(node: YamlMap) -> Iterator[tuple[str, str, int]]:
    """The images that mappings with ``repository`` and ``tag`` name, with their lines."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        repository, tag = each.text("repository"), each.text("tag")
        if repository is not None and tag is not None:
            yield repository.text, tag.text, tag.line
        waiting += [value for _, value in each.pairs if isinstance(value, YamlMap)]
