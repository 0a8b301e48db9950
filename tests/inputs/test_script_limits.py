"""What is too much of a script is said where it may matter."""

from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.inputs.containers import shell

LONG = ":\n" * 600


@pytest.mark.parametrize(
    ("last", "is_found"),
    [("run one\n", False), ("run one\npip install neuronx-cc==2.*\n", True)],
)
def test_a_limit_is_an_error_where_the_script_has_a_neuron_package(
    run: Run, monkeypatch: pytest.MonkeyPatch, last: str, is_found: bool
) -> None:
    monkeypatch.setattr(shell, "MAX_CALLED", 20 * len(LONG))
    calls = "".join(f"run {number}\n" for number in range(60))
    Path("long.sh").write_text(f"#!/bin/bash\nrun() {{\n{LONG}}}\n{calls}{last}")
    done = run("check", "long.sh", "--instance", "trn2")
    assert "go on beyond what is read" in done.out
    assert done.code == (2 if is_found else 0)
