"""``image``, and ``diff`` of images."""

import json
import sys

import pytest

from neuron_pin.errors import UnknownName, WrongUsage

DAY = ("--as-of", "2026-08-20")
INFERENCE = "pytorch-inference-neuronx:2.8.0-neuronx-py311-sdk2.26.0-ubuntu22.04"
MULTI = "Deep Learning AMI Neuron (Ubuntu 24.04)"


def show(run, name: str, *options: str) -> list[dict]:
    return json.loads(run("image", name, *DAY, *options, "--format", "json").out)["images"]


def test_a_container(run) -> None:
    (image,) = show(run, INFERENCE)
    assert (image["kind"], image["standing"]) == ("dlc", "known")
    assert (image["sdk"], image["python"], image["os"]) == ("2.26.0", "3.11", "ubuntu22.04")
    assert (image["framework"], image["framework_version"]) == ("pytorch", "2.8.0")
    assert image["released"] == "2025-09-18"
    assert image["instances"] == ["inf2", "trn1", "trn2"]
    assert image["newest"]["sdk"] == "2.31.1"
    assert image["same_framework"]["sdk"] == "2.26.1"
    phases = {part["subject"]: part["phase"] for part in image["lifecycle"]}
    assert phases["pytorch-inference-neuronx"] == "eos"
    assert phases["torch-neuronx 2.8"] == "eos"
    assert phases["python 3.11"] == "stable"
    versions = {package["name"]: package["versions"] for package in image["packages"]}
    assert versions["torch-neuronx"] == ["2.8.0.2.10.13553"]
    changes = image["changes"]
    assert changes["pythons"] == {"gained": ["3.12"], "lost": ["3.11"]}
    assert changes["instances"]["gained"] == ["trn3"]
    assert image["source_url"].startswith("https://github.com/aws-neuron/deep-learning-containers/")


def test_a_tag_of_several_repositories(run) -> None:
    tag = "2.8.0-neuronx-py311-sdk2.26.0-ubuntu22.04"
    names = {image["name"] for image in show(run, tag)}
    assert names == {f"pytorch-{job}-neuronx:{tag}" for job in ("inference", "training")}
    done = run("diff", tag, "2.32.0")
    assert isinstance(done.error, WrongUsage)


def test_a_repository_is_its_newest_image_of_the_day(run) -> None:
    assert show(run, "jax-training-neuronx")[0]["sdk"] == "2.32.0"
    earlier = run("image", "jax-training-neuronx", "--as-of", "2026-06-01", "--format", "json")
    assert json.loads(earlier.out)["images"][0]["sdk"] == "2.30.0"
    tag = "jax-training-neuronx:0.10.0-neuronx-py313-sdk2.32.0-ubuntu24.04"
    later = run("image", tag, "--as-of", "2026-06-01")
    assert isinstance(later.error, UnknownName)
    for name in ("jax-training-neuronx", MULTI):
        assert isinstance(run("image", name, "--as-of", "2020-01-01").error, UnknownName)


# name, release, whether it is a limit
MACHINES = [
    (MULTI, "2.32.0", False),
    (f"{MULTI}@2.29.0", "2.29.0", False),
    (f"{MULTI} 20260501", "2.29.1", True),
    # Built on the day of a release, and on the day before.
    ("Deep Learning AMI Neuron PyTorch 2.9 (Ubuntu 24.04) 20260226", "2.28.0", True),
    ("Deep Learning AMI Neuron PyTorch 2.9 (Ubuntu 24.04) 20260225", "2.27.1", True),
    ("Deep Learning Base Neuron AMI (Amazon Linux 2023)", "2.32.0", False),
    ("/aws/service/neuron/dlami/jax-0.9/ubuntu-24.04/latest/image_id", "2.31.1", False),
    ("resolve:ssm:/aws/service/neuron/dlami/jax-0.9/ubuntu-24.04/latest/image_id", "2.31.1", False),
    ("/aws/service/neuron/dlami/pytorch-1.13-inf1/ubuntu-22.04", "2.26.0", False),
    # The name of that image has no version.
    ("/aws/service/neuron/dlami/pytorch-inference-vllm-0.13/ubuntu-24.04", "2.28.1", False),
]


@pytest.mark.parametrize(("name", "sdk", "is_limit"), MACHINES, ids=[m[0] for m in MACHINES])
def test_machine_images(run, name: str, sdk: str, is_limit: bool) -> None:
    (image,) = show(run, name)
    assert (image["kind"], image["standing"]) == ("dlami", "known")
    assert (image["sdk"], image["sdk_is_limit"]) == (sdk, is_limit)


def test_what_is_in_a_machine_image(run) -> None:
    (image,) = show(run, f"{MULTI}@2.31.1")
    assert image["parameter"] == "/aws/service/neuron/dlami/multi-framework/ubuntu-24.04"
    assert "/opt/aws_neuronx_venv_jax_0_9" in image["environments"]
    names = {package["name"]: package["versions"] for package in image["packages"]}
    assert {"aws-neuronx-dkms", "neuronx-distributed-inference", "vllm-neuron"} <= names.keys()
    assert image["newest"]["sdk"] == "2.32.0"
    left = {row["name"] for row in image["changes"]["packages"] if not row["new"]}
    assert "neuronx-distributed-inference" in left


# name, standing, whether phases of a line are known
UNLISTED = [
    ("jax-training-neuronx:0.12.0-neuronx-py314-sdk2.40.0-ubuntu26.04", "newer"),
    ("9.9.9-neuronx-py399-sdk9.9.9-ubuntu26.04", "newer"),
    # Known in part, and in no list.
    ("0.29.0.1.2.0-neuronx-py314-sdk2.33.0-ubuntu26.04", "newer"),
    ("pytorch-training-neuronx:2.9.0-neuronx-py310-sdk2.27.0-ubuntu24.04", "unknown"),
    ("2.1.2-optimum0.0.25-neuronx-py310-ubuntu22.04", "unknown"),
    ("djl-inference:0.30.0-neuronx-sdk2.20.1", "unknown"),
    ("Deep Learning AMI Neuron JAX 0.12 (Ubuntu 26.04)", "newer"),
    ("Deep Learning AMI Neuron torch-neuronx 2.14.0 (Ubuntu 24.04)", "newer"),
    ("Deep Learning AMI Neuron PyTorch 2.2 (Ubuntu 24.04)", "unknown"),
    (f"{MULTI}@2.40.0", "newer"),
    # Built when a release was out that the lists do not cover.
    (f"{MULTI} 20261019", "newer"),
    ("Deep Learning AMI Neuron PyTorch 2.9 (Ubuntu 24.04) 20990101", "newer"),
    # Built before the first release that the lists have of the name.
    ("Deep Learning AMI Neuron PyTorch 1.13 (Ubuntu 20.04) 20240409", "unknown"),
    ("Deep Learning AMI Neuron PyTorch 2.9 (Ubuntu 24.04) 20200101", "unknown"),
    # A kind that there never was for an older operating system, or that is of the lists' time.
    ("Deep Learning AMI Neuron (Ubuntu 20.04)", "unknown"),
    ("Deep Learning AMI Neuron (Rocky Linux 9) 20250901", "unknown"),
    ("Deep Learning AMI Neuron PyTorch 2.9 (Ubuntu 20.04)", "unknown"),
    ("Deep Learning AMI Neuron PyTorch 2.14 (Ubuntu 24.04) 20260101", "unknown"),
    ("Deep Learning AMI Neuron (Ubuntu 26.04)", "newer"),
]


@pytest.mark.parametrize(("name", "standing"), UNLISTED, ids=[name for name, _ in UNLISTED])
def test_what_the_facts_do_not_have(run, name: str, standing: str) -> None:
    (image,) = show(run, name)
    assert (image["standing"], image["changes"], image["source"]) == (standing, None, None)
    assert run("image", name, *DAY).code == 0


def test_a_machine_image_that_is_older_than_the_lists(run) -> None:
    (image,) = show(run, "Deep Learning AMI Neuron PyTorch 1.13 (Ubuntu 20.04) 20240409")
    assert (image["sdk"], image["sdk_is_limit"]) == ("2.18.0", True)
    assert (image["packages"], image["environments"]) == ([], {})
    assert image["newest"]["sdk"] == "2.20.2"


# name, subjects whose phases are told
TOLD = [
    ("Deep Learning AMI Neuron PyTorch 9.9 (Ubuntu 24.04)", {"ubuntu24.04"}),
    ("pytorch-infrence-neuronx:9.9.0-neuronx-py312-sdk2.31.0-ubuntu24.04",
     {"python 3.12", "ubuntu24.04"}),
    ("pytorch-inference-vllm-neuronx:0.30.0-neuronx-py312-sdk2.34.0-ubuntu24.04",
     {"pytorch-inference-vllm-neuronx", "python 3.12", "ubuntu24.04"}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subjects"), TOLD, ids=[name for name, _ in TOLD])
def test_no_phase_is_told_of_what_is_not_known(run, name: str, subjects: set[str]) -> None:
    (image,) = show(run, name)
    assert {part["subject"] for part in image["lifecycle"]} == subjects


def test_near_tags_of_one_that_no_list_has(run) -> None:
    (image,) = show(run, "pytorch-training-neuronx:2.9.0-neuronx-py310-sdk2.27.0-ubuntu24.04")
    assert image["near"] == ["2.9.0-neuronx-py312-sdk2.27.0-ubuntu24.04"]


# name, what is near
NO_IMAGES = [
    ("nginx:1.27", False),
    ("python:3.12-slim", False),
    ("ami-0123456789abcdef0", False),
    ("2.32.0", False),
    ("pytorch-inferense-neuronx", True),
    ("jax-training-neuronx:0.10", False),
    ("jax-training-neuronx:0.10.0-neuronx-py313-sdk2.32.0-ubuntu24", True),
    ("Deep Learning AMI Neuron (Ubuntu 22.04) 20261399", True),
    (f"{MULTI}@2.20.0", False),
    ("", False),
    ("/aws/service/neuron/dlami/base/ubuntu-24.04/../../etc", True),
    ("x" * 10_000, False),
    ("\x1b[31m:\x00", False),
    (":", False),
    ("@", False),
]


@pytest.mark.parametrize(("name", "has_near"), NO_IMAGES, ids=[n[:40] for n, _ in NO_IMAGES])
def test_what_is_no_image(run, name: str, has_near: bool) -> None:
    done = run("image", name, *DAY)
    assert done.code == 2
    assert isinstance(done.error, UnknownName)
    assert bool(done.error.near) == has_near
    assert "\x1b" not in done.err


def test_lines(run) -> None:
    document = json.loads(run("image", *DAY, "--format", "json").out)
    lines = {line["name"]: line for line in document["lines"]}
    assert lines["jax-training-neuronx"]["goes_on"]
    assert lines["jax-training-neuronx"]["newest"]["sdk"] == "2.32.0"
    assert not lines["multi-framework on amzn2023"]["goes_on"]
    assert lines["pytorch-inference-neuronx"]["lifecycle"][0]["phase"] == "eos"
    before = json.loads(run("image", "--as-of", "2024-04-01", "--format", "json").out)
    assert "jax-training-neuronx" not in {line["name"] for line in before["lines"]}


def test_diff_of_images(run) -> None:
    done = run("diff", INFERENCE, f"{MULTI}@2.31.1", *DAY, "--format", "json")
    document = json.loads(done.out)
    assert (document["old"]["sdk"], document["new"]["sdk"]) == ("2.26.0", "2.31.1")
    assert document["support"]["operating systems"]["gained"] == ["ubuntu24.04"]
    rows = {row["name"]: row for row in document["packages"]}
    assert rows["aws-neuronx-dkms"]["old"] == []
    assert rows["neuronx-cc"]["update"] == "minor"
    # What is around an image whose Python is not known neither came nor went.
    assert "Python" not in document["support"]


# image, what it is compared with
NOT_KNOWN = [
    ("0.29.0.1.2.0-neuronx-py314-sdk2.33.0-ubuntu26.04", INFERENCE),
    ("9.9.9-neuronx-py399-sdk9.9.9-ubuntu26.04", "2.32.0"),
    (f"{MULTI} 20261120", MULTI),
    ("huggingface-pytorch-inference-neuronx", INFERENCE),
]


@pytest.mark.parametrize(("name", "other"), NOT_KNOWN, ids=[name for name, _ in NOT_KNOWN])
def test_diff_says_nothing_of_what_is_not_known(run, name: str, other: str) -> None:
    for pair in ((name, other), (other, name)):
        done = run("diff", *pair, *DAY, "--format", "json")
        document = json.loads(done.out)
        assert document["packages"] == []
        (note,) = [note for note in document["notes"] if "2026-08-21" in note]
        assert note.startswith(document["old" if pair[0] == name else "new"]["label"])


def test_diff_of_an_image_and_a_release(run) -> None:
    document = json.loads(run("diff", INFERENCE, "2.26.0", *DAY, "--format", "json").out)
    rows = {row["name"]: row for row in document["packages"]}
    assert "torch-neuronx" in rows
    assert "neuronx-cc" not in rows


def test_other_commands_load_no_images(run) -> None:
    import subprocess

    code = (
        "import sys; from neuron_pin.cli import main; main(sys.argv[1:])\n"
        "print(*(m for m in sys.modules if 'image' in m), file=sys.stderr)"
    )
    command = ["lock", "nki", "--offline", "--instance", "trn2", *DAY]
    done = subprocess.run(
        [sys.executable, "-c", code, *command], capture_output=True, text=True, check=False
    )
    assert "neuron_pin.catalog.images" not in done.stderr
