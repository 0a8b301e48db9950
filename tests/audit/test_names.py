"""``check`` warns of names that are easily taken for a Neuron package's (NP408, NP503)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Run

TARGET = ("--instance", "trn2", "--python", "3.11", "--as-of", "2026-08-20")

# a file, its text, the rule, where, what to do
FILES = [
    ("r.txt", "numpy\ntorch-nueronx==2.9\n", "NP408", "r.txt:2", "write torch-neuronx==2.9"),
    ("r.txt", "torch_neuronxx[a]>=2\n", "NP408", "r.txt:1", "write torch-neuronx[a]>=2"),
    ("r.txt", "TorchNeuron\n", "NP503", "r.txt:1", "neuron-pin lifecycle torch-neuronx"),
    ("Dockerfile", "FROM debian:12\nRUN pip install 'neuronxcc>=2'\n", "NP408", "Dockerfile:2",
     "write neuronx-cc>=2"),
    ("uv.lock", 'version = 1\n[[package]]\nname = "neuronxcc"\nversion = "1.0"\n', "NP408",
     "uv.lock", "ask for neuronx-cc instead, and lock again"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "rule", "place", "remedy"), FILES)
def test_files(run: Run, name: str, text: str, rule: str, place: str, remedy: str) -> None:
    Path(name).write_text(text)
    done = run("check", name, *TARGET, "--format", "json")
    (row,) = json.loads(done.out)["findings"]
    assert (row["rule"], row["remedy"], row["severity"]) == (rule, remedy, "warning")
    assert row["place"].partition(":")[0] == place.partition(":")[0]
    assert ":" not in place or row["place"] == place
    assert done.code == 0


@pytest.mark.parametrize("name", ["numpy", "nni", "torch", "torchx", "transformers", "jax"])
def test_other_names_are_not_spoken_of(run: Run, name: str) -> None:
    Path("r.txt").write_text(f"{name}\n")
    assert json.loads(run("check", "r.txt", *TARGET, "--format", "json").out)["findings"] == []


def test_environments(run: Run, tmp_path: Path) -> None:
    venv = tmp_path / "a venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    info = site / "torch_nueronx-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: torch-nueronx\nVersion: 1.0\n")
    (info / "RECORD").write_text("")
    done = run("check", "--venv", venv, "--as-of", "2026-08-20", "--format", "json")
    (row,) = json.loads(done.out)["findings"]
    assert (row["rule"], row["subject"]) == ("NP408", "torch-nueronx 1.0")
    assert row["remedy"] == f"'{venv}/bin/python' -m pip uninstall --yes torch-nueronx"
