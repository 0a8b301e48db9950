"""The short form of `replay_history.py`: releases that show a rule of inference each."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuron_pin.catalog import Catalog

from .replay_history import WHY, replay

# a release, and by how many the facts are cut
CASES = [
    ("2.10.0", 1),  # new framework versions of one build
    ("2.14.0", 1),  # a version that is lower than the facts'
    ("2.21.0", 1),  # a version for one instance family goes on
    ("2.27.0", 1),  # a new minor of a driver that had a patch of its own for one family
    ("2.29.0", 1),  # framework versions of a known build come back
    ("2.31.1", 1),  # nothing but a new package
    ("2.32.0", 3),  # a line ends, several releases at once
]


@pytest.mark.parametrize(("sdk", "cut"), CASES)
def test_what_is_inferred_is_what_came(
    sdk: str, cut: int, catalog: Catalog, tmp_path: Path
) -> None:
    found = replay(catalog.release(sdk), cut, tmp_path)
    assert not found.differences
    assert not found.lock


def test_a_release_that_nobody_could_infer_differs(catalog: Catalog, tmp_path: Path) -> None:
    found = replay(catalog.release("2.20.0"), 1, tmp_path)
    assert set(found.differences) == {"aws-neuronx-collectives", "aws-neuronx-runtime-lib"}
    assert "2.20.0" in WHY
