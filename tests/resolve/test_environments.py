"""JAX and PyTorch on XLA need different majors of libneuronxla from SDK 2.30.0 on."""

from __future__ import annotations

import json
import shlex
from datetime import date
from typing import Any

import pytest
from conftest import Run, failure, publish

from neuron_pin.catalog import Catalog
from neuron_pin.errors import NoSolution
from neuron_pin.policy import Event, Phase, SubjectKind

TARGET = ("--instance", "trn1", "--os", "ubuntu22.04", "--python", "3.11")
BETA = ("--phase", "beta")
"""jax-neuronx is Beta, and says so or not by what the facts know."""


def locked(run: Run, *words: str) -> dict[str, Any]:
    done = run("lock", "--offline", *words, *BETA, "--format", "json")
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads(done.out)
    return document


def versions(document: dict[str, Any]) -> dict[str, str]:
    return {package["name"]: package["version"] for package in document["packages"]}


# requirements, release, day, the version of libneuronxla that goes with them
ONE = [
    ("jax-neuronx", "2.30.0", "2026-06-01", "3.0.2891.0"),
    ("jax-neuronx", "2.31.1", "2026-08-14", "3.0.3854.0"),
    ("jax-neuronx", "2.32.0", "2026-08-20", "3.0.5356.0"),
    ("jax-neuronx", "2.29.1", "2026-05-10", "2.2.16408.0"),
    ("torch-neuronx", "2.30.0", "2026-06-01", "2.2.16974.0"),
    ("torch-neuronx", "2.31.1", "2026-08-14", "2.2.17544.0"),
    ("jax-neuronx torch-neuronx", "2.29.1", "2026-05-10", "2.2.16408.0"),
]


@pytest.mark.parametrize(("names", "sdk", "day", "library"), ONE)
def test_what_goes_with_it(run: Run, names: str, sdk: str, day: str, library: str) -> None:
    asked = (*names.split(), "libneuronxla", "--sdk", sdk, "--as-of", day, *TARGET)
    assert versions(locked(run, *asked))["libneuronxla"] == library


@pytest.mark.parametrize("sdk", ["2.30.0", "2.31.0", "2.31.1"])
@pytest.mark.parametrize("more", [(), ("libneuronxla",)])
def test_the_two_in_one_environment_are_a_conflict(
    run: Run, sdk: str, more: tuple[str, ...]
) -> None:
    asked = ("jax-neuronx", "torch-neuronx", *more, "--sdk", sdk, "--as-of", "2026-08-14")
    error = failure(run("lock", "--offline", *asked, *TARGET, *BETA), NoSolution)
    for fact in (
        "jax-neuronx 0.10.0.", "libneuronxla >=3,<4", "torch-neuronx 2.9.0.", ">=2,<3",
        "release-notes/components/jax.rst", "Requires-Dist of torch-neuronx",
    ):  # fmt: skip
        assert fact in error.causes[0]
    assert len([cause for cause in error.causes if "libneuronxla" in cause]) == 1
    assert {text.partition(" ")[0] for text in error.conflict} == {"jax-neuronx", "torch-neuronx"}
    assert "two environments" in error.hint
    # What works is each of the two by itself.
    outcomes = [relaxation.outcome for relaxation in error.relaxations]
    assert any("jax-neuronx 0.10" in outcome for outcome in outcomes)
    assert any("torch-neuronx 2.9" in outcome for outcome in outcomes)


def _other_environment(document: dict[str, Any]) -> str:
    (line,) = [each for each in document["warnings"] if "environment of its own" in each]
    return line.partition("environment of its own: ")[2]


@pytest.mark.parametrize("family", ["trn1", "inf2"])
@pytest.mark.parametrize(
    ("sdk", "day"), [("2.30.0", "2026-06-01"), ("2.31.0", "2026-07-10"), ("2.31.1", "2026-08-14")]
)
def test_a_whole_release_is_the_environment_of_pytorch_and_names_that_of_jax(
    run: Run, family: str, sdk: str, day: str
) -> None:
    target = ("--instance", family, "--os", "ubuntu22.04", "--python", "3.11")
    document = locked(run, "--sdk", sdk, "--as-of", day, *target)
    chosen = versions(document)
    assert "jax-neuronx" not in chosen
    assert chosen["torch-neuronx"].startswith("2.9.0.")
    assert chosen["libneuronxla"].startswith("2.2.")
    (row,) = [e for e in document["exclusions"] if e["name"] == "jax-neuronx"]
    assert row["rule"] == "NP509"
    assert row["source"].startswith("release-notes/components/jax.rst")
    words = shlex.split(_other_environment(document))
    other = versions(locked(run, *words[2:], "--as-of", day))
    assert other["jax-neuronx"].startswith("0.10.0.")
    assert other["libneuronxla"].startswith("3.0.")


def test_nothing_is_said_where_all_goes_together(run: Run) -> None:
    for sdk, day, instance in (
        ("2.29.1", "2026-05-10", "trn1"),
        # PyTorch is libtorch-neuronx-lite here, which needs no libneuronxla.
        ("2.31.1", "2026-08-14", "trn2"),
    ):
        document = locked(
            run, "--sdk", sdk, "--as-of", day, "--instance", instance, "--os", "ubuntu22.04",
            "--python", "3.11",
        )  # fmt: skip
        assert versions(document).get("jax-neuronx", "").startswith("0.")
        assert not [e for e in document["exclusions"] if e["rule"] == "NP509"]
        assert not [w for w in document["warnings"] if "environment of its own" in w]


@pytest.mark.parametrize("is_asked", [False, True])
def test_the_command_asks_for_the_phase_of_what_it_locks(
    run: Run, catalog: Catalog, monkeypatch: pytest.MonkeyPatch, is_asked: bool
) -> None:
    beta = Event(
        kind=SubjectKind.COMPONENT,
        name="jax-neuronx",
        version="",
        phase=Phase.BETA,
        announced=date(2024, 9, 16),
        effective=date(2024, 9, 16),
        sdk="",
        instances=frozenset(),
        replacement="",
        source="frameworks/jax/index.rst",
    )
    known = Catalog(catalog.folder)
    known.events_by_name = {**catalog.events_by_name, "jax-neuronx": (beta,)}
    monkeypatch.setattr("neuron_pin.cli.lock.load_catalog", lambda: known)
    asked = ("lock", "--offline", "--sdk", "2.31.1", "--as-of", "2026-08-14", *TARGET)
    done = run(*asked, *(BETA if is_asked else ()), "--format", "json")
    assert done.code == 0, done.err
    words = shlex.split(_other_environment(json.loads(done.out)))
    assert [words[i + 1] for i, word in enumerate(words) if word == "--phase"] == ["beta"]
    assert "jax-neuronx" in versions(
        json.loads(run(*words[1:], "--offline", "--format", "json").out)
    )


def test_the_conflict_is_found_over_an_index_too(run: Run, serve) -> None:
    neuron, public = serve(), serve()
    publish(
        neuron,
        {
            "jax-neuronx": [("0.10.0.1.0.10466+9d5d8b2a", ("libneuronxla",))],
            "torch-neuronx": [("2.9.0.2.15.32035+de43f57c", ("libneuronxla<3.0,>2.0.965",))],
            "libneuronxla": [("3.0.3854.0+1", ()), ("2.2.17544.0+1", ())],
        },
        as_json=True,
    )
    base = ("--index-url", f"{public.url}/simple/", "--neuron-index-url", f"{neuron.url}/simple/",
            "--sdk", "2.31.1", "--as-of", "2026-08-14", *TARGET, *BETA, "--format", "json")  # fmt: skip
    chosen = versions(json.loads(run("lock", "jax-neuronx", *base).out))
    assert chosen["libneuronxla"] == "3.0.3854.0+1"
    error = failure(run("lock", "jax-neuronx", "torch-neuronx", *base), NoSolution)
    assert "needs libneuronxla >=3,<4" in error.causes[0]


@pytest.mark.parametrize("family", ["trn2", "trn3"])
def test_an_online_lock_takes_what_torch_neuronx_requires(run: Run, serve, family: str) -> None:
    """The manifest lists libneuronxla for inf2 and trn1 alone."""
    neuron, public = serve(), serve()
    publish(
        neuron,
        {
            "torch-neuronx": [
                ("2.9.0.2.15.32035+de43f57c", ("torch==2.9.*", "libneuronxla<3.0,>2.0.965")),
            ],
            "libneuronxla": [("3.0.3854.0+c743c3ec", ()), ("2.2.17544.0+4a3ee5d2", ())],
        },
        as_json=False,
    )
    publish(public, {"torch": [("2.9.1", ())], "libneuronxla": [("1.0", ())]}, as_json=True)
    done = run(
        "lock", "torch-neuronx", "--instance", family, "--python", "3.12", "--as-of", "2026-08-14",
        "--index-url", f"{public.url}/simple/", "--neuron-index-url", f"{neuron.url}/simple/",
        "--format", "json",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert versions(json.loads(done.out)) == {
        "libneuronxla": "2.2.17544.0+4a3ee5d2",
        "torch": "2.9.1",
        "torch-neuronx": "2.9.0.2.15.32035+de43f57c",
    }
    explained = run("explain", "libneuronxla", "--instance", family, "--python", "3.12",
                    "--as-of", "2026-08-14", "--format", "json")  # fmt: skip
    rows = json.loads(explained.out)["versions"]
    rules = {r["version"]: [e["rule"] for e in r["exclusions"]] for r in rows}
    assert "NP101" not in rules["2.2.17544.0"]


@pytest.mark.parametrize("family", ["trn1", "trn2"])
def test_two_that_do_not_go_together_at_all(run: Run, family: str) -> None:
    """release-notes/components/runtime.rst: nrtpy and nki of 2.32.0 have one namespace."""
    target = ("--sdk", "2.32.0", "--as-of", "2026-08-20", "--instance", family, "--python", "3.12")
    for name in ("nki", "nrtpy"):
        assert versions(locked(run, name, *target)).keys() == {name}
    error = failure(run("lock", "--offline", "nrtpy", "nki", *target, *BETA), NoSolution)
    for fact in ("nrtpy 2.34.10", "nki 0.6.0", "release-notes/components/runtime.rst"):
        assert fact in error.causes[0]
    assert "two environments" in error.hint
    document = locked(run, *target)
    assert "nki" in versions(document)
    assert "nrtpy" not in versions(document)
    (row,) = [e for e in document["exclusions"] if e["rule"] == "NP509"]
    assert (row["name"], row["source"].partition(",")[0]) == (
        "nrtpy", "release-notes/components/runtime.rst"
    )  # fmt: skip
    words = shlex.split(_other_environment(document))
    assert versions(locked(run, *words[2:], "--as-of", "2026-08-20")).keys() == {"nrtpy"}
