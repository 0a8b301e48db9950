"""The facts of Ansible's module are those of the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Run
from fleet_world import make_root

from neuron_pin.tasks import facts


@pytest.mark.parametrize("is_checked", [True, False])
def test_both_are_one_document(run: Run, tmp_path: Path, is_checked: bool) -> None:
    root = make_root(
        tmp_path / "root", driver="2.27.4.0", packages={"aws-neuronx-dkms": "2.28.0.0"}
    )
    options = () if is_checked else ("--no-check",)
    done = run("fleet", "facts", "--root", str(root), "--as-of", "2026-08-20", *options)
    values = {"root": str(root), "as_of": "2026-08-20", "check": is_checked}
    assert facts.run(values, False)["facts"] == json.loads(done.out)
