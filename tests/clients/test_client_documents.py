"""Documents and images: other programs read ours, and we read theirs; one row a test, as in
test_client_matrix.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from client_programs import FOLDER, Use
from conftest import Run

from neuron_pin.audit.purl import list_identified
from neuron_pin.catalog import Catalog
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, PackageKey

# Documents ------------------------------------------------------------------------------


def list_purls(catalog: Catalog) -> list[str]:
    """A package URL of every version of every package of the catalog."""
    found = []
    for name, known in catalog.packages.items():
        for version in filter(None, catalog.shipped(name)):
            for ecosystem in known.systems or (Ecosystem.PIP,):
                whole = {Ecosystem.PIP: f"{version}+8e870898", Ecosystem.APT: f"2:{version}-1~a"}
                full = whole.get(ecosystem, f"1:{version}-1")
                found.append(DetectedPackage(PackageKey(ecosystem, name), full, None, "", "f"))
    return [each.purl.to_string() for each in list_identified(found, catalog)]


READ_PURLS = """
import { PackageURL } from 'packageurl-js';
import { readFileSync } from 'fs';
for (const text of JSON.parse(readFileSync(0, 'utf8'))) {
  const p = PackageURL.fromString(text);
  console.log(JSON.stringify([p.type, p.namespace ?? null, p.name, p.version, p.qualifiers ?? {}]));
}
"""


def test_packageurl_js_reads_what_packageurl_python_wrote(
    use: Use, catalog: Catalog, folder: Path
) -> None:
    from packageurl import PackageURL

    program = use("packageurl-js", "reads", "package URLs of the whole catalog")
    texts = list_purls(catalog)
    (folder / "node_modules").symlink_to(FOLDER / "node_modules")
    (folder / "read.mjs").write_text(READ_PURLS)
    done = subprocess.run(
        [*program.words, "read.mjs"], input=json.dumps(texts), cwd=folder, text=True, check=True,
        capture_output=True,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == len(texts) > 1000
    for text, read in zip(texts, lines, strict=True):
        purl = PackageURL.from_string(text)
        assert read == [purl.type, purl.namespace, purl.name, purl.version, purl.qualifiers]


@pytest.fixture
def findings(run: Run, folder: Path) -> Path:
    """Files with findings, in names that need to be escaped."""
    for name in ("a b.txt", "100%25.txt", "a#b.txt", "größe.txt"):
        (folder / name).write_text("torch-neuronx==2.5.1.2.4.0\nnumpy==1.26.4\n")
    return folder


def check_as(run: Run, folder: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(folder)
    names = sorted(path.name for path in folder.glob("*.txt"))
    return run("check", *names, "--instance", "trn1", "--format", form).out


def test_skopeo_copies_what_is_read(use: Use, run: Run, folder: Path) -> None:
    """A tarball of docker save becomes a directory, an OCI layout and an OCI archive."""
    program = use("skopeo", "writes", "images as `dir:`, `oci:`, `oci-archive:`")
    site = "usr/lib/python3.11/site-packages/nki-0.6.0.dist-info"
    layer = pack(
        {f"{site}/METADATA": b"Name: nki\nVersion: 0.6.0\n", f"{site}/RECORD": b"nki.py,,\n"}
    )
    digest = hashlib.sha256(layer).hexdigest()
    root = {"type": "layers", "diff_ids": [f"sha256:{digest}"]}
    configuration = {"architecture": "amd64", "os": "linux", "rootfs": root, "config": {}}
    manifest = [{"Config": "c.json", "Layers": ["l.tar"], "RepoTags": ["x:1"]}]
    members = {"c.json": json.dumps(configuration).encode(), "l.tar": layer,
               "manifest.json": json.dumps(manifest).encode()}  # fmt: skip
    (folder / "saved.tar").write_bytes(pack(members))
    for target, place in (("dir:d", "d"), ("oci:o:x", "o"), ("oci-archive:a.tar:x", "a.tar")):
        program(
            "--insecure-policy", "copy", "-q", "docker-archive:saved.tar", target, folder=folder
        )
        assert count_read(run, folder / place) == 1, target


def count_read(run: Run, image: Path) -> int:
    (read,) = json.loads(run("check", "--image", image, "--format", "json").out)["inputs"]
    return int(read["neuron_packages"])


@pytest.fixture
def rootfs(folder: Path) -> Path:
    """The files of an image with one Neuron package."""
    site = folder / "rootfs/usr/lib/python3.11/site-packages/nki-0.6.0.dist-info"
    site.mkdir(parents=True)
    (site / "METADATA").write_text("Name: nki\nVersion: 0.6.0\n")
    (site / "RECORD").write_text("nki.py,,\n")
    return folder / "rootfs"


def test_umoci_packs_what_is_read(use: Use, run: Run, folder: Path, rootfs: Path) -> None:
    program = use("umoci", "writes", "an OCI layout, and a layer that removes a file")
    bundle = folder / "bundle"
    program("init", "--layout", "u", folder=folder)
    program("new", "--image", "u:x", folder=folder)
    program("unpack", "--rootless", "--image", "u:x", bundle, folder=folder)
    shutil.copytree(rootfs, bundle / "rootfs", dirs_exist_ok=True)
    program("repack", "--refresh-bundle", "--image", "u:x", bundle, folder=folder)
    assert count_read(run, folder / "u") == 1
    shutil.rmtree(bundle / "rootfs/usr/lib/python3.11")
    program("repack", "--image", "u:x", bundle, folder=folder)
    assert count_read(run, folder / "u") == 0


def test_buildah_commits_what_is_read(use: Use, run: Run, folder: Path, rootfs: Path) -> None:
    program = use("buildah", "writes", "images as `oci:`, `oci-archive:`, `docker-archive:`")
    names = ["unshare", "--user", "--map-root-user", "true"]
    if os.geteuid() != 0 and subprocess.run(names, capture_output=True, check=False).returncode:
        pytest.skip("needs root, or a namespace of users")
    store = ("--storage-driver", "vfs", "--root", folder / "st", "--runroot", folder / "rr")
    container = program(*store, "from", "scratch", folder=folder).stdout.split()[-1]
    program(*store, "copy", "-q", container, rootfs, "/", folder=folder)
    for target, place in (
        ("oci:o:x", "o"), ("oci-archive:a.tar:x", "a.tar"), ("docker-archive:d.tar:x:1", "d.tar"),
    ):  # fmt: skip
        program(*store, "commit", "-q", container, target, folder=folder)
        assert count_read(run, folder / place) == 1, target


def pack(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def test_sarif_validates(use: Use, run: Run, findings: Path, monkeypatch) -> None:
    program = use("sarif-multitool", "reads", "SARIF of `check`, without error or warning")
    Path(program.words[0]).chmod(0o755)
    (findings / "o.sarif").write_text(check_as(run, findings, "sarif", monkeypatch))
    program("validate", "o.sarif", "--level", "Error;Warning", "-o", "r.sarif", folder=findings)
    (result,) = json.loads((findings / "r.sarif").read_text())["runs"]
    assert result["results"] == []


def test_spdx_validates(use: Use, run: Run, findings: Path, monkeypatch) -> None:
    program = use("spdx-tools", "reads", "SPDX 2.3 of `check`")
    (findings / "o.spdx.json").write_text(check_as(run, findings, "spdx", monkeypatch))
    program("-i", "o.spdx.json", folder=findings)


def test_cyclonedx_validates(use: Use, run: Run, findings: Path, monkeypatch) -> None:
    use("cyclonedx-python-lib", "reads", "CycloneDX 1.6 of `check`, by the strict schema")
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = check_as(run, findings, "cyclonedx", monkeypatch)
    assert json.loads(text)["components"]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_packageurl_python_reads_its_own_form(use: Use, catalog: Catalog) -> None:
    use("packageurl-python", "reads", "package URLs of the whole catalog, and finds no fault")
    from packageurl import PackageURL
    from packageurl.validate import DEFINITIONS_BY_TYPE

    texts = list_purls(catalog)
    assert len(texts) > 1000
    for text in texts:
        purl = PackageURL.from_string(text)
        assert purl.to_string() == text
        definition = DEFINITIONS_BY_TYPE.get(purl.type)
        assert definition is not None
        assert not list(definition.validate(purl, strict=True)), text


def test_the_calendar_is_read(use: Use, run: Run) -> None:
    use("icalendar", "reads", "the calendar of `lifecycle`")
    from icalendar import Calendar

    calendar = Calendar.from_ical(run("lifecycle", "--format", "ics").out)
    entries = calendar.walk("VEVENT")
    assert entries
    assert not [error for entry in entries for error in entry.errors]
