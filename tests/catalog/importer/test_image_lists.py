"""Lists of images: every tag and name of the vendor's public ones is read right, and newer lists
are imported."""

import json
from pathlib import Path

import pytest
from conftest import FIXTURES

from neuron_pin.catalog import load_catalog
from neuron_pin.catalog.image_names import (
    name_parameter,
    parse_container_tag,
    parse_machine_name,
    parse_parameter,
    split_reference,
)
from neuron_pin.catalog.images import load_images
from neuron_pin.catalog.importer.image_lists import read_container_images, read_machine_images
from neuron_pin.errors import UnreadableInput
from neuron_pin.inputs.containers.image_reference import read_image_name
from neuron_pin.inputs.images import NamedContainer, find_images

TAGS = json.loads((FIXTURES / "images" / "tags.json").read_text())
LIST = FIXTURES / "images" / "deep-learning-containers" / "README.md"
GUIDE = FIXTURES / "images" / "deploy" / "environments" / "dlami.rst"


def test_every_tag_of_the_public_lists_is_read_as_its_row_says() -> None:
    catalog = load_catalog()
    for reference, framework, version, sdk, python, families, source in TAGS["lists"]:
        (named,) = find_images(reference, catalog, catalog.announced)
        assert isinstance(named, NamedContainer)
        image = named.image
        assert named.standing.value == "known", source
        assert image.framework == framework, source
        assert f"{image.version}.".startswith(f"{version}."), source
        assert (image.sdk, image.python) == (sdk, python), source
        assert sorted(image.instances) == families, source
        assert reference.endswith(image.os), source
        base = read_image_name(reference, 1)
        assert (base.sdk, base.python, base.os) == (sdk, python, image.os), source
    # SDK 2.20.0 to 2.32.0, README of aws-neuron/deep-learning-containers and its history.
    assert len(TAGS["lists"]) == 82


def test_every_tag_of_the_documentation_is_read() -> None:
    catalog = load_catalog()
    for reference, version, sdk, python, os, standing, source in TAGS["documentation"]:
        tag = split_reference(reference)[2] or reference
        parsed = parse_container_tag(tag)
        assert parsed is not None, reference
        assert (parsed.version, parsed.sdk, parsed.python) == (version, sdk, python), source
        if os.startswith("ubuntu"):
            assert parsed.os == os, source
        found = find_images(reference, catalog, catalog.announced)
        assert {named.standing.value for named in found} == {standing}, reference
    assert len(TAGS["documentation"]) == 25


def test_every_name_of_a_machine_image_is_read() -> None:
    for name, form, version, os, day in TAGS["machines"]:
        parsed = parse_machine_name(name)
        assert parsed is not None, name
        built = parsed.built.strftime("%Y%m%d") if parsed.built else ""
        assert (parsed.form, parsed.version, parsed.os, built) == (form, version, os, day)
    assert len(TAGS["machines"]) == 64


def test_names_and_parameters_say_the_same() -> None:
    images = load_images(load_catalog())
    for image in images.machines:
        if image.parameter:
            led = parse_parameter(image.parameter)
            assert led is not None and name_parameter(led) == image.parameter
            assert led.line == image.parsed.line
            # Of one image the parameter has a version and the name has none.
            assert led == image.parsed or (image.parsed.version, led.version) == ("", "0.13")
    assert sum(bool(image.parameter) for image in images.machines) > 60


def test_the_facts_hold_together() -> None:
    catalog = load_catalog()
    images = load_images(catalog)
    names = [(image.repository, image.tag) for image in images.containers]
    assert len(names) == len(set(names))
    for image in images.containers:
        parsed = parse_container_tag(image.tag)
        assert parsed is not None and parsed.plain == image.tag
        assert (parsed.sdk, parsed.python, parsed.os) == (image.sdk, image.python, image.os)
        assert image.sdk in catalog.dates
        assert image.instances <= catalog.instances.keys()
        assert image.registries
    for machine in images.machines:
        assert set(machine.releases) <= catalog.dates.keys()


def test_newer_lists_are_imported(run, tmp_path: Path) -> None:
    paths = (str(LIST.parent), str(GUIDE.parents[1]))
    done = run("catalog", "import", *paths, "--into", "newer", "--format", "json")
    document = json.loads(done.out)
    assert [image["tag"] for image in document["images"]["containers"]] == [
        "0.11.0-neuronx-py314-sdk2.34.0-ubuntu26.04",
        "0.30.0.1.0.0-neuronx-py314-sdk2.34.0-ubuntu26.04",
    ]
    machines = {image["name"]: image for image in document["images"]["machines"]}
    multi = machines["Deep Learning AMI Neuron (Ubuntu 26.04)"]
    assert multi["releases"] == ["2.34.0"]
    assert list(multi["environments"]) == ["/opt/aws_neuronx_venv_jax_0_11"]
    assert machines["Deep Learning AMI Neuron JAX 0.11 (Ubuntu 26.04)"]["parameter"].endswith(
        "/jax-0.11/ubuntu-26.04"
    )
    written = json.loads(Path("newer/images.json").read_text())
    known = load_images(load_catalog())
    assert len(written["containers"]) == len(known.containers) + 2
    # What is known already is no news.
    again = run("catalog", "import", str(LIST), "--into", "again", "--format", "json")
    assert json.loads(again.out)["images"]["machines"] == []


# what is changed in the list, and to what
BROKEN = [
    ("Neuron 2.34.0", "Neuron 2.33.0"),
    ("3.14 (py314)", "3.13 (py313)"),
    ("[JAX 0.11.0]", "[JAX 0.12.0]"),
    ("[JAX 0.11.0]", "[Flax]"),
    ("[JAX 0.11.0]", "[" * 5_000),
    ("| Python Version Options ", ""),
    ("ECR Public URL", "Address"),
    ("public.ecr.aws/neuron/", "public.ecr.aws/other/"),
]


@pytest.mark.parametrize(("old", "new"), BROKEN, ids=[(new or old)[:30] for old, new in BROKEN])
def test_a_list_that_contradicts_itself_is_refused(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "README.md"
    path.write_text(LIST.read_text().replace(old, new))
    with pytest.raises(UnreadableInput):
        read_container_images(str(path), "README.md")


def test_a_guide_without_images_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "dlami.rst"
    path.write_text("Guide\n=====\n")
    with pytest.raises(UnreadableInput):
        read_machine_images(str(path), "2.34.0", "dlami.rst")
    path.write_text(GUIDE.read_text().replace("(Ubuntu 26.04)", "(Plan 9)"))
    with pytest.raises(UnreadableInput):
        read_machine_images(str(path), "2.34.0", "dlami.rst")


def test_a_guide_of_no_release_is_said(run) -> None:
    Path("deploy/environments").mkdir(parents=True)
    text = GUIDE.read_text().replace("Neuron SDK 2.34.0", "Neuron SDK")
    Path("deploy/environments/dlami.rst").write_text(text)
    done = run("catalog", "import", "deploy", str(LIST), "--into", "newer")
    assert "environments/dlami.rst" in done.out + done.err
    written = json.loads(Path("newer/images.json").read_text())
    assert not any("2.34.0" in image["releases"] for image in written["machines"])
