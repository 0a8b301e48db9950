"""Lists that are broken, huge or of another version: bounded, named, and nothing else hidden."""

import json
from pathlib import Path

import pytest
from broken_inputs import assert_refused, assert_rows

from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs import file_content
from neuron_pin.inputs.file_kind import read_detected
from neuron_pin.inputs.lists import installed, json_document

DEEP = '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": ' + (
    '[{"name": "a", "components": ' * 60 + "[]" + "}]" * 60 + "}"
)
REFUSED = [
    ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": "2.0", "components": []}'),
    ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": 1.6, "components": []}'),
    ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": {}}'),
    ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name"'),
    ("bom.json", DEEP),
    ("bom.xml", '<?xml version="1.0"?><!DOCTYPE bom [<!ENTITY a "x">]>'
     '<bom xmlns="http://cyclonedx.org/schema/bom/1.5"/>'),
    ("bom.xml", '<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>'),
    ("sbom.json", '{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"}'),
    ("sbom.json", '{"spdxVersion": "SPDX-3.0", "packages": []}'),
    ("sbom.json", '{"spdxVersion": "SPDX-2.3", "packages": 3}'),
    ("inspect.json", '{"pip_version": "30", "version": "2", "installed": []}'),
    ("pip.json", '[{"name": "nki", "version": "0.3.0"'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), REFUSED)
def test_what_is_broken_or_newer_is_refused(tmp_path: Path, name: str, text: str) -> None:
    assert_refused(tmp_path / name, text)


# What a list has, and how many packages and problems come of it.
ROWS = [
    ("pip.txt", "Package Version\n------- -------\nnki 0.3.0\n\x1b[31mnki 1\nnki \x07\nx\n", 1, 3),
    ("pip.json", '[{"name": "nki", "version": "0.3.0"}, {"name": 3}, 7, {"name": "a b", '
     '"version": "1"}]', 1, 3),
    ("pip.json", '[{"name": "nki", "version": "0.2.0", "version": "0.3.0"}]', 1, 1),
    ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": "1.9", "components": [3, {"name": '
     '"nki", "purl": "pkg:pypi/nki@0.3.0"}]}', 1, 2),
    ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "nki", '
     '"purl": "pkg:pypi/nki"}, {"name": "x", "purl": "pkg:npm/x@1"}]}', 0, 1),
    ("dpkg.txt", "||/ Name Version Architecture Description\nii  nki 1 all x\nzz nki 1\n", 1, 1),
    ("rpm.txt", "aws-neuronx-tools-2.1-1.x86_64\ngpg-pubkey-1-2\n", 1, 0),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "packages", "problems"), ROWS)
def test_a_broken_row_hides_no_other(
    tmp_path: Path, name: str, text: str, packages: int, problems: int
) -> None:
    assert_rows(tmp_path / name, text, packages, problems)


def test_numbers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "MAX_PACKAGES", 3)
    monkeypatch.setattr(installed, "MAX_PROBLEMS", 2)
    path = tmp_path / "pip.json"
    path.write_text(json.dumps([{"name": f"a{n}", "version": "1"} for n in range(4)]))
    with pytest.raises(UnreadableInput):
        read_detected(str(path), {}, [])
    path.write_text(json.dumps([{"name": f"a{n}", "version": ""} for n in range(9)]))
    told: list[UnreadableInput] = []
    assert read_detected(str(path), {}, told) == []
    assert len(told) == 3
    monkeypatch.setattr(json_document, "MAX_BYTES", 10)
    with pytest.raises(UnreadableInput):
        read_detected(str(path), {}, [])


def test_a_document_whose_first_key_comes_last_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{"name": f"a{n}", "purl": f"pkg:pypi/a{n}@1"} for n in range(2000)]
    path = tmp_path / "bom.json"
    path.write_text(
        json.dumps({"components": rows, "bomFormat": "CycloneDX", "specVersion": "1.6"})
    )
    assert len(read_detected(str(path), {}, [])) == len(rows)
    assert file_content.looks_like_cyclonedx(str(path), path.read_bytes()[:4096])
