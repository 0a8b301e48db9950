"""What pip, distributions and skopeo leave on a disk: leftovers, no RECORD, layouts."""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from conftest import Outcome, Run

SITE = "usr/lib/python3.11/site-packages"
VERSION = "2.9.0.2.15.32035"
CHECK = ("check", "--instance", "trn1", "--format", "json")


def put(site: Path, folder: str, **files: str) -> None:
    info = site / folder
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Name: torch-neuronx\nVersion: {VERSION}\n")
    for name, text in files.items():
        (info / name).write_text(text)


def found(done: Outcome, rule: str) -> list[dict[str, str]]:
    return [row for row in json.loads(done.out)["findings"] if row["rule"] == rule]


@pytest.mark.parametrize("option", ["--venv", "--root", "--image"])
def test_a_leftover_is_no_package_and_is_named(run: Run, tmp_path: Path, option: str) -> None:
    site = tmp_path / "root" / SITE
    record = "torch_neuronx/__init__.py,,\n"
    put(site, f"~orch_neuronx-{VERSION}.dist-info", RECORD=record)
    put(site, f"torch_neuronx-{VERSION}.dist-info", RECORD=record)
    place = site if option == "--venv" else tmp_path / "root"
    done = run(*CHECK, option, place)
    (row,) = found(done, "NP406")
    assert row["severity"] == "warning"
    assert "~orch_neuronx" in row["place"]
    assert str(tmp_path) in row["remedy"] or option == "--image", row["remedy"]
    assert "neuron-pin-" not in row["place"]
    bill = json.loads(run("check", option, place, "--format", "cyclonedx").out)
    assert [each["name"] for each in bill["components"]] == ["torch-neuronx"]


# what INSTALLER says, and whether a missing RECORD is a finding
INSTALLERS = [("debian\n", False), ("rpm\n", False), ("pip\n", True), ("", True), (None, True)]


@pytest.mark.parametrize(("installer", "is_wrong"), INSTALLERS)
@pytest.mark.parametrize("option", ["--root", "--image"])
def test_distributions_keep_the_list_of_files_themselves(
    run: Run, tmp_path: Path, option: str, installer: str | None, is_wrong: bool
) -> None:
    files = {"INSTALLER": installer} if installer is not None else {}
    put(tmp_path / "root" / SITE, f"torch_neuronx-{VERSION}.dist-info", **files)
    done = run(*CHECK, option, tmp_path / "root")
    assert bool(found(done, "NP406")) == is_wrong
    assert VERSION in done.out or not is_wrong


# Images -----------------------------------------------------------------------------------


def write(folder: Path, data: bytes, suffix: str = "") -> dict[str, object]:
    digest = hashlib.sha256(data).hexdigest()
    (folder / f"{digest}{suffix}").write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """What ``skopeo copy … dir:`` writes."""
    site = tmp_path / "root" / SITE
    put(site, f"torch_neuronx-{VERSION}.dist-info", RECORD="torch_neuronx/__init__.py,,\n")
    folder = tmp_path / "dir"
    folder.mkdir()
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        archive.add(tmp_path / "root", ".")
    layer: dict[str, object] = {"mediaType": "application/vnd.oci.image.layer.v1.tar"}
    layer |= write(folder, stream.getvalue())
    diff = {"type": "layers", "diff_ids": [layer["digest"]]}
    config: dict[str, object] = {"mediaType": "application/vnd.oci.image.config.v1+json"}
    document = {"architecture": "amd64", "os": "linux", "rootfs": diff, "config": {}}
    config |= write(folder, json.dumps(document).encode())
    manifest = {
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": [layer],
    }  # fmt: skip
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    return folder


def count(run: Run, image: Path) -> int:
    (place,) = json.loads(run(*CHECK, "--image", image).out)["inputs"]
    return int(place["neuron_packages"])


def test_a_directory_of_skopeos_is_read(run: Run, directory: Path, tmp_path: Path) -> None:
    assert count(run, directory) == 1
    packed = tmp_path / "dir.tar"
    with tarfile.open(packed, "w") as archive:
        archive.add(directory, ".")
    assert count(run, packed) == 1


def test_a_directory_with_several_platforms_is_read(run: Run, directory: Path) -> None:
    manifest = write(directory, (directory / "manifest.json").read_bytes(), ".manifest.json")
    other = {"digest": "sha256:" + "0" * 64, "platform": {"architecture": "arm64"}}
    rows = [other, {**manifest, "platform": {"architecture": "amd64"}}]
    (directory / "manifest.json").write_text(json.dumps({"schemaVersion": 2, "manifests": rows}))
    assert count(run, directory) == 1


def test_a_changed_layer_of_it_is_a_problem(run: Run, directory: Path) -> None:
    manifest = json.loads((directory / "manifest.json").read_text())
    layer = directory / manifest["layers"][0]["digest"].partition(":")[2]
    layer.write_bytes(layer.read_bytes().replace(b"torch", b"TORCH"))
    assert found(run(*CHECK, "--image", directory), "NP610")


@pytest.mark.parametrize("text", ["{}", '{"layers": 1}', '{"manifests": [1]}', "[]"])
def test_what_is_no_such_directory_is_refused(run: Run, directory: Path, text: str) -> None:
    (directory / "manifest.json").write_text(text)
    assert run(*CHECK, "--image", directory).code == 2


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="needs skopeo")
def test_real_skopeo_reads_and_writes_it(run: Run, directory: Path, tmp_path: Path) -> None:
    def copy(source: str, target: str) -> None:
        subprocess.run(
            ["skopeo", "--insecure-policy", "copy", "-q", source, target],
            check=True, capture_output=True,
        )  # fmt: skip

    copy(f"dir:{directory}", f"oci:{tmp_path / 'oci'}:x")
    copy(f"oci:{tmp_path / 'oci'}:x", f"dir:{tmp_path / 'again'}")
    assert count(run, tmp_path / "again") == count(run, tmp_path / "oci") == 1
