"""``check`` of packages that do not go into one environment."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from conftest import Run

OPTION = "--extra-index-url https://pip.repos.neuron.amazonaws.com"
JAX, TORCH = "jax-neuronx==0.10.0.1.0.10466", "torch-neuronx==2.9.0.2.15.32035"
XLA_2, XLA_3 = "libneuronxla==2.2.17544.0", "libneuronxla==3.0.3854.0"

# what a file states, the names that NP509 speaks of
FILES = [
    ([JAX, TORCH], ["torch-neuronx"]),
    ([JAX, TORCH, XLA_2], ["jax-neuronx", "torch-neuronx"]),
    ([JAX, TORCH, XLA_3], ["torch-neuronx", "torch-neuronx"]),
    ([JAX, XLA_2], ["jax-neuronx"]),
    ([JAX, "libneuronxla==2.2.17544.0+4a3ee5d2"], ["jax-neuronx"]),
    ([TORCH, XLA_3], ["torch-neuronx"]),
    ([JAX, XLA_3], []),
    ([TORCH, XLA_2], []),
    ([JAX], []),
    (["nki==0.6.0", "nrtpy==2.34.10"], ["nrtpy"]),
    (["nrtpy==2.34.10"], []),
    (["jax-neuronx==0.7.0.1.0.8181", "torch-neuronx==2.9.0.2.13.26312"], []),
]


@pytest.mark.parametrize(("lines", "names"), FILES)
def test_a_file(run: Run, lines: list[str], names: list[str]) -> None:
    Path("reqs.txt").write_text("\n".join([OPTION, *lines]) + "\n")
    target = ("--instance", "trn1", "--python", "3.12", "--as-of", "2026-08-20")
    rows = json.loads(run("check", "reqs.txt", *target, "--format", "json").out)["findings"]
    found = [row for row in rows if row["rule"] == "NP509"]
    assert [row["subject"].partition(" ")[0] for row in found] == names
    for row in found:
        assert row["severity"] == "error"
        command = row["remedy"].partition(": ")[2]
        done = run(*shlex.split(command)[1:], "--as-of", "2026-08-20")
        assert done.code == 0, done.err
        state = Path("constraints.txt").read_text()
        assert "libneuronxla==3." in state or "libneuronxla==2." in state or "nrtpy" in names
        Path("constraints.txt").unlink()


def test_what_is_not_for_the_target_gets_no_environment_of_its_own(run: Run) -> None:
    """Release manifest, 2.17.0: it is for inf2 and trn1, Python 3.8 to 3.10."""
    Path("reqs.txt").write_text(f"{OPTION}\ntorch-neuronx==2.1.1.2.0.1b0\n{XLA_3}\n")
    target = ("--instance", "trn2", "--python", "3.11", "--as-of", "2026-08-20")
    rows = json.loads(run("check", "reqs.txt", *target, "--format", "json").out)["findings"]
    (row,) = [row for row in rows if row["rule"] == "NP509"]
    assert row["remedy"].startswith("use torch-neuronx==2.9.0.2.15.32035 (SDK 2.31.1)")


def test_two_files_are_two_environments(run: Run) -> None:
    for name, line in (("jax.txt", JAX), ("torch.txt", TORCH)):
        Path(name).write_text(f"{OPTION}\n{line}\n")
    target = ("--instance", "trn1", "--python", "3.12", "--as-of", "2026-08-14")
    rows = json.loads(run("check", "jax.txt", "torch.txt", *target, "--format", "json").out)
    assert "NP509" not in {row["rule"] for row in rows["findings"]}


@pytest.mark.parametrize(
    ("family", "library", "framework", "day"),
    [
        ("trn2", "libneuronxla==2.2.15515.0", "torch-neuronx==2.9.0.2.12.22436", "2026-03-10"),
        ("trn3", "libneuronxla==2.2.17544.0", TORCH, "2026-08-14"),
    ],
)
def test_what_a_listed_package_requires_is_for_the_family(
    run: Run, family: str, library: str, framework: str, day: str
) -> None:
    Path("reqs.txt").write_text(f"{OPTION}\n{library}\n{framework}\n")
    target = ("--instance", family, "--python", "3.12", "--as-of", day)
    done = run("check", "reqs.txt", *target, "--format", "json")
    rules = {row["rule"] for row in json.loads(done.out)["findings"]}
    assert not rules & {"NP101", "NP102", "NP507", "NP509"}
    assert done.code == 0
