"""diff and plan read locks of other programs, and lists of what is installed."""

from pathlib import Path

import pytest

from neuron_pin.catalog import load_catalog
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.state import read_state
from neuron_pin.policy import Ecosystem, PackageKey

FILES = [
    ("pip.txt", "Package Version\n------- -------\nnki     0.3.0\n"),
    ("pip.json", '[{"name": "nki", "version": "0.3.0"}]'),
    ("bom.json", '{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"name": "nki", '
     '"purl": "pkg:pypi/nki@0.3.0"}]}'),
    ("Pipfile.lock", '{"_meta": {"pipfile-spec": 6}, "default": {"nki": {"version": "==0.3.0"}}}'),
    ("uv.lock", 'version = 1\n[[package]]\nname = "nki"\nversion = "0.3.0"\n'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text"), FILES)
def test_versions_are_those_of_the_file(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    state = read_state(str(path), load_catalog(), None)
    assert state.versions == {PackageKey(Ecosystem.PIP, "nki"): ("0.3.0",)}


def test_a_row_that_cannot_be_read_is_no_package_that_left(tmp_path: Path) -> None:
    path = tmp_path / "pip.json"
    path.write_text('[{"name": "nki", "version": "0.3.0"}, {"name": "x"}]')
    with pytest.raises(UnreadableInput):
        read_state(str(path), load_catalog(), None)
