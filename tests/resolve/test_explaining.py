"""``explain``: over indexes and repositories, and for pairs."""

import json

import pytest
from conftest import failure, publish

from neuron_pin.errors import NoSolution

AS_OF = ("--as-of", "2026-08-20")
TARGET = ("--instance", "trn2", "--python", "3.11", *AS_OF)


def verdicts(done) -> dict[tuple[str, str], str]:
    """``chosen``, or the first rule, by version and source."""
    return {
        (row["version"], row["source"] or ""): "chosen"
        if row["chosen"]
        else (row["exclusions"] or [{"rule": "-"}])[0]["rule"]
        for row in json.loads(done.out)["versions"]
    }


def test_every_version_of_every_index(run, serve) -> None:
    public, neuron = serve(), serve()
    publish(
        public, {"neuronx-cc": [("99.0", ())], "helper": [("1.0", ()), ("2.0", ())]}, as_json=True
    )
    publish(
        neuron,
        {"neuronx-cc": [("2.26.6360.0+abc", ()), ("2.27.5334.0+def", ()), ("2.27.9999.0+x", ())]},
        as_json=True,
    )
    indexes = (
        "--index-url",
        f"{public.url}/simple/",
        "--neuron-index-url",
        f"{neuron.url}/simple/",
    )
    done = run("explain", "neuronx-cc", *TARGET, *indexes, "--format", "json")
    assert done.code == 0, done.err
    found = {version: (rule, source) for (version, source), rule in verdicts(done).items()}
    assert found["2.27.5334.0+def"][0] == "chosen"
    assert neuron.url in found["2.27.5334.0+def"][1]
    assert found["99.0"][0] == "NP401"
    assert found["2.26.6360.0+abc"][0] == "NP501"
    # What no index has is known by the releases.
    assert found["2.25.3371.0"] == ("NP501", "")
    text = run("explain", "neuronx-cc", *TARGET, *indexes).out
    assert neuron.url in text


def test_a_package_that_is_not_neurons(run, serve) -> None:
    server = serve()
    publish(server, {"helper": [("1.0", ()), ("2.0", ()), ("3.0rc1", ())]}, as_json=True)
    index = ("--index-url", f"{server.url}/simple/")
    done = run("explain", "helper<2", *TARGET, *index, "--format", "json")
    assert {v: rule for (v, _), rule in verdicts(done).items()} == {
        "3.0rc1": "NP301",
        "2.0": "NP301",
        "1.0": "chosen",
    }
    done = run("explain", "helper", *TARGET, *index, "--format", "json")
    assert {v: rule for (v, _), rule in verdicts(done).items()}["3.0rc1"] == "NP202"
    assert run("explain", "absent", *TARGET, *index).code == 2
    assert run("explain", "absent", *TARGET, "--offline").code == 2


def test_nothing_fits_and_what_would(run) -> None:
    done = run("explain", "torch-neuronx", "--sdk", "2.32.0", *TARGET)
    error = failure(done, NoSolution)
    assert any(str(each).startswith("without --sdk: SDK 2.31.1") for each in error.relaxations)
    shown = run("explain", "torch-neuronx", "--sdk", "2.32.0", *TARGET, "--format", "json")
    assert not [row for row in json.loads(shown.out)["versions"] if row["chosen"]]


def test_pairs_by_release(run) -> None:
    done = run("explain", "torch-neuronx", "with", "libneuronxla", "--instance", "trn1",
               "--python", "3.11", *AS_OF, "--format", "json")  # fmt: skip
    assert done.code == 0, done.err
    rows = {row["version"]: row for row in json.loads(done.out)["pairs"]}
    assert rows["2.9.0.2.15.32035"]["with"] == "2.2.17544.0"
    assert rows["2.9.0.2.15.32035"]["sdk"] == "2.31.1"
    # Required by torch-neuronx, which the release lists for Python 3.11.
    assert rows["2.1.2.2.3.0"]["with"] == "2.0.4115.0"
    assert rows["2.1.2.2.2.0"]["with"] is None
    assert "NP102" in rows["2.1.2.2.2.0"]["reasons"][0]
    assert rows["2.7.0.2.12.22436"]["phase"] == "eos"


def test_pairs_over_indexes(run, serve) -> None:
    public, neuron = serve(), serve()
    publish(public, {"transformers": [("4.40.0", ()), ("4.57.0", ())]}, as_json=True)
    publish(
        neuron,
        {
            "torch-neuronx": [
                ("2.9.0.2.15.32035", ("transformers>=4.50",)),
                ("2.9.0.2.14.27725", ("transformers<4.50",)),
                ("2.9.0.2.13.26312", ("transformers>=5",)),
            ]
        },
        as_json=True,
    )
    indexes = (
        "--index-url",
        f"{public.url}/simple/",
        "--neuron-index-url",
        f"{neuron.url}/simple/",
    )
    done = run(
        "explain",
        "torch-neuronx==2.9.*",
        "with",
        "transformers",
        *TARGET,
        *indexes,
        "--format",
        "json",
    )
    rows = {row["version"]: row["with"] for row in json.loads(done.out)["pairs"]}
    assert rows["2.9.0.2.15.32035"] == "4.57.0"
    assert rows["2.9.0.2.14.27725"] == "4.40.0"
    assert rows["2.9.0.2.13.26312"] is None


def test_no_pair_at_all(run) -> None:
    done = run("explain", "tensorflow-neuronx", "with", "vllm-neuron", *TARGET)
    assert done.code == 1
    assert done.out
    failure(done, NoSolution)


def test_wrong_words(run) -> None:
    assert run("explain", "torch-neuronx", "and", "nki").code == 2
    assert run("explain", "torch-neuronx", "with").code == 2


# what is explained, the target, what is said of why it is for the target
GROUNDS = [
    ("jax-neuronx==0.1.2", "trn1", "3.10", "2025-01-20", ["jax/training/0.4/Dockerfile.neuronx at"]),
    ("jax-neuronx==0.1.2", "trn1", "3.9", "2025-01-20", []),
    ("libneuronxla", "trn2", "3.12", "2026-08-20", ["jax-neuronx", "torch-neuronx"]),
    ("aws-neuronx-dkms", "inf1", "3.10", "2026-08-20", ["on 2026-03-12"]),
    ("aws-neuronx-dkms", "trn1", "3.10", "2026-05-01", []),
    ("neuronx-cc", "trn2", "3.12", "2026-08-20", []),
]  # fmt: skip


@pytest.mark.parametrize(("name", "family", "python", "day", "facts"), GROUNDS)
def test_why_it_is_for_the_target(
    run, name: str, family: str, python: str, day: str, facts: list[str]
) -> None:
    asked = ("explain", name, "--instance", family, "--python", python, "--as-of", day,
             "--phase", "beta")  # fmt: skip
    lines = json.loads(run(*asked, "--format", "json").out)["grounds"]
    assert len(lines) >= len(facts)
    for fact in facts:
        assert any(fact in line for line in lines), lines
    assert all(line in run(*asked).out for line in lines)
    if not facts:
        assert lines == []


def test_the_evidence_is_shown(run, catalog) -> None:
    rows = json.loads(run("catalog", "show", "--format", "json").out)["evidence"]
    assert [(row["package"], row["version"]) for row in rows] == [
        (piece.package, piece.version) for piece in catalog.evidence
    ]
    assert all(row["source_url"] for row in rows)
    assert "aws-neuronx-dkms 2.24.13.0, SDK 2.26.1: inf1" in run("catalog", "show").out
