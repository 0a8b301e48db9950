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


# a line of a file, whether it is one of Neuron's form that the facts do not have
OF_FORM = [
    ("aws-neuronx-observer==1.2.0", True),
    ("aws_neuron_thing", True),
    ("neuronx-new-thing>=1", True),
    ("jaxlib-neuronx==1.0", True),
    ("vllm-omni-neuron==0.29.0.0.2.0", True),
    ("torchtitan-neuron", True),
    ("optimum-neuron", False),
    ("neuron", False),
    ("neuronx", False),
    ("neuron-morphology", False),
    ("bsb-neuron", False),
    ("datadog-aws-neuron", False),
    ("vllm-my-neuron", False),
    ("neuronxyz", False),
    ("neuronx-sdk", False),
    # Announcements speak of it.
    ("neuronx-nemo-megatron", False),
    ("nki-autotune", False),
    ("libneuronxla==2.2.12677.0", False),
]


@pytest.mark.parametrize(("line", "is_told"), OF_FORM)
def test_a_name_of_neurons_form_may_be_newer(run: Run, line: str, is_told: bool) -> None:
    Path("r.txt").write_text(f"{line}\n")
    done = run("check", "r.txt", *TARGET, "--format", "json")
    rows = [r for r in json.loads(done.out)["findings"] if r["rule"] == "NP510"]
    assert [row["place"] for row in rows] == (["r.txt:1"] if is_told else [])
    for row in rows:
        assert row["severity"] == "warning"
        assert "2026-08-21" in row["reason"]
        assert done.code == 0


def test_a_name_one_edit_away_stays_a_typing_error(run: Run) -> None:
    Path("r.txt").write_text("aws-neuronx-dkmss\naws-neuronx-runtime-libs\n")
    done = run("check", "r.txt", *TARGET, "--format", "json")
    assert [r["rule"] for r in json.loads(done.out)["findings"]] == ["NP408", "NP408"]


DOCKERFILE = """FROM ubuntu:24.04
RUN apt-get install -y aws-neuronx-observer=1.* curl python3-neuron
RUN pip install optimum-neuron neuronx-new-thing
"""


def test_a_dockerfile_names_such_packages(run: Run) -> None:
    Path("Dockerfile").write_text(DOCKERFILE)
    done = run("check", "Dockerfile", *TARGET, "--format", "json")
    rows = [r for r in json.loads(done.out)["findings"] if r["rule"] == "NP510"]
    assert [(r["subject"], r["place"]) for r in rows] == [
        ("aws-neuronx-observer", "Dockerfile:2"),
        ("neuronx-new-thing", "Dockerfile:3"),
    ]
