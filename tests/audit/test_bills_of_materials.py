"""Bills of materials and SARIF: what other programs read of them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run
from packageurl import PackageURL, ValidationSeverity

from neuron_pin.audit.purl import list_identified, make_purl
from neuron_pin.catalog import Catalog
from neuron_pin.inputs.locks.detected import DetectedPackage
from neuron_pin.policy import Ecosystem, PackageKey

PIP, APT, RPM = Ecosystem.PIP, Ecosystem.APT, Ecosystem.RPM
NEURON = "repository_url=https://pip.repos.neuron.amazonaws.com"


def package(
    ecosystem: Ecosystem, name: str, version: str, source: str = "", vendor: str = ""
) -> DetectedPackage:
    key = PackageKey(ecosystem, name)
    return DetectedPackage(key, version, None, source, "f", vendor=vendor)


# what was found, its package URL
PURLS = [
    (package(PIP, "numpy", "1.26.4"), "pkg:pypi/numpy@1.26.4"),
    (
        package(PIP, "torch-neuronx", "2.9.0.2.13+8e87"),
        f"pkg:pypi/torch-neuronx@2.9.0.2.13%2B8e87?{NEURON}",
    ),
    # What is said of it decides, for better and for worse.
    (
        package(PIP, "torch-neuronx", "0.1.0", "https://pypi.org/simple"),
        "pkg:pypi/torch-neuronx@0.1.0",
    ),
    (
        package(PIP, "torch-neuronx", "2.9.0", "https://me:secret@mirror.example/simple/"),
        "pkg:pypi/torch-neuronx@2.9.0?repository_url=https://mirror.example/simple",
    ),
    (
        package(PIP, "numpy", "2.0", "https://mirror.example/simple"),
        "pkg:pypi/numpy@2.0?repository_url=https://mirror.example/simple",
    ),
    (
        package(PIP, "nki", "0.6.0", "file:///w/nki-0.6.0-py3-none-any.whl#sha256=00"),
        "pkg:pypi/nki@0.6.0?download_url=file:///w/nki-0.6.0-py3-none-any.whl",
    ),
    (
        package(PIP, "nki", "0.6.0", "git+https://x.example/nki@v1"),
        "pkg:pypi/nki@0.6.0?vcs_url=git%2Bhttps://x.example/nki%40v1",
    ),
    (
        package(APT, "aws-neuronx-tools", "1:2.3-1~a", vendor="ubuntu"),
        "pkg:deb/ubuntu/aws-neuronx-tools@1:2.3-1~a?"
        "repository_url=https://apt.repos.neuron.amazonaws.com",
    ),
    (
        package(RPM, "aws-neuronx-tools", "9:2.3-1", vendor="rocky"),
        "pkg:rpm/rocky/aws-neuronx-tools@2.3-1?epoch=9&"
        "repository_url=https://yum.repos.neuron.amazonaws.com",
    ),
    (
        package(RPM, "aws-neuronx-tools", "0:2.3-1"),
        "pkg:rpm/amzn/aws-neuronx-tools@2.3-1?"
        "repository_url=https://yum.repos.neuron.amazonaws.com",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("found", "text"), PURLS)
def test_package_urls(catalog: Catalog, found: DetectedPackage, text: str) -> None:
    purl = make_purl(found, catalog)
    assert purl is not None
    assert purl.to_string() == text


def list_whole_catalog(catalog: Catalog) -> list[DetectedPackage]:
    """Every version of every package that a release ships, in every ecosystem that it is for."""
    found = []
    for name, known in catalog.packages.items():
        for version in catalog.shipped(name):
            if not version:
                continue
            for ecosystem in known.systems or (PIP,):
                full = {PIP: f"{version}+8e870898", APT: f"{version}-1", RPM: f"1:{version}-1"}
                found.append(package(ecosystem, name, full[ecosystem]))
    return found


def test_every_package_of_the_catalog_has_a_valid_package_url(catalog: Catalog) -> None:
    found = list_identified(list_whole_catalog(catalog), catalog)
    assert len(found) > 1000
    for each in found:
        text = each.purl.to_string()
        assert PackageURL.from_string(text) == each.purl
        problems = [
            message
            for message in each.purl.validate(strict=True)
            if message.severity is ValidationSeverity.ERROR
        ]
        assert not problems, text


def test_spdx_names_every_package_and_every_finding(run: Run, monkeypatch) -> None:
    Path("r.txt").write_text("torch-neuronx==2.5.1.2.4.0\nnumpy==1.26.4\nx>=1\n")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    done = run("check", "r.txt", "--instance", "trn1", "--format", "spdx")
    assert done.code == 1
    document = json.loads(done.out)
    packages = {each["name"]: each for each in document["packages"]}
    assert set(packages) == {"torch-neuronx", "numpy"}
    (reference,) = packages["torch-neuronx"]["externalRefs"]
    assert reference["referenceLocator"] == f"pkg:pypi/torch-neuronx@2.5.1.2.4.0?{NEURON}"
    comments = [note["comment"] for note in packages["torch-neuronx"]["annotations"]]
    assert any(comment.startswith("NP201 error: ") for comment in comments)
    described = {r["relatedSpdxElement"] for r in document["relationships"]}
    assert described == {each["SPDXID"] for each in document["packages"]}
    assert document["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
    assert run("check", "r.txt", "--instance", "trn1", "--format", "spdx").out == done.out


def test_cyclonedx_names_the_index_that_a_lock_states(run: Run) -> None:
    Path("uv.lock").write_text(
        'version = 1\nrevision = 5\nrequires-python = ">=3.11"\n\n[[package]]\n'
        'name = "torch-neuronx"\nversion = "0.1.0"\n'
        'source = { registry = "https://pypi.org/simple" }\n'
    )
    done = run("check", "uv.lock", "--format", "cyclonedx")
    (component,) = json.loads(done.out)["components"]
    assert component["purl"] == "pkg:pypi/torch-neuronx@0.1.0"


# SARIF -----------------------------------------------------------------------------------

# a path, the same as a URI reference (RFC 3986)
PATHS = [
    ("sub dir/requirements.txt", "sub%20dir/requirements.txt"),
    ("a#b.txt", "a%23b.txt"),
    ("100%25.txt", "100%2525.txt"),
    ("größe.txt", "gr%C3%B6%C3%9Fe.txt"),
    ("a[1].txt", "a%5B1%5D.txt"),
    ("a:b.txt", "a%3Ab.txt"),
    (os.fsdecode(b"\xff.txt"), "%FF.txt"),
]


@pytest.mark.parametrize(("path", "uri"), PATHS)
def test_relative_paths_are_uri_references(run: Run, path: str, uri: str) -> None:
    file = Path(path)
    file.parent.mkdir(exist_ok=True)
    file.write_text("\ntorch-neuronx==2.5.1.2.4.0\n")
    done = run("check", path, "--instance", "trn1", "--format", "sarif")
    document = json.loads(done.out)
    results = document["runs"][0]["results"]
    assert results
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        assert place == {"artifactLocation": {"uri": uri}, "region": {"startLine": 2}}
    assert document["runs"][0]["tool"]["driver"]["informationUri"].startswith("https://")


def test_fingerprints_stay_and_tell_alike_findings_apart(run: Run) -> None:
    def fingerprints(text: str) -> list[str]:
        Path("r.txt").write_text(text)
        done = run("check", "./r.txt", "--instance", "trn1", "--format", "sarif")
        results = json.loads(done.out)["runs"][0]["results"]
        return [result["partialFingerprints"]["neuronPinFinding/v1"] for result in results]

    line = "torch-neuronx==2.5.1.2.4.0\n"
    first = fingerprints(line)
    assert fingerprints(f"\n# moved\n{line}") == first
    twice = fingerprints(f"{line}{line}")
    assert len(set(twice)) == len(twice)
    assert first[0] in twice


def test_an_environment_has_a_region(run: Run, tmp_path: Path) -> None:
    info = tmp_path / "site-packages/torch_neuronx-2.5.1.2.4.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Name: torch-neuronx\nVersion: 2.5.1.2.4.0\n")
    (info / "RECORD").write_text("")
    done = run("check", "--venv", info.parent, "--instance", "trn1", "--format", "sarif")
    results = json.loads(done.out)["runs"][0]["results"]
    assert results
    for result in results:
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] >= 1


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_without_the_library_the_extra_is_named(form: str, tmp_path: Path) -> None:
    (tmp_path / "packageurl.py").write_text("raise ImportError\n")
    file = tmp_path / "r.txt"
    file.write_text("numpy==1\n")
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    done = subprocess.run(
        [sys.executable, "-m", "neuron_pin", "check", file, "--format", form],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert form in done.stderr.lower()
