"""The embedded facts, and what happens to broken ones."""

import json
import shutil
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from neuron_pin.catalog import canonicalize_name, load_catalog, sdk_key
from neuron_pin.catalog.catalog import EMBEDDED, Catalog
from neuron_pin.catalog.files import Members
from neuron_pin.errors import BrokenCatalog, NeuronPinError, UnknownName
from neuron_pin.policy import Ecosystem


def test_every_release_is_dated_and_its_members_are_known_packages(catalog: Catalog) -> None:
    assert len(catalog.releases) == 54
    dates = [release.date for release in reversed(catalog.releases)]
    assert dates == sorted(dates)
    for release in catalog.releases:
        for member in catalog.members(release.sdk) if release.listed else ():
            assert member.package in catalog.packages
            assert member.instances <= set(catalog.instances)
            assert member.pythons <= set(catalog.pythons)


def test_what_packages_require_has_a_source(catalog: Catalog) -> None:
    requiring = [package for package in catalog.packages.values() if package.requires]
    assert "torch-neuronx" in {package.name for package in requiring}
    for package in requiring:
        assert package.requires_source
        assert Ecosystem.PIP in package.systems
        found = [Requirement(line) for line in package.requires]
        assert [r.marker or r.url for r in found] == [None] * len(found)
        names = [requirement.name for requirement in found]
        assert package.name not in names
        assert names == sorted(map(canonicalize_name, set(names)))


def test_a_release_without_a_list_of_packages_is_marked(catalog: Catalog) -> None:
    assert not catalog.release("2.22.1").listed


# name, ecosystems: several wheels are called system packages by the manifest
ECOSYSTEMS = [
    ("neuronx_distributed", (Ecosystem.PIP,)),
    ("neuronperf", (Ecosystem.PIP,)),
    ("tensorboard-plugin-neuronx", (Ecosystem.PIP,)),
    ("aws-neuronx-dkms", (Ecosystem.APT, Ecosystem.RPM)),
    ("tensorflow-model-server-neuronx", (Ecosystem.APT, Ecosystem.RPM)),
    ("libnrt.so", ()),
    ("efa-installer", ()),
]


@pytest.mark.parametrize(("name", "expected"), ECOSYSTEMS)
def test_packages_are_in_the_ecosystem_that_installs_them(catalog, name, expected) -> None:
    key = name if name == "libnrt.so" else canonicalize_name(name)
    assert catalog.packages[key].systems == expected


def test_the_correction_of_the_last_inf1_driver_names_what_it_overrules(catalog) -> None:
    (found,) = [c for c in catalog.corrections if "inf1" in c.subject]
    assert "2.21" in found.wrong
    assert "2.24.13.0" in found.right
    assert found.source.endswith("announce-correction-neuron-driver-support-inf1.rst")


def test_two_spellings_of_a_name_are_one_package(catalog: Catalog) -> None:
    assert catalog.package("torch_xla") is catalog.package("Torch-XLA")


@pytest.mark.parametrize("name", ["trn1", "TRN1", "trn1.32xlarge", "trn1n"])
def test_instance_names_and_sizes_give_a_family(catalog: Catalog, name: str) -> None:
    assert catalog.instances[catalog.instance(name)] == "trn1"


@pytest.mark.parametrize("alias", ["ubuntu22.04", "ubuntu22", "jammy", "Ubuntu22.04"])
def test_an_operating_system_has_aliases(catalog: Catalog, alias: str) -> None:
    assert catalog.system(alias).name == "ubuntu22.04"


def test_an_unknown_release_says_how_to_get_newer_facts(catalog: Catalog) -> None:
    with pytest.raises(UnknownName) as caught:
        catalog.release("9.9.9")
    assert "catalog update" in caught.value.hint


def test_sdk_versions_sort_by_number() -> None:
    assert sdk_key("2.9.1") < sdk_key("2.10.0")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EMBEDDED, tmp_path / "catalog"))


# file, what to write into it, what the error says
BROKEN = [
    ("catalog.json", b"{", "not JSON"),
    ("catalog.json", b"[]", "not a JSON object"),
    ("catalog.json", b'{"date": "yesterday", "version": "1", "source": ""}', "date"),
    ("catalog.json", b"\xff\xfe{}", "not UTF-8|not JSON"),
    ("packages.json", b'{"packages": [{"name": 3}]}', "'name' is not a string"),
    ("packages.json", b'{"packages": [{"name": "a", "kind": "b", "installed_by": "pip"}]}', "b"),
    ("members/2.32.0.json", b'{"members": [["a", "b"]]}', "member 0"),
    ("lifecycle.json", b'{"events": {}}', "not a list"),
    ("systems.json", b'{"systems": [], "instances": []}', "instances"),
]


@pytest.mark.parametrize(("name", "data", "told"), BROKEN)
def test_a_broken_file_is_named(copy: Path, name: str, data: bytes, told: str) -> None:
    (copy / name).write_bytes(data)

    def read_all() -> None:
        found = Catalog(str(copy))
        _ = dict(found.packages), found.events, found.instances, found.members("2.32.0")

    with pytest.raises(BrokenCatalog, match=told) as caught:
        read_all()
    assert caught.value.path.endswith(name)


def test_a_file_that_nests_too_deeply_is_named(copy: Path, shallow: str) -> None:
    (copy / "members" / "2.32.0.json").write_text(shallow)
    with pytest.raises(BrokenCatalog, match="too deeply"):
        Catalog(str(copy)).members("2.32.0")


def test_a_missing_file_is_named(copy: Path) -> None:
    (copy / "members" / "2.30.0.json").unlink()
    with pytest.raises(NeuronPinError, match=r"2\.30\.0\.json"):
        Catalog(str(copy)).members("2.30.0")


NESTED = """{
"a": {
"b": {
"c": "}"
}
},
"b": {
"1.0": [["2.3.0", "inf1", ""]]
}
}
"""
TWICE = NESTED.replace('"a": {', '"b": {')


@pytest.mark.parametrize("text", [NESTED, TWICE, "{}", "{\n}"])
@pytest.mark.parametrize("indent", [None, 0, 2])
def test_a_member_of_a_file_is_the_same_however_it_is_laid_out(
    tmp_path: Path, text: str, indent: int | None
) -> None:
    whole = json.loads(text)
    path = tmp_path / "shipped.json"
    for laid_out in (text, json.dumps(whole, indent=indent)):
        path.write_text(laid_out)
        members = Members(str(path))
        assert {name: members.get(name) for name in whole} == whole
        assert members.get("1.0") == {}


def test_every_member_of_a_long_file_can_be_read_alone() -> None:
    path = Path(EMBEDDED, "shipped.json")
    whole = json.loads(path.read_text())
    members = Members(str(path))
    assert {name: members.get(name) for name in whole} == whole


@pytest.mark.parametrize("text", ['{\n"a": {\n"1.0": [\n}\n}\n', '{\n"a": {', "{]", ""])
def test_a_broken_member_is_an_error_of_its_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "shipped.json"
    path.write_text(text)
    with pytest.raises(BrokenCatalog, match="not JSON"):
        Members(str(path)).get("a")


def test_the_later_of_the_embedded_and_the_users_catalog_is_used(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(copy.parent))
    own = copy.parent / "neuron-pin" / "catalog"
    own.parent.mkdir()
    copy.rename(own)
    assert load_catalog().folder == EMBEDDED
    head = json.loads((own / "catalog.json").read_text())
    (own / "catalog.json").write_text(json.dumps({**head, "date": "2099-01-01"}))
    assert load_catalog().folder == str(own)


def test_a_catalog_of_another_version_is_passed_over_and_named(run, copy: Path) -> None:
    own = copy.parent / "data" / "neuron-pin" / "catalog"
    own.parent.mkdir(parents=True)
    copy.rename(own)
    head = json.loads((own / "catalog.json").read_text())
    head |= {"date": "2099-01-01", "schema": 1}
    (own / "catalog.json").write_text(json.dumps(head))
    (own / "spans.json").unlink()
    assert run("lock", "--offline", "neuronx-cc", "--python", "3.11").code == 0
    done = run("catalog", "show")
    assert str(own) in done.err
    assert EMBEDDED in done.out
