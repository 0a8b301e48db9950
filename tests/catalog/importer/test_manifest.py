"""Importing a release manifest: what is irregular is repaired and said."""

import json
from datetime import date
from pathlib import Path

import pytest
from conftest import FIXTURES

from neuron_pin.catalog import ComponentKind
from neuron_pin.catalog.catalog import EMBEDDED, Catalog
from neuron_pin.catalog.importer.manifest import read_manifest
from neuron_pin.catalog.importer.writer import install_catalog, render_catalog
from neuron_pin.errors import UnreadableInput

IRREGULAR = FIXTURES / "manifest" / "irregular.json"


def test_repairs_and_unknowns_are_all_reported(catalog: Catalog) -> None:
    manifest = read_manifest(str(IRREGULAR), catalog)
    assert manifest.date == date(2027, 1, 31)
    assert {(r.what, r.reason) for r in manifest.repairs} == {
        ("Python '3.12,' of neuronx-cc", "read as 3.12"),
        ("instance 'inf.' of neuron-new-thing", "read as inf2"),
        ("name libtorch_neuronx_lite", "written libtorch-neuronx-lite (PEP 503)"),
        ("name neuron_new_thing", "written neuron-new-thing (PEP 503)"),
        ("version 'na' of efa-installer", "kept as a name without a version"),
    }
    assert {(u.kind, u.name) for u in manifest.unknowns} == {
        ("instance", "trn8"),
        ("instance", "'??' of neuron-new-thing"),
        ("Python", "3.15"),
        ("Python", "'three' of neuron-new-thing"),
        ("package", "neuron-new-thing"),
        ("package", "aws-neuronx-new-daemon"),
        ("version", "nki latest of 2.34.0"),
        ("repository", "ftp://example.invalid/"),
    }


def test_a_release_of_tomorrow_is_locked_without_a_code_change(run, tmp_path: Path) -> None:
    done = run("catalog", "import", IRREGULAR)
    assert done.code == 0, done.err
    assert "2.34.0" in done.out
    assert "trn8" in done.out
    done = run(
        "lock",
        "--offline",
        "--instance",
        "trn8",
        "--python",
        "3.15",
        "--as-of",
        "2027-02-01",
        "--format",
        "json",
    )
    document = json.loads(done.out)
    assert document["sdk"] == "2.34.0"
    assert {(p["ecosystem"], p["name"], p["version"]) for p in document["packages"]} == {
        ("apt", "aws-neuronx-dkms", "2.31.0.0"),
        ("apt", "aws-neuronx-new-daemon", "1.0.0.0"),
        ("pip", "neuronx-cc", "2.29.1.0"),
        ("pip", "libtorch-neuronx-lite", "2.13.0.1.0.2651"),
    }


def test_a_mark_that_the_policy_does_not_define_is_told(run, tmp_path: Path) -> None:
    # Policy, "Neuron Software Life-cycle": b marks a Beta, rc a release candidate; no other mark.
    path = tmp_path / "manifest.json"
    text = (FIXTURES / "manifest" / "irregular.json").read_text()
    document = json.loads(text)
    marked = document["neuron_releases"][0]["packages"][0]
    marked["version"] = "2.35a3.43.0"
    path.write_text(json.dumps(document))
    told = json.loads(run("catalog", "import", path, "--format", "json").out)
    found = [u for u in told["unknowns"] if "2.35a3.43.0" in u["name"]]
    assert [(u["kind"], u["name"].split()[0]) for u in found] == [("version", marked["name"])]


def test_an_import_keeps_every_release_that_was_known(catalog: Catalog, tmp_path: Path) -> None:
    folder = tmp_path / "new"
    texts = render_catalog(read_manifest(str(IRREGULAR), catalog), catalog, "test")
    install_catalog(texts, str(folder))
    fresh = Catalog(str(folder))
    assert len(fresh.releases) == len(catalog.releases) + 1
    assert fresh.members("2.26.1") == catalog.members("2.26.1")
    assert fresh.packages["neuron-new-thing"].kind is ComponentKind.EXTENSION


def test_the_embedded_files_are_as_the_writer_writes_them(catalog: Catalog, tmp_path: Path) -> None:
    manifest = read_manifest(str(IRREGULAR), catalog)
    install_catalog(render_catalog(manifest, catalog, catalog.source), str(tmp_path / "new"))
    for path in sorted((Path(EMBEDDED) / "members").iterdir()):
        assert (tmp_path / "new" / "members" / path.name).read_text() == path.read_text()


# what to write, what the error says
BROKEN = [
    ("{}", "has no neuron_releases"),
    ("[1]", "not a JSON object"),
    ('{"neuron_releases": [{"neuron_version": "../../x", "packages": []}]}', "not an SDK version"),
    ('{"neuron_releases": [{"neuron_version": "2.1.0", "packages": 3}]}', "'packages'"),
    (
        '{"neuron_releases": [{"neuron_version": "2.1.0", "packages": [{"name": "../a", '
        '"version": "1.0"}]}]}',
        "not a package name",
    ),
    ('{"neuron_releases": [{"neuron_version": "2.1.0"}, {"neuron_version": "2.1.0"}]}', "twice"),
    (
        '{"manifest_date": "someday", "neuron_releases": [{"neuron_version": "2.1.0"}]}',
        "not a date",
    ),
]


@pytest.mark.parametrize(("text", "told"), BROKEN)
def test_half_a_manifest_changes_nothing(run, tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(text)
    done = run("catalog", "import", path)
    assert done.code == 2
    assert told in done.err
    assert "manifest.json" in done.err
    assert not (tmp_path / "data").exists() or not list((tmp_path / "data").rglob("*.json"))


def test_an_error_of_a_manifest_is_one_of_the_users_input(catalog: Catalog, tmp_path) -> None:
    with pytest.raises(UnreadableInput):
        read_manifest(str(tmp_path / "absent.json"), catalog)
