"""Requirements that no release meets are answered with what was shipped and what is supported."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run, failure

from neuron_pin.errors import NoSolution

ON_TRN1 = ("--instance", "trn1", "--python", "3.11", "--as-of", "2026-08-20")
OF_2024 = ("--instance", "trn1", "--os", "ubuntu20.04", "--python", "3.8", "--as-of", "2024-09-20")

# requirement, target, what the first reason says of it
NEVER = [
    # The policy's own example: 2.1 is 2.1.1 in SDK 2.16 and 2.17, and 2.1.2 from 2.18 on
    # (release manifest); its end is of announce-eos-pytorch-2-1.
    (
        "torch-neuronx==2.1.0.1.*",
        OF_2024,
        "2.1 shipped as 2.1.1.2.* (Beta) and 2.1.2.2.*; "
        "the newest supported is 2.1.2.2.3.0 (SDK 2.20.0)",
    ),
    (
        "torch-neuronx==2.1.0.1.*",
        ON_TRN1,
        "2.1 shipped as 2.1.1.2.* (Beta) and 2.1.2.2.* (out of support since 2025-04-03); "
        "the newest supported is 2.9.0.2.15.32035 (SDK 2.31.1)",
    ),
    ("torch-neuronx==2.12.*", ON_TRN1, "2 shipped as 2.0.0.2.* to 2.9.0.2.*; "),
    ("jax-neuronx==0.7.1.*", ON_TRN1, "0.7 shipped as 0.7.0.1.* (out of support since 2026-05-2"),
    ("aws-neuronx-tools=2.28.1.0", ON_TRN1, "2.28 shipped as 2.28.23.0; "),
    ("aws-neuronx-tools=3.*", ON_TRN1, "; the newest supported is 2.32.28.0 (SDK 2.32.0)"),
    ("neuronx-cc==2.27.1.0", ON_TRN1, "2.27 shipped as 2.27.5334.0; "),
    ("torch-neuronx==2.9.*", OF_2024, "first shipped by SDK 2.27.0 on 2025-12-19, after 2024-09"),
    # The manifest of 2.22.0 names it without its build, 15423.
    ("torch-neuronx==2.5.1.2.6.0.15423", ON_TRN1,
     "without its build: ask for torch-neuronx==2.5.1.2.6.0"),
    # No release names the revision of a system package, nor has one an epoch.
    ("aws-neuronx-tools=2.28.23.0-ac18d186d", ON_TRN1,
     "without its build: ask for aws-neuronx-tools=2.28.23.0-*, or name a repository"),
    ("aws-neuronx-tools=1:2.28.23.0-*", ON_TRN1, "2.28.23 shipped as 2.28.23.0; "),
    # On Inf1 nothing of it is supported.
    ("torch-neuronx==3.*", ("--instance", "inf1", "--python", "3.9", "--as-of", "2024-09-20"),
     "; the newest is 2.1.2.2.3.0 (SDK 2.20.0)"),
]  # fmt: skip


@pytest.mark.parametrize(("requirement", "target", "said"), NEVER)
def test_what_was_never_shipped_is_answered_with_what_was(
    requirement: str, target: tuple[str, ...], said: str, run: Run
) -> None:
    error = failure(run("lock", "--offline", requirement, *target), NoSolution)
    assert requirement in error.causes[0]
    assert said in error.causes[0]


def test_what_is_shipped_and_excluded_is_not_said_to_be_unknown(run: Run) -> None:
    error = failure(run("lock", "--offline", "torch-neuronx==2.1.2.2.*", *ON_TRN1), NoSolution)
    assert any("NP201" in cause for cause in error.causes)
    assert not any("no known SDK release" in cause for cause in error.causes)


def test_releases_are_counted_in_their_order_and_only_those_with_members(run: Run) -> None:
    # 52 releases are known, and 2.22.1 has no entry in the release manifest.
    error = failure(run("lock", "--offline", "nki==9.9", *ON_TRN1), NoSolution)
    assert error.causes[-1] == "51 releases were tried, from 2.32.0 back to 2.3.0"


def test_check_says_the_same_of_a_range(run: Run) -> None:
    Path("r.txt").write_text("torch-neuronx==2.1.0.1.*\n")
    done = run("check", "r.txt", *ON_TRN1)
    assert "2.1.1.2.* (Beta)" in done.out
    assert "NP508" in done.out
