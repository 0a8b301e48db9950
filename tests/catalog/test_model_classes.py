"""Model classes: what the pages state, for which component and workload."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from conftest import Run, failure

import neuron_pin
from neuron_pin.audit.catalog_lint import lint_facts
from neuron_pin.catalog import Catalog
from neuron_pin.catalog.catalog import EMBEDDED
from neuron_pin.catalog.model_classes import read_model_classes
from neuron_pin.errors import UnknownName
from neuron_pin.policy import WORKLOADS, Phase, Rule, SubjectKind

NXDI, CORE = "neuronx-distributed-inference", "neuronx-distributed"
TNX, TORCH, NXDT = "transformers-neuronx", "torch-neuronx", "neuronx-distributed-training"

# model class, component, workload, day, phase, the page that says so
STATED = [
    ("Llama 3.1", NXDI, "inference", "2025-05-20", "stable", "nxd-inference.rst|rn.rst"),
    ("Llama 3.1", NXDI, "inference", "2026-05-21", "maintenance", "announce-maintenance-nxdi"),
    ("Llama 3.1", TNX, "inference", "2025-09-18", "eos", "announce-intent-eos-tnx"),
    ("Llama 4 Scout", NXDI, "inference", "2025-09-18", "beta", "2.26.0/nxd-inference.rst"),
    ("Qwen2.5", NXDI, "inference", "2025-06-24", "beta", "prev/rn.rst, 2.24.0"),
    ("Qwen3", NXDI, "inference", "2025-08-01", "stable", "nxd-inference.rst, 2.25.0"),
    ("Qwen3 VL", NXDI, "inference", "2026-04-10", "beta", "nxd-inference.rst, 2.28.0"),
    ("Pixtral", NXDI, "inference", "2026-01-01", "beta", "nxd-inference.rst, 2.27.0"),
    ("FLUX.1-dev", NXDI, "inference", "2026-06-01", "beta", "2.25.0/index.rst"),
    ("GPT-OSS 20B", "vllm-neuron", "inference", "2026-08-20", "beta", "whats-new.rst, 2026-07-20"),
    ("Mixtral", CORE, "inference", "2025-05-19", "stable", "prev/rn.rst, 2.20.0"),
    ("Mixtral", CORE, "inference", "2025-05-20", "eos", "announce-no-longer-support-nxd-examples"),
    ("Megatron models", NXDT, "training", "2025-09-18", "eos", "2.25.0/index.rst"),
    ("OPT", TNX, "inference", "2023-12-21", "eos", "announce-intent-eos-opt"),
    ("SSD300", "tensorflow-neuron", "inference", "2025-07-31", "eos", "tensorflow-tutorial-inf"),
    ("UNet", TORCH, "training", "2024-01-01", "beta", "prev/rn.rst, 2.15.0"),
    ("UNet", TORCH, "inference", "2024-01-01", "stable", "prev/rn.rst, 2.10.0"),
    ("UNet", TORCH, "training", "2026-06-01", "eos", "announce-no-support-pytorch-xla-training"),
    ("Llama 2", "neuronx-nemo-megatron", "training", "2025-05-20", "eos", "nemo"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "component", "workload", "day", "phase", "page"), STATED)
def test_what_pages_state(catalog: Catalog, name, component, workload, day, phase, page) -> None:
    (status,) = neuron_pin.lifecycle(
        [f"model-class:{name}"], component=component, workload=workload, as_of=day, catalog=catalog
    )
    assert status.phase.label == phase
    assert status.event is not None
    assert any(part in status.event.source for part in page.split("|"))
    assert (status.subject.component, status.subject.workload) == (component, workload)


def test_a_model_class_that_had_not_come(catalog: Catalog) -> None:
    names = {s.subject.name for s in neuron_pin.lifecycle(kind=["model-class"], as_of="2024-12-19")}
    assert "Llama 3.3" not in names
    assert "Llama 3.1" in names


def test_where_a_family_was_left(run: Run) -> None:
    """NxD Inference has its models on Trn2 and newer only, from 2.29 on."""
    words = ("lifecycle", "Llama 3.3", "--as-of", "2026-04-10", "--format", "json")
    phases = {}
    for family in ("trn1", "trn2"):
        (product,) = json.loads(run(*words, "--instance", family).out)["products"]
        (release,) = product["releases"]
        phases[family] = release["custom"]["phase"]
    assert phases == {"trn1": "eos", "trn2": "stable"}


def test_every_row_is_tied_to_a_component_and_a_workload(catalog: Catalog) -> None:
    rows = read_model_classes(catalog)
    assert len({row.subject for row in rows}) > 75
    assert {row.workload for row in rows} == set(WORKLOADS)
    assert all(row.kind is SubjectKind.MODEL_CLASS for row in rows)
    assert not any(row.phase is Phase.ALPHA for row in rows)
    assert [f for f in lint_facts(catalog) if f.place.endswith("models.json")] == []


def test_questions(run: Run) -> None:
    both = json.loads(
        run("lifecycle", "Llama 3.1", "--as-of", "2026-08-20", "--format", "json").out
    )  # fmt: skip
    (product,) = both["products"]
    assert [r["name"] for r in product["releases"]] == [f"{NXDI} inference", f"{TNX} inference"]
    done = run("lifecycle", "Llama 3.1", "--component", NXDI, "--workload", "inference",
               "--as-of", "2026-08-20", "--format", "json")  # fmt: skip
    (product,) = json.loads(done.out)["products"]
    (release,) = product["releases"]
    assert release["custom"]["component"] == NXDI
    assert release["custom"]["workload"] == "inference"
    training = run("lifecycle", "--workload", "training", "--as-of", "2026-08-20").out
    assert "inference)" not in training
    assert "training)" in training


@pytest.mark.parametrize(
    "words",
    [
        ("--component", "neuronx-distributed-inferense"),
        ("--component", "nki"),
        ("--workload", "serving"),
        ("Qwen3 MoE", "--workload", "training"),
    ],
)
def test_unknown_ones(run: Run, words: tuple[str, ...]) -> None:
    done = run("lifecycle", *words, "--as-of", "2026-08-20")
    failure(done, UnknownName)


# a field of a row, what stands there instead
BROKEN = [
    ({"component": "neuronx-distributed-inferense"}, "unknown"),
    ({"component": ""}, "no component"),
    ({"workload": "serving"}, "serving"),
    ({"workload": ""}, "nothing"),
    ({"source": " "}, "no source"),
    ({"sdk": "2.99.0"}, "2.99.0"),
    ({"effective": "2024-12-21"}, "2024-12-20"),
    ({"kind": "feature"}, "no model class"),
]


@pytest.mark.parametrize(("change", "word"), BROKEN)
def test_lint_names_a_row_that_is_not_tied(tmp_path: Path, change, word: str) -> None:
    shutil.copytree(EMBEDDED, tmp_path / "data")
    row = {
        "kind": "model-class", "name": "Llama 9", "component": NXDI, "workload": "inference",
        "phase": "stable", "announced": "2024-12-20", "effective": "2024-12-20", "sdk": "2.21.0",
        "source": "release-notes/prev/rn.rst, 2.21.0, line 1",
    }  # fmt: skip
    path = tmp_path / "data/models.json"
    path.write_text(json.dumps({"models": [row]}))
    assert [f for f in lint_facts(Catalog(str(tmp_path / "data"))) if f.place == str(path)] == []
    path.write_text(json.dumps({"models": [row | change]}))
    found = [f for f in lint_facts(Catalog(str(tmp_path / "data"))) if f.place == str(path)]
    assert {f.rule for f in found} == {Rule.BAD_FACT}
    assert any(word in f.reason for f in found)


def test_a_catalog_without_the_file(tmp_path: Path) -> None:
    shutil.copytree(EMBEDDED, tmp_path / "data")
    (tmp_path / "data/models.json").unlink()
    catalog = Catalog(str(tmp_path / "data"))
    assert {e.name for e in read_model_classes(catalog)} == {"OPT", "SSD300"}
    found = neuron_pin.lifecycle(kind=["model-class"], as_of=date(2026, 8, 20), catalog=catalog)
    assert len(found) == 2
