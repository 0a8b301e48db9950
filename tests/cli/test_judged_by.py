"""Every lock, and every document that judges, names the edition of the policy; a lock made after
its facts end says until when its guarantee is known."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Run

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED

FACTS_OF = Catalog(EMBEDDED).announced
TARGET = ("--instance", "trn2", "--os", "ubuntu24.04", "--python", "3.12")
RPM = ("--instance", "trn2", "--os", "amzn2023", "--python", "3.12")

PYTHON = "X.Y"
"""Stands for the one that the releases of a day are for."""
ANY_DAY = ("--instance", "trn2", "--os", "ubuntu22.04", "--python", PYTHON)

COMMANDS = [
    ("lock", "--offline", *ANY_DAY),
    ("plan", *ANY_DAY),
    ("check", "reqs.txt"),
    ("explain", "nki", *ANY_DAY),
    ("explain", "vllm-neuron", "with", "nki", *ANY_DAY),
    ("diff", "2.21.0", "2.21.1"),
    ("lifecycle", "nki"),
    ("outdated", "reqs.txt", *ANY_DAY),
]

# Source: the history of the policy's page.
DAYS = [
    ("2025-03-20", "2024-09", "3.10"),
    ("2025-05-19", "2025-04", "3.10"),
    ("2026-08-20", "2025-05", "3.12"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(("day", "edition", "python"), DAYS)
def test_documents_name_the_edition_that_judged(
    run: Run, command: tuple[str, ...], day: str, edition: str, python: str
) -> None:
    Path("reqs.txt").write_text("neuronx-cc==2.16.372.0\n")
    words = (python if word == PYTHON else word for word in command)
    done = run(*words, "--as-of", day, "--format", "json")
    assert done.code in (0, 1), done.err
    assert json.loads(done.out)["policy"]["edition"] == edition


FILES = [
    ("constraints.txt", TARGET),
    ("neuron.pref", TARGET),
    ("uv.toml", TARGET),
    ("versionlock.list", RPM),
    ("versionlock.toml", RPM),
]


@pytest.mark.parametrize(("name", "target"), FILES)
def test_files_name_the_edition_and_the_last_day_known(
    run: Run, name: str, target: tuple[str, ...]
) -> None:
    words = ("lock", "--offline", *target, "-o", name, "--as-of")
    assert run(*words, FACTS_OF).code == 0
    fresh = Path(name).read_text()
    assert "# maintenance policy: edition 2025-05" in fresh
    assert "guaranteed" not in fresh
    assert run(*words, FACTS_OF + timedelta(days=1)).code == 0
    late = Path(name).read_text()
    assert "support is" not in late
    assert f"# guarantee of support: until 2026-09-21, by catalog data of {FACTS_OF}" in late
    # What is known does not change from day to day, and neither does the file.
    assert run(*words, FACTS_OF + timedelta(days=99)).code == 0
    assert _without_command(Path(name).read_text()) == _without_command(late)


def _without_command(text: str) -> list[str]:
    """The lines without the command, whose day is another, and the checksum over it."""
    return [line for line in text.splitlines() if "--as-of" not in line and "sha256" not in line]


@pytest.mark.parametrize(("days", "is_told"), [(0, False), (20, False), (99, True)])
def test_the_warnings_say_that_a_guarantee_is_stale(run: Run, days: int, is_told: bool) -> None:
    day = FACTS_OF + timedelta(days=days)
    words = ("lock", "--offline", *TARGET, "--as-of", day)
    warnings = json.loads(run(*words, "--format", "json").out)["warnings"]
    assert any("until 2026-09-21" in line for line in warnings) is is_told
    assert any("is guaranteed" in line for line in warnings) is False
    assert ("guaranteed until 2026-09-21" in run(*words, "-o", "c.txt").err) is is_told


def test_what_has_ended_has_no_guarantee_whatever_is_known(run: Run) -> None:
    words = ("lock", "--offline", "torch-neuronx==2.8.*", "--instance", "trn2", "--python", "3.11")
    late = ("--phase", "eos", "--as-of", FACTS_OF + timedelta(days=99), "--format", "text")
    done = run(*words, *late)
    assert "Support is not guaranteed" in done.out
    assert "guaranteed until" not in done.out + done.err
