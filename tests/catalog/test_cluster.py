"""The parts that run in a Kubernetes cluster: which releases have them, and newer ones."""

import json
from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.cluster import (
    find_chart,
    find_releases,
    list_release_charts,
    list_tags,
    read_cluster,
)
from neuron_pin.catalog.sources import find_source_url, shorten_source
from neuron_pin.errors import UnreadableInput


@pytest.mark.parametrize(
    ("image", "tag", "releases"),
    [
        ("neuron-device-plugin", "2.22.4.0", ["2.20.1", "2.20.0"]),
        ("neuron-scheduler", "2.29.147.0", ["2.29.1", "2.29.0"]),
        ("neuron-device-plugin", "2.31.0.0", ["2.31.0"]),
        ("neuron-dra-driver", "1.1.0", ["2.31.0"]),
        ("neuron-node-recovery", "1.3.0", ["2.20.1"]),
        ("neuron-monitor", "1.0.0", ["2.19.0"]),
        # A chart has it, and nobody says of which release.
        ("neuron-device-plugin", "2.29.148.0", []),
        ("neuron-dra-driver", "1.0.2", []),
        ("node-problem-detector", "v0.8.19", []),
    ],
)
def test_releases_of_an_image(catalog: Catalog, image: str, tag: str, releases: list[str]) -> None:
    part = read_cluster(catalog).find(image)
    assert part is not None
    found = find_releases(catalog, part, tag)
    assert [known.sdk for known in found] == releases
    assert all(find_source_url(known.source) for known in found)
    assert tag in list_tags(catalog, part)


def test_every_fact_of_clusters_has_a_page(catalog: Catalog) -> None:
    cluster = read_cluster(catalog)
    sources = [*(p.source for p in cluster.parts), *(v.source for v in cluster.versions)]
    sources += [*(d.source for d in cluster.drivers), *(c.source for c in catalog.charts)]
    sources += [part.apart_source for part in cluster.parts if part.apart]
    assert all(find_source_url(source) for source in sources)
    assert {part for each in cluster.parts for part in each.apart} <= {
        p.name for p in cluster.parts
    }
    assert max(len(shorten_source(source)) for source in sources) < 80


def test_charts_of_a_release(catalog: Catalog) -> None:
    def names(sdk: str) -> list[str]:
        return [chart.version for chart in list_release_charts(catalog, sdk)]

    assert (names("2.31.0"), names("2.20.0"), names("2.21.0")) == (["1.9.0"], ["1.0.0"], ["1.1.2"])
    # What a chart is for that no source says is not guessed.
    assert (names("2.30.0"), names("2.32.0")) == ([], [])
    newest = find_chart(catalog, "1.10.0")
    assert newest is not None and (newest.sdk, newest.images) == ("", ())


def test_releases_show_the_parts(run: Run) -> None:
    document = json.loads(run("releases", "2.20.1", "--format", "json").out)
    tags = {row["image"]: row["tag"] for row in document["kubernetes"]}
    assert tags == {
        "neuron-device-plugin": "2.22.4.0",
        "neuron-scheduler": "2.22.4.0",
        "neuron-node-recovery": "1.3.0",
        "neuron-monitor": "1.1.0",
    }
    assert all(row["source_url"] for row in document["kubernetes"])
    assert json.loads(run("releases", "2.30.0", "--format", "json").out)["kubernetes"] == []
    assert "Kubernetes parts:" not in run("releases", "2.30.0").out
    assert "neuron-monitor" in run("releases", "2.20.1").out


CHART = "apiVersion: v2\nname: neuron-helm-chart\nversion: 1.12.0\nappVersion: '1.12.0'\n"
VALUES = """\
devicePlugin:
  image:
    repository: public.ecr.aws/neuron/neuron-device-plugin
    tag: "2.33.0.0"
scheduler:
  customScheduler:
    image: {repository: public.ecr.aws/eks-distro/kubernetes/kube-scheduler, tag: v1.31.12}
npd:
  nodeRecovery:
    image:
      repository: public.ecr.aws/neuron/neuron-node-recovery
      tag: 1.13.0
"""


def write_chart(folder: Path, chart: str = CHART, values: str = VALUES) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(chart)
    (folder / "values.yaml").write_text(values)
    return folder


def test_the_charts_own_folder_is_imported(run: Run, tmp_path: Path) -> None:
    checkout = tmp_path / "neuron-helm-charts"
    write_chart(checkout / "charts" / "neuron-helm-chart")
    document = json.loads(run("catalog", "import", checkout, "--format", "json").out)
    (chart,) = document["charts"]
    assert (chart["chart"], "sdk" in chart) == ("1.12.0", False)
    assert chart["images"] == {"neuron-device-plugin": "2.33.0.0", "neuron-node-recovery": "1.13.0"}
    again = run("catalog", "import", checkout, "--format", "json")
    assert json.loads(again.out)["written"] is False
    # The folder of the chart itself; a known chart keeps its release where only tags changed.
    own = write_chart(tmp_path / "own", CHART.replace("1.12.0", "1.9.0"))
    document = json.loads(run("catalog", "import", own, "--format", "json").out)
    assert (document["charts"][0]["chart"], document["charts"][0]["sdk"]) == ("1.9.0", "2.31.0")
    shown = json.loads(run("releases", "2.31.0", "--format", "json").out)
    assert shown["kubernetes"][0]["tag"] == "2.33.0.0"


@pytest.mark.parametrize(
    ("chart", "values", "line"),
    [
        (CHART.replace("neuron-helm-chart", "another"), VALUES, 2),
        (CHART.replace("version: 1.12.0", "version: next"), VALUES, 3),
        (CHART, "devicePlugin: {}\n", None),
        (CHART, VALUES.replace("2.33.0.0", "no tag at all"), 4),
        (CHART, "- a list\n", None),
    ],
)
def test_a_folder_that_is_no_chart(
    run: Run, tmp_path: Path, chart: str, values: str, line: int | None
) -> None:
    folder = write_chart(tmp_path / "chart", chart, values)
    error = failure(run("catalog", "import", folder), UnreadableInput)
    assert error.line == line
