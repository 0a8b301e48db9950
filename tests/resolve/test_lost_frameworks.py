"""A lock of a whole release says which framework its instance family has lost with it."""

from __future__ import annotations

import json

import pytest
from conftest import Run

from neuron_pin.catalog import Catalog
from neuron_pin.resolve.lost_frameworks import find_lost_frameworks
from neuron_pin.target import make_target
from neuron_pin.target.model import parse_day

# family, Python, release, day, what is lost: framework, last release, package
LOST = [
    ("trn1", "3.12", "2.32.0", "2026-08-20", [("PyTorch", "2.31.1", "torch-neuronx")]),
    ("inf2", "3.11", "2.32.0", "2026-08-20", [("PyTorch", "2.31.1", "torch-neuronx")]),
    ("trn2", "3.12", "2.32.0", "2026-08-20", []),
    ("trn1", "3.12", "2.31.1", "2026-08-20", [("TensorFlow", "2.30.0", "tensorflow-neuronx")]),
    ("trn1", "3.9", "2.32.0", "2026-08-20", []),
    ("trn1", "3.12", "2.28.1", "2026-08-20", []),
]


@pytest.mark.parametrize(("family", "python", "sdk", "day", "lost"), LOST)
def test_what_a_release_lacks_and_the_one_before_had(
    family: str,
    python: str,
    sdk: str,
    day: str,
    lost: list[tuple[str, str, str]],
    catalog: Catalog,
) -> None:
    target = make_target(
        catalog,
        instance=family,
        system=None,
        python=python,
        as_of=parse_day(day),
        this_python=python,
    )
    found = list(find_lost_frameworks(catalog, catalog.release(sdk), target))
    assert [(f.title, f.sdk, f.package) for f in found] == lost


def test_the_option_that_is_named_gives_the_framework_back(run: Run) -> None:
    command = ("lock", "--offline", "--instance", "trn1", "--python", "3.12", "--as-of",
               "2026-08-20", "--format", "json")  # fmt: skip
    document = json.loads(run(*command).out)
    assert document["sdk"] == "2.32.0"
    (warning,) = [each for each in document["warnings"] if "has no PyTorch" in each]
    assert warning.endswith(": --sdk 2.31.1")
    back = json.loads(run(*command, "--sdk", "2.31.1").out)
    assert "torch-neuronx" in {package["name"] for package in back["packages"]}
    assert not any("has no PyTorch" in each for each in back["warnings"])


FOLLOWERS = [
    # family, Python, release: is torch-xla in the lock of everything?
    ("trn1", "3.11", "2.32.0", False),
    ("inf2", "3.12", "2.32.0", False),
    ("trn2", "3.12", "2.32.0", True),
    ("trn3", "3.12", "2.32.0", True),
]


@pytest.mark.parametrize(("family", "python", "sdk", "is_chosen"), FOLLOWERS)
def test_a_follower_is_chosen_with_a_leader_of_its_framework_alone(
    family: str, python: str, sdk: str, is_chosen: bool, run: Run
) -> None:
    asked = ("--offline", "--instance", family, "--python", python, "--sdk", sdk, "--as-of",
             "2026-08-20", "--format", "json")  # fmt: skip
    document = json.loads(run("lock", *asked).out)
    chosen = {package["name"] for package in document["packages"]}
    rules = {e["rule"] for e in document["exclusions"] if e["name"] == "torch-xla"}
    assert ("torch-xla" in chosen) is is_chosen
    assert rules == {"NP502"}


def test_explain_says_which_release_lacks_a_package_and_what_it_has_instead(run) -> None:
    asked = ("torch-neuronx", "--instance", "trn2", "--python", "3.12", "--as-of", "2026-08-20")
    departure = run("explain", *asked).out.splitlines()[1]
    for fact in ("2.31.1", "2.32.0", "libtorch-neuronx-lite"):
        assert fact in departure
    shipped = run("explain", "neuronx-cc", *asked[1:]).out.splitlines()
    assert shipped[1] == ""


def test_a_placeholder_is_no_question_of_releases(run) -> None:
    error = run("lock", "torch-neuronx==1.0", "--instance", "trn1", "--offline").error
    assert "placeholder" in error.hint
    assert not any("does not ship" in cause for cause in error.causes)
