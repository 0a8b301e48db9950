"""Tables of published pages become facts: tested kernels, components, image tags of charts."""

import json
import shutil
from pathlib import Path

import pytest
from conftest import FIXTURES, failure

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.importer.announcements import read_announcements
from neuron_pin.catalog.importer.chart_notes import read_charts
from neuron_pin.catalog.importer.tables import read_tables
from neuron_pin.errors import UnreadableInput

PAGES = FIXTURES / "vendor-tables"
COMPATIBILITY = PAGES / "neuron-runtime" / "compatibility.rst"
NOTES = PAGES / "release-notes"
CHART = PAGES / "chart.md"

# a table as it is written, and its rows
SYNTAXES = {
    "list": ".. list-table::\n   :header-rows: 1\n\n   * - A\n     - B\n   * - **1**\n     - 2 and\n"
    "       more\n   * - 3\n     -\n",
    "simple": "===== =======\nA     B\n===== =======\n``1`` 2 and\n      more\n3\n===== =======\n",
    "grid": "+---+-------+\n| A | B     |\n+===+=======+\n| 1 | 2 and |\n|   | more  |\n+---+-------+\n"
    "| 3 |       |\n+---+-------+\n",
    "markdown": "| A | B |\n|---|:-:|\n| **1** | 2 and more |\n| 3 | |\n",
}


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_syntax_gives_the_same_table(syntax: str) -> None:
    (table,) = read_tables(f"Title\n=====\n\n{SYNTAXES[syntax]}\n\nMore text.\n")
    assert table.head.cells == ("A", "B")
    assert [row.cells for row in table.rows] == [("1", "2 and more"), ("3", "")]


def test_what_was_tested_is_read_with_page_and_line(catalog: Catalog) -> None:
    read = read_announcements([str(COMPATIBILITY)], catalog)
    rows = {(r.package, r.os, r.kernels, r.glibc, tuple(sorted(r.instances))) for r in read.tested}
    assert rows == {
        ("aws-neuronx-runtime-lib", "ubuntu26.04", ("7.0",), "2.43", ("inf2", "trn2", "trn3")),
        ("aws-neuronx-dkms", "ubuntu26.04", ("6.17", "7.0"), "2.43", ("trn2",)),
    }
    assert {r.sdk for r in read.tested} == {"2.32.0"}
    for row in read.tested:
        line = int(row.source.rpartition("line ")[2])
        assert "Trn2" in COMPATIBILITY.read_text().splitlines()[line - 1]
    # What the facts have otherwise is listed, and what is not known.
    assert len(read.unread) == 2
    assert all(page.line for page in read.unread)
    # What they have already is no news.
    assert read.confirmed == 1


def test_the_index_of_components_is_compared_with_the_manifest(catalog: Catalog) -> None:
    read = read_announcements([str(NOTES)], catalog)
    assert [(e.name, e.sdk) for e in read.events] == [("aws-neuronx-collectives", "2.32.0")]
    (contradiction,) = read.contradictions
    assert (contradiction.subject, contradiction.says) == ("nki of 2.32.0", "0.6.1")
    assert contradiction.against == "0.6.0"
    assert "line" in contradiction.source


def test_an_import_is_used_by_locks_checks_and_releases(run, tmp_path: Path) -> None:
    done = run("catalog", "import", COMPATIBILITY, CHART, "--format", "json")
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["charts"][0]["images"]["neuron-device-plugin"] == "2.32.0.0"
    assert {row["os"] for row in document["tested"]} == {"ubuntu26.04"}
    shown = json.loads(run("releases", "2.32.0", "--format", "json").out)
    assert [chart["chart"] for chart in shown["charts"]] == ["1.11.0"]
    assert "neuron-dra-driver" in run("releases", "2.32.0").out
    again = run("catalog", "import", COMPATIBILITY, CHART, "--format", "json")
    assert json.loads(again.out)["written"] is False
    # The same chart with another tag is news.
    other = tmp_path / "chart.md"
    other.write_text(CHART.read_text().replace("1.2.0", "1.2.1"))
    assert json.loads(run("catalog", "import", other, "--format", "json").out)["written"] is True
    shown = json.loads(run("releases", "2.32.0", "--format", "json").out)
    assert shown["charts"][0]["images"]["neuron-dra-driver"] == "1.2.1"


def test_charts_come_from_githubs_list_too(tmp_path: Path) -> None:
    path = tmp_path / "helm-releases.json"
    row = {"tag_name": "1.11.0", "name": "1.11.0", "body": CHART.read_text(),
           "html_url": "https://github.com/aws-neuron/neuron-helm-charts/releases/tag/1.11.0",
           "published_at": "2026-08-20T00:00:00Z"}  # fmt: skip
    silent = {**row, "name": "1.10.0", "body": "## What's Changed\n", "html_url": None}
    path.write_text(json.dumps([row, silent, {**row, "draft": True}]))
    (chart,) = read_charts(str(path))
    assert (chart.version, chart.sdk, str(chart.date)) == ("1.11.0", "2.32.0", "2026-08-20")
    assert chart.source == row["html_url"]


HTML = "<!DOCTYPE html>\n<html><body><table></table></body></html>\n"

# which file is changed, what in it, what it becomes, the line that the error names
BAD = [
    (COMPATIBILITY, "     - Linux kernel\n", "     - Colour\n", 24),
    (COMPATIBILITY, "     - 7.0\n     - 2.43\n   * - Inf2\n", "     - 7.0\n   * - Inf2\n", 28),
    (COMPATIBILITY, None, HTML, 1),
    (NOTES / "components/index.rst", "     - Latest Component Version\n", "     - Remarks\n", 12),
    (NOTES / "components/index.rst", "     - 0.6.1\n", "", 24),
    (NOTES / "components/index.rst", None, HTML, 1),
    (CHART, "| Component | Tag |", "| Component | Digest |", None),
    (CHART, "`2.32.0.0` |\n| Neuron S", "|\n| Neuron S", 7),
    (CHART, "Neuron DRA Driver", "Neuron Device Plugin", 9),
    (CHART, None, HTML, 1),
    (CHART, None, "# Notes\n", None),
]


@pytest.mark.parametrize(
    ("page", "old", "new", "line"), BAD, ids=[f"{row[0].name}-{n}" for n, row in enumerate(BAD)]
)
def test_half_a_table_is_refused_and_nothing_is_imported(
    run, tmp_path: Path, page: Path, old: str | None, new: str, line: int | None
) -> None:
    folder = tmp_path / "pages"
    shutil.copytree(PAGES, folder)
    bad = folder / page.relative_to(PAGES)
    text = bad.read_text()
    if old is not None:
        assert text.count(old) == 1
    bad.write_text(new if old is None else text.replace(old, new))
    done = run("catalog", "import", folder / "neuron-runtime", folder / "release-notes",
               folder / "chart.md")  # fmt: skip
    error = failure(done, UnreadableInput)
    assert error.path == str(bad)
    assert error.line == line
    assert not list((tmp_path / "data").rglob("catalog.json"))


def test_a_manifest_that_cannot_be_is_refused(run, tmp_path: Path) -> None:
    good = json.loads((FIXTURES / "manifest" / "irregular.json").read_text())
    release = good["neuron_releases"][0]
    twice = {**good, "neuron_releases": [*good["neuron_releases"], release]}
    package = {k: v for k, v in release["packages"][0].items() if k != "version"}
    without = {**good, "neuron_releases": [{**release, "packages": [package]}]}
    for document in (twice, without):
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(document))
        failure(run("catalog", "import", path), UnreadableInput)
        assert not list((tmp_path / "data").rglob("catalog.json"))
