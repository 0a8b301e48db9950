"""What announcements end: the versions and the families that they name, and nothing else."""

import json
from typing import Any

import pytest
from conftest import Run


def show(run: Run, *words: str) -> list[dict[str, Any]]:
    """The entries that ``lifecycle`` prints for some words, each with its phase and note."""
    done = run("lifecycle", *words, "--format", "json")
    assert done.code == 0, done.err
    return [row for product in json.loads(done.out)["products"] for row in product["releases"]]


# announcements/neuron2.x/announce-eos-tensorflow-2-8-9.rst, title: TensorFlow 2.8 and 2.9 end
# with 2.23; 2.10 goes on.
@pytest.mark.parametrize(("version", "phase"), [("2.8", "eos"), ("2.9", "eos"), ("2.10", "stable")])
@pytest.mark.parametrize("package", ["tensorflow-neuron", "tensorflow-neuronx"])
def test_the_end_of_tensorflow_versions_is_that_of_both_packages(
    run: Run, package: str, version: str, phase: str
) -> None:
    family = "trn1" if package.endswith("x") else "inf1"
    (row,) = show(run, f"{package} {version}", "--instance", family, "--as-of", "2025-06-01")
    assert row["custom"]["phase"] == phase


def test_ended_tensorflow_is_not_locked(run: Run) -> None:
    words = ("--instance", "trn1", "--python", "3.10", "--as-of", "2026-04-09")
    assert run("lock", "--offline", "tensorflow-neuronx==2.8.*", *words).code == 1
    assert run("lock", "--offline", "tensorflow-neuronx==2.10.*", *words).code == 0


# announcements/neuron2.x/announce-no-longer-support-tensorflow-inf2.rst: on Inf2 alone.
@pytest.mark.parametrize(
    ("family", "phase"), [(None, "stable"), ("inf2", "eos"), ("trn1", "stable")]
)
def test_an_end_on_one_family_is_not_shown_as_the_end_everywhere(
    run: Run, family: str | None, phase: str
) -> None:
    words = ("--instance", family) if family else ()
    (row,) = show(run, "tensorflow-neuronx 2.10", "--as-of", "2026-06-01", *words)
    assert row["custom"]["phase"] == phase
    if family is None:
        assert "inf2" in row["custom"]["note"]


def test_what_is_shipped_for_others_is_no_contradiction(run: Run) -> None:
    found = json.loads(run("catalog", "lint", "--format", "json").out)["findings"]
    about = {f["subject"] for f in found if f["rule"] == "NP705"}
    assert "tensorflow-neuronx 2.10" not in about
    # Ended everywhere with 2.23, and listed again: a contradiction indeed.
    assert "tensorflow-neuronx 2.8" in about


def test_the_day_of_a_component_bears_no_release_of_another_day(run: Run) -> None:
    dates = {row["name"]: row["releaseDate"] for row in show(run, "--kind", "sdk")}
    for row in show(run, "--kind", "model-class"):
        for event in row["custom"]["events"]:
            if event.get("sdk") and event.get("effective"):
                assert dates[event["sdk"]] == event["effective"], (row["label"], event)


# announcements/neuron2.x/end-of-support-pt2.rst: move to 2.1, which was Beta until 2.18.0
# (release-notes/prev/rn.rst).
@pytest.mark.parametrize(("day", "advised"), [("2024-03-01", "2.1 (beta)"), ("2024-04-01", "2.1")])
def test_advice_is_what_the_announcement_names_beta_too(run: Run, day: str, advised: str) -> None:
    words = ("--instance", "trn1", "--python", "3.9", "--as-of", day)
    refused = run("lock", "--offline", "torch-neuronx==2.0.*", *words)
    assert refused.code == 1
    line = next(line for line in refused.err.splitlines() if "replaced by" in line)
    assert line.endswith(f"torch-neuronx {advised}")


# announcements/neuron2.x/announcement-end-of-support-nxdt-nxd-core.rst: PyTorch 2.9 is the last
# that NxD Training works with.
def test_nxd_training_is_not_locked_beside_a_later_pytorch(run: Run) -> None:
    words = ("--sdk", "2.30.0", "--instance", "trn2", "--python", "3.12", "--as-of", "2026-06-01")
    locked = run("lock", "--offline", *words, "--format", "json")
    assert locked.code == 0, locked.err
    names = {package["name"] for package in json.loads(locked.out)["packages"]}
    assert "libtorch-neuronx-lite" in names
    assert "neuronx-distributed-training" not in names
    both = ("neuronx-distributed-training", "libtorch-neuronx-lite")
    assert run("lock", "--offline", *both, *words).code == 1
    with_29 = ("neuronx-distributed-training", "torch-neuronx==2.9.*")
    assert run("lock", "--offline", *with_29, *words).code == 0
