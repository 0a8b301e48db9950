"""Names that are easily taken for a Neuron package's are never fetched without a word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Run, Served, failure, page, publish, sdist

from neuron_pin.catalog import Catalog
from neuron_pin.catalog.lookalikes import find_intended, find_mistyped, is_one_edit
from neuron_pin.errors import NoSolution, UnknownName, WrongUsage
from neuron_pin.sources.http.client import NotCached

PYTHON = ("--python", "3.11", "--as-of", "2026-08-20")

EDITS = [
    ("torch-neuronx", "torch-neuronx", False),
    ("torch-nueronx", "torch-neuronx", True),
    ("torch-neuronxx", "torch-neuronx", True),
    ("torchneuronx", "torch-neuronx", True),
    ("torch-neuronz", "torch-neuronx", True),
    ("xtorch-neuronx", "torch-neuronx", True),
    ("torch-neur", "torch-neuronx", False),
    ("torhc-nueronx", "torch-neuronx", False),
    ("a", "", True),
    ("", "", False),
    ("ab", "ba", True),
    ("abc", "cba", False),
    ("abcd", "badc", False),
]


@pytest.mark.parametrize(("left", "right", "one"), EDITS)
def test_one_edit(left: str, right: str, one: bool) -> None:
    assert is_one_edit(left, right) is one
    assert is_one_edit(right, left) is one


# a name, the Neuron packages it is one edit from, what it may be meant for
NAMES: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [
    ("torch-neuronx", (), ()),
    ("torch-nueronx", ("torch-neuronx",), ("torch-neuronx",)),
    ("neuronxcc", ("neuronx-cc", "neuron-cc"), ("neuronx-cc", "neuron-cc")),
    ("pytorch", (), ("torch",)),
    ("torchneuron", (), ()),
    ("torch-neuron-x-cc", (), ("torch-neuronx", "torch-neuron")),
    ("numpy", (), ()),
    ("transformers", (), ()),
    ("tensorflow", (), ()),
    ("jax", (), ()),
    ("nni", (), ()),
    ("torchx", (), ("torch",)),
]


@pytest.mark.parametrize(("name", "mistyped", "intended"), NAMES)
def test_what_a_name_may_be_meant_for(
    name: str, mistyped: tuple[str, ...], intended: tuple[str, ...], catalog: Catalog
) -> None:
    assert find_mistyped(name, catalog) == mistyped
    assert find_intended(name, catalog) == intended


def test_known_packages_are_not_taken_for_each_other(catalog: Catalog) -> None:
    assert not any(find_mistyped(name, catalog) for name in catalog.packages)


@pytest.mark.parametrize("command", ["lock", "explain"])
def test_a_mistyped_name_is_not_looked_up(
    command: str, run: Run, serve: Callable[[], Served]
) -> None:
    server = serve()
    publish(server, {"torch-nueronx": [("1.0", ())], "numpy": [("1.0", ())]}, as_json=True)
    index = ("--index-url", f"{server.url}/simple/")
    done = run(command, "torch-nueronx", *PYTHON, *index)
    assert failure(done, UnknownName).near == ("torch-neuronx",)
    assert server.requests == []
    assert failure(run("lock", "torch-nueronx", *PYTHON, "--offline"), UnknownName).near == (
        "torch-neuronx",
    )
    Path("wanted.txt").write_text("numpy\ntorch-nueronx>=1\n")
    error = failure(run("lock", "-r", "wanted.txt", *PYTHON, *index), UnknownName)
    assert "wanted.txt:2" in error.message
    assert server.requests == []


def test_a_name_that_is_bound_to_an_index_is_meant(run: Run, serve: Callable[[], Served]) -> None:
    server = serve()
    publish(server, {"torch-nueronx": [("1.0", ())]}, as_json=True)
    bound = f"torch-nueronx={server.url}/simple/"
    main = f"{serve().url}/simple/"
    done = run("lock", "torch-nueronx", *PYTHON, "--index-url", main, "--index", bound)
    assert "torch-nueronx==1.0" in done.out


@pytest.mark.parametrize("command", ["lock", "explain"])
def test_a_product_that_is_no_package_is_explained(command: str, run: Run) -> None:
    for name in ("TorchNeuron", "torchneuron"):
        error = failure(run(command, name, *PYTHON, "--offline"), WrongUsage)
        assert not isinstance(error, UnknownName)
        assert "torch-neuronx>=2.13 for trn2, trn3" in error.hint
        assert "inf1" not in error.hint
    assert failure(run("lifecycle", "TorchNeuron"), WrongUsage).hint == error.hint


def test_the_version_of_a_placeholder_is_named(run: Run, catalog: Catalog) -> None:
    placeholders = {n: p.placeholder for n, p in catalog.packages.items() if p.placeholder}
    assert placeholders["torch-neuronx"] == "1.0"
    for name, version in placeholders.items():
        assert version not in catalog.shipped(name)
        for command in ("lock", "explain"):
            done = run(command, f"{name}=={version}", "--offline", *PYTHON)
            assert f"{name} {version} is the placeholder" in failure(done, NoSolution).hint


def test_nobody_is_told_to_build_what_is_named_like_a_framework(
    run: Run, serve: Callable[[], Served]
) -> None:
    server = serve()
    for name in ("pytorch", "other"):
        data = sdist(name, "1.0", metadata="2.1")
        path = f"/{name}-1.0.tar.gz"
        page(server, name, [{"filename": path[1:], "url": path, "hashes": {}}])
        server.answers[path] = (200, {}, data)
    index = ("--index-url", f"{server.url}/simple/")
    for command in ("lock", "explain"):
        error = failure(run(command, "pytorch", *PYTHON, *index), NoSolution)
        assert error.hint == "did you mean torch?"
        assert "--build" not in " ".join(error.causes)
        other = failure(run(command, "other", *PYTHON, *index), NoSolution)
        assert "--build other" in " ".join(other.causes)
    told = run("explain", "pytorch", *PYTHON, *index)
    assert "NP402" in told.out
    assert "a later one was chosen" not in told.out


def test_a_mixed_set_offline_says_what_the_catalog_lacks(run: Run) -> None:
    error = failure(run("lock", "transformers", "torch-neuronx", "--offline", *PYTHON), NotCached)
    assert "torch-neuronx" in error.hint
    alone = failure(run("lock", "transformers", "--offline", *PYTHON), NotCached)
    assert "the catalog knows" not in alone.hint


def test_a_version_that_is_the_beginning_of_others_gets_a_star(run: Run) -> None:
    done = run("lock", "neuronx-cc==2.27", "--offline", *PYTHON)
    assert failure(done, NoSolution).hint == "did you mean neuronx-cc==2.27.*?"
    assert run("lock", "neuronx-cc==2.27.*", "--offline", *PYTHON).code == 0
    done = run("lock", "neuronx-cc==9.9", "--offline", *PYTHON)
    assert "did you mean" not in failure(done, NoSolution).hint
