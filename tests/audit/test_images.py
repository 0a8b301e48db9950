"""Images judged by their references: phases, newer images of the line, tags that no list has."""

import json
from datetime import date
from pathlib import Path

import pytest

from neuron_pin.audit.images import check_image_reference
from neuron_pin.catalog import load_catalog
from neuron_pin.target import Target, TargetOptions

DAY = date(2026, 8, 20)
ECR = "public.ecr.aws/neuron"

# reference, rules
JUDGED = [
    # The newest of a line that goes on; JAX is in Beta, PyTorch 2.9 in maintenance.
    (f"{ECR}/jax-training-neuronx:0.10.0-neuronx-py313-sdk2.32.0-ubuntu24.04", ["NP202"]),
    (f"{ECR}/jax-training-neuronx:0.9.0-neuronx-py313-sdk2.31.1-ubuntu24.04", ["NP202", "NP618"]),
    # The newest of a line that ended.
    (f"{ECR}/pytorch-inference-neuronx:2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04", ["NP201", "NP206"]),
    (f"{ECR}/pytorch-inference-neuronx:2.9.0-neuronx-py312-sdk2.31.0-ubuntu24.04", ["NP201", "NP206", "NP618"]),
    # Only the older of two variants of one repository ended.
    (f"{ECR}/pytorch-inference-vllm-neuronx:0.16.0-neuronx-py312-sdk2.31.1-ubuntu24.04", ["NP201", "NP618"]),
    (f"{ECR}/pytorch-inference-vllm-neuronx:0.21.0.1.0.0-neuronx-py313-sdk2.31.1-ubuntu24.04", ["NP618"]),
    # A mirror has the same images.
    ("mirror.example:5000/team/jax-training-neuronx:0.9.0-neuronx-py313-sdk2.31.1-ubuntu24.04", ["NP202", "NP618"]),
    # All images of an operating system ended.
    (f"{ECR}/jax-training-neuronx:0.6-neuronx-py310-sdk2.25.0-ubuntu22.04", ["NP110", "NP201", "NP202", "NP618"]),
    # No list has the tag, and others of that release.
    (f"{ECR}/jax-training-neuronx:0.10.0-neuronx-py312-sdk2.32.0-ubuntu24.04", ["NP202", "NP508"]),
    (f"{ECR}/pytorch-inference-vllm-neuronx:0.21.0.1.0.0-neuronx-py312-sdk2.31.0-ubuntu24.04", ["NP508"]),
    # Tags and a repository that are written as no list has them.
    (f"{ECR}/pytorch-inference-vllm-neuronx:0.24.0.1.1.0-neuronx-py313-sdk2.32-ubuntu24.04", ["NP508"]),
    (f"{ECR}/pytorch-inference-vllm-neuronx:0.24.0.1.1.0-neuronx-py313-SDK2.32.0", ["NP508"]),
    (f"{ECR}/pytorch-inference-vlm-neuronx:0.24.0.1.1.0-neuronx-py313-sdk2.32.0-ubuntu24.04", ["NP508"]),
    # Others may call theirs as they like.
    ("mirror.example/ml/pytorch-inference-vlm-neuronx:0.24.0-neuronx-py313-sdk2.32.0-ubuntu24.04", []),
    (f"{ECR}/jax-training-neuronx:2026-11-01", []),
    # Of a release known in part.
    (f"{ECR}/pytorch-inference-vllm-neuronx:0.29.0.1.2.0-neuronx-py314-sdk2.33.0-ubuntu26.04", ["NP512"]),
    # The build of one image is the image; a digest decides alone what is pulled.
    (f"{ECR}/jax-training-neuronx:0.10.0-neuronx-py313-sdk2.32.0-ubuntu24.04-v1.2-2026-08-18-10-00-00", ["NP202"]),
    (f"{ECR}/jax-training-neuronx@sha256:{'0' * 64}", []),
    # Newer than the facts: nothing else is known.
    (f"{ECR}/jax-training-neuronx:0.12.0-neuronx-py314-sdk2.40.0-ubuntu26.04", ["NP510"]),
    # Not Neuron's, or not an image that the lists are of.
    ("nginx:1.27", []),
    ("pytorch/pytorch:2.9.0-cuda12.8-cudnn9-runtime", []),
    (f"{ECR}/neuron-device-plugin:2.29.16.0", []),
    ("", []),
]  # fmt: skip


def judge(reference: str, as_of: date = DAY) -> list[str]:
    catalog = load_catalog()

    def make(python: str | None, os: str) -> Target:
        options = TargetOptions(
            None, os, python, (), "both", as_of, ("stable",), "3.12", "", "", None
        )
        return options.make(catalog)

    found = check_image_reference(reference, "pod.yaml:7", catalog, make, 0)
    assert {finding.place for finding in found} <= {"pod.yaml:7"}
    return sorted({finding.rule.identifier for finding in found})


@pytest.mark.parametrize(("reference", "wanted"), JUDGED, ids=[r[:60] for r, _ in JUDGED])
def test_references_are_judged(reference: str, wanted: list[str]) -> None:
    found = judge(reference)
    if wanted == ["NP510"]:
        assert "NP510" in found and "NP618" not in found and "NP508" not in found
    else:
        assert found == wanted


def test_a_newer_image_counts_from_its_day_on() -> None:
    older = f"{ECR}/jax-training-neuronx:0.9.0-neuronx-py313-sdk2.31.1-ubuntu24.04"
    assert "NP618" not in judge(older, date(2026, 8, 16))
    assert "NP618" in judge(older, date(2026, 8, 17))


def test_the_same_framework_is_offered(run) -> None:
    Path("Dockerfile").write_text(
        "FROM public.ecr.aws/neuron/pytorch-inference-neuronx:"
        "2.8.0-neuronx-py311-sdk2.26.0-ubuntu22.04\n"
    )
    done = run(
        "check", "Dockerfile", "--instance", "trn2", "--as-of", "2026-08-20", "--format", "json"
    )
    (finding,) = [f for f in json.loads(done.out)["findings"] if f["rule"] == "NP618"]
    assert "2.9.0-neuronx-py312-sdk2.31.1-ubuntu24.04" in finding["remedy"]
    assert "2.8.0-neuronx-py311-sdk2.26.1-ubuntu22.04" in finding["remedy"]


# line of a Dockerfile, whether it names an image that is another one on another day
WITHOUT_VERSION = [
    (f"FROM {ECR}/jax-training-neuronx", True),
    (f"FROM {ECR}/jax-training-neuronx:latest AS base", True),
    (f"FROM {ECR}/jax-training-neuronx@sha256:{'0' * 64}", False),
    (f"ARG TAG\nFROM {ECR}/jax-training-neuronx:${{TAG}}", False),
    ("FROM registry.example/ml/jax-training-neuronx", False),
]


@pytest.mark.parametrize(("text", "is_told"), WITHOUT_VERSION, ids=range(len(WITHOUT_VERSION)))
def test_a_base_image_without_a_version(run, text: str, is_told: bool) -> None:
    Path("Dockerfile").write_text(f"{text}\n")
    done = run("check", "Dockerfile", "--as-of", "2026-08-20", "--format", "json")
    rules = [finding["rule"] for finding in json.loads(done.out)["findings"]]
    assert ("NP504" in rules) == is_told
